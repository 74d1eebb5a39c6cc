"""The way from place to place. In: a graph, travel times, two places. Out: its shape and its turns."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64, I32
from narvaro.core.roads.barriers import Cuts
from narvaro.core.roads.graph import (
    CLOSED_MS,
    DEGREE,
    ROAD_CLASSES,
    RoadGraph,
    arcs_by_piece,
    waits_by_piece,
)
from narvaro.core.roads.labels import is_cut
from narvaro.core.roads.search import UNREACHED, Leaving, Seeds, dijkstra, entering, leaving
from narvaro.core.roads.snap import Places
from narvaro.core.roads.within import Parts, Pieces, far

ANOTHER_WAY_DEG = 60.0  # within one street, a bend sharper than this is told too


class Manoeuvre(StrEnum):
    """What to do where a step begins."""

    START = "start"
    STRAIGHT = "straight"
    SLIGHT_LEFT = "slight_left"
    LEFT = "left"
    SHARP_LEFT = "sharp_left"
    SLIGHT_RIGHT = "slight_right"
    RIGHT = "right"
    SHARP_RIGHT = "sharp_right"
    TURN_ROUND = "turn_round"
    ARRIVE = "arrive"


@dataclass(frozen=True, slots=True)
class Step:
    """From a manoeuvre to the next; `street` is "" where the map has no name."""

    manoeuvre: Manoeuvre
    street: str
    metres: float
    seconds: float
    lat: float
    lon: float


@dataclass(frozen=True, eq=False, slots=True)
class Route:
    """A way: rows of (lat, lon), what it takes, and what to do."""

    shape: F64
    seconds: float
    metres: float
    steps: tuple[Step, ...]


class Ways(NamedTuple):
    """Travel times for routes: past junctions, and on the pieces of their ends, with their cuts."""

    travel_ms: I32
    on_piece_ms: I32
    wait_ms: I32  # of each code of waits
    cuts: Cuts


class _End(NamedTuple):
    """One way between a place and the network: along its piece to or from a junction."""

    node: int
    ms: int
    share: float  # where on the piece the junction is: 0 or 1


class _Stretch(NamedTuple):
    """A part of a piece, in order of travel."""

    piece: int
    begin: float
    end: float
    ms: int


def manoeuvre_of(turn_deg: float) -> Manoeuvre:
    """Return what a change of direction is called; right is positive, -180 … 180."""
    size = abs(turn_deg)
    if size < 25:
        return Manoeuvre.STRAIGHT
    if size >= 165:
        return Manoeuvre.TURN_ROUND
    grade = "slight_" if size < 55 else "sharp_" if size >= 120 else ""
    return Manoeuvre(f"{grade}{'right' if turn_deg > 0 else 'left'}")


class Router:
    """Shortest ways between places on one graph."""

    def __init__(self, graph: RoadGraph) -> None:
        """Sort the arcs for searches and for places."""
        self._graph = graph
        self.leaving = leaving(graph)
        self._piece_first, self._piece_arc = arcs_by_piece(graph)
        self._waits_first = waits_by_piece(graph)

    @cached_property
    def entering(self) -> Leaving:
        """Return the arcs for a search against their direction."""
        return entering(self._graph)

    def find_route(self, a: Places, b: Places, ways: Ways) -> Route | None:
        """Return the shortest way between two single places, None where there is none."""
        found = self._find_way(a, b, ways)
        return self._describe(a, b, found[1], found[0] / 1000) if found else None

    def find_parts(self, a: Places, b: Places, ways: Ways) -> F64 | None:
        """Return what the shortest way takes: seconds by class of roads, and last of waiting."""
        found = self._find_way(a, b, ways)
        if found is None:
            return None
        graph, parts = self._graph, np.zeros(len(ROAD_CLASSES) + 1)
        for one in found[1]:
            forward = one.begin < one.end
            ahead = self._waits_ms(one.piece, one.begin, forward, ways.wait_ms)[1]
            waited = ahead - self._waits_ms(one.piece, one.end, forward, ways.wait_ms)[1]
            waited = min(waited, one.ms) if one.begin != one.end else 0
            parts[graph.kind_class[graph.piece_kind[one.piece]]] += (one.ms - waited) / 1000
            parts[-1] += waited / 1000
        return parts

    def _find_way(self, a: Places, b: Places, ways: Ways) -> tuple[int, list[_Stretch]] | None:
        if len(a) != 1 or len(b) != 1:
            raise ValueError("A route runs from one place to one place.")
        if a.piece[0] < 0 or b.piece[0] < 0:
            return None
        ms, way = self._around(a, b, ways)
        direct_ms = self._along(a, b, ways)
        if min(ms, direct_ms) >= UNREACHED:
            return None
        if direct_ms <= ms:
            ends = float(a.share[0]), float(b.share[0])
            ms, way = direct_ms, [_Stretch(int(a.piece[0]), *ends, direct_ms)]
        return ms, way

    def seeds(
        self, place: Places, ways: Ways, limit_ms: int = int(UNREACHED), *, inward: bool = False
    ) -> Seeds:
        """Return where a search from a single place begins, or `inward` one back from it."""
        exits = self._ends(place, ways, inward) if place.piece[0] >= 0 else []
        return Seeds(
            np.array([end.node for end in exits], np.int32),
            np.array([end.ms for end in exits], np.int64),
            limit_ms,
        )

    def own_parts(
        self, place: Places, pieces: Pieces, limit_ms: int, *, inward: bool = False
    ) -> Parts:
        """Return how far one gets (or comes from) within the limit on a single place's own road."""
        piece, share = int(place.piece[0]), float(place.share[0])
        cuts = pieces.cuts.share[pieces.cuts.piece == piece]
        lowest = float(cuts[cuts <= share].max(initial=0.0))
        highest = float(cuts[cuts >= share].min(initial=1.0))
        ends = []
        for arc in self._arcs(piece) if piece >= 0 else []:
            forward, arc_ms = bool(self._graph.arc_forward[arc]), int(pieces.arc_ms[arc])
            if arc_ms >= CLOSED_MS:
                continue
            begin = share if forward != inward else 1.0 - share
            at_end = round(begin * arc_ms) == 0  # at the junction one has waited, at a wait not yet
            end = far(
                begin, limit_ms, arc_ms, piece, forward, inward, not inward or at_end,
                pieces.wait_ms, pieces.waits,
            )  # fmt: skip
            ends.append(min(highest, end) if forward != inward else max(lowest, 1.0 - end))
        return Parts(np.full(len(ends), piece, np.int32), np.full(len(ends), share), np.array(ends))

    def _describe(self, a: Places, b: Places, way: list[_Stretch], seconds: float) -> Route:
        start, end = [[a.road_lat[0], a.road_lon[0]]], [[b.road_lat[0], b.road_lon[0]]]
        drawn = [(one, self._slice(one)) for one in way]
        drawn = [(one, shape) for one, shape in drawn if one.begin != one.end]
        rows = np.concatenate([start, *(shape for _, shape in drawn), end])
        moved = np.concatenate([[True], (np.abs(np.diff(rows, axis=0)) > 1e-9).any(axis=1)])
        steps = self._steps(drawn, (float(rows[0, 0]), float(rows[0, 1])))
        last = Step(Manoeuvre.ARRIVE, "", 0.0, 0.0, float(rows[-1, 0]), float(rows[-1, 1]))
        metres = sum(step.metres for step in steps)
        return Route(np.asarray(rows[moved], np.float64), seconds, metres, (*steps, last))

    def _steps(self, drawn: list[tuple[_Stretch, F64]], start: tuple[float, float]) -> list[Step]:
        """Join stretches of one street to steps, as long as the way bends gently."""
        steps: list[Step] = []
        leaving_deg: float | None = None
        for one, shape in drawn:
            street = str(self._graph.kind_name[self._graph.piece_kind[one.piece]])
            metres = float(abs(one.end - one.begin) * self._graph.piece_m[one.piece])
            seconds = one.ms / 1000
            entering, after = _bearings(shape)
            turn = 0.0 if leaving_deg is None else (entering - leaving_deg + 540) % 360 - 180
            leaving_deg = after
            if steps and steps[-1].street == street and abs(turn) < ANOTHER_WAY_DEG:
                last = steps[-1]
                steps[-1] = Step(
                    last.manoeuvre, street, last.metres + metres, last.seconds + seconds,
                    last.lat, last.lon,
                )  # fmt: skip
                continue
            what = manoeuvre_of(turn) if steps else Manoeuvre.START
            lat, lon = (float(shape[0, 0]), float(shape[0, 1])) if steps else start
            steps.append(Step(what, street, metres, seconds, lat, lon))
        return steps

    def _around(self, a: Places, b: Places, ways: Ways) -> tuple[int, list[_Stretch]]:
        """Return the milliseconds and stretches of the best way over at least one junction."""
        exits, entries = self._ends(a, ways, False), self._ends(b, ways, True)
        if not exits or not entries:
            return int(UNREACHED), []
        until = np.array([end.node for end in entries], np.int32)
        travel_ms = ways.travel_ms
        reach = dijkstra(self.leaving, travel_ms, self.seeds(a, ways), until)
        last = min(entries, key=lambda end: int(reach.ms[end.node]) + end.ms)
        node, arcs = last.node, list[int]()
        while (arc := int(reach.arc[node])) >= 0:
            arcs.append(arc)
            node = int(self._graph.arc_tail[arc])
        first = min(
            (end for end in exits if end.node == node), key=lambda end: end.ms, default=None
        )
        if first is None:
            return int(UNREACHED), []
        way = [_Stretch(int(a.piece[0]), float(a.share[0]), first.share, first.ms)]
        for arc in reversed(arcs):
            if self._graph.arc_piece[arc] >= 0:
                back = float(not self._graph.arc_forward[arc])
                piece = int(self._graph.arc_piece[arc])
                way.append(_Stretch(piece, back, 1.0 - back, int(travel_ms[arc])))
        way.append(_Stretch(int(b.piece[0]), last.share, float(b.share[0]), last.ms))
        return int(reach.ms[last.node]) + last.ms, way

    def _ends(self, place: Places, ways: Ways, inward: bool) -> list[_End]:
        """Return the ways from the place to junctions, or inward from junctions to the place."""
        found = []
        piece, share = int(place.piece[0]), float(place.share[0])
        for arc in self._arcs(piece):
            total = int(ways.on_piece_ms[arc])
            upward = self._graph.arc_forward[arc] != inward
            if total >= CLOSED_MS or is_cut(share, piece, upward, ways.cuts):
                continue
            passed = self._passed_ms(arc, share, ways)
            tail, head = int(self._graph.arc_tail[arc]), int(self._graph.arc_head[arc])
            begin = float(not self._graph.arc_forward[arc])
            if passed == total if inward else passed > 0:
                found.append(_End(head, total - passed, 1.0 - begin))
            else:
                found.append(_End(tail, passed, begin))
        return found

    def _along(self, a: Places, b: Places, ways: Ways) -> int:
        """Return the milliseconds from place to place on their common piece, or UNREACHED."""
        best = int(UNREACHED)
        piece = int(a.piece[0])
        low, high = sorted((float(a.share[0]), float(b.share[0])))
        shares = ways.cuts.share[ways.cuts.piece == piece]
        if piece != b.piece[0] or ((low <= shares) & (shares <= high)).any():
            return best
        for arc in self._arcs(piece):
            total = int(ways.on_piece_ms[arc])
            begin = self._passed_ms(arc, float(a.share[0]), ways)
            end = self._passed_ms(arc, float(b.share[0]), ways)
            if total < CLOSED_MS and begin <= end:
                best = min(best, end - begin)
        return best

    def _arcs(self, piece: int) -> list[int]:
        first = self._piece_first
        return [int(arc) for arc in self._piece_arc[first[piece] : first[piece + 1]]]

    def _passed_ms(self, arc: int, share: float, ways: Ways) -> int:
        """Return the milliseconds from the arc's start, as labels have them."""
        forward, total = bool(self._graph.arc_forward[arc]), int(ways.on_piece_ms[arc])
        piece = int(self._graph.arc_piece[arc])
        waited, ahead = self._waits_ms(piece, share, forward, ways.wait_ms)
        running = max(0, total - waited)
        run = round(share * running)
        run = run if forward else running - run
        return total if run == running else min(total, run + waited - ahead)

    def _waits_ms(self, piece: int, share: float, forward: bool, wait_ms: I32) -> tuple[int, int]:
        """Return what one waits on a piece in one direction, and what of it is ahead of a share."""
        graph = self._graph
        own = slice(self._waits_first[piece], self._waits_first[piece + 1])
        ms = wait_ms[graph.wait_code[own]] * (graph.wait_forward[own] == forward)
        at = graph.wait_share[own]
        ahead = at >= share if forward else at <= share
        return int(ms.sum()), int(ms[ahead].sum())

    def _slice(self, way: _Stretch) -> F64:
        """Return the shape of a stretch, its ends among them, in order of travel."""
        graph = self._graph
        points = slice(graph.piece_first[way.piece], graph.piece_first[way.piece + 1])
        share = graph.point_share[points].astype(np.float64)
        lat, lon = graph.point_lat[points] * DEGREE, graph.point_lon[points] * DEGREE
        low, high = min(way.begin, way.end), max(way.begin, way.end)
        inside = share[(share > low) & (share < high)]
        at = np.concatenate([[low], inside, [high]])
        rows = np.column_stack([np.interp(at, share, lat), np.interp(at, share, lon)])
        return np.asarray(rows if way.begin <= way.end else rows[::-1], np.float64)


def _bearings(shape: F64) -> tuple[float, float]:
    """Return the compass bearings at the beginning and at the end of a shape, degrees."""
    wide = np.cos(np.radians(shape[0, 0]))
    found = [
        float(np.degrees(np.arctan2((b[1] - a[1]) * wide, b[0] - a[0])))
        for a, b in pairwise(shape)
        if (a != b).any()
    ]
    return (found[0], found[-1]) if found else (0.0, 0.0)
