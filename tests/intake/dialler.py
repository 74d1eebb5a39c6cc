"""Panels in a process of their own, with a ledger. In: a port. Out: each acknowledged alarm's id.

Each connection sends one alarm, waits for its acknowledgement, writes the id into the ledger, and
only then sends the next; after a lost connection it sends the same alarm again, as panels do.
Frames are made by siadc09, requests of SOS Access by hand, nothing by the code under test.

    python -m tests.intake.dialler --port 12128 --connections 50 --ledger acknowledged.txt
    python -m tests.intake.dialler --port 12128 --over udp --ledger acknowledged.txt
    python -m tests.intake.dialler --port 12128 --connections 50 --seconds 5 --key 0123…
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from siadc09.account import Account
from siadc09.message import EventMessage
from siadc09.xdata import Data

RETRY_S = 0.05
ANSWER_S = 5.0
DATAGRAM_S = 0.5  # what was in the queue of a process that was killed is gone
SOS_SENDER, SOS_SECRET = "1234567", "0123456789abcde"

Ask: TypeAlias = Callable[[bytes], Awaitable[bytes]]


@dataclass
class Dialling:
    """What all connections of this process share."""

    port: int
    account: int
    key: bytes | None
    ledger: int | None = None
    over: str = "tcp"
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    waits_s: list[float] = field(default_factory=list)


def alarm(account: int, key: bytes | None, sequence: int, text: str) -> bytes:
    """Return a burglary alarm's frame, with `text` as its zone's name."""
    content = f"#{account:X}|Nri1/BA05^{text}^".encode()
    message = EventMessage(
        Account(acct=account, key=key), {"idtoken": "SIA-DCS", "data": Data(content)}
    )
    frame: bytes = message.encode(seq=sequence, timestamp=datetime.now(UTC))
    return frame


def sos_alarm(name: str) -> bytes:
    """Return a request of SOS Access with `name` as its section's text."""
    fields = {
        "reference": name, "authentication": SOS_SECRET, "receiver": "42", "alarmtype": "AL",
        "transmittertype": "SV300", "transmittercode": SOS_SENDER, "eventcode": "BA",
        "sectiontext": name,
    }  # fmt: skip
    inner = "".join(f"<{one}>{text}</{one}>" for one, text in fields.items())
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    return f"{head}<alarmrequest>{inner}</alarmrequest>".encode()


@asynccontextmanager
async def _over_tcp(port: int) -> AsyncIterator[Ask]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(frame: bytes) -> bytes:
        writer.write(frame)
        async with asyncio.timeout(ANSWER_S):
            return await reader.readuntil(b"\r")

    try:
        yield ask
    finally:
        writer.close()


@asynccontextmanager
async def _over_udp(port: int) -> AsyncIterator[Ask]:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        line.connect(("127.0.0.1", port))

        async def ask(frame: bytes) -> bytes:
            await loop.sock_sendall(line, frame)
            async with asyncio.timeout(DATAGRAM_S):
                return await loop.sock_recv(line, 4096)

        yield ask


@asynccontextmanager
async def _over_sos_access(port: int) -> AsyncIterator[Ask]:
    async def ask(request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            async with asyncio.timeout(ANSWER_S):
                return await reader.read()
        finally:
            writer.close()

    yield ask


OVER: dict[str, Callable[[int], AbstractAsyncContextManager[Ask]]] = {
    "tcp": _over_tcp,
    "udp": _over_udp,
    "sos_access": _over_sos_access,
}


async def _send(dialling: Dialling, name: str, ask: Ask) -> None:
    """Send one alarm; write its name into the ledger once it is acknowledged."""
    if dialling.over == "sos_access":
        sent, wanted = sos_alarm(name), b"<status>0</status>"
    else:
        sequence = int(name.rpartition("-")[2]) % 10_000
        sent, wanted = alarm(dialling.account, dialling.key, sequence, name), b'ACK"%04d' % sequence
    begun = time.perf_counter()
    answer = await ask(sent)
    if wanted not in answer:
        raise ConnectionError(f"not acknowledged: {answer[:100]!r}")
    dialling.waits_s.append(time.perf_counter() - begun)
    if dialling.ledger is not None:
        os.write(dialling.ledger, f"{name}\n".encode())


async def _panel(dialling: Dialling, panel: int) -> None:
    count = 0
    while not dialling.stop.is_set():
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            async with OVER[dialling.over](dialling.port) as ask:
                while not dialling.stop.is_set():
                    await _send(dialling, f"{os.getpid()}-{panel}-{count}", ask)
                    count += 1
        if not dialling.stop.is_set():
            await asyncio.sleep(RETRY_S)


async def dial(dialling: Dialling, connections: int, seconds: float | None) -> None:
    """Dial on all connections until SIGTERM, or for some seconds."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, dialling.stop.set)
    if seconds:
        loop.call_later(seconds, dialling.stop.set)
    await asyncio.gather(*(_panel(dialling, number) for number in range(connections)))


def main() -> None:
    """Dial, then print one JSON line: acknowledgements and how long they took."""
    parser = argparse.ArgumentParser(description="Dial alarms and keep a ledger.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--account", default="1234")
    parser.add_argument("--key", help="AES key in hexadecimal digits")
    parser.add_argument("--ledger")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--over", choices=OVER, default="tcp")
    given = parser.parse_args()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    dialling = Dialling(
        given.port, int(given.account, 16), bytes.fromhex(given.key) if given.key else None,
        os.open(given.ledger, flags) if given.ledger else None, given.over,
    )  # fmt: skip
    begun = time.perf_counter()
    asyncio.run(dial(dialling, given.connections, given.seconds))
    took_s = time.perf_counter() - begun
    waits = sorted(dialling.waits_s) or [0.0]
    result = {
        "acknowledged": len(dialling.waits_s),
        "per_s": round(len(dialling.waits_s) / took_s, 1),
        "p50_ms": round(waits[len(waits) // 2] * 1e3, 2),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1e3, 2),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
