"""Which points of a track can be true. In: points in time, and others that are certain. Out: which.

A point is believed where a car can have come to it from the one before and from it to the one after,
of those that are certain and those that are believed already. Where nothing is certain, the track
begins with the first point that most of the next few can be reached from.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from narvaro.core.geo import distance_of_two_m

MOST_M_S = 70.0  # 252 km/h
SLACK_M = 200.0  # two bad fixes in one second are no journey
AHEAD = 5
PASSES = 10


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A place (WGS 84 degrees) at a time in seconds."""

    at_s: float
    lat: float
    lon: float

    def reaches(self, other: "Point") -> bool:
        """Return whether one can have been at both."""
        way_m = distance_of_two_m(self.lat, self.lon, other.lat, other.lon)
        return way_m <= MOST_M_S * abs(other.at_s - self.at_s) + SLACK_M


def find_reachable(points: Sequence[Point], certain: Sequence[Point]) -> set[int]:
    """Return the indices of the points that can be true; run again on the rest it adds none."""
    kept = sorted(certain)
    order = sorted(range(len(points)), key=lambda index: points[index])
    found: set[int] = set()
    if not kept and order:
        first = _first([points[index] for index in order])
        found.add(order[first])
        kept.append(points[order[first]])
    for _pass in range(PASSES):
        new = 0
        for index in order:
            if index not in found and _fits(points[index], kept):
                insort(kept, points[index])
                found.add(index)
                new += 1
        if not new:
            break
    return found


def _fits(point: Point, kept: Sequence[Point]) -> bool:
    place = bisect_left(kept, point)
    return all(point.reaches(one) for one in kept[max(0, place - 1) : place + 1])


def _first(points: Sequence[Point]) -> int:
    for number, one in enumerate(points):
        ahead = points[number + 1 : number + 1 + AHEAD]
        if ahead and sum(one.reaches(other) for other in ahead) * 2 >= len(ahead):
            return number
    return 0
