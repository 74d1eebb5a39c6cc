"""When is a sign of life due, and what does one say that comes. In: the last sign, times. Out: how it stands.

The server waits, not the phone: absence is what is noticed, whatever its reason. Times are aware
date-times of the server's clock, which may have been set back or forward between any two of them.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

UNDER_WAY_S = 10  # a sign that is no older was given now, whatever the last one says


@dataclass(frozen=True, slots=True)
class WatchState:
    """A guard alone: his last sign of life, when the next is due, since when it is missing."""

    interval_s: int
    seen_at: datetime
    due_at: datetime
    missed_at: datetime | None = None


def begin(*, interval_s: int, at: datetime) -> WatchState:
    """Begin to wait, or wait with another interval: to begin is a sign of life."""
    return WatchState(interval_s, at, at + timedelta(seconds=interval_s))


def take_sign(
    state: WatchState, *, at: datetime, given_at: datetime | None = None
) -> WatchState | None:
    """Return how it stands after a sign of life that came `at`; None where it says nothing of now.

    One that the phone kept for want of a net counts from when it was given: it says nothing where
    the next should have come since, or where it is older than the last. A last sign that lies ahead
    of now was noted before the clock was set back, and makes none older.
    """
    seen_at = at if given_at is None else min(given_at, at)
    age = at - seen_at
    if age > timedelta(seconds=UNDER_WAY_S):
        is_over = age >= timedelta(seconds=state.interval_s)
        if is_over or seen_at < state.seen_at <= at:
            return None
    return begin(interval_s=state.interval_s, at=seen_at)


def note_missing(state: WatchState, *, at: datetime) -> WatchState | None:
    """Return how it stands when the time is over without a sign; None where it is missing already."""
    return None if state.missed_at is not None else replace(state, missed_at=at)
