"""Damage from a property company's list: between when and when, and what it costs."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from narvaro.access.models import Role
from narvaro.situation.models import Damage
from narvaro.situation.report_facts import DamageChange
from narvaro.situation.reports import change_damage
from tests.files import PERSON, bring_in, told, words_kept
from tests.make import NIGHT, World, make_member, make_site

HEADER = (
    "Skadenr;Skadetyp;Objekt;Upptäckt;Inträffat från;Inträffat till;Uppskattad kostnad;Kostnad;"
    "Polisanmälan;Arbetsorder;Kst;Objektdel;Vid rond;Beskrivning"
)
ROW = {
    "nr": "17", "kind": "Glaskross", "site": "Trasten skola", "found": "2026-03-09",
    "from": "2026-03-06 17:00", "until": "2026-03-09 07:00", "about": "ca 10 000 kr", "cost": "",
    "police": "", "order": "", "centre": "", "part": "Hus B", "patrol": "", "text": "",
}  # fmt: skip


@pytest.fixture
def town(world: World) -> World:
    """Give the world a site."""
    make_site(world)
    return world


def line(**cells: str) -> str:
    """Return a row, by default of a broken pane that was found on Monday."""
    return ";".join((ROW | cells).values())


def one_of(world: World, *rows: str) -> Damage:
    """Bring a file in and return its only damage."""
    assert bring_in(world, "damage", HEADER, *rows).written
    return Damage.objects.published().get(tenant=world.tenant)


def utc(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_row_becomes_damage_within_its_interval(town: World) -> None:
    """Found on Monday, done since Friday; an estimate leaves it open."""
    found = one_of(town, line(police="5000-K1234-26", order="AO-9", centre="4711", patrol="nej"))
    assert (found.kind, found.part, found.site and found.site.name) == (
        "glass", "Hus B", "Trasten skola",
    )  # fmt: skip
    assert (found.occurred_from, found.occurred_until) == (
        utc("2026-03-06T16:00"), utc("2026-03-09T06:00"),
    )  # fmt: skip
    assert found.discovered_at == utc("2026-03-09T11:00")
    assert (found.estimate_sek, found.final_sek, found.state) == (Decimal(10_000), None, "reported")
    assert (found.police_reference, found.work_order, found.cost_centre, found.by_patrol) == (
        "5000-K1234-26", "AO-9", "4711", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "begins", "ends"),
    [
        ({"from": "2026-07-06 17:00", "until": "2026-07-07 07:00"}, "2026-07-06T15:00", "2026-07-07T05:00"),
        ({"from": "2026-03-06", "until": "2026-03-08"}, "2026-03-05T23:00", "2026-03-08T23:00"),
        ({"from": "2026-03-28", "until": "2026-03-29"}, "2026-03-27T23:00", "2026-03-29T22:00"),
        ({"from": "", "until": ""}, "2026-03-08T23:00", "2026-03-09T23:00"),
        ({"from": "", "until": "", "found": "2026-03-09 07:15"}, "2026-03-09T06:15", "2026-03-09T06:15"),
    ],
    ids=["summer", "days", "over the spring night", "the day it was found", "the moment it was found"],
)  # fmt: skip
def test_when_it_was_done_is_local(
    town: World, cells: dict[str, str], begins: str, ends: str
) -> None:
    """Where only the finding is told, it was done then."""
    found = one_of(town, line(**cells))
    assert (found.occurred_from, found.occurred_until) == (utc(begins), utc(ends))


@pytest.mark.parametrize(
    ("cell", "sek"), [("12 500:-", "12500"), ("1.250,50 kr", "1250.50"), ("12 tkr", "12000")]
)
def test_a_final_cost_closes_it(town: World, cell: str, sek: str) -> None:
    """Money as people write it."""
    found = one_of(town, line(cost=cell))
    assert (found.final_sek, found.state) == (Decimal(sek), "closed")


def test_words_are_masked_and_doubtful_ones_marked(town: World) -> None:
    """No number of a person is stored in any column, nor cut into half of one."""
    cell = f"avtal {PERSON} {'x' * 20}"
    assert len(cell) == 40
    found = one_of(town, line(
        site=PERSON, part=f"{'x' * 100} {PERSON}", police=cell, order=cell, centre=cell,
        text=f"Killen {PERSON} kallas Lillen",
    ))  # fmt: skip
    assert found.text == "Killen [personnummer] kallas Lillen"
    assert [one["code"] for one in found.marks] == ["nickname"]
    assert found.part == f"{'x' * 100} [personnummer]"
    for kept in (found.police_reference, found.work_order, found.cost_centre):
        assert kept == f"avtal [personnummer] {'x' * 19}"
    assert "9805" not in words_kept(Damage)


def test_the_premises_of_a_row_keep_no_personnummer(town: World) -> None:
    """A designation is words like all others."""
    row = f"Glaskross;Trasten 1, {PERSON};2026-03-09"
    assert bring_in(town, "damage", "Skadetyp;Fastighetsbeteckning;Upptäckt", row).written
    assert Damage.objects.get().premises == "Trasten 1, [personnummer]"


def test_a_later_list_corrects_cost_and_references_alone(town: World) -> None:
    """The bill came: the row is closed. Empty cells, kind and words change nothing."""
    first = one_of(town, line(order="AO-9", text="Två rutor"))
    again = bring_in(
        town, "damage", HEADER, line(cost="12 500:-", police="5000-K1-26", about="", text="Tre")
    )
    assert (again.kept, again.known, again.changed) == (0, 1, 1)
    found = Damage.objects.get()
    assert (found.pk, found.final_sek, found.estimate_sek) == (
        first.pk, Decimal(12_500), Decimal(10_000),
    )  # fmt: skip
    assert (found.police_reference, found.work_order, found.text) == (
        "5000-K1-26", "AO-9", "Två rutor",
    )  # fmt: skip
    assert found.state == "closed"
    assert bring_in(town, "damage", HEADER, line(about="")).changed == 0
    assert Damage.objects.get().state == "closed"


def test_what_a_person_has_changed_stays_as_he_left_it(town: World) -> None:
    """The property manager has settled a cost: next month's list does not."""
    row = one_of(town, line())
    manager = make_member(town, Role.PROPERTY_MANAGER, organisation=town.municipality)
    change_damage(
        damage=row, change=DamageChange(final_sek=Decimal(9000)), member=manager, at=NIGHT
    )
    again = bring_in(town, "damage", HEADER, line(cost="12 500:-"))
    assert (again.known, again.changed) == (1, 0)
    assert Damage.objects.get().final_sek == Decimal(9000)


@pytest.mark.parametrize(
    ("cells", "refused"),
    [
        ({"cost": "-500"}, ("final_sek", "-500")),
        ({"about": "-500"}, ("estimate_sek", "-500")),
        ({"cost": "ca 500"}, ("Kostnad", "ca 500")),
        ({"about": "3000-5000"}, ("Uppskattad kostnad", "3000-5000")),
        ({"kind": ""}, ("Skadetyp", "")),
        ({"kind": "Åska"}, ("Skadetyp", "Åska")),
        ({"from": "", "until": "", "found": ""}, ("occurred_from", "")),
        ({"from": "2026-03-29 02:30", "until": ""}, ("occurred_from", "2026-03-29 02:30:00")),
        ({"order": "x" * 41}, ("Arbetsorder", "x" * 41)),
    ],
)
def test_what_cannot_be_is_refused_by_its_cell(
    town: World, cells: dict[str, str], refused: tuple[str, str]
) -> None:
    """Line, column and value; nothing is written."""
    report = bring_in(town, "damage", HEADER, line(**cells))
    assert told(report) == [(2, *refused)]
    assert not Damage.objects.exists()
