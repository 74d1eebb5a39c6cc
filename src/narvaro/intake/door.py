"""The door of every listener on TCP. In: connections. Out: those that are let in, served and seen out.

Who comes in takes a place in the gate before anything is read, its TLS handshake too: half a
handshake holds no more than an idle connection does.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from narvaro.intake.desk import Desk
from narvaro.intake.limits import Gate, Guest, Limits
from narvaro.intake.records import JournalError
from narvaro.intake.sealed import is_from

Converse: TypeAlias = Callable[[Guest, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


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

    def __len__(self) -> int:
        """Return how many are connected."""
        return len(self._gate)

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
                await writer.start_tls(self._tls, ssl_handshake_timeout=self._limits.half_message_s)
            await self._converse(guest, reader, writer)
        except (TimeoutError, ConnectionError, ssl.SSLError, JournalError) as end:
            self._desk.counts[f"connection_{type(end).__name__}"] += 1
        finally:
            del self._open[reader]
            self._gate.leave(guest)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
                await writer.wait_closed()

    def stop(self) -> None:
        """Read no more; what was read is still stored and answered."""
        for reader, writer in self._open.items():
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
            reader.feed_eof()

    def close(self) -> None:
        """Close all connections; who got no answer sends again."""
        self._gate.close()
