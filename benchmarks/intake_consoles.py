"""An alarm on many open consoles, end to end over the real processes. In: counts. Out: figures.

Each console is a signed-in dispatcher with a live stream. When the stream tells of a change, at
most four times a second, it fetches what the page fetches, each on a connection of its own and with
the tag of what it has: the list of cases, the units, the map's features. The clock runs from the
alarm's first byte at the panel to the new case in a console's list, and to the unit that is proposed
for it: the offer by rule in the last console's stream, or else the first unit to send in the case
that one console opens. All consoles live in one process, which shares the machine's cores with the product.
"""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from benchmarks.first_light import KINDS, PATIENCE_S, put_units
from benchmarks.product import Product, running
from narvaro.demo.browser import Browser
from narvaro.demo.frames import sia
from narvaro.demo.panel import Panel
from narvaro.web.tour_folder import COMING_IN, TourFolder

CHANGED_S = 0.25  # as the page does
SETTLED_S = 0.5  # after the first of some changes the page fetches units and map
PAST_S = 600.0
GAP_S = 1.0  # then all consoles have fetched all that they fetch
DISPATCHERS = ("K101", "K102")
SESSIONS = 10  # consoles share them: the product bounds how often one address may sign in
_CASE = re.compile(rb"/console/cases/([0-9a-f-]{36})/")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TAG = re.compile(rb"etag: *(\S+)", re.IGNORECASE)

Line: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class OpenConsole:
    """One console: when each case first stood in its list, and when a unit was proposed for it."""

    address: tuple[str, int]
    cookie: str
    said: Callable[[], None]
    opens: bool = False
    seen_at: dict[bytes, float] = field(default_factory=dict)
    proposed_at: dict[bytes, float] = field(default_factory=dict)
    fetched: Counter[str] = field(default_factory=Counter)
    _to_tell: list[asyncio.Event] = field(default_factory=list)

    def runs(self) -> list[Coroutine[object, object, None]]:
        """Return what a console does, each without end."""
        return [
            self._follow(),
            self._refetch("/console/cases/", 0.0),
            self._refetch("/console/units/", SETTLED_S),
            self._refetch("/map/features/", SETTLED_S),
        ]

    async def _follow(self) -> None:
        line = await asyncio.open_connection(*self.address)
        await self._ask(line, "/live", "")
        kind = b""
        while said := await line[0].readline():
            if said.startswith(b"event: "):
                kind = said.removeprefix(b"event: ").strip()
                for one in self._to_tell:
                    one.set()
            elif said.startswith(b"data: ") and kind == b"offer.made":
                self._propose(json.loads(said.removeprefix(b"data: "))["case"].encode())
        raise RuntimeError("a live stream ended")

    async def _refetch(self, path: str, after_s: float) -> None:
        changed, tag = asyncio.Event(), ""
        self._to_tell.append(changed)
        line = await asyncio.open_connection(*self.address)
        while True:
            await changed.wait()
            begun = time.perf_counter()
            await asyncio.sleep(after_s)
            changed.clear()
            body, tag = await self._get(line, path, tag)
            self.fetched[path if body is not None else f"{path} (unchanged)"] += 1
            if body is not None and path == "/console/cases/":
                await self._read(line, set(_CASE.findall(body)))
            await asyncio.sleep(max(0.0, begun + CHANGED_S - time.perf_counter()))

    async def _read(self, line: Line, cases: set[bytes]) -> None:
        fresh = cases - self.seen_at.keys()
        now = time.perf_counter()
        for case in fresh:
            self.seen_at[case] = now
        if fresh:
            self.said()
        for case in fresh if self.opens else ():
            body, _ = await self._get(line, f"/console/cases/{case.decode()}/", "")
            if body is not None and b"/offer/" in body:
                self._propose(case)

    def _propose(self, case: bytes) -> None:
        self.proposed_at.setdefault(case, time.perf_counter())
        self.said()

    async def _ask(self, line: Line, path: str, tag: str) -> bytes:
        reader, writer = line
        host = f"{self.address[0]}:{self.address[1]}"
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {self.cookie}\r\nHX-Request: true\r\n"
        )
        writer.write(f"{head}{known}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 304 ")):
            raise RuntimeError(f"{path} answered {answer[:40]!r}")
        return answer

    async def _get(self, line: Line, path: str, tag: str) -> tuple[bytes | None, str]:
        head = await self._ask(line, path, tag)
        found = _TAG.search(head)
        tag = found[1].decode() if found else ""
        if b" 304 " in head[:20]:
            return None, tag
        length = _LENGTH.search(head)
        if length is None:
            raise RuntimeError(f"{path} said no length")
        return await line[0].readexactly(int(length[1])), tag


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


@dataclass
class Watch:
    """The open consoles: for each alarm the seconds to all of them, and to the proposal of a unit."""

    product: Product
    desk: Browser
    consoles: list[OpenConsole]
    news: asyncio.Event
    waits: list[list[float]] = field(default_factory=list)
    proposed: list[float] = field(default_factory=list)

    async def run(self, alarms: int) -> None:
        """Let the list grow alarm by alarm; then end all, and each case as soon as it has a unit."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run) for one in self.consoles for run in one.runs()]
            await asyncio.sleep(2.0)
            for number in range(alarms):
                await self._raise(number)
            for case in list(self.consoles[0].seen_at):
                await self._end(case)
            await asyncio.sleep(GAP_S)
            for number in range(alarms, 2 * alarms):
                await self._propose(number)
            for task in tasks:
                task.cancel()

    async def _raise(self, number: int) -> tuple[bytes, float]:
        begun = await asyncio.to_thread(dial, self.product, number)
        await self._until(lambda: all(number < len(one.seen_at) for one in self.consoles))
        case = list(self.consoles[0].seen_at)[-1]
        self.waits.append([one.seen_at[case] - begun for one in self.consoles])
        await asyncio.sleep(GAP_S)
        return case, begun

    async def _propose(self, number: int) -> None:
        case, begun = await self._raise(number)
        await self._until(lambda: case in self.consoles[0].proposed_at)
        seen_at = [one.proposed_at[case] for one in self.consoles if case in one.proposed_at]
        self.proposed.append(max(seen_at) - begun)
        await self._end(case)
        await asyncio.sleep(GAP_S)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def _end(self, case: bytes) -> None:
        path = f"/cases/{case.decode()}/close/"
        answer = await asyncio.to_thread(self.desk.post, path, [], accept="application/json")
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")


async def watch(product: Product, desks: list[Browser], consoles: int, alarms: int) -> Watch:
    """Open the consoles, dial the alarms; return what they saw."""
    news = asyncio.Event()
    cookies = [one.cookie_header() for one in desks]
    opened = [
        OpenConsole(product.web, cookies[number % len(cookies)], news.set, opens=number == 0)
        for number in range(consoles)
    ]
    found = Watch(product, desks[0], opened, news)
    await found.run(alarms)
    return found


def wait_for_the_past(product: Product) -> None:
    """Wait until the demo has put its year of files in, which no running installation does."""
    folder = TourFolder(product.home)
    ends = time.monotonic() + PAST_S
    while folder.is_playing(COMING_IN) or not folder.list_told(COMING_IN):
        if time.monotonic() > ends:
            raise RuntimeError("the town's past did not come in; see serve.log in its home")
        time.sleep(0.5)


def measure_consoles(consoles: int, alarms: int) -> dict[str, float]:
    """Measure and print; return the figures of the JSON line."""
    with running("bench-intake-home") as product:
        desks = [
            product.sign_in(DISPATCHERS[number % len(DISPATCHERS)])
            for number in range(min(SESSIONS, consoles))
        ]
        wait_for_the_past(product)
        put_units(product)
        found = asyncio.run(watch(product, desks, consoles, alarms))
    fetched = sum((one.fetched for one in found.consoles), Counter[str]())
    each = sorted(one * 1e3 for row in found.waits for one in row)
    last = sorted(max(row) * 1e3 for row in found.waits)
    proposed = sorted(one * 1e3 for one in found.proposed)
    print(f"{consoles} open consoles, {len(last)} alarms; the list grows to {alarms} cases, then")
    print(f"each of {len(proposed)} cases is ended when it has a unit. Per console and alarm:")
    for path, count in sorted(fetched.items()):
        print(f"  {path:36}{count / consoles / len(last):6.1f}")
    print(f"{'':26}{'count':>7}{'median ms':>10}{'p99 ms':>10}{'max ms':>10}")
    for name, values in (
        ("alarm to a console", each),
        ("alarm to all consoles", last),
        ("alarm to a unit proposed", proposed),
    ):
        print(f"{name:26}{len(values):>7}{_at(values, 0.5):>10.0f}{_at(values, 0.99):>10.0f}"
              f"{values[-1]:>10.0f}")  # fmt: skip
    return {
        "console_p99_ms": round(_at(each, 0.99), 1),
        "all_consoles_p50_ms": round(_at(last, 0.5), 1),
        "all_consoles_p99_ms": round(_at(last, 0.99), 1),
        "unit_proposed_p99_ms": round(_at(proposed, 0.99), 1),
    }


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]
