"""The plan of a night. In: a `Night`, a seed, a limit. Out: a `Plan` that breaks no rule.

First greedily, one visit after another, each where it prevents most for the time it takes; then, as
long as it may, strings of visits are taken out and put back otherwise (ruin and recreate).
"""

from collections.abc import Callable
from uuid import UUID

import numpy as np

from narvaro.core.patrol.arrays import State, World, copy_state, new_state, pack, promise
from narvaro.core.patrol.night import Appointment, Night, Place, Shift
from narvaro.core.patrol.routes import (
    LeftOut,
    Plan,
    Route,
    Unserved,
    explain,
    list_breaches,
    total_prevented,
)
from narvaro.core.patrol.search import fill, improve
from narvaro.core.patrol.timing import Stop, read_route, retime, why_never
from narvaro.core.rules import Break, Broken, Interval

CHUNK = 20  # rounds between two looks at the limit
HOT, COLD = 0.1, 0.005  # how much worse a step may be, as a share of a mean visit's worth
NEAREST = tuple(Broken)  # a unit that breaks a later rule came nearer to going


def plan(
    night: Night,
    *,
    seed: int,
    iterations: int = 1000,
    stop: Callable[[], float] | None = None,
) -> Plan:
    """Plan a night's visits; the same for the same seed and iterations where `stop` stays 0.

    `stop` returns the share of the allowed time that is used; from 1 (or True) on the search ends.
    """
    world = pack(night)
    state = new_state(world, seed)
    if night.shifts and (world.promise > 0).any():
        fill(world, state, 0.0)
        state = _search(world, state, _mean_worth(night, state), iterations, stop)
    routes = tuple(read_route(night, world, state, k) for k in range(len(night.shifts)))
    if breaches := list_breaches(night, routes):
        raise RuntimeError(f"The planner broke its own rules: {breaches}; the plan is withheld.")
    return report(night, routes)


def _mean_worth(night: Night, state: State) -> float:
    """Return what a visit is worth on average; appointments that must be kept count nothing."""
    wishes = [one.worth or 0.0 for one in night.appointments]
    kept = float(state.kept[: len(wishes)] @ np.array(wishes))
    return (float(state.value.sum()) + kept) / max(1, int(state.size.sum()))


def _search(
    world: World, state: State, mean: float, iterations: int, stop: Callable[[], float] | None
) -> State:
    best, before = copy_state(state), copy_state(state)
    done, used = 0, 0.0 if stop is None else float(stop())
    while done < iterations and used < 1:
        count = min(CHUNK, iterations - done)
        spent = max(done / iterations, used)
        heat = mean * HOT * (COLD / HOT) ** spent
        improve(world, state, best, before, count, heat)
        done += count
        used = 0.0 if stop is None else float(stop())
    return best


def report(night: Night, routes: tuple[Route, ...]) -> Plan:
    """Value and explain routes, and say what they leave out."""
    return Plan(
        explain(night, routes),
        _list_unserved(night, routes),
        total_prevented(night, routes),
        float(night.harm.sum()),
    )


def _list_unserved(night: Night, routes: tuple[Route, ...]) -> tuple[Unserved, ...]:
    """List what nobody visits, appointments first; bases without harm are not missed."""
    visits = [one for route in routes for one in route.visits]
    kept, visited = {one.appointment for one in visits}, {one.place for one in visits}
    bases = {one.base for one in night.shifts}
    promised = promise(night.harm, night.half_life_s)
    world, left = pack(night), []
    for number, given in enumerate(night.appointments):
        if number not in kept:
            stop = Stop(given.place, given.dwell_s, appointment=number)
            worth = float(promised[given.place]) if given.worth is None else given.worth
            left.append(Unserved(given.place, number, _why_left(night, world, stop), worth))
    for place in range(len(night.places)):
        if place in visited or (place in bases and promised[place] <= 0):
            continue
        stop = Stop(place, night.dwell.usual_s)
        harmless = promised[place] * night.places[place].focus <= 0
        why = LeftOut.NO_HARM if harmless else _why_left(night, world, stop)
        left.append(Unserved(place, None, why, float(promised[place])))
    return tuple(left)


def _why_left(night: Night, world: World, stop: Stop) -> Broken | LeftOut:
    """Say why no unit goes there: the rule of the unit that came nearest, or others came first."""
    if not night.shifts:
        return LeftOut.NO_UNIT
    promised = None if stop.appointment is None else night.appointments[stop.appointment].shift
    rules = []
    for shift in range(len(night.shifts)) if promised is None else (promised,):
        rule = why_never(night, shift, stop, world)
        if rule is None:
            return LeftOut.OUTRANKED
        rules.append(rule)
    return max(rules, key=NEAREST.index)


def warm() -> None:
    """Compile every kernel, or load it from the cache, on a night of two places."""
    night = Night(
        places=(Place(UUID(int=1)), Place(UUID(int=2))),
        shifts=(
            Shift(UUID(int=3), 0, 0, 7200, (Break(1800, 3600, 600),), ((), (Interval(0, 7200),))),
        ),
        travel_s=np.array([[0.0, 60.0], [60.0, 0.0]]),
        harm=np.array([[0.0] * 60, [1.0] * 60]),
        appointments=(Appointment(1, 0, 7200, 600),),
    )
    plan(night, seed=1, iterations=10)
    retime(night, 0, [Stop(1, 600)])
