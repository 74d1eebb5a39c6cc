"""The order of asking. In: what the case needs, every unit on duty. Out: ranked, and left out.

Nothing is dropped without a word, and the same input always gives the same order.
"""

from collections.abc import Callable, Sequence
from math import inf

from narvaro.core.choice.lookahead import Ahead
from narvaro.core.choice.parts import (
    FRESH_S,
    Arrival,
    Candidate,
    Choice,
    Demand,
    Dropped,
    Ranked,
    Reason,
)
from narvaro.core.choice.rules import find_breach

MOST_WEIGHED = 6


def drift_s(position_age_s: float) -> float:
    """Return for how many seconds a unit may have driven since its position was fresh."""
    return max(0.0, position_age_s - FRESH_S)


def find_arrival(one: Candidate) -> Arrival | None:
    """Return when a unit can be there, or None where nothing is known.

    Since an old position was sent, the unit may have driven towards the place or away from it for
    as long as the position is older than fresh.
    """
    if one.travel_s is None or one.position_age_s is None:
        return None
    drift = drift_s(one.position_age_s)
    return Arrival(max(0.0, one.travel_s - drift), one.travel_s + drift)


def late_by_s(one: Candidate) -> float:
    """Return the time that a unit needs at worst, in seconds; inf where nothing is known."""
    arrival = find_arrival(one)
    return inf if arrival is None else arrival.latest_s


def leaves_case(one: Candidate) -> bool:
    """Tell whether a unit would leave another case; a visit of its plan is none."""
    return one.state == "busy" and one.work is not None and not one.work.is_visit


def _place_in_order(one: Candidate, demand: Demand) -> tuple[bool, float, str, str]:
    last = leaves_case(one) and not demand.danger_to_life
    return (last, late_by_s(one), one.call_sign, one.unit.hex)


def _of_position(one: Candidate, place_known: bool) -> Reason:
    if not place_known:
        return Reason.PLACE_UNKNOWN
    if one.position_age_s is None:
        return Reason.POSITION_UNKNOWN
    if one.travel_s is None:
        return Reason.CLOSED_OFF if one.closed_off else Reason.OFF_MAP
    return Reason.POSITION_OLD if one.position_age_s > FRESH_S else Reason.POSITION_FRESH


Telling = Callable[[Candidate, Demand], tuple[Reason, str] | None]


def _taken(one: Candidate, demand: Demand) -> tuple[Reason, str] | None:  # noqa: ARG001 - a telling's shape
    if one.state != "busy" or one.work is None:
        return None
    visit = one.work.is_visit
    return (Reason.TAKEN_FROM_VISIT if visit else Reason.TAKEN_FROM_CASE), one.work.label


def _permitted(one: Candidate, demand: Demand) -> tuple[Reason, str] | None:  # noqa: ARG001 - a telling's shape
    return (Reason.PERMIT_COVERS, one.permit.decision_no or "") if one.permit else None


def _agreed(one: Candidate, demand: Demand) -> tuple[Reason, str] | None:  # noqa: ARG001 - a telling's shape
    return (Reason.AGREEMENT_COVERS, one.agreement.decision_no or "") if one.agreement else None


def _key(one: Candidate, demand: Demand) -> tuple[Reason, str] | None:
    if demand.key is None:
        return None
    return (Reason.KEY_HELD if demand.key in one.keys else Reason.KEY_MISSING), demand.key


def _walks(one: Candidate, demand: Demand) -> tuple[Reason, str] | None:  # noqa: ARG001 - a telling's shape
    return (Reason.ON_FOOT, "") if one.on_foot else None


TELLINGS: tuple[Telling, ...] = (_taken, _permitted, _agreed, _key, _walks)
"""What is said of a unit besides its place in the order; each says nothing where nothing is to say."""


def _rank(one: Candidate, demand: Demand, shortest_s: float, place_known: bool) -> Ranked:
    reasons = [Reason.NEAREST] if one.travel_s is not None and one.travel_s <= shortest_s else []
    reasons.append(_of_position(one, place_known))
    details = []
    for telling in TELLINGS:
        told = telling(one, demand)
        if told is not None:
            reasons.append(told[0])
            if told[1]:
                details.append(told)
    return Ranked(one, tuple(reasons), tuple(details), find_arrival(one))


def _as_demand(needs: Demand | frozenset[str]) -> Demand:
    return needs if isinstance(needs, Demand) else Demand(competences=needs)


def choose(
    candidates: Sequence[Candidate], needs: Demand | frozenset[str], *, place_known: bool = True
) -> Choice:
    """Rank the units that may be asked by road time, and name why each other is left out.

    The order is by the time that a unit needs at worst (`late_by_s`); last come those whose
    position nobody knows. Where life is not in danger, units that would leave another case come
    after those that are free. Ties are broken by call sign. Raises ValueError where a unit is
    listed twice.
    """
    demand = _as_demand(needs)
    if len({one.unit for one in candidates}) != len(candidates):
        raise ValueError("A unit is listed twice; list each unit once.")
    asked: list[Candidate] = []
    left_out: list[Dropped] = []
    for one in candidates:
        out = find_breach(one, demand)
        if out is None:
            asked.append(one)
        else:
            left_out.append(out)
    asked.sort(key=lambda one: _place_in_order(one, demand))
    left_out.sort(key=lambda out: (out.candidate.call_sign, out.candidate.unit.hex))
    shortest_s = min((one.travel_s for one in asked if one.travel_s is not None), default=inf)
    ranked = tuple(_rank(one, demand, shortest_s, place_known) for one in asked)
    return Choice(ranked, tuple(left_out))


def list_with_slack(choice: Choice, demand: Demand) -> tuple[Ranked, ...]:
    """List the units between which readiness may decide; none where the nearest must go.

    The six nearest at most. None for danger to life, without terms, and where the first in the order is not there in time
    at worst. Else the units that are, each even at worst, and that leave no other case for it.
    """
    limit_s = demand.limit_s
    if demand.danger_to_life or limit_s is None:
        return ()
    free = [one for one in choice.ranked if not leaves_case(one.candidate)]
    in_time = tuple(one for one in free if one.arrival and one.arrival.latest_s <= limit_s)
    return in_time[:MOST_WEIGHED] if in_time and in_time[0] is choice.ranked[0] else ()


def weigh_readiness(choice: Choice, demand: Demand, ahead: Ahead) -> Choice:
    """Put the unit first that the look-ahead found, and say what it costs and saves.

    `ahead.chosen` counts in `list_with_slack(choice, demand)`. Raises ValueError where there is no
    slack: for danger to life the nearest goes, and no look-ahead is ever applied.
    """
    slack = list_with_slack(choice, demand)
    if not slack:
        raise ValueError("No slack in the terms of this case: the nearest goes; do not look ahead.")
    if not 0 <= ahead.chosen < len(slack):
        raise ValueError(f"The look-ahead chose unit {ahead.chosen} of {len(slack)}.")
    if ahead.chosen == 0:
        return choice
    best = slack[ahead.chosen]
    told = Ranked(
        best.candidate,
        (Reason.READINESS, *best.reasons),
        ((Reason.READINESS, ahead.in_figures), *best.details),
        best.arrival,
    )
    return Choice((told, *(one for one in choice.ranked if one is not best)), choice.left_out)
