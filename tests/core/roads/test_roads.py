"""Travel times against a judge that searches the long way round, and the use of `Roads`."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import CLOSED_MS, RoadGraph, Roads, Segments, contract, warm
from narvaro.core.roads.graph import EVERYBODY
from tests.core.roads.worlds import (
    KINDS,
    draw_places,
    draw_segments,
    judge_s,
    make_places,
    make_segments,
)


def town() -> Roads:
    """Make a two-way square 0-1-2-3 with a one-way diagonal 0 to 2."""
    roads = [(0, 1, 10_000, 3), (1, 2, 10_000, 3), (2, 3, 10_000, 3), (3, 0, 10_000, 3),
             (0, 2, 12_000, 1)]  # fmt: skip
    return Roads.build(contract(make_segments([(0, 0), (0, 2), (2, 2), (2, 0)], roads)))


@settings(max_examples=150, deadline=None)
@given(draw_segments(), st.data())
def test_every_time_is_the_judges(segments: Segments, data: st.DataObject) -> None:
    graph = contract(segments)
    roads = Roads.build(graph)
    sources, targets = data.draw(draw_places(graph)), data.draw(draw_places(graph))
    expected = judge_s(graph, graph.travel_ms().tolist(), sources, targets)
    assert roads.travel_s(sources, targets).tolist() == expected
    assert roads.travel_s(roads.keep(sources), targets).tolist() == expected
    assert roads.travel_s(sources, roads.keep(targets, "target")).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(draw_segments(), st.data())
def test_after_new_times_and_closures_kept_labels_follow(
    segments: Segments, data: st.DataObject
) -> None:
    graph = contract(segments)
    roads = Roads.build(graph)
    sources, targets = data.draw(draw_places(graph)), data.draw(draw_places(graph))
    kept = roads.keep(sources)
    one = st.one_of(st.integers(0, 90_000), st.just(CLOSED_MS))
    ms = data.draw(st.lists(one, min_size=graph.arcs, max_size=graph.arcs))
    roads.customise(ms)
    assert roads.travel_s(kept, targets).tolist() == judge_s(graph, ms, sources, targets)
    roads.customise(graph.travel_ms())
    expected = judge_s(graph, graph.travel_ms().tolist(), sources, targets)
    assert roads.travel_s(kept, targets).tolist() == expected


@settings(max_examples=50, deadline=None)
@given(draw_segments(), st.data())
def test_saved_arrays_answer_alike(segments: Segments, data: st.DataObject) -> None:
    roads = Roads.build(contract(segments))
    places = data.draw(draw_places(roads.graph))
    again = Roads.from_arrays(roads.to_arrays())
    assert again.travel_s(places, places).tolist() == roads.travel_s(places, places).tolist()


def test_on_one_road_the_way_back_of_a_one_way_goes_round() -> None:
    roads = town()
    diagonal = int(roads.graph.arc_piece[roads.graph.travel_ms() == 12_000][0])
    near, far = make_places([diagonal], [0.25]), make_places([diagonal], [0.75])
    assert roads.travel_s(near, far)[0, 0] == 6.0
    assert roads.travel_s(far, near)[0, 0] == 3.0 + 20.0 + 3.0


def test_a_place_at_the_start_of_a_one_way_may_leave_by_another_road() -> None:
    roads = town()
    at_corner = roads.place(60.0, 18.0)
    assert at_corner.distance_m[0] == pytest.approx(0.0, abs=1e-6)
    assert roads.travel_s(at_corner, roads.place(60.0, 18.002))[0, 0] == pytest.approx(5.0)


def test_no_road_near_means_no_way() -> None:
    roads = town()
    there, here = roads.place([61.0, np.nan], [18.0, 18.0]), roads.place(60.0, 18.0)
    assert there.piece.tolist() == [-1, -1]
    assert np.isinf(there.distance_m).all()
    near = roads.place(60.1, 18.0)
    assert (near.piece[0], near.distance_m[0]) == (-1, pytest.approx(0.096 * 111_195, rel=1e-3))
    assert np.isinf(roads.travel_s(there, here)).all()
    assert np.isinf(roads.travel_s(here, there)).all()
    assert roads.path(there.take([0]), here).shape == (0, 2)
    assert roads.travel_s(roads.place([], []), here).shape == (0, 1)


def test_a_split_junction_forbids_a_turn_through_the_same_interface() -> None:
    """Two roads meet at a junction that is split; only the link that is there may be driven."""
    free, forbidden = _crossing(link=True), _crossing(link=False)
    south, east = make_places([0], [0.5]), make_places([1], [0.5])
    assert free.travel_s(south, east)[0, 0] == 1.0
    assert np.isinf(forbidden.travel_s(south, east)[0, 0])


def _crossing(*, link: bool) -> Roads:
    tail, head, piece = [0, 2], [1, 3], [0, 1]
    if link:
        tail, head, piece = [*tail, 1], [*head, 2], [*piece, -1]
    corner = [600_000_000, 600_010_000, 600_010_000, 600_010_000]
    graph = RoadGraph(
        node_lat=np.array(corner) * 1e-7,
        node_lon=np.array([18.0, 18.0, 18.0, 18.001]),
        arc_tail=np.array(tail, np.int32),
        arc_head=np.array(head, np.int32),
        arc_piece=np.array(piece, np.int32),
        arc_forward=np.ones(len(tail), bool),
        arc_use=np.full(len(tail), EVERYBODY, np.uint8),
        piece_first=np.array([0, 2, 4], np.int32),
        piece_m=np.array([1000.0, 1000.0]),
        piece_kind=np.array([1, 1], np.int32),
        point_lat=np.array(corner, np.int32),
        point_lon=np.array([180_000_000, 180_000_000, 180_000_000, 180_010_000], np.int32),
        point_share=np.array([0, 1, 0, 1], np.float32),
        kind_m_s=KINDS.m_s,
        kind_name=KINDS.name,
        kind_class=KINDS.road_class,
    )
    return Roads.build(graph)


def test_several_copies_of_a_road_count_as_one_road() -> None:
    """A via-way restriction copies a road; a place on it is reached over either copy."""
    plain = _crossing(link=True).graph
    double = replace(
        plain,
        node_lat=np.append(plain.node_lat, 60.001),
        node_lon=np.append(plain.node_lon, 18.0),
        arc_tail=np.array([0, 2, 1, 4], np.int32),
        arc_head=np.array([1, 3, 4, 3], np.int32),
        arc_piece=np.array([0, 1, -1, 1], np.int32),
        arc_forward=np.ones(4, bool),
        arc_use=np.array([EVERYBODY, 0, EVERYBODY, EVERYBODY], np.uint8),
    )
    roads = Roads.build(double)
    assert roads.travel_s(make_places([0], [0.5]), make_places([1], [0.5]))[0, 0] == 1.0


def test_labels_kept_for_one_side_are_refused_on_the_other() -> None:
    roads = town()
    kept = roads.keep(roads.place(60.0, 18.0))
    assert len(kept) == 1
    with pytest.raises(ValueError, match="kept as source"):
        roads.travel_s(roads.place(60.0, 18.0), kept)


@pytest.mark.parametrize("ms", [[1, 2, 3], [-1] * 5])
def test_travel_times_that_do_not_fit_are_refused(ms: list[int]) -> None:
    with pytest.raises(ValueError, match="5 values"):
        town().customise(ms)


def test_arrays_that_do_not_fit_are_refused() -> None:
    roads = town()
    arrays = roads.to_arrays()
    with pytest.raises(ValueError, match="arc_head"):
        Roads.from_arrays(arrays | {"arc_head": arrays["arc_head"][:-1]})
    with pytest.raises(ValueError, match="no array named"):
        Roads.from_arrays({name: a for name, a in arrays.items() if name != "up_head"})
    with pytest.raises(ValueError, match="no array named"):
        Roads.from_arrays({name: a for name, a in arrays.items() if name != "node_lat"})
    with pytest.raises(ValueError, match="another graph"):
        Roads(_crossing(link=True).graph, roads.hierarchy)
    with pytest.raises(ValueError, match="as many longitudes"):
        roads.place([60.0, 60.1], [18.0])


def test_warming_runs_every_kernel() -> None:
    warm()
