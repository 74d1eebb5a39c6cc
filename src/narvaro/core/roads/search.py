"""Plain shortest paths. In: a graph, travel times, seeds. Out: times to all nodes, and the last arcs.

Dijkstra 1959 with a binary heap. Routes and reach are drawn with it, and in the tests it is the judge
of the hierarchy; it shares no code with it.
"""

import heapq
from typing import NamedTuple

import numpy as np

from narvaro.core.jit import I32, I64, kernel
from narvaro.core.roads.graph import CLOSED_MS, RoadGraph

UNREACHED = np.int64(1) << 60


class Reach(NamedTuple):
    """Shortest milliseconds to each node, UNREACHED where there is none, and the arc used last."""

    ms: I64
    arc: I32


class Leaving(NamedTuple):
    """The arcs sorted by the node that a search leaves."""

    first: I32
    arc: I32
    head: I32


def leaving(graph: RoadGraph) -> Leaving:
    """Sort the graph's arcs by the node that they leave."""
    return _sorted(graph.nodes, graph.arc_tail, graph.arc_head)


def entering(graph: RoadGraph) -> Leaving:
    """Sort the graph's arcs by the node that they enter, for a search against their direction."""
    return _sorted(graph.nodes, graph.arc_head, graph.arc_tail)


def _sorted(nodes: int, tail: I32, head: I32) -> Leaving:
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    arc = np.argsort(tail, kind="stable").astype(np.int32)
    return Leaving(first, arc, head[arc])


class Seeds(NamedTuple):
    """Where a search begins, after how many milliseconds; and how far it goes."""

    node: I32
    ms: I64
    limit_ms: int = int(UNREACHED)  # nothing further away is settled


@kernel
def dijkstra(net: Leaving, travel_ms: I32, seeds: Seeds, until: I32) -> Reach:  # noqa: C901 - one search
    """Search from seeds until all nodes of `until` are settled (all that can be, if it is empty)."""
    nodes = len(net.first) - 1
    reach = Reach(np.full(nodes, UNREACHED), np.full(nodes, np.int32(-1)))
    wanted = np.zeros(nodes, np.bool_)
    for v in until:
        wanted[v] = True
    open_targets = wanted.sum()
    # numba 0.68 drops the seeds below where the empty heap comes from a comprehension over range(0)
    heap = [(np.int64(0), np.int32(0))]
    heap.clear()
    for k in range(len(seeds.node)):
        if seeds.ms[k] < reach.ms[seeds.node[k]]:
            reach.ms[seeds.node[k]] = seeds.ms[k]
            heapq.heappush(heap, (np.int64(seeds.ms[k]), np.int32(seeds.node[k])))
    while heap:
        ms, v = heapq.heappop(heap)
        if ms > seeds.limit_ms:
            break
        if ms > reach.ms[v]:
            continue
        if wanted[v]:
            wanted[v] = False
            open_targets -= 1
            if open_targets == 0:
                break
        for k in range(net.first[v], net.first[v + 1]):
            arc = net.arc[k]
            head = net.head[k]
            if travel_ms[arc] < CLOSED_MS and ms + travel_ms[arc] < reach.ms[head]:
                reach.ms[head] = ms + travel_ms[arc]
                reach.arc[head] = arc
                heapq.heappush(heap, (reach.ms[head], np.int32(head)))
    return reach
