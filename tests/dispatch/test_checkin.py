"""Signs of life: waited for by the server, missed in time, once, wherever the phone is."""

import json
from datetime import timedelta

import pytest

from narvaro.directory.models import Unit
from narvaro.dispatch import checkin, escalation
from narvaro.dispatch.loading import load_field
from narvaro.dispatch.models import Escalation, Watch
from narvaro.situation.models import Case
from narvaro.spine import clock, timers
from narvaro.spine.clock import Hands
from narvaro.spine.models import Event, Timer
from narvaro.spine.refusal import Refused
from tests.make import NIGHT, World, crew_of, make_unit

EVERY_S = 15 * 60


@pytest.fixture
def unit(world: World) -> Unit:
    return make_unit(world, "V1", lat=59.1, at=NIGHT + timedelta(minutes=10)).unit


def start(unit: Unit) -> Watch:
    return checkin.start_watch(
        unit=unit, member_id=crew_of(unit).pk, interval_s=EVERY_S, by="V201", at=clock.now()
    )


def what_was_said() -> list[str]:
    rows = Event.objects.filter(kind="unit.watch").order_by("position")
    return [json.loads(one.payload or "{}")["what"] for one in rows]


def test_a_missed_sign_of_life_is_a_case_where_the_unit_was_last_seen(
    unit: Unit, hands: Hands
) -> None:
    """Priority 1, assistance, people told at once; the silent unit itself is asked nowhere."""
    watch = start(unit)
    hands.advance(EVERY_S - 1)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1
    (case,) = Case.objects.all()
    assert (case.kind, case.priority, case.born, case.lat) == ("assistance", 1, "watch", 59.1)
    assert case.triggered_at == watch.due_at
    assert Escalation.objects.get().case_id == case.pk
    (candidate,) = load_field(case, clock.now()).candidates
    assert candidate.state == "silent"
    assert what_was_said() == ["started", "missed"]


def test_a_sign_of_life_moves_the_deadline_and_leaves_no_event(unit: Unit, hands: Hands) -> None:
    """One timer all night, however often he checks in."""
    start(unit)
    for _ in range(20):
        hands.advance(EVERY_S - 1)
        assert checkin.check_in(unit_id=unit.pk, by="V201", at=clock.now()) is not None
        assert timers.fire_due() == 0
    assert Timer.objects.filter(kind=checkin.MISSED).count() == 1
    assert not Case.objects.exists()
    assert what_was_said() == ["started"]


def test_who_comes_back_is_asked_again_and_the_case_stays(unit: Unit, hands: Hands) -> None:
    """A person closes it; while nobody has, a second miss is the same case, and people are told anew."""
    start(unit)
    hands.advance(EVERY_S)
    timers.fire_due()
    checkin.check_in(unit_id=unit.pk, by="V201", at=clock.now())
    assert checkin.list_silent([unit.pk]) == set()
    case = Case.objects.get()
    assert case.state == "open"
    (candidate,) = load_field(case, clock.now()).candidates
    assert (candidate.state, candidate.sought) == ("available", True)
    assert escalation.acknowledge(case=case, by="test", at=clock.now())
    assert what_was_said() == ["started", "missed", "returned"]
    hands.advance(EVERY_S)
    assert timers.fire_due() >= 1
    assert Case.objects.get() == case
    assert what_was_said()[-1] == "missed"
    assert Escalation.objects.get().ended_at is None
    assert Timer.objects.filter(kind=escalation.ESCALATE, fired_at=None, cancelled_at=None).exists()


def test_a_miss_after_its_case_is_closed_is_another_case(unit: Unit, hands: Hands) -> None:
    """Also where the watch was ended and begun anew while the first was active: then it joins."""
    start(unit)
    hands.advance(EVERY_S)
    timers.fire_due()
    checkin.end_watch(unit_id=unit.pk, by="V201", at=clock.now())
    start(unit)
    hands.advance(EVERY_S)
    timers.fire_due()
    assert Case.objects.count() == 1
    assert Watch.objects.filter(case=Case.objects.get()).count() == 2
    Case.objects.update(state="closed")
    checkin.check_in(unit_id=unit.pk, by="V201", at=clock.now())
    hands.advance(EVERY_S)
    timers.fire_due()
    assert Case.objects.count() == 2


def test_a_watch_that_ended_waits_for_nothing(unit: Unit, hands: Hands) -> None:
    """And a check-in without one says so."""
    start(unit)
    assert checkin.end_watch(unit_id=unit.pk, by="V201", at=clock.now())
    assert not checkin.end_watch(unit_id=unit.pk, by="V201", at=clock.now())
    assert checkin.check_in(unit_id=unit.pk, by="V201", at=clock.now()) is None
    hands.advance(3600)
    timers.fire_due()
    assert not Case.objects.exists()


def test_an_interval_that_is_none_is_refused(unit: Unit, hands: Hands) -> None:
    """Nobody is waited for every second, nor never."""
    with pytest.raises(Refused):
        checkin.start_watch(
            unit=unit, member_id=crew_of(unit).pk, interval_s=1, by="V201", at=clock.now()
        )


@pytest.mark.parametrize("jump_s", [-3600, 3600])
def test_a_clock_that_steps_misses_nobody_and_blames_nobody(
    unit: Unit, hands: Hands, jump_s: float
) -> None:
    """The uptime decides."""
    start(unit)
    hands.advance(60)
    hands.jump(jump_s)
    hands.advance(EVERY_S - 61)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1
