"""Plans: no rule broken by a literal second-by-second judge, the harm as defined, clear answers."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.jit import F64
from narvaro.core.patrol import (
    Appointment,
    Breach,
    Dwell,
    LeftOut,
    Night,
    Place,
    Plan,
    Route,
    Shift,
    Stay,
    Stop,
    Visit,
    Why,
    count_bins,
    insert,
    list_breaches,
    list_stops,
    move,
    plan,
    prevented,
    remove,
    report,
    retime,
    total_prevented,
    work,
)
from narvaro.core.patrol.arrays import pack
from narvaro.core.patrol.search import prevented as kernel_prevented
from narvaro.core.rules import Break, Broken, Interval

HOUR = 3600


def make_night(rates: Sequence[float] = (0, 3, 2, 1), hours: float = 4, /, **given_: Any) -> Night:
    """Make a night of places five minutes apart, base first, with one car all night."""
    count = len(rates)
    travel_s = np.full((count, count), 300.0)
    np.fill_diagonal(travel_s, 0.0)
    shifts = given_.pop("shifts", (Shift(UUID(int=100), 0, 0, int(hours * HOUR)),))
    bins = max(1, count_bins(shifts))
    plain = Night(
        places=tuple(Place(UUID(int=number)) for number in range(count)),
        shifts=shifts,
        travel_s=travel_s,
        harm=np.repeat(np.array(rates, float)[:, None], bins, axis=1) / 30,
    )
    return replace(plain, **given_)


def places_of(one: Plan) -> set[int]:
    """Return where anybody goes."""
    return {visit.place for route in one.routes for visit in route.visits}


# ---- the literal judge ----------------------------------------------------------------------------


def judge(night: Night, routes: Sequence[Route]) -> list[str]:
    """Live through each shift second by second and note everything that is wrong."""
    wrong: list[str] = []
    for route in routes:
        wrong += _judge_shift(night, night.shifts[route.shift], route)
    visits = [(route.shift, one) for route in routes for one in route.visits]
    numbers = [one.appointment for _, one in visits if one.appointment is not None]
    wrong += ["kept twice"] * (len(numbers) != len(set(numbers)))
    for a, (_, one) in enumerate(visits):
        for _, other in visits[a + 1 :]:
            both_announced = one.appointment is not None and other.appointment is not None
            if night.spacing_s and one.place == other.place and not both_announced:
                apart = [s for s in range(one.arrive_s - night.spacing_s + 1, one.leave_s + night.spacing_s)
                         if other.arrive_s <= s < other.leave_s]  # fmt: skip
                wrong += ["too soon again"] * bool(apart)
    return wrong


def _judge_shift(night: Night, shift: Shift, route: Route) -> list[str]:
    wrong: list[str] = []
    busy = np.zeros(shift.ends_s + 1, int)
    free_s, place = shift.starts_s, shift.base
    for rest in route.rests:
        busy[rest.from_s : rest.until_s] += 1
        if rest.until_s > shift.ends_s or rest.from_s < shift.starts_s:
            wrong.append("rests outside the shift")
    for due, rest in zip(shift.breaks, route.rests, strict=True):
        if (
            not due.earliest_s <= rest.from_s <= due.latest_s
            or rest.until_s - rest.from_s != due.length_s
        ):
            wrong.append("break at the wrong time")
    for one in route.visits:
        wrong += _judge_visit(night, shift, route.shift, one)
        idle = int((busy[free_s : one.arrive_s] == 0).sum())
        if not idle >= night.travel_s[place, one.place]:
            wrong.append("cannot be there yet")
        busy[one.arrive_s : one.leave_s] += 1
        free_s, place = one.leave_s, one.place
    if route.visits:
        idle = int((busy[free_s : route.home_s] == 0).sum())
        if not idle >= night.travel_s[place, shift.base] or route.home_s > shift.ends_s:
            wrong.append("not home in time")
    if busy.max(initial=0) > 1:
        wrong.append("does two things at once")
    return wrong


def _judge_visit(night: Night, shift: Shift, number: int, one: Visit) -> list[str]:
    wrong: list[str] = []
    if one.arrive_s < shift.starts_s or one.leave_s > shift.ends_s:
        wrong.append("outside the shift")
    if shift.allowed is not None:
        covered = np.zeros(shift.ends_s + 1, bool)
        for from_s, until_s in shift.allowed[one.place]:
            covered[max(0, from_s) : max(0, until_s)] = True
        if not covered[one.arrive_s : one.leave_s].all():
            wrong.append("no permit")
    if one.appointment is None:
        wrong += ["dwell"] * (not night.dwell.least_s <= one.dwell_s <= night.dwell.most_s)
        return wrong
    given_ = night.appointments[one.appointment]
    kept = given_.from_s <= one.arrive_s and one.leave_s <= given_.until_s
    wrong += ["outside the window"] * (not kept)
    wrong += ["another dwell or place"] * (
        (one.dwell_s, one.place) != (given_.dwell_s, given_.place)
    )
    wrong += ["another unit"] * (given_.shift not in {None, number})
    return wrong


@st.composite
def nights(draw: st.DrawFn) -> Night:
    """Draw small nights with everything that may stand in the way."""
    count = draw(st.integers(1, 6))
    times = st.one_of(st.integers(0, 1500).map(float), st.floats(0, 900), st.just(inf))
    travel = [[0.0 if a == b else draw(times) for b in range(count)] for a in range(count)]
    shifts = tuple(draw(draw_shift(count, number)) for number in range(draw(st.integers(0, 3))))
    bins = draw(st.sampled_from([1, 30, count_bins(shifts) or 1]))
    harm = np.array([[draw(st.sampled_from([0.0, 0.1, 1.0, 7.5]))] * bins for _ in range(count)])
    harm *= np.linspace(draw(st.floats(0, 1)), 1, bins)
    focus = [draw(st.sampled_from([1.0, 1.0, 0.0, 3.0])) for _ in range(count)]
    least = draw(st.sampled_from([300, 600]))
    dwell = Dwell(least, draw(st.sampled_from([least, 720])), draw(st.sampled_from([720, 1200])))
    return Night(
        places=tuple(Place(UUID(int=n), focus[n]) for n in range(count)),
        shifts=shifts,
        travel_s=np.array(travel),
        harm=harm,
        appointments=tuple(draw(st.lists(draw_appointment(count, len(shifts)), max_size=4))),
        half_life_s=draw(st.sampled_from([1800, 3600])),
        dwell=dwell,
        spacing_s=draw(st.sampled_from([0, 900, 3600])),
    )


@st.composite
def draw_shift(draw: st.DrawFn, count: int, number: int) -> Shift:
    starts_s = draw(st.integers(0, 2 * HOUR))
    ends_s = starts_s + draw(st.integers(0, 5 * HOUR))
    breaks, free_s = [], starts_s
    for _ in range(draw(st.integers(0, 2))):
        earliest_s = free_s + draw(st.integers(0, HOUR))
        latest_s = earliest_s + draw(st.sampled_from([0, 600, HOUR]))
        length_s = draw(st.sampled_from([60, 900, 1800]))
        free_s = latest_s + length_s
        if free_s <= ends_s:
            breaks.append(Break(earliest_s, latest_s, length_s))
    allowed = None
    if draw(st.booleans()):
        allowed = tuple(_intervals(draw(st.lists(st.integers(0, 7 * HOUR), max_size=4, unique=True)))
                        for _ in range(count))  # fmt: skip
    return Shift(
        UUID(int=number), draw(st.integers(0, count - 1)), starts_s, ends_s, tuple(breaks), allowed
    )


def _intervals(borders: list[int]) -> tuple[Interval, ...]:
    ordered = sorted(borders)
    return tuple(Interval(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=False))


@st.composite
def draw_appointment(draw: st.DrawFn, count: int, shifts: int) -> Appointment:
    from_s, dwell_s = draw(st.integers(0, 5 * HOUR)), draw(st.sampled_from([1, 600, 3000]))
    until_s = from_s + dwell_s + draw(st.sampled_from([0, 600, 2 * HOUR]))
    shift = draw(st.integers(0, shifts - 1)) if shifts and draw(st.booleans()) else None
    worth = draw(st.sampled_from([None, 0.0, 5.0]))
    return Appointment(draw(st.integers(0, count - 1)), from_s, until_s, dwell_s, shift, worth)


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
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


# ---- harm -----------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 2_000)), max_size=8),
    st.integers(1, 300),
    st.sampled_from([1800, 3600, 7200]),
    st.integers(0, 2**32),
)
def test_the_compiled_harm_is_the_literal_harm(
    stays: list[tuple[int, int]], bins: int, half_life_s: int, seed: int
) -> None:
    """Prefix sums and the strongest memory give what a sum over bins gives."""
    harm = np.random.default_rng(seed).random((2, bins))
    night = make_night((0, 1), harm=harm, half_life_s=half_life_s)
    ordered = sorted(stays)
    visits = np.array([(a, a + d, 0, 0) for a, d in ordered], np.int64).reshape(-1, 4)
    compiled = kernel_prevented(pack(night).harm, 1, visits)
    assert compiled == pytest.approx(literal(harm[1], stays, half_life_s), abs=1e-9)
    assert prevented(night, 1, [Stay(*one) for one in stays]) == pytest.approx(compiled, abs=1e-9)


def literal(harm: F64, stays: list[tuple[int, int]], half_life_s: int) -> float:
    """Sum harm times presence, bin by bin, straight from the definition."""
    total = 0.0
    for number, expected in enumerate(harm.tolist()):
        middle = 120 * number + 60
        most = 0.0
        for arrive, dwell in stays:
            left = 0.0 if dwell < 300 else min(1.0, dwell / 720)
            if arrive <= middle < arrive + dwell:
                most = 1.0
            elif middle >= arrive + dwell:
                most = max(most, left * 2 ** (-(middle - arrive - dwell) / half_life_s))
        total += expected * most
    return total


def test_presence_saturates_at_twelve_minutes_fades_and_never_adds_up() -> None:
    """Half an hour later half is left at a half-life of half an hour; a second guard adds nothing."""
    full = work([Stay(0, 720)], 30, 1800)
    assert full[:6].tolist() == [1.0] * 6
    assert full[20] == pytest.approx(0.5 ** ((20 * 120 + 60 - 720) / 1800))
    assert work([Stay(0, 720), Stay(0, 720)], 30, 1800).tolist() == full.tolist()
    assert work([Stay(0, 360)], 30, 1800)[20] == pytest.approx(
        0.5 * 0.5 ** ((20 * 120 + 60 - 360) / 1800)
    )
    assert work([Stay(0, 299)], 30, 1800)[3:].max() == 0


# ---- clear answers --------------------------------------------------------------------------------


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
    night = make_night((0, 3, 2, 1, 2, 2, 1, 3))
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


# ---- changes --------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"travel_s": np.zeros((2, 2))}, "Night.travel_s"),
        ({"travel_s": np.full((4, 4), -1.0)}, "Night.travel_s"),
        ({"harm": np.zeros((3, 9))}, "Night.harm"),
        ({"harm": np.full((4, 9), np.nan)}, "Night.harm"),
        ({"half_life_s": 0}, "half-life"),
        ({"dwell": Dwell(900, 720, 900)}, "Night.dwell"),
        ({"shifts": (Shift(UUID(int=1), 9, 0, 10),)}, r"shifts\[0\].base"),
        ({"shifts": (Shift(UUID(int=1), 0, 10, 0),)}, r"shifts\[0\]"),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 9, (Break(0, 5, 5),)),)}, "after the shift"),
        ({"shifts": (Shift(UUID(int=1), 0, 5, 99, (Break(0, 5, 5),)),)}, "before the shift"),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 9, allowed=((),)),)}, "allowed: 1 entries"),
        ({"appointments": (Appointment(7, 0, 9, 9),)}, r"appointments\[0\].place"),
        ({"appointments": (Appointment(1, 0, 9, 10),)}, "do not fit"),
        ({"appointments": (Appointment(1, 0, 9, 9, shift=3),)}, r"appointments\[0\].shift"),
    ],
)
def test_a_night_that_contradicts_itself_is_refused_with_its_place(
    wrong: dict[str, Any], says: str
) -> None:
    """The caller reads which field is wrong."""
    with pytest.raises(ValueError, match=says):
        make_night(**wrong)
