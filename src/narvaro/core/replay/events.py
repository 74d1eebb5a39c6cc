"""The compiled event loop: what happens next, who is sent, who becomes free.

In: a `World` of rows. Out: the same, played. Each unit has at most one thing of its own due and one
window that opens next; the earliest of all is found by going through the units, as ranking does.
At the same moment units come before incidents, and lower unit numbers first.
All kernels stand in this one file, because the compiler's cache watches one file each.
"""

from math import inf

from narvaro.core.jit import F64, I64
from narvaro.core.jit import lean_kernel as kernel
from narvaro.core.replay.rows import Rows, Unit, Watch, World

IDLE, TO_VISIT, VISITING, TO_ALARM, AT_ALARM = range(5)  # an idle unit may be off duty
SKIPPED, DONE, BROKEN = range(3)  # what became of a visit
NEAREST, RESERVE, AHEAD = range(3)  # Policy.rule
NOBODY = -1
HEAD, TAIL = range(2)  # of World.queue
LAST_S = 1.7e308  # after everything, before never


@kernel
def rank(w: World, urgent: bool, travel_s: float, others: int) -> float:
    """Return what a unit is ranked by, least first; `others` may be sent from its area besides it."""
    if w.rule == RESERVE and not urgent and others < w.keep:
        return travel_s + w.held_s
    return travel_s


@kernel
def _is_free(g: Unit, t: float) -> bool:
    """Return whether an alarm may take the unit from what it does."""
    return bool((g.state <= VISITING) & (t < g.until_s))


@kernel
def _travel_s(w: World, g: Unit, p: int, t: float) -> tuple[float, bool]:
    """Return seconds to a place, and whether it turns back; from the road the shorter of both ways."""
    driving = g.state == TO_VISIT  # chosen between, not branched on: whether it drives is chance
    on_s = (g.due_s - t if driving else 0.0) + w.travel_s[g.mode, g.place, p]
    back_s = (t - g.since_s if driving else inf) + w.travel_s[g.mode, g.origin, p]
    return min(back_s, on_s), back_s < on_s


@kernel
def _gone_m(w: World, g: Unit, t: float) -> float:
    """Return the metres that a unit has driven towards its visit."""
    leg_s = g.due_s - g.since_s
    leg_m = float(w.distance_m[g.mode, g.origin, g.place])
    return leg_m * ((t - g.since_s) / leg_s) if leg_s > 0.0 else leg_m


@kernel
def _may_serve(w: World, g: Unit, i: int, t: float) -> float:
    """Return the seconds that a free unit needs to an incident; inf where it may not or cannot go."""
    if w.needs[i] & ~g.competence or not w.covers[g.number, w.place[i]]:
        return inf
    return _travel_s(w, g, w.place[i], t)[0]


@kernel
def choose(w: World, i: int, t: float) -> int:
    """Return the unit that is sent, or NOBODY."""
    if w.rule == RESERVE:
        w.standing[:] = 0
        for u in range(len(w.units)):
            if _is_free(w.units[u], t):
                w.standing[w.area[w.units[u].place]] += 1
    best, least = NOBODY, inf
    for u in range(len(w.units)):
        g = w.units[u]
        if not _is_free(g, t):
            continue
        travel_s = _may_serve(w, g, i, t)
        if travel_s == inf:
            continue
        value = rank(w, w.danger[i], travel_s, w.standing[w.area[g.place]] - 1)
        if best == NOBODY or value < least:
            best, least = u, value
    return best


@kernel
def _count_overtime(w: World, g: Unit, t: float) -> None:
    """Count what of the time since the unit's state began lies outside its shifts."""
    while g.shift < g.last_shift and w.shifts[g.shift, 1] <= g.since_s:
        g.shift += 1
    outside_s, s = t - g.since_s, g.shift
    while s < g.last_shift and w.shifts[s, 0] < t:
        outside_s -= max(0.0, min(t, w.shifts[s, 1]) - max(g.since_s, w.shifts[s, 0]))
        s += 1
    g.overtime_s += outside_s


@kernel
def _begin(g: Unit, state: int, t: float, due_s: float) -> None:
    g.state, g.since_s, g.due_s = state, t, due_s
    g.events += 1


@kernel
def _leave_visit(w: World, g: Unit, kept: int, t: float) -> None:
    """Write down a visit that ends, or is given up."""
    g.visiting_s += t - g.since_s
    _count_overtime(w, g, t)
    v = w.visits[g.visit - 1].number
    w.visit[v], w.visit_until_s[v] = kept, t


@kernel
def _send(w: World, g: Unit, i: int, seat: int, t: float) -> None:
    """Send a unit; a visit that it makes is broken off, one that it drives to stays to be made."""
    travel_s, back = _travel_s(w, g, w.place[i], t)
    g.leg_m = w.distance_m[g.mode, g.origin if back else g.place, w.place[i]]
    if g.state == TO_VISIT:
        gone_m = _gone_m(w, g, t)
        g.leg_m += gone_m if back else w.distance_m[g.mode, g.origin, g.place] - gone_m
        g.driven_m += gone_m
        g.to_visits_s += t - g.since_s
        _count_overtime(w, g, t)
    elif g.state == VISITING:
        _leave_visit(w, g, BROKEN, t)
    g.call, g.seat, g.place = i, seat, w.place[i]
    w.unit[i, seat], w.sent_s[i, seat] = g.number, t
    _begin(g, TO_ALARM, t, t + travel_s)


@kernel
def _queue_up(w: World, i: int, line: int) -> None:
    """Put an incident last."""
    last = w.queue[line, TAIL]
    if last == NOBODY:
        w.queue[line, HEAD] = i
    else:
        w.after[last] = i
    w.queue[line, TAIL] = i


@kernel
def _unlink(w: World, line: int, before: int, i: int) -> None:
    """Take an incident out of the queue."""
    following = w.after[i]
    if before == NOBODY:
        w.queue[line, HEAD] = following
    else:
        w.after[before] = following
    if following == NOBODY:
        w.queue[line, TAIL] = before


@kernel
def _take_from_queue(w: World, g: Unit, t: float) -> bool:
    """Send a free unit to the first in the queue that it may serve; return whether there was one."""
    for line in range(2):
        before, i = NOBODY, w.queue[line, HEAD]
        while i != NOBODY:
            lapsed = w.missing[i] == 0 or t - w.at_s[i] > w.waits_most_s
            if not lapsed and _may_serve(w, g, i, t) < inf:
                _send(w, g, i, w.wanted[i] - w.missing[i], t)
                w.missing[i] -= 1
                if w.missing[i] == 0:
                    _unlink(w, line, before, i)
                return True
            if lapsed:
                _unlink(w, line, before, i)
            else:
                before = i
            i = w.after[i]
    return False


@kernel
def _plan_visit(w: World, g: Unit, t: float) -> None:
    """Find the next visit that an idle unit can make, and when it sets out for it in this window."""
    g.due_s = inf
    while g.visit < g.last_visit:
        v = w.visits[g.visit]
        travel_s = w.travel_s[g.mode, g.place, v.place]
        too_late = t + travel_s > v.planned_s + w.late_most_s
        if too_late or travel_s == inf or not w.covers[g.number, v.place]:
            g.visit += 1
            continue
        leaves_s = max(t, v.planned_s - travel_s)
        if leaves_s < g.until_s:
            g.due_s = leaves_s
        return


@kernel
def _become_free(w: World, g: Unit, t: float) -> None:
    """Let a unit that has cleared, left a visit or begins look at the queue, then at its visits."""
    g.due_s = inf
    if t < g.until_s and not _take_from_queue(w, g, t):
        _plan_visit(w, g, t)


@kernel
def _go_home(w: World, g: Unit) -> None:
    """Count the way home after a shift, which holds nothing up."""
    if w.travel_s[g.mode, g.place, g.base] < inf:
        g.home_s += w.travel_s[g.mode, g.place, g.base]
        g.home_m += w.distance_m[g.mode, g.place, g.base]
    g.place = g.base


@kernel
def _open_window(w: World, g: Unit, t: float) -> None:
    """Let a unit be sent from now on, unless it is still busy; a shift begins at the base."""
    anew = w.windows[g.window].anew == 1
    g.until_s = w.windows[g.window].until_s
    g.window += 1
    g.opens_s = w.windows[g.window].from_s if g.window < g.last_window else inf
    if g.state == IDLE:
        g.events += 1
        if anew:
            _go_home(w, g)
        _become_free(w, g, t)
    elif g.state <= VISITING:
        g.events += 1
        _take_from_queue(w, g, t)


@kernel
def _carry_on(w: World, g: Unit, t: float) -> None:
    """Let a unit end what it does: set out, arrive, leave, clear."""
    if g.state == IDLE:
        g.origin, g.place = g.place, w.visits[g.visit].place
        _begin(g, TO_VISIT, t, t + w.travel_s[g.mode, g.origin, g.place])
    elif g.state == TO_VISIT:
        g.to_visits_s += t - g.since_s
        g.driven_m += w.distance_m[g.mode, g.origin, g.place]
        _count_overtime(w, g, t)
        v = w.visits[g.visit]
        w.visit_from_s[v.number] = t
        _begin(g, VISITING, t, t + v.dwell_s)
        g.visit += 1
    elif g.state == VISITING:
        _leave_visit(w, g, DONE, t)
        _begin(g, IDLE, t, inf)
        _become_free(w, g, t)
    else:
        _carry_on_alarm(w, g, t)


@kernel
def _carry_on_alarm(w: World, g: Unit, t: float) -> None:
    """Let a unit arrive at an alarm, or clear it."""
    _count_overtime(w, g, t)
    if g.state == TO_ALARM:
        g.to_alarms_s += t - g.since_s
        g.driven_m += g.leg_m
        w.arrived_s[g.call, g.seat] = t
        _begin(g, AT_ALARM, t, t + w.on_scene_s[g.call])
    else:
        g.at_alarms_s += t - g.since_s
        w.cleared_s[g.call, g.seat] = t
        w.missing[g.call] = 0  # what a second unit was wanted for is over
        _begin(g, IDLE, t, inf)
        _become_free(w, g, t)


@kernel
def _somebody_could(w: World, i: int) -> bool:
    """Return whether any unit at all may serve an incident; else it would only be passed over."""
    for g in w.units:  # noqa: SIM110 - numba compiles no generator here
        if w.needs[i] & ~g.competence == 0 and w.covers[g.number, w.place[i]]:
            return True
    return False


@kernel
def fill_travel(w: World, units: I64, places: I64, t: float, here_s: F64) -> None:
    """Fill in the seconds from each of some units to some places; from its alarm where one is busy."""
    for n in range(len(units)):
        for k in range(len(places)):
            here_s[n, k] = _travel_s(w, w.units[units[n]], places[k], t)[0]


@kernel
def _is_open(w: World, i: int, t: float) -> bool:
    """Return whether there is a choice that the look-ahead weighs: two in time for sure, one of them wanted, and no danger."""
    if w.rule != AHEAD or w.danger[i] or w.wanted[i] != 1:
        return False
    sure = 0
    for u in range(len(w.units)):
        g = w.units[u]
        sure += _is_free(g, t) and _may_serve(w, g, i, t) <= w.sure_s
    return sure > 1


@kernel
def _report(w: World, i: int, t: float, first: int) -> None:
    """Send whom an incident needs, `first` before all where it is somebody; queue it for who is missing."""
    for seat in range(w.wanted[i]):
        u = first if seat == 0 and first != NOBODY else choose(w, i, t)
        if u == NOBODY:
            w.missing[i] = w.wanted[i] - seat
            if _somebody_could(w, i):
                _queue_up(w, i, 0 if w.danger[i] else 1)
            return
        _send(w, w.units[u], i, seat, t)


@kernel
def _first_due(units: Rows, until_s: float) -> int:
    """Return the unit whose next moment is the earliest; NOBODY: none until then."""
    who, t = NOBODY, inf
    for u in range(len(units)):
        own = min(units[u].due_s, units[u].opens_s)
        who, t = (u, own) if own < t else (who, t)  # no branch: a fifth of the year's time
    return who if t <= until_s else NOBODY


@kernel
def _step(w: World, g: Unit) -> None:
    """Let the next thing of a unit happen; at the same moment a window opens first."""
    if g.opens_s <= g.due_s:
        _open_window(w, g, g.opens_s)
    else:
        _carry_on(w, g, g.due_s)


@kernel
def _is_within(w: World, watch: Watch, p: int, t: float) -> bool:
    """Return whether a free unit that may serve a place reaches it within its limit."""
    for g in w.units:
        if not _is_free(g, t) or watch.needs[p] & ~g.competence or not w.covers[g.number, p]:
            continue
        if _travel_s(w, g, p, t)[0] <= watch.limit_s[p]:
            return True
    return False


@kernel
def _look(w: World, watch: Watch, i: int, t: float) -> None:
    """Write down what share of the places is within its limit, before anybody is sent."""
    share = 0.0
    for p in range(len(watch.weight)):
        if watch.weight[p] > 0.0 and _is_within(w, watch, p, t):
            share += watch.weight[p]
    watch.share[i] = share


@kernel
def _play_until(w: World, until_s: float) -> None:
    """Play all units on to a moment.

    Units meet only in the queue. While it is empty, each is played on by itself; only with a queue,
    in which the first that becomes free is served, do all go in order of time.
    """
    if w.queue[0, HEAD] == NOBODY and w.queue[1, HEAD] == NOBODY:
        for u in range(len(w.units)):
            g = w.units[u]
            while min(g.due_s, g.opens_s) <= until_s:
                _step(w, g)
    else:
        who = _first_due(w.units, until_s)
        while who != NOBODY:
            _step(w, w.units[who])
            who = _first_due(w.units, until_s)


@kernel
def run(w: World, watch: Watch | None, begin: int, first: int) -> int:
    """Play from an incident on; without a watch nothing of it is compiled in.

    Return the incident for which somebody must choose who goes first, all having been played up to it:
    call again with it as `begin`, and with whom as `first`. Their number: everything is played.
    """
    for i in range(begin, len(w.at_s)):
        if i > begin or first == NOBODY:
            _play_until(w, w.at_s[i])
            if watch is not None:
                _look(w, watch, i, w.at_s[i])
            if _is_open(w, i, w.at_s[i]):
                return i
        _report(w, i, w.at_s[i], first if i == begin else NOBODY)
    _play_until(w, LAST_S)
    for u in range(len(w.units)):
        _go_home(w, w.units[u])
    return len(w.at_s)
