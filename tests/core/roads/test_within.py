"""How far one gets: the outline against exact times to places all along the roads."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.geo import METRES_PER_DEGREE, distance_m
from narvaro.core.jit import F64
from narvaro.core.roads import Places, Roads, Segments, contract
from narvaro.core.roads.graph import DEGREE
from narvaro.core.roads.within import CELL_M, Outline
from tests.core.roads.test_barriers import BRIDGE, ring
from tests.core.roads.worlds import (
    KINDS,
    draw_places,
    draw_segments,
    draw_waits,
    make_places,
)

M_S = np.repeat([[1.0], [8.0], [14.0], [25.0]], KINDS.m_s.shape[1], axis=1)

EVERY = np.linspace(0.0, 1.0, 80)  # shares of a piece
EDGE_M = 10.0  # corners are cut by up to four fifths of a cell, and roads looked at each 25 m
SLACK_S = 0.05  # milliseconds are rounded at each road
FURTHEST_M = 2 * CELL_M * np.sqrt(2) + EDGE_M + 25.0  # from a road that is reached


def true_to_scale(drawn: Segments) -> Segments:
    """Return a drawn town whose roads are as long as they are drawn, and not equally fast."""
    a, b = drawn.start, drawn.end
    lat, lon = drawn.point_lat * DEGREE, drawn.point_lon * DEGREE
    kinds = replace(drawn.kinds, m_s=M_S)
    return replace(drawn, metres=distance_m(lat[a], lon[a], lat[b], lon[b]), kinds=kinds)


def along(roads: Roads) -> tuple[Places, F64]:
    """Return places all along each road, and where they are: east and north in metres."""
    graph = roads.graph
    rows = []
    for piece in range(graph.pieces):
        points = slice(graph.piece_first[piece], graph.piece_first[piece + 1])
        share = graph.point_share[points].astype(float)
        lat = np.interp(EVERY, share, graph.point_lat[points] * DEGREE)
        lon = np.interp(EVERY, share, graph.point_lon[points] * DEGREE)
        rows.append(np.column_stack([lon, lat]))
    places = make_places(
        np.repeat(np.arange(graph.pieces), len(EVERY)).tolist(),
        np.tile(EVERY, graph.pieces).tolist(),
    )
    return places, metres(np.concatenate(rows))


def metres(degrees: F64) -> F64:
    """Return longitudes and latitudes as metres east and north of the world's corner."""
    wide = METRES_PER_DEGREE * np.cos(np.radians(60.0))
    return np.column_stack(
        [(degrees[:, 0] - 18.0) * wide, (degrees[:, 1] - 60.0) * METRES_PER_DEGREE]
    )


def area_of(found: Outline) -> Any:
    """Return an outline as one shape in metres."""
    polygons = [
        shapely.Polygon(rings[0], rings[1:])
        for rings in ([metres(np.array(ring)[:, ::-1]) for ring in one] for one in found)
    ]
    return shapely.union_all(polygons)


def check(roads: Roads, place: Places, limit_s: float) -> None:
    """Compare both outlines of a single place with the exact times there and back."""
    places, where = along(roads)
    longest_m = float(roads.graph.piece_m.max())
    for side in ("source", "target"):
        there = (
            roads.travel_s(place, places)[0]
            if side == "source"
            else roads.travel_s(places, place)[:, 0]
        )
        area = area_of(roads.within(place, limit_s, side))
        in_time: Any = shapely.points(where[there <= limit_s - SLACK_S])
        outside = shapely.distance(area, in_time) > EDGE_M
        assert not outside.any(), (side, in_time[outside])
        late = shapely.union_all(shapely.points(where[there <= limit_s + SLACK_S]))
        corners: Any = shapely.points(shapely.get_coordinates(area))
        far = shapely.distance(corners, late) > FURTHEST_M + longest_m / len(EVERY)
        assert not far.any(), (side, corners[far])


@settings(max_examples=60, deadline=None)
@given(
    draw_segments().flatmap(lambda one: st.one_of(st.just(one), draw_waits(one))),
    st.data(),
    st.floats(0.0, 120.0),
)
def test_what_is_reached_in_time_lies_inside_and_what_lies_inside_is_reached(
    segments: Segments, data: st.DataObject, limit_s: float
) -> None:
    """Out from a place and back to it, whatever is cut and wherever one waits."""
    graph = contract(true_to_scale(segments))
    if not graph.pieces:
        return
    place = data.draw(draw_places(graph)).take([0])
    end = st.tuples(st.floats(59.999, 60.014), st.floats(17.999, 18.014))
    lines = data.draw(st.lists(st.tuples(end, end), max_size=3))
    check(Roads.build(graph).cut(lines), place, limit_s)


def test_a_road_that_is_cut_is_reached_up_to_the_cut_from_both_ends() -> None:
    """From the west end, 6 s to the cut on the straight road; from the other end round by the north."""
    cut = ring().cut([BRIDGE])
    area = area_of(cut.within(cut.place(60.0, 18.0), 20.0))
    for lon in (18.0055, 18.0065):
        assert shapely.distance(area, shapely.Point(metres(np.array([[lon, 60.0]]))[0])) == 0.0


def test_between_two_cuts_the_reach_ends_at_both() -> None:
    cut = ring().cut([BRIDGE, [(59.9, 18.002), (60.001, 18.002)]])
    area = area_of(cut.within(cut.place(60.0, 18.004), 60.0))
    west, _, east, _ = area.bounds
    low, high = metres(np.array([[18.002, 60.0], [18.006, 60.0]]))[:, 0]
    assert low - 2 * CELL_M <= west <= low
    assert high <= east <= high + 2 * CELL_M


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_one_way_road_is_reached_in_its_direction(side: str) -> None:
    """From the middle of the south road, 2 s: onward, or from behind."""
    roads = ring(ways=1)
    area = area_of(roads.within(roads.place(60.0, 18.004), 2.0, side))  # type: ignore[arg-type]
    west, _, east, _ = area.bounds
    middle = metres(np.array([[18.004, 60.0]]))[0, 0]
    ahead, behind = (
        (east - middle, middle - west) if side == "source" else (middle - west, east - middle)
    )
    assert ahead > 111 + CELL_M
    assert 0 < behind <= 2 * CELL_M
