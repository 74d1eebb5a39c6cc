"""The elimination tree has the properties that the labels rely on."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import RoadGraph, Segments, contract
from narvaro.core.roads import hierarchy as hierarchies
from narvaro.core.roads.order import nested_dissection, undirected
from tests.core.roads.worlds import draw_segments, make_segments


def above(parent: list[int], node: int) -> list[int]:
    """Return the nodes above a node, from the lowest."""
    found = []
    while (node := parent[node]) >= 0:
        found.append(node)
    return found


@settings(max_examples=100, deadline=None)
@given(draw_segments(), st.randoms(use_true_random=False))
def test_in_any_order_edges_lead_to_nodes_above_and_subtrees_are_runs(
    segments: Segments, random: object
) -> None:
    graph = contract(segments)
    order = np.arange(graph.nodes, dtype=np.int32)
    random.shuffle(order)  # type: ignore[attr-defined]
    hierarchy = hierarchies.build(graph, order)
    tree = hierarchy.tree
    parent = tree.parent.tolist()
    assert sorted(hierarchy.rank.tolist()) == list(range(graph.nodes))
    for v in range(graph.nodes):
        heads = tree.up_head[tree.up_first[v] : tree.up_first[v + 1]].tolist()
        line = above(parent, v)
        assert set(heads) <= set(line)
        assert heads == sorted(set(heads))
        assert tree.depth[v] == len(line)
        below = [u for u in range(graph.nodes) if u == v or v in above(parent, u)]
        assert below == list(range(int(tree.lowest[v]), v + 1))
    assert tree.head_depth.tolist() == tree.depth[tree.up_head].tolist()
    assert hierarchy.height == max(tree.depth) + 1


@settings(max_examples=50, deadline=None)
@given(draw_segments())
def test_every_arc_lies_on_its_edge(segments: Segments) -> None:
    graph = contract(segments)
    hierarchy = hierarchies.build(graph)
    low = np.searchsorted(hierarchy.tree.up_first, hierarchy.arc_edge, side="right") - 1
    for arc in range(graph.arcs):
        a, b = hierarchy.rank[graph.arc_tail[arc]], hierarchy.rank[graph.arc_head[arc]]
        if a == b:
            assert hierarchy.arc_edge[arc] == -1
        else:
            assert (min(a, b), max(a, b)) == (
                low[arc],
                hierarchy.tree.up_head[hierarchy.arc_edge[arc]],
            )
            assert bool(hierarchy.arc_upward[arc]) == bool(a < b)


def grid(size: int) -> RoadGraph:
    """Make a two-way grid of streets."""
    points = [(a, b) for a in range(size) for b in range(size)]
    east = [(k, k + 1, 1000, 3) for k in range(size * size) if (k + 1) % size]
    north = [(k, k + size, 1000, 3) for k in range(size * (size - 1))]
    return contract(make_segments(points, east + north))


def test_the_order_is_the_same_each_time_and_low() -> None:
    graph = grid(30)
    one = nested_dissection(graph.nodes, graph.arc_tail, graph.arc_head)
    other = nested_dissection(graph.nodes, graph.arc_tail, graph.arc_head)
    assert one.tolist() == other.tolist()
    assert sorted(one.tolist()) == list(range(graph.nodes))
    by_number = np.arange(graph.nodes, dtype=np.int32)
    dissected = hierarchies.build(graph, one)
    assert dissected.height < 120
    assert len(dissected.tree.up_head) < len(hierarchies.build(graph, by_number).tree.up_head) / 2


def test_the_undirected_graph_is_simple() -> None:
    tail, head = np.array([0, 1, 0, 2, 2], np.int32), np.array([1, 0, 1, 2, 0], np.int32)
    first, neighbours = undirected(4, tail, head)
    assert first.tolist() == [0, 2, 3, 4, 4]
    assert neighbours.tolist() == [1, 2, 0, 0]
