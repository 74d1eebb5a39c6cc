"""The judge of turn restrictions, on small crossings where the answer is known by hand.

The cross has the middle 1 and arms to 2 (north), 3 (east), 4 (south) and 5 (west). The north and south
arms take 111.2 s, twice as long as the east and west arms, so all answers are told in H, the time of
an east or west arm. Positions stand in the middle of an arm; where an arm ends one may turn round.
"""

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.check.literal_roads import (
    Relation,
    Streets,
    apply,
    junctions,
    kind_of,
    read,
    search,
)
from benchmarks.roads_literal import Asked, Spot, arrival, choose, judge, stretches_of
from narvaro.core.roads import Roads
from narvaro.directory.roads_file import MapRefused, read_roads
from tests.directory.extracts import CROSS, STREET, Tags, Ways, ignore, write_extract

H = 111.195 / 2
SOUTH, NORTH, EAST, WEST = Spot(100, 4, 1), Spot(101, 1, 2), Spot(102, 1, 3), Spot(103, 5, 1)
ARMS: Ways = [([4, 1], STREET), ([1, 2], STREET), ([1, 3], STREET), ([5, 1], STREET)]
# a link from the end of the east arm to the end of the north arm, and a road further east
LINK, FURTHER = Spot(104, 3, 2), Spot(105, 3, 6)
LINK_H = 5**0.5
TOWN: Ways = [*ARMS, ([3, 2], STREET), ([3, 6], STREET)]
POINTS = CROSS | {6: (60.0, 18.02)}
Members = list[tuple[str, int, str]]


def ban(froms: list[int], via: list[tuple[str, int]], onto: list[int]) -> Members:
    """Return the members of a restriction."""
    return [
        *(("w", ref, "from") for ref in froms),
        *((kind, ref, "via") for kind, ref in via),
        *(("w", ref, "to") for ref in onto),
    ]


class Scene:
    """A town with restrictions, asked for seconds."""

    def __init__(
        self,
        folder: Path,
        ways: Ways = ARMS,
        *restrictions: tuple[Members, Tags],
        points: dict[int, tuple[float, float]] = POINTS,
        point_tags: dict[int, Tags] | None = None,
    ) -> None:
        told = [(members, {"type": "restriction", **tags}) for members, tags in restrictions]
        pbf = write_extract(
            folder / f"{len(list(folder.iterdir()))}.osm.pbf",
            ways,
            points=points,
            point_tags=point_tags,
            relations=told,
        )
        self.streets, self.relations = read(pbf)
        self.rules = apply(self.streets, self.relations)

    def travel_h(self, source: Spot, target: Spot) -> float:
        """Return the time between the middles of two stretches, in H."""
        here, there = stretches_of(self.streets, source), stretches_of(self.streets, target)
        found = search(self.streets, self.rules, junctions(self.streets), here)
        return arrival(self.streets, found, here, there).seconds / H


def about(value: float) -> object:
    """Compare within a thousandth: the earth is no plane."""
    return pytest.approx(value, rel=1e-3)


def test_without_restrictions_each_turn_is_free(tmp_path: Path) -> None:
    """Half the south arm (1) and half the east arm (0.5)."""
    assert Scene(tmp_path).travel_h(SOUTH, EAST) == about(1.5)


def test_a_turn_that_is_forbidden_goes_round_by_the_shortest_arm(tmp_path: Path) -> None:
    """To the end of the west arm and back (2) before the turn; every other turn stays free."""
    scene = Scene(tmp_path, ARMS, (ban([100], [("n", 1)], [102]), {"restriction": "no_right_turn"}))
    assert scene.travel_h(SOUTH, EAST) == about(3.5)
    assert scene.travel_h(SOUTH, WEST) == about(1.5)
    assert scene.travel_h(EAST, SOUTH) == about(1.5)


def test_only_straight_on_forbids_every_other_turn_and_the_u_turn(tmp_path: Path) -> None:
    """North to the end and back (4) before east or west."""
    only = (ban([100], [("n", 1)], [101]), {"restriction": "only_straight_on"})
    scene = Scene(tmp_path, ARMS, only)
    assert scene.travel_h(SOUTH, EAST) == about(5.5)
    assert scene.travel_h(SOUTH, WEST) == about(5.5)
    assert scene.travel_h(SOUTH, NORTH) == about(2.0)
    assert scene.travel_h(WEST, EAST) == about(1.0)


@pytest.mark.parametrize(("kind", "expected"), [("no_u_turn", 7.0), ("no_left_turn", 5.0)])
def test_a_forbidden_u_turn_needs_an_arm_to_turn_in(
    tmp_path: Path, kind: str, expected: float
) -> None:
    """From west of 4 only straight up the south arm, turn, back, east of 4: 0.5 + 4 + 0.5.

    Where one may not turn at 1, the way to the end of an arm and back comes on top (2). The other
    restriction is on a turn that is not driven.
    """
    at_4 = {6: (59.99, 17.99), 7: (59.99, 18.01)}
    oneway = {**STREET, "oneway": "yes"}
    into = (ban([104], [("n", 4)], [100]), {"restriction": "only_left_turn"})
    onto = [100] if kind == "no_u_turn" else [103]
    turn = (ban([100], [("n", 1)], onto), {"restriction": kind})
    ways = [*ARMS, ([6, 4], oneway), ([4, 7], oneway)]
    scene = Scene(tmp_path, ways, into, turn, points=CROSS | at_4)
    assert scene.travel_h(Spot(104, 6, 4), Spot(105, 4, 7)) == about(expected)


def test_a_way_over_a_way_is_forbidden_only_as_a_whole(tmp_path: Path) -> None:
    """South, east arm, link: 1 + 1 + half the link; forbidden, so by the north arm (1 + 2).

    To the via itself, on from it to elsewhere, and over it from the west all stays free.
    """
    over = (ban([100], [("w", 102)], [104]), {"restriction": "no_left_turn"})
    free, scene = Scene(tmp_path, TOWN), Scene(tmp_path, TOWN, over)
    assert free.travel_h(SOUTH, LINK) == about(2 + LINK_H / 2)
    assert scene.travel_h(SOUTH, LINK) == about(3 + LINK_H / 2)
    assert scene.travel_h(SOUTH, EAST) == about(1.5)
    assert scene.travel_h(SOUTH, FURTHER) == about(2.5)
    assert scene.travel_h(WEST, LINK) == about(1.5 + LINK_H / 2)


def test_over_several_ways_the_whole_sequence_counts(tmp_path: Path) -> None:
    """From the south not north at 1; over east arm and link to north of 2: 1 + 1 + link + 1.

    Where that sequence is forbidden, back at 3, where three roads meet: 1 + 1 + 1 + 2 + 1.
    """
    ways = [*TOWN, ([2, 7], STREET)]
    points = POINTS | {7: (60.02, 18.0)}
    no_north = (ban([100], [("n", 1)], [101]), {"restriction": "no_straight_on"})
    over = (ban([100], [("w", 102), ("w", 104)], [106]), {"restriction": "no_right_turn"})
    free = Scene(tmp_path, ways, no_north, points=points)
    scene = Scene(tmp_path, ways, no_north, over, points=points)
    assert free.travel_h(SOUTH, Spot(106, 2, 7)) == about(3 + LINK_H)
    assert scene.travel_h(SOUTH, Spot(106, 2, 7)) == about(6)


def test_only_over_a_way_binds_those_who_drove_all_of_it(tmp_path: Path) -> None:
    """From the south over the east arm only further east; the link is reached by the north arm."""
    over = (ban([100], [("w", 102)], [105]), {"restriction": "only_straight_on"})
    scene = Scene(tmp_path, TOWN, over)
    assert scene.travel_h(SOUTH, LINK) == about(3 + LINK_H / 2)
    assert scene.travel_h(SOUTH, FURTHER) == about(2.5)
    assert scene.travel_h(WEST, LINK) == about(1.5 + LINK_H / 2)


def test_who_leaves_the_via_in_between_is_free(tmp_path: Path) -> None:
    """At 8, half way along the east arm, into a side street of 0.1 and back: the path is broken."""
    ways = [*ARMS[:2], ([1, 8, 3], STREET), ARMS[3], *TOWN[4:], ([8, 9], STREET)]
    points = POINTS | {8: (60.0, 18.005), 9: (60.0005, 18.005)}
    over = (ban([100], [("w", 102)], [104]), {"restriction": "no_left_turn"})
    no_north = (ban([100], [("n", 1)], [101]), {"restriction": "no_straight_on"})
    scene = Scene(tmp_path, ways, over, no_north, points=points)
    assert scene.travel_h(SOUTH, LINK) == about(2 + 0.2 + LINK_H / 2)


def test_no_entry_holds_for_each_from_and_no_exit_for_each_to(tmp_path: Path) -> None:
    """No entry to the east from south and west: by the end of the north arm (4).

    No exit from the south to east and north: by the end of the west arm (2).
    """
    entry = (ban([100, 103], [("n", 1)], [102]), {"restriction": "no_entry"})
    scene = Scene(tmp_path, ARMS, entry)
    assert scene.travel_h(SOUTH, EAST) == about(5.5)
    assert scene.travel_h(WEST, EAST) == about(5.0)
    assert scene.travel_h(NORTH, EAST) == about(1.5)
    exits = (ban([100], [("n", 1)], [101, 102]), {"restriction": "no_exit"})
    scene = Scene(tmp_path, ARMS, exits)
    assert scene.travel_h(SOUTH, EAST) == about(3.5)
    assert scene.travel_h(SOUTH, NORTH) == about(4.0)
    assert scene.travel_h(SOUTH, WEST) == about(1.5)


def test_a_ring_that_meets_the_via_with_both_ends_is_bound_by_both(tmp_path: Path) -> None:
    """A ring 1-3-4-1, no exit north: from the middle of 3-4 by 3 (1), west and back (2), north (1).

    By the other end, 4, it would have been half the diagonal, 2 and 1.
    """
    ring = [([1, 3, 4, 1], STREET), *ARMS[1:2], ARMS[3]]
    no_north = (ban([100], [("n", 1)], [101]), {"restriction": "no_right_turn"})
    scene = Scene(tmp_path, ring, no_north)
    assert scene.travel_h(Spot(100, 3, 4), NORTH) == about(LINK_H / 2 + 1 + 2 + 1)


def test_a_member_that_the_via_cuts_elsewhere_counts_with_the_part_that_touches(
    tmp_path: Path,
) -> None:
    """The south arm has a junction at 8; who joins there is bound as well as who came all along."""
    ways = [([4, 8, 1], STREET), *ARMS[1:], ([8, 9], STREET)]
    points = POINTS | {8: (59.995, 18.0), 9: (59.995, 18.01)}
    turn = (ban([100], [("n", 1)], [102]), {"restriction": "no_right_turn"})
    scene = Scene(tmp_path, ways, turn, points=points)
    assert scene.travel_h(Spot(104, 8, 9), EAST) == about(0.5 + 1 + 2 + 0.5)


def test_a_bollard_cuts_the_road_and_what_turns_there(tmp_path: Path) -> None:
    """All arms end at a bollard, so nobody passes; a gate lets through: 0.5 + 2 + 2 + 0.5."""
    ways = [*ARMS, ([6, 4], STREET), ([2, 7], STREET)]
    points = CROSS | {6: (59.99, 18.01), 7: (60.01, 18.01)}
    for barrier, expected in (("bollard", float("inf")), ("gate", 5.0)):
        scene = Scene(tmp_path, ways, points=points, point_tags={1: {"barrier": barrier}})
        assert scene.travel_h(Spot(104, 6, 4), Spot(105, 2, 7)) == about(expected)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"restriction": "no_left_turn"}, ("no_left_turn", "")),
        ({"restriction": "no_left_turn", "except": "psv;bicycle"}, ("no_left_turn", "")),
        ({"restriction": "no_left_turn", "except": "psv, motorcar"}, ("", "excepted")),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, ("", "excepted")),
        ({"restriction:motorcar": "no_u_turn"}, ("no_u_turn", "")),
        ({"restriction:hgv": "no_u_turn"}, ("", "not for cars")),
        ({"restriction:conditional": "no_u_turn @ (07:00-09:00)"}, ("", "conditional")),
        ({"restriction": "no_left_turn", "hour_on": "7", "hour_off": "9"}, ("", "conditional")),
        ({"restriction": "give_way"}, ("", "of unknown kind")),
    ],
)
def test_what_a_restriction_says_to_a_car(tags: Tags, expected: tuple[str, str]) -> None:
    assert kind_of(dict(tags)) == expected


def waited_s(scene: Scene, source: Spot, target: Spot, plain: Scene) -> float:
    """Return how much longer a way takes than in a town without lights and signs."""
    return (scene.travel_h(source, target) - plain.travel_h(source, target)) * H


@pytest.mark.parametrize(
    ("tags", "there_s", "back_s"),
    [
        ({"highway": "traffic_signals"}, 6, 6),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, 6, 0),
        ({"highway": "stop", "direction": "backward"}, 0, 4),
        ({"highway": "give_way"}, 2, 2),
        ({"highway": "crossing", "crossing:signals": "yes"}, 2, 2),
        ({"highway": "crossing", "crossing": "marked"}, 0, 0),
    ],
)
def test_one_waits_at_a_sign_that_faces_one(
    tmp_path: Path, tags: Tags, there_s: float, back_s: float
) -> None:
    """A sign half way up the south arm, where no roads meet."""
    ways = [([4, 8, 1], STREET), *ARMS[1:]]
    points = POINTS | {8: (59.995, 18.0)}
    plain = Scene(tmp_path, ways, points=points)
    scene = Scene(tmp_path, ways, points=points, point_tags={8: tags})
    low = Spot(100, 4, 8)
    assert waited_s(scene, low, NORTH, plain) == pytest.approx(there_s, abs=0.01)
    assert waited_s(scene, NORTH, low, plain) == pytest.approx(back_s, abs=0.01)


def test_who_comes_to_a_larger_road_waits_and_who_is_on_it_does_not(tmp_path: Path) -> None:
    """The main road runs west to east; the north arm has a stop sign and is not asked twice."""
    main = {**STREET, "highway": "secondary"}
    ways = [([4, 1], STREET), ([1, 8, 2], STREET), ([1, 3], main), ([5, 1], main)]
    points = POINTS | {8: (60.005, 18.0)}
    plain = Scene(tmp_path, [(refs, STREET) for refs, _ in ways], points=points)
    scene = Scene(tmp_path, ways, points=points, point_tags={8: {"highway": "stop"}})
    high = Spot(101, 1, 8)
    assert waited_s(scene, SOUTH, EAST, plain) == pytest.approx(3, abs=0.01)
    assert waited_s(scene, WEST, EAST, plain) == pytest.approx(0, abs=0.01)
    assert waited_s(scene, high, EAST, plain) == pytest.approx(0, abs=0.01)


def test_what_is_not_applied_is_listed_with_the_reason() -> None:
    """The via 2 is not an end of the south arm; the way 109 is not in the map; no via at all."""
    streets = Streets(ends={100: (4, 1), 102: (1, 3)})
    says = {"type": "restriction", "restriction": "no_left_turn"}
    relations = [
        Relation(1, says, ban([100], [("n", 2)], [102])),
        Relation(2, says, ban([100], [("w", 109)], [102])),
        Relation(3, says, ban([100], [], [102])),
        Relation(4, {"type": "restriction"}, ban([100], [("n", 1)], [102])),
    ]
    rules = apply(streets, relations)
    reasons = ["members do not meet"] * 3 + ["not for cars"]
    assert list(rules.not_applied.values()) == reasons
    assert not rules.applied


SIDE = 3
GRID = {
    row * SIDE + column + 1: (
        60 + 0.002 * row + 0.0001 * column,
        18 + 0.004 * column + 0.0003 * row,
    )
    for row in range(SIDE)
    for column in range(SIDE)
}
LINES = [[row * SIDE + k for k in range(1, SIDE + 1)] for row in range(SIDE)]
LINES += [[k * SIDE + column for k in range(SIDE)] for column in range(1, SIDE + 1)]
ROADS: list[Tags] = [
    STREET,
    {**STREET, "maxspeed": "18"},
    {**STREET, "oneway": "yes"},
    {**STREET, "oneway": "-1"},
    {"highway": "footway"},
    {"highway": "tertiary", "maxspeed": "36"},
    {"highway": "primary", "maxspeed": "72", "oneway": "yes", "junction": "roundabout"},
]
SIGNS: list[Tags] = [
    {"highway": "traffic_signals"},
    {"highway": "traffic_signals", "traffic_signals:direction": "backward"},
    {"highway": "stop", "direction": "forward"},
    {"highway": "give_way", "direction": "backward"},
    {"highway": "crossing", "crossing": "traffic_signals"},
]
KINDS = ("no_left_turn", "no_u_turn", "only_straight_on", "no_entry", "no_exit")


class Town(NamedTuple):
    """A grid of streets with restrictions, lights and signs, and maybe a bollard."""

    ways: Ways
    relations: list[tuple[Members, Tags]]
    point_tags: dict[int, Tags]


def other_end(way: list[int], point: int) -> int:
    """Return the end of a way that is not the point."""
    return way[-1] if way[0] == point else way[0]


@st.composite
def draw_town(draw: st.DrawFn) -> Town:
    """Draw streets of one or two blocks, and restrictions at their ends or over one or two of them."""
    tags = st.sampled_from([0, 0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6]).map(ROADS.__getitem__)
    paths: list[list[int]] = []
    for line in LINES:
        paths += [list(pair) for pair in pairwise(line)] if draw(st.booleans()) else [line]
    ways = [(path, draw(tags)) for path in paths]
    relations: list[tuple[Members, Tags]] = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(paths) - 1))
        at, over = draw(st.sampled_from([paths[start][0], paths[start][-1]])), []
        for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
            near = [k for k, path in enumerate(paths) if at in (path[0], path[-1])]
            over.append(draw(st.sampled_from(near)))
            at = other_end(paths[over[-1]], at)
        near = [k for k, path in enumerate(paths) if at in (path[0], path[-1])]
        kind, onto = draw(st.sampled_from(KINDS)), [100 + draw(st.sampled_from(near))]
        froms = [100 + start]
        if not over and kind in ("no_entry", "no_exit"):
            (froms if kind == "no_entry" else onto).append(100 + draw(st.sampled_from(near)))
        via = [("w", 100 + k) for k in over] or [("n", at)]
        says = {"type": "restriction", "restriction": kind}
        relations.append((ban(froms, via, onto), says))
    bollard = draw(st.sampled_from([None, *GRID]))
    signs = draw(st.dictionaries(st.sampled_from([*GRID]), st.sampled_from(SIGNS), max_size=4))
    return Town(ways, relations, signs | ({bollard: {"barrier": "bollard"}} if bollard else {}))


@given(draw_town(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_roads_answer_as_the_letter_has_it(town: Town, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pbf = write_extract(
            Path(folder) / "a.osm.pbf", town.ways, points=GRID,
            point_tags=town.point_tags, relations=town.relations,
        )  # fmt: skip
        try:
            graph, _ = read_roads(pbf, ignore)
        except MapRefused:
            assume(False)
        roads = Roads.build(graph)
        nodes = np.rint(np.stack([graph.node_lat, graph.node_lon], axis=1) * 1e7).astype(int)
        turning = {(lat, lon) for lat, lon in nodes.tolist()}
        chosen = choose(pbf, turning, (6, 6), seed)
        begin, finish = (roads.place(one.degrees[:, 0], one.degrees[:, 1]) for one in chosen)
        # of two parts that are equally large either may be kept
        assume(len(begin) and max(begin.distance_m.max(), finish.distance_m.max()) < 0.1)
        seconds = roads.travel_s(begin, finish)
        told = judge(*read(pbf), Asked(chosen[0].spots, chosen[1].spots, seconds, turning))
    assert told["mismatches"] == 0, told
