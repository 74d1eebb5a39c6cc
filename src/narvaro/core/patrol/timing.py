"""Routes by hand. In: stops in an order. Out: a timed route, or the first rule that forbids it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from narvaro.core.patrol.arrays import NEVER, State, World, new_state, pack
from narvaro.core.patrol.night import Night, Shift
from narvaro.core.patrol.routes import Breach, Route, Visit
from narvaro.core.patrol.search import STAY, reach, time_route
from narvaro.core.rules import Broken, Interval, Step, list_broken


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit that is wanted, without its time; never begun before `not_before_s`."""

    place: int
    dwell_s: int
    not_before_s: int = 0
    appointment: int | None = None


def retime(
    night: Night, shift: int, stops: Sequence[Stop], world: World | None = None
) -> Route | Breach:
    """Time stops in the given order, as early as the rules let them; or name the first that cannot.

    Preferences (`rules.PREFERENCES`) are not looked at. `world` is the packed night, if at hand.
    """
    world = world or pack(night)
    state = new_state(world, 0, stops=len(stops))
    for at, stop in enumerate(stops):
        item = stop.appointment
        if item is None:
            item = world.appointments + stop.place
        elif night.appointments[item].shift not in {None, shift}:
            return Breach(shift, at, Broken.OTHER_UNIT)
        state.stops[shift, at, : STAY + 1] = item, stop.not_before_s, stop.dwell_s
    for size in range(len(stops), -1, -1):
        state.size[shift] = size
        if time_route(world, state, shift):
            break
    if size == len(stops):
        return read_route(night, world, state, shift)
    before = read_route(night, world, state, shift)
    return Breach(shift, size, _why_not(night, night.shifts[shift], before, stops[size]))


def read_route(night: Night, world: World, state: State, shift: int) -> Route:
    """Read a timed route out of the state."""
    visits = []
    for item, _, stay, start, _, _ in state.stops[shift, : state.size[shift]].tolist():
        appointment = item if item < world.appointments else None
        visits.append(Visit(int(world.items[item, 0]), start, stay, appointment))
    rests, home_s = _rests(night.shifts[shift], world, state, shift)
    return Route(shift, tuple(visits), rests, home_s, int(state.drive[shift]) if visits else 0)


def _rests(
    shift: Shift, world: World, state: State, number: int
) -> tuple[tuple[Interval, ...], int]:
    """Return when the breaks are taken and when the unit is back at base."""
    rests: list[Interval] = []
    now, place, first = shift.starts_s, shift.base, int(world.break_first[number])

    def rest(until_break: int) -> int:
        free_s = now
        for due in shift.breaks[len(rests) : until_break - first]:
            begins_s = max(free_s, due.earliest_s)
            free_s = begins_s + due.length_s
            rests.append(Interval(begins_s, free_s))
        return free_s

    for item, _, stay, start, _, due in state.stops[number, : state.size[number]].tolist():
        rest(due)
        now, place = start + stay, int(world.items[item, 0])
    travel = int(world.travel[place, shift.base])
    due = first + len(rests)
    home, taken = reach(world, number, now, due, travel, -1, 0, 0)
    rest(int(taken))
    now = int(home)
    rest(first + len(shift.breaks))
    return tuple(rests), now


def why_never(night: Night, shift: int, stop: Stop, world: World) -> Broken | None:
    """Name the rule that keeps a unit from this stop even with nothing else to do; None: it can."""
    alone = retime(night, shift, [stop], world)
    return alone.rule if isinstance(alone, Breach) else None


def _why_not(night: Night, shift: Shift, before: Route, stop: Stop) -> Broken:
    """Name the first rule that going straight there would break; else a break stands in the way."""
    last = before.visits[-1] if before.visits else None
    left_s = last.leave_s if last else shift.starts_s
    given = None if stop.appointment is None else night.appointments[stop.appointment]
    travel_s = float(night.travel_s[last.place if last else shift.base, stop.place])
    home_s = float(night.travel_s[stop.place, shift.base])
    earliest_s = max(left_s, stop.not_before_s, given.from_s if given else 0)
    arrive_s = earliest_s
    if travel_s < NEVER:
        arrive_s = max(arrive_s, left_s + ceil(travel_s))
    step = Step(
        shift=Interval(shift.starts_s, shift.ends_s),
        left_s=left_s,
        travel_s=travel_s,
        visit=Interval(arrive_s, arrive_s + stop.dwell_s),
        home_s=arrive_s + stop.dwell_s + home_s,
        allowed=None if shift.allowed is None else shift.allowed[stop.place],
        window=Interval(given.from_s, given.until_s) if given else None,
    )
    return next(iter(list_broken(step)), Broken.BREAK_MISSING)
