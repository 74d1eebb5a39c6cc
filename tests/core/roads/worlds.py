"""Small road worlds, and a judge that computes travel times the long way round."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from narvaro.core.roads import CLOSED_MS, PROFILES, Kinds, Places, RoadGraph, Segments, Waiting

ORIGIN = 60_0000000, 18_0000000
STEP = 20_000  # 1e-7 degrees between grid points: 222 m north, 111 m east

Road = tuple[int, int, int, int]  # start, end, metres, ways
KINDS = Kinds(
    np.full((4, len(PROFILES)), 1000.0),
    np.repeat(np.arange(4, dtype=np.int8)[:, np.newaxis], len(PROFILES), axis=1),
    np.array(["", "Enkelgatan", "Baklängesgatan", "Storgatan"]),
)


def make_segments(points: Sequence[tuple[int, int]], roads: Sequence[Road]) -> Segments:
    """Make segments between points given in steps north and east; a kind of road is its directions.

    Everybody drives one metre a millisecond.
    """
    place = np.array(points, np.int64).reshape(-1, 2)
    table = np.array(roads, np.int64).reshape(-1, 4)
    return Segments(
        point_lat=(ORIGIN[0] + place[:, 0] * STEP).astype(np.int32),
        point_lon=(ORIGIN[1] + place[:, 1] * STEP).astype(np.int32),
        blocked=np.zeros(len(place), np.uint8),
        start=table[:, 0].astype(np.int32),
        end=table[:, 1].astype(np.int32),
        metres=table[:, 2].astype(np.float64),
        kind=table[:, 3].astype(np.int32),
        kinds=KINDS,
    )


@st.composite
def draw_segments(draw: st.DrawFn) -> Segments:
    """Draw a town: a ring, so that something is connected, and roads of every kind across it."""
    size = draw(st.integers(2, 14))
    cells = st.tuples(st.integers(0, 6), st.integers(0, 6))
    points = draw(st.lists(cells, min_size=size, max_size=size, unique=True))
    node, ms = st.integers(0, size - 1), st.integers(1, 90_000)
    ring = [(k, (k + 1) % size, draw(ms), draw(st.sampled_from([1, 3]))) for k in range(size)]
    roads = st.lists(st.tuples(node, node, ms, st.sampled_from([1, 2, 3])), max_size=20)
    return make_segments(points, ring + draw(roads))


@st.composite
def draw_waits(draw: st.DrawFn, segments: Segments) -> Segments:
    """Draw where one waits: nothing, 5 s or 20 s at the ends of each segment, for each direction."""
    size = len(segments.start)
    drawn = draw(st.lists(st.sampled_from([0, 0, 1, 2]), min_size=2 * size, max_size=2 * size))
    seconds = np.repeat(np.array([[0.0], [5.0], [20.0]]), len(PROFILES), axis=1)
    return replace(segments, waiting=Waiting(np.array(drawn, np.uint8).reshape(-1, 2), seconds))


@st.composite
def draw_places(draw: st.DrawFn, graph: RoadGraph) -> Places:
    """Draw places anywhere on the pieces, junctions and equal places among them."""
    share = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0))
    spots = draw(
        st.lists(st.tuples(st.integers(0, graph.pieces - 1), share), min_size=1, max_size=8)
    )
    return make_places([piece for piece, _ in spots], [share for _, share in spots])


def make_places(pieces: Sequence[int], shares: Sequence[float]) -> Places:
    """Make places that stand on pieces; where that is on the earth does not matter."""
    nowhere = np.zeros(len(pieces))
    return Places(
        nowhere, nowhere, np.array(pieces, np.int32), np.array(shares, float), nowhere, nowhere, nowhere,
        np.zeros(len(pieces), np.int8),
    )  # fmt: skip


def judge_s(
    graph: RoadGraph, ms: Sequence[int], sources: Places, targets: Places
) -> list[list[float]]:
    """Return the seconds from each source to each target, searched on a graph cut at both."""
    return [
        [_search(_links(graph, ms, _at(sources, s), _at(targets, t))) for t in range(len(targets))]
        for s in range(len(sources))
    ]


Spot = tuple[int, float]
Links = dict[int, list[tuple[int, int]]]
SOURCE, TARGET = -1, -2


def _at(places: Places, index: int) -> Spot:
    return int(places.piece[index]), float(places.share[index])


def _links(graph: RoadGraph, ms: Sequence[int], source: Spot, target: Spot) -> Links:
    """Cut each arc at the spots on it; spots at the same millisecond are one place.

    Before a spot one has waited where one waits before it, and at the end of the arc everywhere.
    """
    links: Links = {}
    for arc in range(graph.arcs):
        whole = int(ms[arc])
        if whole >= CLOSED_MS:
            continue
        marks = []
        for name, (piece, share) in ((SOURCE, source), (TARGET, target)):
            if piece == graph.arc_piece[arc]:
                marks.append((_passed_ms(graph, arc, share, whole), name))
        stops = [(0, int(graph.arc_tail[arc])), *sorted(marks), (whole, int(graph.arc_head[arc]))]
        for (begin, one), (end, other) in pairwise(stops):
            links.setdefault(one, []).append((other, end - begin))
            if begin == end and min(one, other) < 0:
                links.setdefault(other, []).append((one, 0))
    return links


def _passed_ms(graph: RoadGraph, arc: int, share: float, whole: int) -> int:
    forward, waited, before = graph.arc_forward[arc], 0, 0
    for k in range(len(graph.wait_piece)):
        if graph.wait_piece[k] != graph.arc_piece[arc] or graph.wait_forward[k] != forward:
            continue
        ms = int(graph.code_wait_s[graph.wait_code[k], 0] * 1000)
        waited += ms
        at, here = float(graph.wait_share[k]), share
        if not forward:
            at, here = 1 - at, 1 - share
        before += ms if at < here else 0
    drive = whole - waited
    driven = int(np.rint(share * drive))
    driven = driven if forward else drive - driven
    return whole if driven == drive else driven + before


def _search(links: Links) -> float:
    best = {SOURCE: 0}
    heap = [(0, SOURCE)]
    while heap:
        ms, node = heapq.heappop(heap)
        if node == TARGET:
            return ms / 1000
        for other, more in links.get(node, []):
            if ms + more < best.get(other, CLOSED_MS):
                best[other] = ms + more
                heapq.heappush(heap, (ms + more, other))
    return math.inf
