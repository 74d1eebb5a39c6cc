"""Where and when a permit covers: borders, nights, weekdays, first and last day, the doubled hour."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.permits import Permit, Uncovered, Verdict, find_cover, read_area

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SQUARE = "POLYGON ((18.0 59.0, 18.1 59.0, 18.1 59.1, 18.0 59.1, 18.0 59.0))"
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
INSIDE = (59.05, 18.05)


def permit(
    weekdays: frozenset[int] = frozenset(range(7)),
    hours: tuple[str, str] = ("22:00", "04:00"),
    days: tuple[str, str] = ("2026-01-01", "2026-12-31"),
    decision_no: str = "A1/2026",
) -> Permit:
    """Make a permit for the square."""
    return Permit(
        decision_no=decision_no, area=read_area(SQUARE), valid_from=date.fromisoformat(days[0]),
        valid_until=date.fromisoformat(days[1]), weekdays=weekdays,
        hours_from=time.fromisoformat(hours[0]), hours_until=time.fromisoformat(hours[1]),
    )  # fmt: skip


def at(moment: str, fold: int = 0) -> datetime:
    """Return a local time."""
    return datetime.fromisoformat(moment).replace(tzinfo=STOCKHOLM, fold=fold)


def why(one: Permit, moment: str) -> Uncovered | None:
    """Return why a permit does not cover a place inside it, or None where it does."""
    verdict = find_cover([one], *INSIDE, at(moment))
    assert verdict.covered is (verdict.why is None)
    return verdict.why


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-13 21:59:59", Uncovered.OUTSIDE_HOURS),
        ("2026-03-13 22:00:00", None),
        ("2026-03-14 00:00:00", None),
        ("2026-03-14 03:59:59", None),
        ("2026-03-14 04:00:00", Uncovered.OUTSIDE_HOURS),
    ],
)
def test_hours_past_midnight_are_half_open(moment: str, expected: Uncovered | None) -> None:
    """A permit 22–04 begins at 22 sharp and has ended at 04 sharp."""
    assert why(permit(), moment) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-13 02:00", Uncovered.OUTSIDE_HOURS),  # Thursday's night
        ("2026-03-13 23:00", None),  # Friday
        ("2026-03-14 02:00", None),  # Friday's night, on a Saturday
        ("2026-03-15 02:00", None),  # Saturday's night, on a Sunday
        ("2026-03-15 23:00", Uncovered.OUTSIDE_HOURS),
    ],
)
def test_a_night_belongs_to_the_weekday_on_which_it_begins(
    moment: str, expected: Uncovered | None
) -> None:
    """Friday and Saturday nights end on Saturday and Sunday mornings."""
    assert why(permit(frozenset({FRIDAY, SATURDAY})), moment) == expected


def test_first_and_last_day_are_inside_and_the_last_night_runs_out() -> None:
    """A permit until the 31st covers the night that begins on the 31st, and no minute more."""
    one = permit(days=("2026-05-01", "2026-05-31"))
    covered = ["2026-05-01 22:00", "2026-05-31 23:59", "2026-06-01 03:59"]
    assert [why(one, moment) for moment in covered] == [None, None, None]
    assert why(one, "2026-05-01 03:00") == Uncovered.NOT_VALID
    assert why(one, "2026-06-01 22:00") == Uncovered.NOT_VALID


@pytest.mark.parametrize("hours", [("00:00", "00:00"), ("08:00", "08:00")])
def test_equal_hours_are_the_whole_day(hours: tuple[str, str]) -> None:
    """A permit around the clock has no gap; one from 08 to 08 counts its night to the day before."""
    assert {why(permit(hours=hours), f"2026-03-13 {hour:02}:30") for hour in range(24)} == {None}
    monday = permit(frozenset({MONDAY}), hours=("08:00", "08:00"))
    assert why(monday, "2026-03-17 07:59") is None
    assert why(monday, "2026-03-16 07:59") == Uncovered.OUTSIDE_HOURS


def test_daytime_hours_do_not_reach_into_the_night() -> None:
    """From 10 until 18 is the same day."""
    day = permit(hours=("10:00", "18:00"))
    assert [why(day, f"2026-03-13 {clock}") for clock in ("10:00", "17:59")] == [None, None]
    assert why(day, "2026-03-13 18:00") == Uncovered.OUTSIDE_HOURS
    assert why(day, "2026-03-13 02:00") == Uncovered.OUTSIDE_HOURS


def test_both_passes_of_the_doubled_autumn_hour_are_covered() -> None:
    """02:30 comes twice on the night of 25 October: a permit until 04 covers both."""
    for fold in (0, 1):
        assert find_cover([permit()], *INSIDE, at("2026-10-25 02:30", fold)).covered
    assert why(permit(hours=("22:00", "02:00")), "2026-10-25 02:30") == Uncovered.OUTSIDE_HOURS


def test_the_border_is_inside_and_a_metre_beyond_is_not() -> None:
    """A square's own kerb belongs to it."""
    one = permit()
    assert find_cover([one], 59.0, 18.05, at("2026-03-13 23:00")).covered
    outside = find_cover([one], 58.99999, 18.05, at("2026-03-13 23:00"))
    assert outside == Verdict(covered=False, decision_no=None, why=Uncovered.OUTSIDE_AREA)


def test_any_permit_that_covers_is_enough_and_a_near_miss_is_named() -> None:
    """Of several permits the covering one is named; else the one whose area it is."""
    far = replace(permit(decision_no="FAR"), area=read_area("POLYGON ((1 1, 2 1, 2 2, 1 2, 1 1))"))
    late = permit(decision_no="LATE", hours=("23:30", "04:00"))
    now = at("2026-03-13 23:00")
    assert find_cover([far, late], *INSIDE, now) == Verdict(False, "LATE", Uncovered.OUTSIDE_HOURS)
    assert find_cover([late, far], *INSIDE, now).decision_no == "LATE"
    assert find_cover([far, late, permit()], *INSIDE, now) == Verdict(True, "A1/2026", None)
    assert find_cover([], *INSIDE, now).covered is False


@pytest.mark.parametrize(
    ("wkt", "said"),
    [
        ("POLYGON ((18 59", "well-known text"),
        ("POINT (18 59)", "POLYGON"),
        ("POLYGON EMPTY", "empty"),
        ("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "crosses itself"),
        ("POLYGON ((18 590, 19 590, 19 591, 18 590))", "degrees"),
    ],
)
def test_an_area_that_is_none_is_refused_in_words(wkt: str, said: str) -> None:
    """The person who drew it learns what is wrong."""
    with pytest.raises(ValueError, match=said):
        read_area(wkt)


@given(
    st.times(), st.times(), st.frozensets(st.integers(0, 6)),
    st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1)),  # noqa: DTZ001 - local clock times
)  # fmt: skip
def test_a_permit_covers_exactly_the_spans_that_begin_on_its_days(
    begins: time, ends: time, weekdays: frozenset[int], moment: datetime
) -> None:
    """The rule, told the long way: is there a day of the permit whose span holds the moment?"""
    moment = moment.replace(microsecond=0)
    begins, ends = begins.replace(microsecond=0), ends.replace(microsecond=0)
    one = replace(permit(weekdays), hours_from=begins, hours_until=ends)
    covered = False
    for back in (0, 1):
        day = date.fromordinal(moment.toordinal() - back)
        start = datetime.combine(day, begins)
        over = date.fromordinal(day.toordinal() + (ends <= begins))
        allowed = day.weekday() in weekdays and one.valid_from <= day <= one.valid_until
        covered |= allowed and start <= moment < datetime.combine(over, ends)
    assert find_cover([one], *INSIDE, moment.replace(tzinfo=STOCKHOLM)).covered is covered
