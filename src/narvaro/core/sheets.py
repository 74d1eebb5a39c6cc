"""Sheets: the bytes of .xlsx, .xls, .ods, CSV or TSV come in, rows of cell texts by line go out.

Cells become the texts that `core.cells` reads: 2026-01-02, 2026-01-02 13:45:00, 13:45:00, true,
3, 2.5. A merged range holds its value in each of its cells. Nothing is left out in silence: hidden
and empty sheets are named, and a merged number, which now stands several times, is told.
"""

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import python_calamine as calamine

from narvaro.core.cells import CellError
from narvaro.core.delimited import Record, decode_text, iter_records, sniff_delimiter
from narvaro.core.sheet_package import (
    Limits,
    SheetsError,
    check_package,
    damaged,
    locked,
    too_large,
    too_merged,
    too_wide,
)

__all__ = ["Limits", "Sheet", "SheetsError", "Workbook", "is_workbook", "read_sheets"]

Range = tuple[tuple[int, int], tuple[int, int]]  # first and last (row, column), from 0
ZIPPED, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_RARE_SHARE = 0.05
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cell texts, each with the line that the person sees.

    `faults` are lines that could not be split into cells. Rows of a `ragged` sheet (text) are as
    long as written; others have one width. `repeated` holds (first line, last line, column from
    0) of each number that was merged over lines and now stands on each of them.
    """

    name: str
    rows: Sequence[Record]
    faults: tuple[tuple[int, CellError], ...] = ()
    ragged: bool = False
    repeated: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of a file that hold something, and the names of those that were passed over."""

    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""


def is_workbook(data: bytes) -> bool:
    """Return whether these are the bytes of a spreadsheet program's own format, not text."""
    return data.startswith((ZIPPED, COMPOUND))


def read_sheets(data: bytes, known: Sequence[str] = (), limits: Limits | None = None) -> Workbook:
    """Read a file; `known` headers help to find the delimiter of a text file.

    Raises SheetsError for a workbook that is damaged, encrypted, or beyond the limits.
    """
    limits = limits or Limits()
    if is_workbook(data):
        return _read_workbook(data, limits)
    if len(data) > limits.unpacked_bytes:
        raise too_large(len(data), limits)
    text, encoding = decode_text(data)
    delimiter = sniff_delimiter(text, known)
    rows: list[Record] = []
    faults: list[tuple[int, CellError]] = []
    for line, cells in iter_records(text, delimiter):
        if isinstance(cells, CellError):
            faults.append((line, cells))
        elif any(cells) and not (len(rows) == 0 and cells[0].casefold() == "sep="):
            rows.append((line, cells))
    if len(rows) > limits.rows:
        raise too_wide(len(rows), max(len(cells) for _, cells in rows), limits)
    sheets = (Sheet("", rows, tuple(faults), ragged=True),) if rows or faults else ()
    return Workbook(sheets, encoding=encoding, delimiter=delimiter)


def _read_workbook(data: bytes, limits: Limits) -> Workbook:
    if data.startswith(ZIPPED):
        check_package(data, limits)
    elif _ENCRYPTED_STREAM in data:
        raise locked()
    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            return _take(book, limits)
    except calamine.PasswordError as fault:
        raise locked() from fault
    except SheetsError:
        raise
    except BaseException as fault:  # a panic of the reader is no Exception
        if isinstance(fault, Exception) or type(fault).__name__ == "PanicException":
            raise damaged(fault) from fault
        raise


def _take(book: Any, limits: Limits) -> Workbook:  # noqa: ANN401 - calamine's class has no public name
    sheets: list[Sheet] = []
    hidden: list[str] = []
    empty: list[str] = []
    for one in book.sheets_metadata:
        if one.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        if one.visible != calamine.SheetVisibleEnum.Visible:
            hidden.append(one.name)
            continue
        found = _read_sheet(book.get_sheet_by_name(one.name), limits)
        if found is None:
            empty.append(one.name)
        else:
            sheets.append(found)
    return Workbook(tuple(sheets), tuple(hidden), tuple(empty))


# --- cells to texts -----------------------------------------------------------------------------

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_INVISIBLE = dict.fromkeys(map(ord, "\0\u200b\u200c\u200d\ufeff\u00ad"))
_INVISIBLE |= dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ")


def _text(value: str) -> str:
    plain = value.isascii() and "\0" not in value
    return value.strip() if plain else value.translate(_INVISIBLE).strip()


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    shown = f"{value:.15g}"
    return format(Decimal(shown), "f") if "e" in shown else shown


def _seconds(value: datetime) -> datetime:
    """Return the time rounded to its second: a spreadsheet keeps days, and so loses some."""
    if value.microsecond:
        value += timedelta(microseconds=500_000)
    return value.replace(microsecond=0)


def _moment(value: datetime) -> str:
    return _seconds(value).isoformat(" ")


def _clock(value: time) -> str:
    return _seconds(datetime.combine(date(2000, 1, 1), value)).time().isoformat()


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = "-" * (seconds < 0), abs(seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_WRITE: dict[type, Callable[[Any], str]] = {
    str: _text,
    float: _number,
    int: str,
    bool: lambda value: "true" if value else "false",
    datetime: _moment,
    date: date.isoformat,
    time: _clock,
    timedelta: _duration,
}


def _read_sheet(sheet: Any, limits: Limits) -> Sheet | None:  # noqa: ANN401 - as above
    if sheet.start is None:
        return None
    bottom, right = sheet.end
    if bottom >= limits.rows or (bottom + 1) * (right + 1) > limits.area_cells:
        raise too_wide(bottom + 1, right + 1, limits)
    grid: list[list[str]] = []
    days: dict[int, list[int]] = {}  # column → lines with a bare date
    timed: set[int] = set()
    for values in sheet.iter_rows():  # with the empty lines above, without the columns beside
        kinds = [*map(type, values)]
        left = right + 1 - len(kinds)
        if datetime in kinds or date in kinds:
            timed |= {column for column, kind in enumerate(kinds, left) if kind is datetime}
            for column, kind in enumerate(kinds, left):
                if kind is date:
                    days.setdefault(column, []).append(len(grid))
        grid.append(
            [""] * left + [_WRITE[kind](value) for kind, value in zip(kinds, values, strict=True)]
        )
    top = bottom + 1 - len(grid)
    for column in timed & days.keys():
        _mark_midnights(grid, column, days[column])
    repeated = _spread(grid, top, sheet.merged_cell_ranges or (), limits)
    rows = [(index, cells) for index, cells in enumerate(grid, top + 1) if any(cells)]
    return Sheet(sheet.name, rows, repeated=repeated) if rows else None


def _spread(
    grid: list[list[str]], top: int, ranges: Sequence[Range], limits: Limits
) -> tuple[tuple[int, int, int], ...]:
    """Write each merged range's value into its cells; return the numbers that stand repeated now.

    Ranges may lie upon each other: what they fill together is bounded before any is filled.
    """
    bottom, right = top + len(grid) - 1, len(grid[0]) - 1
    area = sum(
        max(0, min(last_row, bottom) - row + 1) * max(0, min(last_column, right) - column + 1)
        for (row, column), (last_row, last_column) in ranges
    )
    if area > limits.area_cells or len(ranges) > limits.merged_ranges:
        raise too_merged(len(ranges), area, limits)
    repeated: list[tuple[int, int, int]] = []
    for (row, column), (last_row, last_column) in ranges:
        value = _fill(grid, (row - top, column), (last_row - top, last_column))
        if last_row > row and _PLAIN_NUMBER.fullmatch(value):
            repeated.append((row + 1, last_row + 1, column))
    return tuple(repeated)


def _mark_midnights(grid: list[list[str]], column: int, rows: list[int]) -> None:
    """Write the midnights of a column of times, which come as bare dates, as times.

    Where bare dates are not as rare as midnights, they are dates without a time and stay so.
    """
    if len(rows) <= _RARE_SHARE * sum(1 for cells in grid if cells[column]):
        for row in rows:
            grid[row][column] += " 00:00:00"


def _fill(grid: list[list[str]], first: tuple[int, int], last: tuple[int, int]) -> str:
    """Write a merged range's value into each of its cells that the sheet has, and return it."""
    (top, left), (bottom, right) = first, last
    if not 0 <= top < len(grid) or left >= len(grid[0]):
        return ""
    value = grid[top][left]
    for row in grid[top : bottom + 1] if value else ():
        width = min(right + 1, len(row)) - left
        row[left : left + width] = [value] * width
    return value
