"""An alarm on many open consoles, end to end over the real processes. In: counts. Out: figures.

Each console is a signed-in dispatcher with a live stream. When the stream tells of a change, at
most four times a second, it fetches what the page fetches: the list of cases, then the units. The
clock runs from the alarm's first byte at the panel to the new case in a console's list. All
consoles live in one process, which shares the machine's cores with the product.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from benchmarks.first_light import KINDS, PATIENCE_S, put_units
from benchmarks.product import Product, running
from narvaro.demo.frames import sia
from narvaro.demo.panel import Panel

CHANGED_S = 0.25  # as the page does
GAP_S = 1.0  # then all consoles have fetched all that they fetch
DISPATCHERS = ("K101", "K102")
SESSIONS = 10  # consoles share them: the product bounds how often one address may sign in
_CASE = re.compile(rb"/console/cases/([0-9a-f-]{36})/")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class OpenConsole:
    """One console: when each number of cases first stood in its list."""

    address: tuple[str, int]
    cookie: str
    said: Callable[[], None]
    seen_at: dict[int, float] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Read the live stream until the task is cancelled."""
        line = await asyncio.open_connection(*self.address)
        reader, _ = await self._ask(line, "/live")
        while said := await reader.readline():
            if said.startswith(b"event: "):
                self._changed.set()
        raise RuntimeError("a live stream ended")

    async def refetch(self) -> None:
        """Fetch the list and the units after each change until the task is cancelled."""
        line = await asyncio.open_connection(*self.address)
        while True:
            await self._changed.wait()
            self._changed.clear()
            begun = time.perf_counter()
            count = len(set(_CASE.findall(await self._get(line, "/console/cases/"))))
            now = time.perf_counter()
            for number in range(len(self.seen_at) + 1, count + 1):
                self.seen_at[number] = now
                self.said()
            await self._get(line, "/console/units/")
            await asyncio.sleep(max(0.0, begun + CHANGED_S - time.perf_counter()))

    async def _ask(
        self, line: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str
    ) -> tuple[asyncio.StreamReader, bytes]:
        reader, writer = line
        host = f"{self.address[0]}:{self.address[1]}"
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {self.cookie}\r\nHX-Request: true\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer[:20]:
            raise RuntimeError(f"{path} answered {answer[:40]!r}")
        return reader, answer

    async def _get(
        self, line: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str
    ) -> bytes:
        reader, head = await self._ask(line, path)
        length = _LENGTH.search(head)
        if length is not None:
            return await reader.readexactly(int(length[1]))
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return body


def dial(product: Product, number: int) -> float:
    """Dial one alarm; return when its first byte left."""
    accounts = product.town.accounts
    account, kind = accounts[number % len(accounts)], KINDS[number // len(accounts)]
    panel = Panel(
        account.account, account.key_bytes, product.alarms, Random(number), _sequence=number
    )
    begun = time.perf_counter()
    delivery = panel.dial(sia(kind, 3))
    if not delivery.acknowledged:
        raise RuntimeError(f"alarm {number} was not acknowledged: {delivery.said}")
    return begun


async def watch(product: Product, cookies: list[str], alarms: int) -> list[list[float]]:
    """Open the consoles, dial the alarms; return for each alarm the seconds of all consoles."""
    news = asyncio.Event()
    consoles = [OpenConsole(product.web, cookie, news.set) for cookie in cookies]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(run)
            for console in consoles
            for run in (console.follow(), console.refetch())
        ]
        await asyncio.sleep(2.0)
        waits = []
        for number in range(alarms):
            begun = await asyncio.to_thread(dial, product, number)
            async with asyncio.timeout(PATIENCE_S):
                while any(number + 1 not in one.seen_at for one in consoles):
                    news.clear()
                    await news.wait()
            waits.append([one.seen_at[number + 1] - begun for one in consoles])
            await asyncio.sleep(GAP_S)
        for task in tasks:
            task.cancel()
    return waits


def measure_consoles(consoles: int, alarms: int) -> dict[str, float]:
    """Measure and print; return the figures of the JSON line."""
    with running("bench-intake-home") as product:
        sessions = [
            product.sign_in(DISPATCHERS[number % len(DISPATCHERS)]).cookie_header()
            for number in range(min(SESSIONS, consoles))
        ]
        cookies = [sessions[number % len(sessions)] for number in range(consoles)]
        put_units(product)
        with contextlib.suppress(asyncio.CancelledError):
            waits = asyncio.run(watch(product, cookies, alarms))
    each = sorted(one * 1e3 for row in waits for one in row)
    last = sorted(max(row) * 1e3 for row in waits)
    print(f"{consoles} open consoles, {alarms} alarms; the list grows to {alarms} cases")
    print(f"{'':24}{'median ms':>10}{'p99 ms':>10}{'max ms':>10}")
    for name, values in (("alarm to a console", each), ("alarm to all consoles", last)):
        print(f"{name:24}{_at(values, 0.5):>10.0f}{_at(values, 0.99):>10.0f}{values[-1]:>10.0f}")
    return {
        "console_p99_ms": round(_at(each, 0.99), 1),
        "all_consoles_p50_ms": round(_at(last, 0.5), 1),
        "all_consoles_p99_ms": round(_at(last, 0.99), 1),
    }


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]
