"""Cell parsers: the stripped, non-empty text of one cell comes in, a typed value goes out.

Each parser takes a text and returns a value, or raises :class:`CellError` with a code, why the
text is not understood and what to write instead. Parsers that need a setting (`one_of`,
`list_of`, `moment`, `duration`) are made by a function that returns the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from narvaro.core.cell_error import AmbiguousDateError, CellError
from narvaro.core.said import Said
from narvaro.core.written_times import (
    clock_time,
    day,
    local_datetime,
    moment,
    weekdays,
)

__all__ = [
    "AmbiguousDateError", "Amount", "CellError", "amount", "clock_time", "day", "decimal", "duration",
    "integer", "latitude", "list_of", "local_datetime", "longitude", "moment",
    "money", "one_of", "positive_integer", "positive_integer_up_to", "share", "text", "text_up_to", "weekdays",
    "wkt_polygon", "yes_no",
]  # fmt: skip
T = TypeVar("T")

_SPACES = " \u00a0\u2009\u202f\u2007"
_PLAIN = re.compile(r"[+-]?[0-9]{1,18}(?:[.,][0-9]{1,18})?")
_SPACED = re.compile(rf"[+-]?[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}}){{1,5}}(?:[.,][0-9]{{1,18}})?")
_POINTED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,5},[0-9]{1,18}")
_COMMAED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){1,5}\.[0-9]{1,18}")
_NO_SPACES = dict.fromkeys(map(ord, _SPACES))

_ABOUT = re.compile(
    r"^(?:ca|cirka|c:a|circa|runt|ungefär|uppsk(?:attat|\.)?|~|≈)[.:\s]*", re.IGNORECASE
)
_CURRENCY = re.compile(
    r"^(?:sek|kr)\.?\s*(?=[\d+-])|(?<=[\d\s:,-])\s*(?:sek|kr|kronor)\.?$", re.IGNORECASE
)
_THOUSANDS = re.compile(r"(?<=[\d\s])\s*(?:tkr|kkr|tsek|ksek)\.?$", re.IGNORECASE)
_OERE_DASH = re.compile(r"(?<=\d)((?:[:,.]\d{2})?)\s*[:,.]?[-\u2013\u2014]+$")
_BETWEEN_SUMS = re.compile(rf"[\d.,{_SPACES}]+[-\u2013\u2014][\d.,{_SPACES}]+")
_THREE_BEHIND = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_HOURS_MINUTES = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_UNITS = re.compile(
    r"(?:([\d.,]+)\s*(?:h|t|tim|timmar|timme)\.?)?\s*(?:([\d.,]+)\s*(?:m|min|minuter)\.?)?",
    re.ASCII,
)
_YES = {"ja", "j", "x", "true", "sant", "1", "yes", "y"}
_NO = {"nej", "n", "false", "falskt", "0", "no", "-"}
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
            why = Said(
                "this has %(number)s characters; there is room for %(most)s",
                number=len(cell), most=most,
            )  # fmt: skip
            raise CellError("too_long", why, Said("shorten it"))
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
    todo = Said("write it like 1234,50 or 1234.50")
    raise CellError("not_a_number", Said("this is not a number"), todo)


def integer(cell: str) -> int:
    """Read a whole number; thousands may be set apart by spaces."""
    if cell.isascii() and cell.isdigit() and len(cell) <= 18:
        return int(cell)
    if "." not in cell and "," not in cell:
        try:
            return int(decimal(cell))
        except CellError:
            pass
    raise CellError(
        "not_an_integer", Said("this is not a whole number"), Said("write it like 1234")
    )


def positive_integer(cell: str) -> int:
    """Read a whole number of at least one."""
    value = integer(cell)
    if value < 1:
        why = Said("the number must be at least 1")
        raise CellError("not_positive", why, Said("write 1 or more"))
    return value


def positive_integer_up_to(most: int) -> Callable[[str], int]:
    """Make a parser of whole numbers from one to `most`."""

    def parse(cell: str) -> int:
        value = positive_integer(cell)
        if value > most:
            why = Said("the number must be at most %(most)s", most=most)
            raise CellError("too_large", why, Said("write %(most)s or less", most=most))
        return value

    return parse


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum in kronor, and whether it was written as an estimate."""

    sek: Decimal
    is_estimate: bool = False


def amount(cell: str) -> Amount:
    """Read a sum of money that may be an estimate: 1 250 kr, 12 500:-, ca 3000, 12 tkr.

    Between two sums (3000-5000) nobody but the writer can choose: it is refused.
    """
    bare, estimates = _ABOUT.subn("", cell)
    bare = _CURRENCY.sub("", bare.strip())
    times = 1000 if (thousands := _THOUSANDS.search(bare)) else 1
    bare = bare[: thousands.start()] if thousands else bare
    bare = _OERE_DASH.sub(r"\1", bare.strip()).strip()
    if _THREE_BEHIND.fullmatch(bare):
        why = Said("this may be thousands or decimals")
        whole = re.sub("[.,]", "", bare)
        todo = Said("write %(whole)s, or at most two decimals", whole=whole)
        raise CellError("thousands_or_decimals", why, todo)
    if _BETWEEN_SUMS.fullmatch(bare):
        raise CellError("two_sums", Said("these are two sums"), Said("write one, like ca 4000 kr"))
    try:
        return Amount(decimal(bare) * times, bool(estimates))
    except CellError as error:
        todo = Said("write it like 1250,50 or 1 250 kr")
        raise CellError("not_money", Said("this is not a sum of money"), todo) from error


def money(cell: str) -> Decimal:
    """Read a sum of money that is no estimate: 1 250 kr, 12 500:-, 1 250,50, 12 tkr."""
    found = amount(cell)
    if found.is_estimate:
        todo = Said(
            "write %(sum)s if it is final, or use the column for estimates", sum=str(found.sek)
        )
        raise CellError("estimate", Said("this is an estimate"), todo)
    return found.sek


def share(cell: str) -> Decimal:
    """Read a share from 0 to 1: 0,95 or 95 %."""
    percent = cell.endswith("%")
    value = decimal(cell.rstrip("% \u00a0")) / (100 if percent else 1)
    if not 0 <= value <= 1:
        why = Said("a share lies between 0 and 1")
        raise CellError("share_range", why, Said("write it like 95 %"))
    return value


def yes_no(cell: str) -> bool:
    """Read ja, nej, x, true, false, sant, falskt, 1, 0, yes, no."""
    word = cell.casefold().rstrip(".")
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellError("not_yes_or_no", Said("this is neither yes nor no"), Said("write ja or nej"))


def duration(unit: str) -> Callable[[str], timedelta]:
    """Make a parser of lengths of time: 7:30 (h:mm), 1 h 20 min, 45 min; `unit` h or min if bare.

    Raises ValueError for another unit.
    """
    if unit not in {"h", "min"}:
        raise ValueError(f"unit is h or min, not {unit}")

    def parse(cell: str) -> timedelta:
        written = cell.casefold().strip()
        if match := _HOURS_MINUTES.fullmatch(written):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
        match = _UNITS.fullmatch(written)
        if match is not None and any(match.groups()):
            hours_part, minutes_part = (
                decimal(part) if part else Decimal(0) for part in match.groups()
            )
            return timedelta(seconds=float(hours_part * 3600 + minutes_part * 60))
        try:
            number = decimal(cell)
        except CellError as error:
            todo = Said("write it like 7:30 or 45 min")
            raise CellError("not_a_duration", Said("this is not a length of time"), todo) from error
        return timedelta(seconds=float(number * (3600 if unit == "h" else 60)))

    def checked(cell: str) -> timedelta:
        try:
            found = parse(cell)
        except OverflowError as error:
            why = Said("this is too long a time")
            raise CellError("too_long", why, Said("correct it")) from error
        if found < timedelta():
            why = Said("a length of time is not below zero")
            raise CellError("negative", why, Said("correct it"))
        return found

    return checked


def _degrees(cell: str, limit: int, example: str) -> float:
    todo = Said("write WGS 84 degrees like %(example)s", example=example)
    try:
        value = float(decimal(cell))
    except CellError as error:
        raise CellError("not_degrees", Said("these are not degrees"), todo) from error
    if -limit <= value <= limit:
        return value
    why = Said("these degrees lie between -%(limit)s and %(limit)s", limit=limit)
    if abs(value) > 10_000:
        why = Said("this looks like metres (SWEREF 99 TM)")
        todo = Said("choose north or east for the column, or convert it to WGS 84 degrees")
    raise CellError("degrees_range", why, todo)


def latitude(cell: str) -> float:
    """Read a latitude in WGS 84 degrees, -90 to 90."""
    return _degrees(cell, 90, "59,1955")


def longitude(cell: str) -> float:
    """Read a longitude in WGS 84 degrees, -180 to 180."""
    return _degrees(cell, 180, "17,6253")


def one_of(synonyms: Mapping[str, str]) -> Callable[[str], str]:
    """Make a parser of written word → canonical word; canonical words are understood too."""
    known = {value.casefold(): value for value in synonyms.values()}
    known.update((word.casefold(), value) for word, value in synonyms.items())
    words = {word for word in synonyms if word not in set(synonyms.values())}
    offered = ", ".join(sorted(words or set(known)))

    def parse(cell: str) -> str:
        found = known.get(cell.casefold())
        if found is None:
            why = Said("this word is not in the list")
            raise CellError("unknown_word", why, Said("write one of %(words)s", words=offered))
        return found

    return parse


def list_of(item: Callable[[str], T], separator: str = ",") -> Callable[[str], tuple[T, ...]]:
    """Make a parser of items with `separator` between; empty items are passed over."""

    def parse(cell: str) -> tuple[T, ...]:
        return tuple(item(part) for raw in cell.split(separator) if (part := raw.strip()))

    return parse


def _ring_fault(ring: str) -> Said | None:
    try:
        points = [tuple(float(number) for number in point.split()) for point in ring.split(",")]
    except ValueError:
        return Said("a corner is not two numbers")
    if any(len(point) != 2 for point in points):
        return Said("a corner is not two numbers")
    if len(points) < 4:
        return Said("a ring needs at least three corners and the first again")
    if points[0] != points[-1]:
        return Said("a ring does not end where it starts")
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points):
        return Said("a corner lies outside WGS 84 (longitude first, then latitude)")
    return None


def wkt_polygon(cell: str) -> str:
    """Check a WKT polygon (WGS 84, longitude latitude, closed rings) and return its text."""
    match = _POLYGON.fullmatch(cell)
    fault = Said("this is not a WKT polygon")
    if match is not None:
        faults = [found for ring in _RING.findall(match[1]) if (found := _ring_fault(ring))]
        if not faults:
            return cell
        fault = faults[0]
    todo = Said("write POLYGON ((lon lat, lon lat, …)), one polygon per row")
    raise CellError("not_a_polygon", fault, todo)
