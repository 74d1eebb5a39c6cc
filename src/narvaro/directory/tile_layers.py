"""What the map shows. In: OpenStreetMap tags. Out: the layer, its properties and the first zoom."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

Tags = Mapping[str, str]

LAYERS = (
    "green", "water", "waterways", "buildings", "paths", "roads", "boundary", "places"
)  # fmt: skip

GREEN = {
    "landuse": {
        "forest": "wood", "grass": "grass", "meadow": "grass", "recreation_ground": "park",
        "village_green": "park", "cemetery": "cemetery", "allotments": "grass", "orchard": "grass",
        "farmland": "field",
    },
    "leisure": {
        "park": "park", "garden": "park", "pitch": "pitch", "playground": "playground",
        "golf_course": "grass", "nature_reserve": "wood",
    },
    "natural": {
        "wood": "wood", "scrub": "grass", "grassland": "grass", "heath": "grass",
        "wetland": "wetland",
    },
}  # fmt: skip
LARGE_GREEN_ZOOM = {"wood": 8, "field": 9, "wetland": 10}
WATERWAYS = {"river": 9, "canal": 11, "stream": 13, "ditch": 15}
ROADS = {
    "motorway": 8, "motorway_link": 11, "trunk": 8, "trunk_link": 11, "primary": 8,
    "primary_link": 12, "secondary": 10, "secondary_link": 12, "tertiary": 11, "tertiary_link": 13,
    "unclassified": 12, "residential": 13, "road": 13, "living_street": 13, "pedestrian": 13,
    "service": 14, "busway": 14,
}  # fmt: skip
PATHS = {"track": 13, "cycleway": 13, "footway": 14, "path": 14, "bridleway": 14, "steps": 15}
PLACES = {
    "city": 8, "town": 8, "suburb": 11, "village": 10, "hamlet": 12, "quarter": 12,
    "neighbourhood": 13, "isolated_dwelling": 14, "square": 15,
}  # fmt: skip
BORDER_LEVELS = {"2", "4", "6", "7", "8", "9"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on the map; the geometry is GeoJSON text."""

    layer: str
    from_zoom: int
    properties: dict[str, str] = field(default_factory=dict)
    geometry: str = ""

    def at(self, geometry: str) -> Self:
        """Return the same thing with its shape."""
        return replace(self, geometry=geometry)


def area_feature(tags: Tags) -> Feature | None:
    """Return what an area is on the map, or None."""
    if tags.get("building", "no") != "no":
        return Feature("buildings", 13, _named({}, tags))
    if tags.get("natural") == "water" or tags.get("waterway") in {"riverbank", "dock"}:
        return Feature("water", 8, _named({}, tags))
    for key, kinds in GREEN.items():
        kind = kinds.get(tags.get(key, ""))
        if kind:
            return Feature("green", LARGE_GREEN_ZOOM.get(kind, 12), _named({"class": kind}, tags))
    return None


def line_feature(tags: Tags) -> Feature | None:
    """Return what a line is on the map, or None."""
    highway, waterway = tags.get("highway", ""), tags.get("waterway", "")
    if tags.get("area") != "yes":
        if highway in ROADS:
            return Feature("roads", ROADS[highway], _road(highway, tags))
        if highway in PATHS:
            return Feature("paths", PATHS[highway], _road(highway, tags))
    if waterway in WATERWAYS:
        return Feature("waterways", WATERWAYS[waterway], _named({"class": waterway}, tags))
    if tags.get("boundary") == "administrative" and tags.get("admin_level") in BORDER_LEVELS:
        return Feature("boundary", 8, {"level": tags["admin_level"]})
    return None


def point_feature(tags: Tags) -> Feature | None:
    """Return what a point is on the map, or None."""
    place = tags.get("place", "")
    if place in PLACES and "name" in tags:
        return Feature("places", PLACES[place], _named({"class": place}, tags))
    return None


def _road(kind: str, tags: Tags) -> dict[str, str]:
    properties = _named({"class": kind}, tags)
    if "ref" in tags:
        properties["ref"] = tags["ref"]
    for key in ("bridge", "tunnel"):
        if tags.get(key, "no") != "no":
            properties[key] = "yes"
    return properties


def _named(properties: dict[str, str], tags: Tags) -> dict[str, str]:
    name = tags.get("name:sv") or tags.get("name")
    return properties | {"name": name} if name else properties
