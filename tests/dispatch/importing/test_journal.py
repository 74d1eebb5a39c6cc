"""The alarm centre's journal: past alarms become closed cases, and who came becomes a response."""

from datetime import UTC, datetime

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.directory.importing.history import Answers
from narvaro.dispatch.models import Offer, Response, TimePoint
from narvaro.situation.models import Case, CaseShare
from tests.files import PERSON, bring_in, told
from tests.make import NIGHT, World, make_site

HEADER = "Datum;Tid;Objekt;Larmtyp;Väktare beställd;Väktare på plats;Väktare klar;Orsak;Larmtext"


@pytest.fixture
def town(world: World) -> World:
    """Give the world a site."""
    make_site(world)
    return world


def journal(world: World, *rows: str) -> Case:
    """Bring in a journal; return its first alarm."""
    assert bring_in(world, "alarm-journal", HEADER, *rows).written
    return Case.objects.published().filter(tenant=world.tenant).earliest("received_at")


def points_of(case: Case) -> dict[str, datetime]:
    """Return what the centre says of a case's response."""
    found = TimePoint.objects.filter(response__case=case, source="centre")
    return {one.point: one.at.astimezone(UTC) for one in found}


def utc(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_alarm_becomes_a_closed_case_and_its_arrival_a_response(town: World) -> None:
    """With its times from the centre; nobody was offered it, and the parties know of it."""
    case = journal(town, "2026-03-02;02:13;Trasten skola;Inbrott;02:15;02:31;02:50;obef.;Zon 4")
    assert (case.kind, case.cause, case.state, case.born) == (
        "intruder", "unwarranted", "closed", "file",
    )  # fmt: skip
    assert (case.site and case.site.name, case.number, case.text) == ("Trasten skola", 1, "Zon 4")
    assert (case.received_at, case.closed_at) == (utc("2026-03-02T01:13"), utc("2026-03-02T01:50"))
    response = Response.objects.get(case=case)
    assert (response.organisation, response.state, response.unit) == (town.company, "left", None)
    assert points_of(case) == {
        "received": utc("2026-03-02T01:13"), "offered": utc("2026-03-02T01:15"),
        "on_scene": utc("2026-03-02T01:31"), "left": utc("2026-03-02T01:50"),
    }  # fmt: skip
    assert not Offer.objects.exists()
    assert set(CaseShare.objects.filter(case=case).values_list("organisation__name", flat=True)) == {
        "Provköping kommun", "Provköping bevakning",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "received", "on_scene"),
    [
        ("2026-07-02;02:13;;02:31", "2026-07-02T00:13", "2026-07-02T00:31"),
        ("2026-03-02;23:55;;00:14", "2026-03-02T22:55", "2026-03-02T23:14"),
        ("2026-12-31;23:55;23:58;00:14", "2026-12-31T22:55", "2026-12-31T23:14"),
        ("2026-03-29;01:50;;03:10", "2026-03-29T00:50", "2026-03-29T01:10"),
        ("2026-10-24;23:55;;2026-10-25 03:10", "2026-10-24T21:55", "2026-10-25T02:10"),
        ("2026-03-02;02:13;;02:12", "2026-03-02T01:13", "2026-03-02T01:13"),
    ],
    ids=["summer", "midnight", "new year", "skipped hour", "full date", "rounded"],
)
def test_times_are_local_and_pass_midnight(
    town: World, row: str, received: str, on_scene: str
) -> None:
    """A clock after the alarm's is the same night's; an hour that spring skips took no time."""
    day, clock, ordered, came = row.split(";")
    case = journal(town, f"{day};{clock};Trasten skola;Inbrott;{ordered};{came};;;")
    assert case.received_at == utc(received)
    assert points_of(case)["on_scene"] == utc(on_scene)


def test_an_alarm_without_a_clock_has_no_response_time(town: World) -> None:
    """From local midnight to the arrival is nobody's response time: only the arrival is told."""
    case = journal(town, "2026-03-02;;Trasten skola;Inbrott;;02:31;;Obefogat;")
    assert case.received_at == utc("2026-03-01T23:00")
    assert points_of(case) == {"on_scene": utc("2026-03-02T01:31")}


def test_an_arrival_half_a_day_late_is_left_out(town: World) -> None:
    """A guard's clock before the alarm's would make it a day: the case stands without it."""
    case = journal(town, "2026-03-02;02:13;Trasten skola;Inbrott;;02:05;;;")
    assert not Response.objects.exists()
    assert case.closed_at == case.received_at


def test_without_one_supplier_nobody_came(town: World) -> None:
    """Two companies, and the journal names none: the alarm is kept, the arrival is nobody's."""
    add_organisation(
        tenant=town.tenant, name="Andra", kind=OrganisationKind.GUARDING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    case = journal(town, "2026-03-02;02:13;Trasten skola;Inbrott;;02:31;;;")
    assert not Response.objects.exists()
    assert [one.organisation for one in CaseShare.objects.filter(case=case)] == [town.municipality]


def test_words_are_kept_without_personnummer(town: World) -> None:
    """In the alarm's text as in its place."""
    row = f"2026-03-02;02:13;Vid {PERSON};Inbrott;;;;;Larm av {PERSON}, ring 070-174 06 05"
    case = journal(town, row)
    assert case.text == "Larm av [personnummer], ring [telefonnummer]"
    assert case.place == "Vid [personnummer]"


def test_a_later_journal_corrects_the_cause_and_empties_nothing(town: World) -> None:
    """The centre looked again; an empty cell says nothing, and the alarm is the same."""
    row = "2026-03-02;02:13;Trasten skola;Inbrott;;02:31;;{};"
    first = journal(town, row.format("Obefogat"))
    again = bring_in(town, "alarm-journal", HEADER, row.format("Skarpt"))
    assert (again.kept, again.known, again.changed) == (0, 1, 1)
    assert bring_in(town, "alarm-journal", HEADER, row.format("")).changed == 0
    case = Case.objects.get()
    assert (case.pk, case.number, case.cause) == (first.pk, first.number, "real")
    assert Response.objects.count() == 1


def test_numbers_of_cases_go_on(town: World) -> None:
    """Each file's alarms are numbered after what is there; the same clock twice is two alarms."""
    rows = [f"2026-03-0{day};02:13;Trasten skola;Inbrott;;;;;" for day in (2, 2, 3)]
    journal(town, *rows[:2])
    journal(town, *rows)
    found = Case.objects.order_by("number").values_list("number", "received_at__day")
    assert list(found) == [(1, 2), (2, 2), (3, 3)]


def test_a_word_that_a_person_explained_is_read(town: World) -> None:
    """An unknown one is refused by the header as written, and told with what is known."""
    row = "2026-03-02;02:13;Trasten skola;Fuktlarm;;;;;"
    assert told(bring_in(town, "alarm-journal", HEADER, row)) == [(2, "Larmtyp", "Fuktlarm")]
    answers = Answers(words={"kind": {"Fuktlarm": "technical"}})
    assert bring_in(town, "alarm-journal", HEADER, row, answers=answers).written
    assert Case.objects.get().kind == "technical"


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("2026-03-29;02:30;Trasten skola;Inbrott;;;;;", ("day", "2026-03-29 02:30:00")),
        ("2026-03-29;01:50;Trasten skola;Inbrott;;02:10;;;", ("on_scene", "02:10:00")),
        (";02:13;Trasten skola;Inbrott;;;;;", ("clock", "02:13:00")),
        (";;Trasten skola;Inbrott;;;;;", ("occurred_from", "")),
        ("2026-13-02;02:13;Trasten skola;Inbrott;;;;;", ("Datum", "2026-13-02")),
    ],
    ids=["skipped", "skipped arrival", "no day", "no time", "no date"],
)
def test_a_time_that_never_was_is_refused_by_its_cell(
    town: World, row: str, refused: tuple[str, str]
) -> None:
    """Line, column and value; nothing is written."""
    report = bring_in(town, "alarm-journal", HEADER, row)
    assert told(report) == [(2, *refused)]
    assert not Case.objects.exists()
