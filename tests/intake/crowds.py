"""A crowd of idle connections. In: a receiver. Out: how long a genuine alarm then waits.

The crowd comes from twenty addresses of the loopback network; half of it has sent half a frame.
"""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from narvaro.intake.protocols.sia_dc09 import enclose
from tests.intake.running import Running

ADDRESSES = 20
PATIENCE_S = 10.0


def raise_file_limit(wanted: int) -> None:
    """Let this process open as many files; raise ValueError where the machine forbids it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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


def ask_in_crowd(running: Running, count: int, alarms: int) -> list[float]:
    """Return the seconds that each alarm on a new connection waited for its acknowledgement.

    Raises AssertionError where an answer is no acknowledgement.
    """
    waits = []
    with crowd(running.dc09_port, count):
        for number in range(alarms):
            frame = enclose(b'"SIA-DCS"%04dL0#1234[#1234|Nri1/BA05^crowd-%d^]' % (number, number))
            begun = time.perf_counter()
            answer = running.ask(frame)
            waits.append(time.perf_counter() - begun)
            assert b'ACK"' in answer[:16], f"alarm {number}: {answer!r}"
            time.sleep(0.05)
    return waits
