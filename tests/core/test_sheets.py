"""Sheets: what spreadsheet programs and people save becomes rows of texts, or says why not."""

import contextlib
import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.sheets import Limits, SheetsError, read_sheets
from tests.core.workbooks import change_entry, make_compound, make_ods, make_xls, make_xlsx

SHEET_XML = "xl/worksheets/sheet1.xml"


def rows_of(data: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows of the only sheet."""
    (sheet,) = read_sheets(data).sheets
    return list(sheet.rows)


def test_values_become_the_texts_that_cell_parsers_read() -> None:
    """Whole numbers without .0, points in decimals, ISO dates, no hard spaces, no nulls."""
    at = datetime(2026, 1, 2, 13, 45)  # noqa: DTZ001 - a spreadsheet knows no zone
    data = make_xlsx(
        {"Blad1": [[3, 2.5, -1, True, "\u00a0Tras\0ten\u00a0skola ", at, date(2026, 1, 2)]]}
    )
    ((line, cells),) = rows_of(data)
    assert line == 1
    assert cells == [
        "3", "2.5", "-1", "true", "Trasten skola", "2026-01-02 13:45:00", "2026-01-02",
    ]  # fmt: skip


def test_large_small_and_imprecise_numbers_stay_plain() -> None:
    """No exponent is left that no one writes by hand, and no noise of binary fractions."""
    ((_, cells),) = rows_of(make_xlsx({"Blad1": [[199001011234, 0.1 + 0.2, 1e-7, 1e20]]}))
    assert cells == ["199001011234", "0.3", "0.0000001", "100000000000000000000"]


def test_clock_times_and_lengths_of_time() -> None:
    """A time of day is a clock time; more than a day is hours."""

    def change(book: Any, sheets: dict[str, Any]) -> None:
        sheets["Blad1"].write_datetime("A1", time(2, 13), book.add_format({"num_format": "hh:mm"}))
        sheets["Blad1"].write_number("B1", 1.5, book.add_format({"num_format": "[h]:mm"}))

    ((_, cells),) = rows_of(make_xlsx({"Blad1": []}, change=change))
    assert cells == ["02:13:00", "36:00:00"]


def test_a_midnight_among_times_is_a_time_and_a_lone_date_is_a_date() -> None:
    """One bare date in thirty is a midnight; one in two is a date whose time is not known."""
    times = [[datetime(2026, 1, 2, hour % 23, 30)] for hour in range(30)]  # noqa: DTZ001
    midnight: list[list[Any]] = [[date(2026, 1, 3)]]
    assert rows_of(make_xlsx({"a": times + midnight}))[-1][1] == ["2026-01-03 00:00:00"]
    assert rows_of(make_xlsx({"a": times[:1] + midnight}))[-1][1] == ["2026-01-03"]


def test_merged_ranges_hold_their_value_in_each_cell() -> None:
    """A title over the columns, a site over its rows; a merged number is told."""

    def change(_book: Any, sheets: dict[str, Any]) -> None:
        sheets["a"].merge_range("A1:C1", "Skador 2025")
        sheets["a"].merge_range("A3:A4", "Trasten skola")
        sheets["a"].merge_range("C3:C4", 1250)

    rows: list[list[Any]] = [
        [],
        ["Objekt", "Vad", "Kostnad"],
        [None, "Klotter"],
        [None, "Glaskross"],
    ]
    (sheet,) = read_sheets(make_xlsx({"a": rows}, change=change)).sheets
    assert [cells for _, cells in sheet.rows] == [
        ["Skador 2025", "Skador 2025", "Skador 2025"],
        ["Objekt", "Vad", "Kostnad"],
        ["Trasten skola", "Klotter", "1250"],
        ["Trasten skola", "Glaskross", "1250"],
    ]
    assert sheet.repeated == ((3, 4, 2),)


@pytest.mark.parametrize(
    "limits", [Limits(area_cells=5000), Limits(merged_ranges=9)], ids=["area", "count"]
)
def test_merged_ranges_upon_each_other_are_refused_before_they_are_filled(limits: Limits) -> None:
    """A small file of many ranges, each as large as the sheet, would be filled for hours."""
    ranges = b'<mergeCell ref="A1:AD40"/>' * 10
    merged = b"</sheetData><mergeCells>" + ranges + b"</mergeCells>"
    data = change_entry(
        make_xlsx({"a": [["x"] * 30] * 40}), SHEET_XML, lambda xml: xml.replace(b"</sheetData>", merged)
    )  # fmt: skip
    with pytest.raises(SheetsError, match="10 merged ranges over 12000 cells") as caught:
        read_sheets(data, limits=limits)
    assert caught.value.code == "too_merged"
    assert len(rows_of(data)) == 40


def test_a_merged_range_counts_as_far_as_the_sheet_reaches() -> None:
    """A title merged over all columns of the program is as wide as the table."""

    def change(_book: Any, sheets: dict[str, Any]) -> None:
        sheets["a"].merge_range("A1:XFD1", "Skador 2025")

    data = make_xlsx({"a": [[], ["Objekt", "Vad"]]}, change=change)
    limits = Limits(area_cells=1 << 15)
    assert len(read_sheets(data, limits=limits).sheets[0].rows) == 2


def test_midnights_are_told_column_by_column() -> None:
    """A column of days beside one of times stays one of days."""
    at = [datetime(2026, 1, 2, hour % 23, 30) for hour in range(30)]  # noqa: DTZ001
    rows: list[list[Any]] = [[one, one.date()] for one in at] + [[date(2026, 1, 3)] * 2]
    assert rows_of(make_xlsx({"a": rows}))[-1][1] == ["2026-01-03 00:00:00", "2026-01-03"]


def test_lines_are_those_that_the_person_sees() -> None:
    """Empty lines and columns before the table count."""
    rows: list[list[Any]] = [[], [], [None, "Objekt"], [], [None, "Trasten"]]
    assert rows_of(make_xlsx({"a": rows})) == [(3, ["", "Objekt"]), (5, ["", "Trasten"])]


def test_hidden_and_empty_sheets_are_passed_over_by_name() -> None:
    """What is not read is named."""

    def change(_book: Any, sheets: dict[str, Any]) -> None:
        sheets["Listor"].hide()
        sheets["Dolt"].very_hidden()

    cells: dict[str, Any] = {name: [["x"]] for name in ("Skador", "Listor", "Dolt")}
    book = read_sheets(make_xlsx(cells | {"Tom": []}, change=change))
    assert [sheet.name for sheet in book.sheets] == ["Skador"]
    assert (book.hidden, book.empty) == (("Listor", "Dolt"), ("Tom",))


def test_the_old_format() -> None:
    """An .xls file gives the same texts."""
    data = make_xls({(0, 0): "Objekt", (0, 1): "Kostnad", (1, 0): "Älvvallen", (1, 1): 1250.5})
    assert rows_of(data) == [(1, ["Objekt", "Kostnad"]), (2, ["Älvvallen", "1250.5"])]


def test_open_document() -> None:
    """An .ods file gives the same texts; what it repeats to the sheet's end is no data."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    end = '<table:table-cell table:number-columns-repeated="16000"/>'
    row = f"<table:table-row>{cell.format('Objekt')}{cell.format('Vad')}{end}</table:table-row>"
    rest = f'<table:table-row table:number-rows-repeated="1048000">{end}</table:table-row>'
    data = make_ods(f'<table:table table:name="Blad1">{row}{row}{rest}</table:table>')
    assert [cells for _, cells in rows_of(data)] == [["Objekt", "Vad"]] * 2


def test_text_keeps_its_encoding_delimiter_lines_and_faults() -> None:
    """A CSV file is a sheet too: each line that cannot be split is told, the others are read."""
    data = 'Objekt;Vad\nÄlvvallen;Klotter\n"Trasten"x;y\nLärkan;Glas\n'.encode("cp1252")
    book = read_sheets(data)
    (sheet,) = book.sheets
    assert (book.encoding, book.delimiter, sheet.ragged) == ("cp1252", ";", True)
    assert [line for line, _ in sheet.rows] == [1, 2, 4]
    assert [(line, fault.code) for line, fault in sheet.faults] == [(3, "broken_row")]


def test_a_title_line_does_not_decide_the_delimiter() -> None:
    """Known headers further down do."""
    data = b"Larm, brand och inbrott 2025\nKod;Tid\nBA;2026-01-02 13:45\n"
    assert read_sheets(data, ["Kod", "Tid"]).delimiter == ";"
    assert read_sheets(b"Larm 2025\nKod|Tid\nBA|2026-01-02 13:45\n").delimiter == "|"


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", make_xlsx({"a": []})])
def test_a_file_without_cells_has_no_sheets(data: bytes) -> None:
    assert read_sheets(data).sheets == ()


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04xl/workbook.xml",
        make_xlsx({"a": [["x"]]})[:-400],
        change_entry(make_xlsx({"a": [["x"]]}), "xl/workbook.xml", lambda _: b"<not"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        make_compound("Workbook", b"nothing"),
    ],
)
def test_a_damaged_workbook_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(SheetsError, match="save it anew") as caught:
        read_sheets(data)
    assert caught.value.code == "spreadsheet"


def test_a_binary_workbook_is_refused_by_its_name() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("xl/worksheets/sheet1.bin", b"")
    with pytest.raises(SheetsError, match=r"\.xlsb.*save it anew"):
        read_sheets(out.getvalue())


def test_a_password_is_recognised() -> None:
    """An encrypted .xlsx is a compound file with one known stream."""
    with pytest.raises(SheetsError, match="without a password") as caught:
        read_sheets(make_compound("EncryptedPackage", b"secret"))
    assert caught.value.code == "encrypted"


def test_a_package_that_unpacks_to_too_much_is_refused_before_it_is_opened() -> None:
    bomb = change_entry(make_xlsx({"a": [["x"]]}), SHEET_XML, lambda xml: xml + bytes(1 << 22))
    assert len(bomb) < 20_000
    with pytest.raises(SheetsError, match="the limit is 1 MiB") as caught:
        read_sheets(bomb, limits=Limits(unpacked_bytes=1 << 20))
    assert caught.value.code == "too_large"


def test_two_cells_far_apart_do_not_fill_the_memory() -> None:
    """The rectangle between A1 and XFD1048576 would take hundreds of gigabytes."""

    def spread(xml: bytes) -> bytes:
        far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        return xml.replace(b"</sheetData>", far)

    data = change_entry(make_xlsx({"a": [[1]]}), SHEET_XML, spread)
    with pytest.raises(SheetsError, match="1048576 rows × 16384 columns"):
        read_sheets(data)


def test_formats_to_the_end_of_the_sheet_are_no_cells() -> None:
    """A column that was coloured to the bottom is read as far as it is filled."""

    def colour(xml: bytes) -> bytes:
        far = b'<row r="1048576" s="1"><c r="XFD1048576" s="0"/></row></sheetData>'
        return xml.replace(b"</sheetData>", far)

    assert rows_of(change_entry(make_xlsx({"a": [[1]]}), SHEET_XML, colour)) == [(1, ["1"])]


def test_repeated_cells_of_open_document_do_not_fill_the_memory() -> None:
    cell = '<table:table-cell table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    with pytest.raises(SheetsError, match="delete what stands far"):
        read_sheets(make_ods(f'<table:table table:name="a">{row}</table:table>'))


def test_too_many_rows_of_text_are_refused() -> None:
    with pytest.raises(SheetsError, match="3 rows"):
        read_sheets(b"a\nb\nc\n", limits=Limits(rows=2))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.text(max_size=8), st.integers(-9999, 9999)), max_size=4),
        max_size=6,
    )
)
def test_every_text_and_number_comes_back(rows: list[list[Any]]) -> None:
    """Each cell of a written workbook stands on its line and in its column."""
    wanted = {
        (line, column): str(value).replace("\u00a0", " ").strip()
        for line, values in enumerate(rows, 1)
        for column, value in enumerate(values)
        if isinstance(value, int)
        or (isinstance(value, str) and value.isalnum() and value.isascii())
    }
    safe = [
        [v if (n, c) in wanted else None for c, v in enumerate(vs)] for n, vs in enumerate(rows, 1)
    ]

    def change(_book: Any, sheets: dict[str, Any]) -> None:
        for (line, column), value in wanted.items():
            if isinstance(rows[line - 1][column], str):
                sheets["a"].write_string(line - 1, column, value)

    sheets = read_sheets(make_xlsx({"a": safe}, change=change)).sheets
    found = {
        (line, column): cell
        for sheet in sheets
        for line, cells in sheet.rows
        for column, cell in enumerate(cells)
        if cell
    }
    assert found == wanted


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
    st.integers(0, 6000),
)
def test_any_bytes_give_sheets_or_a_refusal(data: bytes, start: bytes, at: int) -> None:
    """Neither noise nor a workbook with a hole in it does anything else."""
    whole = make_xlsx({"a": [["x", 1]]})
    for one in (start + data, whole[:at] + data + whole[at + len(data) :]):
        with contextlib.suppress(SheetsError):
            book = read_sheets(one)
            assert all(sheet.rows or sheet.faults for sheet in book.sheets)
