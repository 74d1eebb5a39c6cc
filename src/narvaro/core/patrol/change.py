"""Changes by hand. In: a plan, and what the shift leader wants. Out: the new plan and what it costs.

The other visits keep their times where they can: they are pushed later, never pulled earlier. A
change that breaks a preference is made and says so; one that breaks another rule is not made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from narvaro.core.patrol.arrays import pack
from narvaro.core.patrol.night import Night
from narvaro.core.patrol.planning import report
from narvaro.core.patrol.routes import Breach, Plan, Route, list_breaches
from narvaro.core.patrol.timing import Stop, retime


@dataclass(frozen=True, slots=True)
class Change:
    """A changed plan, None where a rule forbids it; what it prevents and drives more (or less).

    `breaches`: what forbids it, or the preferences that it sets aside anew.
    """

    plan: Plan | None
    breaches: tuple[Breach, ...]
    prevented: float
    travel_s: int


def list_stops(route: Route) -> tuple[Stop, ...]:
    """Return a route's stops, each held at its present time."""
    return tuple(
        Stop(one.place, one.dwell_s, one.arrive_s, one.appointment) for one in route.visits
    )


def change(night: Night, plan: Plan, stops: Mapping[int, Sequence[Stop]]) -> Change:
    """Give some shifts (by index) other stops; the rest of the plan stands."""
    world = pack(night)
    routes = list(plan.routes)
    for shift, wanted in stops.items():
        timed = retime(night, shift, wanted, world)
        if isinstance(timed, Breach):
            return Change(None, (timed,), 0.0, 0)
        routes[shift] = timed
    known = {_key(plan.routes, one) for one in list_breaches(night, plan.routes)}
    breaches = tuple(one for one in list_breaches(night, routes) if _key(routes, one) not in known)
    if not all(one.is_preference for one in breaches):
        return Change(None, breaches, 0.0, 0)
    new = report(night, tuple(routes))
    return Change(new, breaches, new.prevented - plan.prevented, new.travel_s - plan.travel_s)


def insert(night: Night, plan: Plan, *, shift: int, at: int, stop: Stop) -> Change:
    """Put a stop into a shift's route before its visit number `at`."""
    stops = list_stops(plan.routes[shift])
    return change(night, plan, {shift: (*stops[:at], stop, *stops[at:])})


def remove(night: Night, plan: Plan, *, shift: int, at: int) -> Change:
    """Take visit number `at` out of a shift's route."""
    stops = list_stops(plan.routes[shift])
    return change(night, plan, {shift: (*stops[:at], *stops[at + 1 :])})


def move(
    night: Night,
    plan: Plan,
    *,
    shift: int,
    at: int,
    to_shift: int,
    to_at: int,
    not_before_s: int = 0,
) -> Change:
    """Move a visit before number `to_at` of a route, counted without the visit that moves."""
    old = list_stops(plan.routes[shift])
    moved = Stop(old[at].place, old[at].dwell_s, not_before_s, old[at].appointment)
    left = (*old[:at], *old[at + 1 :])
    there = left if to_shift == shift else list_stops(plan.routes[to_shift])
    return change(night, plan, {shift: left, to_shift: (*there[:to_at], moved, *there[to_at:])})


def _key(routes: Sequence[Route], one: Breach) -> tuple[int, str, int]:
    return one.shift, one.rule, routes[one.shift].visits[one.at].place
