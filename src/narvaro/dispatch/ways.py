"""The way to a case. In: a viewer, a case, a unit. Out: the route now, with its turns and its time.

Screens ask for it at each refresh: it is searched anew only where the unit has moved, the case is at
another place, or the roads are others than before (their map, what is closed, how fast they are).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from narvaro.access.viewer import Viewer
from narvaro.core.choice import FRESH_S
from narvaro.core.roads import Roads, Route
from narvaro.directory.models import Defibrillator, Unit
from narvaro.dispatch.actions import SEEKING
from narvaro.dispatch.loading import OFF_ROAD_M, open_roads
from narvaro.dispatch.models import OUT, Offer
from narvaro.dispatch.queries import offers_seen_by, rank_now, responses_seen_by
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.models import Case
from narvaro.situation.queries import get_case, newest_positions

Going = tuple[Unit, Defibrillator | None]  # who goes, and which AED it fetches on the way


def list_units_to_show(viewer: Viewer, case: Case, at: datetime) -> list[Going]:
    """List the units that are out on a case and asked about it, else the first ranked.

    None where the case is over, or its units have left: where a guard is then is not this case's.
    """
    seen = get_case(viewer, case.pk)
    out = responses_seen_by(viewer, at).filter(case=seen, state__in=OUT)
    going: list[Going] = [
        (one.sent_unit, one.offer.aed if one.offer else None)
        for one in out.select_related("offer__aed").order_by("accepted_at")
    ]
    asked = offers_seen_by(viewer, at).filter(case=seen, state=Offer.State.WAITING)
    going += [(one.unit, one.aed) for one in asked.select_related("aed").order_by("seat")]
    if going or seen.state not in SEEKING:
        return going
    lines = rank_now(viewer, seen, at).lines
    first = next((line["unit"] for line in lines if line.get("rank") == 1), None)
    unit = Unit.objects.filter(pk=first, tenant_id=viewer.tenant_id).first() if first else None
    return [(unit, None)] if unit else []


@dataclass(frozen=True)
class Way:
    """A unit's way to a case by the roads now; `since` is when the unit was where it begins."""

    legs: tuple[Route, ...]
    since: datetime

    @property
    def seconds(self) -> float:
        """Return how long it takes from its beginning, in seconds."""
        return sum(one.seconds for one in self.legs)

    @property
    def arrives_at(self) -> datetime:
        """Return when the unit is there."""
        return self.since + timedelta(seconds=self.seconds)


def find_way(
    case: Case, unit: Unit, at: datetime, by: Defibrillator | None = None
) -> Way | None:  # fmt: skip
    """Return the way from a unit on duty to a case: two legs where an AED is fetched between.

    None where the unit's place is old, one is unknown, or there is no way.
    """
    position = newest_positions([unit.pk]).get(unit.pk)
    if position is None or case.lat is None or case.lon is None:
        return None
    on_duty = any(one.unit_id == unit.pk for one in list_running_shifts(unit.tenant_id, at))
    if not on_duty or (at - position.at).total_seconds() > FRESH_S:
        return None
    now = open_roads(case.tenant_id, at)
    if now is None:
        return None
    roads = now.walking if unit.travel == Unit.Travel.FOOT else now.roads
    stops = [_rounded(position.lat, position.lon), _rounded(case.lat, case.lon)]
    if by is not None:
        stops.insert(1, _rounded(by.lat, by.lon))
    legs = [_route(roads, a, b) for a, b in pairwise(stops)]
    return Way(tuple(one for one in legs if one), position.at) if all(legs) else None


def list_legs(
    case: Case, unit: Unit, at: datetime, by: Defibrillator | None = None
) -> tuple[Route, ...]:
    """Return the legs of `find_way`, empty where there is none."""
    way = find_way(case, unit, at, by)
    return way.legs if way else ()


def _rounded(lat: float, lon: float) -> tuple[float, float]:
    return round(lat, 5), round(lon, 5)  # to the metre


@lru_cache(maxsize=32)  # as many roads as `find_roads_now` keeps: none lives longer for it
def _route(roads: Roads, a: tuple[float, float], b: tuple[float, float]) -> Route | None:
    return roads.route(roads.place(*a, OFF_ROAD_M), roads.place(*b, OFF_ROAD_M))
