"""A bad line for datagrams. In: a port. Out: one where some are lost, doubled, late or in disorder."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.intake.line import LOCAL, Fault, Weather


class _End(asyncio.DatagramProtocol):
    """Hands each datagram to a function."""

    def __init__(self, heard: Callable[[bytes, Any], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._heard(data, addr)


class DatagramLine(Weather):
    """A line over UDP: each client has a port of its own towards the product."""

    def __init__(self, product: int, seed: int = 0, longest_s: float = 0.2) -> None:
        super().__init__(product, seed, longest_s)
        self._front: asyncio.DatagramTransport | None = None
        self._clients: dict[Any, asyncio.Task[asyncio.DatagramTransport]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._held: list[Callable[[], None]] = []

    def heal(self) -> None:
        """Be a good line; what was held back still comes."""
        self.worsen(0.0, ())

    async def listen(self) -> None:
        """Listen on a free port."""
        self._front, _ = await self.loop.create_datagram_endpoint(
            lambda: _End(self._from_client), (LOCAL, 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]

    async def finish(self) -> None:
        """End all."""
        for way in self._clients.values():
            (await way).close()
        if self._front is not None:
            self._front.close()
        await super().finish()

    def _from_client(self, data: bytes, client: Any) -> None:
        if client not in self._clients:
            self._clients[client] = self.loop.create_task(self._make_way(client))
        task = self.loop.create_task(self._send_up(data, self._clients[client]))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _make_way(self, client: Any) -> asyncio.DatagramTransport:
        made, _ = await self.loop.create_datagram_endpoint(
            lambda: _End(lambda back, _: self._send(back, self._front, client)),
            remote_addr=(LOCAL, self.product),
        )
        return made

    async def _send_up(self, data: bytes, way: "asyncio.Task[asyncio.DatagramTransport]") -> None:
        self._send(data, await way, None)

    def _send(self, data: bytes, out: asyncio.DatagramTransport | None, to: Any) -> None:
        """Send a datagram not at all, twice, late, or behind the one that follows it."""

        def now() -> None:
            if out is not None and not out.is_closing():
                out.sendto(data, to)

        fault = self.roll()
        if fault is Fault.REORDER:
            self._held.append(now)
            self.loop.call_later(self.longest_s, self._let_go)
            return
        if fault in {Fault.DELAY, Fault.DOUBLE}:
            self.loop.call_later(self.some_s(), now)
        if fault in {None, Fault.DOUBLE}:
            now()
            self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, []
        for send in held:
            send()


@contextmanager
def bad_datagrams(product: int, seed: int = 0, *, longest_s: float = 0.2) -> Iterator[DatagramLine]:
    """Run a line over UDP to a port for the length of a block; it is a good one at first."""
    line = DatagramLine(product, seed, longest_s)
    line.start(line.listen)
    try:
        yield line
    finally:
        line.stop()
