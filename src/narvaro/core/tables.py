"""Tables: a file's bytes or a sheet come in, typed rows and refusals in the person's terms go out.

A refusal names the line as the person sees it, the header as written, the value, why it is not
understood and what to do. Nothing is dropped in silence: blank lines are counted, columns that
no one asked for and lines that are no data are listed, short rows and broken quotation marks are
refused.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from narvaro.core.cells import AmbiguousDateError, CellError
from narvaro.core.delimited import (
    DAMAGED,
    DELIMITERS,
    count_lines,
    decode_text,
    iter_records,
    sniff_delimiter,
)
from narvaro.core.headers import Header, Passed, find_header
from narvaro.core.said import Said
from narvaro.core.sheets import Sheet, SheetsError, is_workbook, read_sheets
from narvaro.core.table_spec import Column, TableSpec, clean_header, header_key, header_keys
from narvaro.core.written_dates import find_order, in_order

__all__ = [
    "DELIMITERS", "Column", "Refusal", "RefusedRow", "Row", "Table", "TableSpec", "decode_text",
    "sniff_delimiter",
]  # fmt: skip

Line = tuple[int, list[str] | CellError]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is not understood: header as written, value, why, and what to do."""

    code: str
    column: str
    value: str
    why: Said
    todo: Said

    @classmethod
    def of(cls, error: CellError, column: str = "", value: str = "") -> Self:
        """Return an error as a refusal."""
        return cls(error.code, column, value, error.why, error.todo)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that did not come in, by the line where it starts, with every reason.

    `values` are those of its cells that could be read, by canonical column name.
    """

    line: int
    reasons: tuple[Refusal, ...]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waits_for_words(self) -> bool:
        """Return whether it lacks nothing but somebody who explains its words."""
        return all(one.code == "unknown_word" for one in self.reasons)


@dataclass(frozen=True, slots=True)
class Row:
    """A typed row: canonical column name → value, and the line where it starts (from 1)."""

    line: int
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - the column's parser fixes the type
        return self.values[name]


class Table:
    """A file or sheet with its header understood: iterate once for its rows and refusals, in order.

    Text is read line by line with the header first; where that line lacks what is required, and in
    a workbook, the header is looked for. Of a workbook the best fitting sheet is read, the
    others that hold something are named in `other_sheets`. With a `header` that was found
    before, `source` is its sheet.
    """

    def __init__(
        self,
        source: bytes | Sheet,
        spec: TableSpec,
        mapping: Mapping[str, str] | None = None,
        header: Header | None = None,
    ) -> None:
        self.spec = spec
        self.blank_lines = 0
        self.header_line = 1
        self.encoding = self.delimiter = self.sheet = ""
        self.other_sheets: tuple[str, ...] = ()
        self.passed: tuple[Passed, ...] = ()
        self._mapping = mapping or {}
        self._orders: dict[int, str | None] = {}
        self._again: Callable[[], Iterator[Line]] = lambda: iter(())
        self._records: Iterator[Line] = iter(())
        self._damaged = False
        self._begin()
        if isinstance(source, Sheet):
            self._open_sheet(source, header or find_header(source, [spec], self._mapping))
        elif is_workbook(source):
            self._open_workbook(source)
        else:
            self._open_text(source)

    def _begin(self) -> None:
        self.unmapped: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self._faults: list[Refusal] = []
        self._places: list[tuple[int, str, Column]] = []
        self._skipped: frozenset[int] = frozenset()
        self._ragged = True

    def __iter__(self) -> Iterator[Row | RefusedRow]:
        """Yield each row, or its refusal; with a header that cannot be used, only that refusal."""
        if self._faults:
            yield RefusedRow(self.header_line, tuple(self._faults))
            return
        for line, cells in self._records:
            if isinstance(cells, CellError):
                yield RefusedRow(line, (Refusal.of(cells),))
            elif line in self._skipped:
                continue
            elif any(cells) and any(map(str.strip, cells)):
                yield self._read_row(line, cells)
            else:
                self.blank_lines += 1

    # --- what stands where ---

    def _open_text(self, data: bytes) -> None:
        text, self.encoding = decode_text(data)
        self._damaged = any(mark in text for mark in DAMAGED)
        self.line_count = count_lines(text)
        known = [*self._mapping, *(header for c in self.spec.columns for header in c.headers)]
        self.delimiter = sniff_delimiter(text, known)
        self._records = iter_records(text, self.delimiter)
        self._again = lambda: iter_records(text, self.delimiter)
        self._read_header()
        if self.missing:
            self._look_deeper(data, known)

    def _look_deeper(self, data: bytes, known: list[str]) -> None:
        """Take a header further down in a text, where one holds all that is required."""
        for sheet in read_sheets(data, known).sheets:
            found = find_header(sheet, [self.spec], self._mapping)
            if found is not None and found.lines[0] > self.header_line:
                before = self.unmapped, self.missing, self._faults, self.header_line
                self._begin()
                self._open_sheet(sheet, found)
                if self.missing:
                    self.unmapped, self.missing, self._faults, self.header_line = before
                    self.passed = ()

    def _open_workbook(self, data: bytes) -> None:
        try:
            sheets = read_sheets(data).sheets
        except SheetsError as refused:
            self.line_count = 0
            self._faults.append(Refusal.of(refused))
            return
        found = [(find_header(sheet, [self.spec], self._mapping), sheet) for sheet in sheets]
        found.sort(key=lambda pair: -pair[0].score if pair[0] else 1.0)
        if not found:
            self.line_count = 0
            self._faults.append(_headless())
            return
        self._open_sheet(found[0][1], found[0][0])
        self.other_sheets = tuple(sheet.name for _, sheet in found[1:])

    def _open_sheet(self, sheet: Sheet, header: Header | None) -> None:
        self.sheet, self._ragged = sheet.name, sheet.ragged
        self.line_count = len(sheet.rows)
        self._damaged = sheet.ragged
        self._again = lambda: _lines(sheet)
        if header is None:
            self._records = _lines(sheet)
            self._read_header()
            return
        self.passed, self._skipped = header.passed, header.skipped
        self.header_line = header.lines[-1]
        self._records = (record for record in _lines(sheet) if record[0] > header.lines[-1])
        self._place(list(header.headers))

    def _fault(self, code: str, column: str, value: str, why: Said, todo: Said) -> None:
        self._faults.append(Refusal(code, column, value, why, todo))

    def _read_header(self) -> None:
        headers: list[str] = []
        for line, cells in self._records:
            self.header_line = line
            if isinstance(cells, CellError):
                self._faults.append(Refusal.of(cells))
                return
            headers = [*map(clean_header, cells)]
            if any(headers) and headers[0].casefold() != "sep=":
                break
            self.blank_lines += not any(headers)
            headers = []
        if not headers:
            self._faults.append(_headless())
        self._place(headers)

    def _names(self, headers: list[str]) -> dict[str, str]:
        columns = {column.name: column for column in self.spec.columns}
        names = self.spec.keys()
        written = {header_key(header) for header in headers}
        for header, name in self._mapping.items():
            if not name:
                continue
            if name not in columns:
                todo = Said("write one of %(words)s", words=", ".join(columns))
                self._fault("unknown_column", header, name, Said("there is no such column"), todo)
            elif header_key(header) not in written:
                why = Said("the mapping names a header that the file has not")
                self._fault("unknown_header", header, name, why, Said("write it as in the file"))
            else:
                names = {key: value for key, value in names.items() if value != name}
                names[header_key(header)] = name
        return names

    def _place(self, headers: list[str]) -> None:
        while headers and not headers[-1]:
            headers.pop()
        names = self._names(headers)
        unused = {header_key(header) for header, name in self._mapping.items() if not name}
        columns = {column.name: column for column in self.spec.columns}
        taken: dict[str, str] = {}
        unmapped: list[str] = []
        for index, header in enumerate(headers):
            name = next((names[key] for key in header_keys(header) if key in names), None)
            if name is None or header_key(header) in unused:
                unmapped.append(header or Said("column %(number)s", number=index + 1))
            elif name in taken:
                why = Said(
                    "“%(first)s” and “%(second)s” both mean “%(column)s”",
                    first=taken[name], second=header, column=name,
                )  # fmt: skip
                todo = Said("remove one, or choose the right one")
                self._fault("double_column", header, "", why, todo)
            else:
                taken[name] = header
                self._places.append((index, header, columns[name]))
        self._width = len(headers)
        self.unmapped = tuple(unmapped)
        self.missing = tuple(
            c.name for c in self.spec.columns if c.required and c.name not in taken
        )
        for name in self.missing:
            todo = Said(
                "add a column headed as one of %(words)s, or choose another header for “%(column)s”",
                words=", ".join(columns[name].headers), column=name,
            )  # fmt: skip
            why = Said("this is not among the headers")
            self._fault("missing_column", columns[name].headers[0], "", why, todo)

    # --- rows ---

    def _read_row(self, line: int, cells: list[str]) -> Row | RefusedRow:
        width = self._width
        if (
            self._ragged
            and len(cells) != width
            and (len(cells) < width or any(map(str.strip, cells[width:])))
        ):
            why = Said(
                "the row has %(cells)s cells, the header has %(headers)s",
                cells=len(cells), headers=width,
            )  # fmt: skip
            todo = Said("put cells that hold the delimiter in quotation marks")
            if len(cells) < width:
                todo = Said("add the missing cells")
            return RefusedRow(line, (Refusal("wrong_width", "", "", why, todo),))
        values: dict[str, Any] = {}
        reasons = self._damage(cells) if self._damaged else []
        for index, header, column in self._places:
            cell = cells[index].strip()
            try:
                values[column.name] = column.read(cell)
            except AmbiguousDateError as error:
                order = self._order(index)
                if order is None:
                    reasons.append(Refusal.of(error, header, column.shown(cell)))
                else:
                    values[column.name] = column.read(in_order(cell, order))
            except CellError as error:
                reasons.append(Refusal.of(error, header, column.shown(cell)))
        return RefusedRow(line, tuple(reasons), values) if reasons else Row(line, values)

    def _order(self, index: int) -> str | None:
        """Return the order of day, month and year that the whole column shows, if it does."""
        if index not in self._orders:
            self._orders[index] = find_order(
                cells[index].strip()
                for line, cells in self._again()
                if not isinstance(cells, CellError)
                and line not in self._skipped
                and line > self.header_line
                and index < len(cells)
            )
        return self._orders[index]

    def _damage(self, cells: list[str]) -> list[Refusal]:
        why = Said("a character was lost before this")
        todo = Said("mend it and save the file as UTF-8")
        return [
            Refusal("damaged_text", header, column.shown(cells[index]), why, todo)
            for index, header, column in self._places
            if any(mark in cells[index] for mark in DAMAGED)
        ]


def _headless() -> Refusal:
    why = Said("the file has no header")
    return Refusal("empty_file", "", "", why, Said("write the headers first"))


def _lines(sheet: Sheet) -> Iterator[Line]:
    rows: Iterable[Line] = sheet.rows
    return heapq.merge(rows, sheet.faults, key=lambda one: one[0]) if sheet.faults else iter(rows)
