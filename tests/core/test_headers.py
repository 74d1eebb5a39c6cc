"""Headers: the table in an ugly sheet is found, and what is passed over is told."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from narvaro.core import cells
from narvaro.core.headers import Header, find_header
from narvaro.core.sheets import Sheet, read_sheets
from narvaro.core.table_spec import Column, TableSpec
from narvaro.core.tables import Row, Table
from tests.core.workbooks import make_xlsx

DAMAGE = TableSpec(
    "damage",
    (
        Column("found_on", cells.day, aliases=("Skadedatum", "Datum")),
        Column("site", cells.text, aliases=("Objekt",)),
        Column("category", cells.text, aliases=("Kategori",)),
        Column("cost", cells.amount, required=False, aliases=("Kostnad",)),
        Column("final_cost", cells.amount, required=False, aliases=("Kostnad slutlig",)),
    ),
)
SITES = TableSpec(
    "sites",
    (
        Column("code", cells.text, aliases=("Objektnummer",)),
        Column("name", cells.text, aliases=("Objekt",)),
        Column("address", cells.text, aliases=("Adress",)),
    ),
)
HEADER = ["Skadedatum", "Objekt", "Kategori", "Kostnad"]
ROWS = [
    ["2025-03-04", "Trasten skola", "Klotter", "1250"],
    ["2025-03-05", "Lärkan", "Glaskross", "ca 3 000 kr"],
    ["2025-03-06", "Hovsäter", "Klotter", "12 500:-"],
]


def sheet(*rows: list[str], ragged: bool = False) -> Sheet:
    """Return rows as a sheet that starts on line 1, blank lines counted."""
    return Sheet(
        "Blad1", [(n, cells) for n, cells in enumerate(rows, 1) if any(cells)], ragged=ragged
    )


def found(*rows: list[str], mapping: dict[str, str] | None = None) -> Header:
    """Return the header of rows that have one."""
    header = find_header(sheet(*rows), [DAMAGE, SITES], mapping)
    assert header is not None
    return header


def passed(header: Header) -> list[tuple[int, str]]:
    """Return line and code of what was passed over."""
    return [(one.line, one.code) for one in header.passed]


def test_titles_and_notes_above_are_passed_over_by_line() -> None:
    """The header is the line with most known headers, not the first."""
    header = found(["Skador 2025", "", "", ""], ["", "", "", ""], ["Avser Älvhamra", "", "", ""],
                   HEADER, *ROWS)  # fmt: skip
    assert (header.lines, header.last_line) == ((4,), 7)
    assert passed(header) == [(1, "title"), (3, "title")]
    assert header.spec is DAMAGE


def test_the_kind_is_the_one_that_fits_best_and_all_are_ranked() -> None:
    header = found(["Objektnummer", "Objekt", "Adress"], ["S-1", "Trasten", "Skolgatan 1"])
    assert header.spec is SITES
    assert [kind for kind, _ in header.ranked] == ["sites"]
    header = found([*HEADER, "Adress"], ["2025-03-04", "Trasten", "Klotter", "1", "Skolgatan 1"])
    assert [kind for kind, _ in header.ranked] == ["damage", "sites"]
    assert header.ranked[0][1] == header.score > header.ranked[1][1]


def test_headers_in_two_lines_are_read_together() -> None:
    """A group above, merged over its columns, and what it holds below."""
    header = found(
        ["", "", "", "Kostnad", "Kostnad"],
        ["Datum", "Objekt", "Kategori", "beräknad", "slutlig"],
        ["2025-03-04", "Trasten", "Klotter", "100", "200"],
    )
    assert header.lines == (1, 2)
    assert header.headers == ("Datum", "Objekt", "Kategori", "Kostnad", "Kostnad slutlig")
    (row,) = Table(sheet(["", "", "", "Kostnad", "Kostnad"],
                         ["Datum", "Objekt", "Kategori", "beräknad", "slutlig"],
                         ["2025-03-04", "Trasten", "Klotter", "100", "200"]), DAMAGE)  # fmt: skip
    assert isinstance(row, Row)
    assert str(row["final_cost"].sek) == "200"


def test_line_breaks_units_and_marks_do_not_hide_a_header() -> None:
    header = found(["Skade-\ndatum:", "OBJEKT *", "Kategori", "Kostnad (kr exkl. moms)"], *ROWS)
    assert header.spec is DAMAGE
    assert header.score == 1.0


def test_totals_notes_and_repeated_headers_below_are_told() -> None:
    """Each with its line; the data between them is all there."""
    header = found(HEADER, ROWS[0], ["Delsumma", "", "", "1250"], HEADER, *ROWS[1:],
                   ["Summa 2025:", "", "", "16 750"], ["Källa: fastighetskontoret", "", "", ""])  # fmt: skip
    assert passed(header) == [(3, "total"), (4, "header_again"), (7, "total"), (8, "note")]
    assert header.last_line == 6


def test_a_heading_between_rows_is_told_and_a_lone_date_is_not_passed_over() -> None:
    """A date on a line of its own may belong to the rows below: it is refused, loudly."""
    header = found(
        HEADER, ROWS[0], ["Mars 2025", "", "", ""], ROWS[1], ["2025-04-01", "", "", ""], ROWS[2]
    )
    assert passed(header) == [(3, "heading")]


def test_what_may_be_data_is_never_passed_over() -> None:
    """A site whose name starts as a total does; a row with text behind the word; a full row."""
    rows = [
        ["2025-03-04", "Summa summarum AB", "Klotter", "10"],
        ["Totalkontoret", "Trasten", "", "10"],
        ["Antal personer 3", "Trasten", "Klotter", ""],
    ]
    assert found(HEADER, *ROWS, *rows).passed == ()


def test_a_merged_note_below_stands_in_every_cell() -> None:
    note = ["Uppgifterna är preliminära"] * 4
    assert passed(found(HEADER, *ROWS, note)) == [(5, "note")]


def test_unknown_headers_are_still_found_for_a_person_to_map() -> None:
    """No kind fits; the line above the first rows of the same width is offered."""
    header = found(["Rapport", "", ""], ["När", "Var", "Hur"], ["2025-01-02", "Trasten", "x"],
                   ["2025-01-03", "Lärkan", "y"])  # fmt: skip
    assert (header.spec, header.lines, header.score) == (None, (2,), 0.0)
    assert header.headers == ("När", "Var", "Hur")


def test_mapped_headers_count_as_known() -> None:
    """A source that was mapped once is found again, though a title is as wide as its table."""
    mapping = {"När": "found_on", "Var": "site", "Hur": "category"}
    rows = (["Älvhamra", "kommun", "2025"], ["När", "Var", "Hur"], ["2025-01-02", "Trasten", "x"])
    assert found(*rows, mapping=mapping).lines == (2,)
    (row,) = Table(sheet(*rows), DAMAGE, mapping)
    assert isinstance(row, Row)


def test_a_sheet_of_prose_has_no_header() -> None:
    assert find_header(sheet(["Om filen"], ["Den är från 2025"]), [DAMAGE]) is None
    assert find_header(Sheet("tom", ()), [DAMAGE]) is None


def test_an_ugly_workbook_is_read_to_its_last_row() -> None:
    """Title over merged cells, a site merged over its rows, a total, on the second sheet."""

    def change(_book: Any, sheets: dict[str, Any]) -> None:
        sheets["Skador"].merge_range("A1:D1", "Skadegörelse 2025")
        sheets["Skador"].merge_range("B4:B5", "Trasten skola")

    body: list[list[Any]] = [
        ["2025-03-04", None, "Klotter", 1250],
        ["5/3 2025", None, "Glaskross", "ca 3 000 kr"],
    ]
    data = make_xlsx(
        {"Läs mig": [["Om filen"]], "Skador": [[], [], HEADER, *body, ["Summa", None, None, 4250]]},
        change=change,
    )
    table = Table(data, DAMAGE)
    rows = list(table)
    assert [row["site"] for row in rows if isinstance(row, Row)] == ["Trasten skola"] * 2
    assert (table.sheet, table.other_sheets) == ("Skador", ("Läs mig",))
    assert [(one.line, one.code) for one in table.passed] == [(1, "title"), (6, "total")]


CELL = st.sampled_from(
    ["", "", "Objekt", "Datum", "Summa", "Totalt", "x", "12", "2025-01-02", "Mars"]
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12))
def test_every_line_is_header_passed_over_or_data(rows: list[list[str]]) -> None:
    """Nothing is lost: each line that holds something is told or yielded."""
    one = sheet(*rows)
    header = find_header(one, [DAMAGE, SITES])
    if header is not None:
        told = set(header.lines) | {item.line for item in header.passed}
        yielded = {line.line for line in Table(one, DAMAGE, header=header)}
        if not Table(one, DAMAGE, header=header).missing:
            assert told | yielded == {line for line, _ in one.rows}
        for item in header.passed:
            cells = dict(one.rows)[item.line]
            full = len(set(cells)) == 3 and "" not in cells
            excused = cells[0] in {"Summa", "Totalt"} or tuple(cells) == header.headers
            assert item.code == "title" or not full or excused


@given(st.text(max_size=60))
def test_any_text_is_searched_without_fail(text: str) -> None:
    for one in read_sheets(text.encode()).sheets:
        find_header(one, [DAMAGE, SITES])
