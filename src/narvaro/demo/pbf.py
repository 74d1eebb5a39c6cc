"""Write the drawn town as OpenStreetMap data: a Draft in, town.osm.pbf out, same bytes for the same Draft."""

from pathlib import Path

import osmium
from osmium.osm import mutable
from shapely.geometry import Polygon

from narvaro.demo.draft import Draft
from narvaro.demo.frame import Metres
from narvaro.demo.network import Way

Tags = dict[str, str]
AMENITY = {
    "school": {"amenity": "school", "building": "school"},
    "preschool": {"amenity": "kindergarten", "building": "kindergarten"},
    "library": {"amenity": "library", "building": "public"},
    "hall": {"leisure": "sports_centre", "building": "sports_hall"},
    "other": {"building": "public"},
}


class _Sheet:
    """Collects nodes, ways and relations, numbered in the order they come."""

    def __init__(self, draft: Draft) -> None:
        self.frame = draft.ground.frame
        self.nodes: list[tuple[Metres, Tags]] = [
            (p, draft.network.node_tags.get(n, {})) for n, p in enumerate(draft.network.points)
        ]
        self.ways: list[tuple[list[int], Tags]] = []
        self.relations: list[tuple[list[tuple[int, str]], Tags]] = []

    def ring(self, points: list[Metres], tags: Tags) -> int:
        first = len(self.nodes)
        self.nodes += [((x, y), {}) for x, y in points[:-1]]
        self.ways.append(([*range(first, len(self.nodes)), first], tags))
        return len(self.ways)

    def area(self, area: Polygon, tags: Tags) -> None:
        outer = [(x, y) for x, y in area.exterior.coords]
        if not area.interiors:
            self.ring(outer, tags)
            return
        parts = [(self.ring(outer, {}), "outer")]
        parts += [(self.ring([(x, y) for x, y in i.coords], {}), "inner") for i in area.interiors]
        self.relations.append((parts, {"type": "multipolygon", **tags}))

    def place(self, at: Metres, tags: Tags) -> None:
        self.nodes.append((at, tags))


def write_pbf(path: Path, draft: Draft) -> None:
    """Write the town; ids start at 1, objects carry no version, author or time."""
    sheet = _Sheet(draft)
    used = sorted({n for w in draft.network.ways for n in w.nodes})
    for way in draft.network.ways:
        sheet.ways.append((way.nodes, _way_tags(way)))
    keep = set(used)
    _areas(sheet, draft)
    _labels(sheet, draft)
    header = osmium.io.Header()
    header.set("generator", "narvaro.demo")
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path), header=header)
    try:
        for n, (point, tags) in enumerate(sheet.nodes):
            if n in keep or n >= len(draft.network.points):
                lat, lon = sheet.frame.degrees(*point)
                writer.add_node(mutable.Node(id=n + 1, location=(lon, lat), tags=tags))
        for n, (nodes, tags) in enumerate(sheet.ways):
            writer.add_way(mutable.Way(id=n + 1, nodes=[k + 1 for k in nodes], tags=tags))
        for n, (parts, tags) in enumerate(sheet.relations):
            members = [("w", ref, role) for ref, role in parts]
            writer.add_relation(mutable.Relation(id=n + 1, members=members, tags=tags))
    finally:
        writer.close()


def _way_tags(way: Way) -> Tags:
    tags = {} if way.highway == "rail" else {"highway": way.highway}
    tags |= {"name": way.name} if way.name else {}
    tags |= {"maxspeed": str(way.maxspeed)} if way.maxspeed else {}
    tags |= {"oneway": "yes"} if way.oneway else {}
    tags |= {"bridge": "yes", "layer": "1"} if way.bridge else {}
    tags |= {"foot": "designated"} if way.highway == "cycleway" else {}
    return tags | way.extra


def _areas(sheet: _Sheet, draft: Draft) -> None:
    for name, kind, area in draft.ground.bodies:
        sheet.area(
            area, {"natural": "water", "water": kind if kind != "bay" else "lagoon", "name": name}
        )
    sheet.ways.append(_river(sheet, draft))
    for shape in draft.shapes:
        sheet.area(shape.area, shape.tags)
    plots = {id(p.building): p for p in draft.plots if p.building is not None}
    for building in draft.buildings:
        plot = plots.get(id(building.area))
        tags = AMENITY[plot.kind] if plot is not None else {}
        sheet.area(building.area, building.tags | tags)


def _river(sheet: _Sheet, draft: Draft) -> tuple[list[int], Tags]:
    first = len(sheet.nodes)
    sheet.nodes += [(p, {}) for p in draft.ground.river]
    name = draft.ground.plan["water"]["river"]["name"]
    return list(range(first, len(sheet.nodes))), {"waterway": "river", "name": name}


def _labels(sheet: _Sheet, draft: Draft) -> None:
    town = draft.ground.plan["town"]
    sheet.place(
        (0.0, 0.0), {"place": "town", "name": town["name"], "population": str(town["inhabitants"])}
    )
    for district in draft.ground.districts:
        sheet.place(district.at, {"place": "suburb", "name": district.name})
    for square in draft.plots:
        if square.kind == "square":
            middle = square.area.representative_point()
            sheet.place((middle.x, middle.y), {"place": "square", "name": square.name})
    for island in draft.ground.plan["water"]["island"]:
        sheet.place(tuple(island["centre"]), {"place": "islet", "name": island["name"]})
    rail = draft.ground.plan["railway"]
    sheet.place(
        (rail["station"][0], rail["station"][1]),
        {"railway": "station", "public_transport": "station", "name": f"{town['name']} station"},
    )
