"""Nights for the patrol tests, made and drawn, and a judge who lives through a plan."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import strategies as st

from narvaro.core.patrol import (
    Appointment,
    Dwell,
    Night,
    Place,
    Plan,
    Route,
    Shift,
    Visit,
    count_bins,
)
from narvaro.core.rules import Break, Interval

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
