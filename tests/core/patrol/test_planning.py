"""Plans: no rule broken, the most harmful first, and a clear answer where nothing can be done."""

from dataclasses import replace
from math import inf
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.patrol import (
    Appointment,
    LeftOut,
    Night,
    Shift,
    Why,
    list_breaches,
    plan,
    total_prevented,
)
from narvaro.core.rules import Break, Broken, Interval
from tests.core.patrol.nights import HOUR, judge, make_night, nights, places_of


@settings(max_examples=100, deadline=None)
@given(nights(), st.integers(0, 2**32))
def test_no_plan_breaks_a_rule(night: Night, seed: int) -> None:
    """The judge lives through every plan; the rules find what the judge finds: nothing."""
    one = plan(night, seed=seed, iterations=20)
    assert judge(night, one.routes) == []
    assert list_breaches(night, one.routes) == ()
    assert one.prevented == pytest.approx(total_prevented(night, one.routes))
    assert 0 <= one.prevented <= one.expected * (1 + 1e-9)
    kept = {visit.appointment for route in one.routes for visit in route.visits}
    missed = {left.appointment for left in one.unserved}
    assert (kept | missed) - {None} == set(range(len(night.appointments)))
    assert not kept & missed - {None}


def test_the_most_harmful_place_is_visited_first_and_most_and_says_so() -> None:
    """Three hours at one place of three is not the plan; its rank and the first visit are told."""
    one = plan(make_night(), seed=1, iterations=200)
    visits = one.routes[0].visits
    assert visits[0].place == 1
    assert places_of(one) == {1, 2, 3}
    reasons = {reason.code: reason.value for reason in visits[0].reasons}
    assert reasons[Why.HARM] == 1
    assert reasons[Why.FIRST_TONIGHT] == 1
    again = next(visit for visit in visits[1:] if visit.place == 1)
    since = {reason.code: reason.value for reason in again.reasons}[Why.LAST_VISIT]
    assert since == again.arrive_s - visits[0].leave_s >= 1800
    assert visits[0].prevented == pytest.approx(
        total_prevented(make_night(), one.routes)
        - total_prevented(make_night(), [replace(one.routes[0], visits=visits[1:])])
    )


def test_the_same_seed_gives_the_same_plan_and_another_seed_other_times() -> None:
    """A plan can be made again; tomorrow's is another."""
    night = make_night((0, *range(1, 20)), 8)
    one = plan(night, seed=1, iterations=60)
    assert one == plan(night, seed=1, iterations=60)
    assert one.routes != plan(night, seed=2, iterations=60).routes


def test_searching_longer_prevents_no_less_and_a_limit_ends_it() -> None:
    """The best plan found is kept; a limit that is used up leaves the greedy plan."""
    night = make_night((0, 3, 2, 1, 2, 2, 1, 3))
    greedy = plan(night, seed=1, iterations=0)
    asked = []

    def used_up() -> bool:
        asked.append(True)
        return True

    assert plan(night, seed=1, iterations=10**9, stop=used_up) == greedy
    assert asked == [True]
    assert plan(night, seed=1, iterations=200).prevented >= greedy.prevented


def test_a_place_without_harm_gets_no_visit_and_is_named() -> None:
    """Nobody is sent where nothing is expected; the base is not missed."""
    one = plan(make_night((0, 3, 0)), seed=1, iterations=0)
    assert places_of(one) == {1}
    assert [(left.place, left.why) for left in one.unserved] == [(2, LeftOut.NO_HARM)]


def test_an_appointment_is_kept_before_any_harm_and_outside_the_lottery() -> None:
    """An announced hour at a harmless square comes first, within its window, by the unit promised."""
    shifts = (Shift(UUID(int=1), 0, 0, 2 * HOUR), Shift(UUID(int=2), 0, 0, 2 * HOUR))
    night = make_night((0, 9, 0), shifts=shifts,
                       appointments=(Appointment(2, HOUR, 2 * HOUR - 300, HOUR - 300, shift=1),))  # fmt: skip
    one = plan(night, seed=1, iterations=50)
    [kept] = [v for v in one.routes[1].visits if v.appointment is not None]
    assert (kept.place, kept.arrive_s, kept.dwell_s) == (2, HOUR, HOUR - 300)
    assert kept.reasons[0].code == Why.APPOINTMENT
    assert one.unserved == ()


def test_an_appointment_that_cannot_be_kept_names_the_rule_of_its_own_unit() -> None:
    """The unit that was promised is off before; that another could come does not help."""
    shifts = (Shift(UUID(int=1), 0, 0, HOUR), Shift(UUID(int=2), 0, 0, 4 * HOUR))
    late = Appointment(1, 2 * HOUR, 3 * HOUR, 600, shift=0)
    one = plan(make_night(shifts=shifts, appointments=(late,)), seed=1, iterations=20)
    [missed] = [left for left in one.unserved if left.appointment is not None]
    assert (missed.place, missed.why) == (1, Broken.OUTSIDE_SHIFT)
    assert missed.could_prevent > 0


def test_appointments_do_not_make_the_search_for_harm_coarse() -> None:
    """An appointment's precedence is no measure of what a visit is worth."""
    night = make_night((0, *range(1, 20)), 8, spacing_s=0)
    short = replace(night, appointments=(Appointment(0, 0, 60, 1),))
    free = plan(night, seed=1, iterations=400).prevented
    assert plan(short, seed=1, iterations=400).prevented > 0.99 * free


def test_focus_draws_visits_without_changing_what_is_prevented() -> None:
    """The week's focus weighs in the search; the harm told stays the forecast's."""
    night = make_night((0, 1, 1, 1), 1, spacing_s=0)
    focused = replace(
        night,
        places=tuple(replace(p, focus=5.0 if n == 3 else 1.0) for n, p in enumerate(night.places)),
    )
    one = plan(focused, seed=1, iterations=50)
    first = one.routes[0].visits[0]
    assert first.place == 3
    assert Why.FOCUS in {reason.code for reason in first.reasons}
    assert one.prevented == pytest.approx(total_prevented(night, one.routes))


NEVER = ((),) * 4
EARLY = ((Interval(0, HOUR),),) * 4


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"shifts": ()}, LeftOut.NO_UNIT),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 1319),)}, Broken.PAST_SHIFT_END),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 400),)}, Broken.OUTSIDE_SHIFT),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 0),)}, Broken.OUTSIDE_SHIFT),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 4 * HOUR, allowed=NEVER),)}, Broken.NO_PERMIT),
        ({"shifts": (Shift(UUID(int=1), 0, HOUR, 4 * HOUR, allowed=EARLY),)}, Broken.NO_PERMIT),
        ({"travel_s": np.where(np.eye(4, dtype=bool), 0.0, inf)}, Broken.NO_ROAD),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 1500, (Break(100, 200, 1200),)),)}, Broken.BREAK_MISSING),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_rule(
    changed: dict[str, Any], why: Broken | LeftOut
) -> None:
    """No unit, too short a shift, no permit, no road: an empty plan that says so for each place."""
    one = plan(make_night(**changed), seed=1, iterations=20)
    assert [visit for route in one.routes for visit in route.visits] == []
    told = {left.place: left.why for left in one.unserved if left.place}
    assert told == {1: why, 2: why, 3: why}


def test_no_places_and_no_units_give_an_empty_plan() -> None:
    """Nothing in, nothing out, and no exception."""
    empty = Night((), (), np.zeros((0, 0)), np.zeros((0, 0)))
    one = plan(empty, seed=1)
    assert (one.routes, one.unserved, one.prevented, one.share) == ((), (), 0.0, 0.0)


def test_what_fits_but_gives_less_is_outranked() -> None:
    """A place that others beat is named with what a visit there could have prevented."""
    one = plan(make_night((0, 9, 9, 0.1), 0.8), seed=1, iterations=50)
    [left] = one.unserved
    assert (left.place, left.why) == (3, LeftOut.OUTRANKED)
    assert left.could_prevent > 0
