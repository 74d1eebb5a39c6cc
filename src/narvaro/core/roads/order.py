"""The order in which junctions are put aside. In: arcs. Out: a nested-dissection order.

METIS through pymetis (Karypis and Kumar 1998), always with the same seed, so that one map gives one
order. Several separators are tried per cut: the tree gets lower, and every answer faster.
"""

import numpy as np
import pymetis

from narvaro.core.jit import I32

SEED = 20260101
SEPARATORS_TRIED = 5


def nested_dissection(nodes: int, tail: I32, head: I32) -> I32:
    """Return the nodes in the order of elimination, the last being the most important: int32 [n]."""
    first, neighbours = undirected(nodes, tail, head)
    if not len(neighbours):
        return np.arange(nodes, dtype=np.int32)
    options = pymetis.Options(seed=SEED, nseps=SEPARATORS_TRIED)
    adjacency = pymetis.CSRAdjacency(adj_starts=first, adjacent=neighbours)
    order, _ = pymetis.nested_dissection(adjacency, options=options)
    return np.asarray(order, np.int32)


def undirected(nodes: int, tail: I32, head: I32) -> tuple[I32, I32]:
    """Return the simple undirected graph of the arcs as (first [n + 1], neighbours)."""
    other = tail != head
    a, b = tail[other].astype(np.int64), head[other].astype(np.int64)
    pairs = np.unique(np.concatenate([a * nodes + b, b * nodes + a]))
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(pairs // nodes, minlength=nodes), out=first[1:])
    return first, (pairs % nodes).astype(np.int32)
