"""Did it help? In: counts at a place before and after, with their weeks. Out: a verdict with its range.

Two Poisson counts over known weeks: given their sum, the later one is a draw of it whose share grows
with the rate ratio, so an exact (conditional) interval for the ratio follows (docs/formulas/effect.md).
There are no controls here: what else changed meanwhile is not taken out. A better engine answers with
the same `Effect`.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, lgamma, log

import numpy as np

TAIL = 0.025
LEAST_WEEKS = 4.0
"""On each side: fewer weeks are one or two bad nights, not a habit of the place."""
LEAST_COUNT = 10
"""On both sides together."""
_STEPS = 50


class Verdict(StrEnum):
    """What may be said."""

    FEWER = "fewer"
    MORE = "more"
    CANNOT_TELL = "cannot_tell"


class Why(StrEnum):
    """Why nothing can be said."""

    TOO_SHORT = "too_short"
    TOO_FEW = "too_few"
    HOLDS_ONE = "holds_one"  # no change is among what the counts allow


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened in some weeks."""

    count: int
    weeks: float

    def __post_init__(self) -> None:
        """Refuse counts and weeks below 0; ValueError says which."""
        if self.count < 0 or self.weeks < 0 or not isfinite(self.weeks):
            raise ValueError(f"{self.count} in {self.weeks} weeks: give both from 0 up")


@dataclass(frozen=True, slots=True)
class Effect:
    """The rate after over the rate before, with its 95 % range, and what may be said of it.

    `ratio` is None where nothing happened before; `high` is infinite where the counts set no bound;
    all three are None where one side has no time or nothing happened at all. `why` is None unless
    the verdict is that nothing can be said.
    """

    before: Seen
    after: Seen
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    why: Why | None = None


class _Draws:
    """A number of draws, and the chance of at most so many hits among them."""

    def __init__(self, draws: int) -> None:
        self.hits = np.arange(draws + 1)
        each = np.array([lgamma(one + 1) for one in range(draws + 1)])
        self.ways = each[-1] - each - each[::-1]  # logarithms

    def at_most(self, count: int, share: float) -> float:
        """Return the chance of at most `count` hits; 0 < share < 1."""
        hits = self.hits[: count + 1]
        misses = self.hits[-1] - hits
        logs = self.ways[: count + 1] + hits * log(share) + misses * log(1 - share)
        return float(np.exp(logs).sum())

    def crossing(self, count: int, level: float) -> float:
        """Return the share at which that chance, which falls, reaches a level; by halving."""
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.at_most(count, middle) > level else (low, middle)
        return (low + high) / 2


def share_range(hits: int, draws: int) -> tuple[float, float]:
    """Return the exact two-sided 95 % range of a share: `hits` of `draws` (Clopper and Pearson)."""
    chances = _Draws(draws)
    low = 0.0 if hits == 0 else chances.crossing(hits - 1, 1 - TAIL)
    high = 1.0 if hits == draws else chances.crossing(hits, TAIL)
    return low, high


def _odds(share: float) -> float:
    return inf if share >= 1 else share / (1 - share)


def compare(before: Seen, after: Seen) -> Effect:
    """Return what may be said of the rate after against the rate before."""
    draws = before.count + after.count
    short = min(before.weeks, after.weeks) < LEAST_WEEKS
    if not draws or not before.weeks or not after.weeks:
        why = Why.TOO_SHORT if short else Why.TOO_FEW
        return Effect(before, after, None, None, None, Verdict.CANNOT_TELL, why)
    scale = before.weeks / after.weeks
    low, high = (_odds(one) * scale for one in share_range(after.count, draws))
    ratio = after.count / before.count * scale if before.count else None
    if short or draws < LEAST_COUNT:
        why = Why.TOO_SHORT if short else Why.TOO_FEW
        return Effect(before, after, ratio, low, high, Verdict.CANNOT_TELL, why)
    verdict = Verdict.FEWER if high < 1 else Verdict.MORE if low > 1 else Verdict.CANNOT_TELL
    holds_one = Why.HOLDS_ONE if verdict == Verdict.CANNOT_TELL else None
    return Effect(before, after, ratio, low, high, verdict, holds_one)
