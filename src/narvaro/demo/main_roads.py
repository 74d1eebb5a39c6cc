"""Main roads and the railway: the plan's hubs and courses in, noded ways with bridges out."""

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


def _between_hubs(
    road: dict[str, Any], hubs: dict[str, int], network: Network
) -> list[list[int]]:
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
    wet = shapely.intersects(
        [network.line([a, b]) for a, b in zip(nodes, nodes[1:], strict=False)], ground.water
    )
    start = 0
    for k in range(1, len(wet) + 1):
        if k == len(wet) or wet[k] != wet[start]:
            bridge = bool(wet[start])
            network.ways.append(
                Way(nodes[start : k + 1], road["highway"], road["name"], road["maxspeed"], bridge=bridge)
            )
            start = k
