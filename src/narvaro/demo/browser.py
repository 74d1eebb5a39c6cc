"""The small part of a browser that a phone needs: cookies, forms, CSRF, JSON; standard library only."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

WAIT_S = 8.0
MAX_HOPS = 4


class UnreachableError(Exception):
    """The product did not answer, or not as agreed; the text says what and where."""


@dataclass(slots=True)
class Page:
    """An answer: where it came from, its status and its text."""

    path: str
    status: int
    text: str
    kind: str = ""

    def data(self) -> dict[str, Any]:
        """Read the page as a JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError as fault:
            raise UnreachableError(f"{self.path} answered {self.status} without JSON") from fault
        if not isinstance(found, dict):
            raise UnreachableError(f"{self.path} answered with JSON that is no object")
        return found


@dataclass(slots=True)
class Form:
    """One form of a page: where it posts, and its fields as (name, type, value) in order."""

    action: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append(Form(has.get("action", "")))
        elif self.forms and tag in {"input", "textarea"} and has.get("name"):
            kind = has.get("type", "text") if tag == "input" else "textarea"
            self.forms[-1].fields.append((has["name"], kind, has.get("value", "")))
        elif tag == "select":
            self._select = has.get("name", "")
        elif self.forms and tag == "option" and self._select:
            self.forms[-1].fields.append((self._select, "option", has.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def list_forms(page: Page) -> list[Form]:
    """List the forms of a page in order."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


class Browser:
    """A session with one host."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Start without cookies."""
        self._address = address
        self._cookies: dict[str, str] = {}

    def get(self, path: str, *, accept: str = "text/html") -> Page:
        """Fetch a page, following redirections on the same host."""
        return self._ask("GET", path, None, accept)

    def post(self, path: str, values: list[tuple[str, str]], *, accept: str = "text/html") -> Page:
        """Send a form with the session's CSRF token."""
        return self._ask("POST", path, values, accept)

    def cookie_header(self) -> str:
        """Return the session's cookies as a request carries them."""
        return "; ".join(f"{k}={v}" for k, v in self._cookies.items())

    def _ask(
        self, method: str, path: str, values: list[tuple[str, str]] | None, accept: str
    ) -> Page:
        for _ in range(MAX_HOPS):
            page, location = self._once(method, path, values, accept)
            if not location:
                return page
            method, values = "GET", None
            target = urlsplit(urljoin(path, location))
            path = target.path + (f"?{target.query}" if target.query else "")
        raise UnreachableError(f"{path} redirects without end")

    def _once(
        self, method: str, path: str, values: list[tuple[str, str]] | None, accept: str
    ) -> tuple[Page, str]:
        line = HTTPConnection(*self._address, timeout=WAIT_S)
        headers = {
            "Accept": accept,
            "Cookie": self.cookie_header(),
        }
        body = None
        if values is not None:
            body = urlencode(values)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["X-CSRFToken"] = self._cookies.get("csrftoken", "")
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, HTTPException) as fault:
            raise UnreachableError(f"{path} did not answer: {fault}") from fault
        finally:
            line.close()
        for sent in answer.headers.get_all("Set-Cookie") or []:
            self._cookies |= {k: m.value for k, m in SimpleCookie(sent).items()}
        location = answer.getheader("Location", "") if answer.status in {301, 302, 303, 307} else ""
        return Page(path, answer.status, text, answer.getheader("Content-Type", "")), location or ""
