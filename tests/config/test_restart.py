"""The process `work` is killed while an offer waits: the timer fires all the same, and once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60.0


class Scene:
    """A home of its own, with `work` started and killed at will."""

    def __init__(self, home: Path) -> None:
        self.environment = os.environ | {
            "NARVARO_HOME": str(home),
            "NARVARO_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
            "NUMBA_CACHE_DIR": str(settings.HOME.kernels),
        }
        self.run("begin")

    def run(self, what: str) -> str:
        """Run a step of the scene in a process of its own."""
        command = [sys.executable, "-m", "tests.config.restart_scene", what]
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=True,
            timeout=PATIENCE_S,
        )  # fmt: skip
        return done.stdout

    def look(self) -> dict[str, Any]:
        """Return what has become of the case."""
        found: dict[str, Any] = json.loads(self.run("look"))
        return found

    def work(self) -> subprocess.Popen[bytes]:
        """Start the process `work`."""
        command = [sys.executable, "-m", "narvaro.config.cli", "work"]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Look until something holds."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            seen = self.look()
            if holds(seen):
                return seen
            time.sleep(0.2)
        raise AssertionError(f"still {self.look()}")


@pytest.mark.crash
def test_a_killed_worker_loses_no_timer_and_fires_none_twice(tmp_path: Path) -> None:
    """Kill -9 while V1 is asked; after the restart V2 is asked, then nobody is left, each once."""
    scene = Scene(tmp_path)
    worker = scene.work()
    try:
        scene.until(lambda seen: bool(seen["made"]))
        worker.kill()
        worker.wait()
        asked = scene.look()
        assert asked["offers"] == [["V1", "waiting"]]
        worker = scene.work()
        seen = scene.until(lambda seen: bool(seen["unanswered"]))
    finally:
        worker.kill()
        worker.wait()
    assert seen["offers"] == [["V1", "expired"], ["V2", "expired"]]
    assert (seen["made"], seen["fired"]) == (2, 2)
