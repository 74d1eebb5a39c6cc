"""What else a dispatcher and a shift leader do: silence, an unmanned night, a call typed in, keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from narvaro.demo.frames import sia
from tests.e2e.pages import PHONE, Pages, sv
from tests.e2e.product import DISPATCHER, LEADER, OFFER_S, Product
from tests.e2e.scene import await_state, call_out, list_sites, respond

pytestmark = pytest.mark.e2e


def test_silence_moves_the_offer_to_the_next_unit(
    town: Product, pages: Pages, set_up: Callable[..., None]
) -> None:
    """An offer that nobody answers goes on by itself, and the console says who was silent."""
    set_up(accept_within_s=6)
    site = list_sites(town)[5]
    town.place("V3", site, north_m=200)
    town.place("V4", site, north_m=900)
    console = pages.open("/console/", who=DISPATCHER)
    town.dial(site, sia("BA", 1))
    row = console.locator(".case-row", has_text=site.name)
    expect(row).to_contain_text("V3")
    expect(row).to_contain_text(sv("Waiting for an answer"))
    set_up(accept_within_s=OFFER_S)
    expect(row).to_contain_text("V4")
    row.click()
    offers = console.locator("#case tr")
    silent = offers.filter(has_text=sv("No answer in time", "offer"))
    expect(silent).to_contain_text("V3")
    waiting = offers.filter(has=console.locator("time[data-floor]"))
    expect(waiting).to_contain_text("V4")


def test_the_shift_leader_offers_what_nobody_answered(
    town: Product, pages: Pages, set_up: Callable[..., None]
) -> None:
    """In an unmanned night silence from all is said on the leader's page, and he sends a unit."""
    set_up(mode="unmanned", accept_within_s=1)
    site = list_sites(town)[6]
    town.place("V2", site, north_m=200)
    night = pages.open("/night/", who=LEADER, size=PHONE)
    mode = sv("Unmanned: offers go out by the response plans")
    expect(night.locator("main")).to_contain_text(mode)
    town.dial(site, sia("BA", 1))
    case = night.locator("article", has_text=site.name)
    expect(case).to_contain_text(sv("Needs a person"), timeout=20_000)
    silent = case.locator("tr", has_text=sv("No answer in time", "offer"))
    guards = [unit for unit in town.town.units if unit.role == "guard"]
    expect(silent.filter(has=night.locator("[data-tone]"))).to_have_count(len(guards))
    set_up(mode="unmanned", accept_within_s=OFFER_S)
    case.get_by_role("button", name=sv("Offer to %(unit)s") % {"unit": "V2"}).click()
    expect(case).to_contain_text(sv("Waiting for an answer"))
    offer = await_state(town, "V2", "offer")
    assert offer["site"] == site.name
    assert town.get_phone("V2").accept(str(offer["id"]))
    expect(case).to_contain_text(sv("Accepted", "case"))
    expect(case).not_to_contain_text(sv("Needs a person"))


def test_the_desk_ends_a_case_and_recalls_who_is_out(town: Product, pages: Pages) -> None:
    """One press is not enough to call a guard back; the second says whom, and his phone is free."""
    site = list_sites(town)[11]
    call_out(town, "V4", site)
    respond(town, "V4", "rolling")
    console = pages.open("/console/", who=DISPATCHER)
    row = console.locator(".case-row", has_text=site.name)
    row.click()
    panel = console.locator("#case")
    recall = panel.get_by_role(
        "button", name=sv("Recall %(unit)s and end the case") % {"unit": "V4"}
    )
    expect(recall).to_be_hidden()
    panel.locator("details.confirm summary").click()
    recall.click()
    expect(row).to_have_count(0)
    state = town.get_phone("V4").state()
    assert state["response"] is None
    assert state["unit"]["state"] == "available"


def test_a_call_is_typed_in_and_sent_by_keyboard_alone(town: Product, pages: Pages) -> None:
    """From the console's n to an offer, without a mouse."""
    site = next(one for one in town.town.sites if one.kind == "library")
    town.place("V5", site, north_m=150)
    console = pages.open("/console/", who=DISPATCHER)
    keys = console.keyboard
    console.locator("body").press("n")
    console.wait_for_url("**/console/new/")
    expect(console.locator("#site")).to_be_focused()
    keys.type(site.name)
    keys.press("Tab")
    keys.press("Tab")
    expect(console.locator("#kind")).to_be_focused()
    keys.press("Tab")
    keys.type("Ungdomar eldar vid entrén, ungefär tio.")
    keys.press("Tab")
    keys.press("Enter")
    console.wait_for_url(re.compile(r"/console/cases/[0-9a-f-]{36}/$"))
    panel = console.locator("#case")
    expect(panel.locator("h2")).to_have_text(site.name)
    expect(panel).to_contain_text("Ungdomar eldar vid entrén")
    expect(panel).to_contain_text(sv("a call typed in"))
    expect(panel.locator("tr.best")).to_contain_text("V5")
    console.locator("body").press("a")
    expect(panel.locator("tr.best button")).to_be_focused()
    keys.press("Enter")
    expect(panel).to_contain_text(sv("Waiting for an answer"))
    assert await_state(town, "V5", "offer")["site"] == site.name


def test_the_console_is_worked_by_single_keys_that_can_be_switched_off(
    town: Product, pages: Pages
) -> None:
    """j and k walk the cases, Enter opens, a finds the best unit, Esc closes, ? explains."""
    first, second = list_sites(town)[7:9]
    town.dial(first, sia("YT", 1))
    town.dial(second, sia("YT", 1))
    console = pages.open("/console/", who=DISPATCHER)
    rows = console.locator(".case-row")
    expect(rows).to_have_count(2)
    keys = console.keyboard
    keys.press("j")
    expect(rows.nth(0)).to_be_focused()
    keys.press("j")
    expect(rows.nth(1)).to_be_focused()
    keys.press("k")
    expect(rows.nth(0)).to_be_focused()
    keys.press("Enter")
    expect(console.locator("#case h2")).to_have_text(second.name)
    expect(console.locator("#case h2")).to_be_focused()
    keys.press("a")
    expect(console.locator("#case tr.best button")).to_be_focused()
    keys.press("Escape")
    expect(console.locator("#case")).to_be_empty()
    expect(rows.nth(0)).to_be_focused()
    switch_keys(console)
    keys.press("k")
    keys.press("j")
    expect(rows.nth(1)).not_to_be_focused()
    console.reload()
    console.locator("body").press("?")
    expect(console.locator("#keys-help")).to_be_hidden()


def test_a_case_is_taken_and_a_grave_one_without_a_unit_ended_by_keyboard(
    town: Product, pages: Pages, set_up: Callable[..., None]
) -> None:
    """Silence from all is announced; t finds "I have it"; the end is asked for once, and confirmed."""
    set_up(mode="unmanned", accept_within_s=1)
    site = list_sites(town)[13]
    console = pages.open("/console/", who=DISPATCHER)
    expect(console.locator('[data-live-state="live"]')).to_be_visible()
    town.dial(site, sia("BA", 1))
    row, keys = console.locator(".case-row", has_text=site.name), console.keyboard
    expect(row).to_contain_text(sv("No answer", "case"), timeout=20_000)
    expect(console.locator("#announce")).to_contain_text(site.name)
    expect(console.locator("#announce")).to_contain_text(
        sv("Case %(number)s needs a person: no unit has answered, %(site)s")
        .split(":")[1]
        .split(",")[0]
    )
    row.press("Enter")
    expect(console.locator("#case h2")).to_be_focused()
    keys.press("t")
    expect(console.locator("#case button[id^=have-it]")).to_be_focused()
    keys.press("Enter")
    expect(row.locator('[data-tone="go"]')).to_be_visible()
    expect(console.locator("#case h2")).to_be_focused()
    console.locator("#case details.confirm summary").press("Enter")
    console.get_by_role("button", name=sv("End without a unit?")).press("Enter")
    expect(row).to_have_count(0)
    said = sv("Case %(number)s is ended").split("%(number)s")[1].strip()
    expect(console.locator("#notice")).to_contain_text(said)


def switch_keys(console: Page) -> None:
    """Open the help by its key, and switch the keys off."""
    console.keyboard.press("?")
    expect(console.locator("#keys-help")).to_be_visible()
    console.locator("[data-keys-switch]").uncheck()
    console.keyboard.press("Escape")
    expect(console.locator("#keys-help")).to_be_hidden()


@pytest.mark.parametrize("outage", ["network", "web"])
def test_a_case_that_came_in_an_outage_is_shown_afterwards(
    outage: str, town: Product, pages: Pages
) -> None:
    """The page says that it is cut off, and catches up by itself when the way is open again."""
    pages.expected += ["net::ERR_", "Failed to fetch"]  # what is asked for meanwhile
    site = list_sites(town)[9 if outage == "network" else 10]
    console = pages.open("/console/", who=DISPATCHER)
    expect(console.locator('[data-live-state="live"]')).to_be_visible()
    console.evaluate("window.isTheSamePage = true")
    if outage == "network":
        console.context.set_offline(True)
    else:
        town.end_web()
    expect(console.locator('[data-live-state="live"]')).to_have_count(0)
    town.dial(site, sia("BA", 1))
    row = console.locator(".case-row", has_text=site.name)
    if outage == "network":
        console.wait_for_timeout(500)
        expect(row).to_have_count(0)
        console.context.set_offline(False)
    expect(row).to_be_visible(timeout=15_000)
    expect(console.locator('[data-live-state="live"]')).to_be_visible()
    assert console.evaluate("window.isTheSamePage"), "the console was loaded anew"
