"""The only reader of the clock. In: nothing. Out: aware UTC times and monotonic seconds.

Pure Python, so that the receiver can use it without Django. A test puts a `Hands` in its place
and moves the time itself.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the present time, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present time, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()


@dataclass
class Hands:
    """A clock whose hands a test moves."""

    at: datetime
    elapsed_s: float = field(default=0.0)

    def now(self) -> datetime:
        """Return the time that the hands show."""
        return self.at

    def monotonic(self) -> float:
        """Return the seconds that the hands have been moved forward."""
        return self.elapsed_s

    def move_to(self, at: datetime) -> None:
        """Move the hands to `at`; monotonic time follows only forward."""
        self.elapsed_s += max(0.0, (at - self.at).total_seconds())
        self.at = at

    def advance(self, seconds: float) -> None:
        """Move the hands `seconds` forward."""
        self.move_to(self.at + timedelta(seconds=seconds))


_clock: Clock = SystemClock()


def now() -> datetime:
    """Return the present time, aware, UTC."""
    return _clock.now()


def monotonic() -> float:
    """Return seconds that never go backwards."""
    return _clock.monotonic()


@contextmanager
def ruled_by(clock: Clock) -> Iterator[None]:
    """Let `clock` rule inside the block."""
    global _clock  # noqa: PLW0603 - one clock for the process is the point of this file
    before = _clock
    _clock = clock
    try:
        yield
    finally:
        _clock = before
