"""What a plan is: routes of visits with reasons, what was left out, what it prevents.

In: timed routes. Out: the same, valued and explained in codes, and judged by the rules. Words for
the codes are made where they are shown.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from narvaro.core.patrol.night import BIN_S, Night, Shift
from narvaro.core.patrol.presence import Stay, prevented
from narvaro.core.rules import PREFERENCES, Broken, Interval, Step, list_broken

PEAK = 1.25  # times the place's own mean: from here the hour itself is a reason
ON_THE_WAY_S = 60  # a detour this short is a reason


class Why(StrEnum):
    """Why a visit stands where it stands; the value's meaning is given with each."""

    APPOINTMENT = "appointment"  # index of the appointment
    FOCUS = "focus"  # the weight that the place was given
    HARM = "harm"  # rank of the place by expected harm at that time, 1 is the highest
    PEAK = "peak"  # expected harm there then, times the place's mean of the night
    FIRST_TONIGHT = "first_tonight"  # 1
    LAST_VISIT = "last_visit"  # seconds since somebody left
    ON_THE_WAY = "on_the_way"  # seconds of driving that the visit adds


class LeftOut(StrEnum):
    """Why nobody goes there, where no rule forbids it."""

    NO_HARM = "no_harm"
    NO_UNIT = "no_unit"
    OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and its value."""

    code: Why
    value: float


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay at a place; `prevented` is the harm that would happen without it, all else equal."""

    place: int
    arrive_s: int
    dwell_s: int
    appointment: int | None = None
    prevented: float = 0.0
    reasons: tuple[Reason, ...] = ()

    @property
    def leave_s(self) -> int:
        """Return when the unit leaves."""
        return self.arrive_s + self.dwell_s

    @property
    def interval(self) -> Interval:
        """Return the time there."""
        return Interval(self.arrive_s, self.leave_s)


@dataclass(frozen=True, slots=True)
class Route:
    """One shift's visits in order, the breaks taken, back at base; `shift` is its index."""

    shift: int
    visits: tuple[Visit, ...]
    rests: tuple[Interval, ...]
    home_s: int
    travel_s: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """A place without a visit, or an appointment not kept, and why.

    `could_prevent` is what one visit there could prevent at most, or the appointment's own worth.
    """

    place: int
    appointment: int | None
    why: Broken | LeftOut
    could_prevent: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes, one per shift in the night's order; harm in the unit of the night's forecast."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    prevented: float
    expected: float

    @property
    def share(self) -> float:
        """Return the share of the expected harm that the visits prevent by the model, 0 … 1."""
        return self.prevented / self.expected if self.expected > 0 else 0.0

    @property
    def travel_s(self) -> int:
        """Return the seconds on the road, all units together."""
        return sum(route.travel_s for route in self.routes)


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a visit breaks: the shift's index, the visit's place in the route, the rule."""

    shift: int
    at: int
    rule: Broken

    @property
    def is_preference(self) -> bool:
        """Tell whether a shift leader may set the rule aside."""
        return self.rule in PREFERENCES


def stays_by_place(routes: Sequence[Route]) -> dict[int, list[Stay]]:
    """Return who is where when, places without a visit left out."""
    stays: defaultdict[int, list[Stay]] = defaultdict(list)
    for route in routes:
        for one in route.visits:
            stays[one.place].append(Stay(one.arrive_s, one.dwell_s))
    return dict(stays)


def total_prevented(night: Night, routes: Sequence[Route]) -> float:
    """Return the harm that all visits prevent together (the objective J)."""
    return sum(prevented(night, place, stays) for place, stays in stays_by_place(routes).items())


def explain(night: Night, routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes with what each visit prevents and its reasons."""
    stays = stays_by_place(routes)
    together = {place: prevented(night, place, there) for place, there in stays.items()}
    explained = []
    for route in routes:
        shift, visits = night.shifts[route.shift], []
        for at, one in enumerate(route.visits):
            others = stays[one.place].copy()
            others.remove(Stay(one.arrive_s, one.dwell_s))
            own = together[one.place] - prevented(night, one.place, others)
            reasons = tuple(_reasons(night, shift, route.visits, at, others))
            visits.append(replace(one, prevented=own, reasons=reasons))
        explained.append(replace(route, visits=tuple(visits)))
    return tuple(explained)


def _reasons(
    night: Night, shift: Shift, visits: Sequence[Visit], at: int, others: Sequence[Stay]
) -> Iterator[Reason]:
    one = visits[at]
    if one.appointment is not None:
        yield Reason(Why.APPOINTMENT, one.appointment)
    if (focus := night.places[one.place].focus) > 1:
        yield Reason(Why.FOCUS, focus)
    yield from _harm_reasons(night, one)
    left_s = max((a + d for a, d in others if a + d <= one.arrive_s), default=None)
    if left_s is not None:
        yield Reason(Why.LAST_VISIT, one.arrive_s - left_s)
    elif all(arrive_s > one.arrive_s for arrive_s, _ in others):
        yield Reason(Why.FIRST_TONIGHT, 1)
    before = visits[at - 1].place if at else shift.base
    after = visits[at + 1].place if at + 1 < len(visits) else shift.base
    travel_s = night.travel_s
    detour_s = travel_s[before, one.place] + travel_s[one.place, after] - travel_s[before, after]
    if detour_s <= ON_THE_WAY_S and before != after:
        yield Reason(Why.ON_THE_WAY, max(0.0, float(detour_s)))


def _harm_reasons(night: Night, one: Visit) -> Iterator[Reason]:
    first = one.arrive_s // BIN_S
    now = night.harm[:, first : max(first + 1, -(-one.leave_s // BIN_S))].sum(axis=1)
    if not now.size or now[one.place] <= 0:
        return
    yield Reason(Why.HARM, float(1 + (now > now[one.place]).sum()))
    bins = max(1, -(-one.leave_s // BIN_S) - first)
    ratio = now[one.place] / bins / night.harm[one.place].mean()
    if ratio >= PEAK:
        yield Reason(Why.PEAK, float(ratio))


def list_breaches(night: Night, routes: Sequence[Route]) -> tuple[Breach, ...]:
    """Judge routes by every rule; none: the plan may stand."""
    return tuple(
        Breach(route.shift, at, rule)
        for route in routes
        for at in range(len(route.visits))
        for rule in list_broken(_step(night, routes, route, at))
    )


def _step(night: Night, routes: Sequence[Route], route: Route, at: int) -> Step:
    shift, one = night.shifts[route.shift], route.visits[at]
    before = route.visits[at - 1] if at else None
    is_last = at + 1 == len(route.visits)
    given = None if one.appointment is None else night.appointments[one.appointment]
    drawn = given is None
    return Step(
        shift=Interval(shift.starts_s, shift.ends_s),
        left_s=before.leave_s if before else shift.starts_s,
        travel_s=float(night.travel_s[before.place if before else shift.base, one.place]),
        visit=one.interval,
        home_s=_home_s(night, route, one) if is_last else None,
        allowed=None if shift.allowed is None else shift.allowed[one.place],
        breaks=shift.breaks,
        rests=route.rests,
        window=Interval(given.from_s, given.until_s) if given else None,
        its_unit=given is None or given.shift in {None, route.shift},
        apart_s=_apart_s(routes, one, drawn=drawn),
        spacing_s=night.spacing_s,
        least_dwell_s=night.dwell.least_s if drawn else one.dwell_s,
        most_dwell_s=night.dwell.most_s if drawn else one.dwell_s,
    )


def _home_s(night: Night, route: Route, last: Visit) -> float:
    """Return when the unit is at base, not before it can be after its breaks on the way."""
    travel_s = float(night.travel_s[last.place, night.shifts[route.shift].base])
    resting_s = sum(
        rest.until_s - rest.from_s
        for rest in route.rests
        if last.leave_s <= rest.from_s < route.home_s
    )
    return max(float(route.home_s), last.leave_s + travel_s + resting_s)


def _apart_s(routes: Sequence[Route], one: Visit, *, drawn: bool) -> float:
    """Return the time to the nearest other visit there; appointments need none between them."""
    apart_s = inf
    for other in (other for route in routes for other in route.visits):
        if other is not one and other.place == one.place and (drawn or other.appointment is None):
            gap_s = max(other.arrive_s - one.leave_s, one.arrive_s - other.leave_s)
            apart_s = min(apart_s, gap_s)
    return apart_s
