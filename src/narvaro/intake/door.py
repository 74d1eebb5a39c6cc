"""The door of every listener on TCP. In: connections. Out: those that are let in, served and seen out.

Who comes in takes a place in the gate before anything is read, its TLS handshake too: half a
handshake holds no more than an idle connection does. `read_chunks` reads what comes in frames.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

from narvaro.intake.desk import Desk
from narvaro.intake.limits import Gate, Guest, Limits
from narvaro.intake.records import JournalError
from narvaro.intake.sealed import is_from
from narvaro.spine import clock

READ_BYTES = 16_384
GOODBYE_S = 1.0

Converse: TypeAlias = Callable[[Guest, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Split: TypeAlias = Callable[[bytes], tuple[list[bytes], bytes]]


class EndlessError(Exception):
    """A frame grew beyond its bound; `rest` is what came of it."""

    def __init__(self, rest: bytes) -> None:
        super().__init__("A frame without an end.")
        self.rest = rest


async def read_chunks(
    guest: Guest,
    reader: asyncio.StreamReader,
    limits: Limits,
    split: Split,
    *,
    longest: int,
    between: bytes = b"",
) -> AsyncIterator[list[bytes]]:
    """Yield what `split` makes of each read, until the guest leaves or tires us.

    The time for a half frame runs from its first byte; bytes of `between` alone begin none. Raises
    TimeoutError where it runs out, EndlessError where a half frame is over `longest` bytes.
    """
    rest = b""
    half_since = 0.0
    while guest.faults <= limits.faults:
        patience_s = limits.idle_s
        if rest.strip(between):
            patience_s = half_since + limits.half_message_s - clock.monotonic()
        async with asyncio.timeout(patience_s):
            data = await reader.read(READ_BYTES)
        if not data:
            return
        chunks, after = split(rest + data)
        if not rest.strip(between) or chunks:
            half_since = clock.monotonic()
        rest = after
        yield chunks
        if len(rest) > longest:
            raise EndlessError(rest)


class Door:
    """Lets connections in, and ends each: the callback of an asyncio server is `attend`.

    `networks` are the addresses that may come at all (CIDR); none named is any. With `tls` each
    connection begins with a handshake.
    """

    def __init__(
        self,
        desk: Desk,
        limits: Limits,
        converse: Converse,
        *,
        tls: ssl.SSLContext | None = None,
        networks: tuple[str, ...] = (),
    ) -> None:
        self._desk = desk
        self._limits = limits
        self._converse = converse
        self._tls = tls
        self._networks = networks
        self._gate = Gate(limits)
        self._open: dict[asyncio.StreamReader, asyncio.StreamWriter] = {}

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, is idle, or is not worth its place."""
        guest = Guest(str((writer.get_extra_info("peername") or ("",))[0]), writer.transport.abort)
        if not is_from(self._networks, guest.peer) or not self._gate.enter(guest):
            self._desk.counts["connection_refused"] += 1
            writer.transport.abort()
            return
        self._open[reader] = writer
        try:
            if self._tls is not None:
                await self._shake_hands(self._tls, writer)
            await self._converse(guest, reader, writer)
        except (TimeoutError, ConnectionError, ssl.SSLError, JournalError) as end:
            self._desk.counts[f"connection_{type(end).__name__}"] += 1
        finally:
            del self._open[reader]
            self._gate.leave(guest)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
                # Half a handshake is never told of its end: nobody waits for it long.
                async with asyncio.timeout(GOODBYE_S):
                    await writer.wait_closed()

    async def _shake_hands(self, tls: ssl.SSLContext, writer: asyncio.StreamWriter) -> None:
        try:
            await writer.start_tls(tls, ssl_handshake_timeout=self._limits.half_message_s)
        except AttributeError as fault:  # asyncio's own answer where the peer has left meanwhile
            raise ConnectionResetError("The peer left in the middle of its handshake.") from fault

    def stop(self) -> None:
        """Read no more; what was read is still stored and answered."""
        for reader, writer in self._open.items():
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
            reader.feed_eof()
