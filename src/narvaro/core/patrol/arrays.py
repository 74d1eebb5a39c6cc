"""A night as arrays, for the compiled search. In: a `Night`. Out: a `World` and an empty `State`."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I64, Bits
from narvaro.core.patrol.night import (
    BIN_S,
    FULL_DWELL_S,
    LEAST_EFFECT_S,
    SHIFT_MOST_S,
    Appointment,
    Night,
)

NEVER = 1 << 40  # a time that does not come; also the travel time where no road leads
VISITS_MOST = 16  # drawn visits at one place in a night


class Harm(NamedTuple):
    """Expected harm in bins (B) of 120 s, weighed by focus, summed so that a stretch is a look-up."""

    sums: F64  # [P, B + 1, 2] before each bin; from it on, fading from its middle
    fade: F64  # [120 + …] what is left after so many seconds, then after so many bins
    bins: int
    full_s: int  # a visit this long deters in full
    effect_s: int  # a shorter visit leaves nothing behind


class World(NamedTuple):
    """A night as arrays: P places, K shifts, I items of which the first are the appointments."""

    travel: I64  # [P, P]
    items: I64  # [I, 5] place, earliest and latest beginning, dwell, the shift promised (-1: any)
    worth: F64  # [I] of keeping it, beside the harm that presence prevents
    promise: F64  # [I] the most that it alone can give
    shifts: I64  # [K, 4] base, begin, end, 1 where no permit is needed
    break_first: I64  # [K + 1]
    breaks: I64  # [n, 3] earliest, latest, length
    allow_first: I64  # [K * P + 1]
    allow: I64  # [m, 2] from, until
    counts: Bits  # [P] visits here are kept account of
    harm: Harm
    spacing: int
    appointments: int
    least: int
    drive_cost: float  # of a second on the road: so small that it only breaks ties


class State(NamedTuple):
    """Routes (K of at most W stops) and who is at each place when (at most V visits)."""

    size: I64  # [K]
    stops: I64  # [K, W, 6] item, not before, stay, start, latest start, next break once reached
    drive: I64  # [K] seconds on the road
    seen: I64  # [P]
    visits: I64  # [P, V, 4] sorted: arrival, leaving, item, shift
    value: F64  # [P]
    kept: Bits  # [I]
    worth: F64  # [1] of what is kept
    random: npt.NDArray[np.uint64]  # [1]


def pack(night: Night) -> World:
    """Turn a night into arrays."""
    places, shifts, given = len(night.places), night.shifts, night.appointments
    harm = night.harm * np.array([[one.focus] for one in night.places]).reshape(-1, 1)
    above = 10.0 * (1.0 + float(harm.sum()) + sum(one.worth or 0.0 for one in given))
    worth = np.array([above if one.worth is None else one.worth for one in given])
    tables = [((),) * places if one.allowed is None else one.allowed for one in shifts]
    return World(
        travel=_whole_s(night.travel_s),
        items=_rows([_of_appointment(one) for one in given] + _of_places(night), 5),
        worth=np.concatenate([worth, np.zeros(places)]),
        promise=np.concatenate([worth, promise(harm, night.half_life_s)]),
        shifts=_rows([(k.base, k.starts_s, k.ends_s, k.allowed is None) for k in shifts], 4),
        break_first=_firsts([len(one.breaks) for one in shifts]),
        breaks=_rows([due for one in shifts for due in one.breaks], 3),
        allow_first=_firsts([len(free) for table in tables for free in table]),
        allow=_rows([free for table in tables for row in table for free in row], 2),
        counts=(harm.sum(axis=1) > 0) | (night.spacing_s > 0),
        harm=_sum_up(harm, night.half_life_s),
        spacing=night.spacing_s,
        appointments=len(given),
        least=night.dwell.least_s,
        drive_cost=2.5e-9 * above,
    )


def new_state(world: World, seed: int, stops: int = 0) -> State:
    """Return empty routes, with room for at least so many stops in each."""
    shifts, places, items = len(world.shifts), len(world.travel), len(world.items)
    length_s = int((world.shifts[:, 2] - world.shifts[:, 1]).max(initial=0))
    stops = max(stops, length_s // world.least + 1 + world.appointments)
    given = world.items[: world.appointments, 0]
    visits = VISITS_MOST + int(np.bincount(given, minlength=1).max())
    return State(
        size=np.zeros(shifts, np.int64),
        stops=np.zeros((shifts, stops, 6), np.int64),
        drive=np.zeros(shifts, np.int64),
        seen=np.zeros(places, np.int64),
        visits=np.zeros((places, visits, 4), np.int64),
        value=np.zeros(places),
        kept=np.zeros(items, bool),
        worth=np.zeros(1),
        random=np.array([_mixed(seed)], np.uint64),
    )


def copy_state(of: State) -> State:
    """Return a copy that shares nothing."""
    return State(*(rows.copy() for rows in of))  # type: ignore[arg-type] # in the fields' own order


def promise(harm: F64, half_life_s: int) -> F64:
    """Return the most that one visit of full length can prevent at each place, [P]."""
    sums, bins = _sum_up(harm, half_life_s).sums, np.arange(harm.shape[1] + 1)
    leave = np.minimum(bins + FULL_DWELL_S // BIN_S, harm.shape[1])
    most: F64 = (sums[:, leave].sum(axis=2) - sums[:, :, 0]).max(axis=1, initial=0.0)
    return most


def _of_appointment(one: Appointment) -> tuple[int, ...]:
    shift = -1 if one.shift is None else one.shift
    return one.place, one.from_s, one.until_s - one.dwell_s, one.dwell_s, shift


def _of_places(night: Night) -> list[tuple[int, ...]]:
    return [(place, 0, NEVER, night.dwell.usual_s, -1) for place in range(len(night.places))]


def _sum_up(harm: F64, half_life_s: int) -> Harm:
    places, bins = harm.shape
    so_far = np.hstack([np.zeros((places, 1)), np.cumsum(harm, axis=1)])
    most = max(bins, SHIFT_MOST_S // BIN_S) + 1
    after_s = np.concatenate([np.arange(BIN_S), BIN_S * np.arange(most + 1)])
    return Harm(
        sums=np.ascontiguousarray(np.stack([so_far, _to_come(harm, half_life_s)], axis=2)),
        fade=0.5 ** (after_s / half_life_s),
        bins=bins,
        full_s=FULL_DWELL_S,
        effect_s=LEAST_EFFECT_S,
    )


def _to_come(harm: F64, half_life_s: int) -> F64:
    """Return each place's harm from each bin on, as its memory fades, [P, bins + 1]."""
    out = np.zeros((harm.shape[0], harm.shape[1] + 1))
    for b in range(harm.shape[1] - 1, -1, -1):
        out[:, b] = harm[:, b] + 0.5 ** (BIN_S / half_life_s) * out[:, b + 1]
    return out


def _whole_s(travel_s: F64) -> I64:
    rounded = np.where(np.isfinite(travel_s), np.ceil(travel_s), NEVER)
    whole = np.ascontiguousarray(rounded, np.int64)  # another layout would be compiled anew
    np.fill_diagonal(whole, 0)
    return whole


def _rows(rows: Sequence[Sequence[int]], columns: int) -> I64:
    return np.array(rows, np.int64).reshape(-1, columns)


def _firsts(sizes: Sequence[int]) -> I64:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def _mixed(seed: int) -> int:
    """Spread a seed over 64 bits (splitmix64), never 0."""
    x = (seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    return ((x ^ (x >> 27)) * 0x94D049BB133111EB) % 2**64 | 1
