"""The places of the history: sites, squares, parks, the station and addresses in the districts."""

from random import Random

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from narvaro.demo.areas import DISTRICTS, Area
from narvaro.demo.draft import Draft
from narvaro.demo.frame import Frame, Metres
from narvaro.demo.ground import read_plan
from narvaro.demo.network import Network
from narvaro.demo.town import TownPlace, TownSite

ADDRESSES_IN = {"villa": 9, "row": 11, "flats": 16, "old": 12, "centre": 24, "industry": 7}
APART_M = 70.0
Spot = tuple[str, Metres]


def drawn_places(
    draft: Draft, areas: tuple[Area, ...], sites: tuple[TownSite, ...], rng: Random
) -> tuple[TownPlace, ...]:
    """List the places of a drawn town: its addresses are those of houses on the map."""
    spots = [
        (f"{b.tags['addr:street']} {b.tags['addr:housenumber']}", _middle(b.area))
        for b in draft.buildings
        if "addr:street" in b.tags and "name" not in b.tags
    ]
    return _places(draft.ground.frame, areas, sites, spots, rng)


def places_on_streets(
    frame: Frame,
    network: Network,
    areas: tuple[Area, ...],
    sites: tuple[TownSite, ...],
    rng: Random,
) -> tuple[TownPlace, ...]:
    """List the places on real streets: an address there is the street's name alone."""
    spots = [
        (w.name, network.points[w.nodes[len(w.nodes) // 2]])
        for w in network.ways
        if w.name and w.drivable
    ]
    return _places(frame, areas, sites, spots, rng)


def _places(
    frame: Frame,
    areas: tuple[Area, ...],
    sites: tuple[TownSite, ...],
    spots: list[Spot],
    rng: Random,
) -> tuple[TownPlace, ...]:
    out = [TownPlace(s.code, s.name, s.kind, s.district, s.lat, s.lon) for s in sites]
    for kind, letter in (("square", "T"), ("park", "P"), ("station", "J")):
        for n, area in enumerate([a for a in areas if a.kind == kind], 1):
            lat, lon = frame.degrees(*_middle(area.shape))
            out.append(TownPlace(f"{letter}-{n:03d}", area.name, kind, area.district, lat, lon))
    for n, (name, district, at) in enumerate(_addresses(areas, spots, rng), 1):
        lat, lon = frame.degrees(*at)
        out.append(TownPlace(f"G-{n:03d}", name, "street", district, lat, lon))
    return tuple(out)


def _addresses(
    areas: tuple[Area, ...], spots: list[Spot], rng: Random
) -> list[tuple[str, str, Metres]]:
    """Choose addresses in each district, well apart from each other, each name once."""
    kind_of = {d["name"]: d["kind"] for d in read_plan()["district"]}
    spots = sorted(spots)
    rng.shuffle(spots)
    out: list[tuple[str, str, Metres]] = []
    named: set[str] = set()
    for area in (a for a in areas if a.kind in DISTRICTS):
        least_x, least_y, most_x, most_y = area.shape.bounds
        chosen: list[Point] = []
        for name, (x, y) in spots:
            if len(chosen) == ADDRESSES_IN[kind_of[area.district]]:
                break
            if name in named or not (least_x <= x <= most_x and least_y <= y <= most_y):
                continue
            point = Point(x, y)
            if area.shape.contains(point) and all(point.distance(c) >= APART_M for c in chosen):
                chosen.append(point)
                named.add(name)
                out.append((name, area.district, (x, y)))
    return out


def _middle(shape: BaseGeometry) -> Metres:
    point = shape.representative_point()
    return point.x, point.y
