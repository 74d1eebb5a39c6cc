"""Spreadsheets as people keep them: titles, two-line headers, merged cells, footers; .xlsx out."""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xlsxwriter

Cell = str | int | float | datetime | date | time | None

_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "day": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm"},
    "clock": {"num_format": "hh:mm"},
    "band": {"bold": True, "font_size": 16, "font_color": "white", "bg_color": "#1f4e5f"},
    "title": {"bold": True, "font_size": 13},
    "note": {"italic": True, "font_color": "#777777"},
    "group": {"bold": True, "align": "center", "bg_color": "#c9d8dd", "border": 1},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#e4ecef", "bottom": 2},
    "merged": {"valign": "vcenter", "border": 1},
    "sum": {"bold": True, "top": 1},
}


class Book:
    """A workbook that says when it was made by the day it is told, so that its bytes stay the same."""

    def __init__(self, path: Path, made: date) -> None:
        """Begin a workbook."""
        self._book = xlsxwriter.Workbook(str(path), {"in_memory": True})
        self._book.set_properties({"created": datetime.combine(made, time(9))})
        self._styles = {name: self._book.add_format(style) for name, style in _STYLES.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if kind is None:
            self._book.close()

    def sheet(self, name: str, widths: Sequence[float]) -> "Sheet":
        """Add a sheet whose columns have these widths."""
        page = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        return Sheet(page, self._styles, len(widths))


class Sheet:
    """One sheet, written from the top down."""

    def __init__(self, page: Any, styles: dict[str, Any], width: int) -> None:  # noqa: ANN401 - the library has no types
        self._page, self._styles, self._width = page, styles, width
        self.line = 0  # the next line, from 0

    def across(self, text: str, style: str = "plain") -> None:
        """Write a text over the whole width in one merged cell."""
        self._page.merge_range(self.line, 0, self.line, self._width - 1, text, self._styles[style])
        self.line += 1

    def groups(self, groups: Sequence[tuple[str, int]]) -> None:
        """Write the upper line of a header: each text over so many columns."""
        column = 0
        for text, width in groups:
            if width > 1:
                last = column + width - 1
                self._page.merge_range(
                    self.line, column, self.line, last, text, self._styles["group"]
                )
            else:
                self._page.write(self.line, column, text, self._styles["group"])
            column += width
        self.line += 1

    def row(self, cells: Sequence[Cell], style: str = "") -> None:
        """Write a row; times are shown as dates, clock times or both."""
        for column, cell in enumerate(cells):
            if cell is None or cell == "":
                continue
            self._put(column, cell, style)
        self.line += 1

    def header(self, names: Sequence[str]) -> None:
        """Write the headers and let the rows below them be filtered."""
        self.row(names, "header")

    def skip(self, lines: int = 1) -> None:
        """Leave lines empty."""
        self.line += lines

    def merge_down(self, column: int, first: int, last: int, text: str) -> None:
        """Let one cell stand over the lines `first` to `last` (from 0) of a column."""
        if last > first:
            self._page.merge_range(first, column, last, column, text, self._styles["merged"])
        else:
            self._page.write_string(first, column, text)

    def _put(self, column: int, cell: Cell, style: str) -> None:
        page, line = self._page, self.line
        if isinstance(cell, str):
            page.write_string(line, column, cell, self._styles[style] if style else None)
        elif isinstance(cell, datetime):
            page.write_datetime(line, column, cell.replace(tzinfo=None), self._styles["moment"])
        elif isinstance(cell, date):
            page.write_datetime(line, column, cell, self._styles["day"])
        elif isinstance(cell, time):
            page.write_datetime(line, column, cell, self._styles["clock"])
        else:
            page.write_number(line, column, cell, self._styles[style] if style else None)
