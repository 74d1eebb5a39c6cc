"""Is it more than usual? In: a count, and what the weeks before it gave. Out: a verdict with its range.

Two Poisson counts over one week and over `weeks`: where nothing has changed, the first is a draw of
their sum with the share 1/(1 + weeks) (the exact conditional test). A count is called more or fewer
than usual only where chance alone gives it, or something further out, in less than 2.5 % of cases.
Reports that come in clusters vary more than that: then more weeks are called than should be.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from math import exp, lgamma, log

TAIL = 0.025


class Verdict(StrEnum):
    """What may be said of a count."""

    MORE = "more"
    USUAL = "usual"
    FEWER = "fewer"
    UNKNOWN = "unknown"  # there is nothing to compare with
    NOT_OVER = "not_over"  # the week goes on: not more than usual so far


@dataclass(frozen=True)
class Change:
    """A count beside the mean of the weeks before, and the range in which it would be as usual."""

    now: int
    mean: float | None
    low: int | None
    high: int | None
    verdict: Verdict


def _chance(count_now: int, before: int, share: float) -> float:
    """Return the chance of `count_now` draws for this week before draw `before` for the others."""
    if before == 0:
        return 1.0 if count_now == 0 else 0.0
    ways = lgamma(count_now + before) - lgamma(count_now + 1) - lgamma(before)
    return exp(ways + count_now * log(share) + before * log(1 - share))


def usual_range(before: int, weeks: int) -> tuple[int, int]:
    """Return the least and the greatest count of one week that is as usual, given `weeks` before.

    Raises ValueError without a week to compare with.
    """
    if weeks < 1 or before < 0:
        raise ValueError(f"{before} reports in {weeks} weeks: there is nothing to compare with")
    share = 1 / (1 + weeks)
    low, below = 0, _chance(0, before, share)
    while below < TAIL:
        low += 1
        below += _chance(low, before, share)
    above = 1.0
    for high in count():
        above -= _chance(high, before + 1, share)
        if above < TAIL:
            return low, high
    raise AssertionError("a chance that never falls")


def judge(now: int, before: int, weeks: int, *, over: bool = True) -> Change:
    """Return what may be said of `now`, given `before` in all of the `weeks` before it.

    Of a week that is not `over`, only that it is more already.
    """
    if weeks < 1:
        return Change(now, None, None, None, Verdict.UNKNOWN)
    low, high = usual_range(before, weeks)
    verdict = Verdict.MORE if now > high else Verdict.FEWER if now < low else Verdict.USUAL
    if not over and verdict != Verdict.MORE:
        verdict = Verdict.NOT_OVER
    return Change(now, before / weeks, low, high, verdict)
