"""The road network as arrays. In: segments between map points. Out: junctions, arcs, road pieces.

A *piece* is the road between two junctions with its true shape; an *arc* is one direction of travel
along a piece. Points where nothing can be chosen (two segments meet, same directions) lie inside a
piece and are no junctions. Times are whole milliseconds, coordinates of shapes are 1e-7 degrees,
as OpenStreetMap stores them, so that nothing is lost by keeping them small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F32, F64, I32, Bits, kernel

DEGREE = 1e-7
CLOSED_MS = 1_000_000_000
"""Travel time of an arc that nobody may use; also the bound of every travel time (277 hours)."""

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


@dataclass(frozen=True, eq=False, slots=True)
class RoadGraph:
    """Junctions (n), arcs (m) and road pieces (p) with their shape points (q).

    An arc with `arc_piece` -1 is a link without a road: a permitted turn at a junction that was
    split. Several arcs may lie on one piece in the same direction. So a network with turn
    restrictions is one more RoadGraph, and nothing that uses it changes.
    """

    node_lat: F64  # [n] degrees
    node_lon: F64  # [n] degrees
    arc_tail: I32  # [m] node
    arc_head: I32  # [m] node
    arc_travel_ms: I32  # [m]
    arc_piece: I32  # [m] piece, or -1
    arc_forward: Bits  # [m] travels the piece from its first point to its last
    piece_first: I32  # [p + 1] first shape point of each piece
    point_lat: I32  # [q] 1e-7 degrees
    point_lon: I32  # [q] 1e-7 degrees
    point_share: F32  # [q] share of the piece's travel time from its first point, 0 … 1

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together."""
        nodes, arcs, points = len(self.node_lat), len(self.arc_tail), len(self.point_lat)
        pieces = len(self.piece_first) - 1
        for name, size in _sizes(nodes, arcs, points).items():
            if len(getattr(self, name)) != size:
                raise ValueError(f"RoadGraph.{name}: {len(getattr(self, name))} long, not {size}.")
        if pieces < 0 or self.piece_first[-1] != points:
            raise ValueError("RoadGraph.piece_first must end with the number of shape points.")
        for name, low, high in (
            ("arc_tail", 0, nodes),
            ("arc_head", 0, nodes),
            ("arc_piece", -1, pieces),
            ("arc_travel_ms", 0, CLOSED_MS + 1),
        ):
            values = getattr(self, name)
            if arcs and not (low <= values.min() and values.max() < high):
                raise ValueError(f"RoadGraph.{name}: values outside {low} … {high - 1}.")

    @property
    def nodes(self) -> int:
        """Count the junctions."""
        return len(self.node_lat)

    @property
    def arcs(self) -> int:
        """Count the arcs."""
        return len(self.arc_tail)

    @property
    def pieces(self) -> int:
        """Count the road pieces."""
        return len(self.piece_first) - 1

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the arrays by field name, for a file."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Self:
        """Rebuild the graph from `to_arrays`; raise ValueError where they do not fit together."""
        missing = [field.name for field in fields(cls) if field.name not in arrays]
        if missing:
            raise ValueError(f"RoadGraph: no array named {', '.join(missing)}.")
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})  # type: ignore[arg-type]


def _sizes(nodes: int, arcs: int, points: int) -> dict[str, int]:
    return {
        "node_lon": nodes,
        "arc_head": arcs,
        "arc_travel_ms": arcs,
        "arc_piece": arcs,
        "arc_forward": arcs,
        "point_lon": points,
        "point_share": points,
    }


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
    first, heads = _adjacency(len(segments.point_lat), tail, head)
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


def _adjacency(nodes: int, tail: I32, head: I32) -> tuple[I32, I32]:
    """Return the heads sorted by tail, and where each tail's heads begin."""
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    return first, head[np.argsort(tail, kind="stable")].astype(np.int32)


def _incidence(nodes: int, start: I32, end: I32) -> tuple[I32, I32]:
    """Return each point's segments (both ends count), and where they begin."""
    number = np.arange(len(start), dtype=np.int32)
    return _adjacency(nodes, np.concatenate([start, end]), np.concatenate([number, number]))


def arcs_by_piece(graph: RoadGraph) -> tuple[I32, I32]:
    """Return where each piece's arcs begin, int32 [p + 1], and the arcs sorted by piece."""
    on_road = np.flatnonzero(graph.arc_piece >= 0).astype(np.int32)
    return _adjacency(graph.pieces, graph.arc_piece[on_road], on_road)


class _Stretches(NamedTuple):
    """Segments as kernels take them."""

    start: I32
    end: I32
    ms: F64
    ways: npt.NDArray[np.int8]


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
def _walk(v: int, s: int, between: npt.NDArray[np.int32], roads: _Stretches, shape: _Shape) -> int:
    """Write the piece that leaves `v` by segment `s` into `shape`; return how many points it has."""
    at, time, size = v, 0.0, 1
    shape.point[0], shape.passed_ms[0] = v, 0.0
    while True:
        shape.piece_first[s] = 1
        at = roads.start[s] if roads.end[s] == at else roads.end[s]
        time += roads.ms[s]
        shape.point[size], shape.passed_ms[size] = at, time
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
    used = np.zeros(size, np.int32)
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
                rest = _Shape(used, shape.point[points:], shape.passed_ms[points:], shape.ways)
                points += _walk(v, s, between, roads, rest)
                pieces += 1
                shape.piece_first[pieces] = points
    return _Shape(
        shape.piece_first[: pieces + 1].copy(),
        shape.point[:points].copy(),
        shape.passed_ms[:points].copy(),
        shape.ways[:pieces].copy(),
    )
