"""Real streets under the made-up municipality: an OSM extract in, a network and 120 made-up sites out."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import osmium
import shapely
from shapely.geometry import Point, Polygon

from narvaro.demo.driving import largest_component
from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_data, read_plan
from narvaro.demo.names import Names
from narvaro.demo.network import DRIVABLE, Network, Way
from narvaro.demo.plots import wanted_sites
from narvaro.demo.registers import draw_grade
from narvaro.demo.town import TownSite

FAST = {
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary_link",
    "secondary_link",
    "tertiary_link",
}
NEAR_M = 55.0


@dataclass(frozen=True, slots=True)
class Streets:
    """What an extract holds: drivable ways and building outlines in a frame, and the addresses."""

    frame: Frame
    network: Network
    buildings: list[Polygon]
    addresses: set[str]


def read_streets(osm: Path) -> Streets:
    """Read an extract into a frame around its middle."""
    if not osm.is_file():
        raise FileNotFoundError(f"{osm}: no such file; give an .osm.pbf extract")
    ways: list[tuple[list[tuple[int, float, float]], dict[str, str]]] = []
    shapes: list[list[tuple[float, float]]] = []
    addresses: set[str] = set()
    for item in osmium.FileProcessor(str(osm), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if "addr:housenumber" in item.tags:
            street, number = item.tags.get("addr:street", ""), item.tags["addr:housenumber"]
            addresses.add(f"{street} {number}")
        if not isinstance(item, osmium.osm.Way):
            continue
        nodes = [(n.ref, n.lat, n.lon) for n in item.nodes if n.location.valid()]
        if "highway" in item.tags and len(nodes) > 1:
            ways.append((nodes, dict(item.tags)))
        elif "building" in item.tags and len(nodes) > 3 and item.is_closed():
            shapes.append([(lat, lon) for _, lat, lon in nodes])
    spots = [
        (lat, lon) for nodes, tags in ways if tags["highway"] in DRIVABLE for _, lat, lon in nodes
    ]
    if not spots:
        raise ValueError(f"{osm}: holds no drivable street; give an extract with roads")
    lats, lons = sorted(s[0] for s in spots), sorted(s[1] for s in spots)
    frame = Frame(round(lats[len(lats) // 2], 4), round(lons[len(lons) // 2], 4))
    network = _network(frame, ways)
    buildings = [Polygon([frame.metres(*p) for p in s]) for s in shapes]
    return Streets(frame, network, buildings, addresses)


def _network(
    frame: Frame, ways: list[tuple[list[tuple[int, float, float]], dict[str, str]]]
) -> Network:
    network, number = Network(), dict[int, int]()
    for nodes, tags in ways:
        kind = tags["highway"]
        if kind not in DRIVABLE | FAST or tags.get("access") in {"private", "no"}:
            continue
        for ref, lat, lon in nodes:
            if ref not in number:
                number[ref] = network.node(frame.metres(lat, lon))
        refs = [number[ref] for ref, _, _ in nodes]
        oneway = (
            tags.get("oneway") in {"yes", "1", "true", "-1"} or tags.get("junction") == "roundabout"
        )
        refs = refs[::-1] if tags.get("oneway") == "-1" else refs
        speed = int(tags["maxspeed"]) if tags.get("maxspeed", "").isdigit() else 0
        # The night drives on what the town's own network calls drivable; a motorway counts as primary.
        network.ways.append(
            Way(
                refs,
                kind if kind in DRIVABLE else "primary",
                tags.get("name", ""),
                speed or (90 if kind in FAST else 0),
                oneway,
            )
        )
    return network


def place_sites(streets: Streets, rng: Random) -> tuple[TownSite, ...]:
    """Place the plan's 120 made-up sites on buildings beside named streets of the largest road part."""
    network = streets.network
    connected = largest_component(network)
    named = [
        (w.name, n)
        for w in network.ways
        if w.name and w.drivable
        for n in w.nodes
        if n in connected
    ]
    if not named:
        raise ValueError("the extract has no named street; give one with street names")
    tree = shapely.STRtree([Point(network.points[n]) for _, n in named])
    houses = [b for b in streets.buildings if b.is_valid and 150 < b.area < 6000]
    spots = [h.representative_point() for h in houses]
    rng.shuffle(spots)
    # Where an extract has too few buildings, a site stands ten metres beside its street.
    beside = [Point(x + 7, y + 7) for x, y in (network.points[n] for _, n in named)]
    rng.shuffle(beside)
    spots += beside
    wanted = [
        (d["theme"], kind, title)
        for d in read_plan()["district"]
        for kind, title in wanted_sites(d["sites"])
    ]
    chosen = _spread(spots, tree, named, len(wanted))
    return _settle(streets, wanted, chosen, rng)


def _spread(
    spots: list[Point],
    tree: shapely.STRtree,
    named: list[tuple[str, int]],
    wanted: int,
) -> list[tuple[Point, str]]:
    """Choose places well apart from each other, with the street each lies on."""
    for gap_m in (220.0, 140.0, 90.0, 50.0, 25.0, 0.0):
        chosen: list[tuple[Point, str]] = []
        for spot in spots:
            if len(chosen) == wanted:
                return chosen
            near, metres = tree.query_nearest(spot, return_distance=True)
            if metres[0] <= NEAR_M and all(spot.distance(c) > gap_m for c, _ in chosen):
                chosen.append((spot, named[int(near[0])][0]))
        if len(chosen) == wanted:
            return chosen
    raise ValueError(
        f"the extract has room for fewer than {wanted} sites beside named streets; give a larger one"
    )


def _settle(
    streets: Streets,
    wanted: list[tuple[str, str, str]],
    chosen: list[tuple[Point, str]],
    rng: Random,
) -> tuple[TownSite, ...]:
    """Give each place its made-up name, premises and an address that no house on the map has."""
    names, numbers = Names(read_data("words.toml"), set(), rng), dict[str, int]()
    rows = []
    for (theme, kind, title), (spot, street) in zip(wanted, chosen, strict=True):
        premises, name = names.site(theme, kind, title)
        number = numbers.get(street, rng.randrange(1, 24)) + 2
        while f"{street} {number}" in streets.addresses:
            number += 2
        numbers[street] = number
        at = streets.frame.degrees(spot.x, spot.y)
        rows.append((name, kind, premises, f"{street} {number}", *at))
    rng.shuffle(rows)
    trasten = next(k for k, row in enumerate(rows) if row[0] == "Trasten skola")
    rows[13], rows[trasten] = rows[trasten], rows[13]
    return tuple(
        TownSite(f"S-{n:03d}", *row, draw_grade(row[1], rng)) for n, row in enumerate(rows, 1)
    )
