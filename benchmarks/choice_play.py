"""How the policies of choice are played. In: a town, a trace, a policy. Out: who went, and how fast.

`dispatch` keeps units at posts and lets them answer only from there; `replan` lets them be sent
wherever the road has them, also on their way back. Units are numbered by post.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from benchmarks.traces import LIMIT_S, SERVICE_S, UNITS, Town, Trace
from narvaro.core.choice import (
    IDLE,
    Candidate,
    Demand,
    Futures,
    Standing,
    World,
    choose,
    list_with_slack,
    look_ahead,
    move_idle,
    weigh_readiness,
)
from narvaro.core.jit import F64, I32, I64, kernel

NOBODY = -1
ARRIVES, CLEARS = 1, 0
CREW = [Candidate(UUID(int=u), f"V{u}", "available", frozenset(), None, 0.0) for u in range(UNITS)]


@dataclass(frozen=True, eq=False, slots=True)
class Played:
    """Who answered each case (`NOBODY`: lost), after how many seconds, and all driving."""

    unit: I64  # [I]
    response_s: F64  # [I], inf where nobody came
    driven_s: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class LookAhead:
    """The look-ahead's futures, drawn once; each decision plays on another part of them."""

    drawn: Futures
    count: int


class _AtPosts:
    """Units that answer from their posts only."""

    def __init__(self, town: Town, trace: Trace, posts: I32) -> None:
        self.travel_s, self.trace, self.posts = town.travel_s, trace, posts
        self.there_s, self.clear_s, self.back_s = np.zeros((3, UNITS))
        self.place = np.zeros(UNITS, np.int32)

    def send(self, i: int, unit: int) -> float:
        """Send a unit to a case; returns its response in seconds."""
        place = self.trace.place[i]
        response_s = float(self.travel_s[self.posts[unit], place])
        self.there_s[unit] = self.trace.begins_s[i] + response_s
        self.clear_s[unit] = self.there_s[unit] + self.trace.service_s[i]
        self.back_s[unit] = self.clear_s[unit] + self.travel_s[place, self.posts[unit]]
        self.place[unit] = place
        return response_s

    def world(self, now: float) -> World:
        """Return what a dispatcher knows: when work ends only once it has ended."""
        busy, working = self.back_s > now, self.clear_s > now
        home_s = self.travel_s[self.place, self.posts]
        return World(
            travel_s=self.travel_s,
            service_s=SERVICE_S,
            limit_s=LIMIT_S,
            post=self.posts,
            here_s=self.travel_s[self.posts],
            clear_at=np.where(busy, self.place, IDLE).astype(np.int32),
            clear_in_s=np.where(working, np.maximum(self.there_s - now, 0.0), 0.0),
            work_s=np.where(working, SERVICE_S, 0.0),
            back_s=np.where(working, home_s, np.maximum(self.back_s - now, 0.0)),
            back_first=True,
            queue=False,
        )


def dispatch(
    town: Town, trace: Trace, posts: I32, ahead: LookAhead | None = None, seed: int = 0
) -> Played:
    """Play the nearest idle unit, or with `ahead` the choice that weighs readiness."""
    units = _AtPosts(town, trace, posts)
    parts = np.random.default_rng([11, seed]).integers(len(ahead.drawn) if ahead else 1, size=400)
    unit = np.full(len(trace.place), NOBODY)
    response_s = np.full(len(trace.place), np.inf)
    for i, now in enumerate(trace.begins_s):
        idle = np.flatnonzero(units.back_s <= now)
        if not len(idle):
            continue
        seconds = town.travel_s[posts, trace.place[i]]
        crew = [replace(CREW[u], travel_s=float(seconds[u])) for u in idle]
        demand = Demand(danger_to_life=bool(trace.life[i]), limit_s=LIMIT_S)
        choice = choose(crew, demand)
        slack = list_with_slack(choice, demand)
        if ahead is not None and len(slack) > 1:
            found = look_ahead(
                units.world(now),
                [one.candidate.unit.int for one in slack],
                seconds,
                town.travel_s[trace.place[i]],
                drawn=ahead.drawn.part(int(parts[i]), ahead.count),
                danger_to_life=demand.danger_to_life,
            )
            choice = weigh_readiness(choice, demand, found)
        unit[i] = choice.ranked[0].candidate.unit.int
        response_s[i] = units.send(i, int(unit[i]))
    return Played(unit, response_s)


def solve_offline(town: Town, trace: Trace, posts: I32) -> Played:
    """Solve to proof who should have gone, everything known beforehand; late ones are left out.

    Nobody has to go where he would be late, and danger to life is not bound to the nearest: the
    optimum is a bound that no rule-abiding policy can pass.
    """
    seconds = town.travel_s[posts][:, trace.place]  # [U, I]
    unit, case = np.nonzero(seconds <= LIMIT_S)
    begins = trace.begins_s[case]
    work_s = trace.service_s[case] + town.travel_s[trace.place[case], posts[unit]]
    ends = begins + seconds[unit, case] + work_s
    rows = [case == i for i in range(len(trace.place))]
    rows += [
        (unit == u) & (begins <= b) & (ends > b) for u, b in zip(unit, begins, strict=True)
    ]  # fmt: skip
    table = csr_array(np.array([row for row in rows if row.sum() > 1], float))
    solved = milp(
        -np.ones(len(unit)), constraints=LinearConstraint(table, -np.inf, 1.0),
        integrality=np.ones(len(unit)), bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if solved.status != 0:
        raise SystemExit(f"The offline optimum was not proved: {solved.message}")
    taken = solved.x > 0.5
    answer = Played(np.full(len(trace.place), NOBODY), np.full(len(trace.place), np.inf))
    answer.unit[case[taken]] = unit[taken]
    answer.response_s[case[taken]] = seconds[unit[taken], case[taken]]
    return answer


@kernel
def _walk(to_place_s: F64, onward: I32, place: int, node: int, gone_s: float) -> tuple[int, float]:
    """Return the next node after `gone_s` on the way to a place, and the seconds until there."""
    left_s = to_place_s[place, node] - gone_s
    while onward[place, node] >= 0 and to_place_s[place, node] > left_s + 1e-9:
        node = onward[place, node]
    return node, max(0.0, left_s - to_place_s[place, node])


class _OnRoads:
    """Units that are where the road has them; free when clear, and they may turn at any junction."""

    def __init__(self, town: Town, posts: I32) -> None:
        self.town, self.posts = town, posts
        self.node, self.from_s, self.goal = town.node[posts], np.zeros(UNITS), posts.copy()
        self.busy = np.zeros(UNITS, bool)
        self.driven_s = 0.0

    def here_s(self, unit: int, now: float) -> F64:
        """Return the seconds from where a unit is to every place."""
        node, until_s = self._place(unit, now)
        seconds: F64 = self.town.to_place_s[:, node] + until_s
        return seconds

    def _place(self, unit: int, now: float) -> tuple[int, float]:
        gone_s = now - self.from_s[unit]
        if gone_s < 0:
            return int(self.node[unit]), -gone_s
        return _walk(
            self.town.to_place_s, self.town.onward, self.goal[unit], self.node[unit], gone_s
        )

    def turn(self, unit: int, now: float, goal: int) -> None:
        """Let an idle unit drive to another place from the next junction on."""
        node, until_s = self._place(unit, now)
        self.stop(unit, now)
        self.driven_s += until_s
        self.node[unit], self.from_s[unit], self.goal[unit] = node, now + until_s, goal

    def stop(self, unit: int, now: float) -> None:
        """Count what a unit has driven of its way; the way to the next junction was counted."""
        whole_s = self.town.to_place_s[self.goal[unit], self.node[unit]]
        self.driven_s += float(min(now - self.from_s[unit], whole_s))

    def stand(self, unit: int, now: float, place: int) -> None:
        """Let a unit be clear at a place, bound for its post."""
        self.busy[unit] = False
        self.node[unit], self.from_s[unit] = self.town.node[place], now
        self.goal[unit] = self.posts[unit]


Replan = Callable[[F64, I32], I32]


def as_moves(town: Town, how: Standing) -> Replan:
    """Return the policy that lets any idle unit move."""
    return lambda here_s, goal: move_idle(town.travel_s, town.demand, here_s, goal, how)


def replan(town: Town, trace: Trace, posts: I32, policy: Replan | None = None) -> Played:
    """Play the nearest idle unit; without `policy` units return to their posts. Cases may queue."""
    units = _OnRoads(town, posts)
    unit = np.full(len(trace.place), NOBODY)
    response_s = np.full(len(trace.place), np.inf)
    events = [(float(now), ARRIVES, i) for i, now in enumerate(trace.begins_s)]
    waiting: list[tuple[bool, int]] = []  # danger to life first, then in order

    def send(i: int, one: int, now: float, travel_s: float) -> None:
        unit[i], response_s[i] = one, now + travel_s - trace.begins_s[i]
        units.busy[one] = True
        units.driven_s += travel_s
        heapq.heappush(events, (now + travel_s + float(trace.service_s[i]), CLEARS, one))

    heapq.heapify(events)
    answered = np.full(UNITS, NOBODY)
    while events:
        now, kind, which = heapq.heappop(events)
        idle = np.flatnonzero(~units.busy)
        if kind == ARRIVES:
            if not len(idle):
                heapq.heappush(waiting, (not trace.life[which], which))
                continue
            seconds = [units.here_s(int(u), now)[trace.place[which]] for u in idle]
            one = int(idle[np.argmin(seconds)])
            units.stop(one, now)
            answered[one] = which
            send(which, one, now, float(min(seconds)))
        elif waiting:
            _urgent, i = heapq.heappop(waiting)
            at, answered[which] = trace.place[answered[which]], i
            send(i, which, now, float(town.travel_s[at, trace.place[i]]))
        else:
            units.stand(which, now, int(trace.place[answered[which]]))
        idle = np.flatnonzero(~units.busy)
        if policy is not None and len(idle):
            here_s = np.array([units.here_s(int(u), now) for u in idle])
            goals = policy(here_s, units.goal[idle])
            for u, goal in zip(idle, goals, strict=True):
                if goal != units.goal[u]:
                    units.turn(int(u), now, int(goal))
    return Played(unit, response_s, units.driven_s)
