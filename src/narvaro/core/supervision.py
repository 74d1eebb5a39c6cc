"""When is a silent transmission path late, and when lost. In: class or interval, times. Out: a state.

The reporting times are those of EN 50136-1's categories as they are usually quoted; the standard's
text was not at hand. Times are aware date-times of one clock, which may be set between any two.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "late", "lost"]

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
REPORTING_S: dict[str, int] = {
    "SP1": 32 * DAY_S, "SP2": 25 * HOUR_S, "SP3": 30 * MINUTE_S, "SP4": 3 * MINUTE_S,
    "SP5": 90, "SP6": 20,
    "DP1": 25 * HOUR_S, "DP2": 30 * MINUTE_S, "DP3": 3 * MINUTE_S, "DP4": 90,
}  # fmt: skip
"""Seconds after which a fault of a path must be reported, by category; DP for the primary path."""
ALTERNATIVE_S: dict[str, int] = {
    "DP1": 50 * HOUR_S, "DP2": 25 * HOUR_S, "DP3": 25 * HOUR_S, "DP4": 5 * HOUR_S,
}  # fmt: skip
"""The same for the alternative path of two; here also while the primary one is lost
(docs/promises.md, not kept yet)."""

GRACE_S = 30  # beyond three intervals, where no category is named: a poll may be tried again
STABLE_S = 600  # a path that was lost is trusted again after so long
TOGETHER_S = 120  # losses of one carrier that are one fault
MANY_AT_ONCE = 10  # losses in one look that are no longer this or that site's matter


@dataclass(frozen=True, slots=True)
class Terms:
    """After how many seconds of silence a path is late, and after how many it is lost."""

    late_s: int
    lost_s: int


def find_reporting_s(category: str, *, alternative: bool = False) -> int | None:
    """Return after how many seconds a category wants a path's fault reported; None where it has none.

    No category is none, and one of a single path has no alternative path.
    """
    return (ALTERNATIVE_S if alternative else REPORTING_S).get(category)


def find_terms(category: str, interval_s: int | None, *, alternative: bool = False) -> Terms | None:
    """Return a path's terms by its category, else by its poll interval; None where it has neither.

    Late is two polls missed, as far as that is before the loss, else two thirds of the way to it.
    """
    lost_s = find_reporting_s(category, alternative=alternative)
    if lost_s is not None:
        late_s = 2 * interval_s if interval_s else lost_s * 2 // 3
        return Terms(min(late_s, lost_s * 2 // 3), lost_s)
    if interval_s:
        return Terms(2 * interval_s, 3 * interval_s + GRACE_S)
    return None


@dataclass(frozen=True, slots=True)
class PathSilence:
    """How a path fares: when it was last heard, and when its silence will be late and a loss.

    `late_at` and `lost_at` are None where nothing is agreed for the path.
    """

    state: State
    heard_at: datetime
    late_at: datetime | None
    lost_at: datetime | None


def hear(
    before: PathSilence | None, *, at: datetime, now: datetime, terms: Terms | None
) -> PathSilence | None:
    """Return how a path fares that was heard `at`; None where that is no news.

    A path that was never heard is not lost: nobody has put it into use yet. A last sign that lies
    ahead of now was noted before the clock was set back: what is heard now is later all the same.
    """
    if before is None or at > before.heard_at or at <= now < before.heard_at:
        return _wait(at, heard_at=at, terms=terms)
    return None


def begin_anew(
    silence: PathSilence, *, since: datetime, now: datetime, terms: Terms | None
) -> PathSilence | None:
    """Return how a path fares that has its whole time again from `since`; None where nothing changes.

    Silence before we listened is ours. What is lost stays lost until it is heard. A sign that lies
    ahead of now came before the clock was set back, and before we began to listen.
    """
    if silence.state == "lost" or silence.lost_at is None or since <= silence.heard_at <= now:
        return None
    return _wait(since, heard_at=silence.heard_at, terms=terms)


def judge(silence: PathSilence, *, until: datetime) -> State:
    """Return a path's state by its silence up to `until`; what is lost stays so until it is heard."""
    if silence.state == "lost" or silence.late_at is None or silence.lost_at is None:
        return silence.state
    if silence.lost_at <= until:
        return "lost"
    return "late" if silence.late_at <= until else silence.state


def is_widespread(losses: int) -> bool:
    """Return whether so many losses in one look are one fault, whoever carries the paths."""
    return losses >= MANY_AT_ONCE


def _wait(since: datetime, *, heard_at: datetime, terms: Terms | None) -> PathSilence:
    if terms is None:
        return PathSilence("ok", heard_at, None, None)
    late_at = since + timedelta(seconds=terms.late_s)
    return PathSilence("ok", heard_at, late_at, since + timedelta(seconds=terms.lost_s))
