"""Workbooks. In: tables and lists of sentences. Out: the bytes of an .xlsx.

What came from people's files is written as text: nothing in it is read as a formula.
"""

import io
from collections.abc import Sequence
from decimal import Decimal

import xlsxwriter

from narvaro.web.screens.first_report import Table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_AS_TEXT = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip


def _sheet_name(title: str, taken: set[str]) -> str:
    name = title.translate(_FORBIDDEN)[:28].strip()
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{name[:25]} {number}"
    taken.add(name.casefold())
    return name


def render_workbook(
    tables: Sequence[Table], texts: Sequence[tuple[str, Sequence[str]]] = ()
) -> bytes:
    """Return a workbook with a sheet for each table and each list of sentences."""
    out = io.BytesIO()
    taken: set[str] = set()
    with xlsxwriter.Workbook(out, _AS_TEXT) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        number = book.add_format({"num_format": "# ##0.##"})
        for table in tables:
            sheet = book.add_worksheet(_sheet_name(table.title, taken))
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 0, 44)
            sheet.set_column(1, max(1, len(table.heads) - 1), 18)
            sheet.write_row(0, 0, table.heads, head)
            for line, row in enumerate(table.rows, 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, int | float | Decimal):
                        sheet.write_number(line, column, float(cell), number)
                    elif cell is not None:
                        sheet.write_string(line, column, str(cell))
            if table.note:
                sheet.write_string(len(table.rows) + 2, 0, table.note)
        for title, sentences in texts:
            sheet = book.add_worksheet(_sheet_name(title, taken))
            sheet.set_column(0, 0, 120)
            for line, sentence in enumerate(sentences):
                sheet.write_string(line, 0, sentence)
    return out.getvalue()
