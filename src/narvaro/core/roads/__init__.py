"""Travel times by car. In: a road graph. Out: seconds between places, and paths for the map.

`Roads` is what others use: place positions on the road, keep the labels of units until they move,
ask for seconds, draw a path, change the travel times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I32
from narvaro.core.roads import hierarchy as hierarchies
from narvaro.core.roads import labels
from narvaro.core.roads.contraction import BACKWARD, FORWARD, Segments, contract
from narvaro.core.roads.graph import CLOSED_MS, RoadGraph, arcs_by_piece
from narvaro.core.roads.hierarchy import Hierarchy, Metric
from narvaro.core.roads.search import Router
from narvaro.core.roads.snap import NearestRoad, Places

__all__ = [
    "BACKWARD",
    "CLOSED_MS",
    "FORWARD",
    "Hierarchy",
    "Kept",
    "Places",
    "RoadGraph",
    "Roads",
    "Segments",
    "contract",
    "warm",
]

NEAR_ENOUGH_M = 2_000.0
Side = Literal["source", "target"]


@dataclass(frozen=True, eq=False, slots=True)
class _Weights:
    """One state of the travel times; labels belong to one such state."""

    travel_ms: I32
    metric: Metric


@dataclass(frozen=True, eq=False, slots=True)
class Kept:
    """Places whose labels are kept, as sources or as targets."""

    places: Places
    side: Side
    labels: labels.Labels
    weights: _Weights

    def __len__(self) -> int:
        """Count the places."""
        return len(self.places)


class Roads:
    """Travel times on one road network; safe to share between threads."""

    def __init__(self, graph: RoadGraph, hierarchy: Hierarchy) -> None:
        """Take a graph and its hierarchy, weighed with the graph's own travel times."""
        if len(hierarchy.rank) != graph.nodes or len(hierarchy.arc_edge) != graph.arcs:
            raise ValueError("Roads: the hierarchy was built for another graph; build it again.")
        self.graph = graph
        self.hierarchy = hierarchy
        self._nearest = NearestRoad(graph)
        self._attachments = _attachments(graph, hierarchy)
        self._router = Router(graph)
        self.customise(graph.arc_travel_ms)

    @classmethod
    def build(cls, graph: RoadGraph) -> Self:
        """Order and prepare a graph that has no hierarchy yet; seconds, not milliseconds."""
        return cls(graph, hierarchies.build(graph))

    @property
    def travel_ms(self) -> I32:
        """Return the travel times that hold now, int32 [arcs]."""
        return self._weights.travel_ms

    def customise(self, travel_ms: npt.ArrayLike) -> None:
        """Let new travel times hold, [arcs] milliseconds; CLOSED_MS closes an arc."""
        given = np.asarray(travel_ms, np.int64)
        if given.shape != (self.graph.arcs,) or (given < 0).any():
            raise ValueError(f"Travel times: {self.graph.arcs} values of at least 0 are needed.")
        ms = np.minimum(given, CLOSED_MS).astype(np.int32)
        self._weights = _Weights(ms, hierarchies.weigh(self.hierarchy, ms))

    def place(
        self, lat: npt.ArrayLike, lon: npt.ArrayLike, within_m: float = NEAR_ENOUGH_M
    ) -> Places:
        """Place positions in degrees on the nearest road; scalars make one place.

        A position without a road within `within_m` keeps `distance_m` inf and is unreachable.
        """
        lats = np.atleast_1d(np.asarray(lat, np.float64))
        lons = np.atleast_1d(np.asarray(lon, np.float64))
        if lats.shape != lons.shape or lats.ndim != 1:
            raise ValueError("Roads.place: as many longitudes as latitudes, in one dimension.")
        return self._nearest.place(lats, lons, within_m)

    def keep(self, places: Places, side: Side = "source") -> Kept:
        """Compute the labels of places once, to be asked from (or, as targets, to) many times."""
        return self._keep(places, side, self._weights)

    def travel_s(self, sources: Kept | Places, targets: Kept | Places) -> F64:
        """Return the shortest seconds from each source to each target, [S, T]; inf: no way.

        Labels that were kept before the last `customise` are computed anew: keep the places again.
        """
        weights = self._weights
        one = self._labels(sources, "source", weights)
        other = self._labels(targets, "target", weights)
        a = sources.places if isinstance(sources, Kept) else sources
        b = targets.places if isinstance(targets, Kept) else targets
        seconds = np.full((len(a), len(b)), np.inf)
        labels.meet(one, other, self.hierarchy.tree, seconds)
        labels.along(_spots(a), _spots(b), weights.travel_ms, self._attachments, seconds)
        return seconds

    def path(self, a: Places, b: Places) -> F64:
        """Return the shortest path between two single places as (lat, lon) rows; no rows: no way."""
        return self._router.path(a, b, self._weights.travel_ms)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return graph and hierarchy as named arrays, for a file."""
        return self.graph.to_arrays() | self.hierarchy.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """Rebuild from `to_arrays`; raise ValueError where arrays are missing or do not fit."""
        return cls(RoadGraph.from_arrays(arrays), Hierarchy.from_arrays(arrays))

    def _labels(self, asked: Kept | Places, side: Side, weights: _Weights) -> labels.Labels:
        if isinstance(asked, Places):
            return self._keep(asked, side, weights).labels
        if asked.side != side:
            raise ValueError(f"Roads.travel_s: places kept as {asked.side} were given as {side}.")
        if asked.weights is not weights:
            return self._keep(asked.places, side, weights).labels
        return asked.labels

    def _keep(self, places: Places, side: Side, weights: _Weights) -> Kept:
        outward = side == "source"
        edge_ms = weights.metric.up if outward else weights.metric.down
        times = labels.Times(weights.travel_ms, edge_ms, outward)
        found = labels.label(_spots(places), times, self.hierarchy.tree, self._attachments)
        return Kept(places, side, found, weights)


def _spots(places: Places) -> labels.Spots:
    return labels.Spots(places.piece, places.share)


def _attachments(graph: RoadGraph, hierarchy: Hierarchy) -> labels.Attachments:
    first, arc = arcs_by_piece(graph)
    return labels.Attachments(
        first,
        arc,
        graph.arc_forward,
        hierarchy.rank[graph.arc_tail],
        hierarchy.rank[graph.arc_head],
    )


def warm() -> None:
    """Compile every kernel, or load it from the cache, on a network of three streets."""
    segments = Segments(
        point_lat=np.array([600_000_000, 600_010_000, 600_010_000], np.int32),
        point_lon=np.array([180_000_000, 180_000_000, 180_010_000], np.int32),
        start=np.array([0, 1, 2, 0], np.int32),
        end=np.array([1, 2, 0, 1], np.int32),
        travel_ms=np.array([900.0, 800.0, 700.0, 600.0]),
        ways=np.array([3, 3, 3, 1], np.int8),
    )
    roads = Roads.build(contract(segments))
    roads = Roads.from_arrays(roads.to_arrays())
    places = roads.place([60.0002, 60.001], [18.0, 18.0005])
    roads.travel_s(roads.keep(places), places)
    roads.travel_s(places.take([0]), roads.keep(places, "target"))
    roads.path(places.take([0]), places.take([1]))
