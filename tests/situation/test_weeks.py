"""The week of a picture: from Monday noon to Monday noon."""

from datetime import UTC, date, datetime, timedelta

from narvaro.situation.weeks import Week, collecting_at, last_closed_at
from tests.make import NIGHT
from tests.situation.weekly import CLOSES, MONDAY, WEEK, ZONE


def test_a_week_runs_from_monday_noon_to_monday_noon_local_time() -> None:
    """Half-open, and an hour longer where autumn has one twice."""
    assert (WEEK.begins, WEEK.ends) == (
        datetime(2026, 11, 16, 11, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC),
    )  # fmt: skip
    assert collecting_at(CLOSES - timedelta(seconds=1), ZONE) == MONDAY
    assert collecting_at(CLOSES, ZONE) == MONDAY + timedelta(days=7)
    assert last_closed_at(NIGHT, ZONE) == MONDAY
    autumn = Week(date(2026, 10, 26), ZONE)
    assert autumn.ends - autumn.begins == timedelta(days=7, hours=1)
    assert WEEK.weeks_before(WEEK.begins) == 0
    assert WEEK.weeks_before(WEEK.begins - timedelta(seconds=1)) == 1
