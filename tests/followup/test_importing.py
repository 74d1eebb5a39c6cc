"""Hours from the supplier's list: how long, of what, as stated."""

from datetime import date
from decimal import Decimal

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.directory.importing.history import Answers
from narvaro.followup.models import DeliveredHours
from tests.files import PERSON, bring_in, told
from tests.make import NIGHT, World, make_site

HEADER = "Datum;Tjänst;Från;Till;Timmar;Objekt"


@pytest.fixture
def town(world: World) -> World:
    """Give the world a site."""
    make_site(world)
    return world


def one_of(world: World, *rows: str) -> DeliveredHours:
    """Bring a file in and return its only row."""
    assert bring_in(world, "hours", HEADER, *rows).written
    return DeliveredHours.objects.published().get(tenant=world.tenant)


def test_a_row_becomes_hours_of_an_activity(town: World) -> None:
    """On its day, of the supplier, at the place where one is named."""
    found = one_of(town, "2026-03-02;Stationär bevakning;;;7,5;Trasten skola")
    assert (found.day, found.activity, found.hours) == (
        date(2026, 3, 2), "stationary", Decimal("7.50"),
    )  # fmt: skip
    assert (found.organisation, found.site and found.site.name) == (town.company, "Trasten skola")


@pytest.mark.parametrize(
    ("cells", "hours"),
    [
        ("2026-03-02;Rondering;22:00;06:00;", "8.00"),
        ("2026-03-02;Rondering;18:00;02:30;", "8.50"),
        ("2026-03-02;Rondering;06:00;06:00;", "24.00"),
        ("2026-03-28;Rondering;22:00;06:00;", "7.00"),
        ("2026-10-24;Rondering;22:00;06:00;", "9.00"),
        ("2026-03-02;Rondering;22:00;06:00;7,25", "7.25"),
        ("2026-03-02;Rondering;;;7:45", "7.75"),
        ("2026-03-02;Rondering;;;1 000", "1000.00"),
    ],
    ids=[
        "night", "halves", "day and night", "spring night", "autumn night", "hours win", "h:mm",
        "a year's sum",
    ],
)  # fmt: skip
def test_how_long_it_was(town: World, cells: str, hours: str) -> None:
    """Nights pass midnight, and last as long as they lasted when the clock changed."""
    assert one_of(town, f"{cells};").hours == Decimal(hours)


def test_the_day_is_the_one_it_began(town: World) -> None:
    """A date with a time is its date."""
    assert one_of(town, "2026-03-02 22:00;Rondering;22:00;06:00;;").day == date(2026, 3, 2)


def test_every_activity_is_read_by_its_code_and_explained_words_too(town: World) -> None:
    """A file that this product wrote comes in again; a person says what others mean."""
    rows = [f"2026-03-02;{one};;;1;" for one in DeliveredHours.Activity.values]
    assert bring_in(town, "hours", HEADER, *rows).kept == len(rows)
    row = "2026-03-03;Trygg hemväg;;;2;"
    assert told(bring_in(town, "hours", HEADER, row)) == [(2, "Tjänst", "Trygg hemväg")]
    answers = Answers(words={"activity": {"Trygg hemväg": "youth"}})
    assert bring_in(town, "hours", HEADER, row, answers=answers).written
    assert DeliveredHours.objects.get(day=date(2026, 3, 3)).activity == "youth"


def test_two_guards_of_one_shift_are_two_rows(town: World) -> None:
    """Hours that are stated twice were delivered twice; the same two again are known."""
    rows = ["2026-03-02;Rondering;22:00;06:00;;"] * 2
    assert bring_in(town, "hours", HEADER, *rows).kept == 2
    assert bring_in(town, "hours", HEADER, *rows).known == 2
    assert DeliveredHours.objects.count() == 2


def test_whose_hours_they_are_must_be_said_where_there_are_two(town: World) -> None:
    """By the column of the company."""
    add_organisation(
        tenant=town.tenant, name="Andra vakt", kind=OrganisationKind.GUARDING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    row = "2026-03-02;Rondering;;;8;"
    assert told(bring_in(town, "hours", HEADER, row)) == [(2, "supplier", "")]
    assert bring_in(town, "hours", f"{HEADER};Företag", f"{row};andra vakt").written
    assert DeliveredHours.objects.get().organisation.name == "Andra vakt"


def test_a_place_keeps_no_personnummer(town: World) -> None:
    """Hours at somebody's are hours at a place without his number."""
    assert one_of(town, f"2026-03-02;Rondering;;;8;Hos {PERSON}").place == "Hos [personnummer]"


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("2026-03-02;Rondering;;;;", ("hours", "")),
        ("2026-03-02;Rondering;22:00;;;", ("hours", "")),
        ("2026-03-02;Rondering;;;0;", ("hours", "0.00")),
        ("2026-03-02;Rondering;22:00;06:00;0;", ("hours", "0.00")),
        ("2026-03-02;Rondering;;;1001;", ("hours", "1001.00")),
        ("2026-03-02;Rondering;;;-8;", ("Timmar", "-8")),
        (";Rondering;;;8;", ("Datum", "")),
        ("2026-03-02;;;;8;", ("Tjänst", "")),
        ("2026-03-28;Rondering;22:00;02:30;;", ("until", "02:30:00")),
        ("2026-03-29;Rondering;02:30;06:00;;", ("from", "02:30:00")),
    ],
)
def test_what_cannot_be_is_refused_by_its_cell(
    town: World, row: str, refused: tuple[str, str]
) -> None:
    """Line, column and value; nothing is written."""
    report = bring_in(town, "hours", HEADER, row)
    assert told(report) == [(2, *refused)]
    assert not DeliveredHours.objects.exists()
