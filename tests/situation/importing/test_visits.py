"""Visits from the supplier's list: presence of the lowest grade, however it is written."""

from datetime import UTC, datetime

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.situation.models import Presence
from tests.files import PERSON, bring_in, told, words_kept
from tests.make import NIGHT, World, make_site, make_unit

HEADER = "Datum;Objekt;Från;Till;Enhet;Minuter;Notering"


@pytest.fixture
def town(world: World) -> World:
    """Give the world a site, and a unit V1."""
    make_site(world)
    make_unit(world, "V1", lat=None, lon=None)
    return world


def one_of(world: World, *rows: str, header: str = HEADER) -> Presence:
    """Bring a file in and return its only visit."""
    assert bring_in(world, "visits", header, *rows).written
    return Presence.objects.published().get(tenant=world.tenant)


def utc(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_row_becomes_presence_that_is_stated(town: World) -> None:
    """The supplier's word, and nothing better; of the unit where it is known."""
    found = one_of(town, "2026-03-02;Trasten skola;21:00;21:15;V1;;Lugnt")
    assert (found.grade, found.organisation, found.note) == ("stated", town.company, "Lugnt")
    assert found.unit is not None
    assert (found.unit.call_sign, found.site and found.site.name) == ("V1", "Trasten skola")


@pytest.mark.parametrize(
    ("row", "begins", "ends"),
    [
        ("2026-03-02;{};21:00;21:15;V1;;", "2026-03-02T20:00", "2026-03-02T20:15"),
        ("2026-07-02;{};21:00;21:15;V1;;", "2026-07-02T19:00", "2026-07-02T19:15"),
        ("2026-03-02;{};23:50;00:05;V1;;", "2026-03-02T22:50", "2026-03-02T23:05"),
        ("2026-03-02;{};23:50;;V1;12;", "2026-03-02T22:50", "2026-03-02T23:02"),
        ("2026-10-25;{};02:30;;V1;12;", "2026-10-25T00:30", "2026-10-25T00:42"),
        ("2026-03-28;{};23:30;03:30;V1;;", "2026-03-28T22:30", "2026-03-29T01:30"),
        ("2026-10-24;{};23:30;03:30;V1;;", "2026-10-24T21:30", "2026-10-25T02:30"),
        (";{};2026-03-02 21:00;2026-03-02 21:15;V1;;", "2026-03-02T20:00", "2026-03-02T20:15"),
    ],
    ids=[
        "winter",
        "summer",
        "midnight",
        "minutes",
        "doubled hour",
        "spring night",
        "autumn night",
        "moments",
    ],
)
def test_times_are_local_and_pass_midnight(town: World, row: str, begins: str, ends: str) -> None:
    """A visit over the clock change lasts as long as it lasted."""
    found = one_of(town, row.format("Trasten skola"))
    assert (found.starts_at, found.ends_at) == (utc(begins), utc(ends))


def test_the_same_visit_written_otherwise_is_known(town: World) -> None:
    """A later list has a column of addresses: the unit was there once, whatever the row says more."""
    one_of(town, "2026-03-02;Trasten skola;21:00;21:15;V1;;")
    again = bring_in(
        town, "visits", "Datum;Objekt;Adress;Från;Till;Enhet",
        "2026-03-02;Trasten skola;Skolgatan 1;21:00;21:15;V1",
        "2026-03-02;Trasten skola;Skolgatan 1;22:00;22:15;V1",
    )  # fmt: skip
    assert (again.kept, again.known) == (1, 1)
    assert Presence.objects.count() == 2


def test_two_at_once_without_a_unit_are_two(town: World) -> None:
    """Nobody can say that they are one; of one unit it is for the person to say."""
    row = "2026-03-02;Trasten skola;21:00;21:15;{};;{}"
    assert bring_in(town, "visits", HEADER, *[row.format("", "")] * 2).kept == 2
    twice = (row.format("V1", "Lugnt"), row.format("V1", "Klotter"))
    report = bring_in(town, "visits", HEADER, *twice)
    assert told(report) == [(3, "occurred_from", "2026-03-02 21:00")]
    assert bring_in(town, "visits", HEADER, *twice, keep_good=True).kept == 1


def test_a_unit_that_nobody_knows_leaves_its_company(town: World) -> None:
    """The visit counts as the supplier's; of two suppliers the row says whose."""
    found = one_of(town, "2026-03-02;Trasten skola;21:00;21:15;Bil 9;;")
    assert (found.unit, found.organisation) == (None, town.company)
    add_organisation(
        tenant=town.tenant, name="Andra vakt", kind=OrganisationKind.GUARDING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    row = "2026-03-03;Trasten skola;21:00;21:15;;;"
    assert told(bring_in(town, "visits", HEADER, row)) == [(2, "supplier", "")]
    assert bring_in(town, "visits", f"{HEADER};Företag", f"{row};Andra vakt").written


def test_words_are_kept_without_personnummer(town: World) -> None:
    """In the note, as long as it may be, and in the place."""
    found = one_of(town, f"2026-03-02;{PERSON};21:00;21:15;V1;;{'x' * 185} {PERSON}")
    assert found.place == "[personnummer]"
    assert found.note == f"{'x' * 185} [personnummer]"[:200]
    assert "9805" not in words_kept(Presence)


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("2026-03-02;Trasten skola;;;V1;;ej utförd", ("clock", "")),
        ("2026-03-02;Trasten skola;21:00;;V1;;", ("occurred_until", "")),
        ("2026-03-02;Trasten skola;21:00;21:00;V1;;", ("occurred_until", "")),
        ("2026-03-29;Trasten skola;02:30;03:15;V1;;", ("day", "2026-03-29 02:30:00 03:15:00")),
        ("2026-03-02;Trasten skola;21:00;21:15;V1;tio;", ("Minuter", "tio")),
        (f"2026-03-02;Trasten skola;21:00;21:15;V1;;{'x' * 201}", ("Notering", "x" * 201)),
    ],
    ids=["not made", "no end", "no length", "skipped", "no minutes", "too long"],
)
def test_what_cannot_be_is_refused_by_its_cell(
    town: World, row: str, refused: tuple[str, str]
) -> None:
    """Line, column and value; nothing is written."""
    report = bring_in(town, "visits", HEADER, row)
    assert told(report) == [(2, *refused)]
    assert not Presence.objects.exists()
