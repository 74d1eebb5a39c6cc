"""Keys on the shift leader's phone: a list that fits, where a desk has a table."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, SCHEMES, SMALL_DESK, Pages, settle, sv
from tests.e2e.product import LEADER, Product

pytestmark = pytest.mark.e2e
TOO_WIDE = "one => one.scrollWidth - one.clientWidth"


def hand_out(night: Page, call_sign: str) -> None:
    """Give a unit the first key in a cabinet; the key is then no longer to be chosen."""
    [key] = night.locator("#hand-key").select_option(index=1)
    night.locator("#hand-unit").select_option(label=call_sign)
    before = list_keys(night).count()
    night.locator("#hand-out-form button").click()
    expect(list_keys(night)).to_have_count(before + 1)
    expect(night.locator(f"#hand-key option[value='{key}']")).to_have_count(0)


def test_what_is_chosen_stays_chosen_when_another_hands_out_a_key(
    town: Product, pages: Pages
) -> None:
    """The list renews itself under the hand: the key above the chosen one is gone from it, no other."""
    mine, others = pages.open("/night/", who=LEADER), pages.open("/night/", who=LEADER)
    key, unit = mine.locator("#hand-key"), mine.locator("#hand-unit")
    key.select_option(index=2)
    unit.select_option(label="V2")
    chosen, there = key.input_value(), key.locator("option").count()
    hand_out(others, "V1")
    expect(key.locator("option")).to_have_count(there - 1)
    expect(key).to_have_value(chosen)
    expect(unit.locator("option:checked")).to_have_text("V2")
    key.select_option(index=1)
    hand_out(others, "V1")
    expect(key.locator("option")).to_have_count(there - 2)
    expect(key).to_have_value("")


def list_keys(night: Page) -> Locator:
    """Return the rows of the keys that are out."""
    return night.locator("[aria-labelledby=night-keys] tbody tr")


def test_keys_that_are_out_fit_on_a_phone_and_say_what_each_value_is(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """At 390 px nothing scrolls sideways; at a desk the same is a table with its head."""
    night = pages.open("/night/", who=LEADER, size=PHONE)
    hand_out(night, "V1")
    hand_out(night, "V2")
    night.locator(".key-missing summary").first.click()
    night.locator(".key-missing form button").first.click()
    part = night.locator("section[aria-labelledby=night-keys]")
    expect(part.locator(".late")).to_have_count(1)
    assert part.locator(".scroll").evaluate(TOO_WIDE) == 0
    assert night.locator("html").evaluate(TOO_WIDE) == 0
    head = part.locator("thead")
    expect(head).to_be_hidden()
    said = "one => getComputedStyle(one, '::before').content"
    labels = [one.evaluate(said) for one in list_keys(night).first.locator("[data-label]").all()]
    words = [sv(one, "site key") for one in ("Opens", "With", "Since")]
    assert labels == [f'"{one}"' for one in words]
    for scheme in SCHEMES:
        night.emulate_media(color_scheme=scheme)
        settle(night)
        shoot(night, f"keys-phone-{scheme}")
        check_page(night, f"keys on the phone, {scheme}")
    night.set_viewport_size(SMALL_DESK)
    expect(head).to_be_visible()
    shoot(night, "keys-desk")
    while list_keys(night).count():
        before = list_keys(night).count()
        night.locator(".key-answers > form button").first.click()
        expect(list_keys(night)).to_have_count(before - 1)
