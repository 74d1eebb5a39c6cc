"""A shift leader's change, computed. In: a loaded night, the plan's visits, a wish. Out: new visits.

The other visits keep their times where they can. Where there is no room, up to three of the drawn
visits that follow are left out, and the answer names them; what was asked for is never left out so.
A rule that nobody may set aside refuses the change by its code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from narvaro.core.patrol import Breach, Change, Night, Plan, Route, Stop, change, report, retime
from narvaro.plan.loading import Loaded, Party
from narvaro.plan.models import Visit
from narvaro.plan.proposing import Routed, prevented, stays_of
from narvaro.spine.refusal import Refused

ROOM_AT_MOST = 3
STAY_S = 12 * 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: `visit` None puts in a new stay at `spot`; `slot` None takes the visit out."""

    visit: Visit | None
    slot: int | None
    spot: int = -1
    not_before_s: int = 0
    dwell_s: int = STAY_S


@dataclass(frozen=True, slots=True)
class Kept:
    """A stop of a route and the row that it comes from; None: it is new."""

    stop: Stop
    row: Visit | None

    @property
    def is_fixed(self) -> bool:
        """Tell whether it has begun or is over, so that nothing is changed before it."""
        return self.row is not None and self.row.state != Visit.State.PLANNED


@dataclass(frozen=True, slots=True)
class Changed:
    """The changed plan: routes, the rows of each slot in their order, what it gives and costs."""

    routed: tuple[Routed, ...]
    rows: tuple[tuple[Visit | None, ...], ...]
    left_out: tuple[Visit, ...]
    set_aside: tuple[str, ...]
    prevented: float
    travel_s: int


def compute(loaded: Loaded, rows: Sequence[Visit], wish: Wish) -> Changed:
    """Change a plan as it stands in its rows; raises Refused with the rule that forbids it."""
    lists = _lists(loaded, rows)
    wanted = [list(one) for one in lists]
    if wish.visit is not None:
        _take_out(wanted, wish.visit)
    at = _put_in(loaded, wanted, wish) if wish.slot is not None else -1
    left_out, before = list[Visit](), _as_it_stands(loaded, lists)
    while True:
        outcome = _change(loaded, before, lists, wanted)
        if isinstance(outcome, Changed):
            return replace(outcome, left_out=tuple(left_out))
        slot, breach = outcome
        gone = _next_drawn(wanted[slot], at) if slot == wish.slot and breach.at > at else None
        if gone is None or len(left_out) == ROOM_AT_MOST:
            raise Refused(f"rule.{breach.rule}", _name(loaded, wanted[slot], breach))
        left_out += [gone.row] if gone.row else []
        wanted[slot].remove(gone)


def find_slot(loaded: Loaded, unit_id: object, at_s: int) -> int | None:
    """Return the unit's slot at a time, or the next one; None where it has none then or later."""
    later = [
        (one.work.from_s, number)
        for number, one in enumerate(loaded.slots)
        if one.unit.pk == unit_id and at_s < one.work.until_s
    ]
    return min(later)[1] if later else None


def _lists(loaded: Loaded, rows: Sequence[Visit]) -> list[list[Kept]]:
    """Return the rows as stops, slot by slot; raises Refused where the night is another by now."""
    places = {one.id: number for number, one in enumerate(loaded.spots)}
    keys = {one.key: number for number, one in enumerate(loaded.asked)}
    lists: list[list[Kept]] = [[] for _ in loaded.slots]
    for row in sorted(rows, key=lambda one: one.arrive_at):
        place_id = row.site_id or row.area_id
        place = places.get(place_id) if place_id else None
        arrive_s = loaded.period.seconds(row.arrive_at)
        mine = [
            number
            for number, one in enumerate(loaded.slots)
            if one.unit.pk == row.unit_id and one.work.from_s <= arrive_s < one.work.until_s
        ]
        if place is None or not mine:
            raise Refused("night_changed", str(row.unit))
        key = next((one["key"] for one in row.reasons if "key" in one), "")
        lists[mine[0]].append(Kept(Stop(place, row.dwell_s, arrive_s, keys.get(key)), row))
    return lists


def _take_out(wanted: list[list[Kept]], visit: Visit) -> None:
    for one in wanted:
        for kept in one:
            if kept.row is not None and kept.row.pk == visit.pk:
                if kept.is_fixed:
                    raise Refused("visit_begun", "The visit has begun or is over.")
                one.remove(kept)
                return
    raise Refused("visit_gone", "The visit is not in the plan any more.")


def _put_in(loaded: Loaded, wanted: list[list[Kept]], wish: Wish) -> int:
    assert wish.slot is not None
    there = wanted[wish.slot]
    stop = Stop(wish.spot, wish.dwell_s, wish.not_before_s)
    if wish.visit is not None:
        keys = {one.key: number for number, one in enumerate(loaded.asked)}
        key = next((one["key"] for one in wish.visit.reasons if "key" in one), "")
        place = {one.id: number for number, one in enumerate(loaded.spots)}
        where = wish.visit.site_id or wish.visit.area_id
        assert where is not None
        stop = Stop(place[where], wish.visit.dwell_s, wish.not_before_s, keys.get(key))
    at = sum(1 for one in there if one.stop.not_before_s < wish.not_before_s or one.is_fixed)
    there.insert(at, Kept(stop, wish.visit))
    return at


def _next_drawn(there: Sequence[Kept], at: int) -> Kept | None:
    """Return the next stop after one that nobody asked for and that has not begun."""
    later = there[at + 1 :]
    return next((one for one in later if one.stop.appointment is None and not one.is_fixed), None)


@dataclass(frozen=True, eq=False, slots=True)
class _Before:
    """A party's night and plan as they stand."""

    party: Party
    night: Night
    plan: Plan


def _as_it_stands(loaded: Loaded, lists: Sequence[Sequence[Kept]]) -> list[_Before]:
    first, found = 0, list[_Before]()
    for party in loaded.parties:
        until = first + len(party.slots)
        night = loaded.night(party, loaded.harm, range(len(loaded.asked)), by_hand=True)
        routes = _timed(night, party, lists[first:until])
        found.append(_Before(party, night, report(night, routes)))
        first = until
    return found


def _change(
    loaded: Loaded, before: Sequence[_Before], lists: Sequence[Sequence[Kept]],
    wanted: Sequence[Sequence[Kept]],
) -> Changed | tuple[int, Breach]:  # fmt: skip
    """Change every party's routes; or name the slot and the rule that forbids it."""
    every = tuple(range(len(loaded.asked)))
    first, changes, routed = 0, list[Change](), list[Routed]()
    for one in before:
        until = first + len(one.party.slots)
        stops = _differing(lists[first:until], wanted[first:until])
        made = change(one.night, one.plan, stops) if stops else Change(one.plan, (), 0.0, 0)
        if made.plan is None:
            worst = next(breach for breach in made.breaches if not breach.is_preference)
            return worst.shift + first, worst
        routed.append(Routed(one.party, every, made.plan.routes))
        changes.append(made)
        first = until
    old = [Routed(one.party, every, one.plan.routes) for one in before]
    return Changed(
        routed=tuple(routed),
        rows=tuple(tuple(one.row for one in there) for there in wanted),
        left_out=(),
        set_aside=tuple(sorted({str(one.rule) for made in changes for one in made.breaches})),
        prevented=prevented(loaded, stays_of(routed)) - prevented(loaded, stays_of(old)),
        travel_s=sum(made.travel_s for made in changes),
    )


def _timed(night: Night, party: Party, lists: Sequence[Sequence[Kept]]) -> tuple[Route, ...]:
    """Return routes as their rows have them; raises Refused where the night is another by now."""
    routes = []
    for number, there in enumerate(lists):
        timed = retime(night, number, [one.stop for one in there])
        if isinstance(timed, Breach):
            raise Refused("night_changed", party.slots[number].unit.call_sign)
        routes.append(timed)
    return tuple(routes)


def _differing(
    lists: Sequence[Sequence[Kept]], wanted: Sequence[Sequence[Kept]]
) -> dict[int, list[Stop]]:
    pairs = enumerate(zip(lists, wanted, strict=True))
    return {
        number: [one.stop for one in new] for number, (old, new) in pairs if list(old) != list(new)
    }


def _name(loaded: Loaded, there: Sequence[Kept], breach: Breach) -> str:
    """Return the place at which the rule is broken."""
    return loaded.spots[there[min(breach.at, len(there) - 1)].stop.place].name if there else ""
