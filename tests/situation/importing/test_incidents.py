"""Incidents from a file: what, when, where, and how it is known."""

from datetime import UTC, datetime

import pytest

from narvaro.directory.importing.history import Answers
from narvaro.situation.models import Category, Incident
from tests.files import PERSON, bring_in, told, words_kept
from tests.make import World, make_area, make_site

HEADER = "Datum;Tid;Kategori;Plats;Sett/hört;Rapporterat av;Vid rond;K-nr;Fritext"


@pytest.fixture
def town(world: World) -> World:
    """Give the world a site and a square."""
    make_site(world)
    make_area(world, "Norra torget")
    return world


def utc(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one_of(world: World, *rows: str, header: str = HEADER) -> Incident:
    """Bring a file in and return its only incident."""
    assert bring_in(world, "incidents", header, *rows).written
    return Incident.objects.published().get(tenant=world.tenant)


def test_a_row_becomes_an_incident_at_its_place(town: World) -> None:
    """With how it is known, and who reported it as the file says."""
    row = "2026-03-02;21:30;Klotter;Trasten skola;sett;Skolan;ja;5000-K1234-26;Tagg på dörren"
    found = one_of(town, row)
    assert (found.category, found.known_by, found.source) == ("graffiti", "seen", "Skolan")
    assert (found.site and found.site.name, found.placed_by) == ("Trasten skola", "name")
    assert (found.by_patrol, found.police_reference) == (True, "5000-K1234-26")
    assert (found.text, found.marks, found.case, found.reported_by) == (
        "Tagg på dörren", [], None, None,
    )  # fmt: skip


def test_what_nobody_says_is_recorded_and_no_more(town: World) -> None:
    """Not seen, not on patrol; a square is a place too."""
    found = one_of(town, "2026-03-02;21:30;Bråk;Norra torget;;;;;")
    assert (found.known_by, found.by_patrol, found.site_id) == ("recorded", False, None)
    assert found.area is not None
    assert found.area.name == "Norra torget"


@pytest.mark.parametrize(
    ("when", "begins", "ends"),
    [
        ("2026-03-02;21:30", "2026-03-02T20:30", "2026-03-02T20:30"),
        ("2026-07-02;00:30", "2026-07-01T22:30", "2026-07-01T22:30"),
        ("2026-03-02;", "2026-03-01T23:00", "2026-03-02T23:00"),
        ("2026-03-29;", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-25;02:30", "2026-10-25T00:30", "2026-10-25T01:30"),
        ("2 mars 2026;kl 21.30", "2026-03-02T20:30", "2026-03-02T20:30"),
    ],
    ids=["winter", "summer", "a day", "a short day", "doubled hour", "as people write"],
)
def test_when_it_was_is_local_and_as_wide_as_it_is_said(
    town: World, when: str, begins: str, ends: str
) -> None:
    """A date alone is that whole day, of 23 hours in spring; the doubled hour is both."""
    found = one_of(town, f"{when};Klotter;Trasten skola;;;;;")
    assert (found.occurred_from, found.occurred_until) == (utc(begins), utc(ends))


def test_an_interval_passes_midnight(town: World) -> None:
    """An end before its begin is the day after."""
    header = "Datum;Från;Till;Kategori;Plats"
    found = one_of(town, "2026-03-02;22:00;01:30;Klotter;Trasten skola", header=header)
    assert found.occurred_from == utc("2026-03-02T21:00")
    assert found.occurred_until == utc("2026-03-03T00:30")


def test_words_are_masked_and_doubtful_ones_marked(town: World) -> None:
    """No number of a person is stored in any column, nor cut into half of one."""
    source, reference = f"{'x' * 46} {PERSON}", f"nr {PERSON} {'x' * 23}"
    assert (len(source), len(reference)) == (60, 40)
    words = f"En som kallas Lillen, {PERSON}"
    row = f"2026-03-02;21:30;Klotter;Vid {PERSON};;{source};;{reference};{words}"
    found = one_of(town, row)
    assert found.text == "En som kallas Lillen, [personnummer]"
    assert [one["code"] for one in found.marks] == ["nickname"]
    assert found.place == "Vid [personnummer]"
    assert found.source == f"{'x' * 46} [personnummer"
    assert found.police_reference == f"nr [personnummer] {'x' * 22}"
    assert "9805" not in words_kept(Incident)


def test_a_later_file_corrects_the_reference_alone(town: World) -> None:
    """An empty cell says nothing; words that were kept are not read again."""
    row = "2026-03-02;21:30;Klotter;Trasten skola;;;;{};{}"
    first = one_of(town, row.format("", "Tagg"))
    again = bring_in(town, "incidents", HEADER, row.format("5000-K1234-26", "Annat"))
    assert (again.kept, again.known, again.changed) == (0, 1, 1)
    assert bring_in(town, "incidents", HEADER, row.format("", "")).changed == 0
    found = Incident.objects.get()
    assert (found.pk, found.police_reference, found.text) == (first.pk, "5000-K1234-26", "Tagg")


def test_rows_without_a_number_that_say_the_same_are_counted(town: World) -> None:
    """Two of one kind at one place in one night are two; the same two again are known."""
    rows = [
        "2026-03-02;;Klotter;Trasten skola;;;;;Dörren",
        "2026-03-02;;Klotter;Trasten skola;;;;;Muren",
    ]
    assert bring_in(town, "incidents", HEADER, *rows).kept == 2
    assert bring_in(town, "incidents", HEADER, *reversed(rows)).known == 2
    assert Incident.objects.count() == 2


def test_next_years_number_one_is_another(town: World) -> None:
    """A number counts with its time and place; another municipality's is another too."""
    header = f"Ärendenr;{HEADER}"
    row = "1;{}-03-02;21:30;Klotter;Trasten skola;;;;;"
    assert bring_in(town, "incidents", header, row.format(2025), row.format(2026)).kept == 2
    assert bring_in(town, "incidents", header, row.format(2026)).known == 1


def test_every_category_is_read_by_its_code(town: World) -> None:
    """A file that this product wrote comes in again."""
    rows = [f"2026-03-02;21:30;{one};Trasten skola;;;;;" for one in Category.values]
    assert bring_in(town, "incidents", HEADER, *rows).kept == len(Category.values)
    assert set(Incident.objects.values_list("category", flat=True)) == set(Category.values)


def test_a_word_that_a_person_explained_is_read(town: World) -> None:
    """An unknown one is refused by its header as written."""
    row = "2026-03-02;21:30;Moppebus;Trasten skola;;;;;"
    assert told(bring_in(town, "incidents", HEADER, row)) == [(2, "Kategori", "Moppebus")]
    answers = Answers(words={"category": {"Moppebus": "reckless_driving"}})
    assert bring_in(town, "incidents", HEADER, row, answers=answers).written


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("2026-03-29;02:30;Klotter;Trasten skola;;;;;", ("day", "2026-03-29 02:30:00")),
        (";;Klotter;Trasten skola;;;;;", ("occurred_from", "")),
        ("2026-03-02;21:30;;Trasten skola;;;;;", ("Kategori", "")),
        ("2026-03-02;21:30;Klotter;Trasten skola;;;kanske;;", ("Vid rond", "kanske")),
        (f"2026-03-02;21:30;Klotter;{'x' * 201};;;;;", ("Plats", "x" * 201)),
    ],
    ids=["skipped", "no time", "no category", "neither yes nor no", "too long"],
)
def test_what_cannot_be_is_refused_by_its_cell(
    town: World, row: str, refused: tuple[str, str]
) -> None:
    """Line, column and value; nothing is written."""
    report = bring_in(town, "incidents", HEADER, row)
    assert told(report) == [(2, *refused)]
    assert not Incident.objects.exists()


def test_a_row_that_ends_before_it_begins_says_both(town: World) -> None:
    """The person sees what is wrong without opening the file."""
    header = "Inträffat från;Inträffat till;Kategori;Plats"
    row = "2026-03-02 21:30;2026-03-01 07:00;Klotter;Trasten skola"
    report = bring_in(town, "incidents", header, row)
    assert told(report) == [(2, "occurred_from", "2026-03-02 21:30:00 2026-03-01 07:00:00")]
    assert "2026-03-01 07:00" in report.refused[0].reasons[0].why


def test_a_row_that_waits_for_a_word_asks_for_its_place_too(town: World) -> None:
    """Both questions at once; a row that lacks more than a word asks nothing."""
    make_site(town, "Trasten förskola")
    report = bring_in(
        town, "incidents", HEADER,
        "2026-03-02;21:30;Fuffens;Trasten;;;;;", "2026-03-02;25:99;Fuffens;Ugglan;;;;;",
    )  # fmt: skip
    assert not report.written
    assert [one.text for one in report.unsure] == ["Trasten"]
    assert sum(report.placed.values()) == 0
