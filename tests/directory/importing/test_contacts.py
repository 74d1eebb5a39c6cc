"""The register of contacts: duties with a way to reach them, step by step."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.cell_error import CellError
from narvaro.directory.importing.contacts import INTERNATIONAL, mail, phone
from narvaro.directory.models import Contact
from tests.directory.conftest import Importer
from tests.make import World

COMPANY = "Provköping bevakning"
HEAD = "Organisation;Jour;Steg;Efter s;Telefon;E-post\n"
LINE = f"{COMPANY};Arbetsledare;1;60;+46 70-174 06 05;jour@bolaget.example\n"


def test_a_duty_with_both_ways(importer: Importer, town: World) -> None:
    """Spaces and dashes fall away: gateways take the bare number."""
    assert importer("contacts", HEAD + LINE).written
    one = Contact.objects.get()
    assert (one.duty, one.step, one.after_s) == ("Arbetsledare", 1, 60)
    assert (one.phone, one.mail) == ("+46701740605", "jour@bolaget.example")
    assert one.organisation == town.company


def test_one_way_is_enough_and_a_column_left_out_changes_nothing(importer: Importer) -> None:
    importer("contacts", HEAD + LINE)
    short = f"Organisation;Funktion;Steg;E-post\n{COMPANY};Arbetsledare;2;ny@bolaget.example\n"
    assert importer("contacts", short).written
    one = Contact.objects.get()
    assert (one.step, one.after_s, one.phone) == (2, 60, "+46701740605")
    assert one.mail == "ny@bolaget.example"


def test_step_0_takes_a_duty_away(importer: Importer) -> None:
    """Who left must not be called; the file needs no way to reach him."""
    importer("contacts", HEAD + LINE)
    assert importer("contacts", f"Organisation;Jour;Steg\n{COMPANY};Arbetsledare;0\n").written
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("was", "instead", "column"),
    [
        (COMPANY, "Någon annan", "organisation"),
        (";1;", ";-1;", "step"),
        (";1;", ";21;", "step"),
        (";60;", ";3601;", "after_s"),
        (";60;", ";0;", "Efter s"),
        ("+46 70-174 06 05", "070-174 06 05", "Telefon"),
        ("+46 70-174 06 05", "46701740605", "Telefon"),
        ("jour@bolaget.example", "jour på bolaget", "E-post"),
        ("jour@bolaget.example", "a@b.example, c@d.example", "E-post"),
        ("+46 70-174 06 05;jour@bolaget.example", ";", "phone"),
    ],
)
def test_what_is_refused(importer: Importer, was: str, instead: str, column: str) -> None:
    report = importer("contacts", HEAD + LINE.replace(was, instead))
    assert not report.written
    assert [one.column for one in report.refused[0].reasons] == [column]
    assert not Contact.objects.exists()


def test_a_duty_twice_or_two_times_for_one_step_are_refused(importer: Importer) -> None:
    assert not importer("contacts", HEAD + LINE + LINE).written
    other = LINE.replace("Arbetsledare", "Chef i beredskap")
    assert importer("contacts", HEAD + LINE + other).written
    [refused] = importer("contacts", HEAD + LINE + other.replace(";60;", ";90;")).refused
    assert [one.column for one in refused.reasons] == ["after_s"]


@given(st.text(max_size=40))
def test_any_text_is_a_way_to_be_reached_or_refused(text: str) -> None:
    """What is taken goes into an address and a header: nothing in it may break out."""
    with suppress(CellError):
        assert INTERNATIONAL.fullmatch(phone(text))
    with suppress(CellError):
        found = mail(text)
        assert found.count("@") == 1
        assert not set(found) & set(' \n\r\t<>,;:"')
