"""What a request carries, taken whole before a thread serves it. In: ASGI. Out: a file, or a refusal.

The pages have a few threads. One that waited for a sender's next byte would serve nobody, so bodies
are received here, on the event loop: bounded in size, in time and in silence. What is more than a
form may be large on the few addresses that take files, from who is signed in; it waits on the home
folder's disk, which is never filled.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any, TypeAlias

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext as _

from narvaro.access.signed_in import find_signed_in
from narvaro.sharing.uploads import LARGEST_BYTES, LONGEST_UPLOAD
from narvaro.web.live import AsgiScope, Receive, Send
from narvaro.web.threads import in_thread

Body: TypeAlias = tempfile.SpooledTemporaryFile[bytes]

TAKE_FILES = frozenset({"files", "new_report", "new_damage", "damage_detail"})
"""The addresses that take photos or files, by their names in `web/routes.py`."""

IN_MEMORY_BYTES = PIECE_BYTES = 64 * 1024
FREE_BYTES = 1_000_000_000  # left for the databases and the journal
COPIES = 3  # of a large body at once: this one, Django's, and the one that is kept
SILENT_S = 20.0


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is taken, and within how long."""

    most_bytes: int
    whole_s: float


FORM = Bound(1024 * 1024, 30.0)
UPLOAD = Bound(  # the largest file, and the form around it
    LARGEST_BYTES + FORM.most_bytes, LONGEST_UPLOAD.total_seconds()
)


class BodyRefused(Exception):  # noqa: N818 - a refusal, as Refused and Missing are
    """A body that is not taken: the HTTP `status` that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class SenderGone(Exception):  # noqa: N818 - nobody is left to answer
    """The sender went before everything was there."""


def _header(scope: AsgiScope, name: bytes) -> str:
    return next((v.decode("latin-1") for key, v in scope["headers"] if key.lower() == name), "")


def _cookie(scope: AsgiScope, name: str) -> str:
    try:
        found = SimpleCookie(_header(scope, b"cookie")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _takes_files(scope: AsgiScope) -> bool:
    try:
        return scope["method"] == "POST" and resolve(scope["path"]).url_name in TAKE_FILES
    except Resolver404:
        return False


async def _bound_of(scope: AsgiScope, length: int | None) -> Bound:
    if (length is not None and length <= FORM.most_bytes) or not _takes_files(scope):
        return FORM
    key = _cookie(scope, settings.SESSION_COOKIE_NAME)
    signed_in = await in_thread(find_signed_in, key) if key else None
    return UPLOAD if signed_in else FORM


def _check_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < FREE_BYTES + needed:
        raise BodyRefused(507)


async def take_body(scope: AsgiScope, receive: Receive, folder: Path) -> Body:
    """Return the whole body, at its start; raises BodyRefused or SenderGone."""
    written = _header(scope, b"content-length")
    length = int(written) if written.isascii() and written.isdigit() else None
    bound = await _bound_of(scope, length)
    if length is not None and length > bound.most_bytes:
        raise BodyRefused(413)
    if length is not None and length > IN_MEMORY_BYTES:
        _check_room(folder, COPIES * length)
    body: Body = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(folder))  # noqa: SIM115 - the caller closes it
    try:
        async with asyncio.timeout(bound.whole_s):
            await _fill(body, receive, bound.most_bytes, folder)
    except BaseException as fault:
        body.close()
        if isinstance(fault, TimeoutError):
            raise BodyRefused(408) from fault
        if isinstance(fault, OSError):
            raise BodyRefused(507) from fault
        raise
    body.seek(0)
    return body


async def _fill(body: Body, receive: Receive, most_bytes: int, folder: Path) -> None:
    size, more = 0, True
    while more:
        async with asyncio.timeout(SILENT_S):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGone
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size > most_bytes:
            raise BodyRefused(413)
        if size > IN_MEMORY_BYTES:
            _check_room(folder, 0)
            await asyncio.to_thread(body.write, piece)
        else:
            body.write(piece)


def receiver_of(body: Body) -> Receive:
    """Return what gives the body again, piece by piece."""

    async def again() -> MutableMapping[str, Any]:
        piece = body.read(PIECE_BYTES)
        return {"type": "http.request", "body": piece, "more_body": len(piece) == PIECE_BYTES}

    return again


def _why(status: int) -> str:
    match status:
        case 408:
            return _("It took too long to arrive. Send it again.")
        case 507:
            return _("The disk is too full to take it. Tell those who run the system.")
        case _:
            return _("That is more than is taken at once. Send fewer files, or smaller ones.")


async def refuse(scope: AsgiScope, send: Send, status: int) -> None:
    """Say why a body is not taken, and end the connection: what follows on it is never read."""
    language = _cookie(scope, settings.LANGUAGE_COOKIE_NAME)
    known = {code for code, _name in settings.LANGUAGES}
    with translation.override(language if language in known else settings.LANGUAGE_CODE):
        why = _why(status)
    kind, text = "text/plain; charset=utf-8", f"{why}\n"
    if _header(scope, b"accept").startswith("application/json"):
        kind, text = "application/problem+json", json.dumps({"status": status, "detail": why})
    head = [
        (b"content-type", kind.encode()), (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"), (b"content-length", b"%d" % len(text.encode())),
    ]  # fmt: skip
    if scope.get("http_version", "").startswith("1"):
        head.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})
