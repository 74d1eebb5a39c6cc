"""What came of a replay. In: arrays by incident, visit and unit. Out: the same, by name."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from narvaro.core.jit import F64, I64, Bits


class Kept(IntEnum):
    """What became of a planned visit."""

    SKIPPED = 0  # not begun: it would have been too late, or the unit could not go
    DONE = 1
    BROKEN = 2  # begun, and given up for an alarm


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """I incidents, V visits and U units after a replay; nan and -1: it did not happen.

    Incidents, [I, 2], the first and the second unit that was sent: `unit` int64, `sent_s`,
    `arrived_s`, `cleared_s` float64. `queued`: bool [I], nobody could be sent at once. Without units
    everything is queued and nobody ever comes.

    Visits: `visit`: int64 [V] of `Kept`. `visit_from_s`, `visit_until_s`: float64 [V].

    Units, float64 [U]: seconds of `to_visits_s`, `visiting_s`, `to_alarms_s`, `at_alarms_s`, after
    hours or not; `overtime_s`, how much of these was outside shifts; `idle_s`, what is left of the
    shifts; `shift_s`, their length; `driven_m` to visits and alarms; `home_s`, `home_m` the way home
    after each shift, in no other figure; `planned_s` of dwelling.

    `ready_share`: float64 [I], the share of what is expected that a free unit reached in time, just
    before somebody was sent; None where readiness was not asked for.

    `events`: arrivals of incidents and changes of a unit's state.
    """

    unit: I64
    sent_s: F64
    arrived_s: F64
    cleared_s: F64
    queued: Bits
    visit: I64
    visit_from_s: F64
    visit_until_s: F64
    to_visits_s: F64
    visiting_s: F64
    to_alarms_s: F64
    at_alarms_s: F64
    overtime_s: F64
    idle_s: F64
    shift_s: F64
    driven_m: F64
    home_s: F64
    home_m: F64
    planned_s: F64
    ready_share: F64 | None
    events: int

    def response_s(self, at_s: F64) -> F64:
        """Return the seconds from each incident to the first arrival, [I]; inf: nobody came."""
        first = np.fmin(self.arrived_s[:, 0], self.arrived_s[:, 1])
        return np.where(np.isnan(first), np.inf, first - at_s)

    def count(self, kept: Kept) -> int:
        """Count the visits of which that became."""
        return int((self.visit == kept).sum())
