"""Addresses and named places from real `.osm.pbf` files, and the file that they are kept in."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from narvaro.core.geo import distance_m
from narvaro.core.placing import Entry, Gazetteer, place
from narvaro.core.placing.gazetteer import SAME_PLACE_M
from narvaro.directory.addresses_file import (
    MapAddresses,
    load_addresses,
    read_addresses,
    save_addresses,
)
from narvaro.directory.roads_file import MapRefused
from tests.directory.extracts import CROSS, STREET, Tags, Ways, ignore, write_extract

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "osm"
HOUSE: Tags = {"addr:street": "Skolgatan", "addr:housenumber": "12 A", "addr:city": "Älvhamra"}
BLOCK = {11: (60.0, 18.0), 12: (60.0, 18.001), 13: (60.001, 18.001), 14: (60.001, 18.0)}
RING = [11, 12, 13, 14, 11]


def entries(
    path: Path, ways: Ways = (), point_tags: Mapping[int, Tags] | None = None
) -> list[Entry]:
    """Write an extract and return what is read of it."""
    pbf = write_extract(
        path / "a.osm.pbf", [([1, 2], STREET), *ways], points=CROSS | BLOCK, point_tags=point_tags
    )
    return list(read_addresses(pbf, ignore).entries())


def test_a_point_with_a_street_and_number_is_an_address(tmp_path: Path) -> None:
    (found,) = entries(tmp_path, point_tags={3: HOUSE})
    assert (found.kind, found.address, found.locality) == ("address", "Skolgatan 12 A", "Älvhamra")
    assert (found.lat, found.lon) == (60.0, 18.01)


def test_a_building_is_one_point_inside_it(tmp_path: Path) -> None:
    (found,) = entries(tmp_path, [(RING, {**HOUSE, "building": "yes"})])
    assert found.lat is not None
    assert found.lon is not None
    assert (60.0 < found.lat < 60.001, 18.0 < found.lon < 18.001) == (True, True)


def test_several_numbers_and_a_place_in_place_of_a_street(tmp_path: Path) -> None:
    tags = {
        1: {"addr:street": "Storgatan", "addr:housenumber": "3;5, 7"},
        2: {"addr:place": "Torpet", "addr:housenumber": "2"},
        3: {"addr:housenumber": "9"},
        4: {"addr:street": "Storgatan"},
    }
    found = {entry.address for entry in entries(tmp_path, point_tags=tags)}
    assert found == {"Storgatan 3", "Storgatan 5", "Storgatan 7", "Torpet 2"}


def test_schools_parks_and_squares_are_areas_with_all_their_names(tmp_path: Path) -> None:
    """A shop is no place that rows are about, nor is a thing without a name."""
    tags = {
        1: {"place": "square", "name": "Stortorget", "alt_name": "Torget;Stora torget"},
        2: {"amenity": "cafe", "name": "Kaffehörnan"},
        3: {"amenity": "school"},
    }
    ways: Ways = [(RING, {"leisure": "park", "name": "Stads\nparken"})]
    found = {(one.kind, one.name, one.aliases) for one in entries(tmp_path, ways, tags)}
    assert found == {
        ("area", "Stortorget", ("Torget", "Stora torget")),
        ("area", "Stads parken", ()),
    }


def test_a_building_that_the_extract_cuts_is_left_out(tmp_path: Path) -> None:
    assert entries(tmp_path, [([11, 12, 77, 14, 11], {**HOUSE, "building": "yes"})]) == []


def test_the_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    tags = {
        1: HOUSE,
        3: {"amenity": "school", "name": "Trasten skola", "old_name": "Västra skolan"},
    }
    pbf = write_extract(tmp_path / "a.osm.pbf", [([1, 2], STREET)], point_tags=tags)
    read = read_addresses(pbf, ignore)
    save_addresses(tmp_path / "addresses.npz", read)
    loaded = load_addresses(tmp_path / "addresses.npz")
    assert list(loaded.entries()) == list(read.entries())
    assert (len(loaded), loaded.known, len(list(loaded.entries()))) == (1, True, 2)


def test_a_map_without_addresses_is_known_to_have_none(tmp_path: Path) -> None:
    """That is another thing than a map from before they were read."""
    pbf = write_extract(tmp_path / "a.osm.pbf", [([1, 2], STREET)])
    save_addresses(tmp_path / "addresses.npz", read_addresses(pbf, ignore))
    loaded = load_addresses(tmp_path / "addresses.npz")
    assert (len(loaded), loaded.known, list(loaded.entries())) == (0, True, [])
    assert load_addresses(tmp_path / "none.npz").known is False


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x80\x04K\x01."])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "addresses.npz"
    path.write_bytes(content)
    with pytest.raises(MapRefused, match=r"addresses\.npz.*import the map again"):
        load_addresses(path)


def test_columns_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "addresses.npz"
    place = np.zeros(2, np.int32)
    save_addresses(path, MapAddresses(("Storgatan",), ("1", "2"), ("", ""), place, place))
    with pytest.raises(MapRefused, match="import the map again"):
        load_addresses(path)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "addresses.npz"
    np.savez(path, format=np.int32(99))
    with pytest.raises(MapRefused, match="another version"):
        load_addresses(path)


def test_a_file_that_is_no_extract_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(b"not an extract")
    with pytest.raises(MapRefused, match=r"a\.osm\.pbf"):
        read_addresses(path, ignore)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "least"), [("stockholm-mariatorget.osm.pbf", 300), ("Helsinki.osm.pbf", 1000)]
)
def test_real_addresses_are_placed_at_their_own_house(name: str, least: int) -> None:
    """Hardly any needs confirmation, and none that does not is placed at another house."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout")
    read = read_addresses(path, ignore)
    assert len(read) >= least
    places = Gazetteer.build(read.entries())
    for entry in read.entries():
        found = place(places, [entry.address.upper()])
        if entry.kind == "address" and found.sure:
            apart = distance_m(entry.lat or 0, entry.lon or 0, found.lat or 0, found.lon or 0)
            assert float(apart) <= SAME_PLACE_M, (entry, found)
    sure = [place(places, [one.address]).sure for one in read.entries() if one.kind == "address"]
    assert sum(sure) > 0.95 * len(sure)
