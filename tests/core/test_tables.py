"""Tables: what municipalities bring comes in; what does not says where, why and what to do."""

import csv
import io
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.cells import day, decimal, integer, latitude, list_of, longitude, one_of, text
from narvaro.core.tables import (
    Column,
    RefusedRow,
    Row,
    Table,
    TableSpec,
    decode_text,
    sniff_delimiter,
)
from tests.core.workbooks import make_xlsx

SITES = TableSpec(
    "sites",
    (
        Column("code", text, aliases=("Objektnummer",)),
        Column("name", text, aliases=("Objekt", "Namn")),
        Column("kind", one_of({"skola": "school", "förskola": "preschool"}), aliases=("Typ",)),
        Column("lat", latitude, aliases=("Latitud",)),
        Column("lon", longitude, aliases=("Longitud",)),
        Column("alarm_grade", integer, required=False, aliases=("Larmklass",)),
    ),
)
HEADER = "Objektnummer;Objekt;Typ;Latitud;Longitud;Larmklass"
GOOD = "S-1;Trastens förskola;Förskola;59,1955;17,6253;3"


class Read(NamedTuple):
    """A table that was read to its end."""

    table: Table
    rows: list[Row]
    refused: list[RefusedRow]


def read_all(data: bytes, spec: TableSpec = SITES, mapping: dict[str, str] | None = None) -> Read:
    """Read a whole table."""
    table = Table(data, spec, mapping)
    found = list(table)
    return Read(
        table,
        [one for one in found if isinstance(one, Row)],
        [one for one in found if isinstance(one, RefusedRow)],
    )


def read(*lines: str, encoding: str = "utf-8", mapping: dict[str, str] | None = None) -> Read:
    """Read the lines as a file of sites."""
    return read_all("\r\n".join(lines).encode(encoding), mapping=mapping)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
    ],
)
def test_semicolons_decimal_commas_and_any_common_encoding(encoding: str, named: str) -> None:
    """The file that a municipality has comes in, whatever program saved it."""
    result = read(HEADER, GOOD, encoding=encoding)
    assert result.rows[0].values == {
        "code": "S-1",
        "name": "Trastens förskola",
        "kind": "preschool",
        "lat": 59.1955,
        "lon": 17.6253,
        "alarm_grade": 3,
    }
    assert (result.table.encoding, result.table.delimiter, result.refused) == (named, ";", [])


def test_headers_match_in_any_case_order_and_language_with_space_around() -> None:
    """English names, shouted Swedish, another order, tabs, and an optional column left out."""
    result = read(" LATITUD \tlon\tKind\tname\tcode", "59.1\t17.6\tschool\tTrasten\tS-1")
    assert result.rows[0]["lat"] == 59.1
    assert result.table.delimiter == "\t"
    assert (result.table.missing, result.table.unmapped) == ((), ())


def test_comma_file_with_quoted_commas_and_a_line_break_inside_a_cell() -> None:
    """The line of a later row counts the line break, as an editor shows it."""
    spec = TableSpec("units", (Column("unit", text), Column("kit", list_of(text))))
    data = b'unit,kit,\n"V1\nnorr","aed, radio",\n\n , ,\nV2,,\n'
    result = read_all(data, spec)
    assert result.rows[0] == Row(2, {"unit": "V1\nnorr", "kit": ("aed", "radio")})
    assert [row.line for row in result.refused] == [6]
    assert result.table.blank_lines == 2


def test_several_refusals_of_one_row_name_line_header_value_reason_and_remedy() -> None:
    """Each wrong cell of a row is told at once, with the header as the file writes it."""
    result = read(HEADER, GOOD, "S-2;;slott;591955;17,6;tre")
    (row,) = result.refused
    assert row.line == 3
    assert [(reason.column, reason.value) for reason in row.reasons] == [
        ("Objekt", ""),
        ("Typ", "slott"),
        ("Latitud", "591955"),
        ("Larmklass", "tre"),
    ]
    assert all(reason.why and reason.todo and reason.code for reason in row.reasons)
    assert len(result.rows) == 1


def test_short_and_long_rows_are_refused_but_trailing_delimiters_are_not() -> None:
    """A row that lacks a cell, or has one too many with text in it, never shifts into place."""
    result = read(HEADER + ";;", GOOD + ";;", GOOD, GOOD + ";;mer", "S-2;Trasten;skola;59")
    assert [row.line for row in result.rows] == [2, 3]
    assert [(row.line, row.reasons[0].code) for row in result.refused] == [
        (4, "wrong_width"),
        (5, "wrong_width"),
    ]


def test_missing_and_unmapped_columns_are_named_and_nothing_is_read() -> None:
    """A file without a required column is refused with the headers that would do."""
    result = read("Objektnummer;Benämning;Typ;Latitud;Longitud", "S-1;Trasten;skola;59;17")
    assert (result.table.missing, result.table.unmapped) == (("name",), ("Benämning",))
    assert result.rows == []
    (reason,) = result.refused[0].reasons
    assert "Objekt, Namn, name" in reason.todo


def test_mapping_gives_a_header_its_column() -> None:
    """What the person maps wins over what the header would have meant."""
    lines = ("Objektnummer;Benämning;Objekt;Typ;Latitud;Longitud", "S-1;Trasten;x;skola;59;17")
    result = read(*lines, mapping={"benämning": "name"})
    assert result.rows[0]["name"] == "Trasten"
    assert result.table.unmapped == ("Objekt",)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [({"Objekt": "title"}, "unknown_column"), ({"Rubrik": "name"}, "unknown_header")],
)
def test_mapping_to_nothing_is_refused(mapping: dict[str, str], code: str) -> None:
    """A mapping that names no column, or no header of the file, refuses the file."""
    result = read(HEADER, GOOD, mapping=mapping)
    assert result.rows == []
    assert code in {reason.code for reason in result.refused[0].reasons}


def test_two_headers_for_one_column_are_refused() -> None:
    """The reader never chooses between two columns that mean the same."""
    result = read(HEADER + ";Namn", GOOD + ";Annat")
    assert result.rows == []
    assert result.refused[0].reasons[0].code == "double_column"


def test_an_unclosed_quotation_mark_is_refused_with_the_lines_it_swallows() -> None:
    """Rows inside an unclosed cell are not lost in silence."""
    result = read(HEADER, GOOD, 'S-2;"Trasten;skola;59;17;3', GOOD, GOOD)
    assert len(result.rows) == 1
    assert "lines 3–5" in result.refused[0].reasons[0].why


def test_a_damaged_utf8_file_refuses_only_the_damaged_row() -> None:
    """One broken letter does not turn the whole file into another encoding."""
    rows = "\n".join([HEADER, GOOD, GOOD, GOOD, GOOD]).encode()
    damaged = rows[: -len(GOOD.encode())] + GOOD.encode().replace("ö".encode(), b"\xc3", 1)
    result = read_all(damaged)
    assert len(result.rows) == 3
    assert result.refused[0].line == 5
    assert {reason.code for reason in result.refused[0].reasons} >= {"damaged_text"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\r\n ; \r\n", "empty_file"),
        (b"PK\x03\x04xl/workbook.xml", "spreadsheet"),
        (b'"open', "broken_row"),
    ],
)
def test_files_that_are_no_table(data: bytes, code: str) -> None:
    """An empty file, a spreadsheet and a broken header each say what they are."""
    result = read_all(data)
    assert result.refused[0].reasons[0].code == code


def test_sniff_delimiter_prefers_known_headers_over_counts() -> None:
    """Commas inside one header do not outvote the semicolons between known ones."""
    assert sniff_delimiter("a;b (x, y, z)\n1;2", ("a",)) == ";"
    assert sniff_delimiter("a|b\n") == "|"
    assert sniff_delimiter("code\n") == ";"
    assert sniff_delimiter("sep=,\ncode;x,y\n") == ","


def test_a_first_line_that_names_the_delimiter_is_not_a_header() -> None:
    """A spreadsheet's own sep= line is obeyed and passed over."""
    result = read("sep=;", HEADER, GOOD)
    assert [row.line for row in result.rows] == [3]
    assert result.refused == []


def test_a_column_that_may_be_empty_must_still_be_there() -> None:
    """An empty key is plain text by choice; a file without the column is a mistake."""
    spec = TableSpec("keys", (Column("account", text), Column("key", text, may_be_empty=True)))
    assert read_all(b"account;key\nA;\n", spec).rows[0].values == {"account": "A", "key": None}
    assert read_all(b"account\nA\n", spec).table.missing == ("key",)


def test_a_spec_whose_columns_share_a_header_is_refused() -> None:
    """A header that means two things is a fault of the program, found at once."""
    with pytest.raises(ValueError, match="names two columns"):
        TableSpec("x", (Column("a", text, aliases=("B",)), Column("b", text)))


def test_rows_stream_without_reading_to_the_end() -> None:
    """The first row is there before the last line is split."""
    table = Table("\n".join([HEADER, *[GOOD] * 10]).encode(), SITES)
    assert next(iter(table)).line == 2
    assert table.line_count == 11


@settings(max_examples=300)
@given(
    st.binary(max_size=400)
    | st.text(alphabet=st.sampled_from('ab;,\t"\n\r å'), max_size=200).map(str.encode),
    st.booleans(),
)
def test_any_bytes_give_a_result(data: bytes, headed: bool) -> None:
    """No bytes crash the reader, and each refusal is complete."""
    result = read_all(HEADER.encode() + b"\n" + data if headed else data)
    for row in result.refused:
        assert row.line >= 1
        assert all(reason.why and reason.todo for reason in row.reasons)
    assert headed or result.rows or result.refused


@given(st.binary(max_size=100))
def test_decode_text_never_raises(data: bytes) -> None:
    """Any bytes are some text, in a named encoding."""
    assert decode_text(data)[1] in {"utf-8", "utf-16", "cp1252", "latin-1"}


CELL = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\x00\ufffd\ufeff"), max_size=12
)


@given(st.lists(st.tuples(CELL, CELL), max_size=12), st.sampled_from(";,\t|"))
def test_every_record_is_a_row_a_refusal_or_a_blank(
    pairs: list[tuple[str, str]], delimiter: str
) -> None:
    """What a program wrote is all accounted for, in order, with its text whole."""
    spec = TableSpec("pairs", (Column("a", text), Column("b", text, required=False)))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([("a", "b"), *pairs])
    table = Table(out.getvalue().encode(), spec)
    found = list(table)
    assert len(found) + table.blank_lines == len(pairs)
    wanted = [pair for pair in pairs if any(map(str.strip, pair))]
    for pair, row in zip(wanted, found, strict=True):
        if isinstance(row, RefusedRow):
            assert row.reasons[0].code == "empty_cell"
        else:
            assert (row["a"], row["b"] or "") == (pair[0].strip(), pair[1].strip())


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending(ending: str) -> None:
    """Rows and their lines are the same whatever system wrote the file, ended or not."""
    for last in ("", ending):
        table = Table((ending.join([HEADER, GOOD, GOOD]) + last).encode(), SITES)
        assert [row.line for row in table] == [2, 3]
        assert table.line_count == 3


def test_an_unclosed_mark_in_a_long_file_costs_no_more_than_its_own_cell() -> None:
    """The lines that the broken cell swallowed are named; those after it are read."""
    lines = [HEADER, 'S-2;"Trasten;skola;59;17;3', *[GOOD] * 5000]
    result = read(*lines)
    swallowed = 5001 - len(result.rows)
    assert 0 < swallowed < 5001
    assert f"lines 2–{1 + swallowed} " in result.refused[0].reasons[0].why


def test_money_is_read_as_decimal() -> None:
    """A price with a spaced thousand and a comma is exact."""
    spec = TableSpec("prices", (Column("price_sek", decimal, aliases=("Pris",)),))
    (row,) = read_all("Pris\n1 640,10\n".encode("cp1252"), spec).rows
    assert str(row["price_sek"]) == "1640.10"


def test_a_text_with_titles_above_its_header_is_read() -> None:
    """The header that holds all that is required is taken, and what stands above it is told."""
    result = read("Objekt i Älvhamra", "", HEADER, GOOD, GOOD)
    assert [row.line for row in result.rows] == [4, 5]
    assert [(one.line, one.code) for one in result.table.passed] == [(1, "title")]
    assert (result.table.missing, result.refused) == ((), [])


def test_a_workbook_is_read_like_its_text() -> None:
    """The same table as .xlsx and as CSV gives the same values."""
    lines = [line.split(";") for line in (HEADER, GOOD)]
    result = read_all(make_xlsx({"Objekt": lines, "Annat": [["x"]]}))
    assert [row.values for row in result.rows] == [row.values for row in read(HEADER, GOOD).rows]
    assert (result.table.sheet, result.table.other_sheets) == ("Objekt", ("Annat",))


def test_a_workbook_without_the_table_says_what_is_missing() -> None:
    """The best guess of a header is compared with what is wanted."""
    result = read_all(make_xlsx({"Blad1": [["Objekt", "Färg"], ["Trasten", "röd"]]}))
    assert result.table.missing == ("code", "kind", "lat", "lon")
    assert result.rows == []
    assert read_all(make_xlsx({"Blad1": []})).refused[0].reasons[0].code == "empty_file"


def test_a_column_without_header_is_named_and_refuses_no_row_of_a_workbook() -> None:
    """A note beside the table costs nothing but is told."""
    lines = [line.split(";") for line in (HEADER, GOOD + ";;obs!")]
    result = read_all(make_xlsx({"Blad1": lines}))
    assert (len(result.rows), result.refused) == (1, [])


DATED = TableSpec("x", (Column("on", day, aliases=("Datum",)), Column("what", text)))


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        (["13/04/2025"], "2025-04-03"),
        (["04/13/2025"], "2025-03-04"),
        (["05/06/2025"], None),
        (["13/04/2025", "04/13/2025"], None),
    ],
)
def test_a_column_decides_the_order_of_its_dates(others: list[str], wanted: str | None) -> None:
    """One date that is possible in one order only decides, if none decides otherwise."""
    lines = ["Datum;what", "03/04/2025;a", *[f"{other};b" for other in others]]
    for source in ("\n".join(lines).encode(), make_xlsx({"a": [one.split(";") for one in lines]})):
        result = read_all(source, DATED)
        found = [str(row["on"]) for row in result.rows if row["what"] == "a"]
        assert found == ([wanted] if wanted else [])
        if wanted is None:
            refusal = result.refused[0].reasons[0]
            assert refusal.todo == "write one of 2025-03-04, 2025-04-03"


def test_one_deciding_date_among_very_many_may_be_a_slip() -> None:
    """Fewer than one in ten decide nothing."""
    lines = ["Datum;what", "13/04/2025;a", *["03/04/2025;b"] * 30]
    result = read_all("\n".join(lines).encode(), DATED)
    assert (len(result.rows), len(result.refused)) == (1, 30)
