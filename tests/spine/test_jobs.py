"""Jobs: repeated on one row, run by one worker at a time, tried again when they fail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from narvaro.spine import jobs
from narvaro.spine.models import Job
from tests.make import NIGHT, World

KIND = "test.sweep"
_swept: list[int] = []
_faults: list[Exception] = []


@pytest.fixture(autouse=True)
def sweep() -> Iterator[None]:
    """Name work that sweeps, or fails where a fault waits."""

    @jobs.does(KIND)
    def work() -> None:
        if _faults:
            raise _faults.pop()
        _swept.append(1)

    _swept.clear()
    _faults.clear()
    yield
    jobs._kinds.pop(KIND)


def test_a_repeated_job_keeps_one_row_and_moves_its_time(world: World) -> None:
    """Asked for at each start, there is one; it runs each ten minutes."""
    for _ in range(3):
        jobs.repeat(KIND, every_s=600)
    assert jobs.run_due(NIGHT) == 1
    assert jobs.run_due(NIGHT + timedelta(seconds=599)) == 0
    assert jobs.run_due(NIGHT + timedelta(seconds=600)) == 1
    assert (len(_swept), Job.objects.count()) == (2, 1)


def test_a_single_job_runs_once_and_waits_once(world: World) -> None:
    """Asked for twice while it waits, it runs once."""
    jobs.enqueue(KIND, run_at=NIGHT)
    jobs.enqueue(KIND, run_at=NIGHT)
    assert jobs.run_due(NIGHT) == 1
    assert jobs.run_due(NIGHT + timedelta(hours=1)) == 0


def test_a_failing_job_keeps_its_fault_and_is_tried_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault stands on its row and in the log, until it runs."""
    jobs.enqueue(KIND, run_at=NIGHT)
    _faults.append(OSError("the broom is broken"))
    assert jobs.run_due(NIGHT) == 0
    assert "OSError: the broom is broken" in Job.objects.get().last_error
    assert "job failed" in caplog.text
    assert jobs.run_due(NIGHT + timedelta(seconds=3)) == 1
    assert Job.objects.get().last_error == ""


def test_a_leased_job_is_left_alone_until_its_lease_ends(world: World) -> None:
    """A worker that died gives its job up, not before."""
    jobs.enqueue(KIND, run_at=NIGHT)
    Job.objects.update(lease_until=NIGHT + timedelta(seconds=jobs.LEASE_S))
    assert jobs.run_due(NIGHT + timedelta(seconds=1)) == 0
    assert jobs.run_due(NIGHT + timedelta(seconds=jobs.LEASE_S + 1)) == 1
