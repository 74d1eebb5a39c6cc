"""A first responder by way of a defibrillator (AED). In: tables of seconds. Out: who fetches which.

Exact: every unit is tried with every AED that is open. This complements 112 and the ambulance, and
stands in for neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I64, Bits

NONE = -1


@dataclass(frozen=True, slots=True)
class Opening:
    """When an AED can be reached: weekdays (0 = Monday), local hours, half-open.

    Hours that end at or before they begin run past midnight and belong to the day they begin;
    from 00:00 until 00:00 is the whole day.
    """

    weekdays: frozenset[int]
    hours_from: time
    hours_until: time


def is_open(openings: Sequence[Opening], local: datetime, closed_on: Sequence[date] = ()) -> bool:
    """Tell whether one of the opening hours holds at a local time."""
    today, clock = local.date(), local.time()
    yesterday = today - timedelta(days=1)
    for one in openings:
        overnight = one.hours_until <= one.hours_from
        begun = one.hours_from <= clock and (overnight or clock < one.hours_until)
        if begun and today.weekday() in one.weekdays and today not in closed_on:
            return True
        left = overnight and clock < one.hours_until
        if left and yesterday.weekday() in one.weekdays and yesterday not in closed_on:
            return True
    return False


@dataclass(frozen=True, eq=False, slots=True)
class Detour:
    """Per unit (U) the AED that it brings soonest, and what is proposed.

    `aed` is `NONE` where the unit carries one itself or none can be fetched; `with_s` is when an AED
    is at the incident by this unit (inf: never), `without_s` when the unit is there straight.
    `straight` goes at once; `fetcher` goes by way of AED `fetched`, where that brings an AED sooner
    than the nearest does; `fetched` is `NONE` where the fetcher carries one. `NONE`: nobody.
    """

    aed: I64  # [U]
    with_s: F64  # [U]
    without_s: F64  # [U]
    straight: int
    fetcher: int
    fetched: int


def detour(
    unit_incident_s: npt.ArrayLike,
    unit_aed_s: npt.ArrayLike,
    aed_incident_s: npt.ArrayLike,
    *,
    aed_open: npt.ArrayLike,
    carries_aed: npt.ArrayLike,
) -> Detour:
    """Return the best way to bring help and an AED: incident ← AED ← unit.

    Shapes: [U], [U, A], [A], [A], [U]; units that may be sent only, seconds, inf where no road
    leads. The nearest unit goes straight, ties by index. Raises ValueError for tables that do not
    fit together, or hold what is no time.
    """
    straight_s = _seconds("unit_incident_s", unit_incident_s, 1)
    there_s = _seconds("unit_aed_s", unit_aed_s, 2)
    onward_s = _seconds("aed_incident_s", aed_incident_s, 1)
    units, aeds = len(straight_s), len(onward_s)
    is_open_now, carries = np.asarray(aed_open, np.bool_), np.asarray(carries_aed, np.bool_)
    if there_s.shape != (units, aeds) or is_open_now.shape != (aeds,) or carries.shape != (units,):
        raise ValueError(
            f"detour: for {units} units and {aeds} AEDs the tables are {there_s.shape}, "
            f"{is_open_now.shape} and {carries.shape}; give [U, A], [A] and [U]."
        )
    aed, with_s = _best_aeds(there_s, np.where(is_open_now, onward_s, np.inf))
    aed[carries] = NONE
    with_s[carries] = straight_s[carries]
    straight, fetcher, fetched = _propose(straight_s, with_s, aed, carries)
    return Detour(aed, with_s, straight_s, straight, fetcher, fetched)


def _seconds(name: str, given: npt.ArrayLike, axes: int) -> F64:
    values = np.asarray(given, float)
    if values.ndim != axes:
        raise ValueError(f"detour: {name} has {values.ndim} axes, not {axes}.")
    if np.isnan(values).any() or (values < 0).any():
        raise ValueError(f"detour: {name} holds a negative time or no number; inf means no road.")
    return values


def _best_aeds(there_s: F64, onward_s: F64) -> tuple[I64, F64]:
    units, aeds = there_s.shape
    if not aeds:
        return np.full(units, NONE), np.full(units, np.inf)
    total = there_s + onward_s
    aed = total.argmin(axis=1)
    with_s: F64 = total[np.arange(units), aed]
    aed[~np.isfinite(with_s)] = NONE
    return aed, with_s


def _propose(straight_s: F64, with_s: F64, aed: I64, carries: Bits) -> tuple[int, int, int]:
    reached = np.isfinite(straight_s)
    if not reached.any():
        return NONE, NONE, NONE
    straight = int(np.argmin(straight_s))
    otherwise_s = straight_s[straight] if carries[straight] else np.inf
    others = reached.copy()
    others[straight] = False
    by_others_s = np.where(others, with_s, np.inf)
    soonest = int(np.argmin(by_others_s))
    if not by_others_s[soonest] < otherwise_s:
        return straight, NONE, NONE
    return straight, soonest, int(aed[soonest])
