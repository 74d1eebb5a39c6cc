"""What a workbook may hold, looked at before it is opened. In: packed bytes. Out: nothing, or a refusal.

A small file may unpack to very much: it is unpacked piece by piece, and only its tags are counted.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from narvaro.core.cell_error import CellError
from narvaro.core.said import Said

_PIECE = 1 << 22
_LONGEST_TAG = 1 << 16


class SheetsError(CellError):
    """A file that cannot be read as sheets: `code`, `why`, and what `todo`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold; the area is rows × columns of the rectangle around a sheet's cells.

    The same bound holds for the cells that merged ranges fill together.
    """

    unpacked_bytes: int = 1 << 29
    area_cells: int = 12_000_000
    rows: int = 1_000_000
    merged_ranges: int = 100_000


def too_large(size: int, limits: Limits) -> SheetsError:
    """Return the refusal of a file that unpacks to too much."""
    most = limits.unpacked_bytes >> 20
    why = Said(
        "the file unpacks to %(size)s MiB; the limit is %(most)s MiB", size=size >> 20, most=most
    )
    return SheetsError("too_large", why, Said("split it, for example one file per year"))


def damaged(fault: object) -> SheetsError:
    """Return the refusal of a workbook that cannot be opened."""
    why = Said("the spreadsheet cannot be opened; its reader says “%(fault)s”", fault=str(fault))
    todo = Said("open it, save it anew as .xlsx, or as CSV UTF-8")
    return SheetsError("spreadsheet", why, todo)


def too_wide(rows: int, columns: int, limits: Limits) -> SheetsError:
    """Return the refusal of a sheet that reaches too far."""
    why = Said(
        "a sheet reaches over %(rows)s rows × %(columns)s columns; the limit is %(most_rows)s rows "
        "and %(most_cells)s cells",
        rows=rows, columns=columns, most_rows=limits.rows, most_cells=limits.area_cells,
    )  # fmt: skip
    todo = Said("delete what stands far below or beside the table, or split the file")
    return SheetsError("too_wide", why, todo)


def too_merged(ranges: int, cells: int, limits: Limits) -> SheetsError:
    """Return the refusal of a sheet whose merged ranges are too many, or lie upon each other."""
    why = Said(
        "a sheet has %(ranges)s merged ranges over %(cells)s cells; the limit is %(most_ranges)s "
        "ranges and %(most_cells)s cells",
        ranges=ranges, cells=cells, most_ranges=limits.merged_ranges, most_cells=limits.area_cells,
    )  # fmt: skip
    todo = Said("unmerge its cells, or save it as CSV UTF-8")
    return SheetsError("too_merged", why, todo)


def locked() -> SheetsError:
    """Return the refusal of a workbook behind a password."""
    why = Said("the file is protected by a password")
    return SheetsError("encrypted", why, Said("open it and save it without a password"))


_XLSX_TAG = re.compile(
    rb'<(?:\w+:)?(row|c)(?=[\s/>])(?:[^>]*?\sr="([A-Z]{0,3})([0-9]{1,7})")?[^>]*?(/?)>'
)
_ODS_TAG = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>")
_ODS_TIMES = re.compile(rb'table:number-(?:columns|rows)-repeated="([0-9]{1,9})"')


def check_package(data: bytes, limits: Limits) -> None:
    """Refuse what would fill the memory before it is opened, by unpacking it piece by piece."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            total = sum(entry.file_size for entry in package.infolist())
            if total > limits.unpacked_bytes:
                raise too_large(total, limits)
            for entry in package.infolist():
                if entry.flag_bits & 1:
                    raise locked()
                _check_entry(package, entry, limits)
    except SheetsError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError,
        NotImplementedError, RuntimeError,  # an unknown packing, a locked entry
    ) as fault:  # fmt: skip
        raise damaged(fault) from fault


def _check_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> None:
    name = entry.filename.lower()
    if name.endswith(".bin") and "worksheets" in name:
        raise damaged(".xlsb")
    extent = _OdsExtent() if name == "content.xml" else _XlsxExtent()
    tail = b""
    with package.open(entry) as stream:
        while piece := stream.read(_PIECE):
            whole = tail + piece
            cut = whole.rfind(b">") + 1
            extent.read(whole[:cut])
            tail = whole[cut:][-_LONGEST_TAG:]
            rows, columns = extent.rows, extent.columns
            if rows > limits.rows or rows * columns > limits.area_cells:
                raise too_wide(rows, columns, limits)


class _XlsxExtent:
    """How far down and to the right the filled cells of a worksheet reach."""

    def __init__(self) -> None:
        self.rows = 0
        self.columns = 0
        self._row = self._column = 0

    def read(self, xml: bytes) -> None:
        """Take in whole tags."""
        row, column, letters_of = self._row, self._column, _COLUMNS
        for tag, letters, number, closed in _XLSX_TAG.findall(xml):
            if tag == b"row":
                row, column = int(number) if number else row + 1, 0
                continue
            column = letters_of[letters] if letters else column + 1
            if number:
                row = int(number)
            if not closed:
                self.rows = max(self.rows, row)
                self.columns = max(self.columns, column)
        self._row, self._column = row, column


class _ColumnNumbers(dict[bytes, int]):
    """Column letters → number, from 1."""

    def __missing__(self, letters: bytes) -> int:
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        self[letters] = number
        return number


_COLUMNS = _ColumnNumbers()


class _OdsExtent:
    """The same of an OpenDocument sheet, where rows and cells may stand for many."""

    def __init__(self) -> None:
        self.rows = 0
        self.columns = 0
        self._row = self._above = self._column = 0

    def read(self, xml: bytes) -> None:
        """Take in whole tags."""
        for tag, rest in _ODS_TAG.findall(xml):
            found = _ODS_TIMES.search(rest)
            times = int(found[1]) if found else 1
            if tag == b"table":
                self._row = self._above = self._column = 0
            elif tag == b"table-row":
                self._above, self._row, self._column = self._row, self._row + times, 0
            else:
                self._column += times
                if not rest.endswith(b"/"):
                    self.rows = max(self.rows, self._row)
                    self.columns = max(self.columns, self._column)
