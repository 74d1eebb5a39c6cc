"""Cell parsers: the stripped, non-empty text of one cell comes in, a typed value goes out.

Each parser takes a text and returns a value, or raises :class:`CellError` with a code, why the
text is not understood and what to write instead. Parsers that need a setting (`one_of`,
`list_of`, `moment`) are made by a function that returns the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")


class CellError(ValueError):
    """A cell that is not understood: `code` for translation, `why`, and what `todo`."""

    def __init__(self, code: str, why: str, todo: str) -> None:
        super().__init__(f"{why}; {todo}")
        self.code = code
        self.why = why
        self.todo = todo


_SPACES = " \u00a0\u2009\u202f\u2007"
_PLAIN = re.compile(r"[+-]?[0-9]{1,18}(?:[.,][0-9]{1,18})?")
_SPACED = re.compile(rf"[+-]?[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}}){{1,5}}(?:[.,][0-9]{{1,18}})?")
_POINTED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,5},[0-9]{1,18}")
_COMMAED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){1,5}\.[0-9]{1,18}")
_NO_SPACES = dict.fromkeys(map(ord, _SPACES))

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mar mars march",
            "apr april",
            "maj may",
            "jun juni june",
            "jul juli july",
            "aug augusti august",
            "sep sept september",
            "okt oktober oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_WRITTEN_DATE = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\.?\s+(\d{4})", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(?:kl\.?\s*)?(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2})(?:\.0+)?)?", re.ASCII)
_OFFSET = re.compile(r":.*(?:Z|[+-]\d{2}:?\d{2})$", re.ASCII)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "mån måndag mon monday",
            "tis tisdag tue tues tuesday",
            "ons onsdag wed wednesday",
            "tor tors torsdag thu thurs thursday",
            "fre fredag fri friday",
            "lör lördag sat saturday",
            "sön söndag sun sunday",
        )
    )
    for name in names.split()
}
_EVERY_DAY = {"alla", "alla dagar", "dagligen", "all", "every day", "daily"}
_POLYGON = re.compile(
    r"POLYGON\s*\(\s*(\([0-9eE+\-.,\s]*\)(?:\s*,\s*\([0-9eE+\-.,\s]*\))*)\s*\)", re.IGNORECASE
)
_RING = re.compile(r"\(([^()]*)\)")


def text(cell: str) -> str:
    """Return the text as it stands."""
    return cell


def text_up_to(most: int) -> Callable[[str], str]:
    """Make a parser of texts of at most `most` characters, the room that is kept for them."""

    def parse(cell: str) -> str:
        if len(cell) > most:
            why = f"this has {len(cell)} characters; there is room for {most}"
            raise CellError("too_long", why, "shorten it")
        return cell

    return parse


def decimal(cell: str) -> Decimal:
    """Read a number with decimal comma or point; thousands by a space, or by the other sign.

    A lone comma or point is always the decimal sign: ``1,234`` is 1.234, as Swedish writes it.
    """
    cell = cell.replace("\u2212", "-")
    if _PLAIN.fullmatch(cell):
        return Decimal(cell.replace(",", "."))
    if _SPACED.fullmatch(cell):
        return Decimal(cell.translate(_NO_SPACES).replace(",", "."))
    if _POINTED.fullmatch(cell):
        return Decimal(cell.replace(".", "").replace(",", "."))
    if _COMMAED.fullmatch(cell):
        return Decimal(cell.replace(",", ""))
    raise CellError("not_a_number", "this is not a number", "write it like 1234,50 or 1234.50")


def integer(cell: str) -> int:
    """Read a whole number; thousands may be set apart by spaces."""
    if cell.isascii() and cell.isdigit() and len(cell) <= 18:
        return int(cell)
    if "." not in cell and "," not in cell:
        try:
            return int(decimal(cell))
        except CellError:
            pass
    raise CellError("not_an_integer", "this is not a whole number", "write it like 1234")


def positive_integer(cell: str) -> int:
    """Read a whole number of at least one."""
    value = integer(cell)
    if value < 1:
        raise CellError("not_positive", "the number must be at least 1", "write 1 or more")
    return value


def _degrees(cell: str, limit: int, name: str, example: str) -> float:
    try:
        value = float(decimal(cell))
    except CellError as error:
        raise CellError(
            "not_degrees", f"this is not a {name}", f"write degrees like {example}"
        ) from error
    if -limit <= value <= limit:
        return value
    todo = f"write WGS 84 degrees like {example}"
    if abs(value) > 10_000:
        todo = f"this looks like metres (SWEREF 99 TM): convert to {todo[6:]}"
    raise CellError(f"{name}_range", f"a {name} lies between -{limit} and {limit}", todo)


def latitude(cell: str) -> float:
    """Read a latitude in WGS 84 degrees, -90 to 90."""
    return _degrees(cell, 90, "latitude", "59,1955")


def longitude(cell: str) -> float:
    """Read a longitude in WGS 84 degrees, -180 to 180."""
    return _degrees(cell, 180, "longitude", "17,6253")


def _find_date(cell: str) -> date | None:
    try:
        if len(cell) == 10 and cell[4] == "-" and cell[7] == "-":
            return date.fromisoformat(cell)
        if len(cell) == 8 and cell.isascii() and cell.isdigit():
            return date(int(cell[:4]), int(cell[4:6]), int(cell[6:]))
        if match := _WRITTEN_DATE.fullmatch(cell):
            month = _MONTHS.get(match[2].casefold())
            return date(int(match[3]), month, int(match[1])) if month else None
    except ValueError:
        return None
    return None


def _check_year(found: date) -> None:
    if not 1900 <= found.year <= 2199:
        raise CellError(
            "year_range", f"the year {found.year} is outside 1900–2199", "correct the year"
        )


def day(cell: str) -> date:
    """Read a date: 2024-10-01, 20241001, 1 okt 2024, 1 October 2024; a midnight may follow."""
    found = _find_date(cell)
    if found is None and (parts := _split_moment(cell)) is not None:
        found, clock = parts
        if clock != timedelta():
            raise CellError("time_in_date", "a time of day stands in a date", "write only the date")
    if found is None:
        raise CellError("not_a_date", "this is not a date", "write it like 2024-10-01")
    _check_year(found)
    return found


def _find_clock(cell: str) -> timedelta | None:
    match = _CLOCK.fullmatch(cell)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 59 or since > timedelta(hours=24):
        return None
    return since


def clock_time(cell: str) -> time:
    """Read a clock time: 22:00, 22.00, 22, 22:00:30, kl 22; 24:00 is the midnight 00:00."""
    since = _find_clock(cell.casefold())
    if since is None:
        raise CellError("not_a_time", "this is not a clock time", "write it like 22:00")
    seconds = int(since.total_seconds()) % 86_400
    return time(seconds // 3600, seconds % 3600 // 60, seconds % 60)


def _split_moment(cell: str) -> tuple[date, timedelta] | None:
    if cell[10:11] == "T":
        cell = f"{cell[:10]} {cell[11:]}"
    head, _, tail = cell.rpartition(" ")
    found = _find_date(head.strip().removesuffix(" kl"))
    since = _find_clock(tail)
    return None if found is None or since is None else (found, since)


def local_datetime(cell: str) -> datetime:
    """Read a naive local date-time: 2026-11-23 18:00, 2026-11-23T18:00, 23 nov 2026 18.00."""
    parts = _split_moment(cell)
    if parts is None:
        raise CellError(
            "not_a_datetime", "this is not a date with a time", "write it like 2026-11-23 18:00"
        )
    _check_year(parts[0])
    return datetime.combine(parts[0], time()) + parts[1]


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
        local = local_datetime(cell)
        first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        found = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return found
        if found.astimezone(zone).replace(tzinfo=None) != local:
            raise CellError(
                "skipped_hour", "the clock change skips this hour", "write a time that exists"
            )
        raise CellError(
            "doubled_hour",
            "the clock change makes this hour twice",
            f"write {first.isoformat(' ', 'minutes')} or {second.isoformat(' ', 'minutes')}",
        )

    return parse


def one_of(synonyms: Mapping[str, str]) -> Callable[[str], str]:
    """Make a parser of written word → canonical word; canonical words are understood too."""
    known = {value.casefold(): value for value in synonyms.values()}
    known.update((word.casefold(), value) for word, value in synonyms.items())
    offered = ", ".join(sorted(set(synonyms) or set(known)))

    def parse(cell: str) -> str:
        found = known.get(cell.casefold())
        if found is None:
            raise CellError(
                "unknown_word", "this word is not in the list", f"write one of {offered}"
            )
        return found

    return parse


def list_of(item: Callable[[str], T], separator: str = ",") -> Callable[[str], tuple[T, ...]]:
    """Make a parser of items with `separator` between; empty items are passed over."""

    def parse(cell: str) -> tuple[T, ...]:
        return tuple(item(part) for raw in cell.split(separator) if (part := raw.strip()))

    return parse


def _weekday(word: str) -> int:
    word = word.strip().rstrip(".")
    found = _WEEKDAYS.get(word.casefold())
    if found is None:
        raise CellError("not_a_weekday", f"“{word}” is not a weekday", "write mån-sön or fre,lör")
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


def _ring_fault(ring: str) -> str | None:
    try:
        points = [tuple(float(number) for number in point.split()) for point in ring.split(",")]
    except ValueError:
        return "a corner is not two numbers"
    if any(len(point) != 2 for point in points):
        return "a corner is not two numbers"
    if len(points) < 4:
        return "a ring needs at least three corners and the first again"
    if points[0] != points[-1]:
        return "a ring does not end where it starts"
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points):
        return "a corner lies outside WGS 84 (longitude first, then latitude)"
    return None


def wkt_polygon(cell: str) -> str:
    """Check a WKT polygon (WGS 84, longitude latitude, closed rings) and return its text."""
    match = _POLYGON.fullmatch(cell)
    fault = "this is not a WKT polygon"
    if match is not None:
        faults = [found for ring in _RING.findall(match[1]) if (found := _ring_fault(ring))]
        if not faults:
            return cell
        fault = faults[0]
    raise CellError(
        "not_a_polygon", fault, "write POLYGON ((lon lat, lon lat, …)), one polygon per row"
    )
