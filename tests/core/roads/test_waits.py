"""Waits at lights and signs, and the pace of roads: what they add, for whom, and from where on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import (
    ROAD_CLASSES,
    USUAL,
    Pace,
    RoadGraph,
    Roads,
    Segments,
    Waiting,
    contract,
)
from tests.core.roads.worlds import (
    draw_places,
    draw_segments,
    draw_waits,
    judge_s,
    make_places,
    make_segments,
)

LIGHTS = np.array([[0.0, 0, 0], [5.0, 2, 0]])


def street(codes: list[tuple[int, int]]) -> Roads:
    """Make a two-way street 0-1-2 and a way round it; lights stand at the ends of its segments."""
    table = [(0, 1, 10_000, 3), (1, 2, 10_000, 3), (0, 2, 90_000, 3), (0, 2, 95_000, 3)]
    segments = make_segments([(0, 0), (0, 1), (0, 2)], table)
    code = np.array([*codes, (0, 0), (0, 0)], np.uint8)
    return Roads.build(contract(replace(segments, waiting=Waiting(code, LIGHTS))))


@settings(max_examples=150, deadline=None)
@given(draw_segments().flatmap(draw_waits), st.data())
def test_every_time_with_waits_is_the_judges(segments: Segments, data: st.DataObject) -> None:
    graph = contract(segments)
    roads = Roads.build(graph)
    sources, targets = data.draw(draw_places(graph)), data.draw(draw_places(graph))
    expected = judge_s(graph, graph.travel_ms().tolist(), sources, targets)
    assert roads.travel_s(sources, targets).tolist() == expected
    one, other = sources.take([0]), targets.take([0])
    route, parts = roads.route(one, other), roads.parts_s(one, other)
    assert (route.seconds if route else np.inf) == expected[0][0]
    if route and parts is not None:
        assert parts.sum() == pytest.approx(route.seconds, abs=0.002)


def test_lights_inside_a_road_cost_who_passes_them_in_their_direction() -> None:
    """Ten seconds a segment at 1000 m/s; lights in the middle, for those from 0 alone: 5 s."""
    roads = street([(1, 0), (0, 0)])
    assert roads.graph.pieces == 3
    piece = int(np.flatnonzero(roads.graph.piece_m == 20_000)[0])
    begin, middle, end = (make_places([piece], [share]) for share in (0.25, 0.5, 0.75))
    there, back = (begin, end) if roads.graph.wait_forward[0] else (end, begin)
    assert roads.travel_s(there, back)[0, 0] == 15.0
    assert roads.travel_s(back, there)[0, 0] == 10.0
    assert roads.travel_s(there, middle)[0, 0] == 5.0  # it stands at the lights
    assert roads.travel_s(middle, back)[0, 0] == 10.0
    parts = roads.parts_s(there, back)
    assert parts is not None
    assert parts[-1] == 5.0


def test_each_profile_waits_its_own_time() -> None:
    roads = street([(1, 0), (0, 0)])
    piece = int(np.flatnonzero(roads.graph.piece_m == 20_000)[0])
    ends = make_places([piece, piece], [0.25, 0.75])
    for profile, longest in (("car", 15.0), ("foot", 12.0), ("cycle", 10.0)):
        assert roads.on(profile).travel_s(ends, ends).max() == longest  # type: ignore[arg-type]


def test_slower_roads_take_longer_and_waiting_has_a_factor_of_its_own() -> None:
    roads = street([(1, 0), (0, 0)])
    piece = int(np.flatnonzero(roads.graph.piece_m == 20_000)[0])
    ends = make_places([piece, piece], [0.25, 0.75])
    slow = roads.paced(Pace((1.5, *USUAL.running[1:]), 2.0))
    assert slow.travel_s(ends, ends).max() == 25.0
    assert roads.paced(Pace((1.0, 9.0, *USUAL.running[2:]))).travel_s(ends, ends).max() == 15.0
    assert roads.paced(USUAL) is roads
    assert len(USUAL.running) == len(ROAD_CLASSES)
    assert USUAL.times(Pace(waiting=2.0)).times(Pace(waiting=1.5)).waiting == 3.0


@given(draw_segments().flatmap(draw_waits), st.floats(0.3, 3.0))
@settings(max_examples=40, deadline=None)
def test_the_pace_of_all_is_a_factor_on_each_arc(segments: Segments, factor: float) -> None:
    graph = contract(segments)
    every = graph.travel_ms(pace=Pace((factor,) * len(ROAD_CLASSES), factor))
    usual = graph.travel_ms()
    known = usual < every.max(initial=0) + 1_000_000
    assert np.abs(every[known] - np.clip(usual[known] * factor, 1, None)).max(initial=0) <= 2


def test_waits_that_do_not_fit_are_refused() -> None:
    graph = street([(1, 1), (0, 0)]).graph
    with pytest.raises(ValueError, match="wait_piece"):
        replace(graph, wait_piece=graph.wait_piece + 99)
    with pytest.raises(ValueError, match="wait_code"):
        replace(graph, wait_code=graph.wait_code + 9)
    assert isinstance(graph, RoadGraph)
