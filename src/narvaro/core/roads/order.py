"""The order in which junctions are put aside. In: arcs. Out: a nested-dissection order.

First, in rounds, junctions with at most two neighbours: their neighbours become each other's, and no
two of one round are neighbours, so that a chain is halved each time and the tree stays low. The rest
is METIS's (Karypis and Kumar 1998, through pymetis), always with the same seed, so that one map gives
one order; several separators are tried per cut. Putting the few-handed aside first leaves 4 % fewer
edges (docs/formulas/roads.md).
"""

import numpy as np
import pymetis

from narvaro.core.jit import I32, I64, Bits

SEED = 20260101
SEPARATORS_TRIED = 5
FEW = 2  # neighbours
ROUNDS_END = 0.002  # a round that puts aside a smaller share is the last


def nested_dissection(nodes: int, tail: I32, head: I32) -> I32:
    """Return the nodes in the order of elimination, the last being the most important: int32 [n]."""
    pairs = _pairs(nodes, tail, head)
    aside, pairs = _put_aside(nodes, pairs)
    kept = np.setdiff1d(np.arange(nodes), aside)
    number = np.full(nodes, -1, np.int64)
    number[kept] = np.arange(len(kept))
    first, neighbours = _adjacency(len(kept), number[pairs // nodes], number[pairs % nodes])
    rest = kept
    if len(neighbours):
        options = pymetis.Options(seed=SEED, nseps=SEPARATORS_TRIED)
        adjacency = pymetis.CSRAdjacency(adj_starts=first, adjacent=neighbours)
        rest = kept[np.asarray(pymetis.nested_dissection(adjacency, options=options)[0])]
    return np.concatenate([aside, rest]).astype(np.int32)


def _put_aside(nodes: int, pairs: I64) -> tuple[I64, I64]:
    """Return the nodes put aside, in order, and the pairs of neighbours that are left."""
    aside = [np.zeros(0, np.int64)]
    gone = np.zeros(nodes, np.bool_)
    while True:
        chosen = _apart(nodes, pairs, gone)
        if len(chosen) <= ROUNDS_END * nodes:
            return np.concatenate(aside), pairs
        aside.append(chosen)
        gone[chosen] = True
        pairs = _without(nodes, pairs, gone)


def _apart(nodes: int, pairs: I64, gone: Bits) -> I64:
    """Return nodes with few neighbours of which no two are neighbours."""
    a, b = pairs // nodes, pairs % nodes
    few = (np.bincount(a, minlength=nodes) <= FEW) & ~gone
    # of two neighbours the one whose number, mixed, is lower stays: a chain is thinned evenly
    mixed = (np.arange(nodes, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(16)
    both = few[a] & few[b]
    lower = mixed[a] < mixed[b]
    few[a[both & lower]] = False
    return np.flatnonzero(few)


def _without(nodes: int, pairs: I64, gone: Bits) -> I64:
    """Return the pairs among those that are left, with the two neighbours of each node that is gone."""
    a, b = pairs // nodes, pairs % nodes
    kept = ~gone[a] & ~gone[b]
    # the pairs are sorted: the neighbours of a node that is gone follow each other
    left = np.flatnonzero(gone[a])
    twin = left[:-1][a[left[:-1]] == a[left[1:]]]
    one, other = b[twin], b[twin + 1]
    return np.unique(np.concatenate([pairs[kept], one * nodes + other, other * nodes + one]))


def _pairs(nodes: int, tail: I32, head: I32) -> I64:
    """Return each two neighbours both ways round, once, as `a * nodes + b`, ascending."""
    other = tail != head
    a, b = tail[other].astype(np.int64), head[other].astype(np.int64)
    return np.unique(np.concatenate([a * nodes + b, b * nodes + a]))


def _adjacency(nodes: int, a: I64, b: I64) -> tuple[I32, I32]:
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(a, minlength=nodes), out=first[1:])
    return first, b.astype(np.int32)


def undirected(nodes: int, tail: I32, head: I32) -> tuple[I32, I32]:
    """Return the simple undirected graph of the arcs as (first [n + 1], neighbours)."""
    pairs = _pairs(nodes, tail, head)
    return _adjacency(nodes, pairs // nodes, pairs % nodes)
