"""No unit is offered that a rule forbids: the choice against a slow, literal reading of the rules."""

from dataclasses import replace
from itertools import permutations

from hypothesis import example, given, settings

from narvaro.core.choice import Candidate, Demand, Work, choose, choose_several
from tests.core.choice.made_units import demands, small_towns, towns, unit

ON_NEXT_LESSER = unit("2", 0.0, state="busy", work=Work("104", is_visit=False, priority=2))
GRAVEST = Demand(priority=1)
MANY = settings(max_examples=400)


def forbidden(one: Candidate, case: Demand) -> set[str]:  # noqa: C901, PLR0912 - one if per sentence of the rules
    """Return every code under which a unit must not be asked."""
    why = set()
    if one.state == "off_duty":
        why.add("off_duty")
    if one.state == "silent":
        why.add("silent")
    if one.state == "break":
        why.add("on_break")
    if one.sought:
        why.add("sought")
    if one.already_asked:
        why.add("already_asked")
    if one.permit is not None and not one.permit.covered:
        why.add("no_permit")
    if one.agreement is not None and not one.agreement.covered:
        why.add("no_agreement")
    for need in case.competences:
        if need not in one.competences:
            if need in one.expired:
                why.add("competence_expired")
            else:
                why.add("lacks_competence")
    for need in case.equipment:
        if need not in one.equipment:
            why.add("lacks_equipment")
    if case.key_must and case.key not in one.keys:
        why.add("no_key")
    if one.state == "busy":
        if one.work is None:
            why.add("busy")
        elif not one.work.is_visit:
            steps = 1 if case.danger_to_life else 2
            too_near = one.work.priority < case.priority + steps
            if one.work.danger_to_life or too_near:
                why.add("busy")
    if one.travel_s == float("inf"):
        why.add("no_road")
    return why


def worst(one: Candidate) -> float:
    """Return the latest arrival, written out."""
    if one.travel_s is None:
        return float("inf")
    if one.position_age_s is None:
        return float("inf")
    if one.position_age_s > 300:
        return one.travel_s + one.position_age_s - 300
    return one.travel_s


@given(towns, demands)
@example([ON_NEXT_LESSER], replace(GRAVEST, danger_to_life=True))
@MANY
def test_exactly_those_are_ranked_whom_nothing_forbids(
    units: list[Candidate], case: Demand
) -> None:
    """And the reason told for each of the others is one that holds."""
    choice = choose(units, case)
    ranked = {one.candidate.unit for one in choice.ranked}
    assert ranked == {one.unit for one in units if not forbidden(one, case)}
    assert all(str(out.why) in forbidden(out.candidate, case) for out in choice.left_out)


@given(towns, demands)
@example([ON_NEXT_LESSER], replace(GRAVEST, danger_to_life=True))
@MANY
def test_danger_to_life_goes_to_the_nearest_at_worst(units: list[Candidate], case: Demand) -> None:
    """Whoever may go and is there first is asked first, busy or not."""
    ranked = choose(units, case).ranked
    if not ranked:
        return
    may_go = [one for one in units if not forbidden(one, case)]
    if not case.danger_to_life:
        free = [one for one in may_go if one.state != "busy" or (one.work and one.work.is_visit)]
        may_go = free or may_go
    assert worst(ranked[0].candidate) == min(worst(one) for one in may_go)


@given(small_towns, demands, demands)
@example([unit("1", 0.0), ON_NEXT_LESSER], GRAVEST, replace(GRAVEST, danger_to_life=True))
@MANY
def test_the_best_pair_is_the_best_of_all_pairs(
    units: list[Candidate], one: Demand, other: Demand
) -> None:
    """Every ordered pair is tried; among equally complete ones the arrivals decide.

    One demand of danger to life makes the whole case one.
    """
    life = one.danger_to_life or other.danger_to_life
    pair = (replace(one, danger_to_life=life), replace(other, danger_to_life=life))

    def worth(sent: tuple[Candidate | None, ...]) -> tuple[float, ...]:
        there = [unit for unit in sent if unit is not None]
        times = sorted(worst(unit) for unit in there) or [float("inf")]
        leaving = sum(
            unit.state == "busy" and not (unit.work and unit.work.is_visit) for unit in there
        )
        ends = (times[0], times[-1]) if life else (times[-1], times[0])
        return (2 - len(there), 0 if life else leaving, *ends)

    allowed = [
        sent
        for sent in permutations([*units, None, None], 2)
        if all(
            unit is None or not forbidden(unit, case) for unit, case in zip(sent, pair, strict=True)
        )
    ]
    found = choose_several(units, pair)
    taken = tuple(unit.candidate if unit else None for unit in found.taken)
    assert taken in allowed
    assert worth(taken) == min(worth(sent) for sent in allowed)
    assert found.short == taken.count(None)
