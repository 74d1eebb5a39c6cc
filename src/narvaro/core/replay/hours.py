"""When units may be sent. In: shifts, permits. Out: the windows that these leave.

A unit that needs a permit may be sent only where a shift and a permit overlap; any other in its whole
shift. Permits that touch or overlap are one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from narvaro.core.jit import F64, I64, Bits
from narvaro.core.replay.checks import fit, refuse

Stretch = tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class Hours:
    """Half-open stretches of time of units: int64 [n] `unit`, float64 [n] `from_s`, `until_s`."""

    unit: I64
    from_s: F64
    until_s: F64

    def __post_init__(self) -> None:
        """Refuse columns that do not fit, and stretches that end before they begin."""
        count = fit(self, {"unit": np.int64, "from_s": np.float64, "until_s": np.float64})
        empty = ~(self.until_s > self.from_s) | ~np.isfinite(self.until_s - self.from_s)
        refuse("Hours.until_s", empty[:count], self.until_s, "end after the beginning")

    @classmethod
    def none(cls) -> "Hours":
        """Return no hours at all."""
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0))

    @classmethod
    def of(cls, rows: Sequence[tuple[int, float, float]]) -> "Hours":
        """Return the hours of rows (unit, from, until)."""
        unit, from_s, until_s = zip(*rows, strict=True) if rows else ((), (), ())
        return cls(np.array(unit, np.int64), np.array(from_s), np.array(until_s))


@dataclass(frozen=True, eq=False, slots=True)
class Windows:
    """When units may be sent, by unit and time: [W] each.

    `unit`: int64. `from_s`, `until_s`: float64, half-open. `anew`: bool, a shift begins with it.
    """

    unit: I64
    from_s: F64
    until_s: F64
    anew: Bits


def open_windows(shifts: Hours, permits: Hours, needs_permit: Bits) -> Windows:
    """Return the windows of all units."""
    on_shift, permitted = _by_unit(shifts, len(needs_permit)), _by_unit(permits, len(needs_permit))
    rows: list[tuple[int, float, float, bool]] = []
    for unit, stretches in enumerate(on_shift):
        if needs_permit[unit]:
            left = _overlaps(stretches, _merged(permitted[unit]))
        else:
            left = [(begins, ends, True) for begins, ends in stretches]
        rows += [(unit, *row) for row in left]
    return Windows(
        unit=np.array([row[0] for row in rows], np.int64),
        from_s=np.array([row[1] for row in rows], np.float64),
        until_s=np.array([row[2] for row in rows], np.float64),
        anew=np.array([row[3] for row in rows], bool),
    )


def _by_unit(hours: Hours, units: int) -> list[list[Stretch]]:
    """Return each unit's stretches in order of time."""
    order = np.lexsort((hours.from_s, hours.unit))
    found: list[list[Stretch]] = [[] for _ in range(units)]
    columns = (hours.unit, hours.from_s, hours.until_s)
    for unit, begins, ends in zip(*(column[order].tolist() for column in columns), strict=True):
        found[unit].append((begins, ends))
    return found


def _merged(stretches: list[Stretch]) -> list[Stretch]:
    """Return the same time as stretches that do not touch."""
    merged: list[Stretch] = []
    for begins, ends in stretches:
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(ends, merged[-1][1])
        else:
            merged.append((begins, ends))
    return merged


def _overlaps(shifts: list[Stretch], permits: list[Stretch]) -> list[tuple[float, float, bool]]:
    """Return what permits leave of shifts, and whether it is the first of a shift."""
    found: list[tuple[float, float, bool]] = []
    first = 0
    for begins, ends in shifts:
        while first < len(permits) and permits[first][1] <= begins:
            first += 1
        row, anew = first, True
        while row < len(permits) and permits[row][0] < ends:
            found.append((max(begins, permits[row][0]), min(ends, permits[row][1]), anew))
            row, anew = row + 1, False
    return found
