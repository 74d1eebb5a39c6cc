"""Working alone, on a real phone: begun and answered by keyboard, and what a tap without net says."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, Pages, sv
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e


def due_at(town: Product) -> datetime:
    """Return when the unit's next sign of life is due, as its phone's program reads it."""
    watch = town.get_phone("V2").state()["watch"]
    assert watch["interval_s"] == 1800
    assert not watch["missed"]
    return datetime.fromisoformat(watch["due_at"])


def test_a_guard_alone_begins_gives_signs_and_ends(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """By keyboard; without net the page says that the server has not heard him, and sends it later."""
    pages.expected += ["net::ERR_"]
    phone = pages.open("/phone/", who=town.get_guard("V2"), size=PHONE)
    watch, keys = phone.locator("#watch"), phone.keyboard
    expect(watch).to_have_attribute("data-state", "none")
    phone.locator("#watch-900").focus()
    keys.press("Tab")
    expect(phone.locator("#watch-1800")).to_be_focused()
    keys.press("Enter")
    expect(watch).to_have_attribute("data-state", "running")
    expect(phone.locator("#watch-here")).to_be_focused()
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        check_page(phone, f"phone-alone {scheme}")
        shoot(phone, f"phone-alone-sv-{scheme}")
    first = due_at(town)
    phone.locator("#watch-here").focus()
    keys.press("Enter")
    expect(phone.locator("#notice")).to_contain_text(
        sv("The server heard you at #").removesuffix("#")
    )
    second = due_at(town)
    assert second > first
    phone.context.set_offline(True)
    phone.locator("#watch-here").press("Enter")
    outbox = phone.locator("#outbox")
    said = sv("NOT heard by the server. Unless the net comes back in time, help is called.")
    expect(outbox.locator("li.waits")).to_contain_text(said)
    expect(phone.locator("#notice")).to_be_hidden()
    expect(watch.locator("form[data-waits] .unheard")).to_contain_text(said)
    expect(watch.locator("form[data-waits] .unheard")).to_be_in_viewport()
    assert due_at(town) == second
    shoot(phone, "phone-alone-offline-sv-dark")
    phone.context.set_offline(False)
    expect(outbox.locator("li.sent")).to_contain_text(sv("I am all right"))
    expect(watch.locator(".unheard").first).to_be_hidden()
    assert due_at(town) > second
    phone.locator("#watch-end").press("Enter")
    expect(watch).to_have_attribute("data-state", "none")
    assert town.get_phone("V2").state()["watch"] is None
