"""Opening hours as people write them, and what `is_open` makes of them minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.cell_error import CellError
from narvaro.core.choice import Opening, is_open
from narvaro.core.opening_hours import days, opening_hours

SWEDEN = ZoneInfo("Europe/Stockholm")
NAMES = ("mån", "tis", "ons", "tor", "fre", "lör", "sön")
EVERY_DAY = frozenset(range(7))
CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
OPENINGS = st.builds(
    Opening, st.frozensets(st.integers(0, 6), min_size=1, max_size=7), CLOCKS, CLOCKS
)


@pytest.mark.parametrize(
    ("cell", "hours"),
    [
        ("dygnet runt", [(EVERY_DAY, 0, 0)]),
        ("24/7", [(EVERY_DAY, 0, 0)]),
        ("alla dagar 06-24", [(EVERY_DAY, 6, 0)]),
        ("mån-fre 07:00-22:00", [(range(5), 7, 22)]),
        ("mån-fre: 07.00–22.00; lör,sön kl 10-16", [(range(5), 7, 22), ((5, 6), 10, 16)]),
        ("mån-fre 7-22, lör, sön 10-16", [(range(5), 7, 22), ((5, 6), 10, 16)]),
        ("fre-lör 18-02\nsön 10-12 och mån 9-10", [((4, 5), 18, 2), ((6,), 10, 12), ((0,), 9, 10)]),
        ("mån-fre 7-17, helger dygnet runt".replace("helger", "lör-sön"),
         [(range(5), 7, 17), ((5, 6), 0, 0)]),
    ],
)  # fmt: skip
def test_what_people_write(cell: str, hours: list[tuple[range, int, int]]) -> None:
    told = [
        (one.weekdays, one.hours_from.hour, one.hours_until.hour) for one in opening_hours(cell)
    ]
    assert told == [(frozenset(on), begin, end) for on, begin, end in hours]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("07-22", "no_weekdays"),
        ("mån-fre 07-22, 10-16", "no_weekdays"),
        ("vardagar", "not_opening_hours"),
        ("mån-fre 07-", "not_opening_hours"),
        ("mån-fre 07-22 utom lov", "not_opening_hours"),
        ("mån-fre 25-26", "not_a_time"),
        ("månfre 07-22", "not_a_weekday"),
        ("när skolan är öppen 07-22", "not_a_weekday"),
    ],
)
def test_what_is_refused_says_what_to_write(cell: str, code: str) -> None:
    with pytest.raises(CellError) as no:
        opening_hours(cell)
    assert no.value.code == code
    assert no.value.todo


@given(st.text(alphabet="mån-fre ,;|.:0179kl\nöo", max_size=40))
def test_no_text_breaks_it(cell: str) -> None:
    """It is read whole, or refused whole."""
    try:
        found = opening_hours(cell)
    except CellError:
        return
    assert bool(found) == bool(cell.strip())


@given(st.lists(OPENINGS, min_size=1, max_size=4))
def test_what_is_written_is_read_again(openings: list[Opening]) -> None:
    parts = [
        f"{','.join(NAMES[day] for day in sorted(one.weekdays))} "
        f"{one.hours_from:%H:%M}-{one.hours_until:%H:%M}"
        for one in openings
    ]
    assert list(opening_hours("; ".join(parts))) == openings
    assert list(opening_hours(", ".join(parts))) == openings


def minutes_open(one: Opening, day: date) -> set[datetime]:
    """Return every local minute at which hours that begin on a day hold, counted one by one."""
    if day.weekday() not in one.weekdays:
        return set()
    at, found = datetime.combine(day, one.hours_from), set[datetime]()
    while True:
        found.add(at)
        at += timedelta(minutes=1)
        if at.time() == one.hours_until:
            return found


@given(
    st.lists(OPENINGS, max_size=3),
    st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31), date(2028, 2, 29)]),
    st.lists(st.integers(-2, 2), max_size=2),
)
def test_it_is_open_as_a_count_of_minutes_says(
    openings: list[Opening], around: date, closed: list[int]
) -> None:
    """Over a day of every kind, the two of the clock change among them: local time decides."""
    closed_on = [around + timedelta(days=n) for n in closed]
    held = set[datetime]()
    for one in openings:
        for day in (around + timedelta(days=n) for n in range(-1, 2)):
            held |= set() if day in closed_on else minutes_open(one, day)
    instant = datetime.combine(around, time(), SWEDEN).astimezone(UTC)
    end = datetime.combine(around + timedelta(days=1), time(), SWEDEN).astimezone(UTC)
    while instant < end:
        local = instant.astimezone(SWEDEN)
        assert is_open(openings, local, closed_on) == (local.replace(tzinfo=None) in held), local
        instant += timedelta(minutes=7)


def test_days_with_commas_between() -> None:
    assert days("2026-12-24, 2026-12-25") == (date(2026, 12, 24), date(2026, 12, 25))


def test_a_cell_without_end_is_refused_at_once() -> None:
    """Separators are no work, and nobody writes more than a few lines of hours."""
    for cell in ("mån " + "," * 400, "mån " + ", " * 16_000):
        with pytest.raises(CellError):
            opening_hours(cell)
