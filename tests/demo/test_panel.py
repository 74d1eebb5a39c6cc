"""The panel against a stub receiver that acknowledges, refuses, corrects the clock or stays silent."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event, Thread

import pytest

from narvaro.demo import panel as panel_module
from narvaro.demo.frames import crc, sia
from narvaro.demo.panel import Panel

RECEIVER_TIME = datetime(2026, 11, 23, 1, 13, 7, tzinfo=UTC)
Replier = Callable[[int, bytes], bytes]


def _answer(word: str, sequence: str, stamp: str = "") -> bytes:
    body = f'"{word}"{sequence}R1L0#4014[]{stamp}'.encode()
    return b"\n%04X0%03X%s\r" % (crc(body), len(body), body)


@contextmanager
def _receiver(reply: Replier) -> Iterator[tuple[tuple[str, int], list[bytes]]]:
    """Answer connection after connection with `reply(number, frame)`; no bytes means silence."""
    frames: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(1)

    def serve() -> None:
        for n in range(20):
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                frames.append(line.recv(2048))
                line.sendall(reply(n, frames[-1]))

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname(), frames
    finally:
        server.shutdown(socket.SHUT_RDWR)  # ends an accept that waits
        server.close()
        thread.join(timeout=6)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_module, "REST_S", 0.01)
    monkeypatch.setattr(panel_module, "WAIT_S", 0.5)


def _panel(address: tuple[str, int], key: bytes = b"") -> Panel:
    return Panel("4014", key, address, Random(1), clock=lambda: RECEIVER_TIME - timedelta(hours=2))


def _sequence(frame: bytes) -> str:
    return frame.split(b'"')[2][:4].decode()


def test_an_acknowledged_event_is_sent_once() -> None:
    """ACK ends it, and the next event has the next number."""
    with _receiver(lambda _, f: _answer("ACK", _sequence(f))) as (address, frames):
        panel = _panel(address)
        assert panel.dial(sia("BA", 3)).acknowledged
        assert panel.poll().acknowledged
    assert [_sequence(f) for f in frames] == ["0001", "0002"]


def test_silence_is_tried_again_with_the_same_number() -> None:
    """The third answer comes; all three frames are the same message."""
    with _receiver(lambda n, f: _answer("ACK", _sequence(f)) if n == 2 else b"") as (
        address,
        frames,
    ):
        delivery = _panel(address).dial(sia("BA", 3))
    assert (delivery.acknowledged, delivery.tries) == (True, 3)
    assert {_sequence(f) for f in frames} == {"0001"}


def test_a_nak_sets_the_panels_clock() -> None:
    """The message goes again with the time that the receiver told."""
    stamp = f"{RECEIVER_TIME:_%H:%M:%S,%m-%d-%Y}"

    def reply(n: int, frame: bytes) -> bytes:
        return _answer("ACK", _sequence(frame)) if n else _answer("NAK", "0000", stamp)

    with _receiver(reply) as (address, frames):
        assert _panel(address).dial(sia("BA", 3)).acknowledged
    assert b"_23:13:07,11-22-2026" in frames[0]
    assert stamp.encode() in frames[1]


def test_duh_ends_the_tries() -> None:
    """What the receiver cannot process is not sent for ever."""
    with _receiver(lambda _, f: _answer("DUH", _sequence(f))) as (address, frames):
        delivery = _panel(address).dial(sia("BA", 3))
    assert (delivery.acknowledged, delivery.said, len(frames)) == (False, "DUH", 1)


def test_an_answer_to_another_message_does_not_count() -> None:
    """A stale ACK is no acknowledgement."""
    with _receiver(lambda *_: _answer("ACK", "0042")) as (address, _):
        delivery = _panel(address).dial(sia("BA", 3), tries=2)
    assert not delivery.acknowledged
    assert "0042" in delivery.said


def test_a_dead_receiver_is_named_and_a_stopped_panel_stops() -> None:
    """The delivery says where nobody answered; the stop flag ends the tries."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    panel = _panel(address)
    assert str(address[1]) in panel.dial(sia("BA", 3), tries=2).said
    panel.stop = Event()
    panel.stop.set()
    assert panel.dial(sia("BA", 3)).tries == 0
