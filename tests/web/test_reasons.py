"""Reasons of an import as a person reads them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import translation

from narvaro.core.said import Said
from narvaro.core.table_spec import Column, TableSpec
from narvaro.core.tables import RefusedRow, Table
from narvaro.directory.importing.report import stands_twice
from narvaro.web.files_questions import refused_lines
from narvaro.web.reasons import in_words
from scripts import messages

DATED = TableSpec("dated", (Column("day", str, aliases=("Datum",)), Column("name", str)))
NESTED = Said("%(why)s; %(todo)s", why=Said("the cell is empty"), todo=Said("fill it in"))


@pytest.fixture
def swedish(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """Speak Swedish, by the catalogue as it is now."""
    messages.compile_to(tmp_path / "sv" / "LC_MESSAGES" / "django.mo")
    settings.LOCALE_PATHS = [tmp_path]
    with translation.override("sv"):
        yield


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (Said("stands on line %(line)s too", line=2), "står också på rad 2"),
        (Said("stands on line %(line)s too", line=2).to_json(), "står också på rad 2"),
        (NESTED.to_json(), "cellen är tom; fyll i den"),
        ("The words of another program", "The words of another program"),
        ("", ""),
    ],
)
@pytest.mark.usefixtures("swedish")
def test_a_reason_is_said_in_the_viewers_language(kept: object, words: str) -> None:
    """Kept as JSON or not; what is no reason of ours stands as it is."""
    assert in_words(kept) == words


@pytest.mark.usefixtures("swedish")
def test_a_missing_column_is_called_as_the_page_calls_it() -> None:
    """Its canonical name is for programs."""
    (row,) = Table(b"Namn;Annat\n", DATED)
    assert isinstance(row, RefusedRow)
    said = in_words(row.reasons[0].todo)
    assert "”Datum”" in said
    assert "day" not in said.replace("Datum, day", "")


@pytest.mark.usefixtures("swedish")
def test_a_refused_row_goes_by_the_files_own_header() -> None:
    """The person finds it in the file; a column that the file has not, by its name on the page."""
    no = stands_twice("code", "S-1", 2)
    reason = [no.column, no.value, no.why.to_json(), no.todo.to_json()]
    report = {"refused": [{"line": 3, "reasons": [reason]}]}
    ((own,),) = (one.reasons for one in refused_lines(report, {"Obj.": "code", "Övrigt": ""}))
    assert own == "Obj. ”S-1”: står också på rad 2; behåll en av raderna"
    ((named,),) = (one.reasons for one in refused_lines(report, {}))
    assert named.startswith("Objektnummer ”S-1”: ")
