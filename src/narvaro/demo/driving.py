"""Drive along the town's roads: two places in, a timed track at the roads' speed out."""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from math import atan2, degrees, hypot

from narvaro.demo.frame import Frame
from narvaro.demo.network import Network, Way

SPEED_KMH = {
    "motorway": 90, "trunk": 80, "primary": 70, "secondary": 60, "tertiary": 50,
    "unclassified": 50, "residential": 30, "living_street": 12, "service": 12,
}  # fmt: skip
# A guard's car in a town keeps below the limit: turns, lights and yielding take about a fifth.
PACE = 0.8


@dataclass(frozen=True, slots=True)
class Fix:
    """A point of a track: seconds after the start, place, speed and heading."""

    after_s: float
    lat: float
    lon: float
    speed_ms: float
    bearing: float


class Roads:
    """The drivable network as a graph in seconds."""

    def __init__(self, frame: Frame, network: Network) -> None:
        """Take the drivable ways of a network; one-way streets are driven one way."""
        self.frame = frame
        self._points = network.points
        self._next: dict[int, list[tuple[int, float]]] = {}
        for way in network.ways:
            if way.drivable:
                self._add(way)
        self._usable = sorted(self._next)

    def _add(self, way: Way) -> None:
        speed_ms = PACE * (way.maxspeed or SPEED_KMH.get(way.highway, 30)) / 3.6
        for a, b in pairwise(way.nodes):
            (ax, ay), (bx, by) = self._points[a], self._points[b]
            seconds = hypot(bx - ax, by - ay) / speed_ms
            self._next.setdefault(a, []).append((b, seconds))
            self._next.setdefault(b, [])
            if not way.oneway:
                self._next[b].append((a, seconds))

    def nearest(self, lat: float, lon: float) -> int:
        """Give the road vertex nearest to a place."""
        x, y = self.frame.metres(lat, lon)
        return min(
            self._usable,
            key=lambda n: (self._points[n][0] - x) ** 2 + (self._points[n][1] - y) ** 2,
        )

    def travel_s(self, start: int) -> dict[int, float]:
        """Give the driving time from a vertex to every other, in seconds."""
        return self._search(start, None)[0]

    def track(
        self, start: tuple[float, float], end: tuple[float, float], *, pace_ms: float | None = None
    ) -> list[Fix]:
        """Take the quickest way between two places in degrees; empty where there is none.

        `pace_ms` is a walker's speed; without it the roads' own speeds are driven.
        """
        a, b = self.nearest(*start), self.nearest(*end)
        seconds, came_from = self._search(a, b)
        if b not in seconds:
            return []
        route = [b]
        while route[-1] != a:
            route.append(came_from[route[-1]])
        route.reverse()
        if pace_ms is not None:
            seconds = self._walked(route, pace_ms)
        return self._fixes(route, seconds)

    def _walked(self, route: list[int], pace_ms: float) -> dict[int, float]:
        seconds = {route[0]: 0.0}
        for a, b in pairwise(route):
            (ax, ay), (bx, by) = self._points[a], self._points[b]
            seconds[b] = seconds[a] + hypot(bx - ax, by - ay) / pace_ms
        return seconds

    def _search(self, start: int, goal: int | None) -> tuple[dict[int, float], dict[int, int]]:
        best, came_from = {start: 0.0}, dict[int, int]()
        heap, done = [(0.0, start)], set[int]()
        while heap:
            at_s, node = heappop(heap)
            if node == goal:
                break
            if node in done:
                continue
            done.add(node)
            for other, seconds in self._next[node]:
                if at_s + seconds < best.get(other, float("inf")):
                    best[other], came_from[other] = at_s + seconds, node
                    heappush(heap, (at_s + seconds, other))
        return best, came_from

    def _fixes(self, route: list[int], seconds: dict[int, float]) -> list[Fix]:
        out = []
        for a, b in pairwise(route):
            (ax, ay), (bx, by) = self._points[a], self._points[b]
            speed = hypot(bx - ax, by - ay) / max(seconds[b] - seconds[a], 1e-6)
            bearing = degrees(atan2(bx - ax, by - ay)) % 360
            out.append(Fix(seconds[a], *self.frame.degrees(ax, ay), speed, bearing))
        last = self._points[route[-1]]
        return [*out, Fix(seconds[route[-1]], *self.frame.degrees(*last), 0.0, 0.0)]


def where(track: list[Fix], after_s: float) -> Fix:
    """Give the place on a track after some seconds, between its points too."""
    for a, b in pairwise(track):
        if a.after_s <= after_s < b.after_s:
            share = (after_s - a.after_s) / (b.after_s - a.after_s)
            lat, lon = a.lat + share * (b.lat - a.lat), a.lon + share * (b.lon - a.lon)
            return Fix(after_s, lat, lon, a.speed_ms, a.bearing)
    return track[0] if after_s < track[0].after_s else track[-1]


def largest_component(network: Network) -> set[int]:
    """Give the vertices of the largest connected drivable part (one-way ignored)."""
    near: dict[int, list[int]] = {}
    for way in network.ways:
        if way.drivable:
            for a, b in pairwise(way.nodes):
                near.setdefault(a, []).append(b)
                near.setdefault(b, []).append(a)
    seen: set[int] = set()
    best: set[int] = set()
    for first in near:
        part, stack = set[int](), [first]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                part.add(node)
                stack += near[node]
        best = max(best, part, key=len)
    return best


def free_trapped(network: Network, start: int) -> None:
    """Open one-way ways until every vertex can be reached from `start` and left again."""
    while True:
        there, back = (
            _reached(network, start, forward=True),
            _reached(network, start, forward=False),
        )
        closed = [
            w for w in network.ways
            if w.drivable and w.oneway and "junction" not in w.extra
            and any(n not in there or n not in back for n in w.nodes)
        ]  # fmt: skip
        if not closed:
            return
        for way in closed:
            way.oneway = False


def _reached(network: Network, start: int, *, forward: bool) -> set[int]:
    near: dict[int, list[int]] = {}
    for way in network.ways:
        if way.drivable:
            for a, b in pairwise(way.nodes):
                if forward or not way.oneway:
                    near.setdefault(a, []).append(b)
                if not (forward and way.oneway):
                    near.setdefault(b, []).append(a)
    seen, stack = set[int](), [start]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += near.get(node, [])
    return seen
