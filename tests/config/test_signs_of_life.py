"""The worker is killed just before a sign of life is due: it is raised all the same, in time, once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent
DUE_S = 14
PATIENCE_S = 60.0


def environment(home: Path) -> dict[str, str]:
    return os.environ | {
        "NARVARO_HOME": str(home),
        "NARVARO_DATABASE_URL": "",
        "NARVARO_WEB_PORT": "0",
        "NARVARO_ALARM_PORT": "0",
        "NARVARO_POSITION_PORT": "0",
        "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
        "NUMBA_CACHE_DIR": str(settings.HOME.kernels),
    }


def scene(home: Path, *what: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.config.watch_scene", *what], env=environment(home), cwd=ROOT,
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    ).stdout  # fmt: skip


def look(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scene(home, "look"))
    return found


@pytest.mark.crash
def test_a_missing_sign_of_life_is_raised_in_time_while_the_worker_is_killed(
    tmp_path: Path,
) -> None:
    """Within two seconds of its time, and once, however often the worker starts anew."""
    scene(tmp_path, "begin", str(DUE_S))
    begun = time.monotonic()
    narvaro = [sys.executable, "-m", "narvaro.config.cli"]
    web = subprocess.Popen([*narvaro, "web"], env=environment(tmp_path), stdout=subprocess.DEVNULL)
    worker = subprocess.Popen([*narvaro, "work"], env=environment(tmp_path))
    try:
        time.sleep(max(0.0, begun + DUE_S - 1 - time.monotonic()))
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        end = time.monotonic() + PATIENCE_S
        while not look(tmp_path)["late_s"]:
            assert time.monotonic() < end, "nobody raised it"
            time.sleep(0.2)
        worker = subprocess.Popen([*narvaro, "work"], env=environment(tmp_path))
        time.sleep(6)
        seen = look(tmp_path)
    finally:
        for one in (worker, web):
            one.terminate()
        for one in (worker, web):
            one.wait(20)
    (late_s,) = seen["late_s"]
    assert 0 <= late_s <= 2.0
    assert (seen["missed"], seen["escalations"], seen["fired"]) == (1, 1, 1)
