"""Pages of the running product. In: a browser, a service number. Out: signed-in, watched pages."""

import gettext
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.e2e.product import DISPATCHER, ROOT, Product

Scheme: TypeAlias = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Language: TypeAlias = Literal["sv", "en"]
DESK = ViewportSize(width=1440, height=900)
SMALL_DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
PATIENCE_MS = 10_000


def sv(text: str, context: str = "") -> str:
    """Return the Swedish of one of the interface's English texts, as the catalogue has it."""
    swedish = gettext.translation("django", ROOT / "src" / "narvaro" / "locale", ["sv"])
    said = swedish.pgettext(context, text) if context else swedish.gettext(text)
    assert said != text, f"{text!r} is not in the Swedish catalogue"
    return said


def settle(page: Page) -> None:
    """Wait until the map, where there is one, is drawn, and the page says that it is live."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    if page.locator("[data-map]").count():
        page.wait_for_selector("[data-map][data-idle]")
    if page.locator("[data-live-state]").count():
        page.wait_for_selector('[data-live-state="live"]')


@dataclass
class Pages:
    """Opens pages and notes what their scripts and the browser complain about.

    `expected` holds pieces of complaints that a test brings about on purpose.
    """

    browser: Browser
    product: Product
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self,
        path: str = "/",
        *,
        who: str = "",
        scheme: Scheme = "dark",
        size: ViewportSize = DESK,
        language: Language = "sv",
    ) -> Page:
        """Open an address as a person (or as nobody), with cookies and storage of one's own."""
        context = self.browser.new_context(
            base_url=self.product.address,
            viewport=size,
            color_scheme=scheme,
            locale=language,
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
            has_touch=size == PHONE,
            storage_state=self.product.states.get(who),
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: self._note(str(fault)))
        page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        if who and who not in self.product.states:
            sign_in(page, who, self.product.password)
            self.product.states[who] = context.storage_state()
        page.goto(path)
        return page

    def _note(self, text: str) -> None:
        if not any(piece in text for piece in self.expected):
            self.complaints.append(text)

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()


def sign_in(page: Page, number: str, password: str) -> None:
    """Sign in as a person does."""
    page.goto("/login/")
    page.locator("#login").fill(number)
    page.locator("#password").fill(password)
    page.locator("main button").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def end_cases(browser: Browser, product: Product) -> None:
    """End every open case as a dispatcher; who is still out is recalled by that."""
    pages = Pages(browser, product)
    page = pages.open("/console/cases/", who=DISPATCHER)
    cases = re.findall(r'data-case="([0-9a-f-]+)"', page.content())
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    for case in cases:
        answer = page.request.post(f"/cases/{case}/close/", headers={"X-CSRFToken": token})
        assert answer.ok, f"{case}: {answer.status}"
    pages.close()
