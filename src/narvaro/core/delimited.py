"""Delimited text: the bytes of a CSV or TSV file come in, its records by line go out.

A record that cannot be split into cells comes out as a fault with the lines it swallowed; the
records after it are read.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator
from itertools import islice

from narvaro.core.cells import CellError
from narvaro.core.said import Said
from narvaro.core.table_spec import header_key

DELIMITERS = ";\t,|"
DAMAGED = ("\ufffd", "\x00")
LINES_SNIFFED = 30
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

Record = tuple[int, list[str]]


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
    """Return the delimiter by which one of the first lines holds most `known` headers.

    Equal ones are told apart by the cells of the first line; without known headers, of the others.
    """
    keys = {header_key(header) for header in known}
    lines = (line[:100_000] for line in io.StringIO(text, newline="") if line.strip())
    first, *more = list(islice(lines, LINES_SNIFFED)) or [""]
    if first.casefold().startswith("sep=") and first[4:5] in DELIMITERS and len(first.strip()) <= 5:
        return first[4]

    def count(line: str, delimiter: str) -> int:
        return sum(header_key(cell.strip('" \r\n')) in keys for cell in line.split(delimiter))

    def score(delimiter: str) -> tuple[int, int, int]:
        hits = max(count(line, delimiter) for line in (first, *more))
        below = 0 if hits else sum(line.count(delimiter) for line in more)
        return hits, first.count(delimiter), below

    return max(DELIMITERS, key=score)


def count_lines(text: str) -> int:
    """Return how many lines the text has, whatever ends them."""
    return max(text.count("\n"), text.count("\r")) + (text[-1:] not in "\r\n")


def iter_records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | CellError]]:
    """Yield each record with the line where it starts (from 1), or why it cannot be split."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            why = Said(
                "lines %(first)s–%(last)s cannot be split into cells",
                first=line, last=reader.line_num,
            )  # fmt: skip
            todo = Said('close each quotation mark, and write a mark inside a cell as ""')
            yield line, CellError("broken_row", why, todo)
