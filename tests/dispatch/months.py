"""A month of guards who work alone, on a clock that is moved. In: guards, days, a seed. Out: who was missed when.

Everything but the clock is real: rows, timers, transactions. Guards check in a little before they
must; now and then one does not, for an hour; the scheduler stands still for up to a minute now and
then, and the machine's clock steps by up to an hour.

    python -m tests.dispatch.months --guards 1000 --days 30 --seed 1
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
if __name__ == "__main__":
    os.environ["NARVARO_TEST_HOME"] = tempfile.mkdtemp(prefix="months-")

import django

django.setup()

from django.core.management import call_command

from narvaro.dispatch import checkin
from narvaro.dispatch.models import Watch
from narvaro.spine import clock, timers
from narvaro.spine.clock import Hands
from narvaro.spine.models import Event, Timer
from tests.make import NIGHT, World, crew_of, make_unit, make_world

SHIFT_S = 8 * 3600
DAY_S = 86_400
EVERY_S = 45 * 60
AWAY_S = 3600
TURN_S = 0.5  # the longest that the scheduler takes to look again


@dataclass
class Month:
    """What became of it: how late each missing sign of life was raised, and what was never raised."""

    check_ins: int = 0
    late_s: list[float] = field(default_factory=list)
    never: int = 0


@dataclass(order=True)
class _Act:
    at_s: float
    guard: int
    what: str = field(compare=False)
    due_s: float = field(compare=False, default=0.0)


def play(world: World, hands: Hands, *, guards: int, days: int, seed: int) -> Month:
    """Play so many days with so many guards, each on one shift a day."""
    return _Stage(world, hands, guards, seed).play(days)


class _Stage:
    def __init__(self, world: World, hands: Hands, guards: int, seed: int) -> None:
        self.hands = hands
        self.dice = Random(seed)
        self.month = Month()
        self.units = [make_unit(world, f"V{n}", at=hands.now()).unit for n in range(guards)]
        self.members = [crew_of(one).pk for one in self.units]
        self.missing: dict[UUID, float] = {}  # deadlines that nobody meets, by elapsed seconds
        self.still_until_s = 0.0
        self._nothing_before_s = 0.0

    def play(self, days: int) -> Month:
        acts = sorted(
            one
            for day in range(days)
            for guard in range(len(self.units))
            for one in self._shift(guard, day * DAY_S)
        )
        for one in acts:
            self._pass_to(one.at_s)
            self._do(one)
        self._pass_to(days * DAY_S + 2 * AWAY_S)
        self.month.never = len(self.missing)
        return self.month

    def _shift(self, guard: int, day_s: float) -> Iterator[_Act]:
        """Yield what a guard does on one shift; at times he goes missing for an hour."""
        at_s = day_s + self.dice.uniform(0, DAY_S - SHIFT_S - 2 * AWAY_S)
        end_s = at_s + SHIFT_S
        yield _Act(at_s, guard, "start")
        while at_s + EVERY_S < end_s:
            if self.dice.random() < 0.01:
                yield _Act(at_s + 1, guard, "go missing", at_s + EVERY_S)
                at_s += EVERY_S + AWAY_S
            else:
                at_s += EVERY_S - self.dice.uniform(1, 600)
            yield _Act(at_s, guard, "check in")
        yield _Act(max(at_s, end_s - EVERY_S) + 1, guard, "end")

    def _pass_to(self, at_s: float) -> None:
        """Let the time pass; the scheduler looks at each deadline, a turn late, unless it stands still."""
        while self._nothing_before_s < at_s:
            first = (
                Timer.objects.filter(fired_at=None, cancelled_at=None)
                .order_by("boot_deadline_s")
                .values_list("boot_deadline_s", flat=True)
                .first()
            )
            look_s = max(first or at_s, self.still_until_s) + self.dice.uniform(0, TURN_S)
            # A deadline only ever moves away, and a new one is a whole interval off.
            self._nothing_before_s = first if first is not None else self.hands.elapsed_s + EVERY_S
            if look_s >= at_s:
                break
            self._move(look_s)
            self._look()
        self._move(at_s)

    def _move(self, at_s: float) -> None:
        if at_s > self.hands.elapsed_s:
            self.hands.advance(at_s - self.hands.elapsed_s)

    def _look(self) -> None:
        timers.fire_due()
        missed = Watch.objects.filter(ended_at=None).exclude(missed_at=None)
        for unit_id in missed.values_list("unit_id", flat=True):
            due_s = self.missing.pop(unit_id, None)
            if due_s is not None:
                self.month.late_s.append(self.hands.elapsed_s - max(due_s, self.still_until_s))
        if self.dice.random() < 0.02:
            self.still_until_s = self.hands.elapsed_s + self.dice.uniform(0, 60)
        if self.dice.random() < 0.02:
            self.hands.jump(self.dice.uniform(-3600, 3600))

    def _do(self, one: _Act) -> None:
        unit, at = self.units[one.guard], clock.now()
        match one.what:
            case "start":
                checkin.start_watch(
                    unit=unit, member_id=self.members[one.guard], interval_s=EVERY_S, by="guard",
                    at=at,
                )  # fmt: skip
            case "check in":
                if checkin.check_in(unit_id=unit.pk, by="guard", at=at) is not None:
                    self.month.check_ins += 1
            case "go missing":
                self.missing[unit.pk] = one.due_s
            case _:
                checkin.end_watch(unit_id=unit.pk, by="guard", at=at)


def count_raised() -> int:
    """Count the misses that were raised; several of one unit may be one case."""
    rows = Event.objects.filter(kind="unit.watch").values_list("payload", flat=True)
    return sum(json.loads(one or "{}").get("what") == "missed" for one in rows.iterator())


def main() -> int:
    """Play a month in a database in memory; 1 where somebody was missed, or raised too late."""
    parser = argparse.ArgumentParser(description="A month of guards who work alone.")
    parser.add_argument("--guards", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    call_command("migrate", verbosity=0)
    hands = Hands(NIGHT)
    begun = time.perf_counter()
    with clock.ruled_by(hands):
        month = play(make_world(), hands, guards=given.guards, days=given.days, seed=given.seed)
        told = count_raised()
    raised, late = len(month.late_s), max(month.late_s, default=0.0)
    print(
        f"guards {given.guards}, days {given.days}: check-ins {month.check_ins}, missing and raised "
        f"{raised}, never raised {month.never}, raised without need {told - raised}, latest {late:.2f} s "
        f"after its time; "
        f"{time.perf_counter() - begun:.0f} s"
    )
    return int(month.never > 0 or told != raised or late > 2.0)


if __name__ == "__main__":
    sys.exit(main())
