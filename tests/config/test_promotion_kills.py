"""Promotion is killed while it carries alarms from the journal: each arrives, and arrives once."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from tests.config.promotion_scene import EACH, SITES

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120.0
KILLS, MOST = 6, 40


class Scene:
    """A home of its own, in which steps run as processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = os.environ | {
            "NARVARO_HOME": str(home), "NARVARO_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
            "NUMBA_CACHE_DIR": str(settings.HOME.kernels),
        }  # fmt: skip

    def start(self, what: str, *numbers: int) -> subprocess.Popen[str]:
        """Start a step."""
        command = [sys.executable, "-m", "tests.config.promotion_scene", what, *map(str, numbers)]
        return subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    def run(self, what: str, *numbers: int) -> str:
        """Run a step to its end; return what it said."""
        step = self.start(what, *numbers)
        said, _ = step.communicate(timeout=PATIENCE_S)
        assert step.returncode == 0
        return said

    def count(self) -> int:
        """Return how many signals are committed."""
        with closing(sqlite3.connect(f"file:{self.home / 'narvaro.db'}?mode=ro", uri=True)) as one:
            return int(one.execute("SELECT count(*) FROM situation_signal").fetchone()[0])

    def kill_after(self, more: int) -> None:
        """Start to promote, and kill it when so many more are committed, and it is about the next."""
        until = self.count() + more
        step = self.start("promote")
        end = time.monotonic() + PATIENCE_S
        while self.count() < until and time.monotonic() < end:
            time.sleep(0.001)
        step.kill()
        said, _ = step.communicate(timeout=PATIENCE_S)
        assert "done" not in said


@pytest.mark.crash
def test_every_alarm_is_promoted_once_however_often_the_promotion_is_killed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run("begin")
    dice = Random(1)
    for _ in range(KILLS):
        scene.kill_after(dice.randint(1, MOST))
    assert KILLS <= scene.count() < SITES * EACH
    assert scene.run("promote") == "ready\ndone\n"
    after: dict[str, Any] = json.loads(scene.run("look"))
    assert len(after["stored"]) == SITES * EACH
    assert after["signals"] == after["stored"]
    assert (after["cases"], after["told"], after["faults"]) == (SITES, SITES, 0)
