"""A bad line on loopback: a proxy over TCP. In: a port. Out: one that is worse.

By the dice (seeded; what a chunk is depends on the machine's haste, so a seed gives alike weather and
not the same) or on command. `heal` makes it a good line again: a connection that lost bytes meanwhile
is reset then, as the two ends of a real one would find out.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from random import Random
from typing import Any, Literal, TypeAlias

CHUNK = 65_536
LOCAL = "127.0.0.1"
AT_ONCE = struct.pack("ii", 1, 0)  # closing with this lingering is a reset
JOINED_S = 0.03
Way: TypeAlias = Literal["up", "down"]


class Fault(StrEnum):
    """What happens to a connection as a chunk passes, and to a datagram (the last four)."""

    CUT = "cut"  # both ends are reset, and the chunk is gone
    CUT_AFTER = "cut_after"  # the same once the chunk was passed on
    HALF = "half"  # half of the chunk, and an orderly end
    LEAVE = "leave"  # the client is reset, the product is told nothing
    SWALLOW_UP = "swallow_up"  # from here on nothing goes up
    SWALLOW_DOWN = "swallow_down"  # from here on nothing comes down
    SPLIT = "split"  # byte by byte
    JOIN = "join"  # together with what comes next
    REFUSE = "refuse"  # reset, and nobody listens for a while
    DELAY = "delay"
    DROP = "drop"
    DOUBLE = "double"
    REORDER = "reorder"  # behind the next one


DATAGRAM_FAULTS = (Fault.DELAY, Fault.DROP, Fault.DOUBLE, Fault.REORDER)
TCP_FAULTS = tuple(one for one in Fault if one not in DATAGRAM_FAULTS[1:])
ENDS_BEFORE = (Fault.CUT, Fault.REFUSE, Fault.LEAVE)
ENDS_AFTER = (Fault.CUT_AFTER, Fault.HALF)
DEAF: dict[Fault | None, Way] = {Fault.SWALLOW_UP: "up", Fault.SWALLOW_DOWN: "down"}


@dataclass(eq=False)
class _Ends:
    """A connection's two ends, and the ways on which it lost bytes."""

    client: asyncio.StreamWriter
    product: asyncio.StreamWriter
    deaf: set[Way] = field(default_factory=set)
    is_left: bool = False

    def reset(self, *ends: asyncio.StreamWriter) -> None:
        for one in ends or (self.client, self.product):
            line = one.get_extra_info("socket")
            with contextlib.suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            one.transport.abort()


class Weather:
    """The dice, and a loop in a thread of its own that the test's commands are run in."""

    def __init__(self, product: int, seed: int, longest_s: float) -> None:
        self.port = 0
        self.done: Counter[Fault] = Counter()
        self.product = product
        self._dice = Random(seed)
        self.longest_s = longest_s
        self._rate = 0.0
        self._faults: Sequence[Fault] = ()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="line")

    def worsen(self, rate: float, faults: Sequence[Fault]) -> None:
        """From now on something happens to this share of all chunks, one of these things."""
        self._rate, self._faults = rate, faults

    def roll(self) -> Fault | None:
        """Return what happens to a chunk, and count it."""
        if self._dice.random() >= self._rate:
            return None
        fault = self._dice.choice(self._faults)
        self.done[fault] += 1
        return fault

    def some_s(self) -> float:
        """Return how long something takes."""
        return self._dice.uniform(0.01, self.longest_s)

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self.loop).result(10)

    async def finish(self) -> None:
        """End what runs in the loop."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0.01)  # transports say goodbye; who was let in late begins

    def start(self, begin: Callable[[], Awaitable[None]]) -> None:
        """Start the thread, and listen."""
        self._thread.start()

        async def run() -> None:
            await begin()

        self._run(run())

    def stop(self) -> None:
        """End all connections and the thread."""
        self._run(self.finish())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


class Line(Weather):
    """A line over TCP."""

    def __init__(self, product: int, seed: int = 0, longest_s: float = 0.5) -> None:
        super().__init__(product, seed, longest_s)
        self._ear: socket.socket | None = None
        # Bound all the time, so that nobody else is given the port while nobody listens.
        self._place = socket.socket()
        self._is_away = False
        self._open: set[_Ends] = set()
        self._flows = asyncio.Event()
        self._mute: set[Way] = set()
        self._serving: set[asyncio.Task[None]] = set()

    # Commands, for any thread.

    def cut(self) -> None:
        """Reset every connection; new ones are let in."""
        self._run(self._cut())

    def refuse(self) -> None:
        """Reset every connection, and let nobody in until `heal`."""
        self._is_away = True
        self._run(self._refuse())

    def stall(self) -> None:
        """Pass nothing on until `heal`; nothing is lost."""
        self.loop.call_soon_threadsafe(self._flows.clear)

    def swallow(self, *ways: Way) -> None:
        """Lose all that goes these ways until `heal`, also of new connections."""
        self._mute |= set(ways)

    def be_away(self, dice: Random, ways: Sequence[Way] = ("up", "down")) -> None:
        """Be in one of the ways in which a line is not there, until `heal`."""
        way = dice.choice(ways)
        dice.choice((self.cut, self.refuse, self.stall, partial(self.swallow, way)))()

    def heal(self) -> None:
        """Be a good line."""
        self._run(self._heal())

    # In the thread's loop.

    async def listen(self) -> None:
        """Listen, on the same port each time."""
        self._flows.set()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind((LOCAL, 0))
        self.port = self._place.getsockname()[1]
        self._let_in()

    def _let_in(self) -> None:
        # Not asyncio's server: closed beside a connection that begins, it loses its socket.
        if self._ear is None and not self._is_away:
            self._ear = socket.create_server((LOCAL, self.port))
            self._ear.setblocking(False)
            self.loop.add_reader(self._ear, self._accept, self._ear)

    def _accept(self, ear: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            line, _ = ear.accept()
            line.setblocking(False)
            self._keep(self.loop.create_task(self._attend(line)))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _cut(self) -> None:
        for one in list(self._open):
            one.reset()

    async def _refuse(self) -> None:
        if self._ear is not None:
            self.loop.remove_reader(self._ear)
            self._ear.close()
            self._ear = None
        await self._cut()

    async def _heal(self) -> None:
        self._rate, self._is_away = 0.0, False
        self._mute.clear()
        self._flows.set()
        for one in list(self._open):
            if one.deaf or one.is_left:
                one.reset()
        self._let_in()

    async def finish(self) -> None:
        """End all."""
        await self._refuse()
        self._place.close()
        await super().finish()

    async def _attend(self, line: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=line, limit=CHUNK)
        try:
            back, product = await asyncio.open_connection(LOCAL, self.product, limit=CHUNK)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        ends = _Ends(writer, product)
        self._open.add(ends)
        try:
            await asyncio.gather(
                self._pass_on("up", reader, product, ends),
                self._pass_on("down", back, writer, ends),
            )
        except asyncio.CancelledError:
            ends.reset()
        finally:
            self._open.discard(ends)
            for one in (writer, product):
                one.close()

    async def _pass_on(
        self, way: Way, source: asyncio.StreamReader, target: asyncio.StreamWriter, ends: _Ends
    ) -> None:
        """Pass chunks on until one end leaves; an end of sending is passed on as one."""
        try:
            while data := await source.read(CHUNK):
                await self._flows.wait()
                if way in self._mute:
                    ends.deaf.add(way)
                if way not in ends.deaf:
                    await self._pass(data, way, source, target, ends)
            if not ends.deaf and not ends.is_left:
                target.write_eof()
        except OSError:
            if not ends.is_left:
                ends.reset()

    async def _pass(
        self, data: bytes, way: Way, source: asyncio.StreamReader, target: asyncio.StreamWriter,
        ends: _Ends,
    ) -> None:  # fmt: skip
        fault = self.roll()
        if fault in ENDS_BEFORE:
            self._end(fault, ends)
            return
        if fault in DEAF:
            ends.deaf.add(DEAF[fault])
            if way in ends.deaf:
                return
        data = await self._held_back(fault, data, source)
        if fault is Fault.SPLIT:
            await self._split(data, target)
        else:
            target.write(data)
            await target.drain()
        if fault is Fault.CUT_AFTER:
            await asyncio.sleep(JOINED_S)
        if fault in ENDS_AFTER:
            self._end(fault, ends)

    async def _held_back(
        self, fault: Fault | None, data: bytes, source: asyncio.StreamReader
    ) -> bytes:
        """Return what is passed on of a chunk, in its time."""
        if fault is Fault.HALF:
            return data[: len(data) // 2]
        if fault is Fault.DELAY:
            await asyncio.sleep(self.some_s())
        if fault is Fault.JOIN:
            await asyncio.sleep(JOINED_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.001):
                    data += await source.read(CHUNK)
        return data

    def _end(self, fault: Fault | None, ends: _Ends) -> None:
        """End a connection in a fault's way."""
        if fault is Fault.HALF:
            ends.deaf |= {"up", "down"}
            ends.client.close()
            ends.product.close()
        elif fault is Fault.LEAVE:
            ends.is_left = True
            ends.deaf |= {"up", "down"}
            ends.reset(ends.client)
        else:
            ends.reset()
            if fault is Fault.REFUSE:
                self._refuse_for_a_while()

    async def _split(self, data: bytes, target: asyncio.StreamWriter) -> None:
        target.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(len(data)):
            target.write(data[place : place + 1])
            await target.drain()
            await asyncio.sleep(0)

    def _refuse_for_a_while(self) -> None:
        async def run() -> None:
            await self._refuse()
            await asyncio.sleep(self.some_s())
            self._let_in()

        self._keep(self.loop.create_task(run()))


@contextmanager
def bad_line(product: int, seed: int = 0, *, longest_s: float = 0.5) -> Iterator[Line]:
    """Run a line over TCP to a port for the length of a block; it is a good one at first."""
    line = Line(product, seed, longest_s)
    line.start(line.listen)
    try:
        yield line
    finally:
        line.stop()
