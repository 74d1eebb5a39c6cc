"""The bad line itself: each fault does what it is called, and a healed line is a good one."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.intake.datagrams import bad_datagrams
from tests.intake.line import Fault, Line, bad_line
from tests.waiting import wait_until

SENT, ANSWERED = b"abcdef", b"ABCDEF"


class Echo:
    """Answers in capital letters; `heard` is what came, in the pieces in which it came."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ends: list[str] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            try:
                while data := line.recv(100):
                    self.heard.append(data)
                    line.sendall(data.upper())
                self.ends.append("end")
            except OSError:
                self.ends.append("reset")


@pytest.fixture
def echo() -> Iterator[Echo]:
    one = Echo()
    yield one
    one.server.shutdown(socket.SHUT_RDWR)
    one.server.close()


@pytest.fixture
def line(echo: Echo) -> Iterator[Line]:
    with bad_line(echo.port, longest_s=0.1) as one:
        yield one


def ask(line: Line, patience_s: float = 0.12) -> bytes | str:
    """Return what comes back within the time, or how the connection ended."""
    data = b""
    try:
        with socket.create_connection(("127.0.0.1", line.port), 1) as wire:
            wire.settimeout(patience_s)
            wire.sendall(SENT)
            while len(data) < len(SENT):
                more = wire.recv(100)
                if not more:
                    return data or "end"
                data += more
    except TimeoutError:
        return data or "silence"
    except OSError:
        return "reset"
    return data


@pytest.mark.parametrize(
    ("fault", "said", "heard"),
    [
        (Fault.CUT, "reset", b""),
        (Fault.CUT_AFTER, ANSWERED, SENT),
        (Fault.HALF, "end", SENT[:3]),
        (Fault.LEAVE, "reset", b""),
        (Fault.SWALLOW_UP, "silence", b""),
        (Fault.SWALLOW_DOWN, "silence", SENT),
        (Fault.SPLIT, ANSWERED, SENT),
        (Fault.JOIN, ANSWERED, SENT),
        (Fault.DELAY, ANSWERED, SENT),
        (Fault.REFUSE, "reset", b""),
    ],
)
def test_a_fault_does_what_it_is_called(
    echo: Echo, line: Line, fault: Fault, said: object, heard: bytes
) -> None:
    """On each chunk, and the healed line is good."""
    line.worsen(1.0, [fault])
    assert ask(line) == said
    wait_until(lambda: b"".join(echo.heard) == heard, f"{heard!r} heard")
    assert line.done[fault] >= 1
    line.heal()
    assert ask(line) == ANSWERED


def test_a_line_that_is_cut_refuses_until_it_is_healed(echo: Echo, line: Line) -> None:
    line.refuse()
    assert [ask(line), ask(line)] == ["reset"] * 2
    assert echo.heard == []
    line.heal()
    assert ask(line) == ANSWERED


def test_a_line_that_stalls_loses_nothing(echo: Echo, line: Line) -> None:
    line.stall()
    with socket.create_connection(("127.0.0.1", line.port), 1) as wire:
        wire.sendall(SENT)
        time.sleep(0.1)
        assert echo.heard == []
        line.heal()
        assert wire.recv(100) == ANSWERED


def test_a_line_that_swallowed_is_found_out_once_it_is_healed(echo: Echo, line: Line) -> None:
    """Bytes of a stream are missing: its connection is reset, a new one is good."""
    line.swallow("down")
    with socket.create_connection(("127.0.0.1", line.port), 1) as wire:
        wire.sendall(SENT)
        wait_until(lambda: echo.heard == [SENT], "heard")
        time.sleep(0.05)
        line.heal()
        with pytest.raises(ConnectionResetError):
            wire.recv(100)
    assert ask(line) == ANSWERED


def test_the_end_of_sending_is_passed_on(echo: Echo, line: Line) -> None:
    with socket.create_connection(("127.0.0.1", line.port), 1) as wire:
        wire.settimeout(1)
        wire.sendall(SENT)
        wire.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: wire.recv(100), b"")) == ANSWERED
    assert echo.ends == ["end"]


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (Fault.DROP, []),
        (Fault.DOUBLE, [b"1", b"1", b"2", b"2"]),
        (Fault.DELAY, [b"1", b"2"]),
        (Fault.REORDER, [b"1", b"2"]),
    ],
)
def test_datagrams_are_dropped_doubled_delayed(fault: Fault, heard: list[bytes]) -> None:
    """All are told of, in whatever order; then one behind the next."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as product:
        product.bind(("127.0.0.1", 0))
        product.settimeout(1)
        with (
            bad_datagrams(product.getsockname()[1], longest_s=0.08) as line,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire,
        ):
            wire.connect(("127.0.0.1", line.port))
            line.worsen(1.0, [fault])
            for one in (b"1", b"2"):
                wire.send(one)
            assert sorted(product.recv(9) for _ in heard) == heard
            if not heard:
                wait_until(lambda: line.done[fault] == 2, "dropped")
            line.worsen(1.0, [Fault.REORDER])
            wire.send(b"3")
            wait_until(lambda: line.done[Fault.REORDER], "held")
            if fault is not Fault.REORDER:
                line.heal()
                wire.send(b"4")
                assert [product.recv(9), product.recv(9)] == [b"4", b"3"]
