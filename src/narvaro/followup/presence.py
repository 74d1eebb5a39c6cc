"""Visits against the plan, presence, hours. In: a viewer, a contract, a month. Out: what both parties see.

Visits belong to the month of their planned arrival, presence to that of its begin; days on which the
contract is not in force are left out. What the supplier states stands beside what its own records
prove and is never added to it. Nothing is summed per unit or guard.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract
from narvaro.contract.queries import get_contract
from narvaro.core import terms
from narvaro.followup.models import DeliveredHours
from narvaro.followup.queries import month_span, terms_of
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.plan.queries import plans_seen_by
from narvaro.situation.models import Presence

OVER = (Visit.State.DONE, Visit.State.SHORT)
SAID = (*OVER, Visit.State.MISSED, Visit.State.REPLACED)
UNVERIFIED = "unverified"
NEAR = timedelta(minutes=15)
"""How far a stated visit may lie from a proven stay that bears it out: lists round."""


class Key(NamedTuple):
    """A place: a site, an area, or words."""

    site_id: UUID | None
    area_id: UUID | None
    words: str


class Stay(NamedTuple):
    """Somebody's time at a place."""

    unit_id: UUID | None
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class PlaceLine:
    """A place of the month: what was planned there, what is proven, what is stated."""

    place: str
    planned: int
    kept: int  # planned visits that were done, in full or short
    proven: int  # stays by scan, position or tap
    proven_s: float
    stated: int
    stated_s: float
    borne_out: int  # stated visits with a proven stay at about the same time


@dataclass(frozen=True)
class MonthOfPresence:
    """A month of a contract: visits, presence, hours."""

    contract: Contract
    month: date
    states: tuple[tuple[str, int], ...]  # what became of the planned visits that are over
    reasons: tuple[tuple[str, str, int], ...]  # state, why, how many
    coming: int
    grades: tuple[tuple[str, int, float], ...]  # presence by proof: stays, seconds
    places: tuple[PlaceLine, ...]
    hours: tuple[tuple[str, Decimal], ...]
    untimed: int  # stated rows that are whole days: no time of day was written, often no visit made

    @property
    def planned(self) -> int:
        """Return how many planned visits are over."""
        return sum(number for _state, number in self.states)


class _Month:
    """The rows of one month of a contract."""

    def __init__(self, viewer: Viewer, contract: Contract, month: date) -> None:
        self.viewer, self.contract, self.zone = viewer, contract, viewer.zone
        self.begins, self.ends = month_span(month, self.zone)
        self.agreement = terms_of(contract)
        self.tenant = {"tenant_id": viewer.tenant_id}

    def holds(self, at: datetime) -> bool:
        """Return whether the contract was in force at a time."""
        return terms.in_force(self.agreement, at.astimezone(self.zone).date())

    def visits(self) -> list[Visit]:
        """List the visits of published plans, and what had begun before a plan was replaced."""
        begun = Q(plan__state=PatrolPlan.State.SUPERSEDED) & ~Q(state=Visit.State.PLANNED)
        found = Visit.objects.filter(
            Q(plan__state=PatrolPlan.State.PUBLISHED) | begun,
            plan__in=plans_seen_by(self.viewer).filter(organisation_id=self.contract.supplier_id),
            arrive_at__gte=self.begins, arrive_at__lt=self.ends,
        )  # fmt: skip
        return [one for one in found.select_related("site", "area") if self.holds(one.arrive_at)]

    def presences(self) -> list[Presence]:
        """List the supplier's presence, proven and stated."""
        found = Presence.objects.published().filter(
            **self.tenant, organisation_id=self.contract.supplier_id,
            starts_at__gte=self.begins, starts_at__lt=self.ends,
        )  # fmt: skip
        return [one for one in found.select_related("site", "area") if self.holds(one.starts_at)]

    def hours(self) -> tuple[tuple[str, Decimal], ...]:
        """Return the delivered hours by activity, most first, as stated."""
        first, last = (one.astimezone(self.zone).date() for one in (self.begins, self.ends))
        found = DeliveredHours.objects.published().filter(
            **self.tenant, organisation_id=self.contract.supplier_id, day__gte=first, day__lt=last
        )
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for activity, day, hours in found.values_list("activity", "day", "hours"):
            if terms.in_force(self.agreement, day):
                sums[activity] += hours
        return tuple(sorted(sums.items(), key=lambda one: -one[1]))


_Whose = tuple[UUID | None, UUID | None, UUID | None]


def _outcome(visit: Visit, own: Mapping[_Whose, Sequence[Stay]], now: datetime) -> tuple[str, str]:
    """Return what became of a visit, and why; empty while its time is not over."""
    if visit.state not in SAID:
        return (UNVERIFIED, "unsaid") if visit.window_until < now else ("", "")
    if visit.state in OVER and visit.arrived_at and visit.left_at:
        stays = own.get((visit.unit_id, visit.site_id, visit.area_id), ())
        if not any(one.begins <= visit.left_at and visit.arrived_at <= one.ends for one in stays):
            return UNVERIFIED, "elsewhere"
    return visit.state, visit.cause


def _seconds(stays: Iterable[Stay]) -> float:
    return sum((one.ends - one.begins).total_seconds() for one in stays)


def _is_whole_day(one: Presence, zone: ZoneInfo) -> bool:
    """Return whether a stated stay runs from midnight to midnight: a date without a clock."""
    local = (at.astimezone(zone) for at in (one.starts_at, one.ends_at))
    midnights = all((at.hour, at.minute, at.second) == (0, 0, 0) for at in local)
    return midnights and one.grade == Presence.Grade.STATED


def _separate(stays: Iterable[Stay]) -> list[Stay]:
    """Return stays joined where two proofs of one unit overlap."""
    joined: list[Stay] = []
    last: dict[UUID | None, int] = {}
    for one in sorted(stays, key=lambda stay: stay.begins):
        at = last.get(one.unit_id)
        if at is not None and one.begins < joined[at].ends:
            joined[at] = joined[at]._replace(ends=max(joined[at].ends, one.ends))
            continue
        last[one.unit_id] = len(joined)
        joined.append(one)
    return joined


def _is_borne_out(stated: Stay, proven: Sequence[Stay]) -> bool:
    return any(
        one.begins - NEAR <= stated.ends and stated.begins <= one.ends + NEAR for one in proven
    )


def _key(row: Visit | Presence) -> Key:
    known = row.site_id is not None or row.area_id is not None
    return Key(row.site_id, row.area_id, "" if known or isinstance(row, Visit) else row.place)


def _name(row: Visit | Presence) -> str:
    place = row.site or row.area
    words = "" if isinstance(row, Visit) else row.place
    return place.name if place else words


class _Tables:
    """Counts a month's rows."""

    def __init__(self) -> None:
        self.names: dict[Key, str] = {}
        self.planned: Counter[Key] = Counter()
        self.kept: Counter[Key] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.proven: dict[Key, list[Stay]] = defaultdict(list)
        self.stated: dict[Key, list[Stay]] = defaultdict(list)
        self.by_grade: dict[str, list[Stay]] = defaultdict(list)
        self.own: dict[_Whose, list[Stay]] = defaultdict(list)

    def take_presence(self, one: Presence) -> None:
        """Count one stay at its place and with its proof."""
        key, stay = _key(one), Stay(one.unit_id, one.starts_at, one.ends_at)
        self.names.setdefault(key, _name(one))
        stated = one.grade == Presence.Grade.STATED
        (self.stated if stated else self.proven)[key].append(stay)
        self.by_grade[one.grade].append(stay)
        if not stated:
            self.own[one.unit_id, one.site_id, one.area_id].append(stay)

    def take_visit(self, one: Visit, outcome: tuple[str, str]) -> None:
        """Count one planned visit that is over."""
        key = _key(one)
        self.names.setdefault(key, _name(one))
        self.planned[key] += 1
        self.kept[key] += outcome[0] in OVER
        self.outcomes[outcome] += 1

    def states(self) -> tuple[tuple[str, int], ...]:
        """Return how many visits ended how; every way stands there, be it with 0."""
        sums: Counter[str] = Counter()
        for (state, _why), number in self.outcomes.items():
            sums[state] += number
        return tuple((one, sums[one]) for one in (*SAID, UNVERIFIED)) if sums else ()

    def places(self) -> tuple[PlaceLine, ...]:
        """Return a line for each place, most time first."""
        lines = []
        for key, name in self.names.items():
            proven, stated = _separate(self.proven[key]), self.stated[key]
            lines.append(
                PlaceLine(
                    name, self.planned[key], self.kept[key], len(proven), _seconds(proven),
                    len(stated), _seconds(stated), sum(_is_borne_out(one, proven) for one in stated),
                )
            )  # fmt: skip
        return tuple(sorted(lines, key=lambda one: (-one.proven_s, -one.stated_s, one.place)))

    def grades(self) -> tuple[tuple[str, int, float], ...]:
        """Return the presence by its proof, best first."""
        return tuple(
            (grade, len(stays), _seconds(stays))
            for grade in Presence.Grade.values
            if (stays := self.by_grade[grade])
        )


def get_presence(viewer: Viewer, contract_id: UUID, month: date, now: datetime) -> MonthOfPresence:
    """Return a month's visits, presence and hours; raises Missing for who is no party."""
    viewer.require(Record.STATEMENT)
    viewer.require(Record.PRESENCE)
    contract = get_contract(viewer, contract_id)
    rows, tables = _Month(viewer, contract, month), _Tables()
    coming = untimed = 0
    for one in rows.presences():
        if _is_whole_day(one, viewer.zone):
            untimed += 1
        else:
            tables.take_presence(one)
    for visit in rows.visits():
        outcome = _outcome(visit, tables.own, now)
        if outcome[0]:
            tables.take_visit(visit, outcome)
        else:
            coming += 1
    reasons = [(state, why, n) for (state, why), n in tables.outcomes.items() if why]
    return MonthOfPresence(
        contract=contract, month=month.replace(day=1), states=tables.states(),
        reasons=tuple(sorted(reasons, key=lambda one: (-one[2], one[0], one[1]))), coming=coming, untimed=untimed,
        grades=tables.grades(), places=tables.places(), hours=rows.hours(),
    )  # fmt: skip
