"""A made-up alarm panel: dials DC-09 over TCP, waits for the answer, sends again as real ones do."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event as Flag
from threading import Lock

from narvaro.demo import wall
from narvaro.demo.frames import POLL, Answer, Event, frame, read_answer

WAIT_S = 5.0
TRIES = 6
REST_S = 2.0
MAX_ANSWER = 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a dialled event went: acknowledged or not, after how many tries, and why not."""

    acknowledged: bool
    tries: int
    said: str


@dataclass(slots=True)
class Panel:
    """One transmitter with its account, key and clock; `clock` may be wrong, as real ones are."""

    account: str
    key: bytes
    address: tuple[str, int]
    rng: Random
    clock: Callable[[], datetime] = wall.now
    stop: Flag = field(default_factory=Flag)
    offset: timedelta = timedelta()
    _sequence: int = 0
    _lock: Lock = field(default_factory=Lock)

    def poll(self) -> Delivery:
        """Send one link test; the next poll is the second try."""
        return self.dial(POLL, tries=1)

    def dial(self, event: Event, *, tries: int = TRIES) -> Delivery:
        """Send an event until it is acknowledged, refused for good, or `tries` are spent."""
        with self._lock:
            self._sequence = self._sequence % 9999 + 1
            said = "stopped"
            for n in range(1, tries + 1):
                if self.stop.is_set():
                    return Delivery(False, n - 1, "stopped")
                answer, said = self._send(event)
                if answer is not None and answer.word == "ACK":
                    return Delivery(True, n, "ACK")
                if answer is not None and answer.word == "DUH":
                    return Delivery(False, n, "DUH")
                if answer is not None and answer.word == "NAK":
                    self._set_clock(answer)
                elif n < tries:
                    self.stop.wait(REST_S)
            return Delivery(False, tries, said)

    def _set_clock(self, answer: Answer) -> None:
        """Take the receiver's time out of a NAK, as the standard asks of a panel."""
        if answer.told_time is not None:
            self.offset = answer.told_time - self.clock()

    def _send(self, event: Event) -> tuple[Answer | None, str]:
        data = frame(
            self.account,
            self.key,
            event,
            self._sequence,
            at=self.clock() + self.offset,
            rng=self.rng,
        )
        try:
            with socket.create_connection(self.address, timeout=WAIT_S) as line:
                line.sendall(data)
                answer = read_answer(_receive(line))
        except OSError as fault:
            return None, f"no answer from {self.address[0]}:{self.address[1]}: {fault}"
        if answer is None:
            return None, "an answer that is no DC-09 frame"
        if answer.word != "NAK" and int(answer.sequence) != self._sequence:
            return None, f"an answer to message {answer.sequence}, not {self._sequence:04d}"
        return answer, answer.word


def _receive(line: socket.socket) -> bytes:
    """Read up to the end of one frame; what comes in time and size, no more."""
    data = b""
    until = wall.monotonic() + WAIT_S
    while not data.endswith(b"\r") and len(data) < MAX_ANSWER:
        left = until - wall.monotonic()
        if left <= 0:
            raise TimeoutError(f"no whole answer in {WAIT_S:.0f} s")
        line.settimeout(left)
        part = line.recv(MAX_ANSWER)
        if not part:
            break
        data += part
    return data
