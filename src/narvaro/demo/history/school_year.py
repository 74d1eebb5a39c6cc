"""A plausible Swedish calendar: a day in; red day, school break, and the weekday it behaves as out."""

from datetime import date, timedelta
from functools import cache

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


def easter(year: int) -> date:
    """Give Easter Sunday (Gregorian calendar, the anonymous algorithm in Meeus' form)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _first(weekday: int, from_day: date) -> date:
    return from_day + timedelta(days=(weekday - from_day.weekday()) % 7)


@cache
def red_days(year: int) -> frozenset[date]:
    """List the year's public holidays and the eves that are free as they are."""
    sunday = easter(year)
    midsummer = _first(FRIDAY, date(year, 6, 19))
    moving = [sunday + timedelta(days=n) for n in (-2, 0, 1, 39, 49)]
    moving += [midsummer, midsummer + timedelta(days=1), _first(SATURDAY, date(year, 10, 31))]
    fixed = [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)]
    return frozenset([*moving, *[date(year, m, d) for m, d in fixed]])


@cache
def _breaks(year: int) -> tuple[tuple[date, date], ...]:
    """List the school breaks that begin in a year, first and last day."""
    after_easter = easter(year) + timedelta(days=1)
    return (
        (date(year, 12, 21), date(year + 1, 1, 8)),
        (date.fromisocalendar(year, 9, 1), date.fromisocalendar(year, 9, 7)),
        (after_easter, after_easter + timedelta(days=6)),
        (_first(SATURDAY, date(year, 6, 11)), _first(1, date(year, 8, 15))),
        (date.fromisocalendar(year, 44, 1), date.fromisocalendar(year, 44, 7)),
    )


def is_break(day: date) -> bool:
    """Tell whether the schools are on a break, its weekends included."""
    years = (day.year - 1, day.year)
    return any(first <= day <= last for year in years for first, last in _breaks(year))


def is_working_day(day: date) -> bool:
    """Tell whether it is a weekday that is no public holiday."""
    return day.weekday() < SATURDAY and day not in red_days(day.year)


def is_school_day(day: date) -> bool:
    """Tell whether pupils are at school."""
    return is_working_day(day) and not is_break(day)


def felt_weekday(day: date) -> int:
    """Give the weekday (0 Monday) that a day behaves as: red as Sunday, the day before as Friday."""
    if day in red_days(day.year):
        return SUNDAY
    tomorrow = day + timedelta(days=1)
    if day.weekday() < FRIDAY and tomorrow in red_days(tomorrow.year):
        return FRIDAY
    return day.weekday()
