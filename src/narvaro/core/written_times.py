"""Parsers of days, clock times and moments: a cell's text comes in, a typed value goes out.

They belong to `core.cells`, which offers them; how a date may be written is in `written_dates`.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from narvaro.core.cell_error import CellError
from narvaro.core.said import Said
from narvaro.core.written_dates import WEEKDAYS, find_date, find_serial, is_yearless

_AT = r"(?:kl\.?\s*|klockan\s+)?"
_CLOCK = re.compile(
    rf"{_AT}(?:(\d{{1,2}})(?:[:.](\d{{2}}))?(?:[:.](\d{{2}})(?:[.,]\d{{1,9}})?)?|(\d{{2}})(\d{{2}}))",
    re.ASCII,
)
_DATE_CLOCK = re.compile(
    rf"(.*?[^\s,])(?:[Tt]|,?\s+|(?=kl))({_AT}\d[\d:.]*(?:,\d+)?)", re.ASCII
)  # fmt: skip
_CLOCK_DATE = re.compile(rf"({_AT}\d{{1,2}}[:.][\d:.]+),?\s+(?:den\s+)?(.+)", re.ASCII)
_OFFSET = re.compile(r":.*(?:Z|[+-]\d{2}:?\d{2})$", re.ASCII)
_SERIAL_MOMENT = re.compile(r"(\d{5})[.,](\d{1,15})", re.ASCII)
_EVERY_DAY = {"alla", "alla dagar", "dagligen", "all", "every day", "daily"}


def _check_year(found: date) -> None:
    if not 1900 <= found.year <= 2199:
        why = Said("the year %(year)s is outside 1900–2199", year=found.year)
        raise CellError("year_range", why, Said("correct the year"))


def day(cell: str) -> date:
    """Read a date: 2024-10-01, 20241001, 1 okt 2024, 1/10 2024; a midnight may follow.

    A spreadsheet's bare day number (45566) is a date too, as the column says that it holds one.
    """
    found = find_date(cell) or find_serial(cell)
    if found is None and (parts := _split_moment(cell)) is not None:
        found, clock = parts
        if clock != timedelta():
            why = Said("a time of day stands in a date")
            raise CellError("time_in_date", why, Said("write only the date"))
    todo = Said("write it like 2024-10-01")
    if found is None and is_yearless(cell):
        raise CellError("no_year", Said("the year is missing"), todo)
    if found is None:
        raise CellError("not_a_date", Said("this is not a date"), todo)
    _check_year(found)
    return found


def _find_clock(cell: str) -> timedelta | None:
    match = _CLOCK.fullmatch(cell)
    if match is None:
        return None
    hours, minutes, seconds = (
        int(part or 0) for part in (match[1] or match[4], match[2] or match[5], match[3])
    )
    since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 59 or since > timedelta(hours=24):
        return None
    return since


def clock_time(cell: str) -> time:
    """Read a clock time: 22:00, 22.00, 2200, 22, 22:00:30, kl 22; 24:00 is the midnight 00:00."""
    since = _find_clock(cell.casefold())
    if since is None:
        why = Said("this is not a clock time")
        raise CellError("not_a_time", why, Said("write it like 22:00"))
    seconds = int(since.total_seconds()) % 86_400
    return time(seconds // 3600, seconds % 3600 // 60, seconds % 60)


def _split_moment(cell: str) -> tuple[date, timedelta] | None:
    for pattern, date_at, clock_at in ((_DATE_CLOCK, 1, 2), (_CLOCK_DATE, 2, 1)):
        match = pattern.fullmatch(cell)
        if match is not None:
            since = _find_clock(match[clock_at].strip().casefold())
            found = None if since is None else find_date(match[date_at])
            if found is not None and since is not None:
                return found, since
    if match := _SERIAL_MOMENT.fullmatch(cell):
        found = find_serial(match[1])
        if found is not None:
            seconds = round(float(f"0.{match[2]}") * 86_400)
            return found, timedelta(seconds=seconds)
    return None


def _find_iso(cell: str) -> datetime | None:
    """Return the time of 2026-11-23 18:00[:00], by far the most common way, in one step."""
    if len(cell) in {16, 19} and cell[4] == "-" and cell[13] == ":":
        try:
            found = datetime.fromisoformat(cell)
        except ValueError:
            return None
        return found if found.tzinfo is None else None
    return None


def local_datetime(cell: str) -> datetime:
    """Read a naive local date-time: 2026-11-23 18:00, 2026-11-23T18:00, 23/11 2026 kl. 18.00."""
    found = _find_iso(cell)
    if found is None:
        parts = _split_moment(cell)
        if parts is None:
            raise _no_moment(cell)
        found = datetime.combine(parts[0], time())
        _check_year(found)
        return found + parts[1]
    _check_year(found)
    return found


def _no_moment(cell: str) -> CellError:
    todo = Said("write it like 2026-11-23 18:00")
    if find_date(cell) is not None:
        return CellError("not_a_datetime", Said("this is a date without a time of day"), todo)
    match = _DATE_CLOCK.fullmatch(cell)
    if is_yearless(cell) or (match is not None and is_yearless(match[1])):
        return CellError("no_year", Said("the year is missing"), todo)
    return CellError("not_a_datetime", Said("this is not a date with a time"), todo)


def moment(zone: tzinfo) -> Callable[[str], datetime]:
    """Make a parser of local date-times in `zone` into aware UTC times.

    A written offset (+02:00, Z) wins over the zone. An hour that the clock change skips is
    refused; one that it doubles is refused with the two ways to write it.
    """

    def parse(cell: str) -> datetime:
        if _OFFSET.search(cell):
            try:
                stated = datetime.fromisoformat(cell)
                _check_year(stated)
                return stated.astimezone(UTC)
            except CellError:
                raise
            except ValueError:
                pass  # not ISO: the local reading below says what is wrong
        return _placed(local_datetime(cell), zone)

    return parse


def _placed(local: datetime, zone: tzinfo) -> datetime:
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    found = first.astimezone(UTC)
    if first.utcoffset() == second.utcoffset():
        return found
    if found.astimezone(zone).replace(tzinfo=None) != local:
        raise skipped_hour()
    todo = Said(
        "write %(first)s or %(second)s",
        first=first.isoformat(" ", "minutes"), second=second.isoformat(" ", "minutes"),
    )  # fmt: skip
    raise CellError("doubled_hour", Said("the clock change makes this hour twice"), todo)


def skipped_hour() -> CellError:
    """Return why an hour that never was is not understood."""
    why = Said("the clock change skips this hour")
    return CellError("skipped_hour", why, Said("write a time that exists"))


def _weekday(word: str) -> int:
    word = word.strip().rstrip(".")
    found = WEEKDAYS.get(word.casefold())
    if found is None:
        why = Said("“%(word)s” is not a weekday", word=word)
        raise CellError("not_a_weekday", why, Said("write mån-sön or fre,lör"))
    return found


def weekdays(cell: str) -> tuple[int, ...]:
    """Read weekdays (0 Monday … 6 Sunday): mån-fre, fre,lör, sön-tis, alla; sorted, each once."""
    if cell.casefold() in _EVERY_DAY:
        return tuple(range(7))
    found: set[int] = set()
    for part in cell.replace("\u2013", "-").split(","):
        first, _, last = part.partition("-")
        begin = _weekday(first)
        length = (_weekday(last) - begin) % 7 if last else 0
        found.update((begin + step) % 7 for step in range(length + 1))
    return tuple(sorted(found))
