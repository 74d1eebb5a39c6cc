"""Customizable contraction hierarchy. In: arcs, an order, travel times. Out: an elimination tree.

Nodes are renumbered by *rank*: the order in which they are put aside, sorted so that the nodes below
any node in the elimination tree stand directly before it (a postorder). The network is prepared
once (`build`); new travel times cost milliseconds (`weigh`).
Method: Dibbelt, Strasser, Wagner 2016, Customizable Contraction Hierarchies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import I32, Bits, kernel
from narvaro.core.roads.graph import CLOSED_MS, RoadGraph, refuse_outside, refuse_runs
from narvaro.core.roads.order import nested_dissection

FAR = np.int32(CLOSED_MS)


class Tree(NamedTuple):
    """The elimination tree, as kernels take it; all int32, indexed by rank or upward edge."""

    up_first: I32  # [n + 1] where each node's upward edges begin
    up_head: I32  # [e] the node at the upper end, ascending
    head_depth: I32  # [e] depth of that node
    parent: I32  # [n] the lowest of the upper ends, -1 at a root
    depth: I32  # [n] 0 at a root
    lowest: I32  # [n] the smallest rank below or at the node


@dataclass(frozen=True, eq=False, slots=True)
class Hierarchy:
    """The tree and how the graph's nodes and arcs lie in it."""

    rank: I32  # [n] by node
    tree: Tree
    arc_edge: I32  # [m] upward edge that the arc lies on; -1 where it ends where it began
    arc_upward: Bits  # [m] the arc leads to the higher rank

    @property
    def height(self) -> int:
        """Return how many nodes the longest way to a root has."""
        return int(self.tree.depth.max(initial=-1)) + 1

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the arrays by name, for a file."""
        own = {name: getattr(self, name) for name in ("rank", "arc_edge", "arc_upward")}
        return own | self.tree._asdict()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """Rebuild the hierarchy from `to_arrays`; raise ValueError where an array is missing."""
        own = [field.name for field in fields(cls) if field.name != "tree"]
        missing = [name for name in (*own, *Tree._fields) if name not in arrays]
        if missing:
            raise ValueError(f"Hierarchy: no array named {', '.join(missing)}.")
        tree = Tree(*(arrays[name] for name in Tree._fields))  # type: ignore[arg-type]
        _refuse_damage(tree, arrays)
        return cls(tree=tree, **{name: arrays[name] for name in own})  # type: ignore[arg-type]


def _refuse_damage(tree: Tree, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Refuse arrays that would lead a kernel out of them: a kernel asks no bounds."""
    nodes, edges = len(tree.parent), len(tree.up_head)
    refuse_runs("Hierarchy.up_first", tree.up_first, edges)
    if {len(tree.up_first) - 1, len(tree.depth), len(tree.lowest), len(arrays["rank"])} != {nodes}:
        raise ValueError("Hierarchy: arrays of nodes of different lengths.")
    if len(tree.head_depth) != edges:
        raise ValueError(f"Hierarchy.head_depth: not {edges} long.")
    for name, values, low, high in (
        ("rank", arrays["rank"], 0, nodes),
        ("up_head", tree.up_head, 0, nodes),
        ("head_depth", tree.head_depth, 0, nodes),
        ("parent", tree.parent, -1, nodes),
        ("depth", tree.depth, 0, nodes),
        ("lowest", tree.lowest, 0, nodes),
        ("arc_edge", arrays["arc_edge"], -1, edges),
    ):
        refuse_outside(f"Hierarchy.{name}", values, low, high)  # type: ignore[arg-type]
    ranks = np.arange(nodes)
    inner = tree.parent >= 0
    if (tree.parent[inner] <= ranks[inner]).any() or (tree.lowest > ranks).any():
        raise ValueError("Hierarchy.parent: a node does not stand above those below it.")


class Metric(NamedTuple):
    """Shortest milliseconds along each upward edge, in its own direction and against it."""

    up: I32
    down: I32


def build(graph: RoadGraph, order: I32 | None = None) -> Hierarchy:
    """Prepare the hierarchy of a graph, by default in a nested-dissection order."""
    nodes, tail, head = graph.nodes, graph.arc_tail, graph.arc_head
    if order is None:
        order = nested_dissection(nodes, tail, head)
    rank = np.empty(nodes, np.int32)
    rank[order] = np.arange(nodes, dtype=np.int32)
    _, _, parent = _eliminate(nodes, *_upward(rank, tail, head))
    rank = _postorder(parent)[rank]
    low, high = _upward(rank, tail, head)
    up_first, up_head, parent = _eliminate(nodes, low, high)
    depth, lowest = _shape(parent)
    a, b = rank[tail], rank[head]
    return Hierarchy(
        rank=rank,
        tree=Tree(up_first, up_head, depth[up_head], parent, depth, lowest),
        arc_edge=_edges(up_first, up_head, np.minimum(a, b), np.maximum(a, b)),
        arc_upward=a < b,
    )


def weigh(hierarchy: Hierarchy, travel_ms: I32) -> Metric:
    """Customise: return the shortest times over lower nodes for each edge; `travel_ms` int32 [m]."""
    edges = len(hierarchy.tree.up_head)
    metric = Metric(np.full(edges, FAR), np.full(edges, FAR))
    _lay(metric, hierarchy.arc_edge, hierarchy.arc_upward, travel_ms)
    _customise(metric, hierarchy.tree.up_first, hierarchy.tree.up_head)
    return metric


def _upward(rank: I32, tail: I32, head: I32) -> tuple[I32, I32]:
    """Return the arcs' ends in ranks, lower first, without those that end where they began."""
    a, b = rank[tail], rank[head]
    other = a != b
    return np.minimum(a, b)[other], np.maximum(a, b)[other]


@kernel
def _eliminate(nodes: int, low: I32, high: I32) -> tuple[I32, I32, I32]:  # noqa: C901 - one sweep
    """Return (up_first, up_head, parent): each node inherits what its children still lead to."""
    count = np.zeros(nodes + 1, np.int32)
    for v in low:
        count[v + 1] += 1
    begin = np.cumsum(count)
    cursor = begin.copy()
    direct = np.empty(len(low), np.int32)
    for k in range(len(low)):
        direct[cursor[low[k]]] = high[k]
        cursor[low[k]] += 1
    up_first = np.zeros(nodes + 1, np.int32)
    heads = np.empty(4 * len(low) + nodes + 1, np.int32)
    parent = np.full(nodes, -1, np.int32)
    child = np.full(nodes, -1, np.int32)
    sibling = np.full(nodes, -1, np.int32)
    mark = np.full(nodes, -1, np.int32)
    size = 0
    for v in range(nodes):
        if size + nodes > len(heads):
            heads = np.concatenate((heads, np.empty(len(heads) + nodes, np.int32)))
        own = size
        mark[v] = v
        for k in range(begin[v], begin[v + 1]):
            if mark[direct[k]] != v:
                mark[direct[k]] = v
                heads[size] = direct[k]
                size += 1
        c = child[v]
        while c >= 0:
            for k in range(up_first[c], up_first[c + 1]):
                if mark[heads[k]] != v:
                    mark[heads[k]] = v
                    heads[size] = heads[k]
                    size += 1
            c = sibling[c]
        heads[own:size] = np.sort(heads[own:size])
        up_first[v + 1] = size
        if size > own:
            parent[v] = heads[own]
            sibling[v] = child[heads[own]]
            child[heads[own]] = v
    return up_first, heads[:size].copy(), parent


@kernel
def _postorder(parent: I32) -> I32:
    """Return each node's new number: children directly before their parent, trees one by one."""
    nodes = len(parent)
    below = np.ones(nodes, np.int32)
    for v in range(nodes):
        if parent[v] >= 0:
            below[parent[v]] += below[v]
    number = np.empty(nodes, np.int32)
    # `free[v]` is the first number not yet given away in the subtree of v, `rest` the same for roots
    free = np.empty(nodes, np.int32)
    rest = 0
    for v in range(nodes - 1, -1, -1):
        p = parent[v]
        if p < 0:
            begin = rest
            rest += below[v]
        else:
            begin = free[p]
            free[p] += below[v]
        free[v] = begin
        number[v] = begin + below[v] - 1
    return number


@kernel
def _shape(parent: I32) -> tuple[I32, I32]:
    """Return each node's depth and the smallest rank in its subtree."""
    nodes = len(parent)
    depth = np.zeros(nodes, np.int32)
    lowest = np.arange(nodes).astype(np.int32)
    for v in range(nodes - 1, -1, -1):
        if parent[v] >= 0:
            depth[v] = depth[parent[v]] + 1
    for v in range(nodes):
        if parent[v] >= 0:
            lowest[parent[v]] = min(lowest[parent[v]], lowest[v])
    return depth, lowest


@kernel
def _edges(up_first: I32, up_head: I32, low: I32, high: I32) -> I32:
    """Return the upward edge between each pair of ranks, -1 where both are the same."""
    edge = np.full(len(low), -1, np.int32)
    for k in range(len(low)):
        if low[k] != high[k]:
            begin = up_first[low[k]]
            heads = up_head[begin : up_first[low[k] + 1]]
            edge[k] = begin + np.searchsorted(heads, high[k])
    return edge


@kernel
def _lay(metric: Metric, arc_edge: I32, arc_upward: Bits, travel_ms: I32) -> None:
    """Put each arc's own travel time on its edge; of parallel arcs the fastest."""
    for arc in range(len(arc_edge)):
        edge = arc_edge[arc]
        if edge < 0:
            continue
        if arc_upward[arc]:
            metric.up[edge] = min(metric.up[edge], travel_ms[arc])
        else:
            metric.down[edge] = min(metric.down[edge], travel_ms[arc])


@kernel
def _customise(metric: Metric, up_first: I32, up_head: I32) -> None:
    """Shorten each edge by the ways over every lower node of its triangles, lowest first."""
    up, down = metric.up, metric.down
    for v in range(len(up_first) - 1):
        last = up_first[v + 1]
        for i in range(up_first[v], last - 1):
            over_up = up[i]
            over_down = down[i]
            k = up_first[up_head[i]]
            for j in range(i + 1, last):
                while up_head[k] != up_head[j]:
                    k += 1
                up[k] = min(up[k], over_down + up[j])
                down[k] = min(down[k], down[j] + over_up)
