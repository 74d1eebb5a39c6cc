"""What if, as in a meeting: asked with the keyboard alone, waited for, read, printed."""

import io
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import check_page
from tests.e2e.pages import DESK, PHONE, Pages, settle, sv
from tests.e2e.product import COORDINATOR, LEADER, Product

pytestmark = pytest.mark.e2e

DAYS = 20
PATIENCE_MS = 90_000  # the first replay of a home compiles its kernels


@pytest.fixture(scope="module")
def cases(product: Product) -> None:
    """Give three weeks of the alarm centre's journal: without cases nothing is played."""
    sites = product.town.sites[:12]
    lines = ["Ärendenr;Larmtyp;Objektnummer;Datum;Larm inkom;Väktare på plats;Lämnat"]
    today = datetime.now(ZoneInfo("Europe/Stockholm")).replace(hour=0, minute=0)
    for number in range(DAYS * 3):
        day = f"{today - timedelta(days=1 + number // 3):%Y-%m-%d}"
        hour = 4 + number % 3 * 7
        times = f"{hour:02}:10;{hour:02}:{18 + number % 7};{hour:02}:45"
        lines.append(f"T{number};Inbrott;{sites[number % len(sites)].code};{day};{times}")
    file = product.home / "journal.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    said = product.run("import", "alarm-journal", str(file))
    print(said)


def fill(page: Page, name: str, value: str) -> None:
    """Go to a field with Tab, from wherever the focus is, and write in it."""
    for _ in range(60):
        if page.evaluate("document.activeElement.name") == name:
            page.keyboard.press("Control+A")
            page.keyboard.type(value)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never comes to {name}")


def test_asked_by_keyboard_played_and_answered(
    browser: Browser, cases: None, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """A fault is mended where it stands; then progress by itself, and the answer."""
    page = pages.open("/what-if/", who=COORDINATOR, scheme="light")
    pages.expected.append("status of 422")
    fill(page, "days", "0")
    page.keyboard.press("Enter")
    expect(page.locator("#days-fault")).to_be_visible()
    assert page.locator("#days").input_value() == "0"
    check_page(page, "what-if with a fault")
    fill(page, "days", "7")
    asked_at = time.monotonic()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/what-if/[0-9a-f-]{36}/$"))
    shoot(page, "what-if-under-way-light")
    if page.locator("#under-way").count():
        check_page(page, "what-if under way")
    expect(page.locator("#told-title")).to_be_visible(timeout=PATIENCE_MS)
    print(f"{time.monotonic() - asked_at:.1f} s from the key to the answer")
    assert page.locator(".what-if-told li").count() == 9
    assert sv("What B would give") in page.locator("#told-title").inner_text()
    assert page.locator("svg polyline").count() == 2
    answer = page.url
    look(pages, answer, shoot)
    page.emulate_media(media="print")
    paper = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4")))
    assert len(paper.pages) <= 2
    page.goto("/what-if/")
    assert answer.endswith(page.locator("table a").first.get_attribute("href") or "nowhere")
    stranger = pages.open("/what-if/", who=LEADER)
    assert stranger.locator("table a").count() == 0
    pages.expected.append("status of 404")
    assert stranger.goto(answer).status == 404  # type: ignore[union-attr]


def look(pages: Pages, answer: str, shoot: Callable[[Page, str], Path]) -> None:
    """Look at the answer on a desk and a phone, light and dark."""
    for name, size in (("desk", DESK), ("phone", PHONE)):
        page = pages.open(answer, who=COORDINATOR, size=size, scheme="light")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            settle(page)
            shoot(page, f"what-if-answer-{name}-{scheme}")
        check_page(page, f"what-if answer {name}")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0
