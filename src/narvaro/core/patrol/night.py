"""What a plan is made from: one night's places, shifts, roads, expected harm and appointments.

All times are whole seconds after the plan's start. Harm is the expected cost-weighted harm of each
place in bins of 120 s; its unit is the caller's (SEK, or points), and results keep it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from uuid import UUID

import numpy as np

from narvaro.core.jit import F64
from narvaro.core.rules import Break, Interval

BIN_S = 120
AFTERWARDS_S = 3 * 3600  # presence goes on working after the last shift; it is counted so long
FULL_DWELL_S = 720  # from here a visit deters in full (Koper 1995: 10 to 15 minutes)
LEAST_EFFECT_S = 300  # a shorter visit leaves nothing behind
SHIFT_MOST_S = 48 * 3600


@dataclass(frozen=True, slots=True)
class Place:
    """A place to visit, or a base. `focus` weighs its harm in planning: 2 counts it double."""

    id: UUID
    focus: float = 1.0


@dataclass(frozen=True, slots=True)
class Shift:
    """One unit's working time, from and back to `base`, an index of a place.

    `allowed` says when the unit may be at each place (one tuple of intervals per place, sorted and
    apart); None: everywhere at any time. Public order officers have only what permits cover.
    """

    unit: UUID
    base: int
    starts_s: int
    ends_s: int
    breaks: tuple[Break, ...] = ()
    allowed: tuple[tuple[Interval, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit that is announced: it lies inside the window and stands outside the lottery.

    `worth` None: it is kept before anything else. A number is what keeping it counts, in the unit
    of harm. `shift` is the index of the shift that was promised, None: any.
    """

    place: int
    from_s: int
    until_s: int
    dwell_s: int
    shift: int | None = None
    worth: float | None = None


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long a visit is, seconds."""

    least_s: int = 600
    usual_s: int = 720
    most_s: int = 900


@dataclass(frozen=True, eq=False, slots=True)
class Night:
    """Everything that a plan is made from; raises ValueError where it does not fit together.

    `travel_s` [P, P]: seconds by road, inf: no way. `harm` [P, bins]: bin b covers the 120 s from
    120 · b; what lies beyond the last bin is not counted (`count_bins` gives the usual number).
    """

    places: tuple[Place, ...]
    shifts: tuple[Shift, ...]
    travel_s: F64
    harm: F64
    appointments: tuple[Appointment, ...] = ()
    half_life_s: int = 3600
    dwell: Dwell = field(default_factory=Dwell)
    spacing_s: int = 1800

    def __post_init__(self) -> None:
        """Refuse a night that contradicts itself."""
        count = len(self.places)
        if self.travel_s.shape != (count, count):
            raise ValueError(f"Night.travel_s: {self.travel_s.shape}, not ({count}, {count}).")
        if not (self.travel_s >= 0).all():
            raise ValueError("Night.travel_s: seconds of at least 0 are needed; inf for no way.")
        if self.harm.ndim != 2 or len(self.harm) != count:
            raise ValueError(f"Night.harm: {self.harm.shape}; one row of bins per place is needed.")
        if not (np.isfinite(self.harm) & (self.harm >= 0)).all():
            raise ValueError("Night.harm: finite values of at least 0 are needed.")
        if not all(np.isfinite(one.focus) and one.focus >= 0 for one in self.places):
            raise ValueError("Place.focus: finite weights of at least 0 are needed.")
        if self.half_life_s <= 0 or self.spacing_s < 0:
            raise ValueError("Night: the half-life is above 0 s and the spacing at least 0 s.")
        if not 0 < self.dwell.least_s <= self.dwell.usual_s <= self.dwell.most_s:
            raise ValueError("Night.dwell: 0 < least ≤ usual ≤ most is needed.")
        for number, shift in enumerate(self.shifts):
            _check_shift(f"Night.shifts[{number}]", shift, count)
        for number, one in enumerate(self.appointments):
            _check_appointment(f"Night.appointments[{number}]", one, count, len(self.shifts))


def count_bins(shifts: Sequence[Shift]) -> int:
    """Count the bins from the plan's start to three hours after the last shift's end."""
    ends_s = max((one.ends_s for one in shifts), default=0)
    return ceil((ends_s + AFTERWARDS_S) / BIN_S)


def _check_shift(where: str, one: Shift, places: int) -> None:
    if not 0 <= one.base < places:
        raise ValueError(f"{where}.base: {one.base} is not the index of a place.")
    if not 0 <= one.starts_s <= one.ends_s <= SHIFT_MOST_S:
        raise ValueError(f"{where}: from {one.starts_s} to {one.ends_s} s is not a shift.")
    free_s = one.starts_s
    for due in one.breaks:
        if due.length_s <= 0 or not free_s <= due.earliest_s <= due.latest_s:
            raise ValueError(
                f"{where}.breaks: {due} begins before the shift or may overlap the break before."
            )
        free_s = due.latest_s + due.length_s
    if free_s > one.ends_s:
        raise ValueError(f"{where}.breaks: the last break may end after the shift.")
    if one.allowed is not None and len(one.allowed) != places:
        raise ValueError(f"{where}.allowed: {len(one.allowed)} entries for {places} places.")
    for free in one.allowed or ():
        if any(a.until_s > b.from_s for a, b in itertools.pairwise(free)):
            raise ValueError(f"{where}.allowed: the intervals of a place are not sorted and apart.")


def _check_appointment(where: str, one: Appointment, places: int, shifts: int) -> None:
    if not 0 <= one.place < places:
        raise ValueError(f"{where}.place: {one.place} is not the index of a place.")
    if one.shift is not None and not 0 <= one.shift < shifts:
        raise ValueError(f"{where}.shift: {one.shift} is not the index of a shift.")
    if one.dwell_s <= 0 or one.until_s - one.from_s < one.dwell_s:
        raise ValueError(
            f"{where}: {one.dwell_s} s do not fit between {one.from_s} and {one.until_s}."
        )
    if one.worth is not None and not (np.isfinite(one.worth) and one.worth >= 0):
        raise ValueError(f"{where}.worth: a finite value of at least 0 is needed.")
