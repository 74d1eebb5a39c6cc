"""The nearest road is the nearest of all, and far away is nowhere."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.geo import METRES_PER_DEGREE
from narvaro.core.roads import Kinds, RoadGraph, Roads, Segments, contract
from narvaro.core.roads.snap import NearestRoad
from tests.core.roads.worlds import KINDS, draw_segments, make_segments


def nearest_m(graph: RoadGraph, lat: float, lon: float) -> float:
    """Return the metres to the nearest of all stretches, one by one."""
    best = math.inf
    wide = METRES_PER_DEGREE * math.cos(math.radians(lat))
    x = (graph.point_lon * 1e-7 - lon) * wide
    y = (graph.point_lat * 1e-7 - lat) * METRES_PER_DEGREE
    for piece in range(graph.pieces):
        for k in range(graph.piece_first[piece], graph.piece_first[piece + 1] - 1):
            along = np.array([x[k + 1] - x[k], y[k + 1] - y[k]])
            start = np.array([x[k], y[k]])
            t = min(1.0, max(0.0, -float(start @ along) / float(along @ along)))
            best = min(best, float(np.hypot(*(start + t * along))))
    return best


@settings(max_examples=150, deadline=None)
@given(
    draw_segments(), st.floats(59.99, 60.03), st.floats(17.98, 18.04), st.sampled_from([50.0, 1e4])
)
def test_no_stretch_is_nearer_than_the_one_found(
    segments: Segments, lat: float, lon: float, within_m: float
) -> None:
    graph = contract(segments)
    expected = nearest_m(graph, lat, lon)
    found = NearestRoad(graph).place(np.array([lat]), np.array([lon]), within_m, 1)
    assert found.distance_m[0] == pytest.approx(expected, abs=1e-5)
    if abs(expected - within_m) < 1e-6:
        return
    assert (found.piece[0] == -1) == (expected > within_m)


def test_the_share_is_of_the_length_as_given() -> None:
    """Here the second half is three times as long as the map says."""
    points = [(0, 0), (0, 1), (0, 2)]
    roads = Roads.build(contract(make_segments(points, [(0, 1, 1000, 3), (1, 2, 3000, 3)])))
    middle = roads.place(60.0005, 18.003)
    assert middle.share[0] == pytest.approx((1 + 1.5) / 4, abs=1e-6)
    assert middle.distance_m[0] == pytest.approx(0.0005 * METRES_PER_DEGREE, rel=1e-6)
    assert (middle.road_lat[0], middle.road_lon[0]) == pytest.approx((60.0, 18.003), abs=1e-9)


def test_the_same_position_is_placed_alike_alone_and_among_others() -> None:
    points = [(a, b) for a in range(4) for b in range(4)]
    streets = [(k, k + 1, 1000, 3) for k in range(15)]
    roads = Roads.build(contract(make_segments(points, streets)))
    lat, lon = np.linspace(60.0, 60.006, 40), np.linspace(18.0, 18.006, 40)
    together = roads.place(lat, lon)
    for k in range(40):
        alone = roads.place(lat[k], lon[k])
        assert (alone.piece[0], alone.share[0]) == (together.piece[k], together.share[k])
    assert together.take([3, 1]).lat.tolist() == [lat[3], lat[1]]
    assert len(together) == 40


@pytest.mark.parametrize(
    ("lat", "lon"), [(91.0, 18.0), (60.0, 181.0), (math.nan, 18.0), (math.inf, 0.0)]
)
def test_what_is_no_position_on_earth_is_nowhere(lat: float, lon: float) -> None:
    roads = Roads.build(contract(make_segments([(0, 0), (0, 1)], [(0, 1, 1000, 3)])))
    assert roads.place(lat, lon).piece[0] == -1


def test_a_graph_without_roads_has_nothing_near() -> None:
    empty = contract(make_segments([], []))
    assert NearestRoad(empty).place(np.array([60.0]), np.array([18.0]), 1e6, 1).piece[0] == -1


def test_the_side_is_told_as_the_piece_runs() -> None:
    """It runs east: north of it is left."""
    roads = Roads.build(contract(make_segments([(0, 0), (0, 1)], [(0, 1, 1000, 3)])))
    assert roads.place([60.0005, 59.9995, 60.0], [18.001] * 3).side.tolist() == [1, -1, 0]


def test_a_profile_is_placed_on_roads_that_it_uses() -> None:
    """A path for walkers beside a street: the car stands on the street."""
    made = make_segments(
        [(0, 0), (0, 1), (1, 0), (1, 1)], [(0, 1, 1000, 3), (2, 3, 1000, 3), (0, 2, 1000, 3)]
    )
    kinds = Kinds(KINDS.m_s, KINDS.ways.copy(), KINDS.name)
    kinds.ways[2] = [0, 3, 0]  # instead of a road backwards
    graph = contract(replace(made, kind=np.array([3, 2, 2], np.int32), kinds=kinds))
    car = Roads.build(graph)
    walker = car.on("foot")
    assert car.place(60.002, 18.001).distance_m[0] == pytest.approx(0.002 * METRES_PER_DEGREE)
    assert walker.place(60.002, 18.001).distance_m[0] == pytest.approx(0.0, abs=1e-3)
    corner = walker.place(60.002, 18.002), walker.place(60.0, 18.0)
    assert walker.travel_s(*corner)[0, 0] == 2.0
    assert np.isinf(car.travel_s(*corner)[0, 0])
