"""Where units were, and for how long. In: positions and places as arrays. Out: stays, and time per hour.

A stay (docs/formulas/presence.md) is an unbroken row of a unit's positions at a place, as long as an
arrival needs. Of places that overlap the nearest has the time, and the stay says which others could.
Times are seconds of one clock; intervals are half-open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from narvaro.core.geo import METRES_PER_DEGREE, distance_m
from narvaro.core.jit import F64, I64, Bits

DWELL_S = 20.0
GAP_S = 300.0  # older than this, a position is called old elsewhere too
HOUR_S = 3600.0


class Proof(StrEnum):
    """How presence is known, best first."""

    SCAN = "scan"
    POSITION = "position"
    TAP = "tap"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Track:
    """Positions of units, [n] each, in any order; `accuracy_m` is nan where it is not known."""

    unit: npt.NDArray[np.integer]
    at_s: F64
    lat: F64
    lon: F64
    accuracy_m: F64

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit; ValueError says which and what to do."""
        for name in ("at_s", "lat", "lon", "accuracy_m"):
            values = getattr(self, name)
            if values.shape != self.unit.shape:
                raise ValueError(
                    f"{name} has {values.shape}, unit {self.unit.shape}: give one each"
                )
            if name != "accuracy_m" and not np.isfinite(values).all():
                raise ValueError(f"{name} holds what is no number: leave such positions out")


@dataclass(frozen=True, slots=True)
class Places:
    """Places to have been at, [p] each: a point and a radius."""

    ids: tuple[str, ...]
    lat: F64
    lon: F64
    radius_m: F64

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit, and places without extent."""
        for name in ("lat", "lon", "radius_m"):
            if getattr(self, name).shape != (len(self.ids),):
                raise ValueError(f"{name} has {getattr(self, name).shape}: give one per place")
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} holds what is no number: leave such places out")
        if (self.radius_m <= 0).any():
            worst = self.ids[int(np.argmin(self.radius_m))]
            raise ValueError(f"place {worst} has no extent: give it a radius above 0 m")


@dataclass(frozen=True, slots=True)
class Stay:
    """A unit at a place in [begins_s, ends_s), and how well that is known.

    `also` are other places where it stayed as well, by their radius; this one was nearest.
    """

    unit: int
    place: str
    begins_s: float
    ends_s: float
    proof: Proof
    positions: int = 0
    longest_gap_s: float = 0.0
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a stay that ends before it begins."""
        if not self.begins_s <= self.ends_s:
            raise ValueError(f"a stay from {self.begins_s} to {self.ends_s}: give them in order")


@dataclass(frozen=True, slots=True)
class _Run:
    """Positions `at` (places in the sorted track) of one unit within the radius of one place."""

    place: int
    at: I64
    begins_s: float
    ends_s: float
    mean_m: float


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A track by unit and time, whatever order it came in."""

    unit: I64
    at_s: F64
    lat: F64
    lon: F64
    accuracy_m: F64


def _sort(track: Track) -> _Sorted:
    accuracy_m = np.nan_to_num(track.accuracy_m, nan=0.0, posinf=np.inf)
    keys = (accuracy_m, track.lon, track.lat, track.at_s, track.unit)
    order = np.lexsort(keys)
    return _Sorted(
        track.unit[order].astype(np.int64), track.at_s[order], track.lat[order],
        track.lon[order], accuracy_m[order],
    )  # fmt: skip


def _pair(track: _Sorted, places: Places) -> tuple[I64, I64, F64]:
    """Return (place, position, metres) of every position that is at a place, by place and position.

    A position proves nothing where its accuracy is worse than the radius.
    """
    order = np.argsort(places.lat, kind="stable")
    reach = places.radius_m.max(initial=0.0) / METRES_PER_DEGREE * (1 + 1e-6)
    first = np.searchsorted(places.lat[order], track.lat - reach, "left")
    after = np.searchsorted(places.lat[order], track.lat + reach, "right")
    count = after - first
    position = np.repeat(np.arange(len(count)), count)
    offset = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    place = order[np.repeat(first, count) + offset]
    away_m = distance_m(
        track.lat[position], track.lon[position], places.lat[place], places.lon[place]
    )
    radius_m = places.radius_m[place]
    there = (away_m <= radius_m) & (track.accuracy_m[position] <= radius_m)
    place, position, away_m = place[there], position[there], away_m[there]
    by = np.lexsort((position, place))
    return place[by], position[by], away_m[by]


def _is_left(track: _Sorted, places: Places, place: I64, first: I64, second: I64) -> Bits:
    """Return whether the unit was surely elsewhere between positions `first` and `second`, [k] each.

    Surely: the position is outside the radius, and sharp, or too far off for its own accuracy.
    """
    count = second - first - 1
    jump = np.repeat(np.arange(len(count)), count)
    between = np.arange(len(jump)) - np.repeat(np.cumsum(count) - count, count)
    between += np.repeat(first + 1, count)
    at = place[jump]
    away_m = distance_m(track.lat[between], track.lon[between], places.lat[at], places.lon[at])
    radius_m, accuracy_m = places.radius_m[at], track.accuracy_m[between]
    vague_m = np.where(accuracy_m > radius_m, accuracy_m, 0.0)
    outside = away_m - vague_m > radius_m
    return np.bincount(jump[outside], minlength=len(count)) > 0


def _runs(track: _Sorted, places: Places, dwell_s: float, gap_s: float) -> list[_Run]:
    """Return each place's own runs that are long enough, whatever other places say."""
    place, position, away_m = _pair(track, places)
    if not len(place):
        return []
    follows = (np.diff(place) == 0) & (np.diff(track.unit[position]) == 0)
    follows &= np.diff(track.at_s[position]) <= gap_s
    jumps = np.flatnonzero(follows & (np.diff(position) > 1))
    follows[jumps] = ~_is_left(track, places, place[jumps], position[jumps], position[jumps + 1])
    starts = np.concatenate(([0], np.flatnonzero(~follows) + 1))
    ends = np.append(starts[1:], len(place))
    begins_s, ends_s = track.at_s[position[starts]], track.at_s[position[ends - 1]]
    return [
        _Run(
            int(place[starts[n]]), position[starts[n] : ends[n]], float(begins_s[n]),
            float(ends_s[n]), float(away_m[starts[n] : ends[n]].mean()),
        )
        for n in np.flatnonzero(ends_s - begins_s >= dwell_s)
    ]  # fmt: skip


def _overlap(one: _Run, other: _Run) -> bool:
    """Return whether two runs share more than an instant."""
    return max(one.begins_s, other.begins_s) < min(one.ends_s, other.ends_s)


def _clusters(runs: Iterable[_Run], track: _Sorted) -> Iterator[list[_Run]]:
    """Yield the runs of a unit that hang together in time, one cluster after the other."""
    cluster: list[_Run] = []
    unit, until_s = -1, -np.inf
    for run in sorted(runs, key=lambda one: (track.unit[one.at[0]], one.begins_s)):
        if cluster and (track.unit[run.at[0]] != unit or run.begins_s >= until_s):
            yield cluster
            cluster, until_s = [], -np.inf
        cluster.append(run)
        unit, until_s = int(track.unit[run.at[0]]), max(until_s, run.ends_s)
    if cluster:
        yield cluster


def _cut(run: _Run, taken: Iterable[_Run], at_s: F64) -> list[_Run]:
    """Return what is left of a run before and after the time that nearer ones have taken."""
    pieces = [run]
    for other in taken:
        left: list[_Run] = []
        for piece in pieces:
            if not _overlap(piece, other):
                left.append(piece)
                continue
            times = at_s[piece.at]
            for at in (piece.at[times <= other.begins_s], piece.at[times >= other.ends_s]):
                if len(at):
                    begins_s, ends_s = float(at_s[at[0]]), float(at_s[at[-1]])
                    left.append(_Run(run.place, at, begins_s, ends_s, run.mean_m))
        pieces = left
    return pieces


def _share(cluster: list[_Run], at_s: F64, dwell_s: float) -> Iterator[tuple[_Run, list[int]]]:
    """Yield runs that no longer overlap, each with the other places that it could be at.

    The run that was nearest on average has its whole time; the next has what is left of its own.
    """
    taken: list[_Run] = []
    for run in sorted(cluster, key=lambda one: (one.mean_m, one.place, one.begins_s)):
        for piece in _cut(run, taken, at_s):
            if piece.ends_s - piece.begins_s >= dwell_s:
                taken.append(piece)
                also = {one.place for one in cluster if one is not run and _overlap(one, piece)}
                yield piece, sorted(also)


def find_stays(
    track: Track, places: Places, *, dwell_s: float = DWELL_S, gap_s: float = GAP_S
) -> list[Stay]:
    """Return where units stayed for `dwell_s` or longer, by unit and time.

    A gap between two positions longer than `gap_s` ends a stay.
    """
    ordered = _sort(track)
    at_s, found = ordered.at_s, []
    for cluster in _clusters(_runs(ordered, places, dwell_s, gap_s), ordered):
        for run, also in _share(cluster, at_s, dwell_s):
            found.append(
                Stay(
                    unit=int(ordered.unit[run.at[0]]),
                    place=places.ids[run.place],
                    begins_s=run.begins_s,
                    ends_s=run.ends_s,
                    proof=Proof.POSITION,
                    positions=len(run.at),
                    longest_gap_s=float(np.diff(at_s[run.at]).max(initial=0.0)),
                    also=tuple(places.ids[place] for place in also),
                )
            )
    return sorted(found, key=lambda one: (one.unit, one.begins_s, one.place))


@dataclass(frozen=True, slots=True)
class Exposure:
    """Presence per place and clock hour, [p, h] each.

    `present_s`: seconds with somebody there; `unit_s`: the seconds of each unit, added;
    `probability` that somebody would be there, as planned: nan where no plan said.
    """

    present_s: F64
    unit_s: F64
    probability: F64


def _merge(intervals: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for begins_s, ends_s in sorted(intervals):
        if merged and begins_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends_s))
        else:
            merged.append((begins_s, ends_s))
    return merged


def _spread(intervals: Iterable[tuple[float, float]], hours_s: F64) -> F64:
    """Return how many seconds of the intervals fall into each hour, [h]."""
    spread = np.zeros(len(hours_s))
    for begins_s, ends_s in intervals:
        first = int(np.searchsorted(hours_s, begins_s - HOUR_S, "right"))
        after = int(np.searchsorted(hours_s, ends_s, "left"))
        hours = hours_s[first:after]
        spread[first:after] += np.minimum(ends_s, hours + HOUR_S) - np.maximum(begins_s, hours)
    return spread


def exposure(
    stays: Iterable[Stay],
    places: Sequence[str],
    hours_s: F64,
    planned_probability: F64 | None = None,
) -> Exposure:
    """Return presence at each place in each hour [hours_s, hours_s + 3600), whatever its proof.

    A unit that is known twice to have been there counts once. ValueError: a stay at a place that is
    not given, hours that overlap, or probabilities that are none.
    """
    if (np.diff(hours_s) < HOUR_S).any():
        raise ValueError("hours overlap: give each clock hour once, in order")
    shape = (len(places), len(hours_s))
    probability = np.full(shape, np.nan) if planned_probability is None else planned_probability
    if probability.shape != shape or ((probability < 0) | (probability > 1)).any():
        raise ValueError(f"planned_probability: give 0 to 1, or nan, for each of {shape}")
    by_unit: dict[str, dict[int, list[tuple[float, float]]]] = {one: {} for one in places}
    for stay in stays:
        if stay.place not in by_unit:
            raise ValueError(f"a stay at {stay.place}, which is not among the places: add it")
        by_unit[stay.place].setdefault(stay.unit, []).append((stay.begins_s, stay.ends_s))
    present_s, unit_s = np.zeros(shape), np.zeros(shape)
    for row, place in enumerate(places):
        own = [interval for one in by_unit[place].values() for interval in _merge(one)]
        unit_s[row] = _spread(own, hours_s)
        present_s[row] = _spread(_merge(own), hours_s)
    return Exposure(present_s, unit_s, probability.copy())
