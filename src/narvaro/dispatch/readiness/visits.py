"""Planned visits that could be taken now. In: a viewer, who is on duty, roads. Out: the core's moves.

Nothing overtakes a visit whose time was promised: what is announced stays where it is, and what was
asked for is made in its window. A unit is never told to wait anywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import numpy as np

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core.jit import F64, Bits
from narvaro.core.readiness import Moves
from narvaro.dispatch.readiness.loading import OnDuty, Permits, walks_there
from narvaro.dispatch.readiness.nets import Net, Where
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.plan.queries import plans_seen_by

AHEAD = timedelta(hours=2)
_READ = (
    "unit_id", "arrive_at", "window_from", "window_until", "dwell_s", "reasons", "site__name",
    "site__lat", "site__lon", "area__name", "area__lat", "area__lon",
)  # fmt: skip
MOST = 4  # visits of a unit that may be the next one; one more tells where it goes on to


@dataclass(frozen=True, eq=False)
class Candidate:
    """A visit that its unit (an index) could make now, with the times of the way there and after."""

    unit: int
    visit: Visit
    drive_s: float
    extra_s: float
    travel_s: F64


def sees_plans(viewer: Viewer) -> bool:
    """Tell whether the viewer may know of planned visits."""
    return viewer.scope(Record.PATROL_PLAN) in {Scope.TENANT, Scope.SHARED}


def list_coming(viewer: Viewer, duty: Sequence[OnDuty], at: datetime) -> dict[int, list[Visit]]:
    """List the next visits of each free unit with a position, in their order, by its index."""
    if not sees_plans(viewer):
        return {}
    index = {one.unit.pk: n for n, one in enumerate(duty) if one.is_free and one.position}
    visits = Visit.objects.filter(
        plan__in=plans_seen_by(viewer), plan__state=PatrolPlan.State.PUBLISHED,
        unit_id__in=list(index), state=Visit.State.PLANNED, window_until__gt=at,
        arrive_at__lt=at + AHEAD,
    )  # fmt: skip
    coming: dict[int, list[Visit]] = {}
    for one in visits.select_related("site", "area").only(*_READ).order_by("arrive_at"):
        if place_of(one) is not None:
            coming.setdefault(index[one.unit_id], []).append(one)
    return {unit: found[: MOST + 1] for unit, found in coming.items()}


def find_under_way(unit_id: UUID) -> Visit | None:
    """Return the visit that a unit is at, which it would leave; None where it said of none."""
    begun = Visit.objects.filter(unit_id=unit_id, state=Visit.State.STARTED)
    return begun.select_related("site", "area").first()


def place_of(visit: Visit) -> tuple[float, float] | None:
    """Return where a visit is made; None where nobody knows."""
    place = visit.site or visit.area
    if place is None or place.lat is None or place.lon is None:
        return None
    return float(place.lat), float(place.lon)


@dataclass(frozen=True, eq=False)
class Rules:
    """What a visit that is made now must keep to: `local` is now."""

    local: datetime
    permits: Permits

    def may_be_now(self, one: OnDuty, visit: Visit, drive_s: float) -> bool:
        """Tell whether it may begin after the way there: its window if asked for, shift and permit."""
        arrival, place = self.local + timedelta(seconds=drive_s), place_of(visit)
        in_window = visit.window_from <= arrival < visit.window_until
        if place is None or (was_asked_for(visit) and not in_window):
            return False
        in_shift = arrival + timedelta(seconds=visit.dwell_s) <= one.ends_at
        return in_shift and self.permits.may_be_at(one, *place, arrival)


def was_asked_for(visit: Visit) -> bool:
    """Tell whether a decision of the week's meeting stands behind a visit."""
    return any("decision" in one for one in visit.reasons)


def list_candidates(
    coming: Mapping[int, Sequence[Visit]],
    duty: Sequence[OnDuty],
    net_of: Callable[[OnDuty], Net],
    sites: Where,
    rules: Rules,
) -> list[Candidate]:
    """List the visits that could be made now, in the units' order; each unit's times are its own net's."""
    found = []
    for walks in (False, True):
        alike = [unit for unit in coming if walks_there(duty[unit]) == walks]
        if not alike:
            continue
        places = {
            one.pk: place for unit in alike for one in coming[unit] if (place := place_of(one))
        }
        where = tuple(dict.fromkeys(places.values()))
        column = {place: number for number, place in enumerate(where)}
        net = net_of(duty[alike[0]])
        from_ = tuple((p.lat, p.lon) for unit in alike if (p := duty[unit].position))
        ways = _Ways(
            net.travel_s("movers", from_, "visits", where),
            net.travel_s("visits", where, "visits", where),
            net.travel_s("visits", where, "sites", sites),
        )
        for row, unit in enumerate(alike):
            stops = [column[places[one.pk]] for one in coming[unit]]
            found += _of_unit(unit, duty[unit], coming[unit], _Tour(ways, row, stops), rules)
    return sorted(found, key=lambda one: one.unit)


@dataclass(frozen=True, eq=False)
class _Ways:
    """Seconds from units to visits' places, between these, and from these to sites."""

    there: F64
    between: F64
    onward: F64


@dataclass(frozen=True, eq=False)
class _Tour:
    """A unit's coming visits, as columns of the ways."""

    ways: _Ways
    unit: int
    stops: list[int]

    def drive_s(self, number: int) -> float:
        """Return the way from where the unit is to a visit."""
        return float(self.ways.there[self.unit, self.stops[number]])

    def extra_s(self, number: int) -> float:
        """Return what it adds to the driving to make a visit first and the others after it."""
        before = list(range(len(self.stops)))
        after = [number, *(n for n in before if n != number)]
        return self._length_s(after) - self._length_s(before)

    def _length_s(self, order: Sequence[int]) -> float:
        stops = [self.stops[number] for number in order]
        on = sum(float(self.ways.between[a, b]) for a, b in pairwise(stops))
        return float(self.ways.there[self.unit, stops[0]]) + on


def _of_unit(
    unit: int, one: OnDuty, coming: Sequence[Visit], tour: _Tour, rules: Rules
) -> list[Candidate]:
    found = []
    for number, visit in enumerate(coming[:MOST]):
        if visit.is_announced:
            break
        drive_s = tour.drive_s(number) + one.drift_s
        if np.isfinite(drive_s) and rules.may_be_now(one, visit, drive_s):
            travel_s = tour.ways.onward[tour.stops[number]]
            found.append(Candidate(unit, visit, drive_s, tour.extra_s(number), travel_s))
        if was_asked_for(visit):
            break  # nothing overtakes it
    return found


def moves_of(candidates: Sequence[Candidate], may: Bits) -> Moves:
    """Return candidates as the core takes them; `may` [U, P]: which unit may be sent to which site."""
    unit = np.array([one.unit for one in candidates], np.int64)
    rows = [one.travel_s for one in candidates]
    travel_s = np.array(rows).reshape(len(rows), may.shape[1])
    return Moves(
        unit=unit,
        travel_s=np.where(may[unit], travel_s, np.inf),
        drive_s=np.array([one.drive_s for one in candidates], np.float64),
        stay_s=np.array([one.visit.dwell_s for one in candidates], np.float64),
        extra_s=np.array([one.extra_s for one in candidates], np.float64),
    )
