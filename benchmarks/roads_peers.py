"""The customizable contraction hierarchies that others offer. In: a graph, an order. Out: contenders.

Both wrap RoutingKit, whose own order is inertial flow; each is asked with its own order and with
ours. Lists that they want instead of arrays are made before the clock runs, and what they answer is
taken as it comes.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyroutingkit
import routingkit_cch

from narvaro.core.jit import I32
from narvaro.core.roads import CLOSED_MS, RoadGraph

INFINITE = 2_147_483_647
PEERS = ("pyroutingkit", "routingkit-cch")


class Draw(NamedTuple):
    """Sources and targets, as arrays and as lists."""

    sources: I32
    targets: I32
    source_list: list[int]
    target_list: list[int]


Matrix = Callable[[Draw], Any]


class Contender(NamedTuple):
    """One that answers a matrix, and takes new weights."""

    name: str
    matrix: Matrix
    read_ms: Callable[[Any], npt.NDArray[np.float64]]  # milliseconds [S, T] of what it answered
    reweigh: Callable[[I32], None] | None


def make_draw(nodes: I32, size: int, rng: np.random.Generator) -> Draw:
    """Draw from junctions."""
    sources, targets = (rng.choice(nodes, size) for _ in range(2))
    return Draw(sources, targets, sources.tolist(), targets.tolist())


def inertial_order(graph: RoadGraph) -> I32:
    """Return RoutingKit's inertial order."""
    found = routingkit_cch.compute_order_inertial(
        graph.nodes,
        graph.arc_tail.tolist(),
        graph.arc_head.tolist(),
        graph.node_lat.tolist(),
        graph.node_lon.tolist(),
    )
    return np.array(found, np.int32)


def list_peers(
    graph: RoadGraph, travel_ms: I32, orders: Sequence[tuple[str, I32]]
) -> list[Contender]:
    """Return both libraries with each of the named orders."""
    weights = np.where(travel_ms >= CLOSED_MS, INFINITE, travel_ms).astype(np.uint32)
    found = []
    for named, order in orders:
        found.append(_pyroutingkit(f"pyroutingkit, {named}", graph, weights, order))
        found.append(_routingkit_cch(f"routingkit-cch, {named}", graph, weights, order))
    return found


def _pyroutingkit(
    name: str, graph: RoadGraph, weights: npt.NDArray[np.uint32], order: I32
) -> Contender:
    """Hand over an order as the files that the library itself saves and loads."""
    rank = np.empty(graph.nodes, np.uint32)
    rank[order] = np.arange(graph.nodes, dtype=np.uint32)
    topology = pyroutingkit.CCHTopology()
    with tempfile.TemporaryDirectory() as folder:
        for kind, values in (
            ("order", order),
            ("rank", rank),
            ("tail", graph.arc_tail),
            ("head", graph.arc_head),
            ("node_count", np.array([graph.nodes])),
        ):
            values.astype(np.uint32).tofile(Path(folder) / kind)
        topology.load(folder)
    metric = pyroutingkit.CCHMetric(topology)
    metric.customize(weights, 1)

    def read_ms(found: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
        return np.where(found >= CLOSED_MS, np.inf, found.astype(np.float64))

    def reweigh(travel_ms: I32) -> None:
        metric.customize(travel_ms.astype(np.uint32), 1)

    return Contender(
        name,
        lambda draw: metric.distances_many_to_many(draw.sources, draw.targets),
        read_ms,
        reweigh,
    )


def _routingkit_cch(
    name: str, graph: RoadGraph, weights: npt.NDArray[np.uint32], order: I32
) -> Contender:
    cch = routingkit_cch.CCH(
        order.tolist(), graph.arc_tail.tolist(), graph.arc_head.tolist(), False
    )
    metric = routingkit_cch.CCHMetric(cch, weights.tolist())
    pinned = routingkit_cch.CCHOneToMany(metric, [0])

    def matrix(draw: Draw) -> list[list[int | None]]:
        pinned.repin_targets(draw.target_list)
        return [pinned.distances_from(source) for source in draw.source_list]

    def read_ms(found: list[list[int | None]]) -> npt.NDArray[np.float64]:
        return np.array(
            [[np.inf if ms is None or ms >= CLOSED_MS else ms for ms in row] for row in found]
        )

    return Contender(name, matrix, read_ms, None)
