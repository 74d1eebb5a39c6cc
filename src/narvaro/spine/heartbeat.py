"""The worker's heartbeat, in a file of the home folder. In: its steps and turns. Out: how old the last is.

It needs no database, so that whoever waits for the worker learns that it stands still also when the
database is the reason. Pure Python.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from narvaro.spine import clock
from narvaro.spine.files import replace_text

logger = logging.getLogger(__name__)

FILE = "work.json"
EVERY_S = 2.0
STILL_S = 30.0  # without a step for so long, the worker stands still
_WIDTH = 512  # on a full disk the file is written over in its place


@dataclass(frozen=True)
class Beat:
    """The last sign of a worker; seconds are the machine's since its start `boot`.

    `step_s` is when a step last ended, `turned_at` when a whole turn did, empty before the first.
    """

    pid: int
    boot: str
    step_s: float
    turned_at: str
    database_answers: bool

    @property
    def step_age_s(self) -> float | None:
        """Return seconds since a step ended; None where that was before the machine's start."""
        if self.boot != clock.uptime().boot:
            return None
        return max(0.0, clock.monotonic() - self.step_s)


class Heart:
    """Writes the heartbeat, at most every two seconds."""

    def __init__(self, home: Path) -> None:
        self.file = home / FILE
        self.database_answers = True
        self._boot = clock.uptime().boot
        self._turned_at = ""
        self._written_s = float("-inf")
        self._failed = False

    def turned(self) -> None:
        """Note that a whole turn is done."""
        self._turned_at = clock.now().isoformat()
        self.beat()

    def beat(self) -> None:
        """Note that a step is done."""
        at_s = clock.monotonic()
        if at_s - self._written_s < EVERY_S:
            return
        self._written_s = at_s
        beat = Beat(os.getpid(), self._boot, at_s, self._turned_at, self.database_answers)
        content = json.dumps(asdict(beat)).ljust(_WIDTH)
        try:
            self._write(content)
            self._failed = False
        except OSError as fault:
            if not self._failed:
                logger.critical("heartbeat_not_written", extra={"fault": str(fault)})
            self._failed = True

    def _write(self, content: str) -> None:
        try:
            replace_text(self.file, content)
        except OSError:
            with self.file.open("r+", encoding="utf-8") as there:
                there.write(content)


def find_beat(home: Path) -> Beat | None:
    """Read the last heartbeat; None where there is none that can be read."""
    try:
        return Beat(**json.loads((home / FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
