"""Addresses on the map: each site at its own, odd and even sides, numbers that rise along a street."""

from dataclasses import dataclass

import numpy as np
import osmium
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon

from narvaro.demo.frame import Frame
from narvaro.demo.town import Town

FRAME = Frame(58.6, 19.5)


@dataclass(frozen=True)
class House:
    """A building of the map with its address."""

    street: str
    number: str
    area: Polygon

    @property
    def figure(self) -> int:
        """The number without its letter."""
        return int(self.number.split()[0])


@dataclass(frozen=True)
class Way:
    """A way of the map in metres."""

    tags: dict[str, str]
    points: list[tuple[float, float]]


@pytest.fixture(scope="module")
def ways(town: Town) -> list[Way]:
    """Read the ways of the map."""
    reader = osmium.FileProcessor(str(town.folder / "town.osm.pbf")).with_locations()
    return [
        Way(dict(o.tags), [FRAME.metres(n.lat, n.lon) for n in o.nodes])
        for o in reader
        if isinstance(o, osmium.osm.Way)
    ]


@pytest.fixture(scope="module")
def houses(ways: list[Way]) -> list[House]:
    """Return the addressed buildings of the map."""
    return [
        House(o.tags["addr:street"], o.tags["addr:housenumber"], Polygon(o.points))
        for o in ways
        if "addr:street" in o.tags
    ]


def test_nearly_every_building_has_an_address_of_its_own(houses: list[House]) -> None:
    """Thousands, none twice; now and then with a letter."""
    assert len(houses) > 14_000
    assert len({(h.street, h.number) for h in houses}) == len(houses)
    letters = [h.number for h in houses if " " in h.number]
    assert 0.02 < len(letters) / len(houses) < 0.25
    assert {n.split()[1] for n in letters} == {"A", "B", "C", "D"}


def test_every_site_lies_at_its_own_address(town: Town, houses: list[House]) -> None:
    """The building with the site's address holds the site's point."""
    at = {f"{h.street} {h.number}": h.area for h in houses}
    for site in town.sites:
        point = Point(FRAME.metres(site.lat, site.lon))
        assert at[site.address].buffer(0.1).contains(point), site


def test_houses_stand_on_the_side_of_their_number(ways: list[Way], houses: list[House]) -> None:
    """Along the streets that are one line: odd on one side, even on the other."""
    lines: dict[str, list[LineString]] = {}
    for way in ways:
        if way.tags.get("highway") in {"residential", "unclassified"} and "name" in way.tags:
            lines.setdefault(way.tags["name"], []).append(LineString(way.points))
    judged = agree = 0
    for street, parts in lines.items():
        if len(parts) == 1:
            mine = [h for h in houses if h.street == street]
            side = np.array([_left(parts[0], h) for h in mine])
            odd = np.array([h.figure % 2 == 1 for h in mine])
            judged += len(mine)
            agree += max((side == odd).sum(), (side != odd).sum())
    assert judged > 4000
    assert agree == judged


def _left(line: LineString, house: House) -> bool:
    spot = house.area.centroid
    along = line.project(spot)
    a, b = line.interpolate(max(0.0, along - 1)), line.interpolate(along + 1)
    return bool((b.x - a.x) * (spot.y - a.y) - (b.y - a.y) * (spot.x - a.x) > 0)


def test_numbers_rise_along_a_street(ways: list[Way], houses: list[House]) -> None:
    """On each side of the longest streets, from one end to the other."""
    by_name: dict[str, list[LineString]] = {}
    for way in ways:
        if way.tags.get("highway") == "residential" and "name" in way.tags:
            by_name.setdefault(way.tags["name"], []).append(LineString(way.points))
    single = sorted(
        (n for n, p in by_name.items() if len(p) == 1), key=lambda n: -by_name[n][0].length
    )
    for street in single[:40]:
        line = by_name[street][0]
        for parity in (0, 1):
            row = sorted(
                (line.project(h.area.centroid), h.figure)
                for h in houses
                if h.street == street and h.figure % 2 == parity
            )
            figures = [f for _, f in row]
            assert figures in (sorted(figures), sorted(figures, reverse=True)), street


def test_an_address_is_near_its_street(ways: list[Way], houses: list[House]) -> None:
    """Within a hundred metres, but for sites in the middle of large plots."""
    lines: dict[str, list[LineString]] = {}
    for way in ways:
        if "highway" in way.tags and "name" in way.tags:
            lines.setdefault(way.tags["name"], []).append(LineString(way.points))
    streets = {name: shapely.union_all(parts) for name, parts in lines.items()}
    away = np.array([streets[h.street].distance(h.area) for h in houses])
    assert np.quantile(away, 0.999) < 95
    assert away.max() < 160
