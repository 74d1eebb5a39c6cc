"""Dates as people write them: a text comes in; a date, the orders it may be read in, or why not.

A date of numbers alone, with the year last or in two digits (03/04/2025, 251103), may mean several
days. Those of a whole column together may decide: one that is possible in a single order decides
for the rest, if there are enough of them and none against.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from narvaro.core.cell_error import AmbiguousDateError, CellError
from narvaro.core.said import Said

MONTHS = {
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
WEEKDAYS = {
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
_SHORT_WEEKDAYS = WEEKDAYS | {
    name: number for number, name in enumerate(("må", "ti", "on", "to", "fr", "lö", "sö"))
}
_SHORT_YEARS = range(2010, 2040)  # what two digits may mean in a file of a municipality's days
_DECIDING_SHARE = 0.1
_SERIAL_FROM, _SERIALS = date(1899, 12, 30), range(32_874, 73_051)  # 1990 to 2099

_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_NUMBERS = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})|(\d{2})(\d{2})(\d{2})(?!\d)", re.ASCII
)
_SWEDISH = re.compile(r"(\d{1,2})/(\d{1,2})(?:\s*-\s*|\s+|,\s*)(\d{4}|\d{2})", re.ASCII)
_NAMED = re.compile(
    r"(?:den\s+)?(\d{1,2})(?::?[ae])?[.\s-]+([a-z]{3,9})[.,\s-]+(\d{4}|'?\d{2})",
    re.ASCII | re.IGNORECASE,
)
_YEARLESS = re.compile(
    r"(?:den\s+)?\d{1,2}(?::?[ae])?(?:/\d{1,2}|\.?\s*([a-z]{3,9})\.?)", re.ASCII | re.IGNORECASE
)
_WEEKDAY = re.compile(r"([a-zåäö]{2,8})(?:en)?[.,]?\s+(?:den\s+)?(?=\d)", re.IGNORECASE)


def find_date(cell: str) -> date | None:
    """Return the date of a text, or None; raises AmbiguousDateError, or CellError where it is wrong.

    Reads 2025-11-03, 2025/11/3, 20251103, 3/11 2025, 3/11-25, 3.11.2025, 13/11/2025, 3 nov 2025,
    den 3:e november -25, mån 3 nov 2025 (the weekday must agree).
    """
    if len(cell) == 10 and cell[4] == "-" == cell[7]:
        return _made(cell[:4], cell[5:7], cell[8:])
    if len(cell) == 8 and cell.isascii() and cell.isdigit():
        return _made(cell[:4], cell[4:6], cell[6:])
    found = _WEEKDAY.match(cell)
    if found is not None and (weekday := _find_weekday(found[1])) is not None:
        rest = find_date(cell[found.end() :])
        if rest is not None and rest.weekday() != weekday:
            why = Said("%(day)s is no %(weekday)s", day=rest.isoformat(), weekday=found[1])
            raise CellError("wrong_weekday", why, Said("correct the date or the weekday"))
        return rest
    return _find_bare(cell)


def _find_weekday(word: str) -> int | None:
    word = word.casefold()
    return _SHORT_WEEKDAYS.get(word, _SHORT_WEEKDAYS.get(word.removesuffix("en")))


def _find_bare(cell: str) -> date | None:
    if match := _ISO.fullmatch(cell):
        return _made(match[1], match[3], match[4])
    if match := _SWEDISH.fullmatch(cell):
        return _made(match[3], match[2], match[1])
    if match := _NAMED.fullmatch(cell):
        month = MONTHS.get(match[2].casefold())
        return _made(match[3].lstrip("'"), str(month), match[1]) if month else None
    days = set(find_readings(cell).values()) if _NUMBERS.fullmatch(cell) else set()
    if len(days) > 1:
        shown = ", ".join(sorted(day.isoformat() for day in days))
        why = Said("this date can be read in several ways")
        raise AmbiguousDateError("not_a_date", why, Said("write one of %(words)s", words=shown))
    return days.pop() if days else None


def is_yearless(cell: str) -> bool:
    """Return whether a text is a day and a month alone: 3/11, må 3 nov."""
    found = _WEEKDAY.match(cell)
    bare = cell[found.end() :] if found and _find_weekday(found[1]) is not None else cell
    match = _YEARLESS.fullmatch(bare)
    return match is not None and (match[1] is None or match[1].casefold() in MONTHS)


def find_serial(cell: str) -> date | None:
    """Return the date of a spreadsheet's day number of five digits, 1990 to 2099."""
    if len(cell) == 5 and cell.isascii() and cell.isdigit() and int(cell) in _SERIALS:
        return _SERIAL_FROM + timedelta(days=int(cell))
    return None


def find_readings(cell: str) -> dict[str, date]:
    """Return order (dmy, mdy, ymd) → date of a text that starts with a date of numbers alone."""
    match = _NUMBERS.match(cell)
    if match is None or cell[match.end() : match.end() + 1] not in {"", " ", ",", "T"}:
        return {}
    first, sign, second, third = match[1] or match[5], match[2], match[3] or match[6], match[4]
    third = third or match[7]
    made = {"dmy": _made(third, second, first)}
    if sign != ".":  # between points the day always stands first
        made["mdy"] = _made(third, first, second)
        if len(third) == 2:
            made["ymd"] = _made(first, second, third)
    return {order: day for order, day in made.items() if day is not None}


def find_order(cells: Iterable[str]) -> str | None:
    """Return the one order in which all numeric dates of a column can be read, or None."""
    orders = {"dmy", "mdy", "ymd"}
    seen = deciding = 0
    for cell in cells:
        readings = find_readings(cell)
        if readings:
            seen += 1
            deciding += len(readings) == 1
            orders &= set(readings)
    if len(orders) != 1 or deciding < max(1, _DECIDING_SHARE * seen):
        return None
    return orders.pop()


def in_order(cell: str, order: str) -> str:
    """Return a text with its numeric date written as ISO, read in an order."""
    match, day = _NUMBERS.match(cell), find_readings(cell).get(order)
    return cell if match is None or day is None else day.isoformat() + cell[match.end() :]


def _made(year: str, month: str, day: str) -> date | None:
    try:
        number = int(year)
        if len(year) == 2:
            number += 2000
            if number not in _SHORT_YEARS:
                return None
        return date(number, int(month), int(day))
    except ValueError:
        return None
