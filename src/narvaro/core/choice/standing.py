"""Where idle units stand. In: demand per place, travel times, where each unit is. Out: whereto.

`choose_posts` finds lasting posts (greedy MEXCLP: maximum expected covering). `move_idle` tells
after each dispatch and clear which idle unit should drive where: the coverage of the next minutes
counts, driving included, so a move is proposed only where it pays on the way too.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I32, kernel

AHEAD_S = np.array([0.0, 120.0, 300.0, 600.0, 900.0, 1500.0])
"""Moments at which coverage is looked at; each stands for the time up to the next."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How places are counted: late beyond `limit_s`; another unit helps with chance `busy` ** n.

    `drive_cost` is the share of covered demand that one hour of driving must gain.
    `next_case_s` is the mean time to the next case.
    """

    limit_s: float
    busy: float
    next_case_s: float
    drive_cost: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not self.limit_s > 0 or not self.next_case_s > 0:
            raise ValueError("Standing: limit_s and next_case_s must be above 0 seconds.")
        if not 0 < self.busy < 1 or not self.drive_cost >= 0:
            raise ValueError("Standing: busy lies between 0 and 1, drive_cost at 0 or above.")


def choose_posts(travel_s: F64, demand: F64, units: int, *, limit_s: float, busy: float) -> I32:
    """Return a post for each unit, best first; several may share one. Ties go to the lower place."""
    if units < 0 or not 0 < busy < 1:
        raise ValueError("choose_posts: units at 0 or above, busy between 0 and 1.")
    covers = travel_s <= limit_s
    count = np.zeros(len(demand))
    posts = np.empty(units, np.int32)
    for k in range(units):
        gain = (covers * (busy**count * demand)).sum(axis=1)
        posts[k] = int(gain.argmax())
        count += covers[posts[k]]
    return posts


def move_idle(
    travel_s: F64, demand: F64, here_s: F64, bound_for: npt.ArrayLike, how: Standing
) -> I32:
    """Return the place that each idle unit (K) should drive to or stay at.

    `here_s` [K, P] are seconds from where each is now, `bound_for` [K] the place that it drives to
    or stands at; kept unless a move pays.
    """
    target = np.array(bound_for, np.int32)
    if np.shape(here_s) != (len(target), len(demand)):
        raise ValueError(f"move_idle: here_s is {np.shape(here_s)}; give [K, P].")
    if ((target < 0) | (target >= len(demand))).any():
        raise ValueError(f"move_idle: bound_for names a place outside the table of {len(demand)}.")
    moments = AHEAD_S
    passed = np.exp(-np.append(moments, np.inf) / how.next_case_s)
    weight = passed[:-1] - passed[1:]
    _improve(
        travel_s, demand, here_s, target, moments, weight, how.limit_s, how.busy,
        how.drive_cost / 3600.0,
    )  # fmt: skip
    return target


@kernel
def _cover(  # noqa: PLR0917 - a numba kernel
    travel_s: F64, here_s: F64, unit: int, target: int, moments: F64, limit_s: float, out: F64
) -> None:
    """Mark which places a unit reaches in time at each moment of its drive to `target`."""
    drive_s = here_s[unit, target]
    for m in range(len(moments)):
        part = 1.0 if moments[m] >= drive_s else moments[m] / drive_s
        for p in range(travel_s.shape[0]):
            seconds = (1.0 - part) * here_s[unit, p] + part * travel_s[target, p]
            out[m, p] = 1.0 if seconds <= limit_s else 0.0


@kernel
def _improve(  # noqa: C901, PLR0917 - loops over units, targets, moments and places, a numba kernel
    travel_s: F64, demand: F64, here_s: F64, target: I32, moments: F64, weight: F64,
    limit_s: float, busy: float, cost_per_s: float,
) -> None:  # fmt: skip
    """Make the move that gains most, until none does; gains are shares of demand covered."""
    units, places, times = len(target), len(demand), len(moments)
    own = np.zeros((units, times, places))
    count = np.zeros((times, places))
    for u in range(units):
        _cover(travel_s, here_s, u, target[u], moments, limit_s, own[u])
        count += own[u]
    new = np.zeros((times, places))
    for _ in range(3 * units):
        best_gain, best_unit, best_place = 1e-9, -1, -1
        for u in range(units):
            others = np.empty((times, places))
            now = 0.0
            for m in range(times):
                for p in range(places):
                    others[m, p] = weight[m] * demand[p] * busy ** (count[m, p] - own[u, m, p])
                    now += own[u, m, p] * others[m, p]
            now -= cost_per_s * here_s[u, target[u]] / (1.0 - busy)
            for place in range(places):
                _cover(travel_s, here_s, u, place, moments, limit_s, new)
                gain = -cost_per_s * here_s[u, place] / (1.0 - busy) - now
                for m in range(times):
                    for p in range(places):
                        gain += new[m, p] * others[m, p]
                if gain > best_gain:
                    best_gain, best_unit, best_place = gain, u, place
        if best_unit < 0:
            break
        count -= own[best_unit]
        _cover(travel_s, here_s, best_unit, best_place, moments, limit_s, own[best_unit])
        count += own[best_unit]
        target[best_unit] = best_place
