"""A console's live stream over a bad line: a browser that comes back has missed nothing."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.config.test_server import PATIENCE_S, ROOT, free_port, page
from tests.intake.line import TCP_FAULTS, Line, bad_line
from tests.waiting import wait_until

ALARMS = 150
QUIET_S = 0.5  # then the browser asks anew: a line that swallows says nothing of its end


@dataclass
class Web:
    """The web process in a home of its own."""

    home: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "NARVARO_HOME": str(self.home), "NARVARO_WEB_PORT": str(self.port),
            "NARVARO_DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }  # fmt: skip

    def play(self, *what: str) -> dict[str, Any]:
        """Run a step of the scene in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.config.live_scene", *what], env=self.environment,
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path, free_port())


@contextlib.contextmanager
def running(web: Web) -> Iterator[None]:
    """Run the web process for the length of a block."""
    command = [sys.executable, "-m", "narvaro.config.cli", "web"]
    process = subprocess.Popen(command, env=web.environment, cwd=ROOT)

    def answers() -> bool:
        with contextlib.suppress(OSError):
            return page(web.port).startswith(b"HTTP/1.1")
        assert process.poll() is None
        return False

    try:
        wait_until(answers, "the web process answers", PATIENCE_S)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@dataclass
class Browser:
    """Follows the stream; after each end it asks again with the last id that it read whole."""

    line: Line
    cookie: str
    last: int
    heard: list[int] = field(default_factory=list)
    visits: int = 0
    done: bool = False

    def follow(self) -> None:
        """Follow until `done`."""
        while not self.done:
            self.visits += 1
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.line.port), 2) as wire,
            ):
                wire.settimeout(QUIET_S)
                wire.sendall(
                    f"GET /live HTTP/1.1\r\nHost: localhost\r\nCookie: {self.cookie}\r\n"
                    f"Last-Event-ID: {self.last}\r\n\r\n".encode()
                )
                self._read(wire)
            time.sleep(0.02)

    def _read(self, wire: socket.socket) -> None:
        """Read notices; one counts once its empty line has come, as the standard says."""
        rest = b""
        while not self.done and (data := wire.recv(4096)):
            *whole, rest = (rest + data).split(b"\n\n")
            for one in whole:
                _, found, after = one.partition(b"id: ")
                if found:
                    self.last = int(after.partition(b"\n")[0])
                    self.heard.append(self.last)


@pytest.mark.slow
def test_a_browser_on_a_bad_line_misses_no_notice(web: Web) -> None:
    """Cut, stalled, split, swallowed: each notice once, in the log's order."""
    scene = web.play("begin")
    told: list[int] = []
    with running(web), bad_line(web.port, 11, longest_s=0.2) as line:
        browser = Browser(line, scene["cookie"], scene["place"])
        following = threading.Thread(target=browser.follow)
        following.start()
        alarming = threading.Thread(
            target=lambda: told.extend(web.play("alarm", str(ALARMS), scene["user"])["told"])
        )
        alarming.start()
        dice = Random(11)
        while alarming.is_alive():
            line.worsen(0.2, TCP_FAULTS)
            time.sleep(dice.uniform(0.2, 0.6))
            line.be_away(dice)
            time.sleep(dice.uniform(0.05, 0.3))
            line.heal()
        alarming.join(PATIENCE_S)
        try:
            wait_until(lambda: told and browser.last == told[-1], "the last notice", 15)
        finally:
            browser.done = True
            following.join(5)
    assert browser.heard == told
    assert len(told) >= ALARMS
    assert browser.visits > 5
