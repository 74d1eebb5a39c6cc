"""Occurrence intervals: they hold the true time, and say what people could know."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from narvaro.demo.history.attended import (
    about,
    attended,
    away,
    found_after,
    found_on_patrol,
    noticed,
)

ZONE = ZoneInfo("Europe/Stockholm")
KINDS = st.sampled_from(["school", "preschool", "library", "hall", "other", "park", "square"])
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 4 * 365 * 1440).map(
    lambda minutes: (FIRST + timedelta(minutes=minutes)).astimezone(ZONE)
)


def test_a_schools_weekend_damage_is_discovered_on_monday_morning() -> None:
    """From Friday 17:00 until Monday 07:00, and discovered soon after."""
    found = noticed("school", datetime(2026, 11, 21, 23, 40, tzinfo=ZONE), Random(1))
    assert found.since == datetime(2026, 11, 20, 17, tzinfo=ZONE)
    assert found.until == datetime(2026, 11, 23, 7, tzinfo=ZONE)
    assert timedelta() <= found.discovered - found.until < timedelta(hours=1)


def test_a_school_on_its_summer_break_is_seen_by_the_caretaker() -> None:
    """Nobody teaches, but somebody comes on working days until three."""
    assert attended("school", date(2026, 7, 1)) != attended("school", date(2026, 11, 23))
    found = noticed("school", datetime(2026, 7, 1, 22, tzinfo=ZONE), Random(1))
    assert found.since == datetime(2026, 7, 1, 15, tzinfo=ZONE)
    assert found.until == datetime(2026, 7, 2, 8, tzinfo=ZONE)


@given(KINDS, MOMENTS, st.integers(0, 1000))
def test_what_is_noticed_later_holds_the_true_time(kind: str, at: datetime, seed: int) -> None:
    """The time lies in the interval, and nobody discovers before it happened."""
    for found in (
        noticed(kind, at, Random(seed)),
        away(at, Random(seed)),
        found_on_patrol(kind, at, Random(seed)),
        found_after(kind, at, 3.0),
    ):
        hour = timedelta(hours=1)  # local times lose the doubled hour of autumn
        assert found.since.astimezone(UTC) <= at.astimezone(UTC) + hour
        assert at.astimezone(UTC) <= found.until.astimezone(UTC) + hour
        assert found.since <= found.until
        assert found.discovered >= found.until


@given(MOMENTS, st.floats(0.1, 5), st.integers(0, 1000))
def test_what_is_seen_is_known_to_five_minutes(at: datetime, hours: float, seed: int) -> None:
    """It begins within five minutes, and lasts."""
    found = about(at, hours, Random(seed))
    assert abs(at - found.since) < timedelta(hours=1, minutes=5)
    assert found.since <= found.until
