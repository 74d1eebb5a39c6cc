"""Road labels kept between two questions. In: roads as they are now, places. Out: seconds.

Sites stand still and units move seldom beside how often readiness is asked: only labels of what has
changed are computed anew. Roads that are cut are other roads, and have a net of their own.
"""

from functools import lru_cache
from typing import Literal

import numpy as np

from narvaro.core.jit import F64, Bits
from narvaro.core.roads import Kept, Roads
from narvaro.dispatch.loading import OFF_ROAD_M

Where = tuple[tuple[float, float], ...]  # (lat, lon) of places in their order
Part = Literal["units", "movers", "sites", "visits"]
Side = Literal["source", "target"]


class Net:
    """Roads with the labels of who and what was asked for last."""

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        self.travel_ms = roads.travel_ms
        self._kept: dict[tuple[Part, Side], tuple[Where, Kept]] = {}
        self._seconds: dict[tuple[Part, Part], tuple[Kept, Kept, F64]] = {}

    def travel_s(self, sources: Part, from_: Where, targets: Part, to: Where) -> F64:
        """Return seconds [S, T], read-only; nan: a place lies too far from any road to know."""
        one, other = self._keep(sources, "source", from_), self._keep(targets, "target", to)
        held = self._seconds.get((sources, targets))
        if held is not None and held[0] is one and held[1] is other:
            return held[2]
        seconds = self.roads.travel_s(one, other)
        seconds[one.places.piece < 0] = np.nan
        seconds[:, other.places.piece < 0] = np.nan
        seconds.flags.writeable = False
        self._seconds[sources, targets] = one, other, seconds
        return seconds

    def is_on_map(self, part: Part, side: Side, where: Where) -> Bits:
        """Return which places stand near enough to a road, [n]."""
        return np.asarray(self._keep(part, side, where).places.piece >= 0, np.bool_)

    def _keep(self, part: Part, side: Side, where: Where) -> Kept:
        held = self._kept.get((part, side))
        if held is not None and held[0] == where:
            return held[1]
        lats, lons = np.array(where, np.float64).reshape(-1, 2).T
        kept = self.roads.keep(self.roads.place(lats, lons, OFF_ROAD_M), side)
        self._kept[part, side] = where, kept
        return kept


@lru_cache(maxsize=16)
def _net(roads: Roads, sites: Where) -> Net:  # noqa: ARG001 - a key: two tenants may share a map
    return Net(roads)


def net_on(roads: Roads, sites: Where) -> Net:
    """Return what is kept of roads for a tenant's sites; nothing where they were weighed anew."""
    net = _net(roads, sites)
    if net.travel_ms is not roads.travel_ms:
        _net.cache_clear()
        net = _net(roads, sites)
    return net
