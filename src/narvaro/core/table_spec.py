"""What a table should hold: its columns, their headers and parsers. In: texts. Out: values, keys.

Headers are compared without case, spaces at the ends, line breaks and the marks that people put
behind them; where a header holds a unit or note in parentheses, it is known without it too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from narvaro.core.cells import CellError
from narvaro.core.said import Said

_BROKEN_WORD = re.compile(r"(?<=\w)-\s*[\r\n]+\s*(?=[a-zåäö])|\u00ad")
_IN_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")


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
            raise CellError("empty_cell", Said("the cell is empty"), Said("fill it in"))
        return None


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A kind of table and its columns; two columns may not share a header."""

    kind: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        keys = [key for column in self.columns for key in {*map(header_key, column.headers)}]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"table {self.kind}: {', '.join(twice)} names two columns; rename one")

    def keys(self) -> dict[str, str]:
        """Return header key → canonical column name."""
        return {header_key(header): c.name for c in self.columns for header in c.headers}


@lru_cache(4096)
def clean_header(header: str) -> str:
    """Return a header on one line, as it is shown to people."""
    return " ".join(_BROKEN_WORD.sub("", header.strip("\ufeff")).split())


def header_key(header: str) -> str:
    """Return what two spellings of a header have in common."""
    return clean_header(header).casefold().rstrip(" :*.") or clean_header(header).casefold()


def header_keys(header: str) -> tuple[str, ...]:
    """Return the keys by which a header may be known: as it stands, and without its unit."""
    bare = _IN_PARENTHESES.sub("", header.strip().rstrip(":*."))
    keys = header_key(header), header_key(bare)
    return keys if keys[1] and keys[0] != keys[1] else keys[:1]
