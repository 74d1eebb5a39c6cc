"""Promotion is killed while it carries alarms from the journal: each arrives, and arrives once."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from tests.config.promotion_scene import EACH, SITES

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120.0
KILLS = 6


class Scene:
    """A home of its own, in which steps run as processes."""

    def __init__(self, home: Path) -> None:
        self.environment = os.environ | {
            "NARVARO_HOME": str(home), "NARVARO_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
            "NUMBA_CACHE_DIR": str(settings.HOME.kernels),
        }  # fmt: skip

    def start(self, what: str) -> subprocess.Popen[str]:
        """Start a step."""
        command = [sys.executable, "-m", "tests.config.promotion_scene", what]
        return subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    def run(self, what: str) -> str:
        """Run a step to its end; return what it said."""
        step = self.start(what)
        said, _ = step.communicate(timeout=PATIENCE_S)
        assert step.returncode == 0
        return said

    def kill_within(self, longest_s: float, dice: Random) -> bool:
        """Start to promote and kill it at a random moment; return whether it was under way."""
        step = self.start("promote")
        assert step.stdout is not None
        assert step.stdout.readline() == "ready\n"
        time.sleep(dice.uniform(0.02, longest_s))
        step.kill()
        said, _ = step.communicate(timeout=PATIENCE_S)
        return said == ""


@pytest.mark.crash
def test_every_alarm_is_promoted_once_however_often_the_promotion_is_killed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.run("begin")
    dice = Random(1)
    under_way = sum(scene.kill_within(0.4, dice) for _ in range(KILLS))
    before: dict[str, Any] = json.loads(scene.run("look"))
    assert under_way == KILLS
    assert 0 < len(before["signals"]) < SITES * EACH
    assert scene.run("promote") == "ready\ndone\n"
    after: dict[str, Any] = json.loads(scene.run("look"))
    assert len(after["stored"]) == SITES * EACH
    assert after["signals"] == after["stored"]
    assert (after["cases"], after["told"], after["faults"]) == (SITES, SITES, 0)
