"""Signs of life: when the next is due, what a kept one says, and what a clock that was set makes of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.watch import UNDER_WAY_S, WatchState, begin, note_missing, take_sign

INTERVALS = st.sampled_from([900, 1800, 2700, 3600])
HOUR_S = 3600


def at(seconds: float) -> datetime:
    """Return a moment of the test."""
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=seconds)


@given(INTERVALS, st.integers(0, 100_000))
def test_a_sign_of_now_always_counts(interval_s: int, came_s: int) -> None:
    """However late, whatever the clock says; the next is due an interval later."""
    waiting = begin(interval_s=interval_s, at=at(50_000))
    missed = note_missing(waiting, at=at(60_000))
    assert missed is not None
    for before in (waiting, missed):
        assert take_sign(before, at=at(came_s)) == begin(interval_s=interval_s, at=at(came_s))
        online = take_sign(before, at=at(came_s), given_at=at(came_s - 0.5))
        assert online is not None
        assert online.due_at == at(came_s - 0.5 + interval_s)
        assert online.missed_at is None


@given(INTERVALS, st.integers(11, 8000), st.integers(0, 8000))
def test_a_kept_sign_counts_from_when_it_was_given_and_only_while_it_says_something(
    interval_s: int, kept_s: int, last_s: int
) -> None:
    """Not where the next should have come since, and not where a later one is known."""
    waiting = begin(interval_s=interval_s, at=at(10_000 - last_s))
    found = take_sign(waiting, at=at(10_000), given_at=at(10_000 - kept_s))
    if kept_s >= interval_s or kept_s > last_s:
        assert found is None
    else:
        assert found is not None
        assert (found.seen_at, found.due_at) == (
            at(10_000 - kept_s), at(10_000 - kept_s + interval_s),
        )  # fmt: skip


def test_a_sign_from_a_phone_whose_clock_is_ahead_counts_from_now() -> None:
    """Nobody buys time with a clock."""
    waiting = begin(interval_s=900, at=at(0))
    assert take_sign(waiting, at=at(60), given_at=at(7200)) == begin(interval_s=900, at=at(60))


def test_after_the_clock_was_set_back_no_sign_is_older_than_the_last() -> None:
    """A last sign that lies ahead was noted by the clock of before."""
    waiting = begin(interval_s=900, at=at(HOUR_S))
    assert take_sign(waiting, at=at(60), given_at=at(59)) == begin(interval_s=900, at=at(59))
    assert take_sign(waiting, at=at(60), given_at=at(30)) == begin(interval_s=900, at=at(30))
    assert take_sign(waiting, at=at(HOUR_S + UNDER_WAY_S), given_at=at(HOUR_S - 1)) is None


def test_a_miss_is_noted_once() -> None:
    """And stays at its first time until a sign of life comes."""
    waiting = begin(interval_s=900, at=at(0))
    missed = note_missing(waiting, at=at(900))
    assert missed == WatchState(900, at(0), at(900), at(900))
    assert note_missing(missed, at=at(950)) is None
