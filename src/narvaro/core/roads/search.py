"""Plain shortest paths. In: a graph, travel times, places. Out: times to all nodes; a path's shape.

Dijkstra 1959 with a binary heap. It draws routes on the map, and in the tests it is the judge of
the hierarchy; it shares no code with it.
"""

import heapq
from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64, I32, I64, kernel
from narvaro.core.roads.graph import CLOSED_MS, DEGREE, RoadGraph, arcs_by_piece
from narvaro.core.roads.snap import Places

UNREACHED = np.int64(1) << 60


class Reach(NamedTuple):
    """Shortest milliseconds to each node, UNREACHED where there is none, and the arc used last."""

    ms: I64
    arc: I32


class Leaving(NamedTuple):
    """The arcs sorted by the node that they leave."""

    first: I32
    arc: I32
    head: I32


class End(NamedTuple):
    """One way between a place and the network: along its piece to or from a junction."""

    node: int
    ms: int
    share: float  # where on the piece the junction is: 0 or 1


def leaving(graph: RoadGraph) -> Leaving:
    """Sort the graph's arcs by the node that they leave."""
    first = np.zeros(graph.nodes + 1, np.int32)
    np.cumsum(np.bincount(graph.arc_tail, minlength=graph.nodes), out=first[1:])
    arc = np.argsort(graph.arc_tail, kind="stable").astype(np.int32)
    return Leaving(first, arc, graph.arc_head[arc])


@kernel
def dijkstra(net: Leaving, travel_ms: I32, seed_node: I32, seed_ms: I64, until: I32) -> Reach:
    """Search from seeds until all nodes of `until` are settled (all that can be, if it is empty)."""
    nodes = len(net.first) - 1
    reach = Reach(np.full(nodes, UNREACHED), np.full(nodes, np.int32(-1)))
    wanted = np.zeros(nodes, np.bool_)
    for v in until:
        wanted[v] = True
    open_targets = wanted.sum()
    # numba 0.68 drops the seeds below where the empty heap comes from a comprehension over range(0)
    heap = [(np.int64(0), np.int32(0))]
    heap.clear()
    for k in range(len(seed_node)):
        if seed_ms[k] < reach.ms[seed_node[k]]:
            reach.ms[seed_node[k]] = seed_ms[k]
            heapq.heappush(heap, (np.int64(seed_ms[k]), np.int32(seed_node[k])))
    while heap:
        ms, v = heapq.heappop(heap)
        if ms > reach.ms[v]:
            continue
        if wanted[v]:
            wanted[v] = False
            open_targets -= 1
            if open_targets == 0:
                break
        for k in range(net.first[v], net.first[v + 1]):
            arc = net.arc[k]
            head = net.head[k]
            if travel_ms[arc] < CLOSED_MS and ms + travel_ms[arc] < reach.ms[head]:
                reach.ms[head] = ms + travel_ms[arc]
                reach.arc[head] = arc
                heapq.heappush(heap, (reach.ms[head], np.int32(head)))
    return reach


class Router:
    """Shortest paths between places on one graph, with the shape of the road."""

    def __init__(self, graph: RoadGraph) -> None:
        """Sort the arcs for searches and for places."""
        self._graph = graph
        self._leaving = leaving(graph)
        self._piece_first, self._piece_arc = arcs_by_piece(graph)

    def path(self, a: Places, b: Places, travel_ms: I32) -> F64:
        """Return the path between two single places as rows of (lat, lon); no rows: no way."""
        if len(a) != 1 or len(b) != 1:
            raise ValueError("A path runs from one place to one place.")
        if a.piece[0] < 0 or b.piece[0] < 0:
            return np.empty((0, 2))
        around_ms, way = self._around(a, b, travel_ms)
        direct_ms = self._along(a, b, travel_ms)
        if min(around_ms, direct_ms) >= UNREACHED:
            return np.empty((0, 2))
        if direct_ms <= around_ms:
            way = [self._slice(int(a.piece[0]), float(a.share[0]), float(b.share[0]))]
        start, end = [[a.road_lat[0], a.road_lon[0]]], [[b.road_lat[0], b.road_lon[0]]]
        rows = np.concatenate([start, *way, end])
        moved = np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])
        return np.asarray(rows[moved], np.float64)

    def _around(self, a: Places, b: Places, travel_ms: I32) -> tuple[int, list[F64]]:
        """Return the milliseconds and shapes of the best way over at least one junction."""
        exits, entries = self._ends(a, travel_ms, False), self._ends(b, travel_ms, True)
        if not exits or not entries:
            return int(UNREACHED), []
        nodes = np.array([end.node for end in exits], np.int32)
        ms = np.array([end.ms for end in exits], np.int64)
        until = np.array([end.node for end in entries], np.int32)
        reach = dijkstra(self._leaving, travel_ms, nodes, ms, until)
        last = min(entries, key=lambda end: int(reach.ms[end.node]) + end.ms)
        node, arcs = last.node, []
        while (arc := int(reach.arc[node])) >= 0:
            arcs.append(arc)
            node = int(self._graph.arc_tail[arc])
        first = min(
            (end for end in exits if end.node == node), key=lambda end: end.ms, default=None
        )
        if first is None:
            return int(UNREACHED), []
        shapes = [self._slice(int(a.piece[0]), float(a.share[0]), first.share)]
        shapes += [self._whole(arc) for arc in reversed(arcs)]
        shapes.append(self._slice(int(b.piece[0]), last.share, float(b.share[0])))
        return int(reach.ms[last.node]) + last.ms, shapes

    def _ends(self, place: Places, travel_ms: I32, inward: bool) -> list[End]:
        """Return the ways from the place to junctions, or inward from junctions to the place."""
        found = []
        for arc in self._arcs(int(place.piece[0])):
            total = int(travel_ms[arc])
            if total >= CLOSED_MS:
                continue
            passed = self._passed_ms(arc, float(place.share[0]), total)
            tail, head = int(self._graph.arc_tail[arc]), int(self._graph.arc_head[arc])
            begin = float(not self._graph.arc_forward[arc])
            if passed == total if inward else passed > 0:
                found.append(End(head, total - passed, 1.0 - begin))
            else:
                found.append(End(tail, passed, begin))
        return found

    def _along(self, a: Places, b: Places, travel_ms: I32) -> int:
        """Return the milliseconds from place to place on their common piece, or UNREACHED."""
        best = int(UNREACHED)
        if a.piece[0] != b.piece[0]:
            return best
        for arc in self._arcs(int(a.piece[0])):
            total = int(travel_ms[arc])
            begin = self._passed_ms(arc, float(a.share[0]), total)
            end = self._passed_ms(arc, float(b.share[0]), total)
            if total < CLOSED_MS and begin <= end:
                best = min(best, end - begin)
        return best

    def _arcs(self, piece: int) -> list[int]:
        first = self._piece_first
        return [int(arc) for arc in self._piece_arc[first[piece] : first[piece + 1]]]

    def _passed_ms(self, arc: int, share: float, total: int) -> int:
        passed = round(share * total)
        return passed if self._graph.arc_forward[arc] else total - passed

    def _whole(self, arc: int) -> F64:
        piece = int(self._graph.arc_piece[arc])
        if piece < 0:
            return np.empty((0, 2))
        forward = bool(self._graph.arc_forward[arc])
        return self._slice(piece, float(not forward), float(forward))

    def _slice(self, piece: int, begin: float, end: float) -> F64:
        """Return the shape points of a piece from one share to another, in order of travel."""
        graph = self._graph
        points = slice(graph.piece_first[piece], graph.piece_first[piece + 1])
        share = graph.point_share[points]
        low, high = min(begin, end), max(begin, end)
        inside = (share >= low) & (share <= high)
        rows = np.column_stack([graph.point_lat[points][inside], graph.point_lon[points][inside]])
        return np.asarray((rows if begin <= end else rows[::-1]) * DEGREE, np.float64)
