"""A real browser for the journeys. In: NARVARO_CHROMIUM or Debian's. Out: pages that are watched.

The product runs in its own processes: a test here drives it from outside and never touches Django's
database, because Playwright keeps an event loop in this thread.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

Scheme: TypeAlias = Literal["light", "dark"]
DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screens"
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
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Pages:
    """Opens pages and notes what their scripts complain about."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self,
        *,
        scheme: Scheme = "dark",
        size: ViewportSize = DESK,
        language: Literal["sv", "en"] = "sv",
    ) -> Page:
        """Open a page of its own person: own cookies, own storage."""
        context = self.browser.new_context(
            viewport=size,
            color_scheme=scheme,
            locale=language,
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
            has_touch=size == PHONE,
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("console", lambda said: self._note(said.text))
        return page

    def _note(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.complaints.append(text)


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Give a way to open pages; fail on script faults and breaches of the content policy."""
    opened = Pages(browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert not opened.complaints, "\n".join(opened.complaints)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """Run the test in both colour schemes."""
    return "light" if request.param == "light" else "dark"


@pytest.fixture
def page(pages: Pages, scheme: Scheme) -> Page:
    """Give a desk-sized page in each colour scheme."""
    return pages.open(scheme=scheme)


@pytest.fixture(scope="session")
def shoot() -> Callable[[Page, str], Path]:
    """Give a way to keep a picture of a page under build/screens, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> Path:
        target = SHOTS / f"{name}.png"
        page.screenshot(path=target)
        return target

    return keep
