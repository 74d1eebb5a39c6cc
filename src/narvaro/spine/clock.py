"""The only reader of the clock. In: nothing. Out: aware UTC times and monotonic seconds.

Pure Python, so that the receiver can use it without Django. The machine's time is held against its
uptime: where it jumps, it is not followed until that is accepted (`guarded_clock`). Where other sources
speak against it (`intake/time_sources.py`), it goes on and is in doubt. A test puts a
`Hands` in its place and moves the time itself. In a home that the demo made, and there alone, the file that
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

from narvaro.spine.guarded_clock import GuardedClock
from narvaro.spine.uptime import Uptime, read_uptime

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

    def uptime(self) -> Uptime:
        """Return the machine's uptime."""
        ...


class SystemClock:
    """The machine's clock, taken at its word."""

    def now(self) -> datetime:
        """Return the present time, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()

    def uptime(self) -> Uptime:
        """Return the machine's uptime."""
        return read_uptime()


@dataclass
class Hands:
    """A clock whose hands a test moves."""

    at: datetime
    elapsed_s: float = field(default=0.0)
    jump_s: float = field(default=0.0)
    off_s: float | None = field(default=0.0)

    def now(self) -> datetime:
        """Return the time that the hands show."""
        return self.at

    def monotonic(self) -> float:
        """Return the seconds that the hands have been moved forward."""
        return self.elapsed_s

    def uptime(self) -> Uptime:
        """Return the seconds that the hands have been moved forward."""
        return Uptime("hands", self.elapsed_s)

    def jump(self, seconds: float) -> None:
        """Set the hands anew without a second having passed."""
        self.at += timedelta(seconds=seconds)

    def suspected_s(self) -> float | None:
        """Return by how much other sources say that the hands are off."""
        return self.off_s

    def suspect(self, off_s: float) -> None:
        """Note by how much other sources say that the hands are off."""
        self.off_s = off_s

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

    def uptime(self) -> Uptime:
        """Return the machine's uptime, moved as far as the time: deadlines move with it."""
        found = read_uptime()
        return Uptime(found.boot, found.seconds + self.offset_s)

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
    if file is not None:
        return MovedClock(file)
    home = os.environ.get("NARVARO_HOME")
    return GuardedClock(Path(home) / "agreed-time.json" if home else None)


_clock: Clock = make_clock()


def now() -> datetime:
    """Return the present time, aware, UTC."""
    return _clock.now()


def monotonic() -> float:
    """Return seconds that never go backwards."""
    return _clock.monotonic()


def uptime() -> Uptime:
    """Return the machine's uptime, which no step of the time touches."""
    return _clock.uptime()


def jump_s() -> float:
    """Return by how much the machine's time stepped without being followed; 0 while all is well."""
    return _clock.jump_s if isinstance(_clock, GuardedClock | Hands) else 0.0


def suspected_s() -> float | None:
    """Return by how much other sources say that our time is off; 0 while none does, None if unreadable."""
    return _clock.suspected_s() if isinstance(_clock, GuardedClock | Hands) else 0.0


def in_doubt() -> bool:
    """Return whether our own time is in doubt: it stepped, or other sources speak against it."""
    return jump_s() != 0 or suspected_s() != 0


def suspect(off_s: float) -> None:
    """Doubt our time from now on, in every process; 0 is to trust it again."""
    if isinstance(_clock, GuardedClock | Hands):
        _clock.suspect(off_s)


def keep() -> None:
    """Keep the agreement between time and uptime for the other processes."""
    if isinstance(_clock, GuardedClock):
        _clock.keep()


def accept() -> None:
    """Believe the machine's time after a step: a person, or several sources, have said so."""
    if isinstance(_clock, GuardedClock):
        _clock.accept()
    elif isinstance(_clock, Hands):
        _clock.jump_s = _clock.off_s = 0.0


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
