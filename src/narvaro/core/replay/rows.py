"""The rows that the event loop works on. In: a class of fields. Out: a structured array with these fields.

A unit's row holds what it is and what it does now, so that a kernel is handed one row, not a column
of everything. Fields are int64 or float64. Times are seconds; inf: never; -1: none.
"""

from functools import cache
from typing import get_type_hints

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.void]


class Unit:
    """A unit: what it is, what it does, what it has done."""

    number: int
    base: int
    mode: int
    competence: int
    state: int
    place: int  # where it is, or where it drives
    origin: int  # where it set out, while TO_VISIT
    since_s: float  # when its state began
    due_s: float  # when what it does ends, or it sets out; inf: nothing is planned
    opens_s: float  # when its next window opens
    until_s: float  # when its last opened window closes
    leg_m: float  # metres to the alarm
    call: int  # the incident that it is sent to
    seat: int  # 0: as the first unit there, 1: as the second
    visit: int  # its next visit, or the one that it drives to
    last_visit: int  # after its last
    window: int  # its next window
    last_window: int
    shift: int  # its first shift that is not over
    last_shift: int
    events: int
    driven_m: float
    to_visits_s: float
    visiting_s: float
    to_alarms_s: float
    at_alarms_s: float
    overtime_s: float
    home_s: float
    home_m: float


class Window:
    """When a unit may be sent: a shift, or what permits leave of it."""

    from_s: float
    until_s: float
    anew: int  # 1: the first of a shift


class Visit:
    """A planned visit; `number` is its row in the caller's table."""

    number: int
    place: int
    planned_s: float
    dwell_s: float


@cache
def _kind(of: type) -> np.dtype[np.void]:
    kinds = {int: np.int64, float: np.float64}
    fields = [(name, kinds[kind]) for name, kind in get_type_hints(of).items()]
    return np.dtype(fields, align=True)


def new_rows(of: type, count: int, **columns: npt.ArrayLike) -> Rows:
    """Return so many rows of a class, filled from columns; fields not given are 0."""
    rows = np.zeros(count, _kind(of))
    for name, column in columns.items():
        rows[name] = column
    return rows
