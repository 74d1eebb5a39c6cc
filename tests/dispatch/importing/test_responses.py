"""The supplier's list of responses: what it states joins what is known, and never replaces it."""

from datetime import UTC, datetime, timedelta

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.dispatch.models import Response
from narvaro.situation.models import Case, CaseShare
from tests.files import PERSON, bring_in, told
from tests.make import NIGHT, World, make_site, make_unit

JOURNAL = "Datum;Tid;Objekt;Larmtyp;Väktare på plats;Orsak"
HEADER = "Datum;Larmtid;Ordertid;Framme;Lämnat;Objekt;Enhet;Resultat"
ROW = "2026-03-02;02:13;02:15;02:29;02:50;Trasten skola;V1;Obefogat"


@pytest.fixture
def town(world: World) -> World:
    """Give the world a site, and a unit V1."""
    make_site(world)
    make_unit(world, "V1", lat=None, lon=None)
    return world


def utc(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def points_of(response: Response) -> dict[tuple[str, str], datetime]:
    """Return its time points, by point and source."""
    return {(one.point, one.source): one.at for one in response.time_points.all()}


def test_a_row_that_nobody_else_knows_makes_a_case_and_states_its_times(town: World) -> None:
    """Every time is the supplier's word; the report says that the case stands on it alone."""
    report = bring_in(town, "responses", HEADER, ROW)
    assert (report.kept, report.alone) == (1, 1)
    response = Response.objects.get()
    assert (response.call_sign, response.organisation, response.state) == (
        "V1", town.company, "left",
    )  # fmt: skip
    assert points_of(response) == {
        ("received", "stated"): utc("2026-03-02T01:13"),
        ("offered", "stated"): utc("2026-03-02T01:15"),
        ("on_scene", "stated"): utc("2026-03-02T01:29"),
        ("left", "stated"): utc("2026-03-02T01:50"),
    }
    case = response.case
    assert (case.born, case.state, case.cause, case.site and case.site.name) == (
        "file", "closed", "unwarranted", "Trasten skola",
    )  # fmt: skip
    shares = CaseShare.objects.filter(case=case).values_list("organisation__name", flat=True)
    assert set(shares) == {"Provköping kommun", "Provköping bevakning"}


@pytest.mark.parametrize(
    ("row", "received", "on_scene"),
    [
        ("2026-07-02;02:13;;02:31", "2026-07-02T00:13", "2026-07-02T00:31"),
        ("2026-03-02;23:55;23:58;00:14", "2026-03-02T22:55", "2026-03-02T23:14"),
        ("2026-03-02;;02:15;02:31", "2026-03-02T01:15", "2026-03-02T01:31"),
    ],
    ids=["summer", "midnight", "from the order"],
)
def test_times_are_local_and_pass_midnight(
    town: World, row: str, received: str, on_scene: str
) -> None:
    """Where the list has no time of the alarm, that of the order stands for it."""
    bring_in(town, "responses", HEADER, f"{row};;Trasten skola;V1;")
    found = points_of(Response.objects.get())
    assert found["received", "stated"] == utc(received)
    assert found["on_scene", "stated"] == utc(on_scene)


def test_an_arrival_alone_is_no_response_time(town: World) -> None:
    """The list says the day and when somebody came: from midnight on is nobody's response time."""
    bring_in(town, "responses", HEADER, "2026-03-02;;;02:29;;Trasten skola;V1;")
    assert points_of(Response.objects.get()) == {
        ("on_scene", "stated"): utc("2026-03-02T01:29")
    }  # fmt: skip


def test_a_row_joins_the_nearest_alarm_at_its_site(town: World) -> None:
    """Within twenty minutes; what the centre noted stays beside it, and a unit gets its name."""
    make_site(town, "Norrhallen", lat=59.1)
    bring_in(
        town, "alarm-journal", JOURNAL,
        "2026-03-02;02:02;Trasten skola;Inbrott;;",
        "2026-03-02;02:14;Trasten skola;Inbrott;02:31;Obefogat",
        "2026-03-02;02:13;Norrhallen;Inbrott;02:31;Obefogat",
    )  # fmt: skip
    report = bring_in(town, "responses", HEADER, ROW)
    assert (report.kept, report.alone) == (1, 0)
    joined = Response.objects.get(case__received_at=utc("2026-03-02T01:14"))
    assert (joined.call_sign, joined.unit_as_stated) == ("V1", "V1")
    found = points_of(joined)
    assert found["on_scene", "centre"] == utc("2026-03-02T01:31")
    assert found["on_scene", "stated"] == utc("2026-03-02T01:29")
    assert Case.objects.count() == 3


@pytest.mark.parametrize(("minutes", "alone"), [(20, 0), (21, 1)])
def test_an_alarm_too_far_off_is_another(town: World, minutes: int, alone: int) -> None:
    """Twenty minutes, and not one more."""
    at = datetime.fromisoformat("2026-03-02 02:13") - timedelta(minutes=minutes)
    bring_in(town, "alarm-journal", JOURNAL, f"{at:%Y-%m-%d;%H:%M};Trasten skola;Inbrott;;")
    assert bring_in(town, "responses", HEADER, ROW).alone == alone


def test_two_units_at_one_alarm_are_two_responses(town: World) -> None:
    """One of them is what the centre noted; the same unit again was at another alarm."""
    bring_in(
        town, "alarm-journal", JOURNAL, "2026-03-02;02:14;Trasten skola;Inbrott;02:31;Obefogat"
    )
    other = ROW.replace("V1", "V2").replace("02:13", "02:16")
    third = ROW.replace("02:13", "02:25")
    assert bring_in(town, "responses", HEADER, ROW, other, third).alone == 1
    at_once = Response.objects.filter(case__received_at=utc("2026-03-02T01:14"))
    assert {one.call_sign for one in at_once} == {"V1", "V2"}
    assert Case.objects.count() == 2


@pytest.mark.parametrize("cut", [1, 2])
def test_a_list_in_two_parts_joins_as_the_whole_does(town: World, cut: int) -> None:
    """What an earlier part joined is taken, and a case that a list made is no alarm to join."""
    bring_in(
        town, "alarm-journal", JOURNAL, "2026-03-02;02:14;Trasten skola;Inbrott;02:31;Obefogat"
    )
    rows = [ROW, ROW.replace("02:13", "02:25"), ROW.replace("V1", "V2").replace("02:13", "02:40")]
    bring_in(town, "responses", HEADER, *rows[:cut])
    bring_in(town, "responses", HEADER, *rows)
    found = Response.objects.order_by("case__received_at")
    assert [(one.case.received_at, one.call_sign) for one in found] == [
        (utc("2026-03-02T01:14"), "V1"), (utc("2026-03-02T01:25"), "V1"),
        (utc("2026-03-02T01:40"), "V2"),
    ]  # fmt: skip


def test_a_corrected_list_adds_nothing_and_the_first_saying_stands(town: World) -> None:
    """The supplier's second thoughts do not move what it stated first."""
    bring_in(town, "responses", HEADER, ROW)
    again = bring_in(town, "responses", HEADER, ROW.replace("02:29", "02:25"))
    assert (again.kept, again.known, again.changed) == (0, 1, 0)
    found = points_of(Response.objects.get())
    assert found["on_scene", "stated"] == utc("2026-03-02T01:29")


def test_whose_list_it_is_must_be_said_where_there_are_two(town: World) -> None:
    """By the column of the company; another municipality's company is none."""
    rival = add_organisation(
        tenant=town.tenant, name="Andra vakt", kind=OrganisationKind.GUARDING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    assert told(bring_in(town, "responses", HEADER, ROW)) == [(2, "supplier", "")]
    named = f"{HEADER};Företag"
    assert told(bring_in(town, "responses", named, f"{ROW};Tredje")) == [(2, "supplier", "Tredje")]
    assert bring_in(town, "responses", named, f"{ROW};ANDRA VAKT").written
    assert Response.objects.get().organisation == rival


def test_words_are_kept_without_personnummer(town: World) -> None:
    """Whoever writes a person where the unit should stand, and in the place."""
    unit = f"Patrull {PERSON} {'x' * 18}"
    assert len(unit) == 40
    bring_in(town, "responses", HEADER, ROW.replace("V1", unit).replace("Trasten skola", PERSON))
    response = Response.objects.get()
    assert response.unit_as_stated == f"Patrull [personnummer] {'x' * 17}"
    assert response.case.place == "[personnummer]"


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("2026-03-02;02:13;;;;Trasten skola;V1;", ("on_scene", "")),
        ("2026-03-29;02:30;;03:10;;Trasten skola;V1;", ("day", "2026-03-29 02:30:00")),
        ("2026-03-29;01:50;;02:10;;Trasten skola;V1;", ("on_scene", "02:10:00")),
        ("2026-03-02;25:13;;02:10;;Trasten skola;V1;", ("Larmtid", "25:13")),
        (f"2026-03-02;02:13;;02:10;;Trasten skola;{'V' * 41};", ("Enhet", "V" * 41)),
    ],
    ids=["nobody came", "skipped", "skipped arrival", "no clock", "too long"],
)
def test_what_cannot_be_is_refused_by_its_cell(
    town: World, row: str, refused: tuple[str, str]
) -> None:
    """Line, column and value; nothing is written."""
    report = bring_in(town, "responses", HEADER, row)
    assert told(report) == [(2, *refused)]
    assert not Case.objects.exists()
