"""Rows ↔ core: one company's night becomes places, units, roads, expected harm and what was asked.

In: a company, a night, a seed. Out: everything that its plan is made from, and what is to be said of
it. No unit's position is read: positions were not collected for planning. Where a company's units
begin is not known either, so each is taken to begin and end at the middle of where it may be.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.access.models import Organisation
from narvaro.core.jit import F64
from narvaro.core.patrol import AFTERWARDS_S, BIN_S, Appointment, Night, Place, Stay
from narvaro.core.patrol import Shift as Work
from narvaro.core.patrol.arrays import promise
from narvaro.core.rules import Break, Interval
from narvaro.directory.models import Area, Permit, Site, Unit
from narvaro.directory.roads_file import MapRefused
from narvaro.directory.roads_now import RoadsNow, find_roads_now
from narvaro.forecast.queries import KeptHarm, find_harm
from narvaro.plan.asking import Asked, ask
from narvaro.plan.hours import (
    BREAK_S,
    Period,
    Tonight,
    breaks_of,
    breaks_within,
    covered,
    merge,
    permit_hours,
)
from narvaro.plan.models import Focus, Shift
from narvaro.situation.models import Presence
from narvaro.spine.refusal import Refused

OFF_ROAD_M = 1000.0  # a place further from any road than this is not on the map
PLACES_AT_MOST = 120  # more would take longer to plan than anybody waits
SHORTEST_S = 30 * 60  # a unit that is there for less gets no plan
AREAS = (Area.Kind.SQUARE, Area.Kind.PARK, Area.Kind.HOUSING, Area.Kind.YARD)
KEPT_WORTH = 4.0  # times the best that any single visit could prevent: kept before the lottery
HALF_LIFE_S = 3600
SPACING_S = 30 * 60  # between two drawn visits at a place, whoever makes them

Held = tuple[tuple[Interval, ...], ...]  # when a permit covers each place


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that may be visited; `kind` is site or area."""

    kind: str
    id: UUID
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A unit's working time in the night, from and to the place `base`."""

    unit: Unit
    work: Interval
    base: int
    breaks: tuple[Break, ...]
    allowed: Held | None


@dataclass(frozen=True, eq=False, slots=True)
class Party:
    """The units that move alike, and what the ways take them, [P, P] seconds."""

    travel: str
    slots: tuple[Slot, ...]
    travel_s: F64


@dataclass(frozen=True, eq=False, slots=True)
class Loaded:
    """Everything that a company's night is planned from.

    `harm` [P, bins] is in the currency of `kept`, the forecast; all 0 where there is none.
    """

    organisation: Organisation
    tonight: Tonight
    spots: tuple[Spot, ...]
    parties: tuple[Party, ...]
    asked: tuple[Asked, ...]
    harm: F64
    kept: KeptHarm | None
    map_sha256: str

    @property
    def period(self) -> Period:
        """Return when the night begins and ends."""
        return self.tonight.period

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return the working times of all parties, in their order."""
        return tuple(slot for party in self.parties for slot in party.slots)

    def night(
        self, party: Party, harm: F64, asked: Collection[int], *, by_hand: bool = False
    ) -> Night:
        """Return a party's night with some of what was asked for, by index.

        `by_hand`: what was asked for may lie anywhere in the decided hours, not in its window alone.
        """
        best = max(1.0, float(promise(self.harm, HALF_LIFE_S).max(initial=0.0)))
        return Night(
            places=tuple(Place(one.id) for one in self.spots),
            shifts=tuple(
                Work(one.unit.pk, one.base, *one.work, one.breaks, one.allowed)
                for one in party.slots
            ),
            travel_s=party.travel_s,
            harm=harm,
            appointments=tuple(
                Appointment(
                    one.spot, *(one.hours if by_hand else one.window), one.dwell_s,
                    worth=KEPT_WORTH * best,
                )
                for one in (self.asked[number] for number in asked)
            ),
            half_life_s=HALF_LIFE_S,
            spacing_s=SPACING_S,
        )  # fmt: skip


def load(
    organisation: Organisation, period: Period, *, seed: int, at: datetime, break_s: int = BREAK_S
) -> Loaded:
    """Load a company's night; raises Refused where nothing can be planned, and says why."""
    tonight = Tonight(period, ZoneInfo(organisation.tenant.timezone), seed)
    works = _works(organisation, period, at, break_s)
    if not works:
        raise Refused("no_shifts", "No shift of the company touches this night; import the roster.")
    now = _roads(organisation.tenant_id, max(at, period.starts_at))
    if now.closures:
        tonight.note("closed_roads", n=len(now.closures))
    foci = _foci(organisation.tenant_id, tonight)
    spots = _on_map(_spots(organisation.tenant_id, foci), now, tonight)
    if not spots:
        raise Refused("no_places", "No place with a position; import sites with coordinates.")
    harm, kept = _harm(organisation.tenant_id, spots, tonight)
    spots, harm = _most_harmed(spots, harm, foci, tonight)
    asked = ask(foci, {one.id: number for number, one in enumerate(spots)}, tonight)
    held = _held(organisation, works, spots, tonight)
    parties = _parties(works, spots, now, held, tonight)
    sha256 = now.ground.meta.sha256
    return Loaded(organisation, tonight, spots, parties, asked, harm, kept, sha256)


def _roads(tenant_id: UUID, at: datetime) -> RoadsNow:
    """Return the roads as they are when the night begins: what is closed then is closed all night."""
    try:
        now = find_roads_now(tenant_id, at)
    except (OSError, MapRefused) as fault:
        raise Refused(
            "no_map", f"The map cannot be opened: {fault}. Import roads again."
        ) from fault
    if now is None:
        raise Refused("no_map", "There is no map, so no way has a time; import roads first.")
    return now


@dataclass(frozen=True, slots=True)
class _Working:
    unit: Unit
    work: Interval
    breaks: tuple[Break, ...]
    crew: int


def _works(
    organisation: Organisation, period: Period, at: datetime, break_s: int
) -> list[_Working]:
    """Return who works when in the night, from `at` on; shifts of a unit that overlap are one.

    Shifts that only meet are two crews, each with its own breaks.
    """
    rows = Shift.objects.filter(
        unit__organisation=organisation, starts_at__lt=period.ends_at, ends_at__gt=period.starts_at
    )
    joined: dict[Unit, list[tuple[Interval, int]]] = {}
    for row in rows.select_related("unit").prefetch_related("crew").order_by("starts_at"):
        whole = Interval(period.seconds(row.starts_at), period.seconds(row.ends_at))
        crew, before = len(row.crew.all()), joined.setdefault(row.unit, [])
        if before and whole.from_s < before[-1][0].until_s:
            (from_s, until_s), others = before.pop()
            whole, crew = Interval(from_s, max(until_s, whole.until_s)), max(crew, others)
        before.append((whole, crew))
    now_s = max(0, period.seconds(at))
    found = []
    for unit, shifts in joined.items():
        for whole, crew in shifts:
            work = Interval(max(whole.from_s, now_s), min(whole.until_s, period.whole.until_s))
            if work.until_s - work.from_s >= SHORTEST_S:
                breaks = breaks_within(breaks_of(*whole, break_s), work)
                found.append(_Working(unit, work, breaks, crew))
    return sorted(found, key=lambda one: (one.unit.call_sign, one.work))


def _foci(tenant_id: UUID, tonight: Tonight) -> list[Focus]:
    first, *_, last = tonight.days
    held = Focus.objects.filter(tenant_id=tenant_id, starts_on__lte=last, ends_on__gt=first)
    return list(held.select_related("decision__site", "decision__area").order_by("decision_id"))


def list_spots(organisation: Organisation, period: Period) -> list[Spot]:
    """List the places that a person may put into a company's plan."""
    tonight = Tonight(period, ZoneInfo(organisation.tenant.timezone), 0)
    return _spots(organisation.tenant_id, _foci(organisation.tenant_id, tonight))


def _spots(tenant_id: UUID, foci: Sequence[Focus]) -> list[Spot]:
    """Return every site with a position, and the areas that were decided on."""
    sites = Site.objects.published().filter(tenant_id=tenant_id).order_by("code")
    areas = {one.decision.area for one in foci if one.decision.area}
    return [
        Spot("site", one.pk, one.name, one.lat, one.lon)
        for one in sites
        if one.lat is not None and one.lon is not None
    ] + [
        Spot("area", one.pk, one.name, one.lat, one.lon)
        for one in sorted(areas, key=lambda one: one.name)
        if one.kind in AREAS
    ]


def _degrees(spots: Sequence[Spot]) -> tuple[F64, F64]:
    return np.array([one.lat for one in spots]), np.array([one.lon for one in spots])


def _on_map(spots: Sequence[Spot], now: RoadsNow, tonight: Tonight) -> tuple[Spot, ...]:
    near = now.roads.place(*_degrees(spots), OFF_ROAD_M).distance_m <= OFF_ROAD_M
    if not near.all():
        tonight.note("off_map", n=int((~near).sum()))
    return tuple(one for one, is_near in zip(spots, near, strict=True) if is_near)


def _harm(tenant_id: UUID, spots: Sequence[Spot], tonight: Tonight) -> tuple[F64, KeptHarm | None]:
    """Return what the forecast expects per place and bin of 120 s; zeros where there is none."""
    bins = -(-(tonight.period.whole.until_s + AFTERWARDS_S) // BIN_S)
    kept = find_harm(tenant_id, *_degrees(spots), tonight.period.starts_at, bins, BIN_S)
    if kept is None:
        tonight.note("no_forecast")
        return np.zeros((len(spots), bins)), None
    if kept.is_naive:
        tonight.note("naive")
    return kept.sek, kept


def _most_harmed(
    spots: tuple[Spot, ...], harm: F64, foci: Sequence[Focus], tonight: Tonight
) -> tuple[tuple[Spot, ...], F64]:
    if len(spots) <= PLACES_AT_MOST:
        return spots, harm
    decided = {one.decision.site_id or one.decision.area_id for one in foci}
    weight = harm.sum(axis=1) + np.where([one.id in decided for one in spots], np.inf, 0.0)
    kept = np.sort(np.argsort(-weight, kind="stable")[:PLACES_AT_MOST])
    tonight.note("fewer_places", n=len(spots) - len(kept))
    return tuple(spots[one] for one in kept), harm[kept]


def _held(
    organisation: Organisation, works: Sequence[_Working], spots: Sequence[Spot], tonight: Tonight
) -> Held:
    permits = list(Permit.objects.filter(organisation=organisation))
    _check_numbers(permits, works, tonight)
    return covered(permits, [(one.lat, one.lon) for one in spots], tonight)


def _parties(
    works: Sequence[_Working], spots: Sequence[Spot], now: RoadsNow, held: Held, tonight: Tonight
) -> tuple[Party, ...]:
    """Return who walks, then who drives: each kind of units has its own travel times."""
    parties = []
    for travel, roads in ((Unit.Travel.FOOT, now.walking), (Unit.Travel.CAR, now.roads)):
        alike = [one for one in works if one.unit.travel == travel]
        if not alike:
            continue
        places = roads.place(*_degrees(spots), OFF_ROAD_M)
        travel_s = roads.travel_s(places, places)
        slots = tuple(_slot(one, held, travel_s, tonight) for one in alike)
        parties.append(Party(travel, slots, travel_s))
    if len(parties) > 1:
        tonight.note("apart")
    return tuple(parties)


def _is_officer(unit: Unit) -> bool:
    return unit.role == Unit.Role.PUBLIC_ORDER_OFFICER


def _slot(one: _Working, held: Held, travel_s: F64, tonight: Tonight) -> Slot:
    """Return a unit's working time; public order officers have only what permits cover."""
    allowed = held if _is_officer(one.unit) else None
    may = [
        place
        for place in range(len(travel_s))
        if allowed is None or any(_meet(free, one.work) for free in allowed[place])
    ]
    if not may:
        tonight.note("no_permit", unit=one.unit.call_sign)
    return Slot(one.unit, one.work, _middle(travel_s, may), one.breaks, allowed)


def _meet(one: Interval, other: Interval) -> bool:
    return max(one.from_s, other.from_s) < min(one.until_s, other.until_s)


def _middle(travel_s: F64, may: Sequence[int]) -> int:
    """Return the place that lies nearest to all the others there and back; 0 of none."""
    if not may:
        return 0
    among = travel_s[np.ix_(may, may)]
    both = np.nan_to_num(among + among.T, posinf=86_400.0)
    return int(may[int(both.sum(axis=1).argmin())])


def _check_numbers(
    permits: Sequence[Permit], works: Sequence[_Working], tonight: Tonight
) -> None:  # fmt: skip
    """Note where more officers are on shift at once than a permit allows anywhere."""
    officers = [one for one in works if _is_officer(one.unit)]
    for permit in permits:
        starts = (
            start
            for hours in permit_hours(permit, tonight)
            for start in (hours.from_s, *(one.work.from_s for one in officers))
            if hours.from_s <= start < hours.until_s
        )
        at_once = max((_crew_at(officers, start) for start in starts), default=0)
        if permit.max_officers is not None and at_once > permit.max_officers:
            tonight.note(
                "many_officers", permit=permit.decision_no, n=at_once, most=permit.max_officers
            )


def _crew_at(works: Sequence[_Working], at_s: int) -> int:
    return sum(one.crew for one in works if one.work.from_s <= at_s < one.work.until_s)


def load_usual(loaded: Loaded) -> dict[int, list[Stay]]:
    """Return where the company was the same night the week before, as far as it was recorded."""
    week, zone = timedelta(days=7), loaded.tonight.zone
    before = Period(
        *(at.astimezone(zone) - week for at in (loaded.period.starts_at, loaded.period.ends_at))
    )  # local days: a change of the clock between moves nothing
    places = {one.id: number for number, one in enumerate(loaded.spots)}
    rows = Presence.objects.published().filter(
        organisation=loaded.organisation, starts_at__lt=before.ends_at,
        ends_at__gt=before.starts_at,
    )  # fmt: skip
    stays: dict[int, list[Interval]] = {}
    for one in rows:
        place_id = one.site_id or one.area_id
        place = places.get(place_id) if place_id else None
        part = before.clip(one.starts_at, one.ends_at)
        if place is not None and part is not None:
            stays.setdefault(place, []).append(part)
    return {
        place: [Stay(one.from_s, one.until_s - one.from_s) for one in merge(there)]
        for place, there in stays.items()
    }
