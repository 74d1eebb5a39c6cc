"""Every screen with real content: legible to all, whole at its width, in both schemes and languages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, SMALL_DESK, Language, Pages, Scheme, end_cases, settle
from tests.e2e.product import COORDINATOR, DISPATCHER, LEADER, Product
from tests.e2e.scene import Scene, set_scene

pytestmark = pytest.mark.e2e
Address = Callable[[Scene], str]


@dataclass(frozen=True)
class Screen:
    """A screen: where it is, who sees it (a unit's call sign: its guard), on what."""

    name: str
    who: str
    address: str | Address
    on_phone: bool = False
    status: int = 200


SCREENS = (
    Screen("login", "", "/login/"),
    Screen("login-phone", "", "/login/", on_phone=True),
    Screen("who", DISPATCHER, "/who/"),
    Screen("console", DISPATCHER, "/console/"),
    Screen("console-case", DISPATCHER, lambda scene: scene.waiting_case),
    Screen("console-lone-case", DISPATCHER, lambda scene: scene.lone_case),
    Screen("console-out-case", DISPATCHER, lambda scene: scene.out_case),
    Screen("refused", DISPATCHER, "/console/refused/"),
    Screen("system", DISPATCHER, "/system/"),
    Screen("system-phone", LEADER, "/system/", on_phone=True),
    Screen("new-case", DISPATCHER, "/console/new/"),
    Screen("closures", DISPATCHER, "/closures/"),
    Screen("aids", DISPATCHER, "/aids/"),
    Screen("aids-phone", LEADER, "/aids/", on_phone=True),
    Screen("what-if", COORDINATOR, "/what-if/"),
    Screen("what-if-phone", LEADER, "/what-if/", on_phone=True),
    Screen("phone-idle", "V2", "/phone/", on_phone=True),
    Screen("phone-offer", "V1", "/phone/", on_phone=True),
    Screen("phone-response", "V3", "/phone/", on_phone=True),
    Screen("phone-report-due", "V4", "/phone/", on_phone=True),
    Screen("phone-report", "V4", lambda scene: scene.report, on_phone=True),
    Screen("night", LEADER, "/night/", on_phone=True),
    Screen("night-desk", LEADER, "/night/"),
    Screen("contract-list", COORDINATOR, "/contract/"),
    Screen("contract", COORDINATOR, lambda scene: scene.contract),
    Screen("statement", COORDINATOR, lambda scene: scene.statement),
    Screen("response", COORDINATOR, lambda scene: scene.response),
    Screen("statement-phone", COORDINATOR, lambda scene: scene.statement, on_phone=True),
    Screen("missing", DISPATCHER, "/console/cases/00000000-0000-7000-8000-000000000000/", status=404),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(browser: Browser, product: Product) -> Iterator[Scene]:
    """Give a night with a case in every state."""
    yield set_scene(browser, product)
    end_cases(browser, product)


def check(page: Page, name: str, language: Language) -> None:
    """Fail when the page is wider than its window, and, once in both schemes, at any breach of WCAG 2.2 AA."""
    if language == "sv":
        check_page(page, name)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0, f"{name} is wider than its window"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_screen_is_sound_in_both_schemes_and_languages(
    screen: Screen, scene: Scene, pages: Pages, product: Product, shoot: Callable[[Page, str], Path]
) -> None:
    """Swedish in light and dark, English in dark."""
    who = product.get_guard(screen.who) if screen.who.startswith("V") else screen.who
    address = screen.address if isinstance(screen.address, str) else screen.address(scene)
    if screen.status != 200:
        pages.expected.append(f"status of {screen.status}")
    looks: tuple[tuple[Language, Scheme], ...] = (("sv", "light"), ("sv", "dark"), ("en", "dark"))
    size = PHONE if screen.on_phone else SMALL_DESK
    page: Page | None = None
    shown = ""
    for language, scheme in looks:
        if page is None or language != shown:
            page = pages.open(address, who=who, size=size, scheme=scheme, language=language)
            shown = language
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        settle(page)
        assert page.locator("html").get_attribute("lang") == language
        check(page, f"{screen.name} {language} {scheme}", language)
        shoot(page, f"{screen.name}-{language}-{scheme}")
