"""Tonight's visits. In: roster, expected harm, roads, rules. Out: a plan with its reasons.

`plan` makes one; `insert`, `remove` and `move` are the shift leader's changes with what they cost.
"""

from narvaro.core.patrol.change import Change, change, insert, list_stops, move, remove
from narvaro.core.patrol.night import (
    AFTERWARDS_S,
    BIN_S,
    Appointment,
    Dwell,
    Night,
    Place,
    Shift,
    count_bins,
)
from narvaro.core.patrol.planning import plan, report, warm
from narvaro.core.patrol.presence import Stay, prevented, work
from narvaro.core.patrol.routes import (
    Breach,
    LeftOut,
    Plan,
    Reason,
    Route,
    Unserved,
    Visit,
    Why,
    list_breaches,
    total_prevented,
)
from narvaro.core.patrol.timing import Stop, retime

__all__ = [
    "AFTERWARDS_S", "BIN_S", "Appointment", "Breach", "Change", "Dwell", "LeftOut", "Night",
    "Place", "Plan", "Reason", "Route", "Shift", "Stay", "Stop", "Unserved", "Visit", "Why",
    "change", "count_bins", "insert", "list_breaches", "list_stops", "move", "plan", "prevented",
    "remove", "report", "retime", "total_prevented", "warm", "work",
]  # fmt: skip
