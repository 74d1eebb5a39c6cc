"""What presence prevents, literally as defined. In: stays at a place. Out: harm prevented.

The compiled search computes the same from prefix sums; this is the definition that it is held to,
and what a plan is reported with. docs/formulas/patrol.md gives it in words.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64
from narvaro.core.patrol.night import BIN_S, FULL_DWELL_S, LEAST_EFFECT_S, Night


class Stay(NamedTuple):
    """Somebody is at a place from `arrive_s` for `dwell_s`."""

    arrive_s: int
    dwell_s: int


def strength(dwell_s: int) -> float:
    """Return the share of full deterrence that a visit of this length leaves behind."""
    return 0.0 if dwell_s < LEAST_EFFECT_S else min(1.0, dwell_s / FULL_DWELL_S)


def work(stays: Iterable[Stay], bins: int, half_life_s: int) -> F64:
    """Return how much of each bin's harm the stays prevent, 0 … 1, [bins].

    Nothing before an arrival, all while somebody is there, afterwards a share that halves with each
    half-life; of several stays the strongest, never their sum.
    """
    middle_s = BIN_S * (np.arange(bins) + 0.5)
    most = np.zeros(bins)
    for arrive_s, dwell_s in stays:
        since_s = middle_s - (arrive_s + dwell_s)
        left = strength(dwell_s) * 0.5 ** (np.maximum(since_s, 0.0) / half_life_s)
        own = np.where(since_s < 0, 1.0, left)
        own[middle_s < arrive_s] = 0.0
        np.maximum(most, own, out=most)
    return most


def prevented(night: Night, place: int, stays: Iterable[Stay]) -> float:
    """Return the expected harm that stays at one place prevent together."""
    harm = night.harm[place]
    return float(harm @ work(stays, len(harm), night.half_life_s))
