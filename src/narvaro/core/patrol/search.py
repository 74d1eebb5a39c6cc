"""The compiled part: time a route by the rules, value presence, fill, ruin and recreate.

In: a night as arrays. Out: routes as arrays. An *item* is what may stand in a route: first the
appointments, each once, then one item per place, as often as it pays. A place's value is the harm
that the visits there prevent: all of it while somebody is there, then a share that halves with each
half-life, the largest where several visits work on (docs/formulas/patrol.md).
All kernels stand in this one file, because the compiler's cache watches one file each.
"""

from typing import NamedTuple

import numpy as np

from narvaro.core.jit import F64, I64, Bits, kernel
from narvaro.core.patrol.arrays import NEVER, Harm, State, World

BIN = 120
STRINGS, LONGEST = 3, 10  # at most so many strings of so many stops are cut out at once
PLACE, OPENS, CLOSES, DWELL, ONLY = range(5)  # of World.items
BASE, BEGINS, ENDS, FREE = range(4)  # of World.shifts
ITEM, HOLD, STAY, START, LATE, DUE = range(6)  # of State.stops
ARRIVE, LEAVE, WHAT, WHO = range(4)  # of State.visits
NOISE = 0.5  # how far tastes differ at most between two fillings


class Offers(NamedTuple):
    """What items (a choice of I) offer in each route: rate per second times taste, best slot."""

    items: I64
    taste: F64  # [I]
    rate: F64  # [I, K]
    slot: I64  # [I, K]
    fresh: Bits  # [I, K] found in the route as it is


@kernel
def _draw(st: State) -> float:
    """Return the next random number in 0 … 1 (xorshift64*)."""
    x = st.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    st.random[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@kernel
def _bin(harm: Harm, t: int) -> int:
    """Return the first bin whose middle is not before `t`."""
    return min(max((t + BIN // 2 - 1) // BIN, 0), harm.bins)


@kernel
def _fade(harm: Harm, seconds: int) -> float:
    bins = seconds // BIN
    return float(harm.fade[seconds - bins * BIN] * harm.fade[BIN + bins])


@kernel
def _after(harm: Harm, s: int, left: int, a: int, e: int) -> float:
    """Return what a full visit that ended at `left` prevents from `a` until `e`, later times."""
    i, j = _bin(harm, a), _bin(harm, e)
    lasting = harm.sums[s, i, 1] - harm.fade[BIN + j - i] * harm.sums[s, j, 1]
    return float(_fade(harm, BIN * i + BIN // 2 - left) * lasting)


@kernel
def prevented(harm: Harm, s: int, visits: I64) -> float:
    """Return the harm that visits at a place, sorted by arrival, prevent together."""
    total, share = 0.0, 0.0
    here, left = -1, -1  # somebody was there until; the strongest memory ended at
    for i in range(len(visits)):
        a, e = visits[i, ARRIVE], visits[i, LEAVE]
        if share > 0.0 and here < a:
            total += share * _after(harm, s, left, here, a)
        here = max(here, a)
        if e > here:
            total += harm.sums[s, _bin(harm, e), 0] - harm.sums[s, _bin(harm, here), 0]
            here = e
        own = 0.0 if e - a < harm.effect_s else min(1.0, (e - a) / harm.full_s)
        older = share * _fade(harm, e - left) if e >= left else share / _fade(harm, left - e)
        if own > 0.0 and own >= older:
            share, left = own, e
    return total + share * _after(harm, s, left, here, NEVER) if share > 0.0 else total


@kernel
def _gain(harm: Harm, s: int, a: int, e: int, visits: I64, spacing: int) -> float:  # noqa: PLR0917
    """Return what one more full visit prevents; 0: too near another, or during one."""
    left, following = -1, NEVER
    for i in range(len(visits)):
        arrive, leave = visits[i, ARRIVE], visits[i, LEAVE]
        if a < leave + spacing and arrive < e + spacing:
            return 0.0
        if leave <= a:
            left = max(left, leave)
        else:
            following = min(following, arrive)
    gain = float(harm.sums[s, _bin(harm, e), 0] - harm.sums[s, _bin(harm, a), 0])
    gain += _after(harm, s, e, e, following)
    return gain - _after(harm, s, left, a, following) if left >= 0 else gain


@kernel
def _covered(w: World, k: int, s: int, t: int, dwell: int, back: bool) -> int:  # noqa: PLR0917
    """Return the earliest beginning from `t` on, or back from it, that a permit covers to its end."""
    row, best = k * len(w.travel) + s, -NEVER if back else NEVER
    for j in range(w.allow_first[row], w.allow_first[row + 1]):
        first, last = w.allow[j, 0], w.allow[j, 1] - dwell
        if back and first <= min(t, last):
            best = max(best, min(t, last))
        elif not back and max(t, first) <= last:
            best = min(best, max(t, first))
    return best


@kernel
def reach(  # noqa: PLR0917 - a kernel takes numbers
    w: World, k: int, now: int, due: int, travel: int, s: int, opens: int, dwell: int
) -> tuple[int, int]:
    """Return the earliest beginning at a place (-1: the base), and the break that is next then.

    A break is taken between visits, as soon as it may begin, or as the next visit would end too late.
    """
    while True:
        start = max(now + travel, opens)
        if s >= 0 and not w.shifts[k, FREE]:
            start = _covered(w, k, s, start, dwell, False)
        if due == w.break_first[k + 1]:
            return start, due
        earliest, latest, length = w.breaks[due]
        if now < earliest and start + dwell <= latest:
            return start, due
        now, due = max(now, earliest) + length, due + 1


@kernel
def time_route(w: World, st: State, k: int) -> bool:
    """Time a route as early as the rules let it; False where they do not."""
    stops, n, base, ends = st.stops[k], st.size[k], w.shifts[k, BASE], w.shifts[k, ENDS]
    now, p, due, drive = w.shifts[k, BEGINS], base, w.break_first[k], 0
    for i in range(n):
        item, dwell = w.items[stops[i, ITEM]], stops[i, STAY]
        s, opens = item[PLACE], max(item[OPENS], stops[i, HOLD])
        start, due = reach(w, k, now, due, w.travel[p, s], s, opens, dwell)
        if start > item[CLOSES]:
            return False
        stops[i, START], stops[i, DUE] = start, due
        drive += w.travel[p, s]
        now, p = start + dwell, s
    home, _ = reach(w, k, now, due, w.travel[p, base], -1, 0, 0)
    if home > ends:
        return False
    st.drive[k] = drive + w.travel[p, base] if n > 0 else 0
    bound = ends - (home - now)
    for i in range(n - 1, -1, -1):
        item, dwell = w.items[stops[i, ITEM]], stops[i, STAY]
        late = min(bound - dwell, item[CLOSES])
        if not w.shifts[k, FREE]:
            late = _covered(w, k, item[PLACE], late, dwell, True)
        stops[i, LATE] = late
        bound = late - w.travel[w.items[stops[i - 1, ITEM], PLACE] if i > 0 else base, item[PLACE]]
        for j in range(stops[i - 1, DUE] if i > 0 else w.break_first[k], stops[i, DUE]):
            bound -= w.breaks[j, 2]
    return True


@kernel
def _revalue(w: World, st: State, s: int) -> None:
    if w.counts[s]:
        st.value[s] = prevented(w.harm, s, st.visits[s, : st.seen[s]])


@kernel
def _lift(w: World, st: State, k: int, first: int) -> None:
    """Take a route's visits from its stop `first` on out of the account of places."""
    after = st.stops[k, first - 1, START] if first > 0 else -1
    for i in range(first, st.size[k]):
        s, m = w.items[st.stops[k, i, ITEM], PLACE], 0
        for j in range(st.seen[s]):
            if st.visits[s, j, WHO] != k or st.visits[s, j, ARRIVE] <= after:
                st.visits[s, m] = st.visits[s, j]
                m += 1
        st.seen[s] = m


@kernel
def _lay(w: World, st: State, k: int, first: int) -> bool:
    """Enter a route's visits into the account; False where a place has no room for one more."""
    for i in range(first, st.size[k]):
        it, start = st.stops[k, i, ITEM], st.stops[k, i, START]
        s = w.items[it, PLACE]
        if not w.counts[s]:
            continue
        j = st.seen[s]
        if j == st.visits.shape[1]:
            return False
        while j > 0 and st.visits[s, j - 1, ARRIVE] > start:
            st.visits[s, j] = st.visits[s, j - 1]
            j -= 1
        st.visits[s, j, ARRIVE], st.visits[s, j, LEAVE] = start, start + st.stops[k, i, STAY]
        st.visits[s, j, WHAT], st.visits[s, j, WHO] = it, k
        st.seen[s] += 1
    return True


@kernel
def _is_spaced(w: World, st: State, s: int) -> bool:
    """Tell whether visits keep their distance; appointments need none between them."""
    last, last_drawn = -NEVER, -NEVER
    for j in range(st.seen[s] if w.spacing > 0 else 0):
        drawn = st.visits[s, j, WHAT] >= w.appointments
        if st.visits[s, j, ARRIVE] < (last if drawn else last_drawn) + w.spacing:
            return False
        last = max(last, st.visits[s, j, LEAVE])
        if drawn:
            last_drawn = max(last_drawn, st.visits[s, j, LEAVE])
    return True


@kernel
def _account(w: World, st: State, k: int, first: int) -> bool:
    """Time a route, enter it from `first` on and value its places; False: a rule is broken."""
    if not time_route(w, st, k) or not _lay(w, st, k, first):
        return False
    for i in range(first, st.size[k]):
        s = w.items[st.stops[k, i, ITEM], PLACE]
        if not _is_spaced(w, st, s):
            return False
        _revalue(w, st, s)
    return True


@kernel
def score(w: World, st: State) -> float:
    """Return what the routes are worth: harm prevented, what is kept, less the driving."""
    return float(st.value.sum() + st.worth[0] - w.drive_cost * st.drive.sum())


@kernel
def _insert(w: World, st: State, k: int, at: int, it: int) -> bool:
    """Put an item into a route if that is allowed and makes the plan better."""
    before, n = score(w, st), st.size[k]
    _lift(w, st, k, at)
    st.stops[k, at + 1 : n + 1] = st.stops[k, at:n].copy()
    st.stops[k, at, ITEM], st.stops[k, at, HOLD], st.stops[k, at, STAY] = it, 0, w.items[it, DWELL]
    st.size[k] += 1
    st.worth[0] += w.worth[it]
    if _account(w, st, k, at) and score(w, st) > before:
        st.kept[it] = it < w.appointments
        return True
    _lift(w, st, k, at)
    st.stops[k, at:n] = st.stops[k, at + 1 : n + 1].copy()
    st.size[k] -= 1
    st.worth[0] -= w.worth[it]
    _account(w, st, k, at)
    _revalue(w, st, w.items[it, PLACE])
    return False


@kernel
def _cut(w: World, st: State, k: int, at: int, count: int) -> None:
    """Take a string of stops out of a route; the whole route where the rest cannot stand."""
    n = st.size[k]
    gone = st.stops[k, :n, ITEM].copy()
    _lift(w, st, k, at)
    st.stops[k, at : n - count] = st.stops[k, at + count : n].copy()
    st.size[k] -= count
    if not _account(w, st, k, at):
        _lift(w, st, k, 0)
        st.size[k], at, count = 0, 0, n
        _account(w, st, k, 0)
    for it in gone[at:]:
        _revalue(w, st, w.items[it, PLACE])
    for it in gone[at : at + count]:
        st.kept[it] = False
        st.worth[0] -= w.worth[it]


@kernel
def _scan(w: World, st: State, k: int, slots: tuple[int, int], offers: Offers) -> None:
    """Note for each item where in a route, from slot to slot, it gives most per second."""
    stops, n, base = st.stops[k], st.size[k], w.shifts[k, BASE]
    for i in range(slots[0], min(slots[1], n) + 1 if n < len(stops) else 0):
        now, p, due = w.shifts[k, BEGINS], base, w.break_first[k]
        if i > 0:
            now, due = stops[i - 1, START] + stops[i - 1, STAY], stops[i - 1, DUE]
            p = w.items[stops[i - 1, ITEM], PLACE]
        q = w.items[stops[i, ITEM], PLACE] if i < n else base
        bound = stops[i, LATE] if i < n else w.shifts[k, ENDS]
        plain = w.shifts[k, FREE] and due == w.break_first[k + 1]
        for it in offers.items:
            s, opens, closes, dwell, only = w.items[it]
            there, after = w.travel[p, s], dwell + w.travel[s, q]
            start = max(now + there, opens)
            if start + after > bound or st.kept[it] or (only >= 0 and only != k):
                continue
            if not plain:
                start, _ = reach(w, k, now, due, there, s, opens, dwell)
            if start > closes or start + after > bound:
                continue
            per_s = offers.taste[it] / max(1, start - now + after - w.travel[p, q])
            if w.promise[it] * per_s > offers.rate[it, k]:
                gain = w.worth[it]
                if it >= w.appointments:
                    there_by = st.visits[s, : st.seen[s]]
                    gain = _gain(w.harm, s, start, start + dwell, there_by, w.spacing)
                if gain * per_s > offers.rate[it, k]:
                    offers.rate[it, k], offers.slot[it, k] = gain * per_s, i
                    offers.fresh[it, k] = True


@kernel
def fill(w: World, st: State, noise: float) -> None:
    """Insert again and again what gives most for the time it takes, until nothing pays.

    Rates from before a change are looked at again when they are highest; slots beside it at once.
    """
    count, shifts = len(w.items), len(w.shifts)
    may = np.flatnonzero((w.promise > 0.0) & ~st.kept)
    taste = np.empty(count)
    for it in range(count):
        taste[it] = 1.0 - noise * _draw(st)
    rate, slot = np.zeros((count, shifts)), np.zeros((count, shifts), np.int64)
    offers = Offers(may, taste, rate, slot, np.ones((count, shifts), np.bool_))
    for k in range(shifts):
        _scan(w, st, k, (0, NEVER), offers)
    while True:
        it, k = divmod(int(np.argmax(rate)), shifts)
        if rate[it, k] <= 0.0:
            return
        at = slot[it, k]
        if not offers.fresh[it, k]:
            rate[it, k] = 0.0
            _scan(w, st, k, (0, NEVER), Offers(np.array([it]), taste, rate, slot, offers.fresh))
        elif _insert(w, st, k, at, it):
            offers.fresh[:, k] = False
            _scan(w, st, k, (at, at + 1), offers)
            for one in may:
                if w.items[one, PLACE] == w.items[it, PLACE]:
                    offers.fresh[one, :] = False
            if st.kept[it]:
                rate[it, :] = 0.0
        else:
            rate[it, k] = 0.0


@kernel
def _ruin(w: World, st: State) -> None:
    """Cut strings of stops that lie near one place and time out of a few routes."""
    it = int(_draw(st) * len(w.items))
    while w.promise[it] <= 0.0:
        it = int(_draw(st) * len(w.items))
    first = max(w.items[it, OPENS], w.shifts[:, BEGINS].min())
    last = min(w.items[it, CLOSES], w.shifts[:, ENDS].max())
    s, t = w.items[it, PLACE], first + _draw(st) * (last - first)
    hit = np.zeros(len(w.shifts), np.bool_)
    for _ in range(1 + int(STRINGS * _draw(st))):
        best, k, at = np.inf, -1, 0
        for by in range(len(w.shifts)):
            for i in range(0 if hit[by] else st.size[by]):
                place = w.items[st.stops[by, i, ITEM], PLACE]
                apart = w.travel[s, place] + abs(st.stops[by, i, START] - t) / 8
                if apart < best:
                    best, k, at = apart, by, i
        if k < 0:
            return
        hit[k] = True
        count = min(st.size[k], 1 + int(_draw(st) ** 2 * LONGEST))  # mostly short ones
        at = min(max(0, at - int(_draw(st) * count)), st.size[k] - count)
        _cut(w, st, k, at, count)


@kernel
def _copy(to: State, of: State) -> None:
    """Copy all but the random numbers."""
    to.size[:], to.stops[:], to.drive[:] = of.size, of.stops, of.drive
    to.seen[:], to.visits[:], to.value[:] = of.seen, of.visits, of.value
    to.kept[:], to.worth[:] = of.kept, of.worth


@kernel
def improve(w: World, st: State, best: State, before: State, count: int, heat: float) -> None:  # noqa: PLR0917
    """Ruin and recreate `count` times; `heat`: how much worse may follow; `best` keeps the best."""
    now, top = score(w, st), score(w, best)
    for _ in range(count):
        _copy(before, st)
        _ruin(w, st)
        fill(w, st, NOISE * _draw(st) ** 2)  # mostly little
        new = score(w, st)
        if new > now + heat * np.log(_draw(st) + 1e-300):
            now = new
            if new > top:
                top = new
                _copy(best, st)
        else:
            _copy(st, before)
