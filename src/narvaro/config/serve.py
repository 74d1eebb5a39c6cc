"""`narvaro serve`: starts and restarts the three processes. In: the home folder. Out: a running system.

`receive` (listeners, journal, acknowledgements), `web` (pages and live streams on one port) and
`work` (promotion, timers, offers). Only processes that it started are ever ended, by their id.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from narvaro.config.alone import end_with_parent
from narvaro.config.home import Home
from narvaro.config.receiving import write_configs
from narvaro.spine import clock
from narvaro.spine.heartbeat import STILL_S, find_beat

logger = logging.getLogger(__name__)

SLOWEST_RESTART_S = 10.0
STEADY_S = 30.0
PATIENCE_S = 15.0
BEGINNING_S = 300.0  # kernels may be compiled and maps opened before the first heartbeat


@dataclass
class Child:
    """One of the processes: how it is started, and how it fares."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause_s: float = field(default=0.5)
    stands_still: Callable[["Child"], bool] | None = None

    def start(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads run before the children start
        )
        self.started_at = clock.monotonic()
        logger.info("started", extra={"child": self.name, "pid": self.process.pid})

    def tend(self) -> None:
        """Start it anew when it ended, a little later each time that it ends soon."""
        now = clock.monotonic()
        if self.process is None:
            if now >= self.restart_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            if self.stands_still is not None and self.stands_still(self):
                # Not asked to end: what stands still does not hear it, and loses nothing by this.
                logger.critical("stands_still", extra={"child": self.name, "pid": self.process.pid})
                self.process.kill()
            return
        steady = now - self.started_at > STEADY_S
        self.pause_s = 0.5 if steady else min(self.pause_s * 2, SLOWEST_RESTART_S)
        self.restart_at = now + self.pause_s
        self.process = None
        logger.error("ended", extra={"child": self.name, "code": code, "again_in_s": self.pause_s})

    def stop(self) -> None:
        """End it, gently first."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            logger.warning("killed", extra={"child": self.name, "pid": self.process.pid})
            self.process.kill()
            self.process.wait()


def worker_stands_still(home: Path) -> Callable[[Child], bool]:
    """Return what tells from its heartbeat that a worker which lives has stopped turning."""

    last: dict[int, float] = {}  # when each worker was last seen to beat

    def look(child: Child) -> bool:
        if child.process is None:
            return False
        pid, beat = child.process.pid, find_beat(home)
        if beat is not None and beat.pid == pid and beat.step_age_s is not None:
            last[pid] = clock.monotonic() - beat.step_age_s
        if pid in last:
            return clock.monotonic() - last[pid] > STILL_S
        return clock.monotonic() - child.started_at > BEGINNING_S

    return look


def children(home: Home) -> list[Child]:
    """List the processes of one machine: a receiver or two, work, web."""
    narvaro = [sys.executable, "-m", "narvaro.config.cli"]
    receive = [sys.executable, "-m", "narvaro.intake.receiver", "--config"]
    return [
        *(
            Child(f"receive {file.parent.name}", [*receive, str(file)])
            for file in write_configs(home)
        ),
        Child("work", [*narvaro, "work"], stands_still=worker_stands_still(home.path)),
        Child("web", [*narvaro, "web"]),
    ]


def serve(home: Home, ready: Callable[[], None]) -> None:
    """Run the three until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    os.environ.setdefault("NARVARO_HOME", str(home.path))
    running = children(home)
    for child in running:
        child.start()
    ready()
    try:
        while not stop.wait(0.25):
            for child in running:
                child.tend()
    finally:
        for child in running:
            child.stop()
