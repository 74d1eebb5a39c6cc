"""Buildings along streets and in blocks: streets and blocks in, polygons that touch nothing out."""

from itertools import pairwise

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from narvaro.demo.draft import Draft, Shape
from narvaro.demo.frame import box, unit_vector
from narvaro.demo.lattice import Cell, Lattice
from narvaro.demo.network import WIDTH_M

# Slabs of flats and halls as shares of the block: across, up, width in metres, depth in metres, turned.
SLABS = [
    (0.27, 0.17, 54, 12, False), (0.75, 0.17, 50, 12, False), (0.27, 0.83, 50, 12, False),
    (0.75, 0.83, 54, 12, False), (0.13, 0.5, 40, 12, True), (0.87, 0.5, 40, 12, True),
]  # fmt: skip
HALLS = [
    (0.27, 0.20, 52, 26, False), (0.76, 0.20, 46, 30, False), (0.26, 0.80, 46, 28, False),
    (0.76, 0.80, 58, 26, False), (0.12, 0.5, 34, 24, True), (0.88, 0.5, 38, 22, True),
]  # fmt: skip


def build_houses(draft: Draft) -> None:
    """Put houses into every district, then take away those that stand on something."""
    sites = [
        Shape(p.building, {"building": p.kind, "name": p.name}) for p in draft.plots if p.building
    ]
    candidates: list[Shape] = []
    for lattice in draft.lattices:
        kind = lattice.district.kind
        if kind in {"villa", "row"}:
            candidates += _along_streets(draft, lattice)
        elif kind in {"flats", "industry"}:
            candidates += _in_blocks(draft, lattice, SLABS if kind == "flats" else HALLS)
        else:
            candidates += _around_blocks(draft, lattice)
    draft.buildings = sites + _standing_free(draft, candidates)


def _along_streets(draft: Draft, lattice: Lattice) -> list[Shape]:
    """Put a house on both sides of each straight piece of street."""
    out, rng, points = [], draft.rng, draft.network.points
    row = lattice.district.kind == "row"
    tags = {"building": "terrace" if row else "house"}
    for nodes in lattice.edges.values():
        for a, b in pairwise(nodes):
            (ax, ay), (bx, by) = points[a], points[b]
            along = unit_vector(points[a], points[b])
            for side in (-1, 1):
                if not row and rng.random() < 0.06:
                    continue
                off = side * (12.5 if row else rng.uniform(12, 15.5))
                shift = 0.0 if row else rng.uniform(-2, 2)
                x = (ax + bx) / 2 - off * along[1] + shift * along[0]
                y = (ay + by) / 2 + off * along[0] + shift * along[1]
                width = 21.0 if row else rng.uniform(9, 14)
                out.append(
                    Shape(box((x, y), along, width, 9 if row else rng.uniform(8, 11)), dict(tags))
                )
    return out


def _in_blocks(
    draft: Draft, lattice: Lattice, pattern: list[tuple[float, float, int, int, bool]]
) -> list[Shape]:
    out, rng = [], draft.rng
    industry = lattice.district.kind == "industry"
    tags = {"building": "industrial" if industry else "apartments"}
    for cell in lattice.blocks:
        if not draft.block_is_free(lattice, cell):
            continue
        (i, j), drop = cell, rng.random() * 0.35
        along = unit_vector(lattice.place(i, j + 0.5), lattice.place(i + 1, j + 0.5))
        up = unit_vector(lattice.place(i + 0.5, j), lattice.place(i + 0.5, j + 1))
        for x, y, width, depth, turned in pattern:
            if rng.random() >= drop:
                size = rng.uniform(0.6, 1.0) if industry else 1.0
                shape = box(
                    draft.at(lattice, cell, x, y), up if turned else along, width * size, depth
                )
                out.append(Shape(shape, dict(tags)))
    return out


def _around_blocks(draft: Draft, lattice: Lattice) -> list[Shape]:
    """Close each town block with houses along its four sides around a courtyard."""
    out = []
    depth = 12 if lattice.district.kind == "centre" else 10
    for cell, block in lattice.blocks.items():
        if draft.block_is_free(lattice, cell):
            outer = block.buffer(-7.5)
            ring = outer.difference(outer.buffer(-depth))
            out += [
                Shape(part, {"building": "yes"}) for part in _quarters(draft, lattice, cell, ring)
            ]
    return out


def _quarters(draft: Draft, lattice: Lattice, cell: Cell, ring: BaseGeometry) -> list[Polygon]:
    """Cut the ring of a block into its houses; now and then one is missing."""
    cuts = [0.0, draft.rng.uniform(0.28, 0.4), draft.rng.uniform(0.6, 0.72), 1.0]
    out: list[Polygon] = []
    for a, b in pairwise(cuts):
        for c, d in ((0.0, 0.5), (0.5, 1.0)):
            corners = [draft.at(lattice, cell, x, y) for x, y in ((a, c), (b, c), (b, d), (a, d))]
            part = ring.intersection(Polygon(corners))
            if isinstance(part, Polygon) and part.area > 60 and draft.rng.random() > 0.12:
                out.append(part)
    return out


def _standing_free(draft: Draft, candidates: list[Shape]) -> list[Shape]:
    """Keep what stands clear of roads, water, plots, yards and of what was kept before it."""
    areas = [c.area for c in candidates]
    bad: set[int] = set()
    roads = shapely.STRtree(areas)
    by_margin: dict[float, list[shapely.Geometry]] = {}
    for way in draft.network.ways:
        by_margin.setdefault(WIDTH_M[way.highway] / 2 + 2, []).append(draft.network.line(way.nodes))
    by_margin[14.0] = [p for _, _, p in draft.ground.bodies]
    by_margin[2.0] = [p.area for p in draft.plots]
    for margin, things in by_margin.items():
        bad |= set(roads.query(things, predicate="dwithin", distance=margin)[1].tolist())
    pairs = roads.query(areas, predicate="intersects")
    kept: set[int] = set()
    near: dict[int, list[int]] = {}
    for a, b in zip(*pairs.tolist(), strict=True):
        if a != b:
            near.setdefault(a, []).append(b)
    for k, candidate in enumerate(candidates):
        touches = [n for n in near.get(k, []) if n in kept]
        house = candidate.tags["building"] == "yes"
        if k not in bad and (house or not touches):
            kept.add(k)
    return [candidates[k] for k in sorted(kept)]
