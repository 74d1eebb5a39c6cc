"""SOS Access v4 over TCP or TLS. In: connections with one request each. Out: an answer after commit."""

import asyncio
import hashlib
import logging
from concurrent.futures import Future
from dataclasses import dataclass, replace

from narvaro.intake.desk import Desk, name_of
from narvaro.intake.limits import Guest, Limits
from narvaro.intake.message import Message
from narvaro.intake.protocols import sos_access
from narvaro.intake.records import JournalError
from narvaro.intake.rotation import Rotation
from narvaro.intake.sealed import Sender
from narvaro.spine import clock

logger = logging.getLogger(__name__)

READ_BYTES = 16_384
LET_OUT_READS = 64  # a megabyte beyond what is too long
REFUSED_RAW = 4096  # what is kept of the bytes of a refused request
REPEAT_S = 120.0  # a transmitter tries both centres a few times within this
REFERENCES = 64  # remembered of each sender
PING_EVERY_S = 5.0  # the densest rhythm agreed is six in 90 s
DUPLICATED, OTHER_ERROR, TOO_OFTEN = (("status", "10"), ("status", "99"), ("status", "101"))


@dataclass(frozen=True)
class _Kept:
    digest: bytes
    at_s: float
    futures: "tuple[Future[int], ...]"

    def repeats(self, digest: bytes) -> bool:
        """Return whether these bytes are the same again, soon after, and the first did not fail."""
        failed = any(one.done() and one.exception() for one in self.futures)
        fresh = clock.monotonic() - self.at_s < REPEAT_S
        return fresh and not failed and self.digest == digest


class SosAccessListener:
    """Answers one request per connection: what a `Door` lets in converses with it."""

    def __init__(self, desk: Desk, limits: Limits, rotation: Rotation) -> None:
        self._desk = desk
        self._limits = limits
        self._rotation = rotation
        self._unread: set[asyncio.StreamWriter] = set()
        self._stopping = False
        self._recent: dict[tuple[str, str], dict[str, _Kept]] = {}
        self._pinged: dict[tuple[str, str], float] = {}

    async def converse(
        self, guest: Guest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read one request, have it kept, and answer it."""
        data = await self._read(reader, writer)
        if not data:
            return
        writer.write(await self._reply(guest, data))
        async with asyncio.timeout(self._limits.send_s):
            await writer.drain()
            if len(data) > sos_access.MAX_CHARACTERS:
                await self._let_out(reader, writer)

    def stop(self) -> None:
        """Close what has not sent its whole request; the others are still stored and answered."""
        self._stopping = True
        for writer in self._unread:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Read one request, whole or as far as it came; the clock runs from its first byte.

        Nothing where our own end cut it off: that half is no transmitter's fault.
        """
        buffer = bytearray()
        self._unread.add(writer)
        try:
            async with asyncio.timeout(self._limits.idle_s) as patience:
                while len(buffer) <= sos_access.MAX_CHARACTERS:
                    data = await reader.read(READ_BYTES)
                    if not data:
                        break
                    if not buffer:
                        now = asyncio.get_running_loop().time()
                        patience.reschedule(now + self._limits.half_message_s)
                    before = len(buffer)
                    buffer += data
                    end = sos_access.find_end(buffer, before)
                    if end:
                        return bytes(buffer[:end])
        finally:
            self._unread.discard(writer)
        return b"" if self._stopping else bytes(buffer)

    async def _let_out(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read on for a while: closing upon unread bytes would destroy the answer on its way."""
        if writer.can_write_eof():
            writer.write_eof()
        for _ in range(LET_OUT_READS):
            if not await reader.read(READ_BYTES):
                return

    async def _reply(self, guest: Guest, data: bytes) -> bytes:
        """Open one request, have it kept, and build its answer."""
        message = Message()
        try:
            opened = sos_access.decode(data, accounts=self._desk.accounts, now=clock.now())
            message = replace(self._desk.admit(opened, guest.peer), answer=opened.answer)
            if message.owner is not None:
                guest.prove(name_of(message.owner))
            message, kept = self._hand_in(message, guest, data)
            if not await self._desk.stored(kept):
                return sos_access.acknowledge(message, stored=False)
            if isinstance(message.owner, Sender) and ("secret", "next") in message.answer:
                await self._rotation.note_used(message.owner)
            return sos_access.acknowledge(await self._renewed(message), stored=True)
        except JournalError:  # of a password, which is kept too
            return sos_access.acknowledge(message, stored=False)
        except Exception:
            # Whatever it was: 99 sends the transmitter to its next centre.
            logger.exception("sos_access_failed", extra={"peer": guest.peer})
            self._desk.counts["sos_access_failed"] += 1
            failed = replace(message, answer=(*message.answer, OTHER_ERROR))
            return sos_access.acknowledge(failed, stored=True)

    def _hand_in(
        self, message: Message, guest: Guest, data: bytes
    ) -> "tuple[Message, tuple[Future[int], ...]]":
        """Hand to the journal what is new; return what the answer waits for."""
        known, owner = dict(message.answer), message.owner
        raw = sos_access.cover(data[: REFUSED_RAW if message.refusal else None])
        digest = hashlib.sha256(raw).digest()
        recent: dict[str, _Kept] = {}
        if isinstance(owner, Sender) and message.refusal is None:
            sender = (owner.tenant, owner.name)
            if known.get("request") == "ping":
                message = self._judge_rhythm(message, sender)
            recent = self._recent.setdefault(sender, recent)
        reference = known.get("reference", "") if message.items else ""
        first = recent.get(reference)
        if first is not None and first.repeats(digest):
            self._desk.counts["sos_access_repeat"] += 1
            message = replace(message, items=(), answer=(*message.answer, DUPLICATED))
        kept = self._desk.keep(message, protocol=sos_access.PROTOCOL, peer=guest.peer, raw=raw)
        if first is not None and not message.items:
            return message, first.futures
        if reference:
            recent.pop(reference, None)
            recent[reference] = _Kept(digest, clock.monotonic(), tuple(kept))
            if len(recent) > REFERENCES:
                del recent[next(iter(recent))]
        return message, tuple(kept)

    def _judge_rhythm(self, message: Message, sender: tuple[str, str]) -> Message:
        """Say so where heartbeats come closer than any agreed rhythm; they count all the same."""
        now_s = clock.monotonic()
        if now_s - self._pinged.get(sender, -PING_EVERY_S) < PING_EVERY_S:
            return replace(message, answer=(*message.answer, TOO_OFTEN))
        self._pinged[sender] = now_s
        return message

    async def _renewed(self, message: Message) -> Message:
        """Put the next password into the answer where one was asked for."""
        asked = ("request", "newauthentication") in message.answer
        if not asked or message.refusal is not None or not isinstance(message.owner, Sender):
            return message
        secret = await self._rotation.renew(message.owner)
        return replace(message, answer=(*message.answer, ("newauthentication", secret)))
