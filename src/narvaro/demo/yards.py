"""Service roads: plots' drives, yards of flats and industry, villas' drives."""

import shapely
from shapely.geometry import LineString, Point

from narvaro.demo.draft import Draft, Plot, Shape
from narvaro.demo.frame import Metres, box, unit_vector
from narvaro.demo.lattice import Cell, Lattice, sides_of
from narvaro.demo.network import Way

JUNCTIONS = 10_000


def drive_to_plots(draft: Draft) -> None:
    """Lead a drive from the street to each site's building, and take the address there."""
    for plot in draft.plots:
        if plot.building is None:
            continue
        start = _nearest_side(draft, plot)
        a = draft.network.points[start]
        door = plot.building.exterior.interpolate(plot.building.exterior.project(Point(a)))
        reach = max(4.0, Point(a).distance(door) - 6)
        along = unit_vector(a, (door.x, door.y))
        end = (a[0] + along[0] * reach, a[1] + along[1] * reach)
        _service(draft, [start, draft.network.node(end)], plot.lattice)
        if plot.kind in {"school", "hall"}:
            _car_park(draft, end, along, plot)


def _car_park(draft: Draft, end: Metres, along: Metres, plot: Plot) -> None:
    back = (end[0] - along[0] * 4, end[1] - along[1] * 4)
    area = box((back[0] - along[1] * 17, back[1] + along[0] * 17), along, 14, 26)
    if plot.area.contains(area) and plot.building and not area.intersects(plot.building):
        draft.shapes.append(Shape(area, {"amenity": "parking"}))


def _nearest_side(draft: Draft, plot: Plot) -> int:
    """Find the street vertex beside the plot that lies nearest to its building."""
    assert plot.building is not None
    middle, edges = plot.building.centroid, plot.lattice.edges
    beside = [n for side in plot.sides for n in edges.get(side, [])]
    if not beside:
        raise ValueError(
            f"no street runs past the plot of a {plot.kind} in {plot.lattice.district.name}"
        )
    return min(beside, key=lambda n: (middle.distance(Point(draft.network.points[n])), n))


def _service(draft: Draft, nodes: list[int], lattice: Lattice, use: str = "") -> None:
    extra = {"service": use} if use else {}
    draft.network.ways.append(Way(nodes, "service", district=lattice.district.name, extra=extra))
    draft.yards.append(draft.network.line(nodes))


def lay_yards(draft: Draft) -> None:
    """Put yards with car parks behind flats and industry halls."""
    for lattice in draft.lattices:
        kind = lattice.district.kind
        for cell in lattice.blocks if kind in {"flats", "industry"} else []:
            if draft.block_is_free(lattice, cell):
                _yard(draft, lattice, cell)


def _yard(draft: Draft, lattice: Lattice, cell: Cell) -> None:
    """Lay a stem from the street into the block, with two aisles across it."""
    entry = _entry(lattice, cell)
    if entry is None:
        return
    node, low = entry
    rows = (0.40, 0.60) if low else (0.60, 0.40)
    stem = [node]
    for up in rows:
        middle = draft.network.node(draft.at(lattice, cell, 0.5, up))
        ends = [draft.network.node(draft.at(lattice, cell, x, up)) for x in (0.3, 0.7)]
        _service(draft, [ends[0], middle, ends[1]], lattice, "parking_aisle")
        stem.append(middle)
    _service(draft, stem, lattice)
    corners = [
        draft.at(lattice, cell, x, y)
        for x, y in ((0.28, 0.36), (0.72, 0.36), (0.72, 0.64), (0.28, 0.64))
    ]
    draft.shapes.append(Shape(shapely.Polygon(corners), {"amenity": "parking"}))


def _entry(lattice: Lattice, cell: Cell) -> tuple[int, bool] | None:
    for k, side in enumerate(sides_of(cell)[:2]):
        nodes = lattice.edges.get(side)
        if nodes and len(nodes) > 2:
            return nodes[len(nodes) // 2], k == 0
    return None


def lay_drives(draft: Draft) -> None:
    """Lead short drives between the houses until the town has its ten thousand junctions."""
    spots = [
        (lattice, nodes, k, side)
        for lattice in draft.lattices
        if lattice.district.kind in {"villa", "row", "old"}
        for nodes in lattice.edges.values()
        for k in range(1, len(nodes) - 1)
        for side in (-1, 1)
    ]
    draft.rng.shuffle(spots)
    tree = shapely.STRtree([b.area for b in draft.buildings])
    plots = shapely.STRtree([p.area for p in draft.plots])
    missing = JUNCTIONS - draft.network.junctions()
    used: set[int] = set()
    for lattice, nodes, k, side in spots:
        if missing <= 0:
            return
        if nodes[k] in used:
            continue
        line = _stub(draft, nodes, k, side, 17.0)
        if not len(tree.query(line, predicate="dwithin", distance=1.5)) and not len(
            plots.query(line, predicate="intersects")
        ):
            used.add(nodes[k])
            _service(
                draft,
                [nodes[k], draft.network.node((line.coords[-1][0], line.coords[-1][1]))],
                lattice,
                "driveway",
            )
            missing -= 2


def _stub(draft: Draft, nodes: list[int], k: int, side: int, length_m: float) -> LineString:
    (x, y), points = draft.network.points[nodes[k]], draft.network.points
    u, v = unit_vector(points[nodes[k - 1]], points[nodes[k + 1]])
    return LineString(
        [(x, y), (round(x - side * v * length_m, 3), round(y + side * u * length_m, 3))]
    )
