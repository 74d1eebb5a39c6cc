"""Panels for the benchmark of the intake. In: a port. Out: acknowledgements, how long they took.

All frames are encoded before the clock starts, each with its own name, sequence and padding; one
account and key per connection; each connection waits for its answer before it sends the next.
The sender runs in a process of its own, beside the receiver under measurement.

    python -m benchmarks.intake_sender --port 12128 --connections 50 --seconds 5 --ledger FILE
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from narvaro.intake.protocols.sia_dc09 import TIME_FORMAT, enclose, encrypt

WARM_S = 0.5
SHOWN_AHEAD_S = 10.0  # stamps lie ahead, so that none is late after encoding and a slow run
FIRST_ACCOUNT = 0x1000


def account_of(panel: int) -> str:
    """Return the account of a connection."""
    return f"{FIRST_ACCOUNT + panel:04X}"


def key_of(panel: int) -> str:
    """Return the AES key of a connection, as 16 characters that are hexadecimal digits too."""
    return f"{0xABCDEF0123456000 + panel:016X}"


def make_frame(panel: int, count: int, *, encrypted: bool, stamp: bytes) -> bytes:
    """Return a burglary alarm's frame with its name as the zone's text."""
    account = account_of(panel)
    line = f'SIA-DCS"{count % 9999 + 1:04d}R0L0#{account}['
    content = f"|#{account}|Nri1/BA05^{panel}-{count}^]".encode() + stamp
    if encrypted:
        body = f'"*{line}'.encode() + encrypt(key_of(panel).encode("ascii"), content)
    else:
        body = f'"{line}'.encode() + content[1:]
    return enclose(body)


@dataclass
class Load:
    """The frames of all connections, and what came of them."""

    pools: list[list[bytes]]
    end: float = 0.0
    counted_from: float = 0.0
    acknowledged: list[str] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    exhausted: bool = False


class PanelLine(asyncio.Protocol):
    """One connection: a frame, its answer, the next frame."""

    def __init__(self, load: Load, panel: int) -> None:
        self._load = load
        self._panel = panel
        self._frames = load.pools[panel]
        self._sent = 0
        self._answer = b""
        self._begun = 0.0
        self._transport: asyncio.Transport | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; the first frame waits for `send`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self) -> None:
        """Send the next frame, or end."""
        assert self._transport is not None
        self._begun = time.perf_counter()
        if self._sent == len(self._frames):
            self._load.exhausted = True
        if self._begun >= self._load.end or self._load.exhausted:
            self._transport.close()
            return
        self._transport.write(self._frames[self._sent])
        self._sent += 1

    def data_received(self, data: bytes) -> None:
        """Note the answer and go on."""
        self._answer += data
        if not self._answer.endswith(b"\r"):
            return
        answer, self._answer = self._answer, b""
        now = time.perf_counter()
        if b'ACK"' in answer[:16]:
            self._load.acknowledged.append(f"{self._panel}-{self._sent - 1}")
            if self._begun >= self._load.counted_from:
                self._load.waits_s.append(now - self._begun)
        else:
            self._load.refused.append(answer[:24])
        self.send()

    def connection_lost(self, _exc: Exception | None) -> None:
        """End; a connection that the receiver cut is told as refused."""
        if time.perf_counter() < self._load.end and not self._load.exhausted:
            self._load.refused.append(b"connection lost")
        if not self.over.done():
            self.over.set_result(None)


async def send_all(load: Load, port: int, seconds: float) -> tuple[float, float]:
    """Send on all connections; return the seconds that count, and this process's own work in them."""
    loop = asyncio.get_running_loop()
    lines = []
    for panel in range(len(load.pools)):
        _, line = await loop.create_connection(partial(PanelLine, load, panel), "127.0.0.1", port)
        lines.append(line)
    load.counted_from = time.perf_counter() + WARM_S
    load.end = load.counted_from + seconds
    for line in lines:
        line.send()
    await asyncio.sleep(WARM_S)
    worked = time.process_time()
    begun = time.perf_counter()
    await asyncio.wait([line.over for line in lines], timeout=seconds + 30)
    return time.perf_counter() - begun, time.process_time() - worked


def main() -> None:
    """Encode, send, print one JSON line."""
    parser = argparse.ArgumentParser(description="Send prepared alarms as fast as they are taken.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--frames", type=int, required=True, help="prepared frames in all")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--ledger", type=Path, required=True)
    given = parser.parse_args()
    stamp_at = datetime.fromtimestamp(time.time() + SHOWN_AHEAD_S, UTC)
    stamp = f"_{stamp_at:{TIME_FORMAT}}".encode()
    each = -(-given.frames // given.connections)
    pools = [
        [make_frame(panel, count, encrypted=not given.plain, stamp=stamp) for count in range(each)]
        for panel in range(given.connections)
    ]
    load = Load(pools)
    took_s, worked_s = asyncio.run(send_all(load, given.port, given.seconds))
    given.ledger.write_text("\n".join(load.acknowledged))
    waits = sorted(load.waits_s) or [0.0]
    result = {
        "acknowledged": len(load.acknowledged),
        "counted": len(load.waits_s),
        "per_s": len(load.waits_s) / took_s,
        "p50_ms": waits[len(waits) // 2] * 1e3,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1e3,
        "longest_ms": waits[-1] * 1e3,
        "sender_busy": worked_s / took_s,
        "exhausted": load.exhausted,
        "refused": sorted({one.decode("latin-1") for one in load.refused}),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
