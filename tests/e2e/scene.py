"""A night in the middle, for the screens. In: a running product. Out: a case in every state.

Panels dial, guards' phones answer: nothing is put into the database from within.
"""

import re
import time
from dataclasses import dataclass
from random import Random
from typing import Any

from playwright.sync_api import Browser

from narvaro.demo.frames import Event, sia
from narvaro.demo.panel import Panel
from narvaro.demo.town import TownSite
from tests.e2e.pages import Pages
from tests.e2e.product import COORDINATOR, HOST, Product

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Scene:
    """Addresses of what is in the scene."""

    waiting_case: str
    lone_case: str
    out_case: str
    contract: str
    statement: str
    response: str
    report: str


def list_sites(product: Product) -> list[TownSite]:
    """List schools with a transmitter, in the order of their numbers; Trasten is the story's own."""
    dialling = {account.site for account in product.town.accounts}
    found = (one for one in product.town.sites if one.kind == "school" and one.code in dialling)
    return [one for one in found if one.name != "Trasten skola"]


def await_state(product: Product, call_sign: str, what: str) -> dict[str, Any]:
    """Wait until a unit's phone shows an offer or a response, and return it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found: dict[str, Any] | None = product.get_phone(call_sign).state()[what]
        if found is not None:
            return found
        time.sleep(0.1)
    raise TimeoutError(f"{call_sign} has no {what}")


def call_out(product: Product, call_sign: str, site: TownSite, *events: Event) -> str:
    """Put a unit near a site and let the site's panel dial; return the case that it is offered."""
    product.place(call_sign, site, north_m=250)
    product.dial(site, *(events or (sia("BA", 2),)))
    offer = await_state(product, call_sign, "offer")
    assert offer["site"] == site.name
    return str(offer["case"])


def respond(product: Product, call_sign: str, *steps: str) -> str:
    """Accept what a unit is offered and take the steps; return the response."""
    phone = product.get_phone(call_sign)
    assert phone.accept(str(await_state(product, call_sign, "offer")["id"]))
    response = str(await_state(product, call_sign, "response")["id"])
    for step in steps:
        assert phone.step(response, step)
    return response


def set_scene(browser: Browser, product: Product) -> Scene:
    """Bring about a case in every state: closed, left, on scene, waiting, and needing a person."""
    product.park()
    closed, left, there, waiting, lone = list_sites(product)[:5]
    call_out(product, "V5", closed)
    response = respond(product, "V5", "rolling", "on_scene", "secured", "left")
    assert product.get_phone("V5").report(response, "vandalism", "Krossad ruta mot skolgården.")
    call_out(product, "V4", left)
    due = respond(product, "V4", "rolling", "on_scene", "left")
    out = call_out(product, "V3", there)
    respond(product, "V3", "rolling", "on_scene")
    case = call_out(product, "V1", waiting, sia("BA", 3), sia("BA", 7))
    product.dial(lone, sia("YT", 1))
    stranger = Panel("9999", b"", (HOST, product.ports["alarm"]), Random(1))
    assert not stranger.dial(sia("BA", 1), tries=1).acknowledged
    return Scene(
        waiting_case=f"/console/cases/{case}/",
        out_case=f"/console/cases/{out}/",
        lone_case=f"/console/cases/{_find_case(browser, product, lone)}/",
        report=f"/phone/responses/{due}/report/",
        **_find_contract(browser, product, response),
    )


def _find_case(browser: Browser, product: Product, site: TownSite) -> str:
    pages = Pages(browser, product)
    row = pages.open("/console/", who="K101").locator(".case-row", has_text=site.name)
    case = row.get_attribute("data-case")
    pages.close()
    assert case is not None
    return case


def _find_contract(browser: Browser, product: Product, response: str) -> dict[str, str]:
    pages = Pages(browser, product)
    page = pages.open("/contract/", who=COORDINATOR)
    contract = re.search(r'href="(/contract/[0-9a-f-]{36}/)"', page.content())
    assert contract is not None
    page.goto(contract[1])
    month = re.search(rf'href="({contract[1]}statement/\d{{4}}-\d\d/)"', page.content())
    assert month is not None
    pages.close()
    return {
        "contract": contract[1], "statement": month[1], "response": f"{month[1]}{response}/",
    }  # fmt: skip
