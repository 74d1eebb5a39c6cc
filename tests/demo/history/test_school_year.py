"""The made-up calendar holds what an almanac says of known years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.demo.history.school_year import (
    easter,
    felt_weekday,
    is_break,
    is_school_day,
    is_working_day,
    red_days,
)


@pytest.mark.parametrize(
    "sunday", [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25)]
)
def test_easter_falls_as_in_the_almanac(sunday: date) -> None:
    """Early, usual and the latest possible."""
    assert easter(sunday.year) == sunday


def test_red_days_of_2026() -> None:
    """Good Friday, Ascension, Midsummer Eve and All Saints' Day among the fixed ones."""
    expected = [
        (1, 1),
        (1, 6),
        (4, 3),
        (4, 6),
        (5, 1),
        (5, 14),
        (6, 6),
        (6, 19),
        (10, 31),
        (12, 24),
    ]
    assert {date(2026, m, d) for m, d in expected} <= red_days(2026)
    assert date(2026, 5, 15) not in red_days(2026)


@pytest.mark.parametrize(
    ("day", "at_school"),
    [
        (date(2026, 11, 23), True), (date(2026, 11, 22), False), (date(2026, 7, 1), False),
        (date(2026, 10, 28), False), (date(2026, 1, 7), False), (date(2026, 2, 25), False),
        (date(2026, 5, 14), False), (date(2026, 8, 24), True),
    ],
)  # fmt: skip
def test_pupils_are_at_school_on_term_days(day: date, at_school: bool) -> None:
    """Weekends, breaks and red days are off."""
    assert is_school_day(day) is at_school


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_each_day_is_consistent(day: date) -> None:
    """A school day is a working day outside breaks; the day before a red day feels like a Friday."""
    assert is_school_day(day) == (is_working_day(day) and not is_break(day))
    tomorrow = day + timedelta(days=1)
    felt = felt_weekday(day)
    if day in red_days(day.year):
        assert felt == 6
    elif day.weekday() < 4 and tomorrow in red_days(tomorrow.year):
        assert felt == 4
    else:
        assert felt == day.weekday()
