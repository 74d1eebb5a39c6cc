"""One call for the police's public feed. In: an address. Out: what came back, or why nothing did.

HTTPS (or this machine's own address), a User-Agent that names the program, no redirect followed, the
size and the time of the whole call bounded.
"""

from dataclasses import dataclass
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from narvaro import __version__
from narvaro.spine import clock
from narvaro.spine.machine import is_own_address

AGENT = f"Narvaro/{__version__}"
WITHIN_S = 20.0
MOST_BYTES = 4_000_000  # 500 events are about 300 kB
OK = 200


class FeedSilent(Exception):  # noqa: N818 - a state of the feed, kept and said once
    """The feed gave nothing to use: why, the least wait, and whether never to ask again."""

    def __init__(self, why: str, *, wait_s: float = 0.0, final: bool = False) -> None:
        super().__init__(why)
        self.why, self.wait_s, self.final = why, wait_s, final


@dataclass(frozen=True)
class Answer:
    """What came back; `wait_s` is the Retry-After."""

    status: int
    data: bytes = b""
    etag: str = ""
    modified: str = ""
    wait_s: float = 0.0


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_given: Any, **_named: Any) -> None:  # noqa: ANN401 - urllib's
        """Follow nowhere: the rules ask for the right address at once."""


def ask(address: str, *, etag: str = "", modified: str = "", within_s: float = WITHIN_S) -> Answer:
    """Make one call, `within_s` seconds in all; raises FeedSilent, also for more than MOST_BYTES.

    Whoever drips byte after byte is left waiting in a thread that dies with the process.
    """
    if not _is_safe(address):
        raise FeedSilent("not_https", final=True)
    came: list[Answer | Exception] = []

    def call() -> None:
        try:
            came.append(_call(address, etag, modified, within_s))
        except (OSError, HTTPException, ValueError, FeedSilent) as fault:
            came.append(fault)

    thread = Thread(target=call, name="police feed", daemon=True)
    thread.start()
    thread.join(within_s)
    if not came:
        raise FeedSilent("slow")
    if isinstance(came[0], Answer):
        return came[0]
    if isinstance(came[0], FeedSilent):
        raise came[0]
    raise FeedSilent("unreachable") from came[0]


def _is_safe(address: str) -> bool:
    """Return whether an address is HTTPS, or does not leave this machine."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "https":
            return bool(parts.hostname)
        return parts.scheme == "http" and is_own_address(parts.hostname or "")
    except ValueError:
        return False


def _call(address: str, etag: str, modified: str, within_s: float) -> Answer:
    given = {"If-None-Match": etag, "If-Modified-Since": modified}
    headers = {name: value for name, value in given.items() if value}
    headers |= {"User-Agent": AGENT, "Accept": "application/json"}
    request = Request(address, headers=headers)  # noqa: S310 - the scheme was looked at
    try:
        with build_opener(_NoRedirect).open(request, timeout=within_s) as response:
            data = response.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise FeedSilent("too_large")
            return _answer(response.status, response.headers, data)
    except HTTPError as no:
        with no:
            return _answer(no.code, no.headers)


def _answer(status: int, headers: Message, data: bytes = b"") -> Answer:
    return Answer(
        status, data,
        etag=_short(headers.get("ETag")), modified=_short(headers.get("Last-Modified")),
        wait_s=_retry_after_s(headers.get("Retry-After") or ""),
    )  # fmt: skip


def _short(value: str | None) -> str:
    """Return a validator as it may be sent back, or none."""
    return value if value and len(value) <= 200 and value.isascii() else ""


def _retry_after_s(value: str) -> float:
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (at - clock.now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
