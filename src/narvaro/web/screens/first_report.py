"""What the first report shows, on the screen, as PDF and as a workbook alike. Out: contexts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its heads, which columns are numbers, its rows as values (None: not known)."""

    code: str
    title: str
    heads: tuple[str, ...]
    numbers: frozenset[int]
    rows: tuple[tuple[str | int | float | Decimal | date | None, ...], ...]
    note: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that the report begins with, and what it is."""

    value: str
    what: str


@dataclass(frozen=True, slots=True)
class FirstReportPage:
    """first_report/page.html, first_report.typ and the workbook."""

    title: str
    about: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    cannot_say: tuple[str, ...]
    files: tuple[str, ...]
    pdf_href: str
    xlsx_href: str
    files_href: str
