"""Mail of alarm centres. In: SMTP connections. Out: an answer per mail, 250 after the commit.

SMTP itself is aiosmtpd's. Nothing is relayed, nobody signs in; who may write is told by the
recipient, the envelope's sender and the address that it comes from.
"""

import asyncio
import logging
import ssl
from dataclasses import replace
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from narvaro.intake.desk import Desk, name_of
from narvaro.intake.limits import Gate, Guest, Limits
from narvaro.intake.message import Message
from narvaro.intake.protocols import Request, alarm_mail
from narvaro.spine import clock

logger = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.ERROR)  # below, aiosmtpd writes addresses to the log

MAIL_BYTES = 524_288
CONNECTIONS = 60  # a mail is held in memory until it is stored
RESERVE = 15
COMMANDS = 200  # of each kind, on one connection
WAIT = "421 4.7.0 Too much that is not for here; closing"


class MailListener:
    """Answers the mails of all connections: `greet` is the protocol factory of a server."""

    def __init__(
        self, desk: Desk, limits: Limits, *, hostname: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._desk = desk
        self.limits = _mail_limits(limits)
        self._hostname = hostname
        self._tls = tls
        self.gate = Gate(self.limits)
        self.lines: set[_Line] = set()
        self.stopping = False

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Return a server that listens; a port of 0 is any free one."""
        return await asyncio.get_running_loop().create_server(self.greet, host, port, backlog=128)

    def greet(self) -> asyncio.BaseProtocol:
        """Return what speaks with one connection."""
        return _Line(
            self,
            data_size_limit=MAIL_BYTES,
            hostname=self._hostname,
            ident="ready",
            tls_context=self._tls,
            timeout=self.limits.idle_s,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit=COMMANDS,
            loop=asyncio.get_running_loop(),
        )

    def stop(self) -> None:
        """Close all connections, those in the middle of a mail after its answer."""
        self.stopping = True
        for line in list(self.lines):
            if not line.busy:
                line.close()

    def count(self, what: str) -> None:
        """Count something that happened to a connection."""
        self._desk.counts[what] += 1

    # The hooks of aiosmtpd, which calls them by these names.

    async def handle_RCPT(  # noqa: N802
        self, line: "_Line", session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take one recipient that is a sender's name; refuse all others."""
        if not self._desk.accounts.senders:
            return alarm_mail.LATER  # before the first accounts arrive nobody is unknown
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient a mail"
        asked = _request(session, envelope, address, b"")
        opened = alarm_mail.open_envelope(asked, accounts=self._desk.accounts)
        message = self._desk.admit(opened, asked.peer)
        if message.refusal is None:
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        line.guest.faults += 1
        stored = await self._keep(message, asked.peer, b"")
        if line.guest.faults > self.limits.faults:
            line.close_soon()
            return WAIT
        return alarm_mail.acknowledge(message, stored=stored).decode()

    async def handle_DATA(  # noqa: N802
        self, line: "_Line", session: Session, envelope: Envelope
    ) -> str:
        """Have one mail kept, and answer when it is."""
        raw = envelope.original_content or b""
        asked = _request(session, envelope, envelope.rcpt_tos[0], raw)
        accounts, now = self._desk.accounts, clock.now()
        # Beside the loop: a large mail and a slow template hold up no alarm of a panel.
        opened = await asyncio.to_thread(alarm_mail.decode, asked, accounts=accounts, now=now)
        message = self._desk.admit(opened, asked.peer)
        if message.owner is not None:
            line.guest.prove(name_of(message.owner))
        kept = await asyncio.to_thread(alarm_mail.kept_bytes, raw)
        stored = await self._keep(message, asked.peer, kept)
        return alarm_mail.acknowledge(message, stored=stored).decode()

    async def handle_exception(self, error: Exception) -> str:
        """Answer a fault of ours so that the mail comes again; no content goes to the log."""
        self.count(f"connection_{type(error).__name__}")
        logger.error("mail_failed", extra={"fault": type(error).__name__})
        return alarm_mail.LATER

    async def _keep(self, message: Message, peer: str, raw: bytes) -> bool:
        kept = self._desk.keep(message, protocol=alarm_mail.PROTOCOL, peer=peer, raw=raw)
        return await self._desk.stored(kept)


class _Line(SMTP):
    """One connection: its place in the gate, and how long each part of it may take."""

    def __init__(self, listener: MailListener, **settings: Any) -> None:  # noqa: ANN401 - SMTP's own
        super().__init__(listener, **settings)
        self._listener = listener
        self.guest = Guest("", self.close)
        self.busy = False
        self._admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, or close it; called again once TLS has begun."""
        if not self._admitted:
            self.guest.peer = str((transport.get_extra_info("peername") or ("",))[0])
            self._first = transport
            if self._listener.stopping or not self._listener.gate.enter(self.guest):
                self._listener.count("connection_refused")
                self.close()
                return
            self._admitted = True
            self._listener.lines.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place in the gate back."""
        self._listener.gate.leave(self.guest)
        self._listener.lines.discard(self)
        if self._admitted and self.transport is not None:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """End with the peer's end."""
        return super().eof_received() if self._admitted else None

    def close(self) -> None:
        """Close at once."""
        self._first.abort()  # type: ignore[attr-defined]  # a socket's transport

    def close_soon(self) -> None:
        """Close when the next answer is written."""
        asyncio.get_running_loop().call_later(0.1, self.close)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Read one mail within the time for a half message; then its answer is due."""
        self._reset_timeout(self._listener.limits.half_message_s)
        self.busy = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.busy = False
        if self._listener.stopping:
            self.close_soon()


def _mail_limits(limits: Limits) -> Limits:
    """Return the bounds for mail: few connections, each of which may hold a whole mail."""
    connections = min(limits.connections, CONNECTIONS)
    reserve = min(limits.reserve, RESERVE, connections - 1)
    return replace(limits, connections=connections, reserve=reserve)


def _request(session: Session, envelope: Envelope, address: str, raw: bytes) -> Request:
    peer = str((session.peer or ("",))[0])
    return Request("MAIL", address, "", {"mail-from": envelope.mail_from or ""}, raw, peer)
