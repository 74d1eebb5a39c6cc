"""Named areas: squares, parks, yards and housing areas lie where they should, on the map too."""

import json
from collections import Counter
from typing import Any

import osmium
import pytest
import shapely
from shapely.geometry import Point, shape

from narvaro.demo.ground import read_plan
from narvaro.demo.town import Town


@pytest.fixture(scope="module")
def features(town: Town) -> list[dict[str, Any]]:
    """Read areas.geojson."""
    read: dict[str, Any] = json.loads((town.folder / "areas.geojson").read_text("utf-8"))
    assert read["type"] == "FeatureCollection"
    return list(read["features"])


def test_every_kind_is_there_with_valid_shapes(features: list[dict[str, Any]]) -> None:
    """Each name once in its kind; a district for each of the plan's."""
    kinds = Counter(f["properties"]["kind"] for f in features)
    assert set(kinds) == {"square", "park", "yard", "housing", "other"}
    assert kinds["square"] == 10
    assert kinds["yard"] == 26
    named = {(f["properties"]["kind"], f["properties"]["name"]) for f in features}
    assert len(named) == len(features)
    assert {d["name"] for d in read_plan()["district"]} <= {name for _, name in named}
    assert all(shape(f["geometry"]).is_valid for f in features)


def test_the_inhabitants_of_the_areas_are_those_of_the_town(features: list[dict[str, Any]]) -> None:
    """To rounding."""
    living = sum(f["properties"].get("inhabitants", 0) for f in features)
    assert abs(living - read_plan()["town"]["inhabitants"]) < 20


def test_sites_and_places_lie_in_their_districts(
    town: Town, features: list[dict[str, Any]]
) -> None:
    """Each address of a district inside it; each school in its yard."""
    shapes = {f["properties"]["name"]: shape(f["geometry"]) for f in features}
    for place in town.places:
        point = Point(place.lon, place.lat)
        if place.kind == "street":
            assert shapes[place.district].buffer(0.0002).contains(point), place
        if place.kind in {"square", "park", "station"}:
            assert shapes[place.name].contains(point), place
    for site in town.sites:
        if site.kind == "school":
            yard = shapes[f"{site.name}, skolgård"]
            assert yard.contains(Point(site.lon, site.lat)), site


def test_squares_and_parks_are_on_the_map(town: Town, features: list[dict[str, Any]]) -> None:
    """Squares as named places, parks as named areas."""
    squares, parks = set(), set()
    for item in osmium.FileProcessor(str(town.folder / "town.osm.pbf")):
        if item.tags.get("place") == "square":
            squares.add(item.tags["name"])
        if item.tags.get("leisure") == "park" and "name" in item.tags:
            parks.add(item.tags["name"])
    by_kind = {
        kind: {f["properties"]["name"] for f in features if f["properties"]["kind"] == kind}
        for kind in ("square", "park")
    }
    assert squares == by_kind["square"]
    assert parks == by_kind["park"]


def test_housing_areas_do_not_overlap(features: list[dict[str, Any]]) -> None:
    """A point belongs to one of them at most, edges apart."""
    shapes = [shape(f["geometry"]) for f in features if f["properties"]["kind"] == "housing"]
    assert shapely.union_all(shapes).area == pytest.approx(sum(s.area for s in shapes), rel=0.01)
