"""A made-up guard's phone: signs in, asks for its state, answers offers, reports, sends positions."""

from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from narvaro.demo import wall
from narvaro.demo.browser import Browser, Form, Page, UnreachableError, list_forms
from narvaro.demo.driving import Fix

JSON = "application/json"
Also = Callable[[list[tuple[str, str, str]]], list[tuple[str, str]]]
MS_TO_KNOTS = 3600 / 1852


@dataclass(slots=True)
class Phone:
    """A signed-in phone of one guard."""

    address: tuple[str, int]
    username: str
    password: str
    _browser: Browser | None = None

    def state(self) -> dict[str, Any]:
        """Ask for the unit's state, signing in first where needed."""
        return self._json(self._get("/phone/state/"))

    def accept(self, offer: str) -> bool:
        """Accept an offer; False where it was too late."""
        return self._tap(f"/phone/offers/{offer}/accept/")

    def decline(self, offer: str) -> bool:
        """Decline an offer; False where it was too late."""
        return self._tap(f"/phone/offers/{offer}/decline/")

    def step(self, response: str, step: str) -> bool:
        """Tap a step: rolling, on_scene, secured or left."""
        return self._tap(f"/phone/responses/{response}/{step}/")

    def report(
        self, response: str, finding: str, text: str, *, also: Also = lambda _fields: []
    ) -> bool:
        """Fill in and send the report's form as a person would: what was found, and in words.

        `also` gives further answers to the form's own fields, in place of what stands in them.
        """
        path = f"/phone/responses/{response}/report/"
        page = self._get(path)
        form = next(
            (f for f in list_forms(page) if any(k == "textarea" for _, k, _ in f.fields)), None
        )
        if form is None:
            raise UnreachableError(f"{path} answered {page.status} without a report form")
        assert self._browser is not None
        more = also(form.fields)
        names = {name for name, _ in more}
        values = [one for one in fill(form, finding, text) if one[0] not in names]
        sent = self._browser.post(form.action or path, values + more, accept=JSON)
        return sent.status < 400

    def _tap(self, path: str) -> bool:
        self._get("/phone/state/")
        assert self._browser is not None
        return self._browser.post(path, [], accept=JSON).status < 400

    def _get(self, path: str) -> Page:
        """Fetch a page; where the session is gone, sign in and fetch it again."""
        browser = self._browser or self._sign_in()
        page = browser.get(path, accept=JSON if path.endswith("/state/") else "text/html")
        if page.status in {401, 403} or page.path.startswith("/login"):
            page = self._sign_in().get(
                path, accept=JSON if path.endswith("/state/") else "text/html"
            )
        return page

    def _json(self, page: Page) -> dict[str, Any]:
        if page.status >= 400:
            raise UnreachableError(f"{page.path} answered {page.status} to {self.username}")
        return page.data()

    def _sign_in(self) -> Browser:
        self._browser = enter(self.address, self.username, self.password)
        return self._browser


def enter(address: tuple[str, int], username: str, password: str) -> Browser:
    """Sign in with the page's own form, as a person does."""
    browser = Browser(address)
    page = browser.get("/login/")
    form = next((f for f in list_forms(page) if any(k == "password" for _, k, _ in f.fields)), None)
    if form is None:
        raise UnreachableError(f"/login/ answered {page.status} without a sign-in form")
    typed = {"password": password, "text": username, "email": username}
    values = [(name, typed.get(kind, value)) for name, kind, value in form.fields]
    done = browser.post(form.action or "/login/", values)
    if done.status >= 400 or done.path.startswith("/login"):
        raise UnreachableError(f"the sign-in of {username} was refused ({done.status})")
    return browser


def fill(form: Form, finding: str, text: str) -> list[tuple[str, str]]:
    """Choose the finding (the first choice where it is not offered) and write the text."""
    values: list[tuple[str, str]] = []
    choices: dict[str, list[str]] = {}
    for name, kind, value in form.fields:
        if kind in {"radio", "option"}:
            choices.setdefault(name, []).append(value)
        elif kind == "textarea":
            values.append((name, text))
        elif kind not in {"checkbox", "submit", "button"}:
            values.append((name, value))
    for name, offered in choices.items():
        values.append((name, finding if finding in offered else offered[0]))
    return values


def send_position(address: tuple[str, int], tracker: str, fix: Fix) -> int:
    """Send one position over the OsmAnd protocol; give the answer's status."""
    query = urlencode(
        {
            "id": tracker,
            "lat": f"{fix.lat:.6f}",
            "lon": f"{fix.lon:.6f}",
            "timestamp": int(wall.now().timestamp()),
            "speed": f"{fix.speed_ms * MS_TO_KNOTS:.1f}",
            "bearing": f"{fix.bearing:.0f}",
            "accuracy": "6",
        }
    )
    line = HTTPConnection(*address, timeout=5)
    try:
        line.request("GET", f"/?{query}")
        return line.getresponse().status
    except (OSError, HTTPException) as fault:
        raise UnreachableError(f"positions were not taken: {fault}") from fault
    finally:
        line.close()
