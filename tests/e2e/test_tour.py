"""The guided tour, chapter by chapter, as a viewer walks it: play, open the rooms, go on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from narvaro.web.tour_folder import COMING_IN, TourFolder
from narvaro.web.tour_words import CHAPTERS
from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, SCHEMES, Pages, settle
from tests.e2e.product import (
    ROOT,
    Product,
    await_port,
    environment_of,
    free_ports,
    keep_between_sessions,
)

pytestmark = pytest.mark.e2e

START_S, PAST_S, PLAY_MS = 180.0, 240.0, 60_000
FIRST_STATEMENT = 3, 2  # chapter, door; the long page is the same at the others


@pytest.fixture(scope="module")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Give `narvaro demo` itself, in a home of its own, without its night."""
    home = tmp_path_factory.mktemp("demo")
    kept = Path(os.environ.get("NARVARO_TEST_HOME", str(ROOT / "build" / "test-home")))
    keep_between_sessions(home, kept)
    ports = free_ports()
    environment = environment_of(home, ports)
    command = [sys.executable, "-u", "-m", "narvaro.config.cli", "demo", "--no-night"]
    said = ROOT / "build" / "e2e-demo.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            until = time.monotonic() + START_S
            while "Still coming in" not in said.read_text("utf-8"):
                assert process.poll() is None, said.read_text("utf-8")
                assert time.monotonic() < until, "the demo does not start"
                time.sleep(0.2)
            await_port(ports["web"], process)
            yield Product(home, cast("Any", None), "", ports, environment, process)
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def viewer(browser: Browser, demo: Product) -> Iterator[Pages]:
    """Give a viewer's browser; fail on script faults and breaches of the content policy."""
    opened = Pages(browser, demo)
    yield opened
    opened.close()
    assert not opened.complaints, "\n".join(opened.complaints)


def look(page: Page, shoot: Callable[[Page, str], Path], name: str, *, again: bool = False) -> None:
    """Keep a picture in both schemes, and check each, if that page is not seen `again`."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        settle(page)
        shoot(page, f"{name}-{scheme}")
        if not again:
            check_page(page, f"{name} {scheme}")


def play(page: Page) -> list[str]:
    """Play the chapter that is open; return what was told."""
    page.locator("#play").click()
    page.wait_for_load_state()
    expect(page.locator("#told .hint")).to_have_count(0, timeout=PLAY_MS)
    told = page.locator("#told .told li").all_inner_texts()
    assert page.locator("#told .failed").count() == 0, told
    return told


def await_the_past(demo: Product) -> None:
    """Wait until the town's two years are in."""
    folder, until = TourFolder(demo.home), time.monotonic() + PAST_S
    while folder.is_playing(COMING_IN):
        assert time.monotonic() < until, "the town's past does not come in"
        time.sleep(0.3)
    assert [
        one for one in folder.list_told(COMING_IN) if one.code in {"failed", "refused_file"}
    ] == []


def open_doors(page: Page, number: int, shoot: Callable[[Page, str], Path]) -> None:
    """Open every room of a chapter as who it is for, and come back by the head's badge."""
    for at, door in enumerate(CHAPTERS[number - 1].doors):
        page.goto(f"/tour/{number}/")
        button = page.locator(".doors .door").nth(at)
        expect(button).to_be_enabled()
        button.click()
        page.wait_for_url(f"**{door.href.partition('{')[0]}**")
        assert page.locator("h1, [data-live-state]").count(), page.url
        look(page, shoot, f"tour-{number}-{at + 1}-{door.part}")
        if door.href == "/contract/":
            again = (number, at) != FIRST_STATEMENT
            look_into_the_statement(page, shoot, f"tour-{number}-{at + 1}-statement", again=again)
        page.locator(".demo-clock").click()
        page.wait_for_url("**/tour/")


def look_into_the_statement(
    page: Page, shoot: Callable[[Page, str], Path], name: str, *, again: bool
) -> None:
    """Open the month in which the night was, and find the night and the call in it."""
    page.locator("main a[href^='/contract/']").first.click()
    page.locator("main a[href*='/statement/']").first.click()
    page.wait_for_url("**/statement/**")
    main = page.locator("main")
    expect(main).to_contain_text("Trasten skola")
    expect(main).to_contain_text("Lövåshallen")
    look(page, shoot, name, again=again)


def test_the_tour_runs_chapter_by_chapter(
    viewer: Pages, demo: Product, shoot: Callable[[Page, str], Path]
) -> None:
    """Six chapters in both schemes; what is played happens in the rooms."""
    page = viewer.open("/tour/", scheme="light")
    look(page, shoot, "tour")
    expect(page.locator(".chapters a")).to_have_count(len(CHAPTERS))
    page.locator(".chapters a").first.click()
    for number in range(1, len(CHAPTERS) + 1):
        assert page.url.endswith(f"/tour/{number}/")
        if number == 4:
            await_the_past(demo)  # nights and calls are played meanwhile: alarms go first
        if page.locator("#play").count():
            told = play(page)
            check_told(number, " ".join(told))
        look(page, shoot, f"tour-{number}")
        if number > 1:
            open_doors(page, number, shoot)
        page.goto(f"/tour/{number}/")
        if number < len(CHAPTERS):
            page.locator("[rel=next]").click()
            page.wait_for_url(f"**/tour/{number + 1}/")
    open_doors(page, 1, shoot)  # now that the files are in


def check_told(number: int, told: str) -> None:
    """What was played is what the chapter says."""
    pieces = {
        2: ("02:13:0", "Trasten skola", "BA03", "TA05", "V1"),
        3: ("02:19", "16:42:", "16:44:", "16:51:", "6:40"),
        4: ("16:5",),
    }
    assert [one for one in pieces[number] if one not in told] == []


def test_the_alarm_stands_at_its_time_with_its_reasons(viewer: Pages, demo: Product) -> None:
    """The town's clock rules panels, case and pages alike."""
    page = viewer.open("/tour/2/")
    play(page)
    page.locator(".doors .door").first.click()
    row = page.locator("[data-case]", has_text="Trasten skola")
    expect(row).to_have_count(1)
    assert (row.locator("time").first.get_attribute("title") or "").startswith("02:13:")
    expect(page.locator(".demo-clock b")).to_have_text("02:13")
    row.click()
    expect(page.locator("main")).to_contain_text("V1")


def test_a_report_without_net_waits_in_sight_and_goes_when_the_net_is_back(
    viewer: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """Kept over a reload, sent once, with a receipt; numbers of persons never kept."""
    page = viewer.open("/tour/2/", size=PHONE)
    viewer.expected += ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch"]
    page.locator(".doors .door").nth(2).click()
    page.wait_for_url("**/reports/new/")
    page.locator("[name='0-category'][value=graffiti]").check()
    page.locator("[name='0-where']").fill("Trasten skola")
    page.locator("textarea[name='0-text']").fill("Taggar på väggen, ring 070-174 06 15")
    page.context.set_offline(True)
    page.locator("form[data-outbox] button.first").click()
    waiting = page.locator("#outbox li.waits")
    expect(waiting).to_have_count(1)
    page.route("**/reports/new/", stop_posts)
    page.context.set_offline(False)
    page.reload()
    expect(waiting).to_have_count(1)
    kept = page.evaluate(KEPT)
    assert "070-174" not in kept
    assert "Taggar" in kept
    look(page, shoot, "tour-outbox")
    page.unroute("**/reports/new/")
    page.reload()
    expect(page.locator("#outbox li.sent")).to_have_count(1)
    page.goto("/reports/")
    expect(page.locator("li.report", has_text="Taggar")).to_have_count(1)
    check_page(page, "outbox")


KEPT = """() => new Promise(done => {
  const asked = indexedDB.open('narvaro-outbox');
  asked.onsuccess = () => {
    const rows = asked.result.transaction('kept').objectStore('kept').getAll();
    rows.onsuccess = () => done(JSON.stringify(rows.result));
  };
})"""


def stop_posts(route: Route) -> None:
    """Let pages come, but nothing go."""
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()
