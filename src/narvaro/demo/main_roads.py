"""Main roads and the railway: the plan's hubs and courses in, noded ways with bridges out."""

from itertools import pairwise
from math import atan2, cos, pi, sin
from typing import Any

import shapely

from narvaro.demo.frame import Metres, smooth
from narvaro.demo.ground import Ground
from narvaro.demo.network import Network, Way

STEP_M = 22.0


def lay_main_roads(ground: Ground, network: Network) -> None:
    """Draw every main road of the plan through its hubs, and the railway."""
    hubs = {name: network.node((x, y)) for name, (x, y) in ground.plan["hubs"].items()}
    for road in ground.plan["road"]:
        for piece in _between_hubs(road, hubs, network):
            _split_at_water(ground, network, piece, road)
    rail = ground.plan["railway"]
    course = smooth([tuple(p) for p in rail["via"]], step_m=60)
    network.ways.append(
        Way([network.node(p) for p in course], "rail", rail["name"], extra={"railway": "rail"})
    )


def _between_hubs(road: dict[str, Any], hubs: dict[str, int], network: Network) -> list[list[int]]:
    """Sample the road's whole curve, then cut it at its hubs so that crossings share a node."""
    marks = [network.points[hubs[v]] if isinstance(v, str) else tuple(v) for v in road["via"]]
    hub_of = {network.points[hubs[v]]: hubs[v] for v in road["via"] if isinstance(v, str)}
    pieces: list[list[int]] = []
    current: list[int] = []
    for point in smooth(marks, step_m=STEP_M):
        hub = hub_of.get(_same(point, hub_of))
        current.append(network.node(point) if hub is None else hub)
        if hub is not None and len(current) > 1:
            pieces.append(current)
            current = [hub]
    return pieces if len(current) == 1 else [*pieces, current]


def _same(point: Metres, hub_of: dict[Metres, int]) -> Metres:
    return next((h for h in hub_of if abs(h[0] - point[0]) + abs(h[1] - point[1]) < 0.01), point)


def _split_at_water(
    ground: Ground, network: Network, nodes: list[int], road: dict[str, Any]
) -> None:
    """Make one way per stretch of land or bridge; a bridge reaches one vertex onto the land."""
    wet = shapely.intersects([network.line([a, b]) for a, b in pairwise(nodes)], ground.water)
    start = 0
    for k in range(1, len(wet) + 1):
        if k == len(wet) or wet[k] != wet[start]:
            bridge = bool(wet[start])
            network.ways.append(
                Way(
                    nodes[start : k + 1],
                    road["highway"],
                    road["name"],
                    road["maxspeed"],
                    bridge=bridge,
                )
            )
            start = k


def open_roundabouts(ground: Ground, network: Network) -> None:
    """Widen the plan's roundabout hubs to rings; traffic keeps right, so the ring runs counter-clockwise."""
    hubs = {tuple(at): name for name, at in ground.plan["hubs"].items()}
    radii: dict[str, float] = ground.plan["roundabouts"]
    centres = {
        n: radii[hubs[p]] for n, p in enumerate(network.points) if radii.get(hubs.get(p, ""))
    }
    for centre, radius in centres.items():
        arms = [w for w in network.ways if w.drivable and centre in {w.nodes[0], w.nodes[-1]}]
        _ring(network, centre, radius, arms)


def _ring(network: Network, centre: int, radius: float, arms: list[Way]) -> None:
    """Lead each arm to its own point on the ring."""
    x, y = network.points[centre]
    stops: list[tuple[float, int]] = []
    for way in arms:
        for end, inner in ((0, 1), (-1, -2)):
            if way.nodes[end] == centre:
                u, v = network.points[way.nodes[inner]]
                turn = atan2(v - y, u - x)
                way.nodes[end] = network.node((x + radius * cos(turn), y + radius * sin(turn)))
                stops.append((turn % (2 * pi), way.nodes[end]))
    between = [(k * pi / 6, -1) for k in range(12)]
    ring = sorted(stops + [b for b in between if all(abs(b[0] - s) > 0.2 for s, _ in stops)])
    nodes = [
        n if n >= 0 else network.node((x + radius * cos(t), y + radius * sin(t))) for t, n in ring
    ]
    first = arms[0]
    network.ways.append(
        Way(
            [*nodes, nodes[0]],
            first.highway,
            maxspeed=min(first.maxspeed, 50),
            oneway=True,
            extra={"junction": "roundabout"},
        )
    )
