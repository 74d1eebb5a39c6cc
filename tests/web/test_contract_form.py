"""A contract typed in: the same refusals as its file's, beside the field, and terms for the report."""

from decimal import Decimal

import pytest
from django.test import Client

from narvaro.access.models import Organisation, Role
from narvaro.contract.models import Contract
from narvaro.directory.models import ImportBatch
from narvaro.spine.models import Event
from tests.make import World, make_contract, make_member
from tests.web.test_phone import browser_of, shown

HERE = "/contract/new/"


@pytest.fixture
def browser(world: World) -> Client:
    """Return the coordinator's browser."""
    return browser_of(make_member(world, Role.COORDINATOR))


def form(world: World, **changes: object) -> dict[str, object]:
    """Return the form of a sound contract, 2+1+1, as a browser sends it."""
    return {
        "number": "KS 2026/41", "title": "Bevakning", "supplier": world.company.name,
        "starts_on": "2026-10-01", "ends_on": "2028-09-30", "notice_months": "6",
        "option[1].starts_on": "2028-10-01", "option[1].ends_on": "2029-09-30",
        "option[1].exercised_on": "2028-03-01", "option[2].starts_on": "2029-10-01",
        "option[2].ends_on": "2030-09-30", "option[2].exercised_on": "",
        "response_term[1].case_kinds": ["intruder", "duress"], "response_term[1].start": "received",
        "response_term[1].stop": "on_scene", "response_term[1].target_minutes": "20",
        "response_term[1].share": "92,5", "response_term[1].penalty_sek": "1500",
        "price[1].price_sek": "640,50",
    } | changes  # fmt: skip


def faults(page: str) -> list[str]:
    """Return the ids of the fields beside which something is wrong."""
    return [one.partition("-fault")[0] for one in page.split('<p class="late small" id="')[1:]]


def test_a_contract_is_typed_in_whole(world: World, browser: Client) -> None:
    answer = browser.post(HERE, form(world))
    made = Contract.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/contract/{made.pk}/")
    assert (made.buyer, made.supplier, made.notice_months) == (world.municipality, world.company, 6)
    assert [str(one.exercised_on) for one in made.options.all()] == ["2028-03-01", "None"]
    [term] = made.response_terms.all()
    assert (term.case_kinds, term.start, term.stop) == (
        ["intruder", "duress"], "received", "on_scene",
    )  # fmt: skip
    assert (term.target_s, term.share, term.penalty_sek) == (1200, Decimal("0.925"), Decimal(1500))
    [price] = made.prices.all()
    assert (price.service, price.unit, price.price_sek) == (
        "alarm_response", "each", Decimal("640.50"),
    )  # fmt: skip
    assert "KS 2026/41" in shown(browser, answer["Location"])
    assert Event.objects.filter(kind="file.imported").count() == 1


def test_the_shortest_contract_has_no_option_no_term_and_no_price(
    world: World, browser: Client
) -> None:
    short = {name: "" for name in form(world) if "[" in name}
    assert browser.post(HERE, form(world, **short)).status_code == 303
    made = Contract.objects.get()
    assert not made.options.exists()
    assert not made.response_terms.exists()
    assert not made.prices.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": " "}, "number"),
        ({"title": ""}, "title"),
        ({"supplier": ""}, "supplier"),
        ({"supplier": "Ingen AB"}, "supplier"),
        ({"starts_on": "i höst"}, "starts-on"),
        ({"ends_on": "2026-09-30"}, "ends-on"),
        ({"ends_on": ""}, "ends-on"),
        ({"notice_months": "sex"}, "notice-months"),
        ({"notice_months": "61"}, "notice-months"),
        ({"option[1].starts_on": "2028-10-02"}, "option-1--starts-on"),
        ({"option[1].ends_on": ""}, "option-1--ends-on"),
        ({"option[2].exercised_on": "2029-01-01", "option[1].exercised_on": ""},
         "option-2--exercised-on"),
        ({"response_term[1].case_kinds": []}, "response-term-1--case-kinds"),
        ({"response_term[1].case_kinds": ["picnic"]}, "response-term-1--case-kinds"),
        ({"response_term[1].stop": "triggered"}, "response-term-1--stop"),
        ({"response_term[1].target_minutes": "0"}, "response-term-1--target-minutes"),
        ({"response_term[1].target_minutes": "snart"}, "response-term-1--target-minutes"),
        ({"response_term[1].share": "101"}, "response-term-1--share"),
        ({"response_term[1].share": ""}, "response-term-1--share"),
        ({"response_term[1].penalty_sek": "-1"}, "response-term-1--penalty-sek"),
        ({"price[1].price_sek": "gratis"}, "price-1--price-sek"),
        ({"price[1].price_sek": "-5"}, "price-1--price-sek"),
    ],
)  # fmt: skip
def test_each_refusal_stands_beside_its_field_and_nothing_is_lost(
    world: World, browser: Client, changes: dict[str, object], field: str
) -> None:
    """What was written is there again, and nothing was saved."""
    answer = browser.post(HERE, form(world, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert field in faults(page)
    assert "Nothing was saved." in page
    if "price_sek" not in str(changes):
        assert 'value="640,50"' in page
    assert not Contract.objects.exists()


def test_an_option_left_empty_does_not_shift_the_faults_of_the_next(
    world: World, browser: Client
) -> None:
    """The second option alone, a day off: its own field says so."""
    empty = {f"option[1].{name}": "" for name in ("starts_on", "ends_on", "exercised_on")}
    page = browser.post(HERE, form(world, **empty)).content.decode()
    assert faults(page) == ["option-2--starts-on"]


def test_a_number_that_is_here_already_changes_no_contract(world: World, browser: Client) -> None:
    there = make_contract(world)
    page = browser.post(HERE, form(world, number=there.number)).content.decode()
    assert "A contract with this number is here already." in page
    assert Contract.objects.get().title == there.title


def test_two_contracts_with_one_supplier_at_once_are_refused(world: World, browser: Client) -> None:
    make_contract(world)
    page = browser.post(HERE, form(world)).content.decode()
    assert "Another contract with this supplier runs on some of these days." in page
    assert faults(page) == ["starts-on"]


def test_a_program_is_told_what_is_wrong(world: World, browser: Client) -> None:
    answer = browser.post(HERE, form(world, title=""), headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (
        422, "Write what the contract is called.",
    )  # fmt: skip


def test_the_buyer_is_ones_own_organisation_whatever_is_sent(world: World, browser: Client) -> None:
    other = Organisation.objects.create(
        tenant=world.tenant, name="Bostäder", kind="housing_company"
    )
    assert browser.post(HERE, form(world, buyer=other.name)).status_code == 303
    assert Contract.objects.get().buyer == world.municipality


def test_the_first_report_gets_its_terms_and_says_where_to_type_them(
    world: World, browser: Client
) -> None:
    assert f'href="{HERE}"' in shown(browser, "/report/")
    assert f'href="{HERE}"' in shown(browser, "/contract/")
    browser.post(HERE, form(world))
    page = shown(browser, "/report/")
    assert f'href="{HERE}"' not in page
    assert "KS 2026/41" in page
    assert ImportBatch.objects.filter(kind="contract").count() == 1


def test_only_the_coordinator_types_in_contracts(world: World) -> None:
    manager = make_member(world, Role.CONTRACT_MANAGER, organisation=world.municipality)
    for member in (manager, make_member(world, Role.CONTRACT_MANAGER)):
        client = browser_of(member)
        assert client.get(HERE).status_code == 404
        assert client.post(HERE, form(world)).status_code == 404
        assert HERE not in shown(client, "/contract/")
    assert not Contract.objects.exists()
