"""From map points to junctions. In: segments between points. Out: the road graph.

Kept is the largest part in which every point reaches every other. Points where nothing can be
chosen (two segments meet, same directions) lie inside a piece and are no junctions.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I32, Bits, kernel
from narvaro.core.roads.graph import CLOSED_MS, DEGREE, RoadGraph, adjacency

FORWARD, BACKWARD = 1, 2


@dataclass(frozen=True, eq=False, slots=True)
class Segments:
    """Straight stretches of road between map points, before contraction.

    `point_lat`, `point_lon`: int32 [p], 1e-7 degrees. `start`, `end`: int32 [s], indices of points.
    `travel_ms`: float64 [s]. `ways`: int8 [s], FORWARD (start to end), BACKWARD or both.
    """

    point_lat: I32
    point_lon: I32
    start: I32
    end: I32
    travel_ms: F64
    ways: npt.NDArray[np.int8]


def contract(segments: Segments) -> RoadGraph:
    """Make the graph: the largest strongly connected part, joined into pieces between junctions."""
    kept = _connected(segments)
    first, incident = _incidence(len(segments.point_lat), kept.start, kept.end)
    shape = _pieces(first, incident, _Stretches(kept.start, kept.end, kept.travel_ms, kept.ways))
    return _assemble(segments, shape)


def _connected(segments: Segments) -> Segments:
    """Keep the segments of the largest part in which every point reaches every other."""
    real = segments.start != segments.end
    forth = (segments.ways & FORWARD).astype(bool) & real
    back = (segments.ways & BACKWARD).astype(bool) & real
    tail = np.concatenate([segments.start[forth], segments.end[back]])
    head = np.concatenate([segments.end[forth], segments.start[back]])
    first, heads = adjacency(len(segments.point_lat), tail, head)
    part = strong_parts(first, heads)
    largest = int(np.argmax(np.bincount(part))) if len(part) else 0
    keep = real & (part[segments.start] == largest) & (part[segments.end] == largest)
    return Segments(
        segments.point_lat,
        segments.point_lon,
        segments.start[keep],
        segments.end[keep],
        segments.travel_ms[keep],
        segments.ways[keep],
    )


def _incidence(nodes: int, start: I32, end: I32) -> tuple[I32, I32]:
    """Return each point's segments (both ends count), and where they begin."""
    number = np.arange(len(start), dtype=np.int32)
    return adjacency(nodes, np.concatenate([start, end]), np.concatenate([number, number]))


class _Stretches(NamedTuple):
    """Segments as kernels take them."""

    start: I32
    end: I32
    ms: F64
    ways: npt.NDArray[np.int8]


class _Pen(NamedTuple):
    """Which segments are used, and the room for the points of the next pieces."""

    used: Bits
    point: I32
    passed_ms: F64


class _Shape(NamedTuple):
    """Pieces as lists of points, with the time along them and their directions."""

    piece_first: I32
    point: I32
    passed_ms: F64
    ways: npt.NDArray[np.int8]


def _assemble(segments: Segments, shape: _Shape) -> RoadGraph:
    starts, ends = shape.piece_first[:-1], shape.piece_first[1:] - 1
    begin, finish = shape.point[starts], shape.point[ends]
    junctions, numbered = np.unique(np.concatenate([begin, finish]), return_inverse=True)
    begin_node, finish_node = np.split(numbered.astype(np.int32), 2)
    total = shape.passed_ms[ends]
    whole = np.repeat(total, np.diff(shape.piece_first))
    share = np.divide(shape.passed_ms, whole, out=np.zeros_like(whole), where=whole > 0)
    share[ends] = 1.0
    forth = np.flatnonzero(shape.ways & FORWARD).astype(np.int32)
    back = np.flatnonzero(shape.ways & BACKWARD).astype(np.int32)
    piece = np.concatenate([forth, back])
    whole_ms = np.clip(np.rint(total), 1, CLOSED_MS - 1).astype(np.int32)
    return RoadGraph(
        node_lat=segments.point_lat[junctions] * DEGREE,
        node_lon=segments.point_lon[junctions] * DEGREE,
        arc_tail=np.concatenate([begin_node[forth], finish_node[back]]),
        arc_head=np.concatenate([finish_node[forth], begin_node[back]]),
        arc_travel_ms=whole_ms[piece],
        arc_piece=piece,
        arc_forward=np.arange(len(piece)) < len(forth),
        piece_first=shape.piece_first,
        point_lat=segments.point_lat[shape.point],
        point_lon=segments.point_lon[shape.point],
        point_share=share.astype(np.float32),
    )


@kernel
def strong_parts(first: I32, heads: I32) -> I32:  # noqa: C901 - Tarjan's algorithm with its own stack
    """Return the number of each node's strongly connected part (Tarjan 1972)."""
    nodes = len(first) - 1
    part = np.full(nodes, -1, np.int32)
    index = np.full(nodes, -1, np.int32)
    lowest = np.zeros(nodes, np.int32)
    cursor = first[:-1].copy()
    open_nodes = np.empty(nodes, np.int32)
    trail = np.empty(nodes, np.int32)
    opened = 0
    seen = 0
    parts = 0
    for root in range(nodes):
        if index[root] >= 0:
            continue
        depth = 0
        trail[0] = root
        while depth >= 0:
            v = trail[depth]
            if index[v] < 0:
                index[v] = seen
                lowest[v] = seen
                seen += 1
                open_nodes[opened] = v
                opened += 1
            if cursor[v] < first[v + 1]:
                w = heads[cursor[v]]
                cursor[v] += 1
                if index[w] < 0:
                    depth += 1
                    trail[depth] = w
                elif part[w] < 0:
                    lowest[v] = min(lowest[v], index[w])
                continue
            depth -= 1
            if depth >= 0:
                lowest[trail[depth]] = min(lowest[trail[depth]], lowest[v])
            if lowest[v] == index[v]:
                while part[v] < 0:
                    opened -= 1
                    part[open_nodes[opened]] = parts
                parts += 1
    return part


@kernel
def _turned(ways: int, reverse: bool) -> int:
    """Return the directions of a segment as seen by one who walks it, maybe from its end."""
    if reverse:
        return (ways & 1) << 1 | (ways & 2) >> 1
    return ways


@kernel
def _is_junction(v: int, first: I32, incident: I32, roads: _Stretches) -> bool:
    """Tell whether a choice is made at `v`: not two segments that pass the same directions on."""
    if first[v + 1] - first[v] != 2:
        return True
    one, two = incident[first[v]], incident[first[v] + 1]
    into = _turned(roads.ways[one], roads.end[one] != v)
    out_of = _turned(roads.ways[two], roads.end[two] == v)
    return into != out_of


@kernel
def _walk(v: int, s: int, between: I32, roads: _Stretches, pen: _Pen) -> int:
    """Write the piece that leaves `v` by segment `s`; return how many points it has."""
    at, time, size = v, 0.0, 1
    pen.point[0], pen.passed_ms[0] = v, 0.0
    while True:
        pen.used[s] = True
        at = roads.start[s] if roads.end[s] == at else roads.end[s]
        time += roads.ms[s]
        pen.point[size], pen.passed_ms[size] = at, time
        size += 1
        if between[at] < 0 or at == v:
            return size
        s = between[at] - s


@kernel
def _pieces(first: I32, incident: I32, roads: _Stretches) -> _Shape:
    """Walk from junction to junction; a ring without a junction begins at any of its points."""
    nodes, size = len(first) - 1, len(roads.start)
    shape = _Shape(
        np.zeros(size + 1, np.int32),
        np.empty(2 * size, np.int32),
        np.empty(2 * size, np.float64),
        np.empty(size, np.int8),
    )
    used = np.zeros(size, np.bool_)
    # the sum of the two segments that meet at a point inside a piece, -1 at a junction
    between = np.full(nodes, np.int32(-1))
    for v in range(nodes):
        if not _is_junction(v, first, incident, roads):
            between[v] = incident[first[v]] + incident[first[v] + 1]
    pieces, points = 0, 0
    for rings in (False, True):
        for v in range(nodes):
            if between[v] >= 0 and not rings:
                continue
            for k in range(first[v], first[v + 1]):
                s = incident[k]
                if used[s]:
                    continue
                shape.ways[pieces] = _turned(roads.ways[s], roads.end[s] == v)
                pen = _Pen(used, shape.point[points:], shape.passed_ms[points:])
                points += _walk(v, s, between, roads, pen)
                pieces += 1
                shape.piece_first[pieces] = points
    return _Shape(
        shape.piece_first[: pieces + 1].copy(),
        shape.point[:points].copy(),
        shape.passed_ms[:points].copy(),
        shape.ways[:pieces].copy(),
    )
