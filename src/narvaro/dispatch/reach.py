"""How far one gets. In: a viewer, a unit or a case, a time limit. Out: an outline, and who or what is in it.

A unit reaches sites; a case is reached by units. Closed roads count. An old position counts as the
ranking counts it: the unit may have driven away for as long as its position is older than fresh.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import numpy as np

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.queries import TermsInForce
from narvaro.core.roads import Places, Roads
from narvaro.core.roads.within import Outline
from narvaro.core.terms import CASE_KINDS
from narvaro.directory.models import Site
from narvaro.directory.queries import sites_seen_by, units_seen_by
from narvaro.directory.roads_now import RoadsNow
from narvaro.dispatch.loading import OFF_ROAD_M, open_roads
from narvaro.dispatch.readiness.loading import OnDuty, list_on_duty, walks_there
from narvaro.dispatch.readiness.nets import net_on
from narvaro.situation.queries import get_case
from narvaro.spine.refusal import Missing

USUAL_S = (300, 600)


class NoReach(StrEnum):
    """Why there is no outline."""

    NO_MAP = "no_map"
    OFF_DUTY = "off_duty"
    NO_POSITION = "no_position"
    OLD_POSITION = "old_position"  # it may have driven away for longer than the limit
    PLACE_UNKNOWN = "place_unknown"
    OFF_MAP = "off_map"


@dataclass(frozen=True)
class Limit:
    """A time that may be asked for; `is_agreed` where a response term in force says it."""

    seconds: int
    is_agreed: bool = False


@dataclass(frozen=True)
class Inside:
    """A site that a unit reaches, or a unit that reaches a case, within the limit."""

    id: UUID
    name: str
    seconds: float
    position_age_s: float | None = None  # of a unit
    walks: bool = False


@dataclass(frozen=True)
class Reach:
    """What is reached within `limit_s`, soonest first; `why_not` where nothing can be said.

    `name` is the unit's call sign or the case's number. `drift_s` is for how long the unit may have
    driven away since its position was fresh, `off_m` how far the place is from a road.
    """

    name: str
    limit_s: int
    limits: tuple[Limit, ...]
    outline: Outline = field(default_factory=list)
    inside: tuple[Inside, ...] = ()
    why_not: NoReach | None = None
    walks: bool = False
    position_at: datetime | None = None
    drift_s: float = 0.0
    off_m: float = 0.0
    closures: int = 0
    is_case: bool = False


def reach_of_unit(
    viewer: Viewer, unit_id: UUID, limit_s: int, at: datetime, *, drawn: bool = True
) -> Reach:
    """Return which sites a unit on duty reaches within a limit; raises Missing as positions do.

    Not `drawn`: without the outline, which costs more than the list.
    """
    _require(viewer)
    unit = units_seen_by(viewer).filter(pk=unit_id).first()
    if unit is None:
        raise Missing
    asked = Reach(unit.call_sign, limit_s, _limits(viewer, at, CASE_KINDS))
    one = next((one for one in list_on_duty(viewer, at) if one.unit.pk == unit_id), None)
    if one is None:
        return replace(asked, why_not=NoReach.OFF_DUTY)
    return _sites_of(viewer, one, asked, open_roads(viewer.tenant_id, at), drawn=drawn)


def reach_of_case(
    viewer: Viewer, case_id: UUID, limit_s: int, at: datetime, *, drawn: bool = True
) -> Reach:
    """Return from where, and by which units, a case is reached within a limit.

    Raises Missing as positions do. The outline is that of who drives.
    """
    _require(viewer)
    case = get_case(viewer, case_id)
    limits = _limits(viewer, case.received_at, (case.kind,))
    asked = Reach(str(case.number), limit_s, limits, is_case=True)
    now = open_roads(viewer.tenant_id, at)
    if case.lat is None or case.lon is None or now is None:
        return replace(asked, why_not=NoReach.PLACE_UNKNOWN if now else NoReach.NO_MAP)
    place = now.roads.place(case.lat, case.lon, OFF_ROAD_M)
    if place.piece[0] < 0:
        return replace(asked, why_not=NoReach.OFF_MAP, off_m=float(place.distance_m[0]))
    duty = [one for one in list_on_duty(viewer, at) if one.position is not None]
    inside: list[Inside] = []
    for roads, walks in ((now.roads, False), (now.walking, True)):
        alike = [one for one in duty if walks_there(one) == walks]
        to = roads.place(case.lat, case.lon, OFF_ROAD_M)
        inside += _units_in_time(roads, alike, to, limit_s)
    outline = now.roads.within(place, limit_s, "target") if drawn else []
    return replace(asked, outline=outline, inside=_sorted(inside), closures=len(now.closures))


def _require(viewer: Viewer) -> None:
    """Raise Missing where the viewer may not see where units are."""
    if not viewer.sees(Record.UNIT, "position"):
        raise Missing
    viewer.require(Record.SITE)


def _limits(viewer: Viewer, at: datetime, kinds: Iterable[str]) -> tuple[Limit, ...]:
    """Return the usual limits and those that were agreed for any of the kinds of case, ascending."""
    terms = TermsInForce(viewer.tenant_id, viewer.zone)
    found = [terms.find(kind, at) for kind in kinds]
    agreed = {one.target_s for one in found if one is not None and one.stop == "on_scene"}
    return tuple(Limit(one, one in agreed) for one in sorted(agreed.union(USUAL_S)))


def _sites_of(
    viewer: Viewer, one: OnDuty, asked: Reach, now: RoadsNow | None, *, drawn: bool
) -> Reach:
    if one.position is None:
        return replace(asked, why_not=NoReach.NO_POSITION)
    asked = replace(asked, walks=walks_there(one), position_at=one.position.at, drift_s=one.drift_s)
    if now is None:
        return replace(asked, why_not=NoReach.NO_MAP)
    left_s = asked.limit_s - one.drift_s
    if left_s <= 0:
        return replace(asked, why_not=NoReach.OLD_POSITION)
    roads, from_ = now.walking if asked.walks else now.roads, (one.position.lat, one.position.lon)
    place = roads.place(*from_, OFF_ROAD_M)
    if place.piece[0] < 0:
        return replace(asked, why_not=NoReach.OFF_MAP, off_m=float(place.distance_m[0]))
    inside = _sites_in_time(viewer, roads, from_, one.drift_s, asked.limit_s)
    outline = roads.within(place, left_s) if drawn else []
    return replace(asked, outline=outline, inside=inside, closures=len(now.closures))


def _sites_in_time(
    viewer: Viewer, roads: Roads, from_: tuple[float, float], drift_s: float, limit_s: int
) -> tuple[Inside, ...]:
    sites = _placed(sites_seen_by(viewer).order_by("code"))
    where = tuple((lat, lon) for _, lat, lon in sites)
    if not where:
        return ()
    seconds = drift_s + net_on(roads, where).travel_s("movers", (from_,), "sites", where)[0]
    return _sorted(
        Inside(sites[n][0].pk, sites[n][0].name, float(seconds[n]))
        for n in np.flatnonzero(seconds <= limit_s).tolist()
    )


def _placed(sites: Iterable[Site]) -> list[tuple[Site, float, float]]:
    return [(one, one.lat, one.lon) for one in sites if one.lat is not None and one.lon is not None]


def _units_in_time(roads: Roads, units: list[OnDuty], to: Places, limit_s: int) -> Iterable[Inside]:
    positions = [one.position for one in units if one.position is not None]
    lats, lons = np.array([(one.lat, one.lon) for one in positions]).reshape(-1, 2).T
    seconds = roads.travel_s(roads.place(lats, lons, OFF_ROAD_M), to)[:, 0]
    for one, travel_s in zip(units, seconds.tolist(), strict=True):
        latest_s = travel_s + one.drift_s
        if latest_s <= limit_s:
            yield Inside(
                one.unit.pk, one.unit.call_sign, latest_s, one.position_age_s, walks_there(one)
            )


def _sorted(inside: Iterable[Inside]) -> tuple[Inside, ...]:
    return tuple(sorted(inside, key=lambda one: (one.seconds, one.name)))
