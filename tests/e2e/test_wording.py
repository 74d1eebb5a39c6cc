"""A number of a person's that is typed on the phone leaves it in no request and is kept in no draft."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.axe import check_page
from tests.e2e.pages import PHONE, Pages, sv
from tests.e2e.product import DISPATCHER, Product
from tests.e2e.scene import call_out, list_sites, respond

pytestmark = pytest.mark.e2e
NUMBER, PHONE_NUMBER = "850709-9805", "070-174 06 05"  # of nobody: kept free for made-up persons
TRACES = re.compile(r"850709|8507|9805|174\s?06")
FORM = """
([action, attribute]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  form.innerHTML = '<textarea name="text" data-wording></textarea><button>.</button>';
  form.setAttribute(attribute, attribute.startsWith("hx-") ? action : "");
  document.querySelector("main").append(form);
  if (attribute.startsWith("hx-")) htmx.process(form);
  form.elements.text.value = "Killen 850709-9805, 070-174 06 05.";
  form.requestSubmit();
}
"""


class Outgoing:
    """Every request that leaves a page's browser, read as the server would."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        page.context.on("request", self._note)

    def _note(self, request: Request) -> None:
        body = (request.post_data_buffer or b"").decode("utf-8", "replace")
        self.said.append(unquote_plus(f"{request.method} {request.url}\n{body}"))

    def get_post(self, path: str) -> str:
        """Return the last POST to an address."""
        return [one for one in self.said if one.startswith("POST ") and path in one.split("\n")[0]][
            -1
        ]

    def check(self) -> None:
        """Fail when any request holds a piece of the numbers."""
        assert self.said
        assert [one for one in self.said if TRACES.search(one)] == []


def kept(page: Page) -> str:
    """Return all that the browser keeps of the page's forms."""
    return str(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))


def open_report(town: Product, pages: Pages, site: int) -> tuple[Page, str]:
    """Let a unit come back from a site, and open the report that its guard owes."""
    call_out(town, "V4", list_sites(town)[site])
    address = f"/phone/responses/{respond(town, 'V4', 'rolling', 'on_scene', 'left')}/report/"
    return pages.open(address, who=town.get_guard("V4"), size=PHONE), address


def test_a_number_that_is_typed_leaves_in_no_request_and_no_draft(
    town: Product, pages: Pages, shoot: Callable[[Page, str], Path]
) -> None:
    """Key by key into the report: the field, the draft, the reload and the post hold none of it."""
    phone, address = open_report(town, pages, 17)
    outgoing = Outgoing(phone)
    field, told = phone.locator("#text"), phone.locator('[data-wording-of="text"]')
    expect(told.locator("[data-marks]")).to_be_hidden()
    field.press_sequentially(f"Killen {NUMBER} ringde {PHONE_NUMBER} och kallas Lillen. ")
    expect(field).to_have_value("Killen [personnummer] ringde [telefonnummer] och kallas Lillen. ")
    expect(told).to_contain_text("kallas Lillen")
    expect(told).to_contain_text(sv("a nickname"))
    expect(told).to_contain_text(sv("write how many, and the age band"))
    expect(
        told.get_by_text(sv("Look at these words once more. You can send it as it is."))
    ).to_be_visible()
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        check_page(phone, f"report with marks {scheme}")
        shoot(phone, f"phone-wording-sv-{scheme}")
    field.press_sequentially(f"Även {NUMBER}")  # the caret stands behind it: it may go on
    assert "personnummer" in kept(phone)
    assert TRACES.search(kept(phone)) is None
    expect(field).to_have_value(re.compile(r"Även \[personnummer\]$"))  # after a rest
    field.press_sequentially(" och")  # the next key stands behind the mask, not in its place
    expect(field).to_have_value(re.compile(r"Även \[personnummer\] och$"))
    phone.reload()
    expect(field).to_have_value(re.compile(r"Även \[personnummer\] och$"))
    phone.get_by_label(sv("Break-in"), exact=True).check()
    phone.locator("#police-reference").fill(NUMBER)
    field.press_sequentially(f" {NUMBER}")
    phone.get_by_role("button", name=sv("Send the report")).click()
    expect(phone.locator(".receipt")).to_be_visible()
    assert "Även [personnummer] och [personnummer]" in outgoing.get_post(address)
    assert "police_reference=[personnummer]" in outgoing.get_post(address)
    outgoing.check()


def test_a_number_that_no_event_told_of_does_not_leave_either(town: Product, pages: Pages) -> None:
    """Put in by a program, sent by a program: the browser's own post goes by the same gate."""
    phone, address = open_report(town, pages, 16)
    outgoing = Outgoing(phone)
    phone.get_by_label(sv("Break-in"), exact=True).check()
    phone.evaluate(
        """(text) => {
          const field = document.getElementById("text");
          field.value = text;
          field.form.submit();
        }""",
        f"Pojken {NUMBER}.",
    )
    expect(phone.locator(".receipt")).to_be_visible()
    assert "Pojken [personnummer]." in outgoing.get_post(address)
    outgoing.check()


@pytest.mark.parametrize("attribute", ["data-send", "hx-post"])
def test_what_scripts_send_is_masked_too(town: Product, pages: Pages, attribute: str) -> None:
    """The page's own small forms and htmx, with a field that came after the page did."""
    page = pages.open("/console/new/", who=DISPATCHER)
    outgoing = Outgoing(page)
    page.route(
        "**/sink/",
        lambda route: route.fulfill(status=200, content_type="application/json", body="{}"),
    )
    with page.expect_request("**/sink/"):
        page.evaluate(FORM, ["/sink/", attribute])
    assert "text=Killen [personnummer], [telefonnummer]." in outgoing.get_post("/sink/")
    outgoing.check()


def test_a_call_that_is_typed_in_is_masked_when_it_is_pasted(town: Product, pages: Pages) -> None:
    """The desk's note: pasted whole, sent at once."""
    page = pages.open("/console/new/", who=DISPATCHER)
    outgoing = Outgoing(page)
    page.locator("#place").fill("Bron vid ån")
    page.locator("#note").fill(f"Ringaren {PHONE_NUMBER} såg 4 ungdomar")
    expect(page.locator("#note")).to_have_value("Ringaren [telefonnummer] såg 4 ungdomar")
    page.get_by_role("button", name=sv("Open the case")).click()
    page.wait_for_url(re.compile(r"/console/cases/[0-9a-f-]{36}/$"))
    assert "Ringaren [telefonnummer] såg 4 ungdomar" in outgoing.get_post("/console/new/")
    outgoing.check()
