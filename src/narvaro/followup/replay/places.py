"""Rows → places of a replayed town. In: sites, areas, roads, where cases were. Out: at most 150 places.

The places are those where most cases were; what lies elsewhere counts at the nearest of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np

from narvaro.contract.queries import TermsInForce
from narvaro.core import geo
from narvaro.core.jit import F64, I64
from narvaro.core.replay import Town
from narvaro.core.roads import Places, Roads
from narvaro.core.said import Said
from narvaro.core.terms import CASE_KINDS
from narvaro.directory.models import Area, Site
from narvaro.directory.roads_file import MapRefused
from narvaro.directory.roads_now import RoadsNow, find_roads_now
from narvaro.dispatch.readiness.loading import NO_TERM_S, URGENT
from narvaro.followup.replay.scenario import Fact, Note
from narvaro.plan.loading import OFF_ROAD_M
from narvaro.situation.correlation import PRIORITY_OF_KIND
from narvaro.spine.refusal import Refused

PLACES_AT_MOST = 150
AREAS = (Area.Kind.SQUARE, Area.Kind.PARK, Area.Kind.HOUSING, Area.Kind.YARD)
CAR, FOOT = range(2)  # the town's travel modes
ROUTES_ASKED = 200  # of each mode, to learn how far a unit gets in a second
MOVED_M = 50.0  # a case nearer to its place than this was there
AT_ONCE = 4096


class Spot(NamedTuple):
    """A place that may be of the town."""

    id: UUID
    code: str  # a site's; "" for an area
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, eq=False)
class Ground:
    """The places of a replayed town, in order of demand, with the ways between them.

    `of` [n] is the place of each position that was given, -1 off the map.
    """

    spots: tuple[Spot, ...]
    town: Town
    of: I64
    notes: tuple[Note, ...]

    def find(self, code: str) -> int | None:
        """Return the place of a site, or None."""
        return next((n for n, one in enumerate(self.spots) if one.code == code), None)


def list_spots(tenant_id: UUID) -> list[Spot]:
    """List the sites and visited areas with a position."""
    sites = Site.objects.published().filter(tenant_id=tenant_id, lat__isnull=False)
    areas = Area.objects.filter(
        tenant_id=tenant_id, kind__in=AREAS, batch__published_at__isnull=False
    )
    of_sites = sites.order_by("code").values_list("pk", "code", "name", "lat", "lon")
    found = [
        Spot(pk, code, name, lat, lon)
        for pk, code, name, lat, lon in of_sites
        if lat is not None and lon is not None
    ]
    rows = areas.order_by("name", "kind").values_list("pk", "name", "lat", "lon")
    return found + [Spot(pk, "", name, lat, lon) for pk, name, lat, lon in rows]


def open_roads(tenant_id: UUID, at: datetime) -> RoadsNow:
    """Return the roads, cut where they are closed now; raises Refused where there is no map."""
    try:
        found = find_roads_now(tenant_id, at)
    except (OSError, MapRefused) as fault:
        detail = Said("The map cannot be opened: %(fault)s. Import roads again.", fault=str(fault))
        raise Refused("no_map", detail) from fault
    if found is None:
        detail = Said("There is no map, so no way has a time; import roads first.")
        raise Refused("no_map", detail)
    return found


def load_ground(
    tenant_id: UUID, at: datetime, where: tuple[F64, F64], parts: int, always: Sequence[str] = ()
) -> Ground:
    """Load the places where most was (positions [n] each), and those of the codes in `always`.

    They are divided into `parts` areas. Raises Refused where there is no map, no place on it, or no
    site of a code.
    """
    lats, lons = where
    roads = open_roads(tenant_id, at)
    spots, notes = list_spots(tenant_id), list[Note]()
    on_road = _snap(roads.roads, spots).piece >= 0 if spots else np.zeros(0, bool)
    if not on_road.all():
        notes.append(Note("off_map", {"places": int((~on_road).sum())}))
    spots = [one for one, near in zip(spots, on_road, strict=True) if near]
    if not spots:
        detail = Said(
            "No site or area lies on the map; import sites with coordinates, or the right map."
        )
        raise Refused("no_places", detail)
    wanted = _of_codes(spots, always)
    nearest, _ = nearest_of(spots, lats, lons)
    weight = np.bincount(nearest, minlength=len(spots))
    order = np.lexsort((np.arange(len(spots)), -weight, ~np.isin(np.arange(len(spots)), wanted)))
    chosen = np.sort(order[:PLACES_AT_MOST])
    kept = tuple(spots[n] for n in chosen)
    of, away_m = nearest_of(kept, lats, lons)
    off = _snap_points(roads.roads, lats, lons).piece < 0 if len(lats) else np.zeros(0, bool)
    moved = away_m[~off & (away_m > MOVED_M)]
    facts = {"kept": len(kept), "of": len(spots), "moved": len(moved), "cases": int((~off).sum())}
    middle_m = float(np.median(moved)) if len(moved) else 0.0
    notes.append(Note("places_thinned", facts | {"moved_m": round(middle_m)}))
    if roads.closures:
        notes.append(Note("closures_as_now", {"closures": len(roads.closures)}))
    town = _town(roads, kept, parts, notes)
    return Ground(kept, town, np.where(off, -1, of).astype(np.int64), tuple(notes))


def _of_codes(spots: Sequence[Spot], codes: Sequence[str]) -> list[int]:
    found = {one.code: n for n, one in enumerate(spots) if one.code}
    for code in codes:
        if code not in found:
            detail = Said(
                "No site on the map has the code %(code)s; write a site's code, as in the register.",
                code=code,
            )
            raise Refused("no_base", detail)
    return [found[code] for code in codes]


def nearest_of(spots: Sequence[Spot], lats: F64, lons: F64) -> tuple[I64, F64]:
    """Return each position's nearest spot as the crow flies, and metres to it."""
    north, east = geo.to_grid(
        np.array([one.lat for one in spots]), np.array([one.lon for one in spots])
    )
    nearest, least_m = np.zeros(len(lats), np.int64), np.zeros(len(lats))
    for first in range(0, len(lats), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        at_north, at_east = geo.to_grid(lats[part], lons[part])
        away_m = np.hypot(at_north[:, None] - north, at_east[:, None] - east)
        nearest[part], least_m[part] = away_m.argmin(axis=1), away_m.min(axis=1)
    return nearest, least_m


def _snap(roads: Roads, spots: Sequence[Spot]) -> Places:
    return _snap_points(
        roads, np.array([one.lat for one in spots]), np.array([one.lon for one in spots])
    )


def _snap_points(roads: Roads, lats: F64, lons: F64) -> Places:
    return roads.place(lats, lons, OFF_ROAD_M)


def _town(now: RoadsNow, spots: Sequence[Spot], parts: int, notes: list[Note]) -> Town:
    """Return the ways by car and on foot; metres are learned from routes, and are not those of each."""
    seconds, metres = [], []
    for name, roads in (("car", now.roads), ("foot", now.walking)):
        snapped = _snap(roads, spots)
        table = roads.travel_s(snapped, snapped)
        np.fill_diagonal(table, 0.0)
        speed, fault = _speed(roads, spots, table)
        metres.append(table * speed)
        seconds.append(table)
        facts: dict[str, Fact] = {
            "mode": name,
            "m_s": round(speed, 2),
            "p90_share": round(fault, 3),
        }
        notes.append(Note("metres_learned", facts))
    travel_s = np.stack(seconds)
    area = _areas(travel_s[CAR], parts)
    notes.append(Note("areas_drawn", {"areas": int(area.max()) + 1}))
    return Town(travel_s, np.stack(metres), area)


def _speed(roads: Roads, spots: Sequence[Spot], table: F64) -> tuple[float, float]:
    """Return metres per second over some routes, and the share that nine in ten of them lie within."""
    pairs = np.argwhere(np.isfinite(table) & (table > 0))
    if not len(pairs):
        return 1.0, 0.0
    step = max(1, len(pairs) // ROUTES_ASKED)
    single = {n: _snap(roads, [spots[n]]) for n in {int(m) for m in pairs[::step].ravel()}}
    routes = [roads.route(single[int(a)], single[int(b)]) for a, b in pairs[::step]]
    known = [one for one in routes if one is not None and one.seconds > 0]
    if not known:
        return 1.0, 0.0
    speed = sum(one.metres for one in known) / sum(one.seconds for one in known)
    faults = [abs(speed * one.seconds - one.metres) / max(one.metres, 1.0) for one in known]
    return speed, float(np.quantile(faults, 0.9))


def _areas(travel_s: F64, parts: int) -> I64:
    """Divide the places: each next centre is the place farthest from all before.

    The first is the middle: least seconds to all. What no way leads to stays with the middle.
    """
    known = np.where(np.isfinite(travel_s), travel_s, 0.0)
    centres = [int(np.where(np.isfinite(travel_s), travel_s, 1e6).sum(axis=1).argmin())]
    while len(centres) < min(parts, len(travel_s)):
        apart = known[centres].min(axis=0)
        if not apart.max() > 0:
            break
        centres.append(int(apart.argmax()))
    return np.asarray(travel_s[centres].argmin(axis=0), np.int64)


def limit_of(terms: TermsInForce, at: datetime) -> tuple[float, Note | None]:
    """Return the strictest agreed seconds to the scene of urgent cases; a note where none is agreed."""
    urgent = [kind for kind in CASE_KINDS if PRIORITY_OF_KIND.get(kind, URGENT + 1) <= URGENT]
    found = [terms.find(kind, at) for kind in urgent]
    agreed = [float(one.target_s) for one in found if one is not None and one.stop == "on_scene"]
    if agreed:
        return min(agreed), None
    return float(NO_TERM_S), Note("no_term", {"limit_s": NO_TERM_S})
