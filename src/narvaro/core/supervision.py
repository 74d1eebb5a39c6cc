"""When is a silent transmission path late, and when lost. In: class or interval, times. Out: a state.

The reporting times are those of EN 50136-1's categories as they are usually quoted; the standard's
text was not at hand. Times are seconds of one clock.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["unheard", "ok", "late", "lost"]

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
REPORTING_S: dict[str, int] = {
    "SP1": 32 * DAY_S, "SP2": 25 * HOUR_S, "SP3": 30 * MINUTE_S, "SP4": 3 * MINUTE_S,
    "SP5": 90, "SP6": 20,
    "DP1": 25 * HOUR_S, "DP2": 30 * MINUTE_S, "DP3": 3 * MINUTE_S, "DP4": 90,
}  # fmt: skip
"""Seconds after which a fault of a path must be reported, by category; DP for the primary path."""

GRACE_S = 30  # beyond three intervals, where no category is named: a poll may be tried again
STABLE_S = 600  # a path that was lost is trusted again after so long
TOGETHER_S = 120  # losses of one carrier that are one fault


@dataclass(frozen=True, slots=True)
class Terms:
    """After how many seconds of silence a path is late, and after how many it is lost."""

    late_s: int
    lost_s: int


def find_terms(category: str, interval_s: int | None) -> Terms | None:
    """Return a path's terms by its category, else by its poll interval; None where it has neither.

    Late is two polls missed, as far as that is before the loss, else two thirds of the way to it.
    """
    if category:
        lost_s = REPORTING_S[category]
        late_s = 2 * interval_s if interval_s else lost_s * 2 // 3
        return Terms(min(late_s, lost_s * 2 // 3), lost_s)
    if interval_s:
        return Terms(2 * interval_s, 3 * interval_s + GRACE_S)
    return None


def judge(*, heard_s: float | None, since_s: float, until_s: float, terms: Terms) -> State:
    """Return a path's state at `until_s`, when it was last heard at `heard_s`.

    `since_s` is since when we listen without a break: silence before it is ours. A path that was
    never heard is not lost: nobody has put it into use yet.
    """
    if heard_s is None:
        return "unheard"
    silent_s = until_s - max(heard_s, since_s)
    if silent_s >= terms.lost_s:
        return "lost"
    return "late" if silent_s >= terms.late_s else "ok"
