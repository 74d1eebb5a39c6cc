"""A road is closed: the ranking, its reasons and the way on the map follow at once."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from narvaro.demo.frames import sia
from tests.e2e.axe import check_page
from tests.e2e.pages import SCHEMES, Pages, settle, sv
from tests.e2e.product import DISPATCHER, Product
from tests.e2e.scene import list_sites

pytestmark = pytest.mark.e2e

BARRIER_M = 15.0
METRES_PER_DEGREE = 111_195.0


def test_closing_a_road_changes_ranking_way_and_reasons(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """Across the way of the first in the ranking; then the road is opened, and all is as before."""
    site = list_sites(town)[7]
    town.place("V3", site, north_m=450)
    console = pages.open("/console/", who=DISPATCHER)
    town.dial(site, sia("BA", 1))
    console.locator(".case-row", has_text=site.name).click()
    best = console.locator("#case tr.best")
    expect(best).to_contain_text("V3")
    before = best.locator(".big-time").inner_text()
    way = way_of(console)
    assert way["properties"]["name"] == "V3"

    draw(console, way["geometry"]["coordinates"])
    expect(console.locator("[aria-labelledby=closed-now] tbody tr")).to_have_count(1)
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        settle(console)
        shoot(console, f"closures-one-{scheme}")
        check_page(console, f"closures {scheme}")

    console.get_by_role("link", name=sv("To the console")).click()
    console.locator(".case-row", has_text=site.name).click()
    words = sv("Closed roads make its way %(time)s longer").partition("%")[0]
    detour = console.locator("#case tr", has_text="V3").first
    expect(detour).to_contain_text(words)
    assert detour.locator(".big-time").inner_text() != before
    assert way_of(console)["geometry"] != way["geometry"]
    for scheme in SCHEMES:
        console.emulate_media(color_scheme=scheme)
        settle(console)
        shoot(console, f"way-round-{scheme}")

    console.goto(f"{town.address}/closures/")
    console.get_by_role("button", name=sv("Open again", "closure")).press("Enter")
    expect(console.locator(".empty")).to_contain_text(sv("No road is closed."))
    console.goto(f"{town.address}/console/")
    console.locator(".case-row", has_text=site.name).click()
    expect(best).to_contain_text("V3")
    expect(best).not_to_contain_text(words)


def way_of(console: Page) -> dict[str, Any]:
    """Return the way that the console draws to its open case."""
    answer = console.request.get(console.url.rstrip("/") + "/way/")
    [found] = answer.json()["features"]
    return dict(found)


def draw(console: Page, way: list[list[float]]) -> None:
    """Close the road in the middle of a way's longest stretch, with the keyboard."""
    (lon_a, lat_a), (lon_b, lat_b) = max(pairwise(way), key=lambda span: math.dist(*span))
    lat, lon = (lat_a + lat_b) / 2, (lon_a + lon_b) / 2
    wide = math.cos(math.radians(lat))
    north, east = lat_b - lat_a, (lon_b - lon_a) * wide
    size = BARRIER_M / METRES_PER_DEGREE / math.hypot(north, east)
    console.get_by_role("link", name=sv("Roads now")).press("Enter")
    for name, side in (("first", 1), ("second", -1)):
        end = lat - side * east * size, lon + side * north * size / wide
        console.locator(f"#{name}").fill(f"{end[0]:.6f},{end[1]:.6f}")
    console.get_by_role("button", name=sv("Close the road")).press("Enter")
