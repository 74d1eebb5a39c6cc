"""Points become junctions and pieces without any travel time changing."""

import math

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings

from narvaro.core.roads import BACKWARD, FORWARD, RoadGraph, Segments, contract
from narvaro.core.roads.graph import adjacency
from narvaro.core.roads.parts import strong_parts
from narvaro.core.roads.search import UNREACHED, Seeds, dijkstra, leaving
from tests.core.roads.worlds import draw_segments, make_segments

LINE = [(0, 0), (0, 1), (0, 2), (0, 3)]


def roads_of(graph: RoadGraph) -> set[tuple[float, float, int, bool]]:
    """Return each arc by the longitudes of its ends, its time and whether it runs forward."""
    ends = zip(graph.node_lon[graph.arc_tail], graph.node_lon[graph.arc_head], strict=True)
    return {
        (round(float(a), 4), round(float(b), 4), int(ms), bool(forward))
        for (a, b), ms, forward in zip(ends, graph.travel_ms(), graph.arc_forward, strict=True)
    }


def test_points_where_nothing_can_be_chosen_lie_inside_a_piece() -> None:
    graph = contract(make_segments(LINE, [(0, 1, 1000, 3), (1, 2, 3000, 3), (3, 2, 6000, 3)]))
    assert roads_of(graph) == {(18.0, 18.006, 10_000, True), (18.006, 18.0, 10_000, False)}
    assert graph.pieces == 1
    assert graph.point_share.tolist() == np.array([0, 0.1, 0.4, 1], np.float32).tolist()
    assert graph.point_lon.tolist() == [180_000_000, 180_020_000, 180_040_000, 180_060_000]


def test_a_road_that_turns_one_way_makes_a_junction() -> None:
    ring = [(0, 1, 1000, BACKWARD | FORWARD), (1, 2, 1000, FORWARD), (2, 0, 1000, FORWARD)]
    graph = contract(make_segments([(0, 0), (0, 1), (1, 1)], ring))
    assert graph.nodes == 2
    assert sorted(graph.travel_ms().tolist()) == [1000, 1000, 2000]


def test_a_ring_without_a_junction_is_kept_whole() -> None:
    ring = [(0, 1, 1000, 3), (1, 2, 1000, 3), (2, 0, 1000, 3)]
    graph = contract(make_segments([(0, 0), (0, 1), (1, 1)], ring))
    assert (graph.nodes, graph.pieces) == (1, 1)
    assert graph.travel_ms().tolist() == [3000, 3000]


def test_a_dead_end_for_one_way_traffic_is_left_out() -> None:
    roads = [(0, 1, 1000, 3), (1, 2, 1000, FORWARD), (2, 3, 1000, 3)]
    graph = contract(make_segments([*LINE, (5, 5)], [*roads, (3, 4, 1000, 3)]))
    assert roads_of(graph) == {(18.004, 18.01, 2000, True), (18.01, 18.004, 2000, False)}


def test_nothing_makes_an_empty_graph() -> None:
    graph = contract(make_segments([], []))
    assert (graph.nodes, graph.arcs, graph.pieces) == (0, 0, 0)
    assert contract(make_segments([(0, 0), (0, 1)], [(0, 1, 500, FORWARD)])).arcs == 0


@settings(max_examples=150, deadline=None)
@given(draw_segments())
def test_junctions_are_as_far_apart_as_before(segments: Segments) -> None:
    graph = contract(segments)
    before = _all_pairs(segments)
    points = {(int(a), int(b)): k for k, (a, b) in enumerate(
        zip(segments.point_lat, segments.point_lon, strict=True))}  # fmt: skip
    here = [
        points[round(lat * 1e7), round(lon * 1e7)]
        for lat, lon in zip(graph.node_lat, graph.node_lon, strict=True)
    ]
    net, nowhere = leaving(graph), np.zeros(0, np.int32)
    for node in range(graph.nodes):
        seed = Seeds(np.array([node], np.int32), np.zeros(1, np.int64))
        after = dijkstra(net, graph.travel_ms(), seed, nowhere).ms
        assert after.tolist() == [before[here[node]][there] for there in here]


def ways_of(segments: Segments) -> npt.NDArray[np.int8]:
    """Return the directions of a car in each segment."""
    return np.asarray(segments.kinds.ways[segments.kind, 0], np.int8)


def _all_pairs(segments: Segments) -> list[list[float]]:
    """Return the shortest milliseconds between all points (Floyd and Warshall)."""
    size = len(segments.point_lat)
    ms = [[0.0 if a == b else math.inf for b in range(size)] for a in range(size)]
    for a, b, time, ways in zip(
        segments.start, segments.end, segments.metres, ways_of(segments), strict=True
    ):
        if ways & FORWARD:
            ms[a][b] = min(ms[a][b], float(time))
        if ways & BACKWARD:
            ms[b][a] = min(ms[b][a], float(time))
    for via in range(size):
        for a in range(size):
            for b in range(size):
                ms[a][b] = min(ms[a][b], ms[a][via] + ms[via][b])
    return ms


@settings(max_examples=150, deadline=None)
@given(draw_segments())
def test_strong_parts_are_the_points_that_reach_each_other(segments: Segments) -> None:
    ways = ways_of(segments)
    forth, back = ways & FORWARD > 0, ways & BACKWARD > 0
    tail = np.concatenate([segments.start[forth], segments.end[back]])
    head = np.concatenate([segments.end[forth], segments.start[back]])
    part = strong_parts(*adjacency(len(segments.point_lat), tail, head))
    ms = _all_pairs(segments)
    for a in range(len(part)):
        for b in range(len(part)):
            mutual = math.isfinite(ms[a][b]) and math.isfinite(ms[b][a])
            assert (part[a] == part[b]) == mutual


def test_unreached_is_further_than_any_way() -> None:
    assert UNREACHED > 1_000_000_000_000
