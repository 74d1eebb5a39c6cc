"""Roads from real `.osm.pbf` files, and the file that they are kept in."""

from pathlib import Path

import numpy as np
import pytest

from narvaro.core.jit import F64, I32
from narvaro.core.roads import CLOSED_MS, PROFILES, RoadGraph, Roads
from narvaro.directory.roads_file import MapRefused, RoadFacts, load_roads, read_roads, save_roads
from tests.directory.extracts import CROSS, STREET, Tags, Ways, ignore, write_extract

ARM_MS = 111_195  # a hundredth of a degree north at ten metres a second
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "osm"
Relation = tuple[list[tuple[str, int, str]], Tags]
ALL_ARMS: Ways = [([4, 1, 2], STREET), ([5, 1, 3], STREET)]


def read(path: Path) -> tuple[Roads, RoadFacts]:
    """Read the roads of an extract and prepare them."""
    graph, facts = read_roads(path, ignore)
    return Roads.build(graph), facts


def travel_s(roads: Roads, a: int, b: int) -> float:
    """Return the seconds between two points of the cross."""
    return float(roads.travel_s(roads.place(*CROSS[a]), roads.place(*CROSS[b]))[0, 0])


def test_crossing_streets_meet_in_a_junction(tmp_path: Path) -> None:
    roads, facts = read(write_extract(tmp_path / "a.osm.pbf", ALL_ARMS))
    assert (roads.graph.nodes, roads.graph.arcs, roads.graph.pieces) == (5, 8, 4)
    assert travel_s(roads, 4, 2) == pytest.approx(2 * ARM_MS / 1000, abs=0.01)
    assert travel_s(roads, 4, 3) == pytest.approx(1.5 * ARM_MS / 1000, rel=1e-3)
    assert facts.bounds == pytest.approx((59.99, 17.99, 60.01, 18.01))
    assert (facts.ways_read, facts.segments, facts.segments_left_out) == (2, 4, 0)


def test_a_bridge_without_a_common_point_is_no_junction(tmp_path: Path) -> None:
    points = CROSS | {6: (60.02, 18.0), 7: (60.02, 18.01)}
    ways: Ways = [([4, 2, 6, 7, 3, 5], STREET)]
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ways, points=points))
    assert travel_s(roads, 4, 5) > 4 * ARM_MS / 1000


def test_one_way_streets_are_driven_one_way(tmp_path: Path) -> None:
    """North arm, east arm and a street between them make a ring against the drawn direction."""
    ring = [([1, 2], {**STREET, "oneway": "yes"}), ([3, 2], {**STREET, "oneway": "-1"}),
            ([3, 1], {**STREET, "junction": "roundabout"})]  # fmt: skip
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ring))
    there, back = travel_s(roads, 1, 2), travel_s(roads, 2, 1)
    assert there == pytest.approx(ARM_MS / 1000, abs=0.01)
    assert back > 1.5 * there


def test_a_bollard_closes_a_street_and_a_gate_does_not(tmp_path: Path) -> None:
    ways: Ways = [([4, 1], STREET), ([1, 2], STREET), ([4, 3, 2], STREET)]
    around = [
        travel_s(
            read(write_extract(tmp_path / f"{barrier}.osm.pbf", ways, point_tags={1: tags}))[0],
            4,
            2,
        )
        for barrier, tags in (
            ("gate", {"barrier": "gate"}),
            ("bollard", {"barrier": "bollard"}),
            ("locked", {"barrier": "gate", "access": "no"}),
        )
    ]
    assert around[0] == pytest.approx(2 * ARM_MS / 1000, abs=0.01)
    assert around[1] == around[2] > around[0] * 1.1


def test_a_street_on_both_sides_of_a_bollard_stays_reachable(tmp_path: Path) -> None:
    ways: Ways = [([4, 1, 2], STREET), ([4, 3, 2], STREET)]
    path = write_extract(tmp_path / "a.osm.pbf", ways, point_tags={1: {"barrier": "bollard"}})
    roads, facts = read(path)
    near = [roads.place(59.999, 18.0), roads.place(60.001, 18.0)]
    assert facts.barriers == 1
    assert max(float(place.distance_m[0]) for place in near) < 0.1
    assert float(roads.travel_s(near[0], near[1])[0, 0]) > 4 * ARM_MS / 1000


def test_a_clipped_way_is_cut_where_its_points_are_missing(tmp_path: Path) -> None:
    ways: Ways = [([4, 1, 77, 78, 2], STREET), ([1, 3, 2], STREET), ([99, 5], STREET)]
    roads, facts = read(write_extract(tmp_path / "a.osm.pbf", ways))
    assert facts.ways_cut == 2
    assert travel_s(roads, 4, 2) > 2.5 * ARM_MS / 1000  # not straight over the missing points
    assert facts.segments == 3


def test_a_part_that_cannot_be_reached_is_left_out_and_counted(tmp_path: Path) -> None:
    points = CROSS | {6: (60.02, 18.02), 7: (60.03, 18.02)}
    ways = [*ALL_ARMS, ([6, 7], STREET)]
    roads, facts = read(write_extract(tmp_path / "a.osm.pbf", ways, points=points))
    assert facts.segments_left_out == 1
    assert float(roads.place(60.025, 18.02).distance_m[0]) > 500


def restricted(tmp_path: Path, *relations: Relation) -> tuple[Roads, RoadFacts]:
    """Read a crossing (1) with arms to south (4), north (2), west (5) and east (3), all of one way.

    Round it runs a ring, so that a turn that is forbidden leads round.
    """
    arms = [([4, 1], STREET), ([1, 2], STREET), ([5, 1], STREET), ([1, 3], STREET)]
    ring: Ways = [([4, 3, 2, 5, 4], STREET)]
    file = tmp_path / f"{len(list(tmp_path.iterdir()))}.osm.pbf"
    return read(write_extract(file, [*arms, *ring], relations=list(relations)))


def restrict(kind: str, tags: Tags | None = None, *, to: int = 103) -> Relation:
    """Return a restriction of who comes from the south."""
    members = [("w", 100, "from"), ("n", 1, "via"), ("w", to, "to")]
    return members, {"type": "restriction", "restriction": kind, **(tags or {})}


@pytest.mark.parametrize(
    ("relation", "barred"),
    [
        (restrict("no_right_turn"), True),
        (restrict("only_straight_on", to=101), True),
        (restrict("only_right_turn"), False),
        (restrict("no_left_turn", to=102), False),
        (restrict("no_right_turn", {"except": "psv;motorcar"}), False),
        (restrict("no_right_turn", {"except": "psv;bicycle"}), True),
        (restrict("no_right_turn", {"except": "motor_vehicle;vehicle"}), False),
        (restrict("give_way"), False),
    ],
)
def test_a_turn_restriction_is_driven(tmp_path: Path, relation: Relation, *, barred: bool) -> None:
    roads, facts = restricted(tmp_path, relation)
    start, end = roads.place(59.999, 18.0), roads.place(60.0, 18.001)
    straight = float(restricted(tmp_path)[0].travel_s(start, end)[0, 0])
    assert (float(roads.travel_s(start, end)[0, 0]) > straight) == barred
    assert float(roads.on("foot").travel_s(start, end)[0, 0]) == pytest.approx(
        straight * 10 / 1.4, rel=1e-3
    )
    assert (facts.restrictions, facts.restrictions_not_met) == (1, 0)


def test_a_restriction_over_a_way_holds_only_over_that_way(tmp_path: Path) -> None:
    """Who comes from the ring's east into the south arm may not turn right at the crossing."""
    points = {**CROSS, 6: (59.985, 18.0)}
    ways: Ways = [([6, 4], STREET), ([4, 1], STREET), ([1, 3], STREET), ([3, 4], STREET),
                  ([1, 2, 3], STREET)]  # fmt: skip
    members = [("w", 100, "from"), ("w", 101, "via"), ("w", 102, "to")]
    rule = (members, {"type": "restriction", "restriction": "no_right_turn"})
    path = write_extract(tmp_path / "a.osm.pbf", ways, points=points, relations=[rule])
    roads, facts = read(path)
    inside, before = roads.place(59.995, 18.0), roads.place(59.986, 18.0)
    end = roads.place(60.0, 18.001)
    arm_s = ARM_MS / 1000
    assert float(roads.travel_s(inside, end)[0, 0]) == pytest.approx(0.55 * arm_s, rel=0.01)
    around = float(roads.travel_s(before, end)[0, 0])
    assert around > 0.4 * arm_s + arm_s + 0.05 * arm_s + 0.1 * arm_s
    assert (facts.restrictions_by_way, facts.restrictions_not_met) == (1, 0)


def test_what_is_not_applied_is_counted(tmp_path: Path) -> None:
    """One that holds at some hours only, and one whose ways do not meet the point."""
    hours = restrict("x", {"restriction:conditional": "no_right_turn @ (07:00-09:00)"})
    apart = ([("w", 104, "from"), ("n", 1, "via"), ("w", 103, "to")], restrict("no_u_turn")[1])
    other = ([("w", 100, "from")], {"type": "route", "route": "bus"})
    older = restrict("no_right_turn", {"hour_on": "07:00", "hour_off": "09:00"})
    roads, facts = restricted(tmp_path, hours, apart, other, older)
    assert (facts.restrictions, facts.restrictions_conditional) == (3, 2)
    assert facts.restrictions_not_met == 1
    start, end = roads.place(59.999, 18.0), roads.place(60.0, 18.001)
    assert roads.travel_s(start, end) == restricted(tmp_path)[0].travel_s(start, end)


def test_of_several_ways_that_alone_are_allowed_each_is(tmp_path: Path) -> None:
    """From the south one may go on to the north or turn right, not left."""
    members, tags = restrict("only_straight_on", to=101)
    roads, _ = restricted(tmp_path, ([*members, ("w", 103, "to")], tags))
    free, _ = restricted(tmp_path)
    start = roads.place(59.999, 18.0)
    north, east, west = (
        roads.place(*one) for one in ((60.001, 18.0), (60.0, 18.001), (60.0, 17.999))
    )
    for there in (north, east):
        assert roads.travel_s(start, there) == free.travel_s(start, there)
    assert roads.travel_s(start, west)[0, 0] > free.travel_s(start, west)[0, 0]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("half", lambda whole: whole[: len(whole) // 2]),
        ("short", lambda whole: whole[:-1]),
        ("empty", lambda _: b""),
        ("text", lambda _: b"id;name\n1;Skolan\n" * 20),
        ("xml", lambda _: b"<?xml version='1.0'?><osm version='0.6'></osm>"),
        ("damaged", lambda whole: whole[:-40] + bytes(30) + whole[-10:]),
    ],
)
def test_a_file_that_is_no_whole_pbf_is_refused_by_name(
    tmp_path: Path, name: str, damage: object
) -> None:
    whole = write_extract(tmp_path / "whole.osm.pbf", ALL_ARMS).read_bytes()
    path = tmp_path / f"{name}.osm.pbf"
    path.write_bytes(damage(whole))  # type: ignore[operator]
    with pytest.raises(MapRefused, match=rf"{name}\.osm\.pbf.*again"):
        read_roads(path, ignore)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapRefused, match=r"nowhere\.osm\.pbf"):
        read_roads(tmp_path / "nowhere.osm.pbf", ignore)


@pytest.mark.parametrize(
    "ways",
    [
        [],
        [([4, 1, 2], {"highway": "footway"})],
        [([4, 1, 2], {"waterway": "river"})],
        [([71, 72, 73], STREET)],
    ],
)
def test_a_map_without_roads_for_cars_is_refused(tmp_path: Path, ways: Ways) -> None:
    with pytest.raises(MapRefused, match="no roads for cars"):
        read_roads(write_extract(tmp_path / "a.osm.pbf", ways), ignore)


def test_a_map_with_one_dead_one_way_street_is_refused(tmp_path: Path) -> None:
    path = write_extract(tmp_path / "a.osm.pbf", [([4, 1], {**STREET, "oneway": "yes"})])
    with pytest.raises(MapRefused, match="both to and from"):
        read_roads(path, ignore)


def test_saved_roads_answer_as_before(tmp_path: Path) -> None:
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ALL_ARMS))
    save_roads(tmp_path / "roads", roads)
    assert travel_s(load_roads(tmp_path / "roads"), 4, 3) == travel_s(roads, 4, 3)


NPY_HEADER = b"{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }"
NPY = b"\x93NUMPY\x01\x00" + bytes([len(NPY_HEADER), 0]) + NPY_HEADER + bytes(4)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no zip", b"", b"\x93NUMPY\x01\x00", b"\x80\x04K\x01.", NPY]
)
def test_damaged_roads_are_refused(tmp_path: Path, content: bytes) -> None:
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ALL_ARMS))
    save_roads(tmp_path / "roads", roads)
    (tmp_path / "roads" / "arc_tail.npy").write_bytes(content)
    with pytest.raises(MapRefused, match=r"/roads:.*import the map again"):
        load_roads(tmp_path / "roads")


def test_roads_that_are_cut_short_or_gone_are_refused(tmp_path: Path) -> None:
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ALL_ARMS))
    save_roads(tmp_path / "roads", roads)
    file = tmp_path / "roads" / "arc_tail.npy"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(MapRefused, match="import the map again"):
        load_roads(tmp_path / "roads")
    file.unlink()
    with pytest.raises(MapRefused, match="no array named arc_tail"):
        load_roads(tmp_path / "roads")
    with pytest.raises(MapRefused, match="import the map again"):
        load_roads(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name", ["arc_edge", "depth", "parent", "piece_first", "up_first", "up_head", "lowest", "rank"]
)
def test_an_array_that_leads_out_of_another_is_refused(tmp_path: Path, name: str) -> None:
    """A kernel asks no bounds: it would end the process."""
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ALL_ARMS))
    save_roads(tmp_path / "roads", roads)
    file = tmp_path / "roads" / f"{name}.npy"
    array = np.load(file)
    array[len(array) // 2] = 2_147_483_647
    np.save(file, array)
    with pytest.raises(MapRefused, match="import the map again"):
        load_roads(tmp_path / "roads")


def test_roads_of_another_format_are_refused(tmp_path: Path) -> None:
    roads, _ = read(write_extract(tmp_path / "a.osm.pbf", ALL_ARMS))
    save_roads(tmp_path / "roads", roads)
    np.save(tmp_path / "roads" / "format.npy", np.int32(99))
    with pytest.raises(MapRefused, match="another version"):
        load_roads(tmp_path / "roads")


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    [
        "oslo-east-filtered.osm.pbf",
        "lund-station-sweden.osm.pbf",
        pytest.param("porto_portugal.osm.pbf", marks=pytest.mark.slow),
    ],
)
def test_on_real_streets_no_answer_differs_from_dijkstra(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout")
    roads, _ = read(path)
    graph = roads.graph
    nodes = np.random.default_rng(7).integers(0, graph.nodes, (2, 60), np.int32)
    for profile in PROFILES:
        there = roads.on(profile)
        expected = scipy_s(graph, there.travel_ms, nodes[0])[:, nodes[1]]
        assert (there.between_nodes(*nodes) == expected).all(), profile


def scipy_s(graph: RoadGraph, travel_ms: I32, sources: I32) -> F64:
    """Return the seconds from some junctions to all by scipy's Dijkstra."""
    sparse = pytest.importorskip("scipy.sparse")
    open_ms = np.where(travel_ms < CLOSED_MS, travel_ms, np.inf)
    key, place = np.unique(
        graph.arc_tail.astype(np.int64) * graph.nodes + graph.arc_head, return_inverse=True
    )
    fastest = np.full(len(key), np.inf)
    np.minimum.at(fastest, place, open_ms)
    table = sparse.csr_matrix(
        (fastest, (key // graph.nodes, key % graph.nodes)), (graph.nodes,) * 2
    )
    csgraph = pytest.importorskip("scipy.sparse.csgraph")
    return np.asarray(csgraph.dijkstra(table, indices=sources) / 1000, np.float64)
