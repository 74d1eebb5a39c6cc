"""Roads that are cut. In: lines drawn across roads. Out: the pieces that they cross, and where.

Nobody passes a cut, on any of the pieces that the line crosses; who stands on such a piece gets away on
his own side of it, and is reached there.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64, I32, Bits
from narvaro.core.roads.graph import RoadGraph


class Cuts(NamedTuple):
    """Where pieces are cut: the lowest and the highest share (inf and -inf where they are not), and all."""

    low: F64  # [p]
    high: F64  # [p]
    piece: I32  # [c] of each cut, ascending
    share: F64  # [c]


Crossings = tuple[I32, F64]
"""The pieces that a line crosses, and the shares where it does."""


def no_cuts(graph: RoadGraph) -> Cuts:
    """Return that nothing is cut."""
    whole = np.full(graph.pieces, np.inf)
    return Cuts(whole, -whole, np.zeros(0, np.int32), np.zeros(0))


def crossed(graph: RoadGraph, line: F64) -> Crossings:
    """Return the pieces that a line of (lat, lon) rows crosses, and the shares where it does.

    A piece that is crossed several times stands there as often.
    """
    rows = np.asarray(line, np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2 or len(rows) < 2 or not np.isfinite(rows).all():
        raise ValueError("A line across a road has at least two points of (lat, lon).")
    points = np.rint(rows * 1e7)
    pieces, shares = [], []
    for (lat_a, lon_a), (lat_b, lon_b) in pairwise(points):
        piece, share = _crossed_by((lat_a, lon_a), (lat_b, lon_b), graph)
        pieces.append(piece)
        shares.append(share)
    return np.concatenate(pieces).astype(np.int32), np.concatenate(shares)


def cuts_of(before: Cuts, piece: I32, share: F64) -> Cuts:
    """Return pieces cut at shares too, besides those that are cut before."""
    low, high = before.low.copy(), before.high.copy()
    np.minimum.at(low, piece, share)
    np.maximum.at(high, piece, share)
    pieces = np.concatenate([before.piece, piece]).astype(np.int32)
    order = np.argsort(pieces, kind="stable")
    return Cuts(low, high, pieces[order], np.concatenate([before.share, share])[order])


def _crossed_by(
    a: tuple[float, float], b: tuple[float, float], graph: RoadGraph
) -> tuple[I32, F64]:
    """Return where the straight line from `a` to `b` crosses stretches; plane geometry in 1e-7 deg."""
    near = _near(graph.point_lat, a[0], b[0]) & _near(graph.point_lon, a[1], b[1])
    near[graph.piece_first[1:-1] - 1] = False  # from the last point of a piece to the next piece
    hit = np.flatnonzero(near)
    lat, lon = (one[hit].astype(np.float64) for one in (graph.point_lat, graph.point_lon))
    dy, dx = graph.point_lat[hit + 1] - lat, graph.point_lon[hit + 1] - lon
    ey, ex = b[0] - a[0], b[1] - a[1]
    across = dy * ex - dx * ey
    with np.errstate(divide="ignore", invalid="ignore"):
        t = ((a[0] - lat) * ex - (a[1] - lon) * ey) / across
        u = ((a[0] - lat) * dx - (a[1] - lon) * dy) / across
    inside = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    hit, t = hit[inside], t[inside]
    begin, end = graph.point_share[hit], graph.point_share[hit + 1]
    piece = np.searchsorted(graph.piece_first, hit, side="right") - 1
    return piece.astype(np.int32), np.asarray(begin + t * (end - begin), np.float64)


def _near(at: I32, one: float, other: float) -> Bits:
    """Tell of each stretch if it has anything between two coordinates."""
    low, high = min(one, other), max(one, other)
    below, above = at < low, at > high
    return ~((below[:-1] & below[1:]) | (above[:-1] & above[1:]))
