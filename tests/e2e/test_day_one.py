"""Day one: a person with four files, a browser and a password gets the first report."""

import io
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pypdf
import pytest
from playwright.sync_api import Browser, Page

from narvaro.core.sheets import read_sheets
from tests.e2e.axe import check_page
from tests.e2e.pages import Pages
from tests.e2e.product import COORDINATOR, ROOT, Product, running

pytestmark = pytest.mark.e2e

MINUTES = 30
STEPS = 9
THINKING_S = 60.0  # what a person may need for a step of his own
ODD = {"Var nånstans": "place", "Vad hände": "text"}  # headers that nobody could know


@pytest.fixture(scope="module")
def empty(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Give a running product in which nobody has put anything yet."""
    kept = Path(os.environ.get("NARVARO_TEST_HOME", str(ROOT / "build" / "test-home")))
    with running(tmp_path_factory.mktemp("empty"), kept, empty=True) as started:
        yield started


class Walk:
    """A person's way through the pages, each thing that he must do counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps: list[str] = []

    def do(self, what: str, act: Callable[[], object]) -> None:
        """Do one step."""
        self.steps.append(what)
        act()
        self.page.wait_for_load_state()

    def wait(self) -> None:
        """Wait, as a person does, until nothing is on its way in any more."""
        until = time.monotonic() + 240
        while self.page.locator("#under-way").count():
            assert time.monotonic() < until, "the files never come in"
            self.page.wait_for_timeout(250)
        self.page.wait_for_load_state()


def answer(walk: Walk, what: str) -> None:
    """Look through what the files ask, and bring them in."""
    walk.do(what, walk.page.locator("#asks form button.first").click)
    walk.wait()


def walk_to_the_report(walk: Walk, files: list[Path]) -> None:
    """Go from the start page to the first report."""
    page = walk.page
    walk.do("choose the files", lambda: page.locator("#files").set_input_files(files))
    walk.do("read them", page.locator("form[enctype] button.first").click)
    walk.wait()
    for header, column in ODD.items():
        choice = page.locator("#look tr", has_text=header).locator("select").first
        walk.do(f"say what “{header}” is", partial(choice.select_option, column))
    walk.do("bring all in", page.locator("#look form button.first").click)
    walk.wait()
    while page.locator("#asks").count():
        answer(walk, "answer what the files ask")
    walk.do("open the report", page.locator("a[href='/report/']").first.click)


def test_four_files_become_the_first_report(
    browser: Browser, empty: Product, shoot: Callable[[Page, str], Path]
) -> None:
    """Without a command line, in a few steps; on the screen, as PDF and as a workbook."""
    pages = Pages(browser, empty)
    page = pages.open("/files/", who=COORDINATOR, scheme="light")
    files = sorted((empty.town.folder / "first-day").glob("*.xlsx"))
    assert len(files) == 4
    walk, began = Walk(page), time.monotonic()
    walk_to_the_report(walk, files)
    machine_s = time.monotonic() - began
    print(f"{len(walk.steps)} steps, {machine_s:.0f} s of waiting: {walk.steps}")
    assert len(walk.steps) <= STEPS
    assert machine_s + THINKING_S * len(walk.steps) < 60 * MINUTES
    assert unquote(page.url).endswith("/report/")
    shoot(page, "first-report-light")
    check_page(page, "first report")
    alarms = page.locator("#alarms tbody tr")
    assert alarms.count() == 15
    assert int(alarms.first.locator("td").first.inner_text()) > 100
    pdf = page.request.get("/report/first.pdf")
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf.body())).pages)
    assert alarms.first.locator("th").inner_text() in " ".join(text.split())
    book = read_sheets(page.request.get("/report/first.xlsx").body())
    assert len(book.sheets) >= 8
    dark = pages.open("/files/", who=COORDINATOR, scheme="dark")
    shoot(dark, "files-dark")
    check_page(dark, "files")
    pages.close()
    assert not pages.complaints
