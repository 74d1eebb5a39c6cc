"""House numbers: a drawn town in, an address on every house beside a named street out."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.ops import linemerge

from narvaro.demo.draft import Draft, Plot, Shape

STREETS = frozenset({"residential", "tertiary", "unclassified", "living_street"})
REACH_M = 95.0
PLOT_M = 23.0
# A row of houses now and then shares a number, and each has a letter.
SHARED = {"terrace": 0.45, "apartments": 0.4, "yes": 0.12, "house": 0.02, "industrial": 0.08}
LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a street, and how far along the street it begins."""

    street: str
    line: LineString
    begins_m: float


@dataclass(frozen=True, slots=True)
class _Found:
    """A building beside its street: how far along, and on which side."""

    along_m: float
    left: bool
    building: int


def number_houses(draft: Draft) -> None:
    """Number the buildings along every street, odd on the left, even on the right; sites too."""
    pieces = list(_pieces(draft))
    plots = [p for p in draft.plots if p.building is not None]
    sides: dict[tuple[str, bool], list[_Found]] = {}
    for street, found in _beside(draft, pieces, plots):
        sides.setdefault((street, found.left), []).append(found)
    for (street, left), row in sorted(sides.items()):
        row.sort(key=lambda f: (f.along_m, f.building))
        shapes = [draft.buildings[f.building] for f in row]
        wanted = [2 * int(max(0.0, f.along_m) // PLOT_M) + (1 if left else 2) for f in row]
        for shape, number in zip(shapes, _numbers(shapes, wanted, draft.rng), strict=True):
            shape.tags |= {"addr:street": street, "addr:housenumber": number}
    for plot, shape in zip(plots, draft.buildings, strict=False):
        plot.address = f"{shape.tags['addr:street']} {shape.tags['addr:housenumber']}"


def _pieces(draft: Draft) -> Iterator[_Piece]:
    """Join the ways of each street; the end nearest to the centre of the town comes first."""
    ways: dict[str, list[LineString]] = {}
    for way in draft.network.ways:
        if way.name and way.highway in STREETS:
            ways.setdefault(way.name, []).append(draft.network.line(way.nodes))
    for street, lines in ways.items():
        merged = linemerge(lines) if len(lines) > 1 else lines[0]
        parts = [_outwards(p) for p in getattr(merged, "geoms", [merged])]
        begins_m = 0.0
        for part in sorted(parts, key=lambda p: _from_centre(p.coords[0])):
            yield _Piece(street, part, begins_m)
            begins_m += part.length + PLOT_M


def _outwards(line: LineString) -> LineString:
    first, last = _from_centre(line.coords[0]), _from_centre(line.coords[-1])
    return line if first <= last else line.reverse()


def _from_centre(point: tuple[float, ...]) -> float:
    return Point(point).distance(Point(0, 0))


def _beside(draft: Draft, pieces: list[_Piece], plots: list[Plot]) -> Iterator[tuple[str, _Found]]:
    """Give each building near a street its place along it; a site stands on the street of its drive."""
    spots = shapely.centroid([b.area for b in draft.buildings])
    tree = shapely.STRtree([p.line for p in pieces])
    (which, near), metres = tree.query_nearest(spots, return_distance=True, all_matches=False)
    chosen = {int(b): int(p) for b, p, m in zip(which, near, metres, strict=True) if m <= REACH_M}
    for k, plot in enumerate(plots):
        own = [n for n, p in enumerate(pieces) if p.street == plot.street]
        chosen[k] = min(own, key=lambda n: pieces[n].line.distance(spots[k]))
    buildings = np.array(sorted(chosen))
    lines = np.array([pieces[chosen[b]].line for b in buildings])
    along = shapely.line_locate_point(lines, spots[buildings])
    behind, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(0, along + step)))
        for step in (-1.0, 1.0)
    )
    to = shapely.get_coordinates(spots[buildings]) - behind
    way = ahead - behind
    left = way[:, 0] * to[:, 1] - way[:, 1] * to[:, 0] > 0
    for k, b in enumerate(buildings.tolist()):
        piece = pieces[chosen[b]]
        yield piece.street, _Found(piece.begins_m + float(along[k]), bool(left[k]), b)


def _numbers(shapes: list[Shape], wanted: list[int], rng: Random) -> list[str]:
    """Number one side of a street: never back, plots without a house skipped, letters now and then."""
    numbers: list[int] = []
    for number in wanted:
        numbers.append(max(number, numbers[-1] + 2) if numbers else number)
    groups: list[list[int]] = [[0]]
    for k, (a, b) in enumerate(pairwise(shapes), 1):
        kind = b.tags["building"]
        same = kind == a.tags["building"] and len(groups[-1]) < len(LETTERS)
        if same and rng.random() < SHARED.get(kind, 0.0):
            groups[-1].append(k)
        else:
            groups.append([k])
    return [
        f"{numbers[group[0]]} {letter}" if len(group) > 1 else str(numbers[group[0]])
        for group in groups
        for letter in LETTERS[: len(group)]
    ]
