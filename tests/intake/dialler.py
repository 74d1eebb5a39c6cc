"""Panels in a process of their own, with a ledger. In: a port. Out: each acknowledged alarm's id.

Each connection sends one alarm, waits for its acknowledgement, writes the id into the ledger, and
only then sends the next; after a lost connection it sends the same alarm again, as panels do.
Frames are made by siadc09, not by the code under test.

    python -m tests.intake.dialler --port 12128 --connections 50 --ledger acknowledged.txt
    python -m tests.intake.dialler --port 12128 --connections 50 --seconds 5 --key 0123…
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from siadc09.account import Account
from siadc09.message import EventMessage
from siadc09.xdata import Data

RETRY_S = 0.05
ANSWER_S = 5.0


@dataclass
class Dialling:
    """What all connections of this process share."""

    port: int
    account: int
    key: bytes | None
    ledger: int | None = None
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


async def _send(
    dialling: Dialling, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send one alarm; write its name into the ledger once it is acknowledged."""
    sequence = int(name.rpartition("-")[2]) % 10_000
    frame = alarm(dialling.account, dialling.key, sequence, name)
    begun = time.perf_counter()
    writer.write(frame)
    async with asyncio.timeout(ANSWER_S):
        answer = await reader.readuntil(b"\r")
    if b'ACK"' not in answer[:16]:
        raise ConnectionError(f"not acknowledged: {answer[9:15]!r}")
    dialling.waits_s.append(time.perf_counter() - begun)
    if dialling.ledger is not None:
        os.write(dialling.ledger, f"{name}\n".encode())


async def _panel(dialling: Dialling, panel: int) -> None:
    count = 0
    while not dialling.stop.is_set():
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", dialling.port)
            try:
                while not dialling.stop.is_set():
                    await _send(dialling, f"{os.getpid()}-{panel}-{count}", reader, writer)
                    count += 1
            finally:
                writer.close()
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
    given = parser.parse_args()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    dialling = Dialling(
        given.port, int(given.account, 16), bytes.fromhex(given.key) if given.key else None,
        os.open(given.ledger, flags) if given.ledger else None,
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
