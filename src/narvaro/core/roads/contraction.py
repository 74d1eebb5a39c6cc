"""From map points to junctions. In: segments between points, and who may turn where. Out: the graph.

Kept is what is in the largest part in which every point reaches every other, for any profile. Points
where nothing can be chosen and nothing changes (two segments of one kind of road meet, same
directions) lie inside a piece and are no junctions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I8, I32, Bits, kernel
from narvaro.core.roads.graph import DEGREE, PROFILES, U8, RoadGraph, adjacency
from narvaro.core.roads.parts import close_what_leads_nowhere, largest_part
from narvaro.core.roads.turns import Arcs, Ban, expand

FORWARD, BACKWARD = 1, 2


@dataclass(frozen=True, eq=False, slots=True)
class Kinds:
    """Kinds of road: what is equal along a piece.

    `m_s`: float64 [k, 3], metres per second by profile, 0 where it may not be. `ways`: int8 [k, 3],
    FORWARD (along the segment), BACKWARD or both, by profile. `name`: str [k]. `road_class`: uint8 [k],
    index of ROAD_CLASSES; left out, all are of the first.
    """

    m_s: F64
    ways: I8
    name: npt.NDArray[np.str_]
    road_class: U8 = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        if not len(self.road_class):
            object.__setattr__(self, "road_class", np.zeros(len(self.name), np.uint8))


@dataclass(frozen=True, eq=False, slots=True)
class Waiting:
    """Where one waits: at the end of a segment, before whatever comes after it.

    `code`: uint8 [s, 2], 0 for nowhere: for who travels the segment from its start to its end, and for
    who travels it back. `wait_s`: float64 [c, 3], seconds of each code by profile, none for code 0.
    """

    code: U8
    wait_s: F64


@dataclass(frozen=True, eq=False, slots=True)
class Segments:
    """Straight stretches of road between map points, before contraction.

    `point_lat`, `point_lon`: int32 [p], 1e-7 degrees. `blocked`: uint8 [p], bits of the profiles that
    do not get past a point. `start`, `end`: int32 [s], indices of points. `metres`: float64 [s].
    `kind`: int32 [s].
    """

    point_lat: I32
    point_lon: I32
    blocked: U8
    start: I32
    end: I32
    metres: F64
    kind: I32
    kinds: Kinds
    waiting: Waiting | None = None


Directed = tuple[int, bool]
"""A segment and whether it is travelled from its start to its end."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn restriction: after this way, none of `to` may be taken, or (`only`) nothing else.

    `path` are the segments of the way that count, in order of travel: the last before the first
    junction, then those of the via ways, if any. `profiles` are bits.
    """

    path: tuple[Directed, ...]
    to: tuple[Directed, ...]
    only: bool
    profiles: int


@dataclass(frozen=True, eq=False, slots=True)
class _Laid:
    """Where the segments that are kept lie: their piece, and if they run as it does."""

    kept: Bits  # [s] of the segments as given
    piece: I32  # [those kept]
    along: Bits
    until_m: F64  # metres along the piece to the end of the segment that is further on
    number: I32 = field(init=False)  # [s] their number among those kept

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", (np.cumsum(self.kept) - 1).astype(np.int32))


def contract(segments: Segments, turns: Sequence[Turn] = ()) -> RoadGraph:
    """Make the graph: segments joined into pieces between junctions, split where turns differ."""
    kept = _connected(segments)
    roads = _Stretches(
        segments.start[kept], segments.end[kept], segments.metres[kept], segments.kind[kept],
        (segments.kinds.ways % 3 == 0).all(axis=1),
    )  # fmt: skip
    first, incident = _incidence(len(segments.point_lat), roads.start, roads.end)
    forced = segments.blocked > 0
    for turn in turns:
        for number, along in turn.path:
            forced[(segments.end if along else segments.start)[number]] = True
    shape = _pieces(first, incident, forced, roads)
    laid = _Laid(kept, shape.piece, shape.along, shape.until_m)
    return _assemble(segments, shape, laid, turns)


def _connected(segments: Segments) -> Bits:
    """Tell which segments are in the largest part where all points reach each other, of any profile."""
    real = segments.start != segments.end
    kept = np.zeros(len(segments.start), np.bool_)
    for profile in range(len(PROFILES)):
        ways = segments.kinds.ways[segments.kind, profile]
        forth, back = (ways & FORWARD > 0) & real, (ways & BACKWARD > 0) & real
        tail = np.concatenate([segments.start[forth], segments.end[back]])
        head = np.concatenate([segments.end[forth], segments.start[back]])
        inside = largest_part(len(segments.point_lat), tail, head)
        kept |= (forth | back) & inside[segments.start] & inside[segments.end]
    return kept


def _incidence(nodes: int, start: I32, end: I32) -> tuple[I32, I32]:
    """Return each point's segments (both ends count), and where they begin."""
    number = np.arange(len(start), dtype=np.int32)
    return adjacency(nodes, np.concatenate([start, end]), np.concatenate([number, number]))


class _Stretches(NamedTuple):
    """Segments as kernels take them."""

    start: I32
    end: I32
    metres: F64
    kind: I32
    even: Bits  # [k] the kind is the same in both directions


class _Pen(NamedTuple):
    """The next piece's number and room for its points, and where it is noted how segments lie."""

    number: int
    point: I32
    passed_m: F64
    piece: I32
    along: Bits
    until_m: F64


class _Shape(NamedTuple):
    """Pieces as lists of points, with the metres along them, their kind and if they run against it."""

    piece_first: I32
    point: I32
    passed_m: F64
    kind: I32
    turned: Bits
    piece: I32  # of each segment
    along: Bits
    until_m: F64


def _assemble(segments: Segments, shape: _Shape, laid: _Laid, turns: Sequence[Turn]) -> RoadGraph:
    starts, ends = shape.piece_first[:-1], shape.piece_first[1:] - 1
    begin, finish = shape.point[starts], shape.point[ends]
    junctions, numbered = np.unique(np.concatenate([begin, finish]), return_inverse=True)
    begin_node, finish_node = np.split(numbered.astype(np.int32), 2)
    total = shape.passed_m[ends]
    whole = np.repeat(total, np.diff(shape.piece_first))
    share = np.divide(shape.passed_m, whole, out=np.zeros_like(whole), where=whole > 0)
    share[ends] = 1.0
    forth, back = _uses(segments.kinds.ways, shape)
    forward, backward = np.flatnonzero(forth), np.flatnonzero(back)
    piece = np.concatenate([forward, backward]).astype(np.int32)
    arcs = Arcs(
        tail=np.concatenate([begin_node[forward], finish_node[backward]]),
        head=np.concatenate([finish_node[forward], begin_node[backward]]),
        piece=piece,
        forward=np.arange(len(piece)) < len(forward),
        use=np.concatenate([forth[forward], back[backward]]),
    )
    bans = _bans(turns, laid, arcs, len(total))
    origin, arcs = expand(len(junctions), arcs, bans, segments.blocked[junctions])
    return RoadGraph(
        node_lat=segments.point_lat[junctions][origin] * DEGREE,
        node_lon=segments.point_lon[junctions][origin] * DEGREE,
        arc_tail=arcs.tail,
        arc_head=arcs.head,
        arc_piece=arcs.piece,
        arc_forward=arcs.forward,
        arc_use=close_what_leads_nowhere(len(origin), arcs.tail, arcs.head, arcs.use),
        piece_first=shape.piece_first,
        piece_m=total,
        piece_kind=shape.kind,
        point_lat=segments.point_lat[shape.point],
        point_lon=segments.point_lon[shape.point],
        point_share=share.astype(np.float32),
        kind_m_s=segments.kinds.m_s,
        kind_name=segments.kinds.name,
        kind_class=segments.kinds.road_class,
        **_waits(segments, laid, total),
    )


def _waits(segments: Segments, laid: _Laid, piece_m: F64) -> dict[str, Any]:
    """Return where one waits on pieces, by the names that a graph has for it."""
    if segments.waiting is None:
        return {}
    code, metres = segments.waiting.code[laid.kept], segments.metres[laid.kept]
    one, back = np.nonzero(code)
    forward = laid.along[one] != back.astype(np.bool_)
    at_m = np.where(forward, laid.until_m[one], laid.until_m[one] - metres[one])
    piece = laid.piece[one]
    share = np.divide(at_m, piece_m[piece], out=np.zeros(len(one)), where=piece_m[piece] > 0)
    order = np.lexsort((share, piece))
    return {
        "wait_piece": piece[order],
        "wait_share": np.clip(share, 0.0, 1.0)[order],
        "wait_forward": forward[order],
        "wait_code": code[one, back][order],
        "code_wait_s": segments.waiting.wait_s,
    }


def _uses(ways: I8, shape: _Shape) -> tuple[U8, U8]:
    """Return the profiles that may travel each piece from its first point on, and those back."""
    along, against = (
        ((ways & way > 0) << np.arange(len(PROFILES))).sum(axis=1).astype(np.uint8)[shape.kind]
        for way in (FORWARD, BACKWARD)
    )
    return np.where(shape.turned, against, along), np.where(shape.turned, along, against)


def _bans(turns: Sequence[Turn], laid: _Laid, arcs: Arcs, pieces: int) -> list[Ban]:
    """Return the restrictions as ways along arcs; without those whose roads are not kept."""
    of_piece = np.full((2, pieces), -1, np.int64)
    of_piece[(~arcs.forward).astype(np.int64), arcs.piece] = np.arange(len(arcs.piece))

    def arc_of(at: Directed) -> int:
        number, along = at
        if not laid.kept[number]:
            return -1
        inside = laid.number[number]
        return int(of_piece[int(laid.along[inside] != along), laid.piece[inside]])

    found = []
    for turn in turns:
        way = [arc_of(at) for at in turn.path]
        path = [arc for k, arc in enumerate(way) if k == 0 or arc != way[k - 1]]
        to = frozenset(arc_of(at) for at in turn.to) - {-1}
        if min(path) >= 0 and to:
            found.append(Ban(tuple(path), to, turn.only, turn.profiles))
    return found


@kernel
def _is_junction(v: int, first: I32, incident: I32, roads: _Stretches) -> bool:
    """Tell whether `v` is an end of pieces: not two segments of one kind that lead on."""
    if first[v + 1] - first[v] != 2:
        return True
    one, two = incident[first[v]], incident[first[v] + 1]
    if roads.kind[one] != roads.kind[two]:
        return True
    onward = (roads.end[one] == v) == (roads.start[two] == v)
    return not (onward or roads.even[roads.kind[one]])


@kernel
def _walk(v: int, s: int, between: I32, roads: _Stretches, pen: _Pen) -> int:
    """Write the piece that leaves `v` by segment `s`; return how many points it has."""
    at, passed_m, size = v, 0.0, 1
    pen.point[0], pen.passed_m[0] = v, 0.0
    while True:
        pen.piece[s], pen.along[s] = pen.number, roads.start[s] == at
        at = roads.end[s] if roads.start[s] == at else roads.start[s]
        passed_m += roads.metres[s]
        pen.until_m[s] = passed_m
        pen.point[size], pen.passed_m[size] = at, passed_m
        size += 1
        if between[at] < 0 or at == v:
            return size
        s = between[at] - s


@kernel
def _pieces(first: I32, incident: I32, forced: Bits, roads: _Stretches) -> _Shape:
    """Walk from junction to junction; a ring without a junction begins at any of its points."""
    nodes, size = len(first) - 1, len(roads.start)
    shape = _Shape(
        np.zeros(size + 1, np.int32), np.empty(2 * size, np.int32), np.empty(2 * size),
        np.empty(size, np.int32), np.empty(size, np.bool_),
        np.full(size, np.int32(-1)), np.empty(size, np.bool_), np.empty(size),
    )  # fmt: skip
    # the sum of the two segments that meet at a point inside a piece, -1 at a junction
    between = np.full(nodes, np.int32(-1))
    for v in range(nodes):
        if not forced[v] and not _is_junction(v, first, incident, roads):
            between[v] = incident[first[v]] + incident[first[v] + 1]
    pieces, points = 0, 0
    for rings in (False, True):
        for v in range(nodes):
            if between[v] >= 0 and not rings:
                continue
            for k in range(first[v], first[v + 1]):
                s = incident[k]
                if shape.piece[s] >= 0:
                    continue
                shape.kind[pieces] = roads.kind[s]
                shape.turned[pieces] = roads.start[s] != v
                pen = _Pen(
                    pieces, shape.point[points:], shape.passed_m[points:], shape.piece, shape.along,
                    shape.until_m,
                )  # fmt: skip
                points += _walk(v, s, between, roads, pen)
                pieces += 1
                shape.piece_first[pieces] = points
    return _Shape(
        shape.piece_first[: pieces + 1].copy(), shape.point[:points].copy(),
        shape.passed_m[:points].copy(), shape.kind[:pieces].copy(), shape.turned[:pieces].copy(),
        shape.piece, shape.along, shape.until_m,
    )  # fmt: skip
