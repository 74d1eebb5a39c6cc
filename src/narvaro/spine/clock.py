"""The only reader of the clock. In: nothing. Out: aware UTC times and monotonic seconds.

Pure Python, so that the receiver can use it without Django. A test puts a `Hands` in its place
and moves the time itself. In a home that the demo made, and there alone, the file that
NARVARO_CLOCK names moves the time forward for every process.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

MARK = "made-by-demo"
"""The file that the demo leaves in a home of its own."""


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


class MovedClock:
    """The machine's clock and an offset, in seconds, that stands in a file and only ever grows.

    A file that cannot be read leaves the offset as it was: half a write is no news.
    """

    LOOK_EVERY_S = 0.2

    def __init__(self, file: Path) -> None:
        """Follow the file."""
        self.file = file
        self.offset_s = 0.0
        self._seen_ns = -1
        self._looked_at = -self.LOOK_EVERY_S

    def now(self) -> datetime:
        """Return the moved time, aware, UTC."""
        at = self.monotonic()
        if at - self._looked_at >= self.LOOK_EVERY_S:
            self._looked_at = at
            self._look()
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def monotonic(self) -> float:
        """Return the machine's seconds: what waits is not hurried."""
        return time.monotonic()

    def _look(self) -> None:
        try:
            changed_ns = self.file.stat().st_mtime_ns
            if changed_ns == self._seen_ns:
                return
            offset_s = float(json.loads(self.file.read_text("utf-8"))["offset_s"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        self._seen_ns = changed_ns
        self.offset_s = max(self.offset_s, offset_s)


def find_moved_file() -> Path | None:
    """Return the file that moves the time: named by NARVARO_CLOCK, in a home that the demo made."""
    named, home = os.environ.get("NARVARO_CLOCK"), os.environ.get("NARVARO_HOME")
    if not named or not home:
        return None
    file = Path(named).resolve()
    marked = file.parent == Path(home).resolve() and (file.parent / MARK).exists()
    return file if marked else None


def make_clock() -> Clock:
    """Return the clock that rules this process: the machine's, unless the demo moves it."""
    file = find_moved_file()
    return SystemClock() if file is None else MovedClock(file)


_clock: Clock = make_clock()


def now() -> datetime:
    """Return the present time, aware, UTC."""
    return _clock.now()


def monotonic() -> float:
    """Return seconds that never go backwards."""
    return _clock.monotonic()


def offset() -> timedelta:
    """Return by how much the demo has moved the time; nothing where no demo rules."""
    return timedelta(seconds=_clock.offset_s if isinstance(_clock, MovedClock) else 0.0)


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
