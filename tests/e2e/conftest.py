"""A real browser and a real product. In: NARVARO_CHROMIUM or Debian's. Out: pages that are watched.

The product runs in its own processes: a test here drives it from outside and never touches Django's
database, because Playwright keeps an event loop in this thread.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.pages import PATIENCE_MS, Pages, end_cases
from tests.e2e.product import ROOT, Product, running

SHOTS = ROOT / "build" / "screens"
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--no-proxy-server",
]


def find_chromium() -> Path | None:
    """Return the browser to use: NARVARO_CHROMIUM, else Debian's; None when there is none."""
    chosen = Path(os.environ.get("NARVARO_CHROMIUM", "/usr/bin/chromium"))
    return chosen if chosen.exists() else None


NO_BROWSER = (
    "NO BROWSER: the browser journeys did not run. Install Debian's package chromium, or set "
    "NARVARO_CHROMIUM to a Chromium."
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly at the end that the journeys did not run, where they could not."""
    if find_chromium() is None:
        terminalreporter.write_line(NO_BROWSER, red=True, bold=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give one browser for all journeys; without one skip them."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def product(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Give the one running product of the session."""
    kept = Path(os.environ.get("NARVARO_TEST_HOME", str(ROOT / "build" / "test-home")))
    with running(tmp_path_factory.mktemp("product"), kept) as started:
        yield started


@pytest.fixture
def pages(browser: Browser, product: Product) -> Iterator[Pages]:
    """Give a way to open pages; fail on script faults and breaches of the content policy."""
    opened = Pages(browser, product)
    yield opened
    opened.close()
    assert not opened.complaints, "\n".join(opened.complaints)


@pytest.fixture
def town(browser: Browser, product: Product) -> Iterator[Product]:
    """Give the product with every unit in its place and free, and leave it without open cases."""
    product.park()
    yield product
    end_cases(browser, product)


@pytest.fixture
def set_up(town: Product) -> Iterator[Callable[..., None]]:
    """Give a way to change the running installation; afterwards it is as it was."""
    yield town.set_up
    town.set_up()


@pytest.fixture(scope="session")
def shoot() -> Callable[[Page, str], Path]:
    """Give a way to keep a picture of a page under build/screens, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> Path:
        target = SHOTS / f"{name}.png"
        page.screenshot(path=target, full_page=True)
        return target

    return keep
