"""What the event loop works on. In: a class of fields. Out: a structured array with these; the `World` of all.

A unit's row holds what it is and what it does now, so that a kernel is handed one row, not a column
of everything. Fields are int64 or float64. Times are seconds; inf: never; -1: none.
"""

from functools import cache
from typing import NamedTuple, get_type_hints

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I64, Bits

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


class World(NamedTuple):
    """Everything that is played: M modes, P places, U units, I incidents, V visits."""

    travel_s: F64  # [M, P, P]
    distance_m: F64  # [M, P, P]
    area: I64  # [P]
    standing: I64  # [areas] units that may be sent, counted for one ranking
    covers: Bits  # [U, P]
    units: Rows
    windows: Rows  # by unit
    shifts: F64  # [S, 2] from, until; by unit
    visits: Rows  # by unit
    at_s: F64  # [I]
    place: I64  # [I]
    on_scene_s: F64  # [I]
    needs: I64  # [I]
    danger: Bits  # [I]
    wanted: I64  # [I] units
    missing: I64  # [I] units that it waits for in the queue
    after: I64  # [I] the next in the queue
    queue: I64  # [2, 2] danger to life, other: first and last
    unit: I64  # [I, 2] who was sent, and when; as an Outcome has it
    sent_s: F64  # [I, 2]
    arrived_s: F64  # [I, 2]
    cleared_s: F64  # [I, 2]
    visit: I64  # [V] what became of it, in the caller's order
    visit_from_s: F64  # [V]
    visit_until_s: F64  # [V]
    rule: int
    keep: int
    held_s: float
    late_most_s: float
    waits_most_s: float
    sure_s: float  # who needs at most so long is in time for sure (AHEAD)


class Watch(NamedTuple):
    """What readiness is asked of at each incident, and what is found."""

    limit_s: F64  # [P]
    weight: F64  # [P] of a sum of 1
    needs: I64  # [P]
    share: F64  # [I]


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
