"""CSV tables: the bytes of a file come in, typed rows and refusals in the person's terms go out.

A refusal names the line as the person sees it, the header as written, the value, why it is not
understood and what to do. Nothing is dropped in silence: blank lines are counted, columns that
no one asked for are listed, short rows and broken quotation marks are refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from narvaro.core.cells import CellError

DELIMITERS = ";\t,|"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_DAMAGED = ("\ufffd", "\x00")
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: canonical `name`, cell parser, other headers it goes by (`aliases`).

    A `required` column must be in the header with a value on each row, unless `may_be_empty`.
    Any other column may be missing. An empty cell is None. What stands in a `secret` column is
    never repeated.
    """

    name: str
    parse: Callable[[str], object]
    required: bool = True
    aliases: tuple[str, ...] = ()
    may_be_empty: bool = False
    secret: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers by which this column is known, the local ones first."""
        return (*self.aliases, self.name)

    def shown(self, cell: str) -> str:
        """Return a cell as a refusal may repeat it."""
        return "…" if self.secret else cell

    def read(self, cell: str) -> object:
        """Return the value of a stripped cell; None for an empty one that may be empty."""
        if cell:
            return self.parse(cell)
        if self.required and not self.may_be_empty:
            raise CellError("empty_cell", "the cell is empty", "fill it in")
        return None


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A kind of table and its columns; two columns may not share a header."""

    kind: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        keys = [key for column in self.columns for key in {*map(_key, column.headers)}]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"table {self.kind}: {', '.join(twice)} names two columns; rename one")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is not understood: header as written, value, why, and what to do."""

    code: str
    column: str
    value: str
    why: str
    todo: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that did not come in, by the line where it starts, with every reason."""

    line: int
    reasons: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A typed row: canonical column name → value, and the line where it starts (from 1)."""

    line: int
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - the column's parser fixes the type
        return self.values[name]


@dataclass(frozen=True, slots=True)
class TableResult:
    """A table read to its end."""

    rows: tuple[Row, ...]
    refused: tuple[RefusedRow, ...]
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    blank_lines: int
    encoding: str
    delimiter: str


def _key(header: str) -> str:
    return " ".join(header.strip("\ufeff \t").split()).casefold()


def decode_text(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8, UTF-16 with a mark, else cp1252 or Latin-1.

    A text that is UTF-8 or UTF-16 but for single broken places keeps U+FFFD in those;
    `Table` refuses the rows that hold one.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "utf-16"
    loose = data.decode("utf-8-sig", errors="replace")
    broken = loose.count("\ufffd")
    # In cp1252 a Swedish letter stands before plain ASCII, which UTF-8 never allows: hardly any
    # pair reads as UTF-8 by chance, so a majority of sound letters tells a damaged UTF-8 file.
    if (
        not broken
        or data.startswith(b"\xef\xbb\xbf")
        or len(_BEYOND_ASCII.findall(loose)) > 2 * broken
    ):
        return loose, "utf-8"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def sniff_delimiter(text: str, known: Collection[str] = ()) -> str:
    """Return the delimiter of the first line with text: most `known` headers, then most cells."""
    keys = {_key(header) for header in known}
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")[:100_000]
    if first.casefold().startswith("sep=") and first[4:5] in DELIMITERS and len(first.strip()) <= 5:
        return first[4]

    def score(delimiter: str) -> tuple[int, int]:
        cells = first.split(delimiter)
        return sum(_key(cell.strip('" \r\n')) in keys for cell in cells), len(cells)

    return max(DELIMITERS, key=score)


class Table:
    """A file with its header understood: iterate once for its rows and refused rows, in order."""

    def __init__(
        self, data: bytes, spec: TableSpec, mapping: Mapping[str, str] | None = None
    ) -> None:
        self.spec = spec
        self.blank_lines = 0
        self.unmapped: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self.header_line = 1
        self._faults: list[Refusal] = []
        self._places: list[tuple[int, str, Column]] = []
        text, self.encoding = decode_text(data)
        self._damaged = any(mark in text for mark in _DAMAGED)
        self.line_count = max(text.count("\n"), text.count("\r")) + (text[-1:] not in "\r\n")
        known = [*(mapping or {}), *(header for c in spec.columns for header in c.headers)]
        self.delimiter = sniff_delimiter(text, known)
        self._records = self._iter_records(text)
        if data.startswith(_SPREADSHEETS):
            self._fault(
                "spreadsheet",
                "",
                "",
                "this is a spreadsheet file, not text",
                "save it as CSV UTF-8",
            )
        else:
            self._read_header(mapping or {})

    def __iter__(self) -> Iterator[Row | RefusedRow]:
        """Yield each row, or its refusal; with a header that cannot be used, only that refusal."""
        if self._faults:
            yield RefusedRow(self.header_line, tuple(self._faults))
            return
        for line, cells in self._records:
            if isinstance(cells, Refusal):
                yield RefusedRow(line, (cells,))
            elif any(cells) and any(map(str.strip, cells)):
                yield self._read_row(line, cells)
            else:
                self.blank_lines += 1

    def _iter_records(self, text: str) -> Iterator[tuple[int, list[str] | Refusal]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield (
                    line,
                    Refusal(
                        code="broken_row",
                        column="",
                        value="",
                        why=f"lines {line}–{reader.line_num} cannot be split into cells ({error})",
                        todo='close each quotation mark, and write a mark inside a cell as ""',
                    ),
                )

    def _fault(self, code: str, column: str, value: str, why: str, todo: str) -> None:
        self._faults.append(Refusal(code, column, value, why, todo))

    def _read_header(self, mapping: Mapping[str, str]) -> None:
        headers: list[str] = []
        for line, cells in self._records:
            self.header_line = line
            if isinstance(cells, Refusal):
                self._faults.append(cells)
                return
            headers = [" ".join(cell.strip("\ufeff").split()) for cell in cells]
            if any(headers) and headers[0].casefold() != "sep=":
                break
            self.blank_lines += not any(headers)
            headers = []
        while headers and not headers[-1]:
            headers.pop()
        if not headers:
            self._fault("empty_file", "", "", "the file has no header", "write the headers first")
        self._place(headers, self._names(headers, mapping))

    def _names(self, headers: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
        columns = {column.name: column for column in self.spec.columns}
        names = {_key(header): c.name for c in self.spec.columns for header in c.headers}
        written = {_key(header) for header in headers}
        for header, name in mapping.items():
            if name not in columns:
                offered = ", ".join(columns)
                self._fault("unknown_column", header, name, "no such column", f"one of {offered}")
            elif _key(header) not in written:
                why = "the mapping names a header that the file has not"
                self._fault("unknown_header", header, name, why, "write it as in the file")
            else:
                names = {key: value for key, value in names.items() if value != name}
                names[_key(header)] = name
        return names

    def _place(self, headers: list[str], names: Mapping[str, str]) -> None:
        columns = {column.name: column for column in self.spec.columns}
        taken: dict[str, str] = {}
        unmapped: list[str] = []
        for index, header in enumerate(headers):
            name = names.get(_key(header))
            if name is None:
                unmapped.append(header or f"column {index + 1}")
            elif name in taken:
                why = f"“{taken[name]}” and “{header}” both mean {name}"
                self._fault("double_column", header, "", why, "remove one, or map the right one")
            else:
                taken[name] = header
                self._places.append((index, header, columns[name]))
        self._width = len(headers)
        self.unmapped = tuple(unmapped)
        self.missing = tuple(
            c.name for c in self.spec.columns if c.required and c.name not in taken
        )
        for name in self.missing:
            headers_known = " or ".join(columns[name].headers)
            todo = f"add a column headed {headers_known}, or map another header to {name}"
            self._fault("missing_column", columns[name].headers[0], "", "not in the header", todo)

    def _read_row(self, line: int, cells: list[str]) -> Row | RefusedRow:
        width = self._width
        if len(cells) != width and (len(cells) < width or any(map(str.strip, cells[width:]))):
            why = f"the row has {len(cells)} cells, the header has {width}"
            todo = "add the missing cells" if len(cells) < width else "put cells that hold the "
            todo += "" if len(cells) < width else "delimiter in quotation marks"
            return RefusedRow(line, (Refusal("wrong_width", "", "", why, todo),))
        values: dict[str, Any] = {}
        reasons = self._damage(cells) if self._damaged else []
        for index, header, column in self._places:
            cell = cells[index].strip()
            try:
                values[column.name] = column.read(cell)
            except CellError as error:
                reasons.append(
                    Refusal(error.code, header, column.shown(cell), error.why, error.todo)
                )
        return RefusedRow(line, tuple(reasons)) if reasons else Row(line, values)

    def _damage(self, cells: list[str]) -> list[Refusal]:
        why, todo = "a character was lost before this", "mend it and save the file as UTF-8"
        return [
            Refusal("damaged_text", header, column.shown(cells[index]), why, todo)
            for index, header, column in self._places
            if any(mark in cells[index] for mark in _DAMAGED)
        ]


def read_table(
    data: bytes, spec: TableSpec, mapping: Mapping[str, str] | None = None
) -> TableResult:
    """Read a whole table; `mapping` is header as written → canonical column name.

    Never raises for what stands in `data`. A header that lacks a required column refuses the
    file: `missing` names the columns and `refused` holds the header's line with what to do.
    """
    table = Table(data, spec, mapping)
    rows: list[Row] = []
    refused: list[RefusedRow] = []
    for row in table:
        if isinstance(row, Row):
            rows.append(row)
        else:
            refused.append(row)
    return TableResult(
        rows=tuple(rows),
        refused=tuple(refused),
        unmapped=table.unmapped,
        missing=table.missing,
        blank_lines=table.blank_lines,
        encoding=table.encoding,
        delimiter=table.delimiter,
    )
