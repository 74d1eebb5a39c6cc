"""DC-09 over TCP and TLS. In: connections of transmitters. Out: an answer per frame, ACK after commit."""

import asyncio
from typing import cast

from narvaro.intake.alarm_frames import AlarmFrames, Taken
from narvaro.intake.desk import Desk
from narvaro.intake.door import EndlessError, read_chunks
from narvaro.intake.limits import Guest, Limits
from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import FrameError
from narvaro.intake.records import JournalError
from narvaro.intake.sealed import is_from
from narvaro.spine import clock

BETWEEN = b"\r\n\0 "  # what stands between frames and begins none


class AlarmListener:
    """Answers the frames of all connections: what a `Door` lets in converses with it."""

    def __init__(self, desk: Desk, limits: Limits, frames: AlarmFrames) -> None:
        self._desk = desk
        self._limits = limits
        self._frames = frames

    async def converse(
        self, guest: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read frames and answer them in their order, until the guest leaves or tires us."""
        frames = read_chunks(
            guest, reader, self._limits, sia_dc09.split, longest=sia_dc09.MAX_FRAME, between=BETWEEN
        )
        try:
            async for chunks in frames:
                await self._answer([self._take(guest, chunk) for chunk in chunks], writer)
        except EndlessError as fault:
            endless = FrameError("too_long", str(fault))
            self._frames.refuse_unsound(endless, guest.peer, fault.rest)

    def _take(self, guest: Guest, chunk: bytes) -> Taken | None:
        try:
            taken = self._frames.take(chunk, guest.peer)
        except FrameError as fault:
            guest.faults += 1
            self._frames.refuse_unsound(fault, guest.peer, chunk)
            return None
        if taken is not None and taken.is_fresh:
            guest.prove(taken.decoded.header.account)
        return taken

    async def _answer(self, taken: list[Taken | None], writer: asyncio.StreamWriter) -> None:
        """Answer in the order of arrival; raise JournalError before an answer that has no record.

        Not `Desk.stored`: a frame that is committed is acknowledged although the journal failed
        since, for its record is there; what waits for no record asks whether the journal lives.
        """
        for item in taken:
            if item is None:
                continue
            if item.kept is not None:
                await asyncio.wrap_future(item.kept)
            elif not self._desk.journal.healthy:
                raise JournalError("No answer, not even to a poll, without a journal.")
            writer.write(sia_dc09.acknowledge(item.decoded, now=clock.now()))
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()


class AlarmDatagrams(asyncio.DatagramProtocol):
    """Answers datagrams, a frame each or several; to whoever is not known, nothing.

    A sender's address proves nothing over UDP: there is one short answer to a sound frame of a
    known account, and none to anything else, so that nobody can have us shout at somebody else.
    """

    def __init__(
        self, desk: Desk, limits: Limits, frames: AlarmFrames, networks: tuple[str, ...] = ()
    ) -> None:
        self._desk = desk
        self._limits = limits
        self._frames = frames
        self._networks = networks
        self._transport: asyncio.DatagramTransport | None = None
        self._answering: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take what came; beyond the bound of unanswered ones it is dropped, and sent again."""
        if len(self._answering) >= self._limits.unanswered or not is_from(self._networks, addr[0]):
            self._desk.counts["datagram_dropped"] += 1
            return
        chunks, rest = sia_dc09.split(data)
        for chunk in [*chunks, rest] if rest else chunks:
            taken = self._take(chunk, addr[0])
            if taken is None or taken.decoded.owner is None:
                continue
            task = asyncio.get_running_loop().create_task(self._answer(taken, addr))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def error_received(self, exc: Exception) -> None:
        """Count what the network says of our answers; a sender sends again."""
        self._desk.counts[f"datagram_{type(exc).__name__}"] += 1

    def _take(self, chunk: bytes, peer: str) -> Taken | None:
        try:
            return self._frames.take(chunk, peer)
        except FrameError as fault:
            self._frames.refuse_unsound(fault, peer, chunk)
            return None

    async def _answer(self, taken: Taken, addr: tuple[str, int]) -> None:
        try:
            if taken.kept is not None:
                await asyncio.wrap_future(taken.kept)
            elif not self._desk.journal.healthy:
                return
        except JournalError:
            self._desk.counts["datagram_unanswered"] += 1
            return
        answer = sia_dc09.acknowledge(taken.decoded, now=clock.now())
        if self._transport is not None:
            self._transport.sendto(answer, addr)
