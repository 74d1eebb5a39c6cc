"""The road network. In: arrays, as `contraction.py` makes them or a file holds them. Out: a graph.

A *piece* is the road between two junctions with its true shape and one kind of road throughout; an
*arc* is one direction of travel along a piece. One network serves all profiles: `arc_use` says who
may use an arc, the piece's kind how fast. Coordinates of shapes are 1e-7 degrees, as OpenStreetMap
stores them, so that nothing is lost by keeping them small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F32, F64, I32, Bits

DEGREE = 1e-7
CLOSED_MS = 1_000_000_000
"""Travel time of an arc that nobody may use; also the bound of every travel time (277 hours)."""

Profile = Literal["car", "foot", "cycle"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
EVERYBODY = (1 << len(PROFILES)) - 1
U8 = npt.NDArray[np.uint8]


ROAD_CLASSES = ("fast", "main", "collector", "local", "service", "path", "steps")
"""Classes of roads, for what holds for many kinds of them alike: winter, and what own drives say."""


class Pace(NamedTuple):
    """How much longer things take than usual: each class of roads, in their order, and waiting."""

    running: tuple[float, ...] = (1.0,) * len(ROAD_CLASSES)
    waiting: float = 1.0

    def times(self, other: "Pace") -> "Pace":
        """Return both together."""
        running = zip(self.running, other.running, strict=True)
        return Pace(tuple(a * b for a, b in running), self.waiting * other.waiting)


USUAL = Pace()


def bit_of(profile: Profile) -> int:
    """Return the bit that stands for a profile in `arc_use`."""
    return 1 << PROFILES.index(profile)


@dataclass(frozen=True, eq=False, slots=True)
class RoadGraph:
    """Junctions (n), arcs (m), road pieces (p) with their shape points (q), and kinds of road (k).

    Who travels a piece waits at its *waits* (w): at lights and signs, and before larger roads.

    An arc with `arc_piece` -1 is a link without a road: a permitted turn at a junction that was
    split because not all may turn there. Several arcs may lie on one piece in the same direction.
    """

    node_lat: F64  # [n] degrees
    node_lon: F64  # [n] degrees
    arc_tail: I32  # [m] node
    arc_head: I32  # [m] node
    arc_piece: I32  # [m] piece, or -1
    arc_forward: Bits  # [m] travels the piece from its first point to its last
    arc_use: U8  # [m] bits of the profiles that may use it and get everywhere
    piece_first: I32  # [p + 1] first shape point of each piece
    piece_m: F64  # [p] length
    piece_kind: I32  # [p]
    point_lat: I32  # [q] 1e-7 degrees
    point_lon: I32  # [q] 1e-7 degrees
    point_share: F32  # [q] share of the piece's length from its first point, 0 … 1
    kind_m_s: F64  # [k, 3] usual speed by profile, 0 where the profile may not be
    kind_name: npt.NDArray[np.str_]  # [k] name of the street, or ""
    kind_class: U8  # [k] index of ROAD_CLASSES
    wait_piece: I32 = field(default_factory=lambda: np.zeros(0, np.int32))  # [w] ascending
    wait_share: F64 = field(default_factory=lambda: np.zeros(0))  # [w] where on the piece
    wait_forward: Bits = field(default_factory=lambda: np.zeros(0, np.bool_))  # [w] for whom
    wait_code: U8 = field(default_factory=lambda: np.zeros(0, np.uint8))  # [w]
    code_wait_s: F64 = field(default_factory=lambda: np.zeros((1, len(PROFILES))))  # [c, 3]

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together."""
        nodes, arcs, points = len(self.node_lat), len(self.arc_tail), len(self.point_lat)
        pieces, kinds = len(self.piece_first) - 1, len(self.kind_m_s)
        for size, names in (
            (nodes, ("node_lon",)),
            (arcs, ("arc_head", "arc_piece", "arc_forward", "arc_use")),
            (points, ("point_lon", "point_share")),
            (pieces, ("piece_m", "piece_kind")),
            (kinds, ("kind_name", "kind_class")),
            (len(self.wait_piece), ("wait_share", "wait_forward", "wait_code")),
        ):
            for name in names:
                if len(getattr(self, name)) != size:
                    raise ValueError(
                        f"RoadGraph.{name}: {len(getattr(self, name))} long, not {size}."
                    )
        refuse_runs("RoadGraph.piece_first", self.piece_first, points)
        if (np.diff(self.wait_piece) < 0).any():
            raise ValueError("RoadGraph.wait_piece must ascend.")
        for name, low, high in (
            ("arc_tail", 0, nodes),
            ("arc_head", 0, nodes),
            ("arc_piece", -1, pieces),
            ("piece_kind", 0, kinds),
            ("kind_class", 0, len(ROAD_CLASSES)),
            ("wait_piece", 0, pieces),
            ("wait_code", 0, len(self.code_wait_s)),
        ):
            refuse_outside(f"RoadGraph.{name}", getattr(self, name), low, high)

    @property
    def nodes(self) -> int:
        """Count the junctions, those that were split as many times as they have parts."""
        return len(self.node_lat)

    @property
    def arcs(self) -> int:
        """Count the arcs."""
        return len(self.arc_tail)

    @property
    def pieces(self) -> int:
        """Count the road pieces."""
        return len(self.piece_first) - 1

    def travel_ms(self, profile: Profile = "car", pace: Pace = USUAL) -> I32:
        """Return the milliseconds of a profile on each arc, int32 [m]; CLOSED_MS: may not."""
        number = PROFILES.index(profile)
        with np.errstate(divide="ignore", invalid="ignore"):
            s_m = np.array(pace.running)[self.kind_class] / self.kind_m_s[:, number]
            ms = np.rint(self.piece_m * s_m[self.piece_kind] * 1000)
        ms = np.clip(np.where(np.isfinite(ms), ms, CLOSED_MS), 1, CLOSED_MS).astype(np.int64)
        by_way = np.stack([ms, ms])  # against the piece, along it
        waited = self.wait_ms(profile, pace)[self.wait_code]
        np.add.at(by_way, (self.wait_forward.astype(np.int64), self.wait_piece), waited)
        by_way = np.append(np.minimum(by_way, CLOSED_MS), [[0], [0]], axis=1)
        of_arc = by_way[self.arc_forward.astype(np.int64), self.arc_piece]
        allowed = (self.arc_use & bit_of(profile)) > 0
        return np.where(allowed, of_arc, CLOSED_MS).astype(np.int32)

    def wait_ms(self, profile: Profile = "car", pace: Pace = USUAL) -> I32:
        """Return the milliseconds that a profile waits, by code of waits, int32 [c]."""
        of_profile = self.code_wait_s[:, PROFILES.index(profile)]
        return np.rint(of_profile * pace.waiting * 1000).astype(np.int32)

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


def refuse_runs(name: str, first: I32, size: int) -> None:
    """Refuse an array of where runs begin that does not lead from 0 to `size` without a step back."""
    if not len(first) or first[0] != 0 or first[-1] != size or (np.diff(first) < 0).any():
        raise ValueError(f"{name} must ascend from 0 to {size}.")


def refuse_outside(name: str, values: I32, low: int, high: int) -> None:
    """Refuse an array with values outside of low … high - 1."""
    if len(values) and not (low <= values.min() and values.max() < high):
        raise ValueError(f"{name}: values outside {low} … {high - 1}.")


def arcs_by_piece(graph: RoadGraph) -> tuple[I32, I32]:
    """Return where each piece's arcs begin, int32 [p + 1], and the arcs sorted by piece."""
    on_road = np.flatnonzero(graph.arc_piece >= 0).astype(np.int32)
    return adjacency(graph.pieces, graph.arc_piece[on_road], on_road)


def waits_by_piece(graph: RoadGraph) -> I32:
    """Return where each piece's waits begin, int32 [p + 1]."""
    of_piece = np.bincount(graph.wait_piece, minlength=graph.pieces)
    return np.concatenate([[0], np.cumsum(of_piece)]).astype(np.int32)


def piece_use(graph: RoadGraph) -> U8:
    """Return the bits of the profiles that may be on each piece, uint8 [p]."""
    use = np.zeros(graph.pieces, np.uint8)
    on_road = graph.arc_piece >= 0
    np.bitwise_or.at(use, graph.arc_piece[on_road], graph.arc_use[on_road])
    return use


def adjacency(nodes: int, tail: I32, head: I32) -> tuple[I32, I32]:
    """Return the heads sorted by tail, and where each tail's heads begin."""
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    return first, head[np.argsort(tail, kind="stable")].astype(np.int32)
