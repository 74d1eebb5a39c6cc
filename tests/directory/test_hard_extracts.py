"""Extracts that are cut short, damaged or odd: a map that answers, or a refusal that says what to do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narvaro.core.roads import Roads, WhyNot
from narvaro.directory.map_build import build_map, open_map
from narvaro.directory.roads_file import MapRefused, read_roads
from tests.directory.extracts import CROSS, STREET, Tags, Ways, ignore, write_extract
from tests.make import NIGHT
from tests.roads import write_street

WAYS: Ways = [([4, 1, 2], STREET), ([5, 1, 3], STREET)]
FOOTPATH: Tags = {"highway": "footway"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give the bytes of a street of twenty kilometres: several blocks."""
    return write_street(tmp_path_factory.mktemp("whole") / "street.osm.pbf").read_bytes()


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """Give a folder of maps that holds one."""
    pbf = write_extract(tmp_path / "before.osm.pbf", WAYS)
    build_map(pbf, tmp_path / "maps", ignore, made_at=NIGHT)
    return tmp_path / "maps"


def folders(maps: Path) -> list[str]:
    """List what lies in a folder of maps, hidden folders too."""
    return sorted(one.name for one in maps.iterdir())


def test_an_extract_that_is_cut_anywhere_is_refused(
    whole: bytes, maps: Path, tmp_path: Path
) -> None:
    """At fifty places and at each of the last bytes; what was there stays, nothing half is left."""
    before = folders(maps)
    cuts = {*np.linspace(0, len(whole) - 1, 50, dtype=int).tolist(), *range(-8, 0)}
    for number, cut in enumerate(sorted(cuts)):
        half = tmp_path / f"half{number}.osm.pbf"
        half.write_bytes(whole[:cut])
        with pytest.raises(MapRefused, match=rf"half{number}\.osm\.pbf.*(again|[Cc]hoose)"):
            build_map(half, maps, ignore, made_at=NIGHT)
        assert folders(maps) == before, cut


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a place for damaged files."""
    folder = tmp_path_factory.mktemp("damaged")
    yield folder
    shutil.rmtree(folder)


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4))
@example([(0.0, 255)])
def test_a_damaged_extract_is_a_map_that_answers_or_refused(
    whole: bytes, damaged: Path, flips: list[tuple[float, int]]
) -> None:
    """Bytes turned over anywhere: whatever of it is read can be asked; nothing else ever happens."""
    content = bytearray(whole)
    for place, mask in flips:
        content[int(place * len(content))] ^= mask
    path = damaged / "damaged.osm.pbf"
    path.write_bytes(content)
    try:
        graph, _ = read_roads(path, ignore)
    except MapRefused:
        return
    roads = Roads.build(graph)
    places = roads.place(graph.node_lat[:2], graph.node_lon[:2])
    assert not np.isnan(roads.travel_s(places, places)).any()


@pytest.mark.parametrize(
    ("ways", "points", "said"),
    [
        pytest.param([], CROSS, "no roads for cars", id="no roads at all"),
        pytest.param([], {}, "no roads for cars", id="nothing at all"),
        pytest.param([([1], STREET)], {1: CROSS[1]}, "no roads for cars", id="one point"),
        pytest.param([([1, 1], STREET)], {1: CROSS[1]}, "both to and from", id="one point twice"),
        pytest.param([([4, 1, 2], FOOTPATH)], CROSS, "no roads for cars", id="only footpaths"),
    ],
)
def test_a_map_that_nobody_can_drive_on_is_refused(
    maps: Path, tmp_path: Path, ways: Ways, points: dict[int, tuple[float, float]], said: str
) -> None:
    before = folders(maps)
    pbf = write_extract(tmp_path / "odd.osm.pbf", ways, points=points)
    with pytest.raises(MapRefused, match=rf"{said}.*odd\.osm\.pbf.*Choose"):
        build_map(pbf, maps, ignore, made_at=NIGHT)
    assert folders(maps) == before


def built(tmp_path: Path, ways: Ways, **given_: object) -> Roads:
    """Build a map of an extract, tiles and all, and open it."""
    pbf = write_extract(tmp_path / "odd.osm.pbf", ways, **given_)  # type: ignore[arg-type]
    meta = build_map(pbf, tmp_path / "maps", ignore, made_at=NIGHT)
    return open_map(tmp_path / "maps" / meta.sha256).roads


def ask(roads: Roads, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the seconds between two positions; the way agrees."""
    one, other = roads.place(*a), roads.place(*b)
    found = float(roads.travel_s(one, other)[0, 0])
    route = roads.route(one, other)
    assert (route.seconds if route else np.inf) == pytest.approx(found)
    return found


def test_ways_of_no_length_change_nothing(tmp_path: Path) -> None:
    """A point twice in a row, two points at one place, a way from a point to itself."""
    points = {**CROSS, 6: CROSS[1]}
    ways: Ways = [
        ([4, 1, 1, 6, 2], STREET), ([1, 6], STREET), ([6, 1], STREET), ([3, 3], STREET),
        ([5, 1, 3], STREET), ([1, 1, 1], STREET),
    ]  # fmt: skip
    odd, plain = tmp_path / "odd", tmp_path / "plain"
    odd.mkdir()
    plain.mkdir()
    found, expected = built(odd, ways, points=points), built(plain, WAYS)
    for a, b in ((4, 2), (2, 5), (3, 3), (1, 4)):
        seconds = ask(expected, CROSS[a], CROSS[b])
        assert ask(found, CROSS[a], CROSS[b]) == pytest.approx(seconds, abs=0.01)


def test_ways_that_stand_twice_count_once(tmp_path: Path) -> None:
    """The same way again, and backwards, and with another limit: the faster one is driven."""
    ways: Ways = [*WAYS, *WAYS, ([2, 1, 4], STREET), ([4, 1, 2], {**STREET, "maxspeed": "72"})]
    roads = built(tmp_path, ways)
    assert ask(roads, CROSS[4], CROSS[2]) == pytest.approx(2224 / 20, abs=0.1)
    assert ask(roads, CROSS[5], CROSS[2]) == pytest.approx(556 / 10 + 1112 / 20, abs=0.1)


def test_a_map_of_one_street_answers(tmp_path: Path) -> None:
    """The smallest map there is: two points."""
    roads = built(tmp_path, [([4, 1], STREET)])
    assert ask(roads, CROSS[4], CROSS[1]) == pytest.approx(111.2, abs=0.1)
    assert ask(roads, CROSS[1], CROSS[1]) == 0.0
    assert roads.within(roads.place(*CROSS[1]), 30.0)
    ring = built_ring(tmp_path)
    assert ask(ring, CROSS[1], CROSS[1]) == 0.0


def built_ring(tmp_path: Path) -> Roads:
    """Build a map of one ring: a single junction."""
    points = {1: (60.0, 18.0), 2: (60.001, 18.0), 3: (60.001, 18.002)}
    folder = tmp_path / "ring"
    folder.mkdir()
    return built(folder, [([1, 2, 3, 1], {**STREET, "oneway": "yes"})], points=points)


def test_on_two_islands_it_is_said_of_the_smaller_that_no_road_leads_there(tmp_path: Path) -> None:
    """Cars have no road there at all; its walkers neither: a place there is off the map."""
    far = {6: (60.2, 18.0), 7: (60.201, 18.0), 8: (60.201, 18.001)}
    roads = built(tmp_path, [*WAYS, ([6, 7, 8], STREET)], points={**CROSS, **far})
    here, there = roads.place(*CROSS[4]), roads.place(*far[6])
    assert np.isinf(roads.travel_s(here, there)).all()
    assert there.distance_m[0] > 20_000
    assert roads.why_not(here, there) == WhyNot.TARGET_OFF_ROAD
    assert roads.why_not(there, here) == WhyNot.SOURCE_OFF_ROAD


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (np.nan, 18.0), (60.0, np.nan), (np.inf, 18.0), (60.0, -np.inf), (90.0, 18.0), (-90.0, 0.0),
        (60.0, 180.0), (60.0, -180.0), (90.000001, 18.0), (60.0, 540.0), (1e300, -1e300), (0.0, 0.0),
    ],
)  # fmt: skip
def test_a_position_that_is_nowhere_is_off_every_map(
    tmp_path: Path, lat: float, lon: float
) -> None:
    """Not a number, out of range, at a pole, on the date line: unreachable, and it says so at once."""
    roads = built(tmp_path, WAYS)
    for one in (roads, roads.on("foot")):
        nowhere, here = one.place(lat, lon), one.place(*CROSS[1])
        assert (nowhere.piece[0], bool(nowhere.distance_m[0] > 50_000)) == (-1, True)
        assert np.isinf(one.travel_s(nowhere, here)).all()
        assert one.why_not(nowhere, here) == WhyNot.SOURCE_OFF_ROAD
        assert one.why_not(here, nowhere) == WhyNot.TARGET_OFF_ROAD
        assert one.within(nowhere, 600.0) == []
        assert one.route(here, nowhere) is None


@pytest.mark.parametrize("middle", [(0.0, 179.99), (89.98, 18.0), (-89.9, -179.9), (0.0, 0.0)])
def test_a_map_at_the_edge_of_the_earth_answers(
    tmp_path: Path, middle: tuple[float, float]
) -> None:
    """Beside the date line, near both poles, and where the coordinates are nought."""
    lat, lon = middle
    points = {key: (lat + a - 60.0, lon + b - 18.0) for key, (a, b) in CROSS.items()}
    points = {key: (a, min(b, 180.0)) for key, (a, b) in points.items()}
    roads = built(tmp_path, WAYS, points=points)
    assert ask(roads, points[4], points[2]) == pytest.approx(222.4, abs=0.5)
    for place in points.values():
        assert roads.place(*place).distance_m[0] < 1.0
    assert roads.within(roads.place(*points[1]), 30.0)
