"""Vector tiles made from an extract and read again."""

import gzip
import math
from pathlib import Path

import pytest

from narvaro.directory.roads_file import MapRefused
from narvaro.directory.tile_layers import area_feature, line_feature, point_feature
from narvaro.directory.tiles import MAX_ZOOM, MIN_ZOOM, TileReader, build_tiles
from tests.directory.extracts import CROSS, STREET, Ways, ignore, write_extract

POND = {11: (60.001, 18.001), 12: (60.001, 18.003), 13: (60.002, 18.003), 14: (60.002, 18.001)}
HOUSE = {21: (60.001, 18.004), 22: (60.001, 18.005), 23: (60.0015, 18.005), 24: (60.0015, 18.004)}
WAYS: Ways = [
    ([4, 1, 2], {**STREET, "name": "Storgatan"}),
    ([5, 1, 3], {"highway": "footway"}),
    ([11, 12, 13, 14, 11], {"natural": "water", "name": "Dammen"}),
    ([21, 22, 23, 24, 21], {"building": "school"}),
    ([1, 77], {"highway": "service"}),
]


def tile_at(lat: float, lon: float, z: int) -> tuple[int, int, int]:
    """Return the address of the tile that holds a position."""
    x = (lon + 180) / 360 * (1 << z)
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * (1 << z)
    return z, int(x), int(y)


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> TileReader:
    """Build the tiles of a small town once."""
    folder = tmp_path_factory.mktemp("tiles")
    points = CROSS | POND | HOUSE | {31: (60.0, 18.0)}
    names = {31: {"place": "town", "name": "Älvhamra"}}
    pbf = write_extract(folder / "town.osm.pbf", WAYS, points=points, point_tags=names)
    build_tiles(pbf, folder / "tiles.pmtiles", ignore)
    assert sorted(path.name for path in folder.iterdir()) == ["tiles.pmtiles", "town.osm.pbf"]
    return TileReader(folder / "tiles.pmtiles")


def test_a_tile_holds_the_layers_and_names_of_its_place(tiles: TileReader) -> None:
    tile = tiles.read(*tile_at(60.0012, 18.002, MAX_ZOOM), accept_gzip=False)
    assert tile is not None
    assert tile.encoding is None
    for word in ("water", "Dammen", "buildings", "roads", "Storgatan"):
        assert word.encode() in tile.data


def test_a_tile_is_sent_as_it_is_stored_where_gzip_is_accepted(tiles: TileReader) -> None:
    address = tile_at(60.0, 18.0, 12)
    packed, plain = tiles.read(*address), tiles.read(*address, accept_gzip=False)
    assert packed is not None
    assert plain is not None
    assert packed.encoding == "gzip"
    assert gzip.decompress(packed.data) == plain.data


def test_names_of_towns_are_seen_from_far_away(tiles: TileReader) -> None:
    tile = tiles.read(*tile_at(60.0, 18.0, MIN_ZOOM), accept_gzip=False)
    assert tile is not None
    assert "Älvhamra".encode() in tile.data


@pytest.mark.parametrize(
    "address", [(10, 0, 0), (0, 0, 0), (16, 36000, 19000), (12, -1, 5), (12, 5, 1 << 12)]
)
def test_where_the_map_ends_there_is_no_tile(
    tiles: TileReader, address: tuple[int, int, int]
) -> None:
    assert tiles.zooms == (MIN_ZOOM, MAX_ZOOM)
    assert tiles.read(*address) is None


def test_damaged_tiles_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiles.pmtiles"
    with pytest.raises(MapRefused, match=r"tiles\.pmtiles"):
        TileReader(path)
    for content in (b"", b"PMTiles", b"x" * 200):
        path.write_bytes(content)
        with pytest.raises(MapRefused, match="import the map again"):
            TileReader(path)


def test_a_truncated_extract_is_refused(tmp_path: Path) -> None:
    whole = write_extract(tmp_path / "a.osm.pbf", WAYS).read_bytes()
    (tmp_path / "b.osm.pbf").write_bytes(whole[:-5])
    with pytest.raises(MapRefused, match=r"b\.osm\.pbf"):
        build_tiles(tmp_path / "b.osm.pbf", tmp_path / "tiles.pmtiles", ignore)
    assert not (tmp_path / "tiles.pmtiles").exists()


@pytest.mark.parametrize(
    ("make", "tags", "layer"),
    [
        (area_feature, {"building": "yes"}, "buildings"),
        (area_feature, {"building": "no", "natural": "water"}, "water"),
        (area_feature, {"leisure": "park"}, "green"),
        (area_feature, {"landuse": "forest"}, "green"),
        (area_feature, {"landuse": "industrial"}, None),
        (line_feature, {"highway": "residential"}, "roads"),
        (line_feature, {"highway": "footway"}, "paths"),
        (line_feature, {"highway": "pedestrian", "area": "yes"}, None),
        (line_feature, {"waterway": "river"}, "waterways"),
        (line_feature, {"boundary": "administrative", "admin_level": "7"}, "boundary"),
        (line_feature, {"boundary": "administrative", "admin_level": "10"}, None),
        (line_feature, {"railway": "rail"}, None),
        (point_feature, {"place": "suburb", "name": "Björknäs"}, "places"),
        (point_feature, {"place": "suburb"}, None),
        (point_feature, {"highway": "crossing"}, None),
    ],
)
def test_each_thing_has_its_layer(make: object, tags: dict[str, str], layer: str | None) -> None:
    feature = make(tags)  # type: ignore[operator]
    assert (feature.layer if feature else None) == layer


def test_a_road_carries_its_class_name_number_and_bridge() -> None:
    tags = {"highway": "primary", "name": "Bron", "ref": "222", "bridge": "yes", "tunnel": "no"}
    feature = line_feature(tags)
    assert feature is not None
    assert feature.properties == {
        "class": "primary", "name": "Bron", "ref": "222", "bridge": "yes"
    }  # fmt: skip
