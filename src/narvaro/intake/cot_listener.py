"""Cursor on Target over TCP and TLS. In: connections of TAK programs. Out: events kept, pings answered.

The protocol acknowledges nothing: what was sent to us while the journal failed is lost, and the
connection is ended, so that the other side sees it.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TypeAlias

from narvaro.intake.desk import Desk
from narvaro.intake.limits import Guest, Limits
from narvaro.intake.message import Message
from narvaro.intake.protocols import cot
from narvaro.intake.records import JournalError
from narvaro.spine import clock

READ_BYTES = 16_384

_Taken: TypeAlias = tuple[Message, "Sequence[Future[int]]"]


class CotListener:
    """Keeps the events of all connections: what a `Door` lets in converses with it."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._limits = limits

    async def converse(
        self, guest: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read events and keep them in their order, until the guest leaves or tires us."""
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
            chunks, after = cot.split(rest + data)
            if not rest or chunks:
                half_since = clock.monotonic()
            rest = after
            await self._answer([self._take(guest, chunk) for chunk in chunks], writer)
            if len(rest) > cot.MAX_EVENT:
                self._desk.counts["refused_too_long"] += 1
                return

    def _take(self, guest: Guest, chunk: bytes) -> _Taken:
        """Open a chunk and hand it to the journal."""
        message = cot.decode(chunk, accounts=self._desk.accounts, now=clock.now())
        message = self._desk.admit(message, guest.peer)
        guest.proven = guest.proven or message.owner is not None
        guest.faults += message.refusal is not None and message.refusal.code in cot.UNSOUND
        kept = self._desk.keep(message, protocol=cot.PROTOCOL, peer=guest.peer, raw=chunk)
        return message, kept

    async def _answer(self, taken: list[_Taken], writer: asyncio.StreamWriter) -> None:
        """Wait for the journal; raise JournalError, which ends the connection, where it failed."""
        for message, kept in taken:
            await asyncio.gather(*(asyncio.wrap_future(one) for one in kept))
            if not self._desk.journal.healthy:
                raise JournalError("No answer, not even to a ping, without a journal.")
            writer.write(cot.acknowledge(message, stored=True))
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()
