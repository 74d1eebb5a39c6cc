"""Changes by hand: what they cost, what forbids them, and which preferences they set aside."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.patrol import (
    Appointment,
    Breach,
    Night,
    Route,
    Shift,
    Stop,
    insert,
    list_stops,
    move,
    plan,
    remove,
    report,
    retime,
    total_prevented,
)
from narvaro.core.rules import Broken, Interval
from tests.core.patrol.nights import HOUR, judge, make_night, nights


@settings(max_examples=100, deadline=None)
@given(nights(), st.data())
def test_changes_by_hand_are_allowed_and_judged_alike(night: Night, data: st.DataObject) -> None:
    """A change that is made breaks at most preferences; one that is not names its rule."""
    one = plan(night, seed=1, iterations=0)
    if not night.shifts:
        return
    shift = data.draw(st.integers(0, len(night.shifts) - 1))
    at = data.draw(st.integers(0, len(one.routes[shift].visits)))
    stop = Stop(data.draw(st.integers(0, len(night.places) - 1)), data.draw(st.integers(60, 2000)))
    changed = insert(night, one, shift=shift, at=at, stop=stop)
    if changed.plan is None:
        assert changed.breaches
        assert not all(breach.is_preference for breach in changed.breaches)
    else:
        found = set(judge(night, changed.plan.routes))
        assert found <= {"too soon again", "dwell"}
        assert bool(found) == bool(changed.breaches)
        assert changed.prevented == pytest.approx(
            total_prevented(night, changed.plan.routes) - one.prevented
        )


def test_taking_a_visit_out_and_putting_it_back_costs_and_gives_the_same() -> None:
    """The other visits keep their times, so that the way back is the way there."""
    night = make_night()
    one = plan(night, seed=3, iterations=100)
    stop = list_stops(one.routes[0])[2]
    out = remove(night, one, shift=0, at=2)
    assert out.plan is not None
    assert out.prevented < 0
    assert [v.arrive_s for v in out.plan.routes[0].visits[2:]] == [
        v.arrive_s for v in one.routes[0].visits[3:]
    ]
    back = insert(night, out.plan, shift=0, at=2, stop=stop)
    assert back.plan == one
    assert back.prevented == pytest.approx(-out.prevented)
    assert back.travel_s == -out.travel_s


def test_a_visit_moves_to_another_unit_or_the_rule_that_forbids_it_is_named() -> None:
    """A public order officer takes over where the permit covers, and nowhere else."""
    allowed = ((Interval(0, HOUR),), (Interval(0, HOUR),), (), ())
    officer = Shift(UUID(int=2), 0, 0, 4 * HOUR, allowed=allowed)
    car = Shift(UUID(int=1), 0, 0, HOUR)
    night = make_night(shifts=(car, officer), spacing_s=0)
    first, second = retime(night, 0, [Stop(1, 720), Stop(2, 720)]), retime(night, 1, [])
    assert isinstance(first, Route)
    assert isinstance(second, Route)
    one = report(night, (first, second))
    over = move(night, one, shift=0, at=0, to_shift=1, to_at=0)
    assert over.plan is not None
    assert [v.place for v in over.plan.routes[1].visits] == [1]
    assert [v.place for v in over.plan.routes[0].visits] == [2]
    refused = move(night, one, shift=0, at=1, to_shift=1, to_at=0)
    assert refused.plan is None
    assert refused.breaches == (Breach(1, 0, Broken.NO_PERMIT),)


def test_a_preference_is_set_aside_aloud() -> None:
    """A second visit after five minutes is the shift leader's to decide, and is told as such."""
    night = make_night()
    alone = retime(night, 0, [Stop(1, 720)])
    assert isinstance(alone, Route)
    twice = insert(night, report(night, (alone,)), shift=0, at=1, stop=Stop(1, 300, 1020))
    assert twice.plan is not None
    assert {breach.rule for breach in twice.breaches} == {Broken.TOO_SOON_AGAIN, Broken.TOO_SHORT}
    assert all(breach.is_preference for breach in twice.breaches)


def test_an_appointment_is_not_given_to_another_unit_than_the_one_promised() -> None:
    """Who is known there goes there; the shift leader changes the appointment first."""
    shifts = (Shift(UUID(int=1), 0, 0, 2 * HOUR), Shift(UUID(int=2), 0, 0, 2 * HOUR))
    night = make_night(shifts=shifts, appointments=(Appointment(1, 0, 2 * HOUR, 900, shift=0),))
    one = plan(night, seed=1, iterations=0)
    at = next(n for n, v in enumerate(one.routes[0].visits) if v.appointment == 0)
    refused = move(night, one, shift=0, at=at, to_shift=1, to_at=0)
    assert (refused.plan, refused.breaches) == (None, (Breach(1, 0, Broken.OTHER_UNIT),))
