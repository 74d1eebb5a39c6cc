"""Days and times as browsers write them. In: a text. Out: a day or a time of a year that is meant.

The calendar ends in the years 1 and 9999: a day before, a night after or another zone would lie
outside it.
"""

from datetime import date, datetime

YEARS = range(1900, 2201)


def _check(year: int) -> None:
    if year not in YEARS:
        raise ValueError(f"year {year} is not within {YEARS.start}-{YEARS.stop - 1}")


def read_day(written: str) -> date:
    """Read a day; raises ValueError, also where nobody can mean its year."""
    day = date.fromisoformat(written)
    _check(day.year)
    return day


def read_local_time(written: str) -> datetime:
    """Read a day and a time of the day, without a zone; raises ValueError as `read_day` does."""
    at = datetime.fromisoformat(written).replace(tzinfo=None)
    _check(at.year)
    return at
