"""Cursor on Target over TCP and TLS. In: connections of TAK programs. Out: events kept, pings answered.

The protocol acknowledges nothing: what was sent to us while the journal failed is lost, and the
connection is ended, so that the other side sees it.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TypeAlias

from narvaro.intake.desk import Desk, name_of
from narvaro.intake.door import EndlessError, read_chunks
from narvaro.intake.limits import Guest, Limits
from narvaro.intake.message import Message
from narvaro.intake.protocols import cot
from narvaro.intake.records import JournalError
from narvaro.spine import clock

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
        try:
            async for chunks in read_chunks(
                guest, reader, self._limits, cot.split, longest=cot.MAX_EVENT
            ):
                await self._answer([self._take(guest, chunk) for chunk in chunks], writer)
        except EndlessError:
            self._desk.counts["refused_too_long"] += 1

    def _take(self, guest: Guest, chunk: bytes) -> _Taken:
        """Open a chunk and hand it to the journal."""
        message = cot.decode(chunk, accounts=self._desk.accounts, now=clock.now())
        message = self._desk.admit(message, guest.peer)
        if message.owner is not None:
            guest.prove(name_of(message.owner))
        guest.faults += message.refusal is not None and message.refusal.code in cot.UNSOUND
        kept = self._desk.keep(message, protocol=cot.PROTOCOL, peer=guest.peer, raw=chunk)
        return message, kept

    async def _answer(self, taken: list[_Taken], writer: asyncio.StreamWriter) -> None:
        """Wait for the journal; raise JournalError, which ends the connection, where it failed."""
        for message, kept in taken:
            if not await self._desk.stored(kept):
                raise JournalError("No answer, not even to a ping, without a journal.")
            writer.write(cot.acknowledge(message, stored=True))
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()
