"""How far one gets. In: a graph, travel times, a search's times. Out: the outline of what is reached.

What is reached of each road is marked on cells of 50 m and their neighbours; the outline is that of
the cells, with corners cut. It is a picture for people: the seconds themselves are exact.
"""

from typing import NamedTuple

import numpy as np
import shapely

from narvaro.core.geo import METRES_PER_DEGREE
from narvaro.core.jit import F32, F64, I32, I64, kernel
from narvaro.core.roads.graph import CLOSED_MS, DEGREE, RoadGraph

CELL_M = 50.0
EVERY_M = 25.0
Outline = list[list[list[tuple[float, float]]]]
"""Polygons, each a list of rings (the first around it, the others its holes) of (lat, lon)."""


class Parts(NamedTuple):
    """Parts of pieces, from one share of their length to another."""

    piece: I32
    begin: F64
    end: F64


def reached(graph: RoadGraph, travel_ms: I32, ms: I64, limit_ms: int) -> Parts:
    """Return what is passed of each road within the limit, given the times of a search's nodes."""
    share = _reached(graph.arc_tail, travel_ms, ms, limit_ms)
    arc = np.flatnonzero((share > 0) & (graph.arc_piece >= 0))
    forward = graph.arc_forward[arc]
    end = np.where(forward, share[arc], 1.0 - share[arc])
    return Parts(graph.arc_piece[arc], np.where(forward, 0.0, 1.0), end)


def outline(graph: RoadGraph, parts: Parts) -> Outline:
    """Return the outline of parts of roads."""
    if not len(parts.piece):
        return []
    lat, lon = _sample(graph, parts)
    wide = METRES_PER_DEGREE * np.cos(np.radians(lat.mean()))
    steps = CELL_M / METRES_PER_DEGREE, CELL_M / wide
    cells = np.unique(np.column_stack([np.floor(lat / steps[0]), np.floor(lon / steps[1])]), axis=0)
    around = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)])
    cells = np.unique((cells[:, np.newaxis] + around).reshape(-1, 2), axis=0)
    boxes = shapely.box(cells[:, 1], cells[:, 0], cells[:, 1] + 1, cells[:, 0] + 1)
    whole = shapely.simplify(shapely.coverage_union_all(boxes), 0.8)
    return [
        [
            [(float(y * steps[0]), float(x * steps[1])) for x, y in ring.coords]
            for ring in (one.exterior, *one.interiors)
        ]
        for one in shapely.get_parts(whole)
    ]


@kernel
def _reached(tail: I32, travel_ms: I32, ms: I64, limit_ms: int) -> F64:
    """Return how much of each arc, 0 … 1 from its start, is passed within the limit."""
    found = np.zeros(len(tail))
    for arc in range(len(tail)):
        left = limit_ms - ms[tail[arc]]
        if left > 0 and travel_ms[arc] < CLOSED_MS:
            found[arc] = min(1.0, left / max(1, travel_ms[arc]))
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
