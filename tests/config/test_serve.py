"""A worker that lives and does not turn is ended and started anew; one that turns is left alone."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from narvaro.config.serve import BEGINNING_S, Child, worker_stands_still
from narvaro.spine import clock
from narvaro.spine.clock import Hands
from narvaro.spine.heartbeat import FILE, STILL_S, Heart

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def make_child(home: Path) -> Child:
    """Make a worker that sleeps, started now."""
    return Child("work", SLEEPER, stands_still=worker_stands_still(home), pause_s=0.01)


class Living:
    """A process that lives, as far as one asks for its id."""

    pid = os.getpid()


def test_a_heartbeat_that_grows_old_is_a_standstill(tmp_path: Path, hands: Hands) -> None:
    """Thirty seconds; also where the file cannot be read any more."""
    child = make_child(tmp_path)
    child.process = Living()  # type: ignore[assignment]  # only its id is asked for
    stands_still = worker_stands_still(tmp_path)
    heart = Heart(tmp_path)
    heart.turned()
    assert not stands_still(child)
    hands.advance(STILL_S)
    assert not stands_still(child)
    heart.beat()
    hands.advance(STILL_S + 1)
    assert stands_still(child)
    heart.beat()
    assert not stands_still(child)
    (tmp_path / FILE).write_text("{")
    hands.advance(STILL_S - 1)
    assert not stands_still(child)
    hands.advance(2)
    assert stands_still(child)


def test_a_worker_gets_its_time_to_begin(tmp_path: Path, hands: Hands) -> None:
    """The heartbeat of the one before it says nothing of it."""
    Heart(tmp_path).turned()
    left = json.loads((tmp_path / FILE).read_text()) | {"pid": 1}
    (tmp_path / FILE).write_text(json.dumps(left))
    child = make_child(tmp_path)
    child.process = Living()  # type: ignore[assignment]  # only its id is asked for
    stands_still = worker_stands_still(tmp_path)
    hands.advance(BEGINNING_S)
    assert not stands_still(child)
    hands.advance(1)
    assert stands_still(child)


def test_a_worker_that_stands_still_is_ended_and_started_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a real process: the old one is gone, a new one lives, and the log says why."""
    child = make_child(tmp_path)
    child.start()
    assert child.process is not None
    old: subprocess.Popen[bytes] = child.process
    try:
        child.tend()
        assert old.poll() is None
        uptime = clock.uptime()
        still = {
            "pid": old.pid, "boot": uptime.boot, "step_s": clock.monotonic() - STILL_S - 1,
            "turned_at": "", "database_answers": True,
        }  # fmt: skip
        (tmp_path / FILE).write_text(json.dumps(still))
        until = time.monotonic() + 10
        new: subprocess.Popen[bytes] | None = old
        while (new is None or new is old) and time.monotonic() < until:
            child.tend()
            new = child.process
            time.sleep(0.02)
        assert old.returncode == -9
        assert new is not None
        assert new is not old
        assert new.poll() is None
        assert "stands_still" in caplog.messages
    finally:
        old.kill()
        child.stop()
