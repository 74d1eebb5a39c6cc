"""Routes: their turns and streets, how far one gets, and why one does not."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from narvaro.core.roads import CLOSED_MS, Kinds, Manoeuvre, Roads, WhyNot, contract
from narvaro.core.roads.route import manoeuvre_of
from tests.core.roads.worlds import KINDS, make_places, make_segments

# 0 south-west, 1 south-east, 2 north-east, 3 north-west, two steps apart: 445 m north, 223 m east
CORNERS = [(0, 0), (0, 2), (2, 2), (2, 0)]


def square() -> Roads:
    """Make a ring: south and east side are Storgatan, north Lillgatan, west without a name."""
    made = make_segments(
        CORNERS, [(0, 1, 1000, 3), (1, 2, 2000, 3), (2, 3, 1000, 3), (3, 0, 2000, 3)]
    )
    kinds = Kinds(
        np.repeat(KINDS.m_s[3:], 3, axis=0), np.repeat(KINDS.ways[3:], 3, axis=0),
        np.array(["Storgatan", "Lillgatan", ""]),
    )  # fmt: skip
    return Roads.build(contract(replace(made, kind=np.array([0, 0, 1, 2], np.int32), kinds=kinds)))


def test_a_route_tells_streets_turns_and_what_they_take() -> None:
    roads = square()
    route = roads.route(roads.place(60.0, 18.001), roads.place(60.004, 18.001))
    assert route is not None
    assert route.seconds == 2.5
    assert route.metres == pytest.approx(2500)
    told = [(one.manoeuvre, one.street, round(one.metres), one.seconds) for one in route.steps]
    assert told == [
        (Manoeuvre.START, "Storgatan", 250, 0.25),
        (Manoeuvre.RIGHT, "", 2000, 2.0),
        (Manoeuvre.RIGHT, "Lillgatan", 250, 0.25),
        (Manoeuvre.ARRIVE, "", 0, 0.0),
    ]


def test_a_bend_is_no_turn_and_a_corner_of_one_street_is() -> None:
    """At the south-east corner the road leads on; where a side street meets it, one may go wrong."""
    roads = square()
    ends = roads.place(60.0, 18.003), roads.place(60.001, 18.004)
    route = roads.route(*ends)
    assert route is not None
    assert [one.manoeuvre for one in route.steps] == [Manoeuvre.START, Manoeuvre.ARRIVE]
    made = make_segments(
        [*CORNERS, (0, 3)], [(0, 1, 9, 3), (1, 2, 9, 3), (2, 0, 9, 3), (1, 4, 9, 3)]
    )
    roads = Roads.build(contract(made))
    route = roads.route(roads.place(60.0, 18.003), roads.place(60.001, 18.004))
    assert route is not None
    assert [(one.manoeuvre, one.street) for one in route.steps] == [
        (Manoeuvre.START, "Storgatan"), (Manoeuvre.LEFT, "Storgatan"), (Manoeuvre.ARRIVE, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("degrees", "name"),
    [
        (0, "straight"),
        (-30, "slight_left"),
        (90, "right"),
        (-130, "sharp_left"),
        (179, "turn_round"),
    ],
)
def test_turns_have_their_names(degrees: float, name: str) -> None:
    assert manoeuvre_of(degrees) == name


def test_how_far_one_gets_is_outlined() -> None:
    """300 m along the south side, as the map says, are a third of it."""
    roads = square()
    start = roads.place(60.0, 18.002)
    [[ring]] = roads.within(start, 0.3)
    area = shapely.Polygon([(lon, lat) for lat, lon in ring])
    assert area.covers(shapely.Point(18.002, 60.0))
    assert area.covers(shapely.Point(18.002 + 0.3 * 0.004, 60.0))
    assert not area.covers(shapely.Point(18.004, 60.002))
    assert roads.within(roads.place(61.0, 18.0), 60.0) == []
    whole = roads.within(start, 60.0)
    assert [len(polygon) for polygon in whole] == [2]  # the block inside is a hole


def test_what_is_out_of_reach_says_why() -> None:
    roads = square()
    here, there, far = (
        roads.place(60.0, 18.001),
        roads.place(60.004, 18.001),
        roads.place(61.0, 18.0),
    )
    assert roads.why_not(here, there) is None
    assert roads.why_not(far, here) == WhyNot.SOURCE_OFF_ROAD
    assert roads.why_not(here, far) == WhyNot.TARGET_OFF_ROAD
    roads.customise([CLOSED_MS] * roads.graph.arcs)
    assert roads.why_not(here, there) == WhyNot.CLOSED
    assert roads.route(here, there) is None
    closed = Roads.build(replace(roads.graph, arc_use=np.zeros(roads.graph.arcs, np.uint8)))
    assert closed.why_not(make_places([0], [0.5]), make_places([1], [0.5])) == WhyNot.NO_WAY


def test_the_nearest_come_first_and_those_without_a_way_not_at_all() -> None:
    roads = square()
    units = roads.place([60.004, 60.0, 61.0, 60.0], [18.001, 18.003, 18.0, 18.001])
    order, seconds = roads.nearest(roads.keep(units), roads.place(60.0, 18.0), 3)
    assert order.tolist() == [3, 1, 0]
    assert seconds.tolist() == sorted(seconds.tolist())
