"""The same rules in SimPy, as its users would write them. In: what `play` takes. Out: seconds and events.

A process per unit, which an alarm interrupts; a process that reports incidents; one that opens shifts
and permit hours. It ranks in plain Python over the units, on the same table (as nested lists, which
plain Python reads fastest) and the same drawn numbers.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from math import inf
from typing import Any

import simpy

from narvaro.core.replay import Incidents, Policy, Rule, Town, Units, Visits

IDLE, TO_VISIT, VISITING, AT_WORK = range(4)
Yields = Generator[simpy.Event, None, None]


@dataclass(slots=True)
class Call:
    """An incident."""

    at_s: float
    place: int
    on_scene_s: float
    needs: int
    danger: bool
    wanted: int
    sent: int = 0
    over: bool = False
    arrived_s: float = inf


@dataclass(slots=True, eq=False)
class Guard:
    """A unit."""

    number: int
    base: int
    competence: int
    travel_s: list[list[float]]
    covers: list[bool] | None
    visits: list[tuple[int, float, float]]  # place, planned, dwell
    place: int = 0
    origin: int = 0
    state: int = IDLE
    began_s: float = 0.0
    ends_s: float = 0.0
    until_s: float = -inf
    next: int = 0  # visit
    call: Call | None = None
    process: simpy.Process | None = None


@dataclass(slots=True)
class Centre:
    """Everything that processes share."""

    env: simpy.Environment
    guards: list[Guard]
    area: list[int]
    policy: Policy
    queue: tuple[list[Call], list[Call]] = field(default_factory=lambda: ([], []))
    events: int = 0

    def is_free(self, guard: Guard) -> bool:
        """Return whether an alarm may take the unit."""
        return guard.state != AT_WORK and self.env.now < guard.until_s

    def seconds(self, guard: Guard, call: Call) -> float:
        """Return the seconds to a call; inf: the unit may not or cannot go."""
        if call.needs & ~guard.competence or (guard.covers and not guard.covers[call.place]):
            return inf
        on_s = guard.travel_s[guard.place][call.place]
        if guard.state != TO_VISIT:
            return on_s
        back_s = self.env.now - guard.began_s + guard.travel_s[guard.origin][call.place]
        return float(min(back_s, guard.ends_s - self.env.now + on_s))

    def choose(self, call: Call) -> tuple[Guard | None, float]:
        """Return the unit that is ranked first, and its seconds."""
        free = [guard for guard in self.guards if self.is_free(guard)]
        reserve = self.policy.rule == Rule.RESERVE and not call.danger
        areas = [self.area[guard.place] for guard in free] if reserve else []
        best, best_s, least = None, inf, inf
        for guard in free:
            value = seconds = self.seconds(guard, call)
            if reserve and areas.count(self.area[guard.place]) <= self.policy.keep:
                value += self.policy.held_s
            if seconds < inf and (best is None or value < least):
                best, best_s, least = guard, seconds, value
        return best, best_s

    def send(self, guard: Guard, call: Call, seconds: float) -> None:
        """Put a call on a unit; its process is told by `interrupt` or sees it by itself."""
        self.events += 1
        call.sent += 1
        guard.state, guard.call = AT_WORK, call
        guard.ends_s = self.env.now + seconds

    def take_from_queue(self, guard: Guard) -> bool:
        """Send a unit to the first in the queue that it may serve."""
        for line in self.queue:
            for call in list(line):
                stale = self.env.now - call.at_s > self.policy.waits_most_s
                if call.over or stale:
                    line.remove(call)
                    continue
                seconds = self.seconds(guard, call)
                if seconds == inf:
                    continue
                self.send(guard, call, seconds)
                if call.sent == call.wanted:
                    line.remove(call)
                return True
        return False


def report(centre: Centre, calls: list[Call]) -> Yields:
    """Let each incident happen at its time."""
    for call in calls:
        yield centre.env.timeout(call.at_s - centre.env.now)
        centre.events += 1
        while call.sent < call.wanted:
            guard, seconds = centre.choose(call)
            if guard is None or guard.process is None:
                centre.queue[0 if call.danger else 1].append(call)
                break
            centre.send(guard, call, seconds)
            guard.process.interrupt()


def open_windows(centre: Centre, openings: list[tuple[float, int, float, bool]]) -> Yields:
    """Open shifts and permit hours; (when, unit, until, whether a shift begins)."""
    for from_s, number, until_s, anew in openings:
        if from_s > centre.env.now:
            yield centre.env.timeout(from_s - centre.env.now)
        guard = centre.guards[number]
        guard.until_s = until_s
        if guard.state == AT_WORK:
            continue
        centre.events += 1
        if guard.state == IDLE and anew:
            guard.place = guard.base
        taken = centre.take_from_queue(guard)
        if (taken or guard.state == IDLE) and guard.process is not None:
            guard.process.interrupt()


def work(centre: Centre, guard: Guard) -> Yields:
    """Live as a unit: alarms first, then visits; an interrupt brings an alarm or opens a window."""
    while True:
        try:
            if guard.call is not None:
                yield from answer(centre, guard)
            elif not plan_visit(centre, guard):
                yield centre.env.event()
            else:
                yield from visit(centre, guard)
            if centre.is_free(guard):
                centre.take_from_queue(guard)
        except simpy.Interrupt:
            pass


def answer(centre: Centre, guard: Guard) -> Yields:
    """Drive to an alarm, work there, clear. Nobody interrupts this."""
    call = guard.call
    assert call is not None
    guard.place = call.place
    yield centre.env.timeout(guard.ends_s - centre.env.now)
    centre.events += 1
    call.arrived_s = min(call.arrived_s, centre.env.now)
    yield centre.env.timeout(call.on_scene_s)
    centre.events += 1
    call.over = True
    guard.call, guard.state = None, IDLE


def plan_visit(centre: Centre, guard: Guard) -> bool:
    """Find the next visit that can be made in this window; `ends_s` is when the unit sets out."""
    now = centre.env.now
    while now < guard.until_s and guard.next < len(guard.visits):
        place, planned_s, _dwell_s = guard.visits[guard.next]
        seconds = guard.travel_s[guard.place][place]
        barred = guard.covers is not None and not guard.covers[place]
        too_late = now + seconds > planned_s + centre.policy.late_most_s
        if barred or too_late or seconds == inf:
            guard.next += 1
            continue
        guard.ends_s = max(now, planned_s - seconds)
        return guard.ends_s < guard.until_s
    return False


def visit(centre: Centre, guard: Guard) -> Yields:
    """Wait, drive to a visit, stay there."""
    env = centre.env
    place, _planned_s, dwell_s = guard.visits[guard.next]
    if guard.ends_s > env.now:
        yield env.timeout(guard.ends_s - env.now)
    guard.origin, guard.place = guard.place, place
    seconds = guard.travel_s[guard.origin][place]
    guard.state, guard.began_s, guard.ends_s = TO_VISIT, env.now, env.now + seconds
    centre.events += 1
    yield env.timeout(seconds)
    guard.state = VISITING
    guard.next += 1
    centre.events += 1
    yield env.timeout(dwell_s)
    guard.state = IDLE
    centre.events += 1


def build(
    town: Town, units: Units, incidents: Incidents, visits: Visits, policy: Policy
) -> tuple[Centre, list[Call]]:
    """Turn arrays into lists and objects, and start the processes."""
    tables: Any = town.travel_s.tolist()
    rounds: list[list[tuple[int, float, float]]] = [[] for _ in range(len(units))]
    columns = (visits.unit, visits.place, visits.planned_s, visits.dwell_s)
    for unit, *row in zip(*(column.tolist() for column in columns), strict=True):
        rounds[unit].append((row[0], row[1], row[2]))
    guards = [
        Guard(
            u, base, int(units.competence[u]), tables[int(units.mode[u])],
            units.covers[u].tolist() if units.covers.size else None, rounds[u], base, base,
        )
        for u, base in enumerate(units.base.tolist())
    ]  # fmt: skip
    fields = (incidents.at_s, incidents.place, incidents.on_scene_s, incidents.needs,
              incidents.danger, incidents.units_needed)  # fmt: skip
    calls = [Call(*row) for row in zip(*(column.tolist() for column in fields), strict=True)]
    env = simpy.Environment(initial_time=min([0.0, *incidents.at_s[:1].tolist()]))
    centre = Centre(env, guards, town.area.tolist(), policy)
    open_ = units.windows
    openings = sorted(
        zip(
            *(c.tolist() for c in (open_.from_s, open_.unit, open_.until_s, open_.anew)),
            strict=True,
        )
    )
    for guard in guards:
        guard.process = env.process(work(centre, guard))
    env.process(open_windows(centre, openings))
    env.process(report(centre, calls))
    return centre, calls


def run(centre: Centre, calls: list[Call]) -> tuple[list[float], int]:
    """Play; return the response seconds of each incident (inf: nobody came), and the number of events."""
    centre.env.run()
    return [call.arrived_s - call.at_s for call in calls], centre.events
