"""The only reader of the clock. In: nothing. Out: aware UTC times and monotonic seconds.

Pure Python, so that the receiver can use it without Django. The machine's time is held against its
uptime: where it jumps, it is not followed until that is accepted (`GuardedClock`). Where other sources
speak against it (`intake/time_sources.py`), it goes on and is in doubt. A test puts a
`Hands` in its place and moves the time itself. In a home that the demo made, and there alone, the file that
NARVARO_CLOCK names moves the time forward for every process.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

MARK = "made-by-demo"
"""The file that the demo leaves in a home of its own."""


JUMP_S = 2.0
"""A step of the machine's time that is followed without a word."""
DOUBT = "doubted-time.json"
"""The file that stands beside the agreement while other sources say that our time is off."""
UNREADABLE_S = 1.0
OFF_AT_MOST_S = 14 * 86_400.0
"""How long a machine may have been switched off without its time being doubted when it wakes."""
SLEW = 500e-6
"""How fast a time server may bend the machine's time without a step (s/s)."""


@dataclass(frozen=True)
class Uptime:
    """Seconds since the machine started, suspension included, and which start that was."""

    boot: str
    seconds: float


def read_uptime() -> Uptime:
    """Read the machine's uptime; without Linux's own count, the monotonic clock's."""
    try:
        return Uptime(_boot(), time.clock_gettime(time.CLOCK_BOOTTIME))
    except (OSError, AttributeError):
        return Uptime("", time.monotonic())


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


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


class GuardedClock(SystemClock):
    """The machine's clock, held against its uptime.

    While the two agree, the time is the machine's. Where it steps by more than `JUMP_S`, the time
    goes on as the uptime says and `jump_s` tells by how much the machine differs, until the step is
    taken back or accepted. The agreement stands in a file, which all processes of a home share:
    a process that starts behind a step does not believe it either, nor a machine that wakes up
    before it fell asleep.
    """

    LOOK_EVERY_S = 1.0

    def __init__(self, file: Path | None) -> None:
        """Start from the agreement in the file, where it is of this machine."""
        self.file = file
        self.jump_s = 0.0
        found = self.uptime()
        self._boot = found.boot
        self._agreed_s = time.time() - found.seconds  # wall time less uptime
        self._agreed_at = found.seconds
        self._kept_at = self._looked_at = self._doubt_read_at = -self.LOOK_EVERY_S
        self._suspected_s = 0.0
        kept = self._read()
        if kept is None:
            return
        if kept.boot == self._boot:
            self._agreed_s, self._agreed_at = kept.agreed_s, kept.at_s
        elif not 0 <= time.time() - kept.agreed_s - kept.at_s <= OFF_AT_MOST_S:
            self._agreed_s = kept.agreed_s + kept.at_s - found.seconds
        self.now()

    def now(self) -> datetime:
        """Return the agreed time, aware, UTC."""
        at_s = time.clock_gettime(time.CLOCK_BOOTTIME) if self._boot else time.monotonic()
        jump_s = time.time() - at_s - self._agreed_s
        if abs(jump_s) <= JUMP_S + SLEW * max(0.0, at_s - self._agreed_at):
            self._agreed_s, self._agreed_at, self.jump_s = self._agreed_s + jump_s, at_s, 0.0
        else:
            self.jump_s = jump_s
            self._follow_others(at_s)
        return datetime.fromtimestamp(at_s + self._agreed_s, UTC)

    def suspected_s(self) -> float:
        """Return by how much other sources say that our time is off, in every process; 0 where none."""
        at_s = self.monotonic()
        if self._doubt is not None and at_s - self._doubt_read_at >= self.LOOK_EVERY_S:
            self._doubt_read_at = at_s
            self._suspected_s = read_doubt(self._doubt)
        return self._suspected_s

    def suspect(self, off_s: float) -> None:
        """Note that our time is in doubt, for every process, until it is trusted again; 0 is trust."""
        self._suspected_s, self._doubt_read_at = off_s, self.monotonic()
        if self._doubt is None:
            return
        if off_s:
            _replace(self._doubt, json.dumps({"off_s": off_s}))
        else:
            self._doubt.unlink(missing_ok=True)

    @property
    def _doubt(self) -> Path | None:
        return self.file.with_name(DOUBT) if self.file else None

    def accept(self) -> None:
        """Believe the machine's time from now on, in every process."""
        self.suspect(0.0)
        self._agreed_at = self.uptime().seconds
        self._agreed_s = time.time() - self._agreed_at
        self.jump_s = 0.0
        self._write()

    def keep(self) -> None:
        """Leave the agreement for the others and for the next start; once in a while is enough."""
        self.now()
        if not self.jump_s and self._agreed_at - self._kept_at >= self.LOOK_EVERY_S:
            self._kept_at = self._agreed_at
            self._write()

    def _follow_others(self, at_s: float) -> None:
        """Take over the agreement of another process that fits the machine's time."""
        if at_s - self._looked_at < self.LOOK_EVERY_S:
            return
        self._looked_at = at_s
        kept = self._read()
        if kept is None or kept.boot != self._boot:
            return
        if abs(time.time() - at_s - kept.agreed_s) <= JUMP_S + SLEW * max(0.0, at_s - kept.at_s):
            self._agreed_s, self._agreed_at = kept.agreed_s, kept.at_s
            self.jump_s = 0.0

    def _read(self) -> "_Agreement | None":
        try:
            given = json.loads(self.file.read_text("utf-8")) if self.file else None
            if given is None:
                return None
            return _Agreement(str(given["boot"]), float(given["agreed_s"]), float(given["at_s"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self) -> None:
        if self.file is None:
            return
        given = {"boot": self._boot, "agreed_s": self._agreed_s, "at_s": self._agreed_at}
        _replace(self.file, json.dumps(given))


def _replace(file: Path, text: str) -> None:
    aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        aside.write_text(text, "utf-8")
        aside.replace(file)
    except OSError:
        aside.unlink(missing_ok=True)  # a full disk is said elsewhere; the time goes on


def read_doubt(file: Path | None) -> float:
    """Return by how much our time is said to be off; a file that cannot be read says no number."""
    if file is None or not file.exists():
        return 0.0
    try:
        return float(json.loads(file.read_text("utf-8"))["off_s"])
    except FileNotFoundError:
        return 0.0
    except (OSError, ValueError, KeyError, TypeError):
        return UNREADABLE_S


@dataclass(frozen=True)
class _Agreement:
    boot: str
    agreed_s: float
    at_s: float


@dataclass
class Hands:
    """A clock whose hands a test moves."""

    at: datetime
    elapsed_s: float = field(default=0.0)
    jump_s: float = field(default=0.0)
    off_s: float = field(default=0.0)

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

    def suspected_s(self) -> float:
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


def suspected_s() -> float:
    """Return by how much other sources say that our time is off; 0 while none does."""
    return _clock.suspected_s() if isinstance(_clock, GuardedClock | Hands) else 0.0


def in_doubt() -> bool:
    """Return whether our own time is in doubt: it stepped, or other sources speak against it."""
    return bool(jump_s() or suspected_s())


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
