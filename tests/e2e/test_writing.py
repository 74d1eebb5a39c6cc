"""What a person writes is not lost, and what comes meanwhile is seen, heard of and told."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from narvaro.demo.frames import sia
from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, Pages, sv
from tests.e2e.product import DISPATCHER, Product
from tests.e2e.scene import call_out, list_sites, respond

pytestmark = pytest.mark.e2e
WORDS = "Krossad ruta mot gården, ingen på platsen."
AUDIO = """
class Slow extends EventTarget {
  state = "suspended"; currentTime = 0; destination = {};
  async resume() { this.state = "running"; this.onstatechange?.(); }
  createGain() {
    const gain = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
    return { gain, connect: (next) => next };
  }
}
window.AudioContext = Slow;
window.OscillatorNode = class { connect(next) { return next } start() {} stop() {} };
"""


def hidden_drafts(page: Page) -> int:
    """Count the drafts that the browser keeps."""
    return int(page.evaluate("Object.keys(localStorage).filter(k => k.includes('.draft.')).length"))


def look(page: Page, name: str, shoot: Callable[[Page, str], Path]) -> None:
    """Hold a page against WCAG 2.2 AA in both schemes, and keep its pictures."""
    page.evaluate("scrollTo(0, 0)")  # elsewhere the bar may cover a half of something
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        check_page(page, f"{name} {scheme}")
        shoot(page, f"{name}-sv-{scheme}")


def test_a_half_written_report_outlives_a_reload_and_is_acknowledged(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """The words come back; an offer shows above them; the receipt stays, and the draft is gone."""
    first, second = list_sites(town)[12:14]
    call_out(town, "V4", first)
    response = respond(town, "V4", "rolling", "on_scene", "left")
    address = f"/phone/responses/{response}/report/"
    phone = pages.open(address, who=town.get_guard("V4"), size=PHONE)
    expect(phone.locator("#draft")).to_be_hidden()
    phone.get_by_label(sv("Break-in"), exact=True).check()
    phone.locator("#text").fill(WORDS)
    phone.locator("#police-reference").fill("5000-K1")
    phone.reload()
    expect(phone.locator("#draft")).to_be_visible()
    expect(phone.get_by_label(sv("Break-in"), exact=True)).to_be_checked()
    expect(phone.locator("#text")).to_have_value(WORDS)
    expect(phone.locator("#police-reference")).to_have_value("5000-K1")
    expect(phone.locator('[data-live-state="live"]')).to_be_visible()
    call_out(town, "V4", second)
    expect(phone.locator(".bar")).to_contain_text(second.name)
    expect(phone.locator("#text")).to_have_value(WORDS)
    look(phone, "phone-report-offer", shoot)
    phone.get_by_role("button", name=sv("Send the report")).click()
    receipt = phone.locator(".receipt")
    expect(receipt).to_contain_text(re.compile(r"\d+ .* \d\d:\d\d"))
    assert hidden_drafts(phone) == 0
    phone.evaluate("document.body.dispatchEvent(new CustomEvent('narvaro:changed'))")
    expect(phone.locator("[data-offer]")).to_contain_text(second.name)
    expect(receipt).to_be_visible()
    look(phone, "phone-receipt", shoot)
    receipt.get_by_role("link").click()
    expect(receipt).to_have_count(0)


def test_a_half_written_call_outlives_the_way_to_the_console(town: Product, pages: Pages) -> None:
    """A highest case draws the dispatcher away; what he had written is there when he comes back."""
    site = list_sites(town)[14]
    page = pages.open("/console/new/", who=DISPATCHER)
    expect(page.locator('[data-live-state="live"]')).to_be_visible()
    page.locator("#place").fill("Bron vid ån")
    page.locator("#note").fill(WORDS)
    town.dial(site, sia("BA", 3), sia("BA", 4))
    bar = page.locator(".bar", has_text=site.name)
    expect(bar).to_be_visible()
    bar.click()
    page.wait_for_url("**/console/")
    page.goto("/console/new/")
    expect(page.locator("#note")).to_have_value(WORDS)
    page.get_by_role("button", name=sv("Open the case")).click()
    page.wait_for_url(re.compile(r"/console/cases/[0-9a-f-]{36}/$"))
    expect(page.locator("#case")).to_contain_text(WORDS)
    assert hidden_drafts(page) == 0
    page.goto("/console/new/")
    expect(page.locator("#note")).to_have_value("")


def test_a_recalled_guard_is_told_and_the_old_notice_goes(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """The green box speaks of what holds: when the desk ends the case, it goes and the reason comes."""
    site = list_sites(town)[11]
    case = call_out(town, "V4", site)
    phone = pages.open("/phone/", who=town.get_guard("V4"), size=PHONE)
    phone.get_by_role("button", name=sv("Accept")).click()
    notice = phone.locator("#notice")
    expect(notice).to_contain_text(sv("Accepted"))
    expect(phone.locator(".response")).to_be_visible()
    desk = pages.open("/console/", who=DISPATCHER)
    token = next(one["value"] for one in desk.context.cookies() if one["name"] == "csrftoken")
    ended = desk.request.post(f"/cases/{case}/close/", headers={"X-CSRFToken": token})
    assert ended.ok
    expect(phone.locator(".just-now")).to_contain_text(sv("You are free."))
    expect(phone.locator("#announce")).not_to_be_empty()
    expect(notice).to_be_hidden()
    look(phone, "phone-recalled", shoot)


def test_the_page_claims_sound_only_when_it_can_be_heard(town: Product, pages: Pages) -> None:
    """Chosen once, the sound waits for the first tap after each load, and the page says so."""
    phone = pages.open("/phone/", who=town.get_guard("V2"), size=PHONE)
    phone.add_init_script(AUDIO)
    phone.reload()
    button = phone.locator("[data-sound]")
    expect(button).to_contain_text(sv("Alarm sound off"))
    button.click()
    expect(button).to_contain_text(sv("Alarm sound on"))
    phone.reload()
    expect(button).to_contain_text(sv("Tap to hear alarms"))
    expect(button).to_have_attribute("aria-pressed", "false")
    phone.locator("h1").click()
    expect(button).to_contain_text(sv("Alarm sound on"))
    button.click()
    expect(button).to_contain_text(sv("Alarm sound off"))
