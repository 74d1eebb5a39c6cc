"""Alarm centres for the tests of SOS Access v4: our listener with a journal, and a stub.

In: a folder, or the answers to give. Out: ports, records, and what the stub was sent.
"""

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from narvaro.intake.desk import Desk
from narvaro.intake.door import Door
from narvaro.intake.formats.sos_access_xml import write_document
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.records import Record, read_after
from narvaro.intake.rotation import Rotation
from narvaro.intake.sealed import Accounts, Sender
from narvaro.intake.sos_access_listener import SosAccessListener

SECRET, NEXT = "0123456789abcde", "edcba9876543210"
SENDER = Sender("town", "sos-access", "1234567", SECRET, options=(("next_secret", NEXT),))
ELSEWHERE = Sender("town", "sos-access", "9", SECRET, networks=("192.0.2.0/24",))
ACCOUNTS = Accounts(senders=(SENDER, ELSEWHERE))

PEER = """
import json, logging, sys
from sos_access.client import SOSAccessClient
logging.disable(logging.CRITICAL)
ask = json.load(sys.stdin)
places = [tuple(one) for one in ask["places"]]
client = SOSAccessClient(
    "1234567", "SV300", ask["secret"], "42", places[0],
    secondary_receiver_address=places[1] if len(places) > 1 else None,
    use_single_receiver=len(places) == 1,
)
said = []
for name, kwargs in ask["calls"]:
    try:
        found = getattr(client, name)(**kwargs)
        said.append([found.status, found.reference, str(found.arrival_time),
                     getattr(found, "new_authentication", None)])
    except Exception as fault:
        said.append(type(fault).__name__)
print(json.dumps(said))
"""


def run_peer(calls: list[tuple[str, dict[str, Any]]], *ports: int, secret: str = SECRET) -> Any:
    """Have another's client make the calls; return its answers, or the names of its errors."""
    ask = {"places": [["127.0.0.1", port] for port in ports], "secret": secret, "calls": calls}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PEER],
        input=json.dumps(ask), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@dataclass
class Centre:
    """Our listener: its port, journal and desk, and how often a new password was made."""

    port: int
    journal: Journal
    desk: Desk
    listener: SosAccessListener
    loop: asyncio.AbstractEventLoop
    rotation: Rotation

    def list_records(self) -> list[Record]:
        """Return all that the journal holds."""
        return read_after(self.journal.path, 0, 1000)

    def ask(self, data: bytes, *, end: bool = True) -> bytes:
        """Send bytes on a new connection and return the answer; empty where there is none."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.sendall(data)
            if end:
                line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(4096), b""))

    def call(self, function: Any) -> None:
        """Run a function in the listener's loop and wait for its end."""

        async def run() -> None:
            function()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(5)


@contextmanager
def centre(
    folder: Path,
    *,
    accounts: Accounts = ACCOUNTS,
    limits: Limits | None = None,
    context: ssl.SSLContext | None = None,
) -> Iterator[Centre]:
    """Run our listener in a thread for the length of a block."""
    limits = limits or Limits()
    journal = Journal(folder / "sos.db", "test")
    desk = Desk(journal, accounts, limits)
    loop = asyncio.new_event_loop()
    rotation = Rotation(journal, Fernet.generate_key().decode())
    made = Centre(0, journal, desk, SosAccessListener(desk, limits, rotation), loop, rotation)
    door = Door(desk, limits, made.listener.converse, tls=context)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(door.attend, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(5)
    made.port = server.sockets[0].getsockname()[1]

    async def finish() -> None:
        server.close()
        door.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=5)

    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(finish(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
        journal.close()


@dataclass
class Stub:
    """A centre that answers as it is told, and what it was sent."""

    port: int
    heard: list[bytes] = field(default_factory=list)


def answer(status: int, info: str = "as told") -> bytes:
    """Return a centre's answer to an alarm."""
    fields = [("status", str(status)), ("info", info), ("arrivaltime", "2026-11-23 03:00:00.000")]
    return write_document("alarmresponse", fields)


@contextmanager
def stub(*answers: bytes | None) -> Iterator[Stub]:
    """Run a centre that gives each connection the next answer; None is silence, b"" hangs up."""
    server = socket.create_server(("127.0.0.1", 0))
    made = Stub(server.getsockname()[1])
    done = threading.Event()

    def serve() -> None:
        for one in answers:
            with suppress(OSError):
                line, _ = server.accept()
                with line:
                    line.settimeout(5)
                    made.heard.append(line.recv(65_536))
                    if one is None:
                        done.wait(10)
                    else:
                        line.sendall(one)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield made
    finally:
        done.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(6)


def dead_port() -> int:
    """Return a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
