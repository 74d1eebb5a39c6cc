"""Where each district lies and how its streets join the main roads."""

from random import Random

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.ops import polygonize, unary_union

from narvaro.demo.frame import Metres, polygons_of
from narvaro.demo.ground import District, Ground, reach_of
from narvaro.demo.lattice import STYLES, Cell, Lattice
from narvaro.demo.network import Network

EDGE_M = 7500.0
GATE_REACH_M = 330.0


def outline_districts(
    ground: Ground, network: Network, rng: Random
) -> list[tuple[District, Polygon]]:
    """Cut the land between main roads and water into the outlines of the districts."""
    frame = shapely.box(-EDGE_M, -EDGE_M, EDGE_M, EDGE_M)
    roads, rail = network.lines(drivable=True), network.lines(drivable=False)
    faces = list(polygonize(unary_union([*roads, ground.water.boundary, frame.boundary])))
    keep_off = shapely.union_all([ground.water.buffer(26), *[r.buffer(24) for r in rail]])
    face_of = {
        d.name: next(k for k, f in enumerate(faces) if f.contains(Point(d.at)))
        for d in ground.districts
    }
    outlines = []
    for district in ground.districts:
        area = faces[face_of[district.name]].intersection(reach_of(district, rng))
        for other in ground.districts:
            if other != district and face_of[other.name] == face_of[district.name]:
                area = area.intersection(_nearer(district.at, other.at))
        area = area.buffer(-STYLES[district.kind].margin_m).difference(keep_off)
        outlines += [(district, part) for part in polygons_of(area, least_m2=30_000)]
    return outlines


def _nearer(at: Metres, other: Metres) -> Polygon:
    """Make the half of the plane that is nearer to `at`, less a strip of green between."""
    (ax, ay), (bx, by) = at, other
    length = Point(at).distance(Point(other))
    u, v = (bx - ax) / length, (by - ay) / length
    mx, my = (ax + bx) / 2 - 30 * u, (ay + by) / 2 - 30 * v
    far = 3 * EDGE_M
    return Polygon(
        [
            (mx - far * v, my + far * u), (mx + far * v, my - far * u),
            (mx + far * v - far * u, my - far * u - far * v), (mx - far * v - far * u, my + far * u - far * v),
        ]
    )  # fmt: skip


def open_gates(
    ground: Ground, network: Network, lattices: list[Lattice]
) -> list[tuple[Lattice, Cell, list[int]]]:
    """Join each district to the nearest main roads; give the lattice point and the nodes of each link."""
    stops = _stops(network)
    tree = shapely.STRtree([Point(network.points[n]) for n in stops])
    lines = [
        LineString([network.points[n] for n in nodes])
        for lat in lattices
        for nodes in lat.edges.values()
    ]
    blockers = shapely.STRtree([*lines, *network.lines(), *_polygons(ground)])
    gates: list[tuple[Lattice, Cell, list[int]]] = []
    links: list[LineString] = []
    for lattice in lattices:
        taken: list[Metres] = []
        for distance, cell, stop in sorted(_candidates(lattice, network, tree, stops)):
            a, b = network.points[lattice.nodes[cell]], network.points[stop]
            link = LineString([a, b])
            far = all(Point(b).distance(Point(t)) >= lattice.style.gate_gap_m for t in taken)
            if (
                (distance < GATE_REACH_M or not taken)
                and far
                and not _blocked(link, blockers, links)
            ):
                taken.append(b)
                links.append(link)
                gates.append((lattice, cell, _link(network, lattice.nodes[cell], stop)))
    return gates


def _stops(network: Network) -> list[int]:
    """List the main-road vertices where a street may join: not on bridges, not beside a hub."""
    busy = {n for w in network.ways if w.bridge for n in w.nodes}
    hubs = {n for n, d in network.degrees().items() if d > 2}
    out = []
    for way in network.ways:
        if way.drivable and not way.bridge:
            for k, n in enumerate(way.nodes):
                near = set(way.nodes[max(0, k - 2) : k + 3])
                if n not in busy and not near & hubs:
                    out.append(n)
    return sorted(set(out))


def _candidates(
    lattice: Lattice, network: Network, tree: shapely.STRtree, stops: list[int]
) -> list[tuple[float, Cell, int]]:
    """List the lattice's rim points, each with the main-road vertices near it."""
    out: list[tuple[float, Cell, int]] = []
    for (i, j), node in lattice.nodes.items():
        around = [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
        if all(c in lattice.nodes for c in around):
            continue
        point = Point(network.points[node])
        best = int(tree.nearest(point))
        near = [int(k) for k in tree.query(point.buffer(120), predicate="contains")][:6]
        out += [
            (point.distance(Point(network.points[stops[k]])), (i, j), stops[k])
            for k in sorted({best, *near})
        ]
    return out


def _blocked(link: LineString, blockers: shapely.STRtree, links: list[LineString]) -> bool:
    return len(blockers.query(link, predicate="crosses")) > 0 or any(link.crosses(x) for x in links)


def _polygons(ground: Ground) -> list[Polygon]:
    return [area for _, _, area in ground.bodies]


def _link(network: Network, a: int, b: int) -> list[int]:
    line = network.line([a, b])
    n = max(1, round(line.length / 20))
    inner = [line.interpolate(k / n, normalized=True) for k in range(1, n)]
    return [a, *[network.node((p.x, p.y)) for p in inner], b]
