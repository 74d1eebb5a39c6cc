"""How far one gets. In: a graph, travel times, a search's times. Out: the outline of what is reached.

What is reached of each road is marked on cells of 50 m (larger ones where it is far) and their
neighbours; the outline is that of the cells, with corners cut. It is a picture for people: the seconds themselves are exact.
"""

from typing import NamedTuple

import numpy as np
import shapely

from narvaro.core.geo import METRES_PER_DEGREE
from narvaro.core.jit import F32, F64, I32, I64, Bits, kernel
from narvaro.core.roads.barriers import Cuts
from narvaro.core.roads.graph import CLOSED_MS, DEGREE, RoadGraph
from narvaro.core.roads.labels import Waits

CELL_M = 50.0
EVERY_M = 25.0
MOST_CELLS = 8_000  # of a picture: beyond that its cells are larger
Outline = list[list[list[tuple[float, float]]]]
"""Polygons, each a list of rings (the first around it, the others its holes) of (lat, lon)."""


class Parts(NamedTuple):
    """Parts of pieces, from one share of their length to another."""

    piece: I32
    begin: F64
    end: F64


class Pieces(NamedTuple):
    """What it takes along pieces: milliseconds of each arc with its waits, the waits, the cuts."""

    arc_ms: I32
    wait_ms: I32  # of each code of waits
    waits: Waits
    cuts: Cuts


def reached(
    graph: RoadGraph, pieces: Pieces, ms: I64, limit_ms: int, *, inward: bool = False
) -> Parts:
    """Return what is passed of each road within the limit, given the times of a search's nodes.

    A piece that is cut is passed up to its first cut. `inward`: the times are those from the nodes,
    and arcs are passed to their end.
    """
    share = _reached(
        graph.arc_head if inward else graph.arc_tail, graph.arc_piece, graph.arc_forward, pieces, ms,
        limit_ms, inward,
    )  # fmt: skip
    arc = np.flatnonzero(share > 0)
    piece, upward = graph.arc_piece[arc], graph.arc_forward[arc] != inward
    end = np.where(
        upward,
        np.minimum(share[arc], pieces.cuts.low[piece]),
        np.maximum(1.0 - share[arc], pieces.cuts.high[piece]),
    )
    return Parts(piece, np.where(upward, 0.0, 1.0), np.clip(end, 0.0, 1.0))


def outline(graph: RoadGraph, parts: Parts) -> Outline:
    """Return the outline of parts of roads."""
    if not len(parts.piece):
        return []
    lat, lon = _sample(graph, parts)
    wide = METRES_PER_DEGREE * np.cos(np.radians(lat.mean()))
    steps, cells = (0.0, 0.0), np.zeros((0, 2))
    for cell_m in CELL_M * 2.0 ** np.arange(12):
        steps = cell_m / METRES_PER_DEGREE, cell_m / wide
        cells = _cells(np.floor(lat / steps[0]), np.floor(lon / steps[1]))
        if len(cells) <= MOST_CELLS:
            break
    boxes = shapely.box(cells[:, 1], cells[:, 0], cells[:, 1] + 1, cells[:, 0] + 1)
    whole = shapely.simplify(shapely.coverage_union_all(boxes), 0.8)
    return [
        [
            [(float(y * steps[0]), float(x * steps[1])) for x, y in ring.coords]
            for ring in (one.exterior, *one.interiors)
        ]
        for one in shapely.get_parts(whole)
    ]


def _cells(row: F64, column: F64) -> F64:
    """Return the cells that are marked and their neighbours, each once."""
    south, west = row.min() - 1, column.min() - 1
    marked = np.zeros((int(row.max() - south) + 2, int(column.max() - west) + 2), np.bool_)
    marked[(row - south).astype(np.int64), (column - west).astype(np.int64)] = True
    for axis in (0, 1):
        marked = marked | np.roll(marked, 1, axis) | np.roll(marked, -1, axis)
    return np.asarray(np.argwhere(marked) + np.array([south, west]), np.float64)


@kernel
def far(  # noqa: PLR0917 - a numba kernel
    begin: float, left_ms: int, arc_ms: int, piece: int, forward: bool, inward: bool, ends: bool,
    wait_ms: I32, waits: Waits,
) -> float:  # fmt: skip
    """Return how far one gets from `begin` along an arc, both 0 … 1 in the direction of the search.

    `inward`: the search runs against the arc. `ends`: a wait at `begin` itself is waited for.
    """
    waited = 0
    for k in range(waits.first[piece], waits.first[piece + 1]):
        if waits.forward[k] == forward:
            waited += wait_ms[waits.code[k]]
    running = max(0, arc_ms - waited)
    paid, at, last = 0, begin, -1
    while True:
        stop, code, found = 2.0, 0, -1  # the next wait after `at`, or another one there
        for k in range(waits.first[piece], waits.first[piece + 1]):
            u = waits.share[k] if forward != inward else 1.0 - waits.share[k]
            ahead = u > at or (u == at and k > last and (ends or u > begin))
            if waits.forward[k] == forward and ahead and u < stop:
                stop, code, found = u, waits.code[k], k
        reach = 1.0
        if running > 0:
            reach = begin + max(0, left_ms - paid) / running
        if found < 0 or reach < stop:
            return max(at, min(1.0, reach))
        paid += wait_ms[code]
        at, last = stop, found


@kernel
def _reached(  # noqa: PLR0917 - a numba kernel
    origin: I32, arc_piece: I32, arc_forward: Bits, pieces: Pieces, ms: I64, limit_ms: int,
    inward: bool,
) -> F64:  # fmt: skip
    """Return how much of each arc, 0 … 1 from the node at `origin`, is passed within the limit."""
    found = np.zeros(len(origin))
    for arc in range(len(origin)):
        left, arc_ms, piece = limit_ms - ms[origin[arc]], pieces.arc_ms[arc], arc_piece[arc]
        if left <= 0 or piece < 0 or arc_ms >= CLOSED_MS:
            continue
        found[arc] = 1.0
        if left < arc_ms:
            found[arc] = far(
                0.0, left, arc_ms, piece, arc_forward[arc], inward, True, pieces.wait_ms,
                pieces.waits,
            )  # fmt: skip
    return found


def _sample(graph: RoadGraph, parts: Parts) -> tuple[F64, F64]:
    """Return points at most 25 m apart along parts of roads."""
    metres = graph.piece_m[parts.piece] * np.abs(parts.end - parts.begin)
    count = 2 + (metres / EVERY_M).astype(np.int64)
    own = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(own)) - np.repeat(np.cumsum(count) - count, count)
    at = parts.begin[own] + (parts.end - parts.begin)[own] * step / (count - 1)[own]
    return _at_shares(
        graph.piece_first, graph.point_share, np.stack([graph.point_lat, graph.point_lon]),
        parts.piece[own], at,
    )  # fmt: skip


@kernel
def _at_shares(
    piece_first: I32, point_share: F32, points: I32, piece: I32, at: F64
) -> tuple[F64, F64]:
    """Return where the shares of pieces are, degrees."""
    lat, lon = np.empty(len(piece)), np.empty(len(piece))
    for i in range(len(piece)):
        first, last = piece_first[piece[i]], piece_first[piece[i] + 1]
        k = first + np.searchsorted(point_share[first + 1 : last - 1], at[i], side="right")
        width = point_share[k + 1] - point_share[k]
        t = (at[i] - point_share[k]) / width if width > 0 else 0.0
        lat[i] = (points[0, k] + t * (points[0, k + 1] - points[0, k])) * DEGREE
        lon[i] = (points[1, k] + t * (points[1, k + 1] - points[1, k])) * DEGREE
    return lat, lon
