"""Who fires timers, each alone and together: within two seconds and once, killed and with the clock set."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.schedulers import AFTER_S, POINTS, Schedulers

LATE_S = 2.0
EARLY_S = 1.0
"""The step before may have been seen so much later than it was due from: machines are shared."""
SINCE_S = 60.0
"""So long ago at most was what is read; a log that believed a clock that was set is an hour off."""
HOUR_S = 3600.0
STEPS = len(AFTER_S)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Schedulers:
    """Make the scene once; each test copies it."""
    scene = Schedulers(tmp_path_factory.mktemp("scene"))
    scene.run("begin")
    return scene


@pytest.fixture
def scene(made: Schedulers, tmp_path: Path) -> Iterator[Schedulers]:
    found = made.copy_to(tmp_path / "home")
    yield found
    found.end()


def judge(scene: Schedulers, late: list[float]) -> None:
    """Say and judge how late the steps were, that each is there once, and at the right time."""
    print("late by", ", ".join(f"{one:.2f} s" for one in late))
    assert min(late) >= -EARLY_S
    assert max(late) <= LATE_S
    time.sleep(1.5)  # whoever would do it once more has had the time to
    told = scene.look()
    assert (told.events, told.messages, told.fired) == (STEPS, 2 * STEPS, STEPS)
    assert max(abs(one - time.time()) for one in told.said_at) < SINCE_S


@pytest.mark.slow
@pytest.mark.parametrize("who", ["worker", "standby", "both"])
def test_each_scheduler_alone_is_in_time(scene: Schedulers, who: str) -> None:
    """The worker without the pages, the pages without the worker, and both: each step in time, once."""
    if who != "worker":
        scene.start_web()
    if who != "standby":
        scene.start_worker()
    scene.alarm()
    judge(scene, [scene.see_step() for _ in AFTER_S])


@pytest.mark.slow
@pytest.mark.parametrize("who", ["worker", "standby"])
def test_a_machine_whose_clock_is_set_is_in_time(scene: Schedulers, who: str) -> None:
    """An hour ahead, an hour behind and right again, under the processes' own loops and clock."""
    if who == "worker":
        scene.start_worker()
    else:
        scene.start_web()
    scene.alarm()
    late = []
    for off_s in (HOUR_S, -HOUR_S, 0.0):
        scene.set_clock(off_s)
        late.append(scene.see_step())
    judge(scene, late)


@pytest.mark.crash
def test_a_worker_that_is_killed_starts_behind_a_step_of_the_clock(scene: Schedulers) -> None:
    """Under `narvaro serve`, an hour ahead: what it left is done in time, and what comes is too."""
    scene.start_web("serve")
    killed = scene.until_beats()
    scene.alarm()
    scene.set_clock(HOUR_S)
    late = [scene.see_step()]
    os.kill(killed, signal.SIGKILL)
    late += [scene.see_step(), scene.see_step()]
    judge(scene, late)
    assert scene.until_beats(killed) != killed


@pytest.mark.crash
def test_workers_that_are_killed_in_a_step_leave_it_whole_or_not_begun(scene: Schedulers) -> None:
    """With a message written, before the commit, and right after it; the standby ends what they leave."""
    scene.start_web()
    workers = [scene.start("tests.config.dying_worker", point) for point in POINTS]
    for one in workers:
        scene.until_ready(one)
    scene.alarm()
    late = [scene.see_step() for _ in AFTER_S]
    judge(scene, late)
    assert [one.wait(10) for one in workers] == [-signal.SIGKILL] * len(POINTS)
