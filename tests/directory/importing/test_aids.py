"""The registers of AEDs, agreements on support and keys: what comes in, and what is refused."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.choice import Opening
from narvaro.core.terms import CASE_KINDS
from narvaro.directory.importing.aids import case_kinds
from narvaro.directory.models import (
    Defibrillator,
    Key,
    ResponsePlan,
    SupportAgreement,
    describe_openings,
)
from narvaro.directory.queries import list_agreements, list_defibrillators
from tests.directory.conftest import Importer
from tests.make import World

AEDS = "Hjärtstartare;Namn;Placering;Latitud;Longitud;Öppettider;Stängt;Kontrollerad;Ur bruk\n"
AED = 'H-01;Simhallen;entrén, vänster;59,1955;17,6253;"mån-fre 06:30-22, lör,sön 08-18";2026-12-24, 2026-12-25;2026-10-01;nej\n'
AREA = "POLYGON ((17.5 59.1, 17.7 59.1, 17.7 59.3, 17.5 59.1))"
AGREEMENTS = (
    "Avtalsnummer;Organisation;Ärenden;Område;Giltigt från;Giltigt till;Veckodagar;"
    "Klockan från;Klockan till\n"
)
AGREEMENT = f"STÖD 7;Provköping bevakning;brandlarm, hjärtstopp;{AREA};2026-01-01;2026-12-31;fre-sön;18:00;06:00\n"
KEYS = "Nyckelbricka;Objektnummer;Nyckelskåp\n"
KEY = "N-014;S-001;Kvarter Nord, skåp 2\n"
SWEDEN = ZoneInfo("Europe/Stockholm")


def test_an_aed_comes_in(importer: Importer, town: World) -> None:
    assert importer("aeds", AEDS + AED).written
    [one] = list_defibrillators(town.tenant.pk)
    assert (one.code, one.name, one.place) == ("H-01", "Simhallen", "entrén, vänster")
    assert (one.lat, one.lon) == (59.1955, 17.6253)
    assert one.openings == [
        {"weekdays": [0, 1, 2, 3, 4], "from": "06:30", "until": "22:00"},
        {"weekdays": [5, 6], "from": "08:00", "until": "18:00"},
    ]
    assert one.closed_on == ["2026-12-24", "2026-12-25"]
    assert not one.out_of_service


@pytest.mark.parametrize(
    ("local", "open_then"),
    [
        ("2026-11-24T06:29", False),
        ("2026-11-24T06:30", True),
        ("2026-11-24T22:00", False),
        ("2026-11-28T07:00", False),
        ("2026-11-28T17:59", True),
        ("2026-12-24T12:00", False),
    ],
)
def test_it_is_open_by_its_hours(
    importer: Importer, town: World, local: str, open_then: bool
) -> None:
    importer("aeds", AEDS + AED)
    at = datetime.fromisoformat(local).replace(tzinfo=SWEDEN)
    assert Defibrillator.objects.get().is_open_at(at) == open_then


def test_an_old_word_for_it_counts_no_more(importer: Importer, town: World) -> None:
    importer("aeds", AEDS + AED)
    one = Defibrillator.objects.get()
    assert one.is_verified_on(date(2027, 4, 2))
    assert not one.is_verified_on(date(2027, 4, 3))
    noon = datetime(2027, 4, 2, 12, tzinfo=SWEDEN)
    assert one.is_to_be_proposed_at(noon)
    assert not one.is_to_be_proposed_at(noon.replace(day=3))
    one.out_of_service = True
    assert not one.is_to_be_proposed_at(noon)


def test_without_hours_it_never_counts_as_open(importer: Importer, town: World) -> None:
    assert importer("aeds", "Hjärtstartare;Namn;Latitud;Longitud\nH-2;Torget;59,1;17,6\n").written
    one = Defibrillator.objects.get()
    assert not one.is_open_at(datetime(2026, 11, 24, 12, tzinfo=SWEDEN))
    assert not one.is_verified_on(date(2026, 11, 24))


def test_a_column_left_out_changes_nothing(importer: Importer, town: World) -> None:
    importer("aeds", AEDS + AED)
    importer("aeds", "Hjärtstartare;Namn;Latitud;Longitud\nH-01;Badet;59,2;17,6\n")
    one = Defibrillator.objects.get()
    assert (one.name, len(one.openings), one.verified_on) == ("Badet", 2, date(2026, 10, 1))


@pytest.mark.parametrize(
    ("was", "instead", "column"),
    [
        ("H-01", "H" * 41, "Hjärtstartare"),
        ("H-01", "", "Hjärtstartare"),
        ("Simhallen", "", "Namn"),
        ("59,1955", "159,1955", "Latitud"),
        ("17,6253", "", "Longitud"),
        ("mån-fre 06:30-22, lör,sön 08-18", "när någon är där", "Öppettider"),
        ("mån-fre 06:30-22, lör,sön 08-18", "08-18", "Öppettider"),
        ("2026-12-25", "juldagen", "Stängt"),
        ("2026-10-01", "i höstas", "Kontrollerad"),
        (";nej", ";kanske", "Ur bruk"),
    ],
)
def test_an_aed_that_is_refused(
    importer: Importer, town: World, was: str, instead: str, column: str
) -> None:
    """A wrong row says what, where and what to do, and keeps the good one out as well."""
    good = "H-09;Biblioteket;;59,1;17,6;dygnet runt;;;\n"
    report = importer("aeds", AEDS + good + AED.replace(was, instead))
    assert [(one.line, one.reasons[0].column) for one in report.refused] == [(3, column)]
    assert report.refused[0].reasons[0].todo
    assert not Defibrillator.objects.exists()
    assert importer("aeds", AEDS + good + AED.replace(was, instead), keep_good=True).written
    assert Defibrillator.objects.get().code == "H-09"


@given(
    st.lists(
        st.builds(
            Opening,
            st.frozensets(st.integers(0, 6), min_size=1),
            st.builds(time, st.integers(0, 23), st.integers(0, 59)),
            st.builds(time, st.integers(0, 23), st.integers(0, 59)),
        ),
        max_size=4,
    )
)
def test_hours_come_out_of_a_row_as_they_went_in(openings: list[Opening]) -> None:
    assert list(Defibrillator(openings=describe_openings(openings)).hours) == openings


def test_an_agreement_comes_in(importer: Importer, town: World) -> None:
    assert importer("agreements", AGREEMENTS + AGREEMENT).written
    [one] = list_agreements(town.tenant.pk)
    assert (one.organisation, one.decision_no) == (town.company, "STÖD 7")
    assert one.kinds == ["fire", "medical"]
    assert (one.weekdays, one.hours_from, one.hours_until) == ([4, 5, 6], time(18), time(6))


def test_kinds_of_case_in_words() -> None:
    assert case_kinds("alla") == CASE_KINDS
    assert case_kinds("överfallslarm,inbrott") == ("intruder", "duress")


@pytest.mark.parametrize(
    ("was", "instead", "column"),
    [
        ("Provköping bevakning", "Någon annan", "organisation"),
        ("brandlarm, hjärtstopp", "brandlarm, okynne", "Ärenden"),
        ("brandlarm, hjärtstopp", ",", "case_kinds"),
        (AREA, "POLYGON ((17 59, 18 60, 17 60, 18 59, 17 59))", "area"),
        (AREA, "POINT (17 59)", "Område"),
        ("2026-12-31", "2025-12-31", "valid_until"),
        ("fre-sön", "ibland", "Veckodagar"),
    ],
)
def test_an_agreement_that_is_refused(
    importer: Importer, town: World, was: str, instead: str, column: str
) -> None:
    report = importer("agreements", AGREEMENTS + AGREEMENT.replace(was, instead))
    assert [one.column for one in report.refused[0].reasons] == [column]
    assert not SupportAgreement.objects.exists()


def test_keys_come_in_and_know_their_sites(importer: Importer, town: World) -> None:
    assert importer("keys", KEYS + KEY).written
    assert importer("keys", KEYS + KEY.replace("skåp 2", "skåp 3")).written
    key = Key.objects.get()
    assert (key.code, key.kept_at) == ("N-014", "Kvarter Nord, skåp 3")
    assert [one.code for one in key.sites.all()] == ["S-001"]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("N-014;S-404;skåp\n", "sites"),
        ("N-014;S-001, S-404;skåp\n", "sites"),
        ("N-014;,;skåp\n", "sites"),
        ("N-014;;skåp\n", "Objektnummer"),
        (KEY + KEY, "key_tag"),
    ],
)
def test_a_key_that_is_refused(importer: Importer, town: World, line: str, column: str) -> None:
    report = importer("keys", KEYS + line)
    assert [one.column for one in report.refused[0].reasons] == [column]
    assert not Key.objects.exists()


def test_a_plan_says_that_the_key_is_a_must(importer: Importer, town: World) -> None:
    plan = '[[plan]]\nsite = "S-001"\nname = "Lärkan skola"\nversion = 1\n'
    importer("response-plans", plan)
    assert not ResponsePlan.objects.get().key_must
    importer("response-plans", plan + "key_must = true\n")
    assert ResponsePlan.objects.get().key_must
    report = importer("response-plans", plan + 'key_must = "ja"\n')
    assert report.refused[0].reasons[0].column == "key_must"
