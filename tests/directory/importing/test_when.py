"""When something was, from cells as people write them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from narvaro.core.cells import CellError
from narvaro.directory.importing.when import Span, clock_after, in_utc, moment_or_day, read_span

ZONE = ZoneInfo("Europe/Stockholm")
NOON = datetime.fromisoformat("2026-03-02 12:00")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a UTC moment of March 2026, given in Stockholm's winter time."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("values", "begins", "ends"),
    [
        ({"occurred_from": NOON}, at(2, 12), at(2, 12)),
        ({"day": date(2026, 3, 2)}, at(2, 0), at(3, 0)),
        ({"day": date(2026, 3, 2), "clock": time(23, 50)}, at(2, 23, 50), at(2, 23, 50)),
        ({"day": date(2026, 3, 2), "clock": time(23, 50), "clock_until": time(0, 10)},
         at(2, 23, 50), at(3, 0, 10)),
        ({"occurred_from": date(2026, 3, 6), "occurred_until": date(2026, 3, 8)}, at(6, 0), at(9, 0)),
        ({"occurred_from": NOON, "occurred_until": datetime.fromisoformat("2026-03-04 07:00")}, at(2, 12), at(4, 7)),
        ({"clock": NOON, "clock_until": datetime.fromisoformat("2026-03-02 13:00")}, at(2, 12), at(2, 13)),
        ({"day": date(2026, 3, 2), "clock": time(8), "day_until": date(2026, 3, 3)}, at(2, 8), at(4, 0)),
    ],
)  # fmt: skip
def test_each_way_of_writing_it(
    values: dict[str, object], begins: datetime, ends: datetime
) -> None:
    """A date alone is that whole day; an end before its begin is the day after."""
    assert read_span(values, ZONE) == Span(begins, ends)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "no_time"),
        ({"clock": time(12)}, "no_time"),
        (
            {"occurred_from": NOON, "occurred_until": datetime.fromisoformat("2026-03-01 07:00")},
            "backwards",
        ),
        ({"occurred_from": datetime.fromisoformat("2026-03-29 02:30")}, "skipped_hour"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], code: str) -> None:
    """Nothing is guessed: a clock without its day, an end long before, an hour that never was."""
    with pytest.raises(CellError) as no:
        read_span(values, ZONE)
    assert no.value.code == code


def test_the_doubled_autumn_hour_is_an_interval_of_both() -> None:
    """Nobody can say which of the two it was."""
    found = in_utc(datetime.fromisoformat("2026-10-25 02:30"), ZONE)
    assert found.ends - found.begins == timedelta(hours=1)


@pytest.mark.parametrize(
    ("begin", "end", "begins", "minutes"),
    [
        ("2026-10-25 02:15+02:00", "2026-10-25 02:50+02:00", "2026-10-25T00:15", 35),
        ("2026-10-25 02:50+02:00", "2026-10-25 02:10+01:00", "2026-10-25T00:50", 20),
        ("2026-10-25T02:50:30.5 +0100", "2026-10-25 03:00", "2026-10-25T01:50:30.5", 9.491_667),
        ("2026-03-02 11:00Z", None, "2026-03-02T11:00", 0),
    ],
)  # fmt: skip
def test_the_distance_from_utc_says_which_of_the_two(
    begin: str, end: str | None, begins: str, minutes: float
) -> None:
    """Both columns, or one of them, or the whole day written in UTC."""
    values = {"occurred_from": moment_or_day(begin), "occurred_until": end and moment_or_day(end)}
    found = read_span(values, ZONE)
    assert found.begins == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert (found.ends - found.begins) / timedelta(minutes=1) == pytest.approx(minutes)


@pytest.mark.parametrize("cell", ["2026-10-25 25:00+02:00", "2026-02-30 12:00Z", "02:00+02:00"])
def test_an_impossible_moment_with_an_offset_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        moment_or_day(cell)


def test_a_clock_after_an_alarm_passes_midnight() -> None:
    """00:14 after 23:55 is the next day; a list that rounds down is not a day late."""
    alarm = at(2, 23, 55)
    assert clock_after(alarm, time(0, 14), ZONE) == at(3, 0, 14)
    assert clock_after(alarm + timedelta(seconds=40), time(23, 55), ZONE) == alarm + timedelta(
        seconds=40
    )
    assert clock_after(alarm, datetime.fromisoformat("2026-03-03 00:14"), ZONE) == at(3, 0, 14)
    assert clock_after(alarm, None, ZONE) is None


def test_a_cell_is_a_moment_or_a_day() -> None:
    """The clock is kept where one is written."""
    assert moment_or_day("2026-03-02 12:00") == NOON
    assert moment_or_day("2026-03-02") == date(2026, 3, 2)


@given(
    day=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    clock=st.none() | st.times(),
    until=st.none() | st.times(),
)
def test_no_span_runs_backwards(day: date, clock: time | None, until: time | None) -> None:
    """And none is longer than a day where only one day is written."""
    try:
        found = read_span({"day": day, "clock": clock, "clock_until": until}, ZONE)
    except CellError as no:
        assume(no.code != "skipped_hour")
        raise
    assert timedelta() <= found.ends - found.begins <= timedelta(hours=25)
