"""Timers: fired once, with what they write, across failures."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from narvaro.spine import clock, timers
from narvaro.spine.clock import Hands, ruled_by
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Timer
from tests.at_once import at_once
from tests.make import NIGHT, World, make_world

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


def test_a_timer_fires_at_its_deadline_and_once(world: World, hands: Hands) -> None:
    """Not before, not twice."""
    start(world, 60)
    hands.advance(59)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1
    hands.advance(3600)
    assert timers.fire_due() == 0
    assert len(_rung) == 1


def test_a_cancelled_timer_does_not_fire(world: World, hands: Hands) -> None:
    """A cancelled timer stays silent."""
    timer = start(world, 60)
    timers.cancel(KIND, subject=timer.subject, at=NIGHT)
    hands.advance(3600)
    assert timers.fire_due() == 0


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_a_clock_that_steps_fires_nothing_early_and_nothing_late(
    world: World, hands: Hands, jump_s: float
) -> None:
    """While the machine runs, its uptime decides."""
    start(world, 60)
    hands.advance(30)
    hands.jump(jump_s)
    hands.advance(29)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1


def test_a_standby_fires_only_what_is_late(world: World, hands: Hands) -> None:
    """The first scheduler has its time."""
    start(world, 60)
    hands.advance(60)
    assert timers.fire_due(late_by_s=1.0) == 0
    hands.advance(1)
    assert timers.fire_due(late_by_s=1.0) == 1


def test_a_timer_that_is_moved_while_it_is_being_fired_waits_on(
    world: World, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign of life that comes at the last moment counts."""
    timer = start(world, 60)
    hands.advance(60)

    def move(tenant_id: UUID) -> None:
        timers.set_to(
            KIND, tenant_id=tenant_id, subject=timer.subject,
            deadline=clock.now() + timedelta(seconds=60),
        )  # fmt: skip

    monkeypatch.setattr(timers, "hold", move)
    assert timers.fire_due() == 0
    assert not _rung
    hands.advance(60)
    monkeypatch.undo()
    assert timers.fire_due() == 1


def test_after_a_restart_of_the_machine_the_time_decides(world: World, hands: Hands) -> None:
    """The uptime of then says nothing any more."""
    timer = start(world, 60)
    Timer.objects.filter(pk=timer.pk).update(boot="before", boot_deadline_s=1.0)
    hands.advance(59)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_fire_each_timer_once() -> None:
    """Twenty timers, four schedulers, each looking twenty times: twenty rings."""
    with ruled_by(Hands(NIGHT)):
        world = make_world()
        for _ in range(20):
            start(world, 0)

        def fire() -> None:
            for _ in range(20):
                timers.fire_due()

        assert at_once(*[fire] * 4) == []
    assert len(_rung) == 20
    assert Timer.objects.exclude(fired_at=None).count() == 20


def test_a_failing_handler_is_tried_again_later(
    world: World, hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault leaves the timer waiting, said in the log, and fires it a little later."""
    start(world, 0)
    start(world, 0)
    _faults.append(ValueError("the bell is cracked"))
    assert timers.fire_due() == 1
    assert "timer failed" in caplog.text
    hands.advance(1)
    assert timers.fire_due() == 0
    hands.advance(2)
    assert timers.fire_due() == 1


def test_a_timer_without_a_handler_is_refused(world: World) -> None:
    """A deadline that nobody would hear is no deadline."""
    with pytest.raises(LookupError, match=r"no\.such"):
        timers.start("no.such", tenant_id=world.tenant.pk, subject=uuid7(), deadline=NIGHT)


def test_what_should_have_fired_is_counted_by_its_uptime(world: World, hands: Hands) -> None:
    """By how much, not before; a step of the clock makes nothing overdue."""
    first = start(world, 60)
    start(world, 90)
    assert timers.count_waiting() == 2
    hands.jump(3600)
    assert timers.find_overdue() == (0, None)
    hands.advance(65)
    assert timers.find_overdue() == (1, first.deadline)
    hands.advance(30)
    assert timers.find_overdue() == (2, first.deadline)
    timers.fire_due()
    assert timers.find_overdue() == (0, None)
    assert timers.count_waiting() == 0
