"""Why a ranking has no road time. In: roads as they are now, places. Out: codes that a screen puts in words.

A code says because of what: how many metres away the nearest road is, that only paths lead there, the
streets that are closed on the way that a unit would usually take.
"""

from collections.abc import Sequence
from functools import lru_cache

import shapely

from narvaro.core.roads import Places, Roads
from narvaro.directory.models import RoadClosure
from narvaro.directory.roads_now import Line, RoadsNow

PATHS_ONLY = "paths_only"
NO_MAP = "place:no_map"
PLACE = "place:"  # it is the place that the roads do not lead to
BEYOND = "beyond"  # of where roads are looked for at all
MOST_NAMED = 8  # units of one ranking: each costs a search


def off_map(lat: float, lon: float, metres: float, now: RoadsNow, near_m: float) -> str:
    """Return how far from any road a place is for who drives: metres, or that only paths are near."""
    if float(now.walking_uncut.place(lat, lon).distance_m[0]) <= near_m:
        return PATHS_ONLY
    return f"{metres:.0f}" if metres < float("inf") else BEYOND


def closed_streets(uncut: Roads, a: Places, b: Places, closures: Sequence[RoadClosure]) -> str:
    """Return the streets where the way between two single places is closed, joined by `;`."""
    ends = [(float(one.lat[0]), float(one.lon[0])) for one in (a, b)]
    crossed = _crossed(uncut, ends[0], ends[1], tuple(one.line for one in closures))
    return ";".join(dict.fromkeys(closures[number].street for number in crossed))


@lru_cache(maxsize=64)
def _crossed(
    uncut: Roads, a: tuple[float, float], b: tuple[float, float], lines: tuple[Line, ...]
) -> tuple[int, ...]:
    shape = uncut.path(uncut.place(*a), uncut.place(*b))
    if len(shape) < 2:
        return ()
    way = shapely.LineString(shape)
    return tuple(n for n, line in enumerate(lines) if way.intersects(shapely.LineString(line)))
