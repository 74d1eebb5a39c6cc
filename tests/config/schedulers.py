"""The processes that fire timers, watched from outside. In: a home. Out: when each step was there.

A step's moment is when another process sees it committed, by the machine's uptime: neither the
product's clock nor its word for when it fired is asked.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from narvaro.spine.heartbeat import find_beat
from tests.config.test_server import free_port, page

ROOT = Path(__file__).resolve().parent.parent.parent
STEPPED = Path(__file__).resolve().parent / "stepped"
PATIENCE_S = 60.0
AFTER_S = (3, 2, 2)
"""The pause before each step of the scene's escalation."""
POINTS = ("told", "stepped", "committed")
"""Where a worker of `tests.config.dying_worker` is killed."""
LOOK_S = 0.01
"""How often it is looked whether a step is there: what is measured is late by as much."""


@dataclass(frozen=True)
class Told:
    """What people were told: events, messages, timers that fired, and when, by the product's clock."""

    events: int
    messages: int
    fired: int
    said_at: tuple[float, ...]


class Schedulers:
    """A home of its own with the processes that are started in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.step_file = home / "wall-step"
        self.environment = os.environ | {
            "NARVARO_HOME": str(home), "NARVARO_DATABASE_URL": "", "NARVARO_BIND": "127.0.0.1",
            "NARVARO_WEB_PORT": str(free_port()), "NARVARO_ALARM_PORT": "0",
            "NARVARO_POSITION_PORT": "0", "NARVARO_TEST_STEP": str(self.step_file),
            "PYTHONPATH": f"{STEPPED}:{ROOT / 'src'}:{ROOT}",
            "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
            "NUMBA_CACHE_DIR": str(settings.HOME.kernels),
        }  # fmt: skip
        self.processes: list[subprocess.Popen[str]] = []
        self.rang_s = 0.0
        self.seen_s: list[float] = []
        self.set_clock(0)

    def copy_to(self, home: Path) -> "Schedulers":
        """Return the same scene in a home of its own; nothing may run in this one."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Schedulers(home)

    def set_clock(self, off_s: float) -> None:
        """Set the machine's clock off by so many seconds, for all that run here."""
        aside = self.step_file.with_suffix(".new")
        aside.write_text(str(off_s), "ascii")
        aside.replace(self.step_file)

    def run(self, what: str) -> str:
        """Run a step of the scene in a process of its own."""
        command = [sys.executable, "-m", "tests.config.escalation_scene", what]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
            timeout=PATIENCE_S,
        ).stdout  # fmt: skip

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a process whose first line says that it is ready, and wait for that."""
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env=self.environment, cwd=ROOT,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[str]:
        """Start `narvaro work` and wait until its loop begins."""
        return self.until_ready(self.start("narvaro.config.cli", "work"))

    def until_ready(self, process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        """Wait for the line that says that the loop begins."""
        assert process.stdout is not None
        assert '"ready"' in process.stdout.readline(), "it did not start"
        return process

    def until_beats(self, before: int = 0) -> int:
        """Wait for the heartbeat of a worker that is not the one before; return its process id."""
        end = time.monotonic() + PATIENCE_S
        while True:
            beat = find_beat(self.home)
            if beat is not None and beat.pid != before:
                return beat.pid
            assert time.monotonic() < end, "no worker turns"
            time.sleep(0.05)

    def start_web(self, command: str = "web") -> None:
        """Start `narvaro web`, in which the standby runs, or all, and wait until the pages answer."""
        self.start("narvaro.config.cli", command)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                assert page(int(self.environment["NARVARO_WEB_PORT"]))
            except OSError:
                assert time.monotonic() < end, "the pages do not answer"
                time.sleep(0.05)
            else:
                return

    def alarm(self) -> None:
        """Let the panel ring; the first step is due `AFTER_S[0]` seconds later."""
        self.rang_s = float(json.loads(self.run("alarm")))

    def see_step(self) -> float:
        """Wait until the next step is committed; return how late it was, in seconds.

        It is due `AFTER_S` after the alarm, or after the step before was.
        """
        number = len(self.seen_s)
        before_s = self.seen_s[-1] if self.seen_s else self.rang_s
        end = time.monotonic() + PATIENCE_S
        while self._count_fired() <= number:
            assert time.monotonic() < end, f"step {number + 1} did not come"
            time.sleep(LOOK_S)
        self.seen_s.append(time.clock_gettime(time.CLOCK_BOOTTIME))
        return self.seen_s[-1] - before_s - AFTER_S[number]

    def look(self) -> Told:
        """Return what was told until now."""
        with self._open() as database:
            (messages,) = database.execute("SELECT count(*) FROM spine_notification").fetchone()
            said = database.execute("SELECT at FROM spine_event WHERE kind = 'case.escalated'")
            at = tuple(datetime.fromisoformat(f"{one}+00:00").timestamp() for (one,) in said)
        return Told(len(at), messages, self._count_fired(), at)

    def _count_fired(self) -> int:
        with self._open() as database:
            (count,) = database.execute(
                "SELECT count(*) FROM spine_timer WHERE kind = 'case.escalate' "
                "AND fired_at IS NOT NULL"
            ).fetchone()
        return int(count)

    def _open(self) -> "closing[sqlite3.Connection]":
        found = sqlite3.connect(f"file:{self.home / 'narvaro.db'}?mode=ro", uri=True, timeout=10)
        return closing(found)

    def end(self) -> None:
        """End all that was started here and still runs."""
        for one in self.processes:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
        for one in self.processes:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait(10)
            if one.stdout is not None:
                one.stdout.close()
