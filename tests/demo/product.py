"""A stub of the product for the night's tests: DC-09 in, pages for one phone and a place for positions."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from narvaro.demo.frames import crc

LOGIN = (
    '<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="t">'
    '<input name="login"><input name="password" type="password"></form>'
)
REPORT = (
    '<form method="post" action=""><input type="hidden" name="csrfmiddlewaretoken" value="t">'
    '<input type="radio" name="finding" value="other"><input type="radio" name="finding" value="break_in">'
    '<input type="checkbox" name="checks" value="locked"><textarea name="text"></textarea></form>'
)
ORDER = ["accepted", "rolling", "on_scene", "secured", "left"]


@dataclass
class Product:
    """What the stub has seen, and the one case it offers."""

    site: str
    lat: float
    lon: float
    offered_to: str
    web: tuple[str, int] = ("", 0)
    dc09: tuple[str, int] = ("", 0)
    frames: list[bytes] = field(default_factory=list)
    positions: list[dict[str, list[str]]] = field(default_factory=list)
    taps: list[tuple[str, str]] = field(default_factory=list)
    report: dict[str, list[str]] = field(default_factory=dict)
    state: str = ""
    offers_from: int = 1

    def phone_state(self, user: str) -> dict[str, object]:
        """Offer once enough frames have come; then show the response until it is reported."""
        alarms = [f for f in self.frames if b"SIA-DCS" in f or b"ADM-CID" in f]
        place = {"site": self.site, "lat": self.lat, "lon": self.lon}
        offer = response = None
        if user == self.offered_to and self.state in ORDER[:4]:
            response = {"id": "r1", "state": self.state, **place}
        elif user == self.offered_to and not self.state and len(alarms) >= self.offers_from:
            offer = {"id": "o1", **place}
        due = ["r1"] if self.state == "left" and user == self.offered_to else []
        return {"unit": None, "offer": offer, "response": response, "reports_due": due}

    def tap(self, user: str, path: str) -> None:
        """Take a tap on the phone."""
        self.taps.append((user, path))
        self.state = "accepted" if path.endswith("accept/") else path.rstrip("/").rsplit("/", 1)[-1]


class _Handler(BaseHTTPRequestHandler):
    product: Product

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def _send(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _user(self) -> str:
        found = re.search(r"sessionid=([^;]+)", self.headers.get("Cookie", ""))
        return found[1] if found else ""

    def do_GET(self) -> None:
        """Give the sign-in form, the phone's state, the report form, or take a position."""
        if self.path.startswith("/?"):
            self.product.positions.append(parse_qs(urlsplit(self.path).query))
            self._send(200, "")
        elif self.path == "/login/":
            self._send(200, LOGIN, ("Set-Cookie", "csrftoken=t; Path=/"))
        elif not self._user():
            self._send(302, "", ("Location", "/login/?next=" + self.path))
        elif self.path == "/phone/state/":
            self._send(200, json.dumps(self.product.phone_state(self._user())))
        else:
            self._send(200, REPORT if self.path.endswith("report/") else "<p>home</p>")

    def do_POST(self) -> None:
        """Take a sign-in, a tap or a report; refuse what has no CSRF token."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.headers.get("X-CSRFToken") != "t":
            self._send(403, "no token")
        elif self.path == "/login/":
            cookie = ("Set-Cookie", f"sessionid={form['login'][0]}; Path=/; HttpOnly")
            self._send(302, "", cookie, ("Location", "/"))
        elif self.path.endswith("report/"):
            self.product.report, self.product.state = form, "reported"
            self._send(200, '{"ok": true}')
        else:
            self.product.tap(self._user(), self.path)
            self._send(200, '{"ok": true}')


def _acknowledge(server: socket.socket, product: Product) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            line.settimeout(2)
            data = line.recv(2048)
            if data:
                product.frames.append(data)
                sequence = data.split(b'"')[2][:4].decode()
                body = f'"ACK"{sequence}L0#0[]'.encode()
                line.sendall(b"\n%04X0%03X%s\r" % (crc(body), len(body), body))


@contextmanager
def running(product: Product) -> Iterator[Product]:
    """Listen on two free ports of the loopback until the test is done."""
    handler = type("Handler", (_Handler,), {"product": product})
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    web.daemon_threads = True
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(20)
    product.web, product.dc09 = ("127.0.0.1", web.server_port), server.getsockname()
    threads = [
        Thread(target=web.serve_forever, args=(0.05,)),
        Thread(target=_acknowledge, args=(server, product)),
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    try:
        yield product
    finally:
        web.shutdown()
        web.server_close()
        server.close()
