"""Waves of damage: the same kind of place hit again and again within a week.

In: what was damaged where and when, and now. Out: the groups of places that have been hit more often
than their own past year explains, with how seldom chance alone would do that. A wave joins places and
times, never persons; it is a reason to look, not a finding.

The past year gives the group's usual rate. That rate is itself uncertain, so what chance would do is
counted with a rate that may be anything the year allows (gamma, Jeffreys' prior): the count of a week
is then negative binomial, and its tail is wider than Poisson's where the past is short of events.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=7)
BASELINE = timedelta(days=365)
LEAST = 3
CHANCE = 0.01
_PRIOR = 0.5  # Jeffreys' prior of a rate: half an event in no time


@dataclass(frozen=True, slots=True)
class Harm:
    """One damage: the group of its place (schools), the place, and when it was done at the latest."""

    group: str
    place: str
    occurred_from: datetime
    occurred_until: datetime


@dataclass(frozen=True, slots=True)
class Wave:
    """A group that is hit more often than usual.

    `expected` is the group's usual count in as long a time; `chance` is how probable this count or a
    higher one is in an ordinary week; `places` are the hit ones, the most often hit first.
    """

    group: str
    count: int
    expected: float
    chance: float
    places: tuple[str, ...]
    since: datetime


def chance_of(count: int, before: int, windows: float) -> float:
    """Return how probable `count` or more events are in one window after `before` in `windows`.

    Raises ValueError where a count is negative or there was no time before.
    """
    if count < 0 or before < 0 or windows <= 0:
        raise ValueError("Counts are 0 or more, and the time before is longer than nothing.")
    shape, stays = before + _PRIOR, windows / (windows + 1)
    below = math.fsum(_weight(number, shape, stays) for number in range(count))
    return min(1.0, max(0.0, 1.0 - below))


def _weight(number: int, shape: float, stays: float) -> float:
    """Return the negative binomial weight of a count (in logarithms: a long past underflows)."""
    ways = math.lgamma(shape + number) - math.lgamma(shape) - math.lgamma(number + 1)
    return math.exp(ways + shape * math.log(stays) + number * math.log1p(-stays))


def find_waves(
    harms: Iterable[Harm],
    now: datetime,
    *,
    window: timedelta = WINDOW,
    baseline: timedelta = BASELINE,
    least: int = LEAST,
    chance: float = CHANCE,
) -> tuple[Wave, ...]:
    """Return the waves of the last `window`, the least probable first.

    A group needs `least` events in it, and a count that an ordinary window reaches with a probability
    of at most `chance`. The past begins with the first of all `harms`, `baseline` ago at the
    earliest. An event counts at the middle of the time in which it may have happened; one whose time
    is longer than the window is left out, for nobody knows whether it belongs to it.
    """
    timed = [
        (_middle(one), one) for one in harms if one.occurred_until - one.occurred_from <= window
    ]
    started = now - window
    began = max(started - baseline, min((middle for middle, _one in timed), default=started))
    if began >= started:
        return ()
    windows = (started - began) / window
    recent: dict[str, list[Harm]] = defaultdict(list)
    before: dict[str, int] = defaultdict(int)
    for middle, one in timed:
        if started <= middle <= now:
            recent[one.group].append(one)
        elif began <= middle < started:
            before[one.group] += 1
    found = []
    for group, hits in recent.items():
        seldom = chance_of(len(hits), before[group], windows)
        if len(hits) >= least and seldom <= chance:
            since = min(one.occurred_from for one in hits)
            expected = before[group] / windows
            found.append(Wave(group, len(hits), expected, seldom, _places(hits), since))
    return tuple(sorted(found, key=lambda wave: (wave.chance, wave.group)))


def _middle(one: Harm) -> datetime:
    return one.occurred_from + (one.occurred_until - one.occurred_from) / 2


def _places(hits: list[Harm]) -> tuple[str, ...]:
    times: dict[str, int] = defaultdict(int)
    for one in hits:
        times[one.place] += 1
    return tuple(sorted(times, key=lambda place: (-times[place], place)))
