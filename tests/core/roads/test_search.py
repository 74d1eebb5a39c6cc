"""Paths on the map: their shape lies on the road and their length is the travel time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import CLOSED_MS, Roads, Segments, contract
from tests.core.roads.worlds import draw_segments, make_segments


def bent() -> Roads:
    """Make a ring road whose north side bends through two points that are no junctions."""
    points = [(0, 0), (2, 1), (2, 2), (0, 3), (-1, 3), (-1, 0)]
    roads = [(0, 1, 3000, 3), (1, 2, 3000, 3), (2, 3, 3000, 3), (3, 0, 20_000, 3),
             (3, 4, 1000, 3), (4, 5, 1000, 3), (5, 0, 30_000, 3)]  # fmt: skip
    return Roads.build(contract(make_segments(points, roads)))


def test_the_path_follows_the_bends_in_order_of_travel() -> None:
    roads = bent()
    begin, end = roads.place(60.002, 18.001), roads.place(59.999, 18.006)
    path = roads.path(begin, end)
    expected = [
        (60.002, 18.001),
        (60.004, 18.002),
        (60.004, 18.004),
        (60.0, 18.006),
        (59.999, 18.006),
    ]
    assert path == pytest.approx(np.array(expected), abs=1e-7)
    assert roads.path(end, begin) == pytest.approx(path[::-1], abs=1e-9)


def test_on_one_road_the_path_is_the_piece_between() -> None:
    roads = bent()
    path = roads.path(roads.place(60.004, 18.003), roads.place(60.004, 18.0025))
    assert path == pytest.approx(np.array([(60.004, 18.003), (60.004, 18.0025)]), abs=1e-7)


def test_a_path_to_where_one_stands_is_one_point() -> None:
    roads = bent()
    place = roads.place(60.004, 18.003)
    assert roads.path(place, place) == pytest.approx(np.array([(60.004, 18.003)]), abs=1e-7)


def test_a_path_asks_for_single_places() -> None:
    roads = bent()
    two = roads.place([60.0, 60.0], [18.0, 18.001])
    with pytest.raises(ValueError, match="one place"):
        roads.path(two, two)


def test_closed_roads_leave_no_path() -> None:
    roads = bent()
    roads.customise([CLOSED_MS] * roads.graph.arcs)
    assert roads.path(roads.place(60.004, 18.003), roads.place(59.999, 18.006)).shape == (0, 2)


@settings(max_examples=100, deadline=None)
@given(draw_segments(), st.data())
def test_a_path_runs_from_place_to_place_exactly_where_there_is_a_way(
    segments: Segments, data: st.DataObject
) -> None:
    roads = Roads.build(contract(segments))
    where = st.tuples(st.floats(60.0, 60.012), st.floats(18.0, 18.012))
    (a_lat, a_lon), (b_lat, b_lon) = data.draw(where), data.draw(where)
    a, b = roads.place(a_lat, a_lon), roads.place(b_lat, b_lon)
    ms = data.draw(
        st.lists(
            st.sampled_from([1000, 7000, CLOSED_MS]),
            min_size=roads.graph.arcs,
            max_size=roads.graph.arcs,
        )
    )
    roads.customise(ms)
    path = roads.path(a, b)
    assert (len(path) > 0) == bool(np.isfinite(roads.travel_s(a, b)[0, 0]))
    if len(path):
        assert path[0] == pytest.approx([a.road_lat[0], a.road_lon[0]], abs=1e-9)
        assert path[-1] == pytest.approx([b.road_lat[0], b.road_lon[0]], abs=1e-9)
