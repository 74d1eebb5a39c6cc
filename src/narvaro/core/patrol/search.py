"""The compiled part: timing a route by the rules, valuing presence, filling, ruin and recreate.

In: a night as arrays. Out: routes as arrays. An *item* is what may stand in a route: first the
appointments, each once, then one item per place, as often as it pays. A place's value is the harm
that the visits there prevent: all of it while somebody is there, then a share that halves each
half-life, the largest where several visits work at once (docs/formulas/patrol.md).
All kernels stand in this one file, because the cache watches one file each.
"""

from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64, I64, Bits, kernel

NEVER = 1 << 40  # a time that does not come; also the travel time where no road leads
U64 = np.uint64
STRETCH_S = 60  # how finely dwell and beginning are tuned at the end


class World(NamedTuple):
    """A night as arrays: P places, K shifts, I items of which the first A are appointments."""

    travel: I64  # [P, P]
    place: I64  # [I]
    opens: I64  # [I] earliest beginning
    closes: I64  # [I] latest beginning
    dwell: I64  # [I]
    worth: F64  # [I] of keeping it, without the harm that it prevents
    only: I64  # [I] the shift that was promised, -1: any
    base: I64  # [K]
    begins: I64  # [K]
    ends: I64  # [K]
    break_first: I64  # [K + 1]
    breaks: I64  # [n, 3] earliest, latest, length
    free: Bits  # [K] needs no permit
    allow_first: I64  # [K * P + 1]
    allow: I64  # [m, 2] from, until
    counts: Bits  # [P] visits here are worth keeping account of
    so_far: F64  # [P, B + 1] harm before each bin
    to_come: F64  # [P, B + 1] harm from each bin on, faded from that bin's middle
    fade_bin: F64  # [B + 1] what is left after so many bins
    fade_s: F64  # [120] what is left after so many seconds
    alone: F64  # [P] the most that one visit could prevent
    half_life: float
    spacing: int
    appointments: int
    least: int
    most: int
    drive_cost: float  # of a second on the road: small, so that it only breaks ties


class State(NamedTuple):
    """Routes (K of at most W stops) and who is at each place when (at most V visits)."""

    size: I64  # [K]
    item: I64  # [K, W]
    hold: I64  # [K, W] not before
    dwell: I64  # [K, W]
    start: I64  # [K, W]
    late: I64  # [K, W] the latest beginning that lets the rest of the route stand
    taken: I64  # [K, W] breaks taken before the stop
    drive: I64  # [K] seconds on the road
    seen: I64  # [P] visits at the place, in order of beginning
    seen_start: I64  # [P, V]
    seen_leave: I64  # [P, V]
    seen_item: I64  # [P, V]
    seen_by: I64  # [P, V]
    value: F64  # [P]
    kept: Bits  # [I]
    worth: F64  # [1]
    work: I64  # [2, V + 1] scratch
    random: npt_u64  # [1]
"""
