"""Set blocks aside for the municipality's sites, squares and parks; put the sites' buildings on them."""

from typing import Any

import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from narvaro.demo.draft import Draft, Plot
from narvaro.demo.frame import box, polygons_of, unit_vector
from narvaro.demo.lattice import Cell, Lattice, drop_inside

BIG = {"school", "hall"}
OPEN = {"park", "square"}
PARKS = {"centre": 3, "old": 2, "villa": 3, "row": 2, "flats": 4, "industry": 0}
# A building as boxes on its plot: x, y, width, depth in metres around the plot's centre.
BUILDINGS: dict[str, list[tuple[float, float, float, float]]] = {
    "school": [(0, 8, 64, 14), (-25, -10, 14, 26), (24, -10, 15, 26), (0, -8, 12, 22)],
    "preschool": [(0, 3, 34, 11), (-11, -8, 12, 14)],
    "library": [(0, 0, 32, 20), (0, 11, 16, 9)],
    "hall": [(0, 0, 46, 30), (0, -18, 22, 8)],
    "other": [(0, 0, 36, 15), (12, -10, 12, 12)],
}


def wanted_sites(sites: dict[str, Any]) -> list[tuple[str, str]]:
    """List (kind, name) of a district's sites from the plan; an empty name follows the block."""
    out: list[tuple[str, str]] = []
    for kind, what in sites.items():
        names = [""] * what if isinstance(what, int) else [what] if isinstance(what, str) else what
        out += [(kind, name) for name in names]
    return out


def reserve_plots(draft: Draft) -> None:
    """Give every site of the plan a block of its own, then a few blocks to squares and parks."""
    left_over: list[tuple[str, str]] = []
    for name in [d.name for d in draft.ground.districts]:
        parts = [x for x in draft.lattices if x.district.name == name]
        lattice = max(parts, key=lambda x: len(x.blocks))
        for kind, title in wanted_sites(lattice.district.sites):
            if not _reserve(draft, lattice, kind, title):
                left_over.append((kind, title))
    roomy = sorted(draft.lattices, key=lambda x: (-len(x.blocks), x.district.name))
    for kind, title in left_over:
        if not any(_reserve(draft, lattice, kind, title) for lattice in roomy):
            raise ValueError(f"no block left for a {kind}; make a district of plan.toml larger")
    for lattice in roomy:
        for name in [n for n in lattice.district.squares if not _has(draft, n)]:
            _reserve(draft, lattice, "square", name)
    for lattice in draft.lattices:
        for _ in range(PARKS[lattice.district.kind] if len(lattice.blocks) > 12 else 0):
            _reserve(draft, lattice, "park", "")


def _has(draft: Draft, name: str) -> bool:
    return any(p.name == name for p in draft.plots)


def _reserve(draft: Draft, lattice: Lattice, kind: str, name: str) -> bool:
    """Take the free block that lies farthest from the district's other plots."""
    shape = _shape_of(kind, lattice)
    taken = [p.area.centroid for p in draft.plots if p.lattice is lattice]
    best: tuple[float, list[Cell]] | None = None
    for i, j in lattice.blocks:
        cells = [(i + a, j + b) for a, b in shape]
        if all(c in lattice.blocks and draft.block_is_free(lattice, c) for c in cells):
            middle = lattice.blocks[cells[-1]].centroid
            spread = min((middle.distance(t) for t in taken), default=300.0)
            score = min(spread, 300.0) + 120 * draft.rng.random()
            if best is None or score > best[0]:
                best = (score, cells)
    if best is None:
        return False
    area: BaseGeometry = shapely.union_all([lattice.blocks[c].buffer(0.5) for c in best[1]]).buffer(
        -7
    )
    if not isinstance(area, shapely.Polygon):  # two parts, where the blocks only touch
        return False
    draft.plots.append(Plot(kind, name, lattice, best[1], area))
    drop_inside(lattice, best[1])
    return True


def _shape_of(kind: str, lattice: Lattice) -> list[Cell]:
    narrow = lattice.district.kind in {"villa", "row"}
    if kind == "school" and narrow:
        return [(0, 0), (1, 0), (0, 1), (1, 1)]
    if kind in BIG and narrow:
        return [(0, 0), (0, 1)]
    return [(0, 0)]


def build_on_plots(draft: Draft) -> None:
    """Put each site's building in the middle of its plot, along the plot's streets."""
    for plot in draft.plots:
        if plot.kind in OPEN:
            continue
        (i, j), lattice = plot.cells[0], plot.lattice
        along = unit_vector(lattice.place(i, j + 0.5), lattice.place(i + 1, j + 0.5))
        middle = plot.area.centroid
        boxes = [
            box(
                (middle.x + x * along[0] - y * along[1], middle.y + x * along[1] + y * along[0]),
                along,
                w,
                d,
            )
            for x, y, w, d in BUILDINGS[plot.kind]
        ]
        building = polygons_of(shapely.union_all(boxes))[0]
        while not plot.area.buffer(-4).contains(building):
            building = polygons_of(affinity.scale(building, 0.92, 0.92, origin=middle))[0]
            if building.area < 60:
                raise ValueError(
                    f"the plot of a {plot.kind} in {lattice.district.name} is too narrow"
                )
        plot.building = building
