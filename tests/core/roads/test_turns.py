"""Split junctions against a judge that remembers every way."""

import heapq
import math
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import Roads, Turn, contract
from narvaro.core.roads.turns import Arcs, Ban, expand
from tests.core.roads.worlds import make_segments

CAR, FOOT = 1, 2
REMEMBERED = 4


class Town(NamedTuple):
    """Arcs, their milliseconds, and what is forbidden."""

    nodes: int
    arcs: Arcs
    ms: list[int]
    bans: list[Ban]
    blocked: list[int]


@st.composite
def draw_town(draw: st.DrawFn) -> Town:
    """Draw roads, one in three one way, restrictions over one to three of them, and barriers."""
    nodes = draw(st.integers(2, 7))
    end = st.integers(0, nodes - 1)
    row = st.tuples(end, end, st.integers(1, 99), st.sampled_from([1, 3, 3]))
    roads = [one for one in draw(st.lists(row, min_size=3, max_size=14)) if one[0] != one[1]]
    tail, head, piece, forward, ms = [], [], [], [], []
    for number, (a, b, time, ways) in enumerate(roads):
        for begin, finish, along in ((a, b, True), (b, a, False))[: 1 + (ways == 3)]:
            tail.append(begin)
            head.append(finish)
            piece.append(number)
            forward.append(along)
            ms.append(time)
    arcs = Arcs(
        np.array(tail, np.int32), np.array(head, np.int32), np.array(piece, np.int32),
        np.array(forward, np.bool_), np.full(len(tail), 7, np.uint8),
    )  # fmt: skip
    bans = [ban for _ in range(draw(st.integers(0, 4))) if (ban := draw_ban(draw, arcs))]
    blocked = draw(st.lists(st.sampled_from([0, 0, 0, CAR]), min_size=nodes, max_size=nodes))
    return Town(nodes, arcs, ms, bans, blocked)


def draw_ban(draw: st.DrawFn, arcs: Arcs) -> Ban | None:
    """Draw a way and what may not follow, or alone may."""
    path: list[int] = []
    for _ in range(draw(st.integers(2, 4))):
        onward = [
            k for k in range(len(arcs.tail)) if not path or arcs.tail[k] == arcs.head[path[-1]]
        ]
        if not onward:
            return None
        path.append(draw(st.sampled_from(onward)))
    only, profiles = draw(st.booleans()), draw(st.sampled_from([CAR, CAR | FOOT]))
    beside = [k for k in range(len(arcs.tail)) if arcs.tail[k] == arcs.tail[path[-1]]]
    to = frozenset({path[-1], draw(st.sampled_from(beside))})
    return Ban(tuple(path[:-1]), to, only, profiles)


def judge_ms(town: Town, start: int, profile: int) -> list[float]:
    """Return the milliseconds to each node; what is remembered is all that a ban can ask for."""
    best = [math.inf] * town.nodes
    heap: list[tuple[int, int, tuple[int, ...]]] = [(0, start, ())]
    seen = set()
    while heap:
        ms, node, before = heapq.heappop(heap)
        if (node, before) in seen:
            continue
        seen.add((node, before))
        best[node] = min(best[node], ms)
        for arc in range(len(town.ms)):
            if town.arcs.tail[arc] == node and may_follow(town, before, arc, profile):
                after = (*before, arc)[-REMEMBERED:]
                heapq.heappush(heap, (ms + town.ms[arc], int(town.arcs.head[arc]), after))
    return best


def may_follow(town: Town, before: tuple[int, ...], arc: int, profile: int) -> bool:
    """Tell whether an arc may follow what was driven, word for word."""
    if not before:
        return True
    back = town.arcs.piece[arc] == town.arcs.piece[before[-1]]
    if town.blocked[town.arcs.tail[arc]] & profile and not (
        back and town.arcs.forward[arc] != town.arcs.forward[before[-1]]
    ):
        return False
    for ban in town.bans:
        if ban.profiles & profile and before[-len(ban.path) :] == ban.path:
            if ban.only and arc not in ban.to:
                return False
            if not ban.only and arc in ban.to:
                return False
    return True


@settings(max_examples=300, deadline=None)
@given(draw_town(), st.sampled_from([CAR, FOOT]))
def test_the_split_network_forbids_what_the_judge_forbids_and_nothing_else(
    town: Town, profile: int
) -> None:
    origin, arcs = expand(town.nodes, town.arcs, town.bans, np.array(town.blocked, np.uint8))
    by_piece = dict(zip(town.arcs.piece.tolist(), town.ms, strict=True)) | {-1: 0}
    assert set(origin.tolist()) == set(range(town.nodes))
    for start in range(town.nodes):
        seeds = np.flatnonzero(origin == start).tolist()
        found = search(len(origin), arcs, by_piece, seeds, profile)
        expected = judge_ms(town, start, profile)
        for node in range(town.nodes):
            copies = np.flatnonzero(origin == node).tolist()
            assert min(found[one] for one in copies) == expected[node], (start, node)


def search(
    nodes: int, arcs: Arcs, by_piece: dict[int, int], seeds: list[int], profile: int
) -> list[float]:
    """Search plainly, with no thought of turns."""
    best = [math.inf] * nodes
    heap = [(0, seed) for seed in seeds]
    while heap:
        ms, node = heapq.heappop(heap)
        if ms >= best[node]:
            continue
        best[node] = ms
        for arc in np.flatnonzero((arcs.tail == node) & (arcs.use & profile > 0)).tolist():
            heapq.heappush(heap, (ms + by_piece[int(arcs.piece[arc])], int(arcs.head[arc])))
    return best


CROSS = [(1, 1), (1, 0), (1, 2), (0, 1), (2, 1), (0, 0), (0, 2)]
"""A crossing in the middle (0); west 1, east 2, south 3, north 4, and corners south-west and -east."""
STREETS = [(1, 0, 10, 3), (0, 2, 10, 3), (3, 0, 10, 3), (0, 4, 10, 3), (1, 5, 10, 3), (5, 3, 10, 3),
           (3, 6, 10, 3), (6, 2, 10, 3)]  # fmt: skip
SOUTH_TO_MIDDLE, MIDDLE_TO_EAST = (2, True), (1, True)


def seconds(turns: list[Turn], profile: int = 0) -> float:
    """Return the milliseconds from the south to the east of the crossing."""
    roads = Roads.build(contract(make_segments(CROSS, STREETS), turns)).on(("car", "foot")[profile])
    south, east = roads.place([60.001], [18.002]), roads.place([60.002], [18.003])
    return float(roads.travel_s(south, east)[0, 0] * 1000)


def test_no_right_turn_leads_round_and_walkers_do_not_care() -> None:
    """5 + 5 straight; else 5 back to the south, 10 + 10 round the corner, 5 to the place."""
    assert seconds([]) == 10
    turn = Turn((SOUTH_TO_MIDDLE,), (MIDDLE_TO_EAST,), only=False, profiles=CAR)
    assert seconds([turn]) == 5 + 10 + 10 + 5
    assert seconds([turn], profile=1) == 10


def test_only_straight_on_leads_on_and_back() -> None:
    """On to the north (10), round there and back (10), left turns from there are free (5)."""
    turn = Turn((SOUTH_TO_MIDDLE,), ((3, True),), only=True, profiles=CAR)
    assert seconds([turn]) == min(5 + 10 + 10 + 5, 5 + 10 + 10 + 5)


def test_a_way_that_is_forbidden_only_after_another() -> None:
    """Who comes from the corner may not turn right at the crossing; who starts in the street may."""
    turn = Turn(((5, True), SOUTH_TO_MIDDLE), (MIDDLE_TO_EAST,), only=False, profiles=CAR)
    roads = Roads.build(contract(make_segments(CROSS, STREETS), [turn]))
    east = roads.place([60.002], [18.003])
    from_street, from_corner = roads.place([60.001], [18.002]), roads.place([60.0], [18.001])
    assert roads.travel_s(from_street, east)[0, 0] * 1000 == 10
    assert (
        roads.travel_s(from_corner, east)[0, 0] * 1000 == 5 + 10 + 10 + 5
    )  # over the other corner


def test_a_barrier_stops_cars_and_they_may_turn_round() -> None:
    made = make_segments(CROSS, STREETS)
    made.blocked[0] = CAR
    roads = Roads.build(contract(made))
    south, east = ([60.001], [18.002]), ([60.002], [18.003])
    assert roads.travel_s(roads.place(*south), roads.place(*east))[0, 0] * 1000 == 30
    walker = roads.on("foot")
    assert walker.travel_s(walker.place(*south), walker.place(*east))[0, 0] * 1000 == 10


def test_a_restriction_whose_roads_are_gone_forbids_nothing() -> None:
    """The road that it allows alone leads nowhere, so it is not in the network."""
    lone = make_segments([*CROSS, (5, 5)], [*STREETS, (0, 7, 10, 1)])
    turn = Turn((SOUTH_TO_MIDDLE,), ((8, True),), only=True, profiles=CAR)
    roads = Roads.build(contract(lone, [turn]))
    south, east = roads.place([60.001], [18.002]), roads.place([60.002], [18.003])
    assert roads.travel_s(south, east)[0, 0] * 1000 == 10
