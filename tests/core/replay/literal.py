"""The rules of a replay, word for word and slowly. In: the arrays. Out: who came when.

What the compiled loop is held to: plain Python objects, no state kept that can be looked up anew.
"""

from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

from narvaro.core.replay import Hours, Incidents, Policy, Rule, Town, Units, Visits


@dataclass
class Guard:
    """A unit, and what it does now."""

    number: int
    at: int
    visits: list[int]
    doing: str = "nothing"  # to visit, visit, to alarm, alarm
    origin: int = 0
    began: float = 0.0
    ends: float = inf  # or sets out, where it does nothing
    incident: int = -1
    visit: int = -1
    way_m: float = 0.0
    spans: list[tuple[str, float, float]] = field(default_factory=list)
    driven_m: float = 0.0
    home_m: float = 0.0


class Story:
    """One replay by the book."""

    def __init__(
        self, town: Town, units: Units, incidents: Incidents, visits: Visits, policy: Policy
    ) -> None:
        self.town, self.units, self.incidents = town, units, incidents
        self.visits, self.policy = visits, policy
        self.guards = [
            Guard(u, int(base), [v for v in range(len(visits)) if visits.unit[v] == u])
            for u, base in enumerate(units.base)
        ]
        self.sent: dict[int, list[dict[str, Any]]] = {i: [] for i in range(len(incidents))}
        self.over: set[int] = set()  # incidents that somebody cleared
        self.waiting: list[int] = []
        self.queued: set[int] = set()
        self.kept: dict[int, tuple[str, float, float]] = {}
        self.events = 0

    def rows(self, hours: Hours, u: int) -> list[tuple[float, float]]:
        return sorted(
            (float(hours.from_s[k]), float(hours.until_s[k]))
            for k in range(len(hours.unit))
            if hours.unit[k] == u
        )

    def may_set_out(self, u: int, t: float) -> bool:
        on_shift = any(a <= t < b for a, b in self.rows(self.units.shifts, u))
        permitted = any(a <= t < b for a, b in self.rows(self.units.permits, u))
        return on_shift and (permitted or not self.units.needs_permit[u])

    def openings(self, u: int) -> list[float]:
        """List when the unit may set out, and could not the moment before."""
        shifts, permits = self.rows(self.units.shifts, u), self.rows(self.units.permits, u)
        found = {a for a, _ in shifts if self.may_set_out(u, a)}
        if self.units.needs_permit[u]:
            for a, _ in permits:
                before = any(b < a <= c for b, c in permits)
                if not before and self.may_set_out(u, a):
                    found.add(a)
        return sorted(found)

    def first_of_shift(self, u: int, t: float) -> bool:
        begins = max(a for a, _ in self.rows(self.units.shifts, u) if a <= t)
        return not any(begins <= other < t for other in self.openings(u))

    def way(self, g: Guard, place: int, t: float) -> tuple[float, float]:
        seconds = self.town.travel_s[self.units.mode[g.number]]
        metres = self.town.distance_m[self.units.mode[g.number]]
        if g.doing != "to visit":
            return float(seconds[g.at, place]), float(metres[g.at, place])
        gone, left, leg = t - g.began, g.ends - t, g.ends - g.began
        leg_m = metres[g.origin, g.at]
        gone_m = leg_m * (gone / leg) if leg > 0 else leg_m
        back = gone + seconds[g.origin, place], gone_m + metres[g.origin, place]
        on = left + seconds[g.at, place], leg_m - gone_m + metres[g.at, place]
        chosen = back if back[0] < on[0] else on
        return float(chosen[0]), float(chosen[1])

    def sendable(self, t: float) -> list[Guard]:
        return [
            g
            for g in self.guards
            if g.doing in {"nothing", "to visit", "visit"} and self.may_set_out(g.number, t)
        ]

    def seconds(self, g: Guard, i: int, t: float) -> float:
        place, needs = int(self.incidents.place[i]), int(self.incidents.needs[i])
        has = int(self.units.competence[g.number])
        covers = self.units.covers
        if needs & has != needs or (covers.size and not covers[g.number, place]):
            return inf
        return self.way(g, place, t)[0]

    def choice(self, i: int, t: float) -> Guard | None:
        here = self.sendable(t)
        areas = [int(self.town.area[g.at]) for g in here]
        best: tuple[float, int] | None = None
        for g in here:
            seconds = self.seconds(g, i, t)
            if not isfinite(seconds):
                continue
            reserve = self.policy.rule == Rule.RESERVE and not self.incidents.danger[i]
            if reserve and areas.count(int(self.town.area[g.at])) - 1 < self.policy.keep:
                seconds += self.policy.held_s
            if best is None or (seconds, g.number) < best:
                best = seconds, g.number
        return None if best is None else self.guards[best[1]]

    def send(self, g: Guard, i: int, t: float) -> None:
        seconds, metres = self.way(g, int(self.incidents.place[i]), t)
        if g.doing == "to visit":
            leg = g.ends - g.began
            leg_m = self.town.distance_m[self.units.mode[g.number], g.origin, g.at]
            g.driven_m += leg_m * ((t - g.began) / leg) if leg > 0 else leg_m
            g.spans.append((g.doing, g.began, t))
        elif g.doing == "visit":
            g.spans.append((g.doing, g.began, t))
            self.kept[g.visit] = ("broken", g.began, t)
        self.sent[i].append({"unit": g.number, "sent": t, "arrived": None, "cleared": None})
        g.incident, g.at, g.way_m = i, int(self.incidents.place[i]), metres
        self.turn(g, "to alarm", t, t + seconds)

    def turn(self, g: Guard, doing: str, t: float, ends: float) -> None:
        g.doing, g.began, g.ends = doing, t, ends
        self.events += 1

    def look_at_queue(self, g: Guard, t: float) -> bool:
        order = sorted(self.waiting, key=lambda i: (not self.incidents.danger[i], i))
        for i in order:
            wanted = int(self.incidents.units_needed[i])
            stale = t - float(self.incidents.at_s[i]) > self.policy.waits_most_s
            if i in self.over or stale or len(self.sent[i]) == wanted:
                continue
            if isfinite(self.seconds(g, i, t)):
                self.send(g, i, t)
                return True
        return False

    def be_free(self, g: Guard, t: float) -> None:
        g.ends = inf
        if not self.may_set_out(g.number, t) or self.look_at_queue(g, t):
            return
        closes = min(
            b
            for b in [
                *(b for a, b in self.rows(self.units.shifts, g.number) if a <= t < b),
                *self.permit_ends(g.number, t),
            ]
        )
        while g.visits:
            v = g.visits[0]
            place, planned = int(self.visits.place[v]), float(self.visits.planned_s[v])
            seconds = float(self.town.travel_s[self.units.mode[g.number], g.at, place])
            covers = self.units.covers
            barred = bool(covers.size) and not covers[g.number, place]
            if barred or not t + seconds <= planned + self.policy.late_most_s or seconds == inf:
                g.visits.pop(0)
                continue
            leaves = max(t, planned - seconds)
            if leaves < closes:
                g.ends = leaves
            return

    def permit_ends(self, u: int, t: float) -> list[float]:
        """Return when the permits that join one another from now end."""
        if not self.units.needs_permit[u]:
            return []
        end = t
        for a, b in self.rows(self.units.permits, u):
            if a <= end:
                end = max(end, b)
        return [end]

    def home(self, g: Guard) -> None:
        metres = float(
            self.town.distance_m[self.units.mode[g.number], g.at, self.units.base[g.number]]
        )
        seconds = self.town.travel_s[self.units.mode[g.number], g.at, self.units.base[g.number]]
        g.home_m += metres if isfinite(seconds) else 0.0
        g.at = int(self.units.base[g.number])

    def opens(self, g: Guard, t: float) -> None:
        if g.doing == "nothing":
            self.events += 1
            if self.first_of_shift(g.number, t):
                self.home(g)
            self.be_free(g, t)
        elif g.doing in {"to visit", "visit"}:
            self.events += 1
            self.look_at_queue(g, t)

    def go_on(self, g: Guard, t: float) -> None:
        if g.doing == "nothing":
            g.visit = g.visits[0]
            g.origin, g.at = g.at, int(self.visits.place[g.visit])
            seconds = float(self.town.travel_s[self.units.mode[g.number], g.origin, g.at])
            self.turn(g, "to visit", t, t + seconds)
            return
        g.spans.append((g.doing, g.began, t))
        if g.doing == "to visit":
            g.driven_m += self.town.distance_m[self.units.mode[g.number], g.origin, g.at]
            g.visits.pop(0)
            self.turn(g, "visit", t, t + float(self.visits.dwell_s[g.visit]))
        elif g.doing == "to alarm":
            g.driven_m += g.way_m
            self.mine(g)["arrived"] = t
            self.turn(g, "alarm", t, t + float(self.incidents.on_scene_s[g.incident]))
        else:
            if g.doing == "visit":
                self.kept[g.visit] = ("done", g.began, t)
            else:
                self.mine(g)["cleared"] = t
                self.over.add(g.incident)
            self.turn(g, "nothing", t, inf)
            self.be_free(g, t)

    def mine(self, g: Guard) -> dict[str, Any]:
        return next(one for one in self.sent[g.incident] if one["unit"] == g.number)

    def report(self, i: int, t: float) -> None:
        self.events += 1
        for _ in range(int(self.incidents.units_needed[i])):
            g = self.choice(i, t)
            if g is None:
                self.waiting.append(i)
                if not self.sent[i]:
                    self.queued.add(i)
                return
            self.send(g, i, t)

    def play(self) -> "Story":
        """Play it; at the same moment units by number (openings first), then incidents."""
        due = [(t, 0, g.number, 0) for g in self.guards for t in self.openings(g.number)]
        due += [(float(t), 1, i, 0) for i, t in enumerate(self.incidents.at_s)]
        while True:
            own = [(g.ends, 0, g.number, 1) for g in self.guards if isfinite(g.ends)]
            if not due and not own:
                break
            first = min(due + own)
            t, kind, number, ending = first
            if not ending:
                due.remove(first)
            if kind == 1:
                self.report(number, t)
            elif ending:
                self.go_on(self.guards[number], t)
            else:
                self.opens(self.guards[number], t)
        for g in self.guards:
            self.home(g)
        return self

    def overtime(self, u: int) -> float:
        """Return the seconds of a unit's work outside its shifts."""
        shifts = self.rows(self.units.shifts, u)
        return sum(
            (until - begins) - sum(max(0.0, min(until, b) - max(begins, a)) for a, b in shifts)
            for _, begins, until in self.guards[u].spans
        )
