"""Green areas, paths and shore walks: what lies between the streets."""

from math import cos, pi, sin

import shapely
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from narvaro.demo.draft import Draft, Shape
from narvaro.demo.frame import Metres, polygons_of
from narvaro.demo.network import Way

LANDUSE = {
    "centre": "commercial", "old": "residential", "villa": "residential",
    "row": "residential", "flats": "residential", "industry": "industrial",
}  # fmt: skip


def lay_greens(draft: Draft) -> None:
    """Add land use, parks, woods and fields."""
    for district, area in draft.outlines:
        draft.shapes.append(Shape(_plain(area), {"landuse": LANDUSE[district.kind]}))
    for plot in draft.plots:
        use = {
            "park": {"leisure": "park", "name": plot.name},
            "square": {"highway": "pedestrian", "area": "yes"},
            "school": {"landuse": "education"},
            "preschool": {"landuse": "education"},
        }
        if plot.kind in use:
            draft.shapes.append(Shape(plot.area, use[plot.kind]))
    built = shapely.union_all(
        [a.buffer(24) for _, a in draft.outlines]
        + [x.buffer(16) for x in draft.network.lines()]
        + [p.buffer(10) for _, _, p in draft.ground.bodies]
    )
    for tags, centre, radius in _blobs(draft):
        piece = _uneven(draft, centre, radius).difference(built)
        draft.shapes += [Shape(_plain(p), tags) for p in polygons_of(piece, least_m2=4000)]
        built = built.union(piece)


def _plain(area: Polygon) -> Polygon:
    """Drop the holes: a way in OSM has one ring."""
    plain = Polygon(area.exterior)
    return max(polygons_of(plain.simplify(3.0)), key=lambda p: p.area, default=plain)


def _blobs(draft: Draft) -> list[tuple[dict[str, str], Metres, float]]:
    """Scatter woods and fields: parks inside the ring road, farm land and forest beyond it."""
    rng, out = draft.rng, []
    for _ in range(260):
        x, y = rng.uniform(-6200, 6200), rng.uniform(-5200, 5200)
        inner = x * x + y * y < 2900**2
        kinds = (
            [{"leisure": "park"}, {"natural": "wood"}]
            if inner
            else [{"natural": "wood"}, {"landuse": "farmland"}]
        )
        tags = kinds[0] if rng.random() < 0.62 else kinds[1]
        out.append((tags, (x, y), rng.uniform(120, 260) if inner else rng.uniform(260, 620)))
    return out


def _uneven(draft: Draft, centre: Metres, radius: float) -> BaseGeometry:
    """Make an area with a ragged edge, as woods and fields have."""
    waves = [(n, draft.rng.uniform(0, 2 * pi)) for n in (2, 3, 5, 9)]
    ring = []
    for k in range(54):
        turn = 2 * pi * k / 54
        r = radius * (1 + sum(0.32 / n * sin(n * turn + phase) for n, phase in waves))
        ring.append((centre[0] + r * cos(turn), centre[1] + r * sin(turn)))
    return Polygon(ring).buffer(0)


def lay_paths(draft: Draft) -> None:
    """Join dead ends and shores by foot and cycle paths."""
    buildings = shapely.STRtree([b.area for b in draft.buildings])
    _from_dead_ends(draft, buildings)
    _along_shores(draft, buildings)


def _from_dead_ends(draft: Draft, buildings: shapely.STRtree) -> None:
    network = draft.network
    degrees = network.degrees()
    streets = [w for w in network.ways if w.highway == "residential"]
    ends = [n for w in streets for n in (w.nodes[0], w.nodes[-1]) if degrees[n] == 1]
    vertices = sorted(
        {
            n
            for w in network.ways
            if w.highway in {"residential", "tertiary"} and not w.bridge
            for n in w.nodes
        }
    )
    tree = shapely.STRtree([Point(network.points[n]) for n in vertices])
    roads = shapely.STRtree(network.lines())
    own = {n: set(w.nodes) for w in streets for n in (w.nodes[0], w.nodes[-1])}
    for end in sorted(set(ends)):
        spot = Point(network.points[end])
        for k in sorted(
            tree.query(spot.buffer(85), predicate="contains").tolist(),
            key=lambda k: (spot.distance(Point(network.points[vertices[k]])), k),
        ):
            if vertices[k] in own[end] or vertices[k] == end:
                continue
            path = network.line([end, vertices[k]])
            if not len(buildings.query(path, predicate="dwithin", distance=1.5)) and not len(
                roads.query(path, predicate="crosses")
            ):
                network.ways.append(
                    Way([end, vertices[k]], "cycleway" if draft.rng.random() < 0.5 else "footway")
                )
                break


def _along_shores(draft: Draft, buildings: shapely.STRtree) -> None:
    """Walk round each lake and along the river and the bay, and join the walk to streets."""
    network = draft.network
    vertices = sorted({n for w in network.ways if w.highway == "residential" for n in w.nodes})
    tree = shapely.STRtree([Point(network.points[n]) for n in vertices])
    near_town = shapely.union_all([a.buffer(130) for _, a in draft.outlines])
    keep_off = shapely.union_all(
        [*[x.buffer(6) for x in network.lines()], *[p for _, _, p in draft.ground.bodies]]
    )
    for _, _, water in draft.ground.bodies:
        walk = water.buffer(14).simplify(1.5).boundary.intersection(near_town).difference(keep_off)
        for part in getattr(walk, "geoms", [walk]):
            if part.length < 120:
                continue
            nodes = [network.node((x, y)) for x, y in part.segmentize(60).coords]
            network.ways.append(Way(nodes, "footway" if draft.rng.random() < 0.3 else "cycleway"))
            for n in nodes[:: max(4, len(nodes) // 6)]:
                k = int(tree.nearest(Point(network.points[n])))
                link = network.line([n, vertices[k]])
                if (
                    link.length < 140
                    and not len(buildings.query(link, predicate="dwithin", distance=1.5))
                    and not link.intersects(draft.ground.water)
                ):
                    network.ways.append(Way([n, vertices[k]], "footway"))
