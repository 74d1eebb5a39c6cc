"""Workbooks go to people who open them: what came from others' files is never read as a formula."""

import io
import zipfile

import pytest

from narvaro.core.sheets import read_sheets
from narvaro.web.documents.workbook import render_workbook
from narvaro.web.screens.first_report import Table

WILD = ("=1+1", "+46 8 123", "-2", "@SUM(A1)", "=HYPERLINK(\"http://x.test\")", "{=1}", "https://x.test")  # fmt: skip


@pytest.mark.parametrize("text", WILD)
def test_a_text_that_begins_as_a_formula_stays_text(text: str) -> None:
    """In cells, notes and sentences: no formula and no link is in the file, and the words are."""
    table = Table("places", text, ("Plats", text), frozenset(), ((text, 1.5),), note=text)
    made = render_workbook([table], [("Meningar", [text])])
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        sheets = [package.read(one) for one in package.namelist() if "worksheets/" in one]
    assert len(sheets) == 2
    assert not any(b"<f>" in one or b"<hyperlink" in one for one in sheets)
    cells = [
        cell for sheet in read_sheets(made).sheets for _line, row in sheet.rows for cell in row
    ]
    assert sum(str(cell) == text for cell in cells) == 4
