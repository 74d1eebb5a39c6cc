"""DC-09 over TCP. In: connections of transmitters. Out: an answer per frame, ACK after commit."""

import asyncio
import contextlib
import logging
from concurrent.futures import Future

from narvaro.intake.desk import Desk
from narvaro.intake.journal import JournalError
from narvaro.intake.limits import Gate, Guest, Limits
from narvaro.intake.message import Refusal
from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import Decoded, FrameError
from narvaro.spine import clock

logger = logging.getLogger(__name__)

READ_BYTES = 16_384
NAME = sia_dc09.PROTOCOL.name


class AlarmListener:
    """Answers the frames of all connections; the callback of an asyncio server."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._limits = limits
        self._gate = Gate(limits)
        self._open: dict[asyncio.StreamReader, asyncio.StreamWriter] = {}

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, is idle, or is not worth its place."""
        guest = Guest(str((writer.get_extra_info("peername") or ("",))[0]), writer.transport.abort)
        if not self._gate.enter(guest):
            self._desk.counts["connection_refused"] += 1
            writer.transport.abort()
            return
        self._open[reader] = writer
        try:
            await self._converse(guest, reader, writer)
        except (TimeoutError, ConnectionError, JournalError) as end:
            self._desk.counts[f"connection_{type(end).__name__}"] += 1
        finally:
            del self._open[reader]
            self._gate.leave(guest)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError):
                await writer.wait_closed()

    def stop(self) -> None:
        """Read no more; what was read is still stored and answered."""
        for reader, writer in self._open.items():
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
            reader.feed_eof()

    async def _converse(
        self, guest: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rest = b""
        half_since = 0.0
        while guest.faults <= self._limits.faults:
            patience_s = self._limits.idle_s
            if rest:
                patience_s = half_since + self._limits.half_message_s - clock.monotonic()
            async with asyncio.timeout(patience_s):
                data = await reader.read(READ_BYTES)
            if not data:
                return
            chunks, after = sia_dc09.split(rest + data)
            if not rest or chunks:
                half_since = clock.monotonic()
            rest = after
            await self._answer([self._take(guest, chunk) for chunk in chunks], writer)
            if len(rest) > sia_dc09.MAX_FRAME:
                self._refuse(guest, FrameError("too_long", "A frame without an end."), rest)
                return

    def _take(self, guest: Guest, chunk: bytes) -> "tuple[Decoded, Future[int] | None] | None":
        """Decode a chunk and hand it to the journal; None where it gets no answer."""
        now = clock.now()
        try:
            decoded = sia_dc09.decode(chunk, accounts=self._desk.accounts, now=now)
        except FrameError as fault:
            self._refuse(guest, fault, chunk)
            return None
        owner = decoded.owner
        tenant = owner.tenant if owner else ""
        if decoded.refusal is not None:
            refused = self._desk.keep_refused(
                decoded.refusal, protocol=NAME, tenant=tenant, peer=guest.peer, raw=chunk
            )
            # Before the first accounts arrive nobody is unknown: silence makes the panel try again.
            return (decoded, refused) if self._desk.accounts.accounts else None
        guest.proven = True
        if decoded.is_poll:
            self._desk.see(decoded.signals[0], tenant)
            self._desk.counts["poll"] += 1
            return decoded, None
        kept = self._desk.keep_signals(decoded.signals, tenant=tenant, peer=guest.peer, raw=chunk)
        return decoded, kept

    def _refuse(self, guest: Guest, fault: FrameError, raw: bytes) -> None:
        guest.faults += 1
        refusal: Refusal = fault.refusal
        self._desk.keep_refused(
            refusal, protocol=NAME, peer=guest.peer, raw=raw[: sia_dc09.MAX_FRAME]
        )

    async def _answer(
        self,
        taken: "list[tuple[Decoded, Future[int] | None] | None]",
        writer: asyncio.StreamWriter,
    ) -> None:
        """Answer in the order of arrival; raise JournalError before an answer that has no record."""
        for item in taken:
            if item is None:
                continue
            decoded, kept = item
            if kept is not None:
                await asyncio.wrap_future(kept)
            elif not self._desk.journal.healthy:
                raise JournalError("No answer, not even to a poll, without a journal.")
            writer.write(sia_dc09.acknowledge(decoded, now=clock.now()))
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()
