"""Roads that are cut: nobody passes, and who stands there is on one side."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import Roads, Segments, WhyNot, contract
from tests.core.roads.worlds import draw_segments, draw_waits, make_segments

LINE = [(0, 0), (0, 4), (2, 4), (2, 0)]
BRIDGE = [(59.9, 18.006), (60.001, 18.006)]  # across the south road, in its third quarter


def ring(ways: int = 3) -> Roads:
    """Make a south road of 8 s, an east road of 4 s, a north road of 8 s and a west road of 4 s."""
    roads = [(0, 1, 8000, ways), (1, 2, 4000, 3), (2, 3, 8000, 3), (3, 0, 4000, 3)]
    made = make_segments([*LINE, (-1, 0), (-1, 4)], [*roads, (0, 4, 1000, 3), (1, 5, 1000, 3)])
    return Roads.build(contract(made))


def seconds(roads: Roads, a: float, b: float) -> float:
    """Return the seconds between two places on the south road, given by longitude."""
    one, other = roads.place(60.0, a), roads.place(60.0, b)
    found = float(roads.travel_s(one, other)[0, 0])
    route = roads.route(one, other)
    assert (route.seconds if route else np.inf) == found
    return found


def test_a_bridge_that_is_cut_leads_round_from_either_side() -> None:
    roads = ring()
    cut = roads.cut([BRIDGE])
    assert seconds(roads, 18.001, 18.007) == 6.0
    assert seconds(cut, 18.001, 18.007) == 1.0 + 16.0 + 1.0
    assert seconds(cut, 18.007, 18.001) == 18.0
    assert seconds(cut, 18.001, 18.005) == 4.0  # both on one side
    assert seconds(cut, 18.0, 18.005) == 5.0
    assert seconds(roads, 18.001, 18.007) == 6.0  # the roads themselves are as before
    assert seconds(cut.cut([]), 18.001, 18.007) == 18.0


def test_two_cuts_keep_in_what_stands_between() -> None:
    cut = ring().cut([BRIDGE]).cut([[(59.9, 18.002), (60.001, 18.002)]])
    between, outside = cut.place(60.0, 18.004), cut.place(60.0, 18.001)
    assert np.isinf(cut.travel_s(between, outside)[0, 0])
    assert cut.why_not(between, outside) == WhyNot.CLOSED
    assert cut.why_not(outside, cut.place(60.0, 18.007)) is None


def test_between_two_cuts_one_is_reached_and_past_a_cut_not() -> None:
    """An accident that is closed on both sides: the guard inside it is the one to send."""
    cut = ring().cut([BRIDGE, [(59.9, 18.002), (60.001, 18.002)]])
    assert seconds(cut, 18.003, 18.005) == 2.0
    assert seconds(cut, 18.001, 18.0015) == 0.5
    assert seconds(cut, 18.001, 18.007) == 18.0
    inside, outside = cut.place(60.0, 18.005), cut.place(60.0, 18.0065)
    assert np.isinf(cut.travel_s(inside, outside)[0, 0])


def test_a_line_across_two_roads_cuts_both() -> None:
    cut = ring().cut([[(59.9, 18.006), (60.1, 18.006)]])
    assert np.isinf(seconds(cut, 18.001, 18.007))


def test_reach_ends_at_a_cut() -> None:
    cut = ring().cut([BRIDGE])
    [[shape]] = cut.within(cut.place(60.0, 18.0055), 3.0)
    area = shapely.Polygon([(lon, lat) for lat, lon in shape])
    assert area.covers(shapely.Point(18.004, 60.0))
    assert not area.covers(shapely.Point(18.008, 60.0))


@pytest.mark.parametrize("line", [[], [(60.0, 18.0)], [(60.0, 18.0), (np.nan, 18.0)], [1.0, 2.0]])
def test_what_is_no_line_is_refused(line: list[object]) -> None:
    with pytest.raises(ValueError, match="at least two points"):
        ring().cut([line])  # type: ignore[list-item]


@settings(max_examples=80, deadline=None)
@given(draw_segments().flatmap(draw_waits), st.data())
def test_routes_and_times_agree_whatever_is_cut(segments: Segments, data: st.DataObject) -> None:
    """Two ways to compute: labels, and a search; and a cut never shortens anything."""
    roads = Roads.build(contract(segments))
    where = st.tuples(st.floats(60.0, 60.012), st.floats(18.0, 18.012))
    lines = data.draw(st.lists(st.tuples(where, where), max_size=3))
    cut = roads.cut([list(line) for line in lines])
    drawn = np.array(data.draw(st.lists(where, min_size=2, max_size=4)))
    places = roads.place(drawn[:, 0], drawn[:, 1])
    usual, now = roads.travel_s(places, places), cut.travel_s(places, places)
    assert (now >= usual).all()
    for a in range(len(places)):
        for b in range(len(places)):
            route = cut.route(places.take([a]), places.take([b]))
            assert now[a, b] == (route.seconds if route else np.inf)
