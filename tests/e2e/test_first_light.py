"""From an alarm panel's frame to a line in the contract's statement, as people see it."""

import re
import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from narvaro.demo.frames import sia
from tests.e2e.pages import PHONE, Pages, sign_in, sv
from tests.e2e.product import COORDINATOR, DISPATCHER, Product

pytestmark = pytest.mark.e2e
SCHOOL = "S-014"
KEY = "114"
DAY_S = 86_400
NO_PERMIT = "No permit covers the place; a police permit for it is missing"


@dataclass(frozen=True)
class Story:
    """What the test itself saw: when it dialled and tapped, and the case's number."""

    dialled_at: float
    on_scene_at: float
    number: str


def test_from_a_dialled_alarm_to_the_statement_to_the_second(town: Product, pages: Pages) -> None:
    """A burglary alarm is offered, taken, reported and paid for; nobody reloads a page."""
    console = pages.open("/console/", who=DISPATCHER)
    expect(console.locator('[data-live-state="live"]')).to_be_visible()
    console.evaluate("window.isTheSamePage = true")
    school = town.town.get_site(SCHOOL)
    town.place("V1", school, north_m=250)
    town.place("OV2", school, north_m=60)
    dialled_at = time.time()
    town.dial(school, sia("BA", 3), sia("BA", 4))
    row = see_the_offer(console)
    on_scene_at = answer_on_the_phone(town, pages, row)
    assert console.evaluate("window.isTheSamePage"), "the console was loaded anew"
    number = console.evaluate("window.caseNumber")
    read_the_statement(pages, Story(dialled_at, on_scene_at, number))


def see_the_offer(console: Page) -> Locator:
    """The case comes by itself, with the nearest unit that may go, and why the nearer one may not."""
    row = console.locator(".case-row", has_text="Trasten skola")
    expect(row).to_contain_text(sv("Intruder alarm"))
    expect(row).to_contain_text(sv("Confirmed"))
    expect(row.locator(".prio")).to_have_attribute("data-priority", "1")
    expect(row).to_contain_text(sv("Waiting for an answer"))
    expect(row).to_contain_text("V1")
    number = re.sub(r"\D", "", row.locator(".case-number").inner_text())
    console.evaluate("number => { window.caseNumber = number }", number)
    row.click()
    panel = console.locator("#case")
    best = panel.locator("tr.best")
    expect(best).to_contain_text("V1")
    expect(best).to_contain_text(sv("Nearest by road of those who may be sent"))
    expect(best.locator(".big-time")).to_have_text(re.compile(r"^\d+:\d\d$"))
    expect(panel.get_by_role("row").filter(has_text="OV2")).to_contain_text(sv(NO_PERMIT))
    expect(panel).to_contain_text("Trasten skola")
    return row


def answer_on_the_phone(town: Product, pages: Pages, row: Locator) -> float:
    """The guard signs in, accepts, arrives, clears and reports; return when he said on scene."""
    phone = pages.open("/login/", size=PHONE)
    sign_in(phone, town.get_guard("V1"), town.password)
    offer = phone.locator("[data-offer]")
    expect(offer).to_contain_text("Trasten skola")
    expect(offer.locator(".way b")).to_have_text(re.compile(r"^\d+:\d\d$"))
    expect(phone.locator(".key-shown")).to_have_count(0)
    assert KEY not in phone.locator("#phone-body").inner_text()
    phone.get_by_role("button", name=sv("Accept")).click()
    expect(phone.locator(".key-shown")).to_contain_text(KEY)
    expect(row).to_contain_text(sv("Accepted", "case"))
    phone.get_by_role("button", name=sv("Rolling", "response")).click()
    expect(row).to_contain_text(sv("Rolling", "case"))
    on_scene_at = time.time()
    phone.get_by_role("button", name=sv("On scene", "response")).click()
    expect(row).to_contain_text(sv("On scene", "case"))
    phone.get_by_role("button", name=sv("Cleared", "response")).click()
    expect(row).to_contain_text(sv("Cleared", "case"))
    phone.locator('a[href$="/report/"]').click()
    phone.get_by_label(sv("Break-in"), exact=True).check()
    phone.locator("#text").fill("Krossat fönster mot skolgården. Ingen på platsen.")
    phone.get_by_role("button", name=sv("Send the report")).click()
    expect(phone.locator("#phone-body")).to_contain_text(
        sv("No case now. You are called here when there is one.")
    )
    expect(phone.locator(".key-shown")).to_have_count(0)
    expect(row).to_have_count(0)
    return on_scene_at


def read_the_statement(pages: Pages, story: Story) -> None:
    """The coordinator opens contract, month and response: the time is right and proven."""
    page = pages.open("/contract/", who=COORDINATOR)
    page.locator("main tbody a").first.click()
    page.locator('a[href*="/statement/"]').first.click()
    line = page.get_by_role("row").filter(
        has=page.get_by_role("link", name=story.number, exact=True)
    )
    expect(line).to_contain_text("V1")
    stated = seconds_of(line.locator("td.num").first.inner_text())
    line.get_by_role("link").click()
    shown = seconds_of(page.locator(".answer b").first.inner_text())
    points = read_points(page)
    assert shown == stated == (points["t7"].clock - points["t1"].clock) % DAY_S
    measured = int(story.on_scene_at) - int(story.dialled_at)
    assert abs(shown - measured) <= 1, f"{shown} s shown, {measured} s measured"
    assert points["t1"].counts == sv("the clock starts")
    assert points["t7"].counts == sv("the clock stops")
    sources = {code: point.source for code, point in points.items()}
    phone, system = sv("the guard's phone"), sv("the system")
    assert sources == {
        "t0": sv("the panel"), "t1": sv("the receiver"), "t2": system, "t3": system, "t4": system,
        "t5": phone, "t6": phone, "t7": phone, "t9": phone, "t10": phone,
    }  # fmt: skip
    read_events(page)


@dataclass(frozen=True)
class Point:
    """A time point as the page shows it; `clock` in seconds of the day."""

    clock: int
    source: str
    counts: str


def read_points(page: Page) -> dict[str, Point]:
    """Read the time points that have a time, by code."""
    found = {}
    for item in page.locator("ol.proof li[data-at]").all():
        hours, minutes, seconds = map(int, item.locator("b").inner_text().split(":"))
        code = item.locator("span.soft").first.inner_text()
        source = item.locator("span.small").inner_text().split(" · ")[0]
        tags = item.locator(".tag").all_inner_texts()
        found[code] = Point(hours * 3600 + minutes * 60 + seconds, source, "".join(tags))
    return found


def read_events(page: Page) -> None:
    """Each event stands with its position, in the order of the log, from opening to closing."""
    rows = page.locator("#events-title ~ div tbody tr").all()
    positions = [int(row.locator("td").first.inner_text()) for row in rows]
    kinds = [row.locator(".mono").first.inner_text() for row in rows]
    assert positions == sorted(set(positions))
    wanted = ["case.opened", "offer.made", "offer.answered", "response.changed", "case.changed"]
    assert [kind for kind in wanted if kind not in kinds] == []
    arrived = sv("On scene", "response") + ", " + sv("the guard's phone")
    expect(page.locator("#events-title ~ div tbody")).to_contain_text(arrived)
    assert kinds.index("case.opened") < kinds.index("offer.made") < kinds.index("offer.answered")


def seconds_of(text: str) -> int:
    """Read `6:43`, the first line of a cell, as seconds."""
    minutes, seconds = text.splitlines()[0].split(":")
    return int(minutes) * 60 + int(seconds)
