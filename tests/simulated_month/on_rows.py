"""The same month on rows: check-ins, timers, path states, outages, cases. In: a course. Out: what rows say.

Nothing but the clock and the receiver's journal is played. For a few guards and paths: rows are slow.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import floor
from pathlib import Path as File
from typing import TypeAlias
from uuid import UUID

import pytest

from narvaro.directory.models import TransmissionPath, Unit
from narvaro.dispatch import checkin
from narvaro.intake.listening import Listener
from narvaro.intake.models import Outage
from narvaro.intake.records import Listening, Seen
from narvaro.spine import clock, timers
from narvaro.spine.models import Event
from narvaro.spine.uptime import Uptime
from tests.make import crew_of, make_site, make_transmitter, make_unit, make_world
from tests.simulated_month.course import Course
from tests.simulated_month.guards import Log, Watch
from tests.simulated_month.oracle import expect_missing
from tests.simulated_month.paths import SAVE_S, Loss, Path, Supervision
from tests.simulated_month.shifts import Act

Said: TypeAlias = tuple[datetime, str, str]
Flagged: TypeAlias = tuple[str, datetime, bool]


@dataclass
class CourseClock:
    """The clock of a course, for the product."""

    course: Course
    at_s: float = 0.0

    def now(self) -> datetime:
        """Return what the clock shows."""
        return self.course.wall(self.at_s)

    def monotonic(self) -> float:
        """Return true seconds."""
        return self.at_s

    def uptime(self) -> Uptime:
        """Return the seconds since the machine last started."""
        boot = self.course.boot(self.at_s)
        return Uptime(f"boot {boot}", self.at_s - self.course.boots[boot])


@contextmanager
def ruled(course: Course) -> Iterator[CourseClock]:
    """Let the course's clock rule."""
    hands = CourseClock(course)
    with clock.ruled_by(hands):
        yield hands


# -- guards -----------------------------------------------------------------------------------------


def said_by_month(log: Log, course: Course) -> list[Said]:
    """List what the month says of its guards: started, missed, returned, ended."""
    words = {"start": "started", "end": "ended"}
    found: list[tuple[float, int, str]] = []
    for one in log.watches:
        found += [(at_s, one.guard, "missed") for at_s in one.raised_s]
        found += [(at_s, one.guard, "returned") for at_s in one.returned_s]
        found += [(act.at_s, one.guard, words[act.what]) for act in one.acts if act.what in words]
    return sorted((course.wall(at_s), f"V{guard}", what) for at_s, guard, what in found)


def quiet_moments(log: Log, course: Course) -> list[float]:
    """List moments just before a sign is due at which no other is overdue: nothing must fire then."""
    spans = [
        (one.due_s, _first_after(one.due_s, watch))
        for watch in log.watches
        for one in expect_missing(watch.acts, watch.raised_s, course)[0]
    ]
    before = [due_s - 0.05 for due_s, _ in spans]
    return [at_s for at_s in before if not any(a <= at_s <= b for a, b in spans)]


def _first_after(at_s: float, watch: Watch) -> float:
    happened = [*watch.raised_s, *(act.at_s for act in watch.acts)]
    return min((one for one in happened if one > at_s), default=at_s)


def play_guards_on_rows(log: Log, guards: int, course: Course) -> list[Said]:
    """Do what the guards did, fire timers when the month did; return what the log of events says."""
    steps: list[tuple[float, int, Act | None]] = [
        (act.at_s, 1, act) for watch in log.watches for act in watch.acts
    ]
    steps += [(at_s, 2, None) for watch in log.watches for at_s in watch.raised_s]
    steps += [(at_s, 0, None) for at_s in quiet_moments(log, course)]
    with ruled(course) as hands:
        world = make_world()
        units = [make_unit(world, f"V{n}", at=hands.now()).unit for n in range(guards)]
        for at_s, _, act in sorted(steps, key=lambda one: one[:2]):
            hands.at_s = at_s
            if act is None:
                timers.fire_due()
            else:
                _do(act, units[act.guard], course)
    names: dict[UUID | None, str] = dict(Unit.objects.values_list("pk", "call_sign"))
    rows = Event.objects.filter(kind="unit.watch")
    return sorted((one.at, names[one.subject], json.loads(one.payload or "{}")["what"])
                  for one in rows)  # fmt: skip


def _do(act: Act, unit: Unit, course: Course) -> None:
    at = clock.now()
    given_at = None if act.given_s is None else course.wall(act.given_s)
    match act.what:
        case "start":
            checkin.start_watch(
                unit=unit, member_id=crew_of(unit).pk, interval_s=act.interval_s, by="guard", at=at
            )
        case "sign":
            checkin.check_in(unit_id=unit.pk, by="guard", at=at, given_at=given_at)
        case _:
            checkin.end_watch(unit_id=unit.pk, by="guard", at=at)


# -- paths ------------------------------------------------------------------------------------------


def flagged_by_month(losses: Sequence[Loss], course: Course, until_s: float) -> list[Flagged]:
    """List the month's losses: whose, when, and whether it was found to speak again."""
    return sorted(
        (f"{one.path.number:04}", course.wall(one.flagged_s),
         one.restored_s is not None and one.restored_s <= until_s)
        for one in losses
    )  # fmt: skip


def cases_by_month(losses: Sequence[Loss]) -> set[frozenset[str]]:
    """Return which losses are one case, by path and order."""
    return _together([(f"{one.path.number:04}", one.case) for one in losses])


def _together(cases: Sequence[tuple[str, object]]) -> set[frozenset[str]]:
    found: dict[object, set[str]] = {}
    for n, (name, case) in enumerate(cases):
        before = sum(other == name for other, _ in cases[:n])
        found.setdefault(case, set()).add(f"{name} {before}")
    return {frozenset(one) for one in found.values()}


class RowPaths:
    """A receiver's journal that says what the month says, and the product that reads it."""

    def __init__(self, supervision: Supervision, paths: Sequence[Path]) -> None:
        self.supervision = supervision
        self.course = supervision.course
        self.paths = paths
        self.listener = Listener({"main": File("main")})
        self._saved: tuple[float, float] | None = None

    def play(self, looks_s: Sequence[float], patch: pytest.MonkeyPatch) -> None:
        """Look at each of those moments."""
        patch.setattr("narvaro.intake.listening.read_listening", lambda _: self._listening())
        patch.setattr("narvaro.intake.listening.read_last_seen", lambda _, since: self._seen(since))
        with ruled(self.course) as hands:
            world = make_world()
            for one in self.paths:
                site = make_site(world, f"site {one.number}")
                make_transmitter(
                    site, f"{one.number:04}", category=one.category, carrier=one.carrier,
                    poll_interval_s=one.interval_s,
                )  # fmt: skip
            for at_s in looks_s:
                hands.at_s = at_s
                self._saved = self._save(at_s)
                timers.fire_due()
                self.listener.look()

    def _save(self, at_s: float) -> tuple[float, float] | None:
        """Return since when the receiver had listened when it last saved, and when that was."""
        begun = [one for one in self.supervision.stretches if one.since_s + SAVE_S <= at_s]
        if not begun:
            return None
        last = begun[-1]
        turns = floor((min(at_s, last.end_s) - last.since_s) / SAVE_S)
        return (last.since_s, last.since_s + SAVE_S * turns) if turns else self._saved

    def _us(self, at_s: float) -> int:
        return round(self.course.wall(at_s).timestamp() * 1e6)

    def _listening(self) -> Listening | None:
        return (
            Listening(self._us(self._saved[0]), self._us(self._saved[1])) if self._saved else None
        )

    def _seen(self, since_us: int) -> list[Seen]:
        assert self._saved is not None
        heard = ((one, self.supervision.heard_before(one, self._saved[1] + 1e-6))
                 for one in self.paths)  # fmt: skip
        seen = [Seen("", "sia-dc09", f"{one.number:04}", "", self._us(at_s))
                for one, at_s in heard if at_s is not None]  # fmt: skip
        return [one for one in seen if one.at_us >= since_us]


def flagged_on_rows() -> tuple[list[Flagged], set[frozenset[str]]]:
    """Return the losses of the rows, and which of them are one case."""
    rows = Outage.objects.select_related("path__transmitter").order_by("flagged_at", "pk")
    accounts = dict(TransmissionPath.objects.values_list("pk", "transmitter__account"))
    found = sorted(
        (accounts[one.path_id], one.flagged_at, one.ended_at is not None) for one in rows
    )
    return found, _together([(accounts[one.path_id], one.case_id) for one in rows])
