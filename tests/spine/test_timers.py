"""Timers: fired once, with what they write, across failures."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from narvaro.spine import timers
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Timer
from tests.make import NIGHT, World

KIND = "test.bell"
_rung: list[datetime] = []
_faults: list[Exception] = []


@pytest.fixture(autouse=True)
def bell() -> Iterator[None]:
    """Name a handler that rings, or fails where a fault waits."""

    @timers.fires(KIND)
    def ring(timer: Timer, now: datetime) -> None:
        if _faults:
            raise _faults.pop()
        _rung.append(now)

    _rung.clear()
    _faults.clear()
    yield
    timers._handlers.pop(KIND)


def start(world: World, seconds: float) -> Timer:
    """Set a timer and return its row."""
    subject = uuid7()
    deadline = NIGHT + timedelta(seconds=seconds)
    timers.start(KIND, tenant_id=world.tenant.pk, subject=subject, deadline=deadline)
    return Timer.objects.get(subject=subject)


def test_a_timer_fires_at_its_deadline_and_once(world: World) -> None:
    """Not before, not twice."""
    start(world, 60)
    assert timers.fire_due(NIGHT + timedelta(seconds=59)) == 0
    assert timers.fire_due(NIGHT + timedelta(seconds=60)) == 1
    assert timers.fire_due(NIGHT + timedelta(hours=1)) == 0
    assert len(_rung) == 1


def test_a_cancelled_timer_does_not_fire(world: World) -> None:
    """A cancelled timer stays silent."""
    timer = start(world, 60)
    timers.cancel(KIND, subject=timer.subject, at=NIGHT)
    assert timers.fire_due(NIGHT + timedelta(hours=1)) == 0


def test_a_failing_handler_is_tried_again_later(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault leaves the timer waiting, said in the log, and fires it a little later."""
    start(world, 0)
    start(world, 0)
    _faults.append(ValueError("the bell is cracked"))
    assert timers.fire_due(NIGHT) == 1
    assert "timer failed" in caplog.text
    assert timers.fire_due(NIGHT + timedelta(seconds=1)) == 0
    assert timers.fire_due(NIGHT + timedelta(seconds=3)) == 1


def test_a_timer_without_a_handler_is_refused(world: World) -> None:
    """A deadline that nobody would hear is no deadline."""
    with pytest.raises(LookupError, match=r"no\.such"):
        timers.start("no.such", tenant_id=world.tenant.pk, subject=uuid7(), deadline=NIGHT)
