"""Messages over HTTP. In: requests of phones, cameras, other programs. Out: an answer after commit.

Which protocol a request speaks is told by its path (`ROUTES`). HTTP itself is h11's.
"""

import asyncio
import contextlib
import logging
from datetime import datetime
from http import HTTPStatus
from typing import Protocol as Shape
from urllib.parse import urlsplit

import h11

from narvaro.intake.desk import Desk, name_of
from narvaro.intake.limits import Guest, Limits
from narvaro.intake.message import Message
from narvaro.intake.protocols import (
    Protocol,
    Reply,
    Request,
    cloud_events,
    onvif,
    osmand,
    owntracks,
    traccar,
)
from narvaro.intake.sealed import Accounts
from narvaro.spine import clock

logger = logging.getLogger(__name__)

READ_BYTES = HEAD_BYTES = 16_384
METHODS = ("GET", "POST")


class Spoken(Shape):
    """A protocol's file, as this listener uses it."""

    @property
    def PROTOCOL(self) -> Protocol:  # noqa: N802 - the file's constant
        """What the protocol is."""

    def decode(self, request: Request, *, accounts: Accounts, now: datetime) -> Message:
        """Open a request."""

    def acknowledge(self, message: Message, *, stored: bool) -> Reply:
        """Build the answer."""


ROUTES: tuple[tuple[str, Spoken], ...] = (
    ("/", osmand),
    ("/cameras", onvif),
    ("/events", cloud_events),
    ("/owntracks", owntracks),
    ("/traccar", traccar),
)
"""The first word of a path and the protocol that is spoken there; "/" is all others."""


def find_spoken(path: str) -> Spoken:
    """Return the protocol that is spoken at a path."""
    first = "/" + path.lstrip("/").partition("/")[0]
    return next((spoken for word, spoken in ROUTES if word == first), dict(ROUTES)["/"])


class _UnreadableError(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body)
        self.reply = reply


class HttpListener:
    """Answers the requests of all senders; what a `Door` lets in converses with it."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._limits = limits

    async def converse(
        self, guest: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer requests one after the other, until the guest leaves or is not HTTP."""
        wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        with contextlib.suppress(h11.ProtocolError):
            await self._serve(guest, wire, reader, writer)

    async def _serve(
        self,
        guest: Guest,
        wire: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        while True:
            try:
                request, body = await self._read_request(wire, reader)
                if request is None:
                    return
                reply = await self._reply(guest, request, body)
            except _UnreadableError as fault:
                reply = fault.reply
            await self._send(wire, writer, reply)
            if wire.our_state is not h11.DONE or wire.their_state is not h11.DONE:
                return
            wire.start_next_cycle()

    async def _read_request(
        self, wire: h11.Connection, reader: asyncio.StreamReader
    ) -> tuple[h11.Request | None, bytes]:
        """Read one request; None at the connection's end. The clock runs from its first byte."""
        request: h11.Request | None = None
        body = b""
        patience = asyncio.timeout(self._limits.idle_s)
        async with patience:
            begun = False
            while True:
                event = self._next_event(wire)
                if event is h11.NEED_DATA:
                    data = await reader.read(READ_BYTES)
                    if not data:  # it left, or we end: half a request is not refused
                        return None, b""
                    if not begun:
                        begun = True
                        soon = asyncio.get_running_loop().time() + self._limits.half_message_s
                        patience.reschedule(soon)
                    wire.receive_data(data)
                elif isinstance(event, h11.Request):
                    request = event
                    self._bound(dict(event.headers).get(b"content-length", b"0"))
                elif isinstance(event, h11.Data):
                    body += event.data
                    self._bound(b"%d" % len(body))
                elif isinstance(event, h11.EndOfMessage):
                    return request, body
                else:
                    return None, b""

    def _bound(self, length: bytes) -> None:
        """Refuse a body that is, or says it will be, too long; h11 has judged the header's form."""
        if int(length) > self._limits.body_bytes:
            too_much = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise _UnreadableError(Reply(too_much, "Too much for one request."))

    @staticmethod
    def _next_event(wire: h11.Connection) -> object:
        try:
            return wire.next_event()
        except h11.RemoteProtocolError as fault:
            raise _UnreadableError(Reply(HTTPStatus.BAD_REQUEST, "Not HTTP.")) from fault

    async def _reply(self, guest: Guest, request: h11.Request, body: bytes) -> Reply:
        """Open one request, have it kept, and answer as its protocol does."""
        method = request.method.decode("ascii")
        if method not in METHODS:
            return Reply(HTTPStatus.METHOD_NOT_ALLOWED, "Send with GET or POST.")
        target = urlsplit(request.target.decode("ascii", "replace"))
        headers = {
            name.decode("ascii").lower(): value.decode("latin-1") for name, value in request.headers
        }
        asked = Request(method, target.path, target.query, headers, body, guest.peer)
        spoken = find_spoken(target.path)
        message = self._desk.admit(
            spoken.decode(asked, accounts=self._desk.accounts, now=clock.now()), guest.peer
        )
        if message.owner is not None:
            guest.prove(name_of(message.owner))
        kept = self._desk.keep(message, protocol=spoken.PROTOCOL, peer=guest.peer, raw=body)
        return spoken.acknowledge(message, stored=await self._desk.stored(kept))

    async def _send(self, wire: h11.Connection, writer: asyncio.StreamWriter, reply: Reply) -> None:
        text = reply.body.encode()
        headers = [
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(text))),
        ]
        if wire.their_state is not h11.DONE:
            headers.append(("Connection", "close"))
        head = h11.Response(status_code=reply.status, headers=headers, reason=reply.status.phrase)
        for event in (head, h11.Data(data=text), h11.EndOfMessage()):
            writer.write(wire.send(event) or b"")
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()
