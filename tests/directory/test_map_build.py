"""A map folder is whole or not there, and built once."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from narvaro.core.said import Said
from narvaro.directory import map_build
from narvaro.directory.map_build import MapMeta, build_map, open_map
from narvaro.directory.maps import _open
from narvaro.directory.roads_file import MapRefused, RoadFacts
from narvaro.directory.tiles import build_tiles
from tests.directory.extracts import CROSS, STREET, Ways, ignore, write_extract

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WAYS: Ways = [([4, 1, 2], STREET), ([5, 1, 3], STREET)]


@pytest.fixture
def pbf(tmp_path: Path) -> Path:
    """Write a small extract."""
    return write_extract(tmp_path / "town.osm.pbf", WAYS)


def test_a_built_map_opens_with_roads_tiles_and_facts(tmp_path: Path, pbf: Path) -> None:
    heard: list[tuple[str, float]] = []
    meta = build_map(
        pbf, tmp_path / "maps", lambda step, share: heard.append((step, share)), made_at=AT
    )
    assert meta.sha256 == hashlib.sha256(pbf.read_bytes()).hexdigest()
    opened = open_map(tmp_path / "maps" / meta.sha256)
    assert opened.meta == meta
    assert (meta.nodes, meta.arcs, meta.source) == (5, 8, "town.osm.pbf")
    assert meta.bounds == pytest.approx((59.99, 17.99, 60.01, 18.01))
    assert meta.made_at == "2026-11-23T02:00:00+00:00"
    assert meta.attribution == "© OpenStreetMap contributors"
    assert opened.roads.travel_s(opened.roads.place(*CROSS[4]), opened.roads.place(*CROSS[2]))[
        0, 0
    ] == pytest.approx(222.39, abs=0.01)
    assert opened.tiles.zooms == meta.zooms == (8, 15)
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {step for step, _ in heard} == {"roads", "order", "addresses", "tiles", "ready"}


def test_the_same_file_again_changes_nothing(tmp_path: Path, pbf: Path) -> None:
    first = build_map(pbf, tmp_path / "maps", ignore, made_at=AT)
    folder = tmp_path / "maps" / first.sha256
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = build_map(pbf, tmp_path / "maps", ignore, made_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert again == first
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert set(before) == {"roads", "addresses.npz", "tiles.pmtiles", "meta.json"}


def test_a_map_from_before_addresses_gets_them_when_its_file_comes_again(tmp_path: Path) -> None:
    """The rest of the folder stays as it is; until then the map says that it knows none."""
    house = {1: {"addr:street": "Skolgatan", "addr:housenumber": "1"}}
    pbf = write_extract(tmp_path / "town.osm.pbf", WAYS, point_tags=house)
    meta = build_map(pbf, tmp_path / "maps", ignore, made_at=AT)
    folder = tmp_path / "maps" / meta.sha256
    (folder / "addresses.npz").unlink()
    roads = (folder / "roads").stat().st_mtime_ns
    ground = _open(folder)
    assert (ground.addresses.known, len(ground.addresses)) == (False, 0)
    assert build_map(pbf, tmp_path / "maps", ignore, made_at=AT) == meta
    assert [entry.address for entry in ground.addresses.entries()] == ["Skolgatan 1"]
    assert (folder / "roads").stat().st_mtime_ns == roads
    assert {path.name for path in folder.iterdir()} == {
        "roads", "addresses.npz", "tiles.pmtiles", "meta.json",
    }  # fmt: skip


def test_damaged_addresses_stop_no_one_who_needs_only_the_roads(tmp_path: Path, pbf: Path) -> None:
    meta = build_map(pbf, tmp_path / "maps", ignore, made_at=AT)
    folder = tmp_path / "maps" / meta.sha256
    (folder / "addresses.npz").write_bytes(b"PK")
    ground = _open(folder)
    assert ground.roads.graph.nodes == 5
    with pytest.raises(MapRefused, match=r"addresses\.npz.*import the map again"):
        _ = ground.addresses


def test_a_refused_file_leaves_nothing_behind(tmp_path: Path, pbf: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(pbf.read_bytes()[:-3])
    with pytest.raises(MapRefused, match=r"broken\.osm\.pbf"):
        build_map(broken, tmp_path / "maps", ignore, made_at=AT)
    assert list((tmp_path / "maps").iterdir()) == []
    with pytest.raises(MapRefused, match=r"none\.osm\.pbf"):
        build_map(tmp_path / "none.osm.pbf", tmp_path / "maps", ignore, made_at=AT)


def test_a_failure_late_in_the_work_leaves_no_half_map(
    tmp_path: Path, pbf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MapRefused(Said("The disk is full"), "tiles", Said("Make room."))

    monkeypatch.setattr(map_build, "build_tiles", fail)
    with pytest.raises(MapRefused, match="Make room"):
        build_map(pbf, tmp_path / "maps", ignore, made_at=AT)
    assert list((tmp_path / "maps").iterdir()) == []


def test_whoever_is_second_with_the_same_file_takes_the_first_map(
    tmp_path: Path, pbf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process finishes the same map while this one makes its tiles."""
    maps = tmp_path / "maps"
    make_tiles = build_tiles

    def overtaken(*given: object) -> None:
        monkeypatch.setattr(map_build, "build_tiles", make_tiles)
        build_map(pbf, maps, ignore, made_at=AT)
        make_tiles(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(map_build, "build_tiles", overtaken)
    meta = build_map(pbf, maps, ignore, made_at=AT)
    assert [path.name for path in maps.iterdir()] == [meta.sha256]


def test_a_map_that_is_gone_or_damaged_says_so(tmp_path: Path, pbf: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_map(tmp_path / "maps" / ("0" * 64))
    meta = build_map(pbf, tmp_path / "maps", ignore, made_at=AT)
    folder = tmp_path / "maps" / meta.sha256
    for text in ("", "{", "[]", '{"sha256": 1}', json.dumps({"bounds": [], "roads": {}})):
        (folder / "meta.json").write_text(text, "utf-8")
        with pytest.raises(MapRefused, match=r"meta\.json"):
            open_map(folder)
    (folder / "meta.json").write_text(meta.to_json(), "utf-8")
    (folder / "roads" / "arc_tail.npy").write_bytes(b"PK")
    with pytest.raises(MapRefused, match="/roads:"):
        open_map(folder)


def test_a_map_of_another_version_is_built_anew(tmp_path: Path, pbf: Path) -> None:
    """It was in one file then."""
    meta = build_map(pbf, tmp_path / "maps", ignore, made_at=AT)
    folder = tmp_path / "maps" / meta.sha256
    shutil.rmtree(folder / "roads")
    (folder / "roads.npz").write_bytes(b"PK")
    assert build_map(pbf, tmp_path / "maps", ignore, made_at=AT) == meta
    assert open_map(folder).meta == meta
    assert [one.name for one in (tmp_path / "maps").iterdir()] == [meta.sha256]
    assert not (folder / "roads.npz").exists()


def test_the_facts_survive_the_file() -> None:
    facts = RoadFacts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, {"car": 11}, (1.0, 2.0, 3.0, 4.0))
    meta = MapMeta("ab", "å.osm.pbf", (1.0, 2.0, 3.0, 4.0), 5, 6, facts, (8, 15), "©", "now", "n 1")
    assert MapMeta.from_json(meta.to_json()) == meta
