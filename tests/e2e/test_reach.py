"""How far a unit gets, who reaches a case: on the map and as a list, by keyboard and by pointer."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from narvaro.demo.frames import sia
from tests.e2e.axe import check_page
from tests.e2e.pages import SCHEMES, Pages, settle, sv
from tests.e2e.product import DISPATCHER, Product
from tests.e2e.scene import list_sites
from tests.e2e.test_closed_roads import draw, way_of

pytestmark = pytest.mark.e2e

REFRESHED = 3  # the case, the reach as a list, the reach on the map


def test_the_reach_of_a_unit_is_chosen_read_and_taken_away_by_keyboard(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    site = list_sites(town)[7]
    town.place("V3", site, north_m=450)
    console = pages.open("/console/", who=DISPATCHER)
    panel, drawn = console.locator("#reach"), console.locator("[data-map][data-reach-drawn]")
    opener = console.locator(".unit-row", has_text="V3").locator("[data-reach]")
    opener.focus()
    console.keyboard.press("Enter")
    expect(panel.locator("h3")).to_be_focused()
    expect(panel.locator("h3")).to_contain_text("V3")
    expect(opener).to_have_attribute("aria-pressed", "true")
    expect(drawn).to_have_count(1)
    five = rows(panel)
    assert site.name in five
    agrees_with_the_map(console, panel)

    console.keyboard.press("Tab")  # to taking it away
    console.keyboard.press("Tab")
    console.keyboard.press("Tab")
    expect(panel.locator("[data-reach]").nth(1)).to_be_focused()
    console.keyboard.press("Enter")
    expect(panel.locator("[data-reach]").nth(1)).to_have_attribute("aria-pressed", "true")
    ten = rows(panel)
    assert set(five) < set(ten)
    agrees_with_the_map(console, panel)
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        settle(console)
        shoot(console, f"reach-unit-{scheme}")
        check_page(console, f"reach {scheme}")
    console.keyboard.press("Escape")
    expect(panel).to_be_empty()
    expect(drawn).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_late_answer_never_takes_the_place_of_what_was_chosen_after_it(
    town: Product, pages: Pages
) -> None:
    first, then = list_sites(town)[7], list_sites(town)[9]
    town.place("V3", first, north_m=450)
    for site in (first, then):
        town.dial(site, sia("BA", 1))
    console = pages.open("/console/", who=DISPATCHER)
    panel, case = console.locator("#reach"), console.locator("#case")
    console.locator(".unit-row", has_text="V3").locator("[data-reach]").click()
    expect(panel.locator("[data-reach]").first).to_have_attribute("aria-pressed", "true")
    console.locator(".case-row", has_text=first.name).click()
    expect(case.locator("h2")).to_contain_text(first.name)

    held: list[Route] = []
    goes_on = False

    def hold(route: Route) -> None:
        if goes_on:
            route.continue_()
        else:
            held.append(route)

    console.route(re.compile(r"/reach/(\?|$)|/console/cases/[^/]+/$"), hold)
    for event in ("narvaro:settled", "narvaro:changed"):
        console.evaluate(f"document.body.dispatchEvent(new CustomEvent('{event}'))")
    for _ in range(100):
        console.wait_for_timeout(50)
        if len(held) >= REFRESHED:
            break
    assert len(held) >= REFRESHED
    goes_on = True
    panel.locator("[data-reach]").nth(1).click()
    console.locator(".case-row", has_text=then.name).click()
    expect(panel.locator("[data-reach]").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(case.locator("h2")).to_contain_text(then.name)
    for one in held:
        one.continue_()
    settle(console)
    expect(panel.locator("[data-reach]").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(case.locator("h2")).to_contain_text(then.name)


def test_who_reaches_a_case_is_shown_by_pointer_and_a_closed_road_counts_at_once(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    site = list_sites(town)[7]
    town.place("V3", site, north_m=450)
    console = pages.open("/console/", who=DISPATCHER)
    panel, drawn = console.locator("#reach"), console.locator("[data-map][data-reach-drawn]")
    town.dial(site, sia("BA", 1))
    console.locator(".case-row", has_text=site.name).click()
    console.locator("#case [data-reach]").click()
    expect(panel.locator("li").first).to_contain_text("V3")
    expect(drawn).to_have_count(1)
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        settle(console)
        shoot(console, f"reach-case-{scheme}")
    time = panel.locator("li", has_text="V3").locator("b")
    before = time.inner_text()
    way = way_of(console)
    desk = pages.open("/console/", who=DISPATCHER)
    draw(desk, way["geometry"]["coordinates"])
    expect(time).not_to_have_text(before, timeout=15_000)
    desk.get_by_role("button", name=sv("Open again", "closure")).press("Enter")
    expect(time).to_have_text(before, timeout=15_000)
    panel.locator("[data-reach-away]").click()
    expect(panel).to_be_empty()


def rows(panel: Locator) -> list[str]:
    """Return who or what the list names, in its order."""
    return [one.partition("\n")[0].strip() for one in panel.locator("li").all_inner_texts()]


def agrees_with_the_map(console: Page, panel: Locator) -> None:
    """Compare the list with what the map is given."""
    url = panel.locator("[data-reach-url]").get_attribute("data-reach-url")
    assert url is not None
    answer = console.request.get(console.url.partition("/console")[0] + url)
    features: list[dict[str, Any]] = answer.json()["features"]
    [area] = features
    assert [one["name"] for one in area["properties"]["inside"]] == rows(panel)
    assert area["geometry"]["coordinates"]
