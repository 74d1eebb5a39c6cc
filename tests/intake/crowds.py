"""A crowd of idle connections. In: a receiver. Out: how many it holds, how long a genuine alarm waits.

The crowd comes from twenty addresses of the loopback network; half of it has sent half a frame. As it
is set up, a receiver closes the oldest where there are more than `FREE`; with `ROOM` it holds all of them.
"""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from narvaro.intake.limits import Limits
from narvaro.intake.protocols.sia_dc09 import enclose
from tests.intake.running import Running

ADDRESSES = 20
PATIENCE_S = 10.0
SETTLE_S = 0.3  # the last of the crowd is still being let in
ROOM: dict[str, float] = {"connections": 4000, "reserve": 500, "per_peer": 400}
FILES = 2500
"""Limits under which 2,000 connections are held, and the files that both ends may then open."""
FREE = Limits().connections - Limits().reserve
"""How many unproven connections a receiver holds as it is set up."""


@dataclass(frozen=True)
class Crowded:
    """What became of a crowd: connections held from before the first alarm to after the last, waits."""

    held: int
    waits_s: list[float]


def raise_file_limit(wanted: int) -> None:
    """Let this process and its children open as many files; raise ValueError where that is forbidden."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def count_sockets(process_id: int) -> int:
    """Count the sockets that a process has open, by what the kernel says of it."""
    count = 0
    for one in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            count += str(one.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue  # closed since it was listed
    return count


@contextmanager
def crowd(port: int, count: int) -> Iterator[int]:
    """Hold `count` connections that say nothing or half a frame; yield how many were made."""
    raise_file_limit(count + 200)
    with ExitStack() as stack:
        made = 0
        for number in range(count):
            line = stack.enter_context(socket.socket())
            line.settimeout(PATIENCE_S)
            line.bind((f"127.0.1.{1 + number % ADDRESSES}", 0))
            line.connect(("127.0.0.1", port))
            made += 1
            if number % 2:
                line.sendall(b"\nABCD0030")
        yield made


def ask_in_crowd(running: Running, count: int, alarms: int) -> Crowded:
    """Let alarms come in a crowd, each on a new connection; return how many were held, and the waits.

    Raises AssertionError where an answer is no acknowledgement.
    """
    assert running.process is not None
    own = count_sockets(running.process.pid)
    waits, held = [], []
    with crowd(running.dc09_port, count):
        time.sleep(SETTLE_S if count else 0)
        for number in range(alarms):
            held.append(count_sockets(running.process.pid) - own)
            frame = enclose(b'"SIA-DCS"%04dL0#1234[#1234|Nri1/BA05^crowd-%d^]' % (number, number))
            begun = time.perf_counter()
            answer = running.ask(frame)
            waits.append(time.perf_counter() - begun)
            assert b'ACK"' in answer[:16], f"alarm {number}: {answer!r}"
            time.sleep(0.05)
        held.append(count_sockets(running.process.pid) - own)
    return Crowded(min(held), waits)
