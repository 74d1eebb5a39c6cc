"""The road network. In: arrays, as `contraction.py` makes them or a file holds them. Out: a graph.

A *piece* is the road between two junctions with its true shape; an *arc* is one direction of travel
along a piece. Times are whole milliseconds, coordinates of shapes are 1e-7 degrees,
as OpenStreetMap stores them, so that nothing is lost by keeping them small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F32, F64, I32, Bits

DEGREE = 1e-7
CLOSED_MS = 1_000_000_000
"""Travel time of an arc that nobody may use; also the bound of every travel time (277 hours)."""


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


def arcs_by_piece(graph: RoadGraph) -> tuple[I32, I32]:
    """Return where each piece's arcs begin, int32 [p + 1], and the arcs sorted by piece."""
    on_road = np.flatnonzero(graph.arc_piece >= 0).astype(np.int32)
    return adjacency(graph.pieces, graph.arc_piece[on_road], on_road)


def adjacency(nodes: int, tail: I32, head: I32) -> tuple[I32, I32]:
    """Return the heads sorted by tail, and where each tail's heads begin."""
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    return first, head[np.argsort(tail, kind="stable")].astype(np.int32)
