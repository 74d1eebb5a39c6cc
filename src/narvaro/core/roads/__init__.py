"""Travel times. In: a road graph, a profile. Out: seconds between places, and paths for the map.

`Roads` is what others use: place positions on the road, keep the labels of units until they move,
ask for seconds, draw a path, change the travel times. Cars, walkers and cyclists share one network
and its order: each is a `Roads` with times of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I32, I64
from narvaro.core.roads import hierarchy as hierarchies
from narvaro.core.roads import labels
from narvaro.core.roads.barriers import Crossings, Cuts, crossed, cuts_of, no_cuts
from narvaro.core.roads.contraction import (
    BACKWARD,
    FORWARD,
    Kinds,
    Segments,
    Turn,
    Waiting,
    contract,
)
from narvaro.core.roads.graph import (
    CLOSED_MS,
    PROFILES,
    ROAD_CLASSES,
    USUAL,
    Pace,
    Profile,
    RoadGraph,
    arcs_by_piece,
    bit_of,
    waits_by_piece,
)
from narvaro.core.roads.hierarchy import Hierarchy, Metric
from narvaro.core.roads.route import Manoeuvre, Route, Router, Step, Ways
from narvaro.core.roads.search import dijkstra
from narvaro.core.roads.snap import NearestRoad, Places
from narvaro.core.roads.within import Outline, Parts, Pieces, outline, reached

__all__ = [
    "BACKWARD",
    "CLOSED_MS",
    "FORWARD",
    "PROFILES",
    "ROAD_CLASSES",
    "USUAL",
    "Crossings",
    "Hierarchy",
    "Kept",
    "Kinds",
    "Manoeuvre",
    "Pace",
    "Places",
    "Profile",
    "RoadGraph",
    "Roads",
    "Route",
    "Segments",
    "Step",
    "Turn",
    "Waiting",
    "WhyNot",
    "contract",
    "warm",
]

NEAR_ENOUGH_M = 2_000.0
Side = Literal["source", "target"]


class WhyNot(StrEnum):
    """Why a place cannot be reached."""

    SOURCE_OFF_ROAD = "source_off_road"  # its `distance_m` says how far the nearest road is
    TARGET_OFF_ROAD = "target_off_road"
    CLOSED = "closed"  # by those that hold now; with the usual times there is a way
    NO_WAY = "no_way"


@dataclass(frozen=True, eq=False, slots=True)
class _Weights:
    """One state of the travel times; labels belong to one such state."""

    travel_ms: I32
    metric: Metric
    on_piece_ms: I32  # along pieces that are cut too: one gets to the cut
    wait_ms: I32  # of each code of waits
    cuts: Cuts

    def times(self, outward: bool) -> labels.Times:
        """Return them as labels take them."""
        edge_ms = self.metric.up if outward else self.metric.down
        return labels.Times(self.on_piece_ms, self.wait_ms, edge_ms, outward, self.cuts)

    @property
    def ways(self) -> Ways:
        """Return them as routes take them."""
        return Ways(self.travel_ms, self.on_piece_ms, self.wait_ms, self.cuts)


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


@dataclass(frozen=True, eq=False, slots=True)
class _Network:
    """What all profiles share."""

    nearest: NearestRoad
    attachments: labels.Attachments
    router: Router


class Roads:
    """Travel times of one profile on a road network; safe to share between threads."""

    def __init__(
        self,
        graph: RoadGraph,
        hierarchy: Hierarchy,
        profile: Profile = "car",
        shared: _Network | None = None,
        weights: _Weights | None = None,
    ) -> None:
        """Take a graph and its hierarchy, weighed with the profile's usual travel times."""
        if len(hierarchy.rank) != graph.nodes or len(hierarchy.arc_edge) != graph.arcs:
            raise ValueError("Roads: the hierarchy was built for another graph; build it again.")
        self.graph = graph
        self.hierarchy = hierarchy
        self.profile: Profile = profile
        self._shared = shared or _Network(
            NearestRoad(graph), _attachments(graph, hierarchy), Router(graph)
        )
        if weights is not None:
            self._weights = weights
        else:
            self.customise(graph.travel_ms(profile))

    def on(self, profile: Profile) -> "Roads":
        """Return the same network for another profile, with its usual travel times."""
        return type(self)(self.graph, self.hierarchy, profile, self._shared)

    @classmethod
    def build(cls, graph: RoadGraph) -> Self:
        """Order and prepare a graph that has no hierarchy yet; seconds, not milliseconds."""
        return cls(graph, hierarchies.build(graph))

    @property
    def travel_ms(self) -> I32:
        """Return the travel times that hold now, int32 [arcs]."""
        return self._weights.travel_ms

    def paced(self, pace: Pace) -> "Roads":
        """Return the same roads where things take longer, or shorter, than usual; without cuts."""
        if pace == USUAL:
            return self
        weights = self._weigh(
            self.graph.travel_ms(self.profile, pace), self.graph.wait_ms(self.profile, pace)
        )
        return type(self)(self.graph, self.hierarchy, self.profile, self._shared, weights)

    def customise(self, travel_ms: npt.ArrayLike) -> None:
        """Let new travel times hold, [arcs] milliseconds with usual waiting; CLOSED_MS closes an arc."""
        given = np.asarray(travel_ms, np.int64)
        if given.shape != (self.graph.arcs,) or (given < 0).any():
            raise ValueError(f"Travel times: {self.graph.arcs} values of at least 0 are needed.")
        ms = np.minimum(given, CLOSED_MS).astype(np.int32)
        self._weights = self._weigh(ms, self.graph.wait_ms(self.profile))

    def _weigh(self, ms: I32, wait_ms: I32) -> _Weights:
        metric = hierarchies.weigh(self.hierarchy, ms)
        return _Weights(ms, metric, ms, wait_ms, no_cuts(self.graph))

    def crossings(self, line: npt.ArrayLike) -> Crossings:
        """Return where a line of (lat, lon) rows crosses roads, the same for all profiles."""
        return crossed(self.graph, np.asarray(line, np.float64))

    def cut(self, lines: Sequence[npt.ArrayLike]) -> "Roads":
        """Return the same roads cut where lines of (lat, lon) rows cross them, for this profile."""
        return self.cut_at([self.crossings(line) for line in lines])

    def cut_at(self, found: Sequence[Crossings]) -> "Roads":
        """Return the same roads cut at crossings, for this profile."""
        if not found:
            return self
        base = self._weights
        piece = np.concatenate([one for one, _ in found])
        cuts = cuts_of(base.cuts, piece, np.concatenate([one for _, one in found]))
        shut = np.append(np.isin(np.arange(self.graph.pieces), piece), False)[self.graph.arc_piece]
        ms = np.where(shut, CLOSED_MS, base.travel_ms).astype(np.int32)
        metric = hierarchies.weigh(self.hierarchy, ms)
        weights = _Weights(ms, metric, base.on_piece_ms, base.wait_ms, cuts)
        return type(self)(self.graph, self.hierarchy, self.profile, self._shared, weights)

    def crossed_streets(self, line: npt.ArrayLike) -> tuple[str, ...] | None:
        """Return the names of the streets that a line crosses; None where it crosses none of the profile's."""
        piece, _ = crossed(self.graph, np.asarray(line, np.float64))
        piece = piece[self._shared.nearest.use[piece] & bit_of(self.profile) > 0]
        if not len(piece):
            return None
        names = {str(one) for one in self.graph.kind_name[self.graph.piece_kind[piece]]}
        return tuple(sorted(names - {""}))

    def place(
        self, lat: npt.ArrayLike, lon: npt.ArrayLike, within_m: float = NEAR_ENOUGH_M
    ) -> Places:
        """Place positions in degrees on the nearest road that the profile uses; scalars make one.

        A position without a road within `within_m` is unreachable; its `distance_m` says how far.
        """
        lats = np.atleast_1d(np.asarray(lat, np.float64))
        lons = np.atleast_1d(np.asarray(lon, np.float64))
        if lats.shape != lons.shape or lats.ndim != 1:
            raise ValueError("Roads.place: as many longitudes as latitudes, in one dimension.")
        return self._shared.nearest.place(lats, lons, within_m, bit_of(self.profile))

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
        labels.along(_spots(a), _spots(b), weights.times(True), self._shared.attachments, seconds)
        return seconds

    def between_nodes(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> F64:
        """Return the shortest seconds between nodes of the graph, [S, T]; inf: no way.

        A junction that was split is several nodes: its ways in and its ways out.
        """
        rank, tree, metric = self.hierarchy.rank, self.hierarchy.tree, self._weights.metric
        one, other = (rank[np.asarray(given, np.int64)] for given in (sources, targets))
        seconds = np.full((len(one), len(other)), np.inf)
        labels.meet(
            labels.label_nodes(one, metric.up, tree),
            labels.label_nodes(other, metric.down, tree),
            tree,
            seconds,
        )
        return seconds

    def nearest(self, sources: Kept | Places, target: Places, k: int) -> tuple[I64, F64]:
        """Return the `k` sources that reach a single place first, and their seconds, ascending.

        Those that cannot reach it are left out; ties are in the order given.
        """
        seconds = self.travel_s(sources, target)[:, 0]
        order = np.argsort(seconds, kind="stable")[:k]
        order = order[np.isfinite(seconds[order])]
        return order, seconds[order]

    def route(self, a: Places, b: Places) -> Route | None:
        """Return the shortest way between two single places with its turns; None: no way."""
        return self._shared.router.find_route(a, b, self._weights.ways)

    def parts_s(self, a: Places, b: Places) -> F64 | None:
        """Return what `route` takes, seconds by ROAD_CLASSES and last of waiting; None: no way."""
        return self._shared.router.find_parts(a, b, self._weights.ways)

    def path(self, a: Places, b: Places) -> F64:
        """Return the shape of `route` as (lat, lon) rows; no rows: no way."""
        found = self.route(a, b)
        return found.shape if found else np.empty((0, 2))

    def within(self, place: Places, seconds: float, side: Side = "source") -> Outline:
        """Return the outline of what is reached from a single place within a time.

        As "target": of from where the place is reached within it.
        """
        router, ways, inward = self._shared.router, self._weights.ways, side == "target"
        limit_ms = int(seconds * 1000)
        seeds = router.seeds(place, ways, limit_ms, inward=inward)
        net = router.entering if inward else router.leaving
        reach = dijkstra(net, ways.travel_ms, seeds, np.zeros(0, np.int32))
        waits = self._shared.attachments.waits
        pieces = Pieces(ways.on_piece_ms, ways.wait_ms, waits, ways.cuts)
        far = reached(self.graph, pieces, reach.ms, limit_ms, inward=inward)
        near = router.own_parts(place, pieces, limit_ms, inward=inward)
        parts = Parts(
            np.concatenate([far.piece, near.piece]),
            np.concatenate([far.begin, near.begin]),
            np.concatenate([far.end, near.end]),
        )
        return outline(self.graph, parts)

    def why_not(self, source: Places, target: Places) -> WhyNot | None:
        """Return why no way leads from one single place to another; None where one does."""
        if source.piece[0] < 0 or target.piece[0] < 0:
            return WhyNot.SOURCE_OFF_ROAD if source.piece[0] < 0 else WhyNot.TARGET_OFF_ROAD
        if np.isfinite(self.travel_s(source, target)[0, 0]):
            return None
        usual = self.on(self.profile)
        return WhyNot.NO_WAY if np.isinf(usual.travel_s(source, target)[0, 0]) else WhyNot.CLOSED

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
        times = weights.times(side == "source")
        found = labels.label(_spots(places), times, self.hierarchy.tree, self._shared.attachments)
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
        labels.Waits(waits_by_piece(graph), graph.wait_share, graph.wait_forward, graph.wait_code),
    )


def warm() -> None:
    """Compile every kernel, or load it from the cache, on a network of three streets."""
    segments = Segments(
        point_lat=np.array([600_000_000, 600_010_000, 600_010_000], np.int32),
        point_lon=np.array([180_000_000, 180_000_000, 180_010_000], np.int32),
        blocked=np.zeros(3, np.uint8),
        start=np.array([0, 1, 2, 0], np.int32),
        end=np.array([1, 2, 0, 1], np.int32),
        metres=np.array([900.0, 800.0, 700.0, 600.0]),
        kind=np.array([0, 0, 0, 1], np.int32),
        kinds=Kinds(
            np.full((2, len(PROFILES)), 10.0),
            np.repeat(np.array([[3], [1]], np.int8), len(PROFILES), axis=1),
            np.array(["", ""]),
        ),
    )
    roads = Roads.build(contract(segments))
    roads = Roads.from_arrays(roads.to_arrays())
    places = roads.place([60.0002, 60.001], [18.0, 18.0005])
    roads.travel_s(roads.keep(places), places)
    roads.travel_s(places.take([0]), roads.keep(places, "target"))
    roads.between_nodes([0], [0])
    roads.route(places.take([0]), places.take([1]))
    roads.within(places.take([0]), 60.0)
    roads.cut([[(60.0002, 17.9), (60.0002, 18.1)]]).travel_s(places, places)
