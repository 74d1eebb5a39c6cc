"""What every import promises: all or nothing, line and reason for each refusal, one event a file."""

import json
from typing import Any

import pytest

from narvaro.access.models import Member
from narvaro.contract.models import Contract
from narvaro.directory.models import ImportBatch, Permit, ResponsePlan, Site, Transmitter, Unit
from narvaro.plan.models import Shift
from narvaro.spine.models import Event
from tests.directory.conftest import Importer
from tests.make import World, make_member

COMPANY, TOWN = "Provköping bevakning", "Provköping kommun"
AREA = '"POLYGON ((18 59, 19 59, 19 60, 18 59))"'
HEADERS = {
    "sites": "Objektnummer;Objekt;Typ;Latitud;Longitud;Larmklass",
    "units": "Enhet;Organisation;Roll;Färdmedel;Utrustning;Spårare",
    "members": "Tjänstenummer;Organisation;Roll;Från;Till;Kompetens;Kompetens från;Kompetens till",
    "permits": "Beslut;Organisation;Område;Giltigt från;Giltigt till;Veckodagar;Klockan från;"
    "Klockan till",
    "transmitters": "Konto;Objektnummer;Nyckel;Nyckelform;Avfrågning s",
    "roster": "Enhet;Från;Till;Tjänstenummer",
}
GOOD = {
    "sites": "S-1;Trasten skola;Skola;59,1;18,1;2",
    "units": f"V9;{COMPANY};Väktare;Bil;Brandfilt, Hjärtstartare;spår-9",
    "members": f"P-9;{COMPANY};Väktare;2026-01-01;;HLR;2026-01-01;2027-01-01",
    "permits": f"A9/2026;{COMPANY};{AREA};2026-01-01;2026-12-31;fre,lör;22:00;04:00",
    "transmitters": "1234;S-001;000102030405060708090A0B0C0D0E0F;hex;90",
    "roster": "V1;2026-11-23 18:00;2026-11-24 06:00;PR001",
}
BAD = {
    "sites": ("S-2;Ugglan skola;Skola;591;18,1;2", "Latitud"),
    "units": ("V8;Okänd AB;Väktare;Bil;;", "organisation"),
    "members": (f"P-8;{COMPANY};Larmoperatör;2026-01-01;;;;", "role"),
    "permits": (
        f"A8/2026;{COMPANY};{AREA};2026-12-31;2026-01-01;fre;22:00;04:00",
        "valid_until",
    ),
    "transmitters": ("1235;S-404;;;", "site"),
    "roster": ("V1;2026-11-25 18:00;2026-11-26 06:00;XX999", "crew"),
}
MODELS: dict[str, Any] = {
    "sites": Site, "units": Unit, "members": Member, "permits": Permit,
    "transmitters": Transmitter, "roster": Shift,
}  # fmt: skip


def lines(kind: str, *rows: str) -> str:
    """Return a file with the usual header."""
    return "\n".join((HEADERS[kind], *rows)) + "\n"


def last_event(world: World) -> Event:
    """Return the newest line of the log."""
    return Event.objects.filter(tenant=world.tenant).latest("position")


@pytest.mark.parametrize("kind", sorted(HEADERS))
def test_a_good_file_comes_in_once_and_is_one_event(
    kind: str, importer: Importer, town: World
) -> None:
    """Imported twice, it is the same rows; each file is one line of the log."""
    before = MODELS[kind].objects.count()
    report = importer(kind, lines(kind, GOOD[kind]))
    assert (report.kept, report.refused, report.written) == (1, (), True)
    event = last_event(town)
    assert event.kind == "file.imported"
    assert json.loads(event.payload or "")["import_kind"] == kind
    importer(kind, lines(kind, GOOD[kind]))
    assert MODELS[kind].objects.count() == before + 1
    assert last_event(town).position == event.position + 1


@pytest.mark.parametrize("kind", sorted(HEADERS))
def test_one_bad_row_holds_back_the_file_unless_the_good_are_asked_for(
    kind: str, importer: Importer, town: World
) -> None:
    """All or nothing; the report names line and column; --keep-good takes the rest."""
    row, column = BAD[kind]
    before, position = MODELS[kind].objects.count(), last_event(town).position
    report = importer(kind, lines(kind, GOOD[kind], row))
    assert (report.kept, report.written) == (1, False)
    [refused] = report.refused
    assert refused.line == 3
    [reason] = refused.reasons
    assert reason.column == column
    assert reason.why
    assert reason.todo
    assert MODELS[kind].objects.count() == before
    assert last_event(town).position == position
    assert importer(kind, lines(kind, GOOD[kind], row), keep_good=True).written
    assert MODELS[kind].objects.count() == before + 1
    assert json.loads(last_event(town).payload or "")["refused"] == 1


@pytest.mark.parametrize("kind", sorted(HEADERS))
def test_a_dry_run_checks_all_and_writes_nothing(
    kind: str, importer: Importer, town: World
) -> None:
    """A dry run of a good file says what would come in, and leaves no trace."""
    before, position = MODELS[kind].objects.count(), last_event(town).position
    report = importer(kind, lines(kind, GOOD[kind]), dry_run=True)
    assert (report.kept, report.written) == (1, False)
    assert MODELS[kind].objects.count() == before
    assert (last_event(town).position, ImportBatch.objects.exclude(pk=town.batch.pk).count()) == (
        position, 0,
    )  # fmt: skip


def test_a_spreadsheet_of_an_old_office_is_read(importer: Importer, town: World) -> None:
    """cp1252, semicolons, decimal commas, headers in another order and case, a column too many."""
    text = "LATITUD;longitud;Objektnr;Namn;Objekttyp;Anm\n59,1;18,25;S-7;Förskolan Näktergalen;FÖRSKOLA;ö\n"
    report = importer("sites", text.encode("cp1252"))
    site = Site.objects.get(tenant=town.tenant, code="S-7")
    assert (site.name, site.kind, site.lat, site.lon) == (
        "Förskolan Näktergalen", "preschool", 59.1, 18.25,
    )  # fmt: skip
    assert report.unmapped == ("Anm",)


def test_a_panels_clock_may_be_a_day_off_and_no_more(importer: Importer) -> None:
    """Beyond that the account's memory of what it sent would have no end; the row says what to write."""
    head = "Konto;Objektnummer;Klocka efter s;Klocka före s\n"
    report = importer("transmitters", head + "1234;S-001;86401;20\n1235;S-001;40;90000\n")
    reasons = [reason for row in report.refused for reason in row.reasons]
    assert [(one.column, one.value) for one in reasons] == [
        ("Klocka efter s", "86401"),
        ("Klocka före s", "90000"),
    ]
    assert all("at most 86400" in one.why and "86400 or less" in one.todo for one in reasons)
    assert importer("transmitters", head + "1234;S-001;86400;86400\n").written


def test_headers_of_another_system_can_be_mapped(importer: Importer) -> None:
    """--map names a column that nobody could guess, and says when it names none."""
    text = "Nr;Etikett;Typ;Latitud;Longitud\nS-8;Duvan;hall;59,1;18,1\n"
    assert importer("sites", text).refused[0].reasons[0].column == "Objekt"
    assert importer("sites", text, mapping={"Etikett": "name"}).written
    wrong = importer("sites", text, mapping={"Nummer": "code"})
    assert "header that the file has not" in wrong.refused[0].reasons[0].why


@pytest.mark.parametrize("kind", ["sites", "units", "permits", "transmitters"])
def test_a_line_that_stands_twice_is_refused_with_the_first_ones_number(
    kind: str, importer: Importer
) -> None:
    """Which of two lines holds is for the person to say."""
    report = importer(kind, lines(kind, GOOD[kind], GOOD[kind]))
    assert not report.written
    [reason] = report.refused[0].reasons
    assert (report.refused[0].line, reason.why) == (3, "stands on line 2 too")


def test_a_text_longer_than_its_place_is_refused_not_cut(importer: Importer) -> None:
    """PostgreSQL would stop the whole import at such a row; the person is told the line."""
    long = f"S-9;{'x' * 500};Skola;59,1;18,1;2"
    report = importer("sites", lines("sites", long))
    assert not report.written
    assert report.refused[0].reasons[0].column == "Objekt"


def test_an_unknown_organisation_is_answered_with_the_known_ones(importer: Importer) -> None:
    """The person reads what he may write."""
    [reason] = importer("units", lines("units", BAD["units"][0])).refused[0].reasons
    assert COMPANY in reason.todo
    assert TOWN in reason.todo


def test_contract_and_plans_are_whole_files_too(importer: Importer, town: World) -> None:
    """TOML that is none is refused with its line; nothing is written."""
    for kind in ("contract", "response-plans"):
        broken = importer(kind, "number = \n")
        assert not broken.written
        assert "line 1" in broken.refused[0].reasons[0].why
        latin = importer(kind, "title = 'Köpt'".encode("latin-1"))
        assert "UTF-8" in latin.refused[0].reasons[0].why
    assert not Contract.objects.exists()
    assert not ResponsePlan.objects.exists()


def test_members_of_two_organisations_never_share_a_way_in(importer: Importer, town: World) -> None:
    """A number that another organisation uses is refused: one password would open both."""
    taken = make_member(town, organisation=None).service_number
    row = f"{taken};{TOWN};Säkerhetssamordnare;2026-01-01;;;;"
    report = importer("members", lines("members", row))
    assert not report.written
    [reason] = report.refused[0].reasons
    assert (reason.column, reason.value) == ("service_number", taken)
