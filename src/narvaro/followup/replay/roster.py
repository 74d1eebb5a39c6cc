"""Rows → who works in a replayed town. In: shifts, crews, permits, plans. Out: up to four weeks of these."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.core.permits import Permit
from narvaro.core.said import Said
from narvaro.directory import models as directory
from narvaro.dispatch.allowed import permit_of
from narvaro.dispatch.duty import competences_on
from narvaro.followup.replay.demand import DAY_S, local_s
from narvaro.followup.replay.scenario import Fact, Note
from narvaro.plan.models import PatrolPlan, Shift, Visit
from narvaro.spine.refusal import Refused

LOOKS = timedelta(days=28)
WEEK, WEEKS_AT_MOST = 7, 4
LEAST_NIGHTS = 3  # of published plans; with fewer, visits are made up
EACH_S, DWELL_S = 45 * 60.0, 8 * 60.0  # of the visits that are made up
GUARD, OFFICER = directory.Unit.Role.GUARD, directory.Unit.Role.PUBLIC_ORDER_OFFICER


@dataclass(frozen=True, order=True)
class Crew:
    """A unit with what its crew holds; `added`: not of the roster."""

    call_sign: str
    organisation_id: str
    role: str
    on_foot: bool
    holds: tuple[str, ...]
    added: bool = False


@dataclass(frozen=True)
class Duty:
    """A shift: local seconds after the midnight of the roster's first day."""

    crew: Crew
    from_s: float
    until_s: float


@dataclass(frozen=True)
class Planned:
    """A visit of a plan, in the roster's seconds."""

    call_sign: str
    at_s: float
    dwell_s: float
    lat: float
    lon: float


@dataclass(frozen=True)
class Roster:
    """Who works from the midnight of `first` on, for `days` days (whole weeks)."""

    first: date
    days: int
    duties: tuple[Duty, ...]
    visits: tuple[Planned, ...]
    permits: Mapping[str, Sequence[Permit]]
    notes: tuple[Note, ...]

    @property
    def mean_on_duty(self) -> float:
        """Return how many units work at a time, on average."""
        return sum(one.until_s - one.from_s for one in self.duties) / (self.days * DAY_S)


def load_roster(tenant_id: UUID, zone: ZoneInfo, at: datetime) -> Roster:
    """Load the last four weeks, or, where they hold less than a week, those that are known.

    Raises Refused where nobody works.
    """
    today = at.astimezone(zone).date()
    midnight = datetime.combine(today, time(), zone)
    rows = Shift.objects.filter(
        tenant_id=tenant_id, starts_at__gte=midnight - LOOKS, starts_at__lt=midnight + LOOKS
    ).select_related("unit")  # fmt: skip
    shifts = list(rows.prefetch_related("crew__competences").order_by("starts_at", "unit"))
    begun = [one.starts_at.astimezone(zone).date() for one in shifts]
    past = [day for day in begun if today - LOOKS <= day < today]
    days = past if len(set(past)) >= WEEK else begun
    if not days:
        detail = Said(
            "No shift is known within four weeks of %(today)s; import the roster.", today=str(today)
        )
        raise Refused("no_roster", detail)
    weeks = min(max((max(days) - min(days)).days + 1, WEEK) // WEEK, WEEKS_AT_MOST)
    first = max(min(days), max(days) - timedelta(days=WEEK * weeks - 1))
    inside = [
        one
        for one, day in zip(shifts, begun, strict=True)
        if 0 <= (day - first).days < WEEK * weeks
    ]
    duties = _duties(inside, first, zone)
    visits, nights = _planned(tenant_id, first, WEEK * weeks, zone)
    officers = {one.unit.organisation_id for one in inside if one.unit.role == OFFICER}
    permits = defaultdict[str, list[Permit]](list)
    for row in directory.Permit.objects.filter(organisation_id__in=officers).order_by("pk"):
        if row.valid_from <= today <= row.valid_until:
            permits[str(row.organisation_id)].append(permit_of(row))
    facts: dict[str, Fact] = {"first": first.isoformat(), "weeks": weeks, "shifts": len(duties)}
    notes = [Note("roster_repeated", facts)]
    if officers:
        count = sum(len(one) for one in permits.values())
        notes.append(Note("permits_as_today", {"permits": count}))
    if nights >= LEAST_NIGHTS:
        notes.append(Note("visits_of_plans", {"visits": len(visits), "nights": nights}))
    else:
        visits = ()
        notes.append(Note("visits_made_up", {"each_min": EACH_S / 60, "dwell_min": DWELL_S / 60}))
    return Roster(first, WEEK * weeks, duties, visits, permits, tuple(notes))


def _duties(shifts: Sequence[Shift], first: date, zone: ZoneInfo) -> tuple[Duty, ...]:
    """Return shifts with what their crews hold; those of a unit that overlap are one."""
    joined: dict[UUID, list[list[Shift]]] = defaultdict(list)
    for one in shifts:
        before = joined[one.unit_id]
        if before and one.starts_at < max(other.ends_at for other in before[-1]):
            before[-1].append(one)
        else:
            before.append([one])
    found = []
    for together in (rows for groups in joined.values() for rows in groups):
        unit, begins = together[0].unit, min(one.starts_at for one in together)
        holds = competences_on(together, begins.astimezone(zone).date())[0]
        crew = Crew(
            unit.call_sign, str(unit.organisation_id), unit.role,
            unit.travel == directory.Unit.Travel.FOOT, tuple(sorted(holds)),
        )  # fmt: skip
        ends = max(one.ends_at for one in together)
        span = local_s(begins, first, zone), local_s(ends, first, zone)
        if span[0] < span[1]:
            found.append(Duty(crew, *span))
    return tuple(found)


def _planned(
    tenant_id: UUID, first: date, days: int, zone: ZoneInfo
) -> tuple[tuple[Planned, ...], int]:
    """Return the visits of published plans, and of how many nights they are."""
    begins = datetime.combine(first, time(), zone)
    rows = Visit.objects.filter(
        tenant_id=tenant_id, plan__state=PatrolPlan.State.PUBLISHED, arrive_at__gte=begins,
        arrive_at__lt=datetime.combine(first + timedelta(days=days), time(), zone),
    ).select_related("unit", "site", "area", "plan")  # fmt: skip
    found, nights = [], set()
    for one in rows.order_by("arrive_at", "pk"):
        place = one.site or one.area
        if place is not None and place.lat is not None and place.lon is not None:
            nights.add(one.plan.starts_at)
            at_s = local_s(one.arrive_at, first, zone)
            sign = one.unit.call_sign
            found.append(Planned(sign, at_s, float(one.dwell_s), place.lat, place.lon))
    return tuple(found), len(nights)
