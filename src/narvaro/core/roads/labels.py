"""Travel times through labels. In: places on roads, a weighed hierarchy. Out: seconds, S x T.

A label holds the shortest time from a place to every node above it in the elimination tree (or back
from there to the place). Two labels meet on the part of their ways that they share, from the root
to the lowest common node: one sum and one minimum per node, nothing else. Rows are sorted by rank,
so that the depth of the lowest common node is a running minimum over neighbours.
"""

from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64, I32, Bits, kernel
from narvaro.core.roads.barriers import Cuts
from narvaro.core.roads.graph import CLOSED_MS, U8
from narvaro.core.roads.hierarchy import Tree

FAR = np.int32(CLOSED_MS)


class Spots(NamedTuple):
    """Where places stand: the piece, -1 for none, and the share of its length, 0 … 1."""

    piece: I32
    share: F64


class Times(NamedTuple):
    """Travel times of arcs, and of the tree's edges in the direction in which labels run."""

    arc_ms: I32  # with waiting; also of arcs that are cut: one gets to the cut
    wait_ms: I32  # [c] of each code of waits
    edge_ms: I32  # the metric's `up` for sources, its `down` for targets
    outward: bool  # from the place, not to it
    cuts: Cuts


class Waits(NamedTuple):
    """Where one waits on pieces, as a graph has it."""

    first: I32  # [p + 1] where each piece's waits begin
    share: F64
    forward: Bits
    code: U8


class Attachments(NamedTuple):
    """The arcs that let places on their pieces into the tree."""

    piece_first: I32  # [p + 1] where each piece's arcs begin in `arc`
    arc: I32  # [a] arcs, sorted by piece
    forward: Bits  # [m]
    tail_rank: I32  # [m]
    head_rank: I32  # [m]
    waits: Waits


class Labels(NamedTuple):
    """Label rows in order of rank; a place has one row, more only where its ends lie apart."""

    ms: I32  # [r, deepest + 1] by depth; beyond the row's own depth undefined
    place: I32  # [r] index of the place
    rank: I32  # [r] ascending
    joint: I32  # [r] depth of the lowest common node with the row before


@kernel
def _passed_ms(share: float, piece: int, arc: int, times: Times, net: Attachments) -> int:
    """Return the milliseconds from the arc's start to a point at `share` of its piece.

    Whoever is at a wait has not waited yet; who is at the junction after it has.
    """
    forward, total, waits = net.forward[arc], times.arc_ms[arc], net.waits
    waited, behind = 0, 0
    for k in range(waits.first[piece], waits.first[piece + 1]):
        if waits.forward[k] == forward:
            ms = times.wait_ms[waits.code[k]]
            waited += ms
            if (waits.share[k] < share) if forward else (waits.share[k] > share):
                behind += ms
    running = max(0, total - waited)
    run = int(np.rint(share * running))
    run = run if forward else running - run
    return int(total if run == running else min(total, run + behind))


@kernel
def _seed(share: float, piece: int, arc: int, times: Times, net: Attachments) -> tuple[int, int]:
    """Return the (rank, milliseconds) at which a place's label begins on one arc.

    A place within half a millisecond of a junction is at that junction, also on a one-way road.
    """
    total = times.arc_ms[arc]
    passed = _passed_ms(share, piece, arc, times, net)
    if (passed > 0) if times.outward else (passed == total):
        return net.head_rank[arc], total - passed
    return net.tail_rank[arc], passed


@kernel
def is_cut(share: float, piece: int, upward: bool, cuts: Cuts) -> bool:
    """Tell whether the piece is cut between a share of it and its end, or (not upward) its start."""
    return bool(share <= cuts.high[piece] if upward else share >= cuts.low[piece])


@kernel
def _related(a: int, b: int, lowest: I32) -> bool:
    """Tell whether one of two ranks stands above the other in the tree, or is it."""
    low, high = (a, b) if a < b else (b, a)
    return bool(lowest[high] <= low)


@kernel
def _seeds(spots: Spots, times: Times, lowest: I32, net: Attachments) -> I32:
    """Return rows of (low rank, its ms, high rank or -1, its ms, place), unsorted."""
    total = 0
    for piece in spots.piece:
        if piece >= 0:
            total += net.piece_first[piece + 1] - net.piece_first[piece]
    rows = np.empty((total, 5), np.int32)
    size = 0
    for i in range(len(spots.piece)):
        piece = spots.piece[i]
        if piece < 0:
            continue
        own = size
        for k in range(net.piece_first[piece], net.piece_first[piece + 1]):
            arc = net.arc[k]
            upward = times.outward == net.forward[arc]
            if times.arc_ms[arc] < FAR and not is_cut(spots.share[i], piece, upward, times.cuts):
                seed = _seed(spots.share[i], piece, arc, times, net)
                size = _enter(rows, own, size, seed, lowest)
        rows[own:size, 4] = i
    return rows[:size]


@kernel
def _enter(rows: I32, own: int, size: int, seed: tuple[int, int], lowest: I32) -> int:
    """Join a seed to a row of the same place on the same way to the root, or begin a row."""
    rank, ms = seed
    for r in range(own, size):
        low = rows[r, 0]
        if rank == low:
            rows[r, 1] = min(rows[r, 1], ms)
            return size
        if rows[r, 2] < 0 and _related(rank, low, lowest):
            if rank > low:
                rows[r, 2], rows[r, 3] = rank, ms
            else:
                rows[r, 2], rows[r, 3] = low, rows[r, 1]
                rows[r, 0], rows[r, 1] = rank, ms
            return size
        if rank == rows[r, 2]:
            rows[r, 3] = min(rows[r, 3], ms)
            return size
    rows[size, 0], rows[size, 1], rows[size, 2] = rank, ms, -1
    return size + 1


@kernel
def _meeting_depth(a: int, b: int, tree: Tree) -> int:
    """Return the depth of the lowest node above or at both ranks, -1 where there is none."""
    low, high = (a, b) if a < b else (b, a)
    while high >= 0 and tree.lowest[high] > low:
        high = tree.parent[high]
    return tree.depth[high] if high >= 0 else -1


@kernel
def label(spots: Spots, times: Times, tree: Tree, net: Attachments) -> Labels:
    """Return the labels of places."""
    return _grow(_seeds(spots, times, tree.lowest, net), times.edge_ms, tree)


@kernel
def label_nodes(ranks: I32, edge_ms: I32, tree: Tree) -> Labels:
    """Return the labels of nodes, given by rank."""
    rows = np.zeros((len(ranks), 5), np.int32)
    rows[:, 0] = ranks
    rows[:, 2] = -1
    rows[:, 4] = np.arange(len(ranks))
    return _grow(rows, edge_ms, tree)


@kernel
def _grow(rows: I32, edge_ms: I32, tree: Tree) -> Labels:
    """Return the labels that begin with these seeds."""
    size = len(rows)
    sort = np.argsort(rows[:, 0])
    deepest = 0
    for r in range(size):
        deepest = max(deepest, tree.depth[rows[r, 0]])
    found = Labels(
        np.empty((size, deepest + 1), np.int32),
        rows[sort, 4],
        rows[sort, 0],
        np.full(size, np.int32(-1)),
    )
    for r in range(size):
        if r:
            found.joint[r] = _meeting_depth(found.rank[r - 1], found.rank[r], tree)
        _climb(found.ms[r], rows[sort[r]], edge_ms, tree)
    return found


@kernel
def _climb(ms: I32, row: I32, edge_ms: I32, tree: Tree) -> None:
    """Fill one label from its seeds up to the root."""
    x = row[0]
    ms[: tree.depth[x] + 1] = FAR
    ms[tree.depth[x]] = row[1]
    if row[2] >= 0:
        ms[tree.depth[row[2]]] = row[3]
    up_first, head_depth, depth, parent = tree.up_first, tree.head_depth, tree.depth, tree.parent
    while x >= 0:
        here = ms[np.uintp(depth[x])]
        if here < FAR:
            # unsigned: a signed index is first asked if it counts from the end, and that took 60 % of the time
            for k in range(np.uintp(up_first[x]), np.uintp(up_first[x + 1])):
                d = np.uintp(head_depth[k])
                ms[d] = min(ms[d], np.int32(here + edge_ms[k]))
        x = parent[x]


@kernel
def _shortest(a: I32, b: I32, depths: int) -> int:
    """Return the smallest sum of two labels over their first `depths` nodes."""
    best = np.int32(2 * CLOSED_MS)
    for k in range(depths):
        best = min(best, np.int32(a[k] + b[k]))
    return int(best)


@kernel
def _note(seconds: F64, at: int, ms: int) -> None:
    if ms < FAR:
        seconds[at] = min(seconds[at], ms / 1000.0)


@kernel
def _sweep(outer: Labels, inner: Labels, tree: Tree, seconds: F64, steps: tuple[int, int]) -> None:
    """Meet each outer row with all inner rows, from its place among them outward both ways."""
    size = len(inner.rank)
    for i in range(len(outer.rank)):
        own = outer.ms[i]
        base = outer.place[i] * steps[0]
        middle = np.searchsorted(inner.rank, outer.rank[i])
        if middle < size:
            depth = _meeting_depth(outer.rank[i], inner.rank[middle], tree)
            for j in range(middle, size):
                if j > middle:
                    depth = min(depth, inner.joint[j])
                _note(
                    seconds,
                    base + inner.place[j] * steps[1],
                    _shortest(own, inner.ms[j], depth + 1),
                )
        if middle > 0:
            depth = _meeting_depth(outer.rank[i], inner.rank[middle - 1], tree)
            for j in range(middle - 1, -1, -1):
                if j < middle - 1:
                    depth = min(depth, inner.joint[j + 1])
                _note(
                    seconds,
                    base + inner.place[j] * steps[1],
                    _shortest(own, inner.ms[j], depth + 1),
                )


@kernel
def meet(sources: Labels, targets: Labels, tree: Tree, seconds: F64) -> None:
    """Write the shortest seconds over junctions into `seconds` [S, T], filled with inf before."""
    flat = seconds.reshape(-1)
    width = seconds.shape[1]
    if len(sources.rank) <= len(targets.rank):
        _sweep(sources, targets, tree, flat, (width, 1))
    else:
        _sweep(targets, sources, tree, flat, (1, width))


@kernel
def _cut_between(low: float, high: float, piece: int, cuts: Cuts) -> bool:
    """Tell whether a piece is cut between two shares of it."""
    if low > cuts.high[piece] or high < cuts.low[piece]:
        return False
    k = np.searchsorted(cuts.piece, piece)
    while k < len(cuts.piece) and cuts.piece[k] == piece:
        if low <= cuts.share[k] <= high:
            return True
        k += 1
    return False


@kernel
def along(sources: Spots, targets: Spots, times: Times, net: Attachments, seconds: F64) -> None:
    """Shorten `seconds` [S, T] where both places stand on one piece and the road leads there."""
    arc_ms, cuts = times.arc_ms, times.cuts
    for s in range(len(sources.piece)):
        piece = sources.piece[s]
        for t in range(len(targets.piece)):
            if targets.piece[t] != piece or piece < 0:
                continue
            low = min(sources.share[s], targets.share[t])
            high = max(sources.share[s], targets.share[t])
            if _cut_between(low, high, piece, cuts):
                continue
            for k in range(net.piece_first[piece], net.piece_first[piece + 1]):
                arc = net.arc[k]
                begin = _passed_ms(sources.share[s], piece, arc, times, net)
                end = _passed_ms(targets.share[t], piece, arc, times, net)
                if arc_ms[arc] < FAR and begin <= end:
                    seconds[s, t] = min(seconds[s, t], (end - begin) / 1000.0)
