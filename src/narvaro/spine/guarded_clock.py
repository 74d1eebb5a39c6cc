"""The machine's clock, held against its uptime. In: the home's agreement and doubt. Out: the agreed time.

Pure Python. Which clock rules a process is said in `clock`; this one rules wherever no demo does.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from narvaro.spine.files import replace_text
from narvaro.spine.uptime import Uptime, read_uptime

JUMP_S = 2.0
"""A step of the machine's time that is followed without a word."""
DOUBT = "doubted-time.json"
"""The file that stands beside the agreement while other sources say that our time is off."""
OFF_AT_MOST_S = 14 * 86_400.0
"""How long a machine may have been switched off without its time being doubted when it wakes."""
SLEW = 500e-6
"""How fast a time server may bend the machine's time without a step (s/s)."""


class GuardedClock:
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
        self._suspected_s: float | None = 0.0
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

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()

    def uptime(self) -> Uptime:
        """Return the machine's uptime."""
        return read_uptime()

    def suspected_s(self) -> float | None:
        """Return by how much other sources say that our time is off, in every process; 0 where none.

        None where it is in doubt and nobody can read by how much.
        """
        at_s = self.monotonic()
        if self._doubt is not None and at_s - self._doubt_read_at >= self.LOOK_EVERY_S:
            self._doubt_read_at = at_s
            self._suspected_s = _read_doubt(self._doubt)
        return self._suspected_s

    def suspect(self, off_s: float) -> None:
        """Note that our time is in doubt, for every process, until it is trusted again; 0 is trust."""
        self._suspected_s, self._doubt_read_at = off_s, self.monotonic()
        if self._doubt is None:
            return
        if off_s:
            _leave(self._doubt, json.dumps({"off_s": off_s}))
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
        _leave(self.file, json.dumps(given))


def _leave(file: Path, text: str) -> None:
    try:
        replace_text(file, text)
    except OSError:
        return  # a full disk is said elsewhere; the time goes on


def _read_doubt(file: Path) -> float | None:
    """Return by how much our time is said to be off, 0 without a file; None where it cannot be read."""
    try:
        return float(json.loads(file.read_text("utf-8"))["off_s"])
    except FileNotFoundError:
        return 0.0
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class _Agreement:
    boot: str
    agreed_s: float
    at_s: float
