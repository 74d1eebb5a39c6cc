"""Cell parsers: what each reads, what each refuses, and what the refusal says."""

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core import cells
from narvaro.core.cells import CellError

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PARSERS: list[Callable[[str], object]] = [
    cells.decimal,
    cells.integer,
    cells.positive_integer,
    cells.positive_integer_up_to(86_400),
    cells.latitude,
    cells.longitude,
    cells.day,
    cells.clock_time,
    cells.local_datetime,
    cells.moment(STOCKHOLM),
    cells.amount,
    cells.money,
    cells.share,
    cells.yes_no,
    cells.duration("h"),
    cells.weekdays,
    cells.wkt_polygon,
    cells.one_of({"skola": "school"}),
    cells.list_of(cells.integer),
]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("640,50", "640.50"),
        ("640.50", "640.50"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u00a0567,5", "1234567.5"),
        ("1\u202f234", "1234"),
        ("1\u2009234.5", "1234.5"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1,234", "1.234"),
        ("\u221212,5", "-12.5"),
    ],
)
def test_decimal_reads_comma_point_and_spaced_thousands(cell: str, value: str) -> None:
    """Each way of writing a number gives the same exact decimal."""
    assert cells.decimal(cell) == Decimal(value)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    ),
    st.sampled_from(["", " ", "\u00a0", "\u202f", "\u2009"]),
)
def test_decimal_comma_round_trip(number: Decimal, space: str) -> None:
    """A number written the Swedish way comes back exactly."""
    written = f"{number:,.2f}".replace(",", space).replace(".", ",")
    assert cells.decimal(written) == number


@pytest.mark.parametrize("cell", ["12,3,4", "1e5", "12 34", "kr", "1,,2", "٣", "NaN", "1" * 40])
def test_decimal_refuses_what_is_not_one_number(cell: str) -> None:
    """A text that could be read in two ways, or in none, is refused with an example."""
    with pytest.raises(CellError, match=r"write it like 1234,50"):
        cells.decimal(cell)


def test_integers() -> None:
    """Whole numbers may be spaced; a fraction is refused, as is less than one where it matters."""
    assert (cells.integer("1 200"), cells.integer("-3")) == (1200, -3)
    for wrong in ("12,0", "1.200", "x"):
        with pytest.raises(CellError, match="whole number"):
            cells.integer(wrong)
    with pytest.raises(CellError, match="at least 1"):
        cells.positive_integer("0")
    assert cells.positive_integer_up_to(60)("60") == 60
    with pytest.raises(CellError, match="at most 60"):
        cells.positive_integer_up_to(60)("61")
    with pytest.raises(CellError, match="at least 1"):
        cells.positive_integer_up_to(60)("0")


def test_degrees_are_range_checked_and_metres_are_recognised() -> None:
    """A latitude beyond 90 is refused; metres of SWEREF 99 TM are called by name."""
    assert (cells.latitude("59,1955"), cells.longitude("-17.6")) == (59.1955, -17.6)
    with pytest.raises(CellError, match="between -90 and 90"):
        cells.latitude("90,001")
    with pytest.raises(CellError, match="SWEREF 99 TM"):
        cells.latitude("6564321")
    with pytest.raises(CellError, match="not degrees"):
        cells.longitude("öst")


@pytest.mark.parametrize(
    "cell",
    [
        "2024-10-01",
        "20241001",
        "1 okt 2024",
        "01 Oktober 2024",
        "1 oct. 2024",
        "2024-10-01 00:00",
        "2024-10-01T00:00:00",
        "2024-10-01 00:00:00.000",
    ],
)
def test_day_reads_each_written_form(cell: str) -> None:
    """ISO, compact, Swedish and English month names, and a midnight behind the date."""
    assert cells.day(cell) == date(2024, 10, 1)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("01/10/2024", "not_a_date"),
        ("2024-02-30", "not_a_date"),
        ("1 foo 2024", "not_a_date"),
        ("0024-10-01", "year_range"),
        ("2024-10-01 07:30", "time_in_date"),
    ],
)
def test_day_refuses_and_says_which_way(cell: str, code: str) -> None:
    """A slashed date, a day that does not exist, a wrong year and a time are told apart."""
    with pytest.raises(CellError) as caught:
        cells.day(cell)
    assert caught.value.code == code


def test_clock_time_reads_points_colons_and_midnight() -> None:
    """Clock times as people write them; 24:00 is the midnight that ends the day."""
    read = [cells.clock_time(cell) for cell in ("22:00", "22.00", "kl 22", "8:05:30", "24:00")]
    assert read == [time(22), time(22), time(22), time(8, 5, 30), time(0)]
    for wrong in ("24:01", "12:60", "noon"):
        with pytest.raises(CellError, match="clock time"):
            cells.clock_time(wrong)


def test_local_datetime_reads_written_forms() -> None:
    """A space, a T, a month name and a 24:00 that is the next day."""
    for cell in ("2026-11-23 18:00", "2026-11-23T18:00", "23 nov 2026 kl 18.00"):
        assert cells.local_datetime(cell).isoformat() == "2026-11-23T18:00:00"
    assert cells.local_datetime("2026-11-23 24:00").isoformat() == "2026-11-24T00:00:00"


def test_moment_turns_local_time_into_utc_and_refuses_hours_of_the_clock_change() -> None:
    """Winter and summer differ; the skipped hour is refused, the doubled one needs an offset."""
    parse = cells.moment(STOCKHOLM)
    assert parse("2026-11-23 18:00") == datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert parse("2026-07-01 18:00") == datetime(2026, 7, 1, 16, tzinfo=UTC)
    with pytest.raises(CellError, match="skips this hour"):
        parse("2026-03-29 02:30")
    with pytest.raises(CellError, match=r"2026-10-25 02:30\+02:00 or 2026-10-25 02:30\+01:00"):
        parse("2026-10-25 02:30")
    assert parse("2026-10-25 02:30+01:00") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert parse("2026-10-25T02:30:00Z") == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_one_of_and_list_of() -> None:
    """Synonyms and canonical words are known in any case; an unknown word lists what is."""
    kit = cells.list_of(cells.one_of({"hjärtstartare": "aed", "brandfilt": "fire_blanket"}))
    assert kit("Hjärtstartare, fire_blanket,") == ("aed", "fire_blanket")
    with pytest.raises(CellError, match="one of brandfilt, hjärtstartare"):
        kit("hjärtstartare, såg")
    both = cells.one_of({"hjärtstartare": "aed", "aed": "aed"})  # the code is read, and not offered
    with pytest.raises(CellError, match=r"one of hjärtstartare$"):
        both("såg")


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("mån-sön", (0, 1, 2, 3, 4, 5, 6)),
        ("fre,lör", (4, 5)),
        ("Lördag – måndag", (0, 5, 6)),
        ("mon-tors", (0, 1, 2, 3)),
        ("alla", (0, 1, 2, 3, 4, 5, 6)),
    ],
)
def test_weekdays(cell: str, days: tuple[int, ...]) -> None:
    """Lists and spans, also over the week's end, in both languages."""
    assert cells.weekdays(cell) == days


def test_weekdays_names_the_word_it_does_not_know() -> None:
    """A wrong word is quoted."""
    with pytest.raises(CellError, match="“helg” is not a weekday"):
        cells.weekdays("fre, helg")


def test_wkt_polygon_checks_rings() -> None:
    """A closed ring passes as it stands; an open, short or misplaced one says so."""
    good = "POLYGON ((17.6 59.1, 17.7 59.1, 17.7 59.2, 17.6 59.1))"
    assert cells.wkt_polygon(good) == good
    for wrong, why in (
        ("POINT (17.6 59.1)", "not a WKT polygon"),
        ("POLYGON ((17.6 59.1, 17.7 59.1, 17.7 59.2, 17.6 59.2))", "end where it starts"),
        ("POLYGON ((17.6 59.1, 17.7 59.1, 17.6 59.1))", "at least three"),
        ("POLYGON ((59.1 170.6, 59.1 170.7, 59.2 170.7, 59.1 170.6))", "longitude first"),
        ("POLYGON ((17.6 59.1 3, 17.7 59.1, 17.7 59.2, 17.6 59.1 3))", "two numbers"),
    ):
        with pytest.raises(CellError, match=why):
            cells.wkt_polygon(wrong)


@given(
    st.text(min_size=1) | st.text("0123456789 -/.,:kltimånoveca%", min_size=1, max_size=24),
    st.sampled_from(PARSERS),
)
def test_no_parser_raises_anything_but_cell_error(
    cell: str, parse: Callable[[str], object]
) -> None:
    """Any text gives a value or a refusal, never another error."""
    with contextlib.suppress(CellError):
        parse(cell)


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_moment_round_trip(local: datetime) -> None:
    """Every minute is read back from UTC as the local time it was written as, or refused."""
    local = local.replace(second=0, microsecond=0)
    try:
        found = cells.moment(STOCKHOLM)(local.isoformat(" ", "minutes"))
    except CellError as error:
        code = error.code
    else:
        code = ""
        assert found.astimezone(STOCKHOLM).replace(tzinfo=None) == local
    assert code in {"", "skipped_hour", "doubled_hour"}


@pytest.mark.parametrize(
    "cell",
    [
        "3/11 2025", "3/11-25", "3/11 -25", "03/11, 2025", "2025/11/03", "2025.11.3", "3.11.2025",
        "2025-11-3", "3 nov 2025", "3 november -25", "3-nov-2025", "den 3:e november 2025",
        "må 3 nov 2025", "mån 3/11 2025", "Måndagen den 3 november 2025", "251103", "25-11-03",
        "45964", "3 nov. '25",
    ],
)  # fmt: skip
def test_day_reads_what_people_write(cell: str) -> None:
    """Swedish order before the year, month names, weekdays, two digits, a bare day number."""
    assert cells.day(cell) == date(2025, 11, 3)


@pytest.mark.parametrize(
    ("cell", "code", "todo"),
    [
        ("03/04/2025", "not_a_date", "write one of 2025-03-04, 2025-04-03"),
        ("12-11-25", "not_a_date", "write one of 2012-11-25, 2025-11-12, 2025-12-11"),
        ("må 3 nov", "no_year", "write it like 2024-10-01"),
        ("3/11", "no_year", "write it like 2024-10-01"),
        ("ti 3 nov 2025", "wrong_weekday", "correct the date or the weekday"),
        ("3 nov 1925 e.kr", "not_a_date", "write it like 2024-10-01"),
        ("99999", "not_a_date", "write it like 2024-10-01"),
    ],
)
def test_day_refuses_what_only_the_writer_knows(cell: str, code: str, todo: str) -> None:
    """Several readings, a missing year and a weekday that is another are told apart."""
    with pytest.raises(CellError) as caught:
        cells.day(cell)
    assert (caught.value.code, caught.value.todo) == (code, todo)


def test_a_date_in_which_both_orders_agree_or_one_is_impossible_is_read() -> None:
    """04/04 is one day, and there is no thirteenth month."""
    assert cells.day("04/04/2025") == date(2025, 4, 4)
    assert cells.day("13/04/2025") == cells.day("04/13/2025") == date(2025, 4, 13)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-11-03 kl. 02.13", "2025-11-03 02:13:00", "2025-11-03 0213", "3/11 2025 02:13",
        "må 3 nov 2025 kl 2.13", "3/11-25, 02.13", "02:13 3/11 2025", "kl. 02.13 den 3 nov 2025",
        "2025-11-03T02:13:00.750", "251103 02:13", "45964,092361111",
    ],
)  # fmt: skip
def test_local_datetime_reads_what_people_write(cell: str) -> None:
    """Clock times with points, without a sign, before the date; parts of a second are dropped."""
    assert cells.local_datetime(cell).isoformat() == "2025-11-03T02:13:00"


def test_local_datetime_says_what_is_missing() -> None:
    """A date alone has no time, and 3/11 2025 is no twenty-five past eight."""
    for cell in ("2025-11-03", "3/11 2025"):
        with pytest.raises(CellError, match="a date without a time of day"):
            cells.local_datetime(cell)
    for cell in ("3/11 02:13", "må 3 nov kl 2.13"):
        with pytest.raises(CellError, match="the year is missing"):
            cells.local_datetime(cell)


@pytest.mark.parametrize(
    ("cell", "sek"),
    [
        ("1 250 kr", "1250"), ("12 500:-", "12500"), ("1 250,50 SEK", "1250.50"), ("kr 500", "500"),
        ("1.250,00 kr", "1250.00"), ("1 640,10", "1640.10"), ("12 tkr", "12000"), ("1250.-", "1250"),
        ("SEK 1\u00a0250", "1250"), ("-300 kr", "-300"),
    ],
)  # fmt: skip
def test_money_reads_what_stands_in_bills(cell: str, sek: str) -> None:
    """With and without the currency, the dash for öre, thousands."""
    assert cells.money(cell) == Decimal(sek)
    assert cells.amount(cell) == cells.Amount(Decimal(sek))


def test_an_estimate_is_marked_where_it_may_stand_and_refused_where_not() -> None:
    """“ca” is kept as what it says; two sums are no sum."""
    for cell in ("ca 3000", "c:a 3 000 kr", "uppskattat 3000:-", "~3000"):
        assert cells.amount(cell) == cells.Amount(Decimal(3000), is_estimate=True)
        with pytest.raises(CellError, match="this is an estimate; write 3000 if it is final"):
            cells.money(cell)
    with pytest.raises(CellError, match="two sums"):
        cells.amount("3000-5000 kr")
    for cell in ("1.250 kr", "12,500:-"):
        with pytest.raises(CellError, match=r"thousands or decimals; write 12500?, or"):
            cells.amount(cell)
    for cell in ("okänt", "kr", "3000 eur"):
        with pytest.raises(CellError, match="not a sum of money"):
            cells.amount(cell)


def test_shares_and_yes_or_no() -> None:
    """Per cent and fractions; the words and marks that people put in a box."""
    assert cells.share("95 %") == cells.share("0,95") == Decimal("0.95")
    with pytest.raises(CellError, match="between 0 and 1"):
        cells.share("95")
    assert [cells.yes_no(cell) for cell in ("Ja", "x", "TRUE", "nej", "false", "-")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    with pytest.raises(CellError, match="neither yes nor no"):
        cells.yes_no("kanske")


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [("7:30", 450), ("45 min", 45), ("1 h 20 min", 80), ("7,5 tim", 450), ("2", 120), ("1,5", 90)],
)
def test_duration_reads_lengths_of_time(cell: str, minutes: int) -> None:
    """With a unit, as h:mm, or bare in the column's own unit."""
    assert cells.duration("h")(cell) == timedelta(minutes=minutes)


def test_duration_refuses_what_is_none() -> None:
    """A bare number means what the column says; a unit that no column has is the program's fault."""
    assert cells.duration("min")("90") == timedelta(minutes=90)
    for cell in ("lång", "-2", "h", "9" * 18):
        with pytest.raises(CellError):
            cells.duration("h")(cell)
    with pytest.raises(ValueError, match="unit is h or min"):
        cells.duration("s")
