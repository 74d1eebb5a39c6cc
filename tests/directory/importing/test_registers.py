"""Units, members, permits, transmitters and roster: each row against what is already there."""

from datetime import UTC, date, datetime

import pytest

from narvaro.access.models import Member
from narvaro.directory.models import Competence, Permit, Transmitter, Unit
from narvaro.plan.models import Shift
from narvaro.spine.sealing import open_text
from tests.directory.conftest import Importer
from tests.make import World, make_member, make_site, make_transmitter, make_world

COMPANY = "Provköping bevakning"
KEY = "000102030405060708090A0B0C0D0E0F"
TRANSMITTERS = "Konto;Objektnummer;Nyckel;Nyckelform;Avfrågning s\n"
UNITS = "Enhet;Organisation;Roll;Färdmedel;Utrustning;Spårare\n"
MEMBERS = "Tjänstenummer;Organisation;Roll;Från;Till;Kompetens;Kompetens från;Kompetens till\n"
PERMITS = (
    "Beslut;Organisation;Område;Giltigt från;Giltigt till;Veckodagar;Klockan från;Klockan till;"
    "Antal;Villkor\n"
)
ROSTER = "Enhet;Från;Till;Tjänstenummer\n"


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (KEY[:-2], "hex"),
        (KEY[:-1] + "X", "hex"),
        ("HEMLIGNYCKEL", "ascii"),
        ("HEMLIGNYCKELÅÄÖ1", "ascii"),
        (KEY[:-2] + "\ufffd", "hex"),
    ],
)
def test_a_bad_key_is_refused_and_never_repeated(importer: Importer, key: str, form: str) -> None:
    """The report goes to a screen and a log: it names line and fault, not the key."""
    text = f"\ufeff{TRANSMITTERS}1234;S-001;{key};{form};90\n"
    report = importer("transmitters", text)
    assert not report.written
    [reason] = report.refused[0].reasons
    assert reason.value == "…"
    assert key[:12] not in repr(report)
    assert not Transmitter.objects.exists()


def test_a_key_is_sealed_and_a_file_without_keys_leaves_it(importer: Importer) -> None:
    """A list of polling times does not turn an encrypted account into a plain one."""
    importer("transmitters", f"{TRANSMITTERS}ab12;S-001;{KEY};hex;90\n")
    one = Transmitter.objects.get(account="AB12")
    assert KEY not in one.sealed_key
    assert open_text(one.sealed_key) == KEY
    importer("transmitters", "Konto;Objektnummer;Avfrågning s\nAB12;S-001;120\n")
    one.refresh_from_db()
    assert (open_text(one.sealed_key), one.key_form) == (KEY, "hex")
    assert one.paths.get().poll_interval_s == 120
    importer("transmitters", f"{TRANSMITTERS}AB12;S-001;;;120\n")
    one.refresh_from_db()
    assert one.sealed_key == ""


def test_an_account_of_another_tenant_is_refused(importer: Importer) -> None:
    """A frame names its account and no tenant: the alarm must have one owner."""
    other = make_transmitter(make_site(make_world("Annanstad")), "1234")
    [reason] = importer("transmitters", f"{TRANSMITTERS}1234;S-001;;;\n").refused[0].reasons
    assert reason.column == "account"
    assert "Annanstad" not in repr(reason)
    assert Transmitter.objects.get() == other


def test_a_transmitter_of_an_unknown_site_or_with_an_odd_account_is_refused(
    importer: Importer,
) -> None:
    """Both faults are told at once."""
    report = importer("transmitters", f"{TRANSMITTERS}12-34;S-404;;;\n")
    assert [one.column for one in report.refused[0].reasons] == ["site", "account"]


def test_a_site_of_another_tenant_is_no_site_here(importer: Importer) -> None:
    """Codes are each tenant's own."""
    other = make_site(make_world("Annanstad"))
    other.code = "X-77"
    other.save()
    assert not importer("transmitters", f"{TRANSMITTERS}1234;X-77;;;\n").written


def test_a_tracker_has_one_unit(importer: Importer) -> None:
    """Two units with one tracker would be in one place; the second row is refused."""
    rows = "".join(f"V{n};{COMPANY};Väktare;Bil;;samma\n" for n in (7, 8))
    report = importer("units", UNITS + rows)
    assert [(one.line, one.reasons[0].column) for one in report.refused] == [(3, "tracker")]
    importer("units", f"{UNITS}V7;{COMPANY};Ordningsvakt;Till fots;Hund, Brandfilt;samma\n")
    unit = Unit.objects.get(call_sign="V7")
    assert (unit.role, unit.travel, unit.kit) == (
        "public_order_officer", "foot", ["dog", "fire_blanket"],
    )  # fmt: skip


def test_a_unit_list_without_equipment_leaves_it(importer: Importer) -> None:
    """A list of new roles does not take the tracker and the defibrillator from a unit."""
    importer("units", f"{UNITS}V7;{COMPANY};Väktare;Bil;Hjärtstartare;spår-7\n")
    importer("units", f"Enhet;Organisation;Roll;Färdmedel\nV7;{COMPANY};Ordningsvakt;Bil\n")
    unit = Unit.objects.get(call_sign="V7")
    assert (unit.role, unit.kit, unit.tracker) == ("public_order_officer", ["aed"], "spår-7")


def test_members_have_a_row_for_each_competence(importer: Importer) -> None:
    """One member, two competences, with their dates."""
    start = f"P-9;{COMPANY};Arbetsledare;2026-01-01;;"
    rows = f"{start}HLR;2026-01-01;2027-01-01\n{start}Hund;1 mars 2026;\n"
    assert importer("members", MEMBERS + rows).written
    member = Member.objects.get(service_number="P-9")
    held = {one.kind: (one.valid_from, one.valid_until)
            for one in Competence.objects.filter(member=member)}  # fmt: skip
    assert held == {
        "cpr": (date(2026, 1, 1), date(2027, 1, 1)),
        "dog": (date(2026, 3, 1), None),
    }


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("P-9;{};Väktare;2026-02-01;2026-02-01;;;", "valid_until"),
        ("P-9;{};Väktare;2026-01-01;;HLR;;", "competence_from"),
        ("P-9;{};Väktare;2026-01-01;;HLR;2026-02-01;2026-01-01", "competence_until"),
        ("P-9;{};Väktare;2026-02-30;;;;", "Från"),
        ("P-9;{};Chef;2026-02-01;;;;", "Roll"),
    ],
)
def test_members_with_impossible_facts_are_refused(
    importer: Importer, row: str, column: str
) -> None:
    """Each with the column in which to look."""
    [refused] = importer("members", MEMBERS + row.format(COMPANY) + "\n").refused
    assert [one.column for one in refused.reasons] == [column]
    assert not Member.objects.filter(service_number="P-9").exists()


def test_a_permit_keeps_area_weekdays_and_hours(importer: Importer) -> None:
    """Read back as it was decided."""
    area = "POLYGON ((18 59, 19 59, 19 60, 18 59))"
    row = f'A9/2026;{COMPANY};"{area}";2026-01-01;2026-12-31;fre-sön;22:00;04:00;4;Endast parken\n'
    importer("permits", PERMITS + row)
    one = Permit.objects.get()
    assert (one.weekdays, str(one.hours_from), str(one.hours_until)) == (
        [4, 5, 6], "22:00:00", "04:00:00",
    )  # fmt: skip
    assert (one.area_wkt, one.max_officers, one.conditions) == (area, 4, "Endast parken")


def test_a_permit_whose_border_crosses_itself_is_refused(importer: Importer) -> None:
    """Inside and outside of such an area is anybody's guess."""
    row = f'A9/2026;{COMPANY};"POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))";2026-01-01;2026-12-31;fre;22;04;;\n'
    [reason] = importer("permits", PERMITS + row).refused[0].reasons
    assert reason.column == "area"
    assert "crosses itself" in reason.why


def test_roster_times_are_local_and_its_crew_is_of_the_units_company(
    importer: Importer, town: World
) -> None:
    """18:00 in November is 17:00 UTC; an unknown number or one of the town's is refused."""
    outsider = make_member(town, organisation=town.municipality).service_number
    good = "V1;2026-11-25 18:00;2026-11-26 06:00;PR001\n"
    for number in ("XX999", outsider):
        report = importer("roster", ROSTER + good.replace("PR001", f"PR001, {number}"))
        assert [one.value for one in report.refused[0].reasons] == [number]
    assert importer("roster", ROSTER + good).written
    shift = Shift.objects.get(starts_at=datetime(2026, 11, 25, 17, tzinfo=UTC))
    assert shift.ends_at == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert [one.service_number for one in shift.crew.all()] == ["PR001"]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("V1;2026-10-25 02:30;2026-10-25 06:00;PR001", "Från", "twice"),
        ("V1;2026-03-29 02:30;2026-03-29 06:00;PR001", "Från", "skips"),
        ("V1;2026-11-25 18:00;2026-11-25 18:00;PR001", "ends_at", "not after"),
        ("V404;2026-11-25 18:00;2026-11-26 06:00;PR001", "unit", "no unit"),
    ],
)
def test_shifts_that_cannot_be_are_refused(
    importer: Importer, row: str, column: str, said: str
) -> None:
    """The doubled hour is answered with the two ways to write it."""
    [reason] = importer("roster", f"{ROSTER}{row}\n").refused[0].reasons
    assert reason.column == column
    assert said in reason.why
    assert "+02:00" in reason.todo or said != "twice"
