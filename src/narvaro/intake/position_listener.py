"""Positions over HTTP. In: requests of phones. Out: 200 once the journal has it, or why not.

A position of a device off duty, or before positions are allowed, is dropped before it is stored
and counted without its device.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

from narvaro.intake.desk import Desk
from narvaro.intake.journal import JournalError
from narvaro.intake.limits import Gate, Guest, Limits
from narvaro.intake.message import Refusal
from narvaro.intake.protocols import osmand
from narvaro.spine import clock

logger = logging.getLogger(__name__)

READ_BYTES = 16_384
NAME = osmand.PROTOCOL.name
UNKNOWN = "This device is not known here. Enter its id as the tracker of its unit, then try again."


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: status and a line of plain text."""

    status: HTTPStatus
    text: str = ""


class _UnreadableError(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class PositionListener:
    """Answers the requests of all phones; the callback of an asyncio server."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._limits = limits
        self._gate = Gate(limits)

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends or is idle."""
        guest = Guest(str((writer.get_extra_info("peername") or ("",))[0]), writer.transport.abort)
        if not self._gate.enter(guest):
            self._desk.counts["connection_refused"] += 1
            writer.transport.abort()
            return
        try:
            await self._serve(guest, reader, writer)
        except (TimeoutError, ConnectionError, h11.ProtocolError) as end:
            self._desk.counts[f"connection_{type(end).__name__}"] += 1
        finally:
            self._gate.leave(guest)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError):
                await writer.wait_closed()

    def stop(self) -> None:
        """Close all connections; a phone sends again what got no answer."""
        self._gate.close()

    async def _serve(
        self, guest: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        wire = h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.body_bytes)
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
                    if data and not begun:
                        begun = True
                        soon = asyncio.get_running_loop().time() + self._limits.half_message_s
                        patience.reschedule(soon)
                    wire.receive_data(data)
                elif isinstance(event, h11.Request):
                    request = event
                elif isinstance(event, h11.Data):
                    body += event.data
                    if len(body) > self._limits.body_bytes:
                        too_much = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                        raise _UnreadableError(Reply(too_much, "One position per request."))
                elif isinstance(event, h11.EndOfMessage):
                    return request, body
                else:
                    return None, b""

    @staticmethod
    def _next_event(wire: h11.Connection) -> object:
        try:
            return wire.next_event()
        except h11.RemoteProtocolError as fault:
            raise _UnreadableError(Reply(HTTPStatus.BAD_REQUEST, "Not HTTP.")) from fault

    async def _reply(self, guest: Guest, request: h11.Request, body: bytes) -> Reply:
        """Decide about one request: first whose it is, then whether it may be kept."""
        method = request.method.decode("ascii")
        if method not in ("GET", "POST"):
            return Reply(HTTPStatus.METHOD_NOT_ALLOWED, "Send the position with GET or POST.")
        query = urlsplit(request.target.decode("ascii", "replace")).query
        kinds = [
            value.decode("latin-1") for name, value in request.headers if name == b"content-type"
        ]
        found = osmand.decode_request(method, query, "".join(kinds), body, clock.now())
        name = found.source if isinstance(found, Refusal) else found.device
        accounts = self._desk.accounts
        device = accounts.find_device(name)
        if device is None:
            self._desk.counts["position_unknown_device"] += 1
            why = found.detail if isinstance(found, Refusal) and not name else UNKNOWN
            return Reply(HTTPStatus.BAD_REQUEST, why)
        guest.proven = True
        if not (accounts.positions_allowed and device.on_duty):
            self._desk.counts["position_dropped"] += 1
            return Reply(HTTPStatus.OK)
        if isinstance(found, Refusal):
            kept = self._desk.keep_refused(found, protocol=NAME, tenant=device.tenant)
        else:
            kept = self._desk.keep_position(found, tenant=device.tenant, protocol=NAME)
        try:
            if kept is not None:
                await asyncio.wrap_future(kept)
        except JournalError as fault:
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE, str(fault))
        # 200 for a refusal too: the app would send it for ever, and none of those behind it.
        return Reply(HTTPStatus.OK, found.detail if isinstance(found, Refusal) else "")

    async def _send(self, wire: h11.Connection, writer: asyncio.StreamWriter, reply: Reply) -> None:
        text = reply.text.encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
        ]
        if wire.their_state is not h11.DONE:
            headers.append(("Connection", "close"))
        head = h11.Response(status_code=reply.status, headers=headers, reason=reply.status.phrase)
        for event in (head, h11.Data(data=text), h11.EndOfMessage()):
            writer.write(wire.send(event) or b"")
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()
