"""Several units on one case: support called in from the desk and from the phone, an AED fetched."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from narvaro.core.geo import distance_m
from narvaro.demo.town import TownSite
from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, SCHEMES, Pages, settle, sv
from tests.e2e.product import DISPATCHER, Product
from tests.e2e.scene import await_state, call_out, list_sites, respond

pytestmark = pytest.mark.e2e
NEXT_DOOR_M = 200.0  # so near, who goes straight takes the defibrillator itself


def test_the_desk_calls_in_support_with_the_keyboard(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """V1 has the case; V2 is sent besides, and the desk sees both."""
    site = list_sites(town)[8]
    call_out(town, "V1", site)
    respond(town, "V1", "rolling")
    town.place("V2", site, north_m=700)
    console = pages.open("/console/", who=DISPATCHER)
    console.locator(".case-row", has_text=site.name).click()
    panel = console.locator("#case")
    panel.get_by_text(sv("Call in support")).press("Enter")
    send = panel.get_by_role("button", name=sv("Send %(unit)s as support") % {"unit": "V2"})
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        send.scroll_into_view_if_needed()
        settle(console)
        shoot(console, f"support-desk-{scheme}")
        check_page(console, f"support at the desk, {scheme}")
    send.press("Enter")
    offer = await_state(town, "V2", "offer")
    assert offer["site"] == site.name
    assert town.get_phone("V2").accept(str(offer["id"]))
    sent = panel.locator("li:has(b)", has_text=sv("support"))
    expect(sent).to_contain_text("V2")
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        settle(console)
        shoot(console, f"support-both-{scheme}")


def test_the_guard_calls_in_one_more(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """Two presses, so that no pocket calls anybody; the nearest other unit is asked at once."""
    site = list_sites(town)[9]
    call_out(town, "V3", site)
    respond(town, "V3", "rolling", "on_scene")
    town.place("V4", site, north_m=300)
    phone = pages.open("/phone/", who=town.get_guard("V3"), size=PHONE)
    phone.get_by_text(sv("Call in support")).press("Enter")
    for scheme in SCHEMES:
        phone.emulate_media(color_scheme=scheme)
        phone.get_by_role("button", name=sv("One more unit, now")).scroll_into_view_if_needed()
        shoot(phone, f"support-phone-{scheme}")
        check_page(phone, f"support on the phone, {scheme}")
    phone.get_by_role("button", name=sv("One more unit, now")).press("Enter")
    assert await_state(town, "V4", "offer")["site"] == site.name
    beside = phone.locator("#beside li", has_text="V4")
    phone.reload()
    expect(beside).to_be_visible()
    respond(town, "V4", "rolling")
    phone.reload()
    for scheme in SCHEMES:
        phone.emulate_media(color_scheme=scheme)
        beside.scroll_into_view_if_needed()
        shoot(phone, f"support-beside-{scheme}")
        check_page(phone, f"who comes in support, {scheme}")


def test_a_cardiac_arrest_sends_one_straight_and_one_by_a_defibrillator(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """The desk types the call in; the ranking says who brings what, and the second phone says where."""
    site = find_site_near_aed(town)
    for unit, north_m in (("V4", 150), ("V5", 500), ("V1", 9000), ("V3", 9000)):
        town.place(unit, site, north_m=north_m)
    console = pages.open("/console/new/", who=DISPATCHER)
    label = console.locator("#site option", has_text=site.name).first.inner_text()
    console.locator("#site").select_option(label=label)
    console.locator("#kind").select_option("medical")
    console.locator("#note").fill("Medvetslös, andas inte.")
    console.locator("main form button.first").press("Enter")
    panel = console.locator("#case")
    words = sv(
        "Fetches the defibrillator at %(aed)s, there with it in %(time)s. Call 112 if nobody has."
    )
    fetches = panel.locator("tr", has_text=words.partition("%")[0].strip()).first
    expect(fetches).to_be_visible()
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        settle(console)
        shoot(console, f"arrest-desk-{scheme}")
        check_page(console, f"a cardiac arrest, {scheme}")
    panel.locator("tr.best button").press("Enter")
    first = await_state(town, "V4", "offer")
    assert first["site"] == site.name
    fetcher = fetches.locator("th").first.inner_text().split()[0]
    fetches.get_by_role("button").press("Enter")
    assert await_state(town, fetcher, "offer")["site"] == site.name
    phone = pages.open("/phone/", who=town.get_guard(fetcher), size=PHONE)
    expect(phone.locator("#aed-to-fetch")).to_be_visible()
    respond(town, fetcher)
    expect(phone.locator("#aed-to-fetch")).to_be_visible()
    for scheme in SCHEMES:
        phone.emulate_media(color_scheme=scheme)
        shoot(phone, f"arrest-phone-{scheme}")
        check_page(phone, f"fetching a defibrillator, {scheme}")


def find_site_near_aed(town: Product) -> TownSite:
    """Return the school next to the one whose defibrillator hangs outside; its plan offers nothing itself."""
    with (town.town.folder / "aeds.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    [name] = [row["Namn"] for row in rows if row["Öppettider"] == "dygnet runt"]
    aed = next(one for one in town.town.sites if one.name == name)
    away = {
        one.code: float(distance_m(one.lat, one.lon, aed.lat, aed.lon)) for one in town.town.sites
    }
    return min(
        (one for one in town.town.sites if one.kind == "school" and away[one.code] > NEXT_DOOR_M),
        key=lambda one: away[one.code],
    )
