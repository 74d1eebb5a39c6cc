"""A night's plan, computed. In: a loaded night, a seed. Out: visits with windows and reasons, facts.

Units on foot are planned first, each place's harm less what they prevent is left to those who drive:
the core plans units that move alike together. Nothing is written here, and no row is read.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

import numpy as np

from narvaro.core.patrol import LeftOut, Plan, Route, Stay, Unserved, Visit, Why, plan, report, work
from narvaro.core.rules import Interval
from narvaro.plan.asking import Asked
from narvaro.plan.hours import without
from narvaro.plan.loading import HALF_LIFE_S, SPACING_S, Loaded, Party, Slot, Spot
from narvaro.spine import clock

ITERATIONS = 100  # the search after the first draft; half as many cost half a percent of the harm
LIMIT_S = 2.4  # of all searches together: then the plan is what has been found
WINDOW_S = 30 * 60
STEP_S = 5 * 60
NEAR_WALK_S = 15 * 60  # a unit on foot is asked to what lies so near to its middle
TELLING = 3  # a rank by harm is a reason for the places in the first third
LISTED = 15  # places left out that are named; the rest are counted

Json = dict[str, object]
Stays = dict[int, list[Stay]]


@dataclass(frozen=True, slots=True)
class Routed:
    """A party's timed routes; their appointments are indices of `asked`, which are indices too."""

    party: Party
    asked: tuple[int, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit as it is kept: the unit begins it somewhere in the window."""

    slot: Slot
    spot: Spot
    arrive_s: int
    dwell_s: int
    window: Interval
    reasons: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A night's visits, one tuple per slot in the order of the parties, and what is said of them."""

    visits: tuple[tuple[Planned, ...], ...]
    facts: Json


def propose(loaded: Loaded, *, iterations: int = ITERATIONS) -> tuple[Routed, ...]:
    """Plan a loaded night; the same for the same seed where the limit is not reached."""
    open_to = set(range(len(loaded.asked)))
    harm, found = loaded.harm, list[Routed]()
    for number, party in enumerate(loaded.parties):
        is_last = number + 1 == len(loaded.parties)
        given = tuple(sorted(open_to if is_last else _near(loaded, party)))
        made = plan(
            loaded.night(_kept_apart(party, stays_of(found)), harm, given), seed=loaded.tonight.seed, iterations=iterations,
            stop=partial(_used, clock.monotonic(), LIMIT_S / len(loaded.parties)),
        )  # fmt: skip
        found.append(Routed(party, given, made.routes))
        kept = {one.appointment for route in made.routes for one in route.visits}
        open_to -= {given[one] for one in kept if one is not None}
        for place, stays in stays_of([found[-1]]).items():
            harm = harm.copy() if harm is loaded.harm else harm
            harm[place] *= 1 - work(stays, harm.shape[1], HALF_LIFE_S)
    return tuple(found)


def _kept_apart(party: Party, others: Mapping[int, Sequence[Stay]]) -> Party:
    """Keep a party as far from other parties' visits as the rule keeps its own from each other."""
    gaps = [
        [
            Interval(one.arrive_s - SPACING_S, one.arrive_s + one.dwell_s + SPACING_S)
            for one in others.get(place, ())
        ]
        for place in range(len(party.travel_s))
    ]
    if not others:
        return party
    slots = tuple(
        replace(
            slot,
            allowed=tuple(
                without((slot.work,) if slot.allowed is None else slot.allowed[place], there)
                for place, there in enumerate(gaps)
            ),
        )
        for slot in party.slots
    )
    return replace(party, slots=slots)


def _used(begun_s: float, limit_s: float) -> float:
    """Return the share of the allowed time that is used."""
    return (clock.monotonic() - begun_s) / limit_s


def _near(loaded: Loaded, party: Party) -> set[int]:
    """Return what is asked for within a short walk, where and when somebody of the party may be."""
    return {
        number
        for number, one in enumerate(loaded.asked)
        if any(
            party.travel_s[slot.base, one.spot] <= NEAR_WALK_S and _may(slot, one)
            for slot in party.slots
        )
    }


def _may(slot: Slot, asked: Asked) -> bool:
    free = (slot.work,) if slot.allowed is None else slot.allowed[asked.spot]
    return any(
        min(one.until_s, asked.window.until_s, slot.work.until_s)
        - max(one.from_s, asked.window.from_s, slot.work.from_s)
        >= asked.dwell_s
        for one in free
    )


def stays_of(routed: Sequence[Routed]) -> Stays:
    """Return who is where when, by place."""
    stays: Stays = defaultdict(list)
    for one in routed:
        for route in one.routes:
            for visit in route.visits:
                stays[visit.place].append(Stay(visit.arrive_s, visit.dwell_s))
    return stays


def prevented(loaded: Loaded, stays: Mapping[int, Sequence[Stay]]) -> float:
    """Return the expected harm that stays prevent together by the model, in its currency."""
    harm = loaded.harm
    return sum(
        float(harm[place] @ work(there, harm.shape[1], HALF_LIFE_S))
        for place, there in stays.items()
    )


def describe(
    loaded: Loaded, routed: Sequence[Routed], usual: Mapping[int, Sequence[Stay]],
    *, by_hand: bool = False,
) -> Draft:  # fmt: skip
    """Return timed routes as a draft: windows, reasons, what is left out, what it is worth.

    `usual` are the stays that were recorded the same night the week before.
    """
    plans = [
        report(loaded.night(one.party, loaded.harm, one.asked, by_hand=by_hand), one.routes)
        for one in routed
    ]
    stays, expected = stays_of(routed), float(loaded.harm.sum())
    visits = tuple(
        tuple(
            _planned(loaded, _Place(slot, route), one, given.asked, stays) for one in route.visits
        )
        for given, made in zip(routed, plans, strict=True)
        for slot, route in zip(given.party.slots, made.routes, strict=True)
    )
    left_out, uncounted = _left_out(loaded, routed, plans)
    facts: Json = {
        "forecast_at": loaded.kept.made_at.isoformat() if loaded.kept else None,
        "currency": loaded.kept.currency if loaded.kept else None,
        "expected": expected, "prevented": prevented(loaded, stays),
        "usual": _usual(loaded, usual) if expected > 0 else None,
        "left_out": left_out, "left_out_more": uncounted,
        "units": [
            _unit_facts(loaded, slot, route)
            for given, made in zip(routed, plans, strict=True)
            for slot, route in zip(given.party.slots, made.routes, strict=True)
        ],
        "notes": loaded.tonight.notes, "changes": [],
    }  # fmt: skip
    return Draft(visits, facts)


def _usual(loaded: Loaded, usual: Mapping[int, Sequence[Stay]]) -> Json | None:
    visits = sum(len(there) for there in usual.values())
    return {"visits": visits, "prevented": prevented(loaded, usual)} if visits else None


def _unit_facts(loaded: Loaded, slot: Slot, route: Route) -> Json:
    return {
        "unit": str(slot.unit.pk), "call_sign": slot.unit.call_sign, "base": loaded.spots[slot.base].name,
        "from": loaded.period.at(slot.work.from_s).isoformat(),
        "until": loaded.period.at(slot.work.until_s).isoformat(),
        "rests": [
            [loaded.period.at(one.from_s).isoformat(), loaded.period.at(one.until_s).isoformat()]
            for one in route.rests
        ],
        "travel_s": route.travel_s,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a visit stands: whose route it is in."""

    slot: Slot
    route: Route


def _planned(
    loaded: Loaded, where: _Place, visit: Visit, given: Sequence[int], stays: Stays
) -> Planned:
    asked = None if visit.appointment is None else loaded.asked[given[visit.appointment]]
    return Planned(
        where.slot, loaded.spots[visit.place], visit.arrive_s, visit.dwell_s,
        _window(where, visit, asked, loaded.tonight.seed),
        tuple(_reasons(visit, asked, stays[visit.place], len(loaded.spots))),
    )  # fmt: skip


def _window(where: _Place, visit: Visit, asked: Asked | None, seed: int) -> Interval:
    """Return between which times the visit begins: half an hour that nobody can foretell from it.

    All of it is as lawful as the planned time: inside the shift, between its breaks, inside the
    permit and the hours that were asked for.
    """
    slot = where.slot
    if asked is not None and asked.announced:
        return Interval(visit.arrive_s, visit.arrive_s)
    chance = Random(f"{seed} {slot.unit.pk} {visit.place} {visit.arrive_s}")
    from_s = visit.arrive_s - chance.randrange(0, WINDOW_S, STEP_S)
    from_s -= from_s % STEP_S
    until_s = max(from_s + WINDOW_S, visit.arrive_s)
    bounds = [_between(where.route.rests, slot.work, visit)]
    if slot.allowed is not None:
        bounds += [
            free
            for free in slot.allowed[visit.place]
            if free.from_s <= visit.arrive_s and visit.leave_s <= free.until_s
        ]
    if asked is not None:
        bounds.append(asked.hours)
    for one in bounds:
        from_s, until_s = max(from_s, one.from_s), min(until_s, one.until_s - visit.dwell_s)
    return Interval(min(from_s, visit.arrive_s), max(until_s, visit.arrive_s))


def _between(rests: Sequence[Interval], work_: Interval, visit: Visit) -> Interval:
    """Return the stretch of a shift without a break that a visit lies in."""
    before = [one.until_s for one in rests if one.until_s <= visit.arrive_s]
    after = [one.from_s for one in rests if one.from_s >= visit.leave_s]
    return Interval(max(before, default=work_.from_s), min(after, default=work_.until_s))


def _reasons(
    visit: Visit, asked: Asked | None, stays: Sequence[Stay], places: int
) -> list[Json]:  # fmt: skip
    """Return why a visit stands there, as codes and values; visits of other parties count too."""
    reasons: list[Json] = []
    if asked is not None:
        code = "announced" if asked.announced else "asked"
        reasons.append({
            "code": code, "focus": asked.focus, "decision": str(asked.decision_id),
            "key": asked.key,
        })  # fmt: skip
    for one in visit.reasons:
        if one.code == Why.HARM and one.value * TELLING <= places:
            reasons.append({"code": str(one.code), "value": one.value, "of": places})
        elif one.code in {Why.PEAK, Why.ON_THE_WAY}:
            reasons.append({"code": str(one.code), "value": round(one.value, 3)})
    before = [one.arrive_s + one.dwell_s for one in stays if one.arrive_s < visit.arrive_s]
    if before:
        since_s = visit.arrive_s - max(before)
        reasons.append({"code": str(Why.LAST_VISIT), "value": max(0, since_s)})
    else:
        reasons.append({"code": str(Why.FIRST_TONIGHT), "value": 1})
    return reasons


def _left_out(
    loaded: Loaded, routed: Sequence[Routed], plans: Sequence[Plan]
) -> tuple[list[Json], int]:
    """Return what nobody does, what was asked for first, then by harm; and how many are not named.

    A party's rule is named only where no party goes; those who drive are asked last.
    """
    places: dict[int, Unserved] = {}
    asked: dict[int, Unserved] = {}
    for given, made in zip(routed, plans, strict=True):
        for one in made.unserved:
            if one.appointment is None:
                places[one.place] = one
            else:
                asked[given.asked[one.appointment]] = one
    visited = stays_of(routed)
    kept = {
        given.asked[visit.appointment]
        for given in routed
        for route in given.routes
        for visit in route.visits
        if visit.appointment is not None
    }
    listed: list[Json] = [
        {"place": loaded.spots[one.place].name, "why": str(one.why), "asked": loaded.asked[number].focus,
         "window": [loaded.period.at(at).isoformat() for at in loaded.asked[number].window]}
        for number, one in sorted(asked.items())
        if number not in kept
    ]  # fmt: skip
    harmed = [
        one
        for place, one in places.items()
        if place not in visited and one.why != LeftOut.NO_HARM and one.could_prevent > 0
    ]
    harmed.sort(key=lambda one: -one.could_prevent)
    room = max(0, LISTED - len(listed))
    listed += [
        {"place": loaded.spots[one.place].name, "why": str(one.why),
         "could_prevent": float(np.round(one.could_prevent, 2))}
        for one in harmed[:room]
    ]  # fmt: skip
    return listed, max(0, len(harmed) - room)
