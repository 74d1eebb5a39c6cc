"""The truth behind the made-up history: every rate known, so that a forecast can be judged.

Events of a kind come at place p and time t with the intensity

    r(t) · (a_p + n · Σ_i W[p_i, p] · g(t − t_i)) + x_p(t)

per hour, over earlier events i of the kind. a: the place's own level; r: hour of the week, season
and school breaks, 1 on average; n: how many events one event brings about; W: where (shares that
fall with distance as a Gaussian, and follow a); g: exponential in time, cut at `longest_days`;
x: known extra events.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
SOME = 400  # events at a time, so that the pairs of events and places stay small


@dataclass(frozen=True, slots=True)
class Rates:
    """The known intensity: kinds [K], places [P], local days [D], hours [H] since `start` (UTC)."""

    start: datetime
    kinds: tuple[str, ...]
    places: tuple[str, ...]
    xy: F64  # [P, 2] metres east and north
    school: Bools  # [P]: the place follows the school year
    level: F64  # [K, P] events an hour
    week: F64  # [K, 168]
    day: F64  # [K, 2, D]: elsewhere, at schools
    slot: I64  # [H] hour of the felt week, local
    day_of: I64  # [H]
    repeats: F64  # [K]
    reach_m: F64  # [K]
    decay_h: F64  # [K]
    longest_h: float
    extra_kind: I64  # [X]
    extra_place: I64  # [X]
    extra: F64  # [X, H] events an hour

    @property
    def hours(self) -> int:
        """The length of the history in hours."""
        return len(self.slot)

    def relative(self, kind: int, *, school: bool) -> F64:
        """Give r for every hour, [H]."""
        return np.asarray(self.week[kind, self.slot] * self.day[kind, int(school), self.day_of])

    def spread(self, kind: int, sources: I64) -> F64:
        """Give W: where events at `sources` bring about others, [len(sources), P], rows sum to 1 or 0."""
        away = self.xy[sources][:, None, :] - self.xy[None, :, :]
        shares = np.exp(-(away**2).sum(axis=2) / (2 * self.reach_m[kind] ** 2)) * self.level[kind]
        total = shares.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(shares, total, out=np.zeros_like(shares), where=total > 0))


@dataclass(frozen=True, slots=True)
class Truth:
    """The rates, and the events that were drawn from them, by time.

    `parent` is the event that brought an event about, or -1; `scripted` events were written, not
    drawn: they bring about others, but are no part of what the intensity expects.
    """

    rates: Rates
    time_h: F64
    kind: I64
    place: I64
    parent: I64
    scripted: Bools

    def hour_of(self, at: datetime) -> float:
        """Give an aware time as hours since the history's start."""
        return (at - self.rates.start).total_seconds() / 3600

    def moment(self, time_h: float) -> datetime:
        """Give hours since the start as an aware time, to the second."""
        return self.rates.start + timedelta(seconds=round(time_h * 3600))

    def intensity(self, place: str, at: datetime, kind: str | None = None) -> float:
        """Give the true intensity at a place and time, events an hour; of one kind, or of all."""
        rates, t = self.rates, self.hour_of(at)
        if not 0 <= t < rates.hours:
            raise ValueError(f"the history does not reach {at}; ask within it")
        if kind is None:
            return sum(self.intensity(place, at, k) for k in rates.kinds)
        k, p, hour = rates.kinds.index(kind), rates.places.index(place), int(t)
        r = float(rates.relative(k, school=bool(rates.school[p]))[hour])
        extra = rates.extra[(rates.extra_kind == k) & (rates.extra_place == p), hour].sum()
        past = (self.kind == k) & (self.time_h < t) & (self.time_h > t - rates.longest_h)
        since = t - self.time_h[past]
        decay = rates.decay_h[k]
        pull = rates.spread(k, self.place[past])[:, p] * np.exp(-since / decay) / decay
        return r * float(rates.level[k, p] + rates.repeats[k] * pull.sum()) + float(extra)

    def expected(
        self,
        kind: str,
        first_h: int = 0,
        last_h: int | None = None,
        *,
        known_h: float | None = None,
    ) -> F64:
        """Integrate the intensity over whole hours [first_h, last_h) at each place, [P].

        With `known_h` only events before that hour count: what could be known then.
        """
        rates, k = self.rates, self.rates.kinds.index(kind)
        last_h = rates.hours if last_h is None else last_h
        window = slice(first_h, last_h)
        relative = [rates.relative(k, school=s) for s in (False, True)]
        out = rates.level[k] * np.where(
            rates.school, relative[1][window].sum(), relative[0][window].sum()
        )
        mine = rates.extra_kind == k
        np.add.at(out, rates.extra_place[mine], rates.extra[mine, window].sum(axis=1))
        known = self.time_h < (last_h if known_h is None else known_h)
        near = (self.kind == k) & known & (self.time_h > first_h - rates.longest_h)
        chosen = np.flatnonzero(near)
        mass = [self._mass(k, self.time_h[chosen], r, first_h, last_h) for r in relative]
        for some in np.split(np.arange(len(chosen)), range(SOME, len(chosen), SOME)):
            where = rates.spread(k, self.place[chosen[some]])
            weight = np.where(rates.school, mass[1][some, None], mass[0][some, None])
            out += rates.repeats[k] * (weight * where).sum(axis=0)
        return np.asarray(out)

    def _mass(self, kind: int, times: F64, relative: F64, first_h: int, last_h: int) -> F64:
        """Integrate r · g after each time over the window's hours, [len(times)]."""
        decay, longest = self.rates.decay_h[kind], self.rates.longest_h
        out = np.zeros(len(times))
        for step in range(int(longest) + 2):
            hour = np.floor(times).astype(np.int64) + step
            begins = np.maximum(hour, times) - times
            ends = np.clip(hour + 1 - times, begins, longest)
            weight = np.where(
                (hour >= first_h) & (hour < last_h),
                relative[np.minimum(hour, len(relative) - 1)],
                0.0,
            )
            begins = np.minimum(begins, ends)
            out += weight * (np.exp(-begins / decay) - np.exp(-ends / decay))
        return out


_PLAIN = (
    "xy", "school", "level", "week", "day", "slot", "day_of", "repeats", "reach_m", "decay_h",
    "extra_kind", "extra_place", "extra",
)  # fmt: skip
_DRAWN = ("time_h", "kind", "place", "parent", "scripted")


def write_truth(path: Path, truth: Truth) -> None:
    """Write truth.npz: the arrays under their names, the start as seconds since 1970 (UTC)."""
    rates = truth.rates
    arrays: dict[str, Any] = {name: getattr(rates, name) for name in _PLAIN}
    arrays |= {f"event_{name}": getattr(truth, name) for name in _DRAWN}
    arrays |= {
        "start": np.array(rates.start.timestamp()),
        "longest_h": np.array(rates.longest_h),
        "kinds": np.array(rates.kinds),
        "places": np.array(rates.places),
    }
    np.savez_compressed(path, **arrays)


def read_truth(path: Path) -> Truth:
    """Read what `write_truth` wrote."""
    with np.load(path) as file:
        rates = Rates(
            start=datetime.fromtimestamp(float(file["start"]), UTC),
            kinds=tuple(file["kinds"].tolist()),
            places=tuple(file["places"].tolist()),
            longest_h=float(file["longest_h"]),
            **{name: file[name] for name in _PLAIN},
        )
        return Truth(rates, **{name: file[f"event_{name}"] for name in _DRAWN})
