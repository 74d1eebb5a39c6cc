"""Who is asked first, who is left out and why: each rule alone, the order, and what always holds."""

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.choice import (
    FRESH_S,
    RULES,
    Arrival,
    Candidate,
    Demand,
    Dropped,
    LeftOut,
    Reason,
    Work,
    choose,
    find_arrival,
    list_with_slack,
    weigh_readiness,
)
from narvaro.core.choice.lookahead import Ahead
from tests.core.choice.made_units import (
    COVERED,
    GUARD,
    UNCOVERED,
    candidates,
    demands,
    order,
    towns,
    unit,
)


@pytest.mark.parametrize(
    ("given_", "why", "detail"),
    [
        ({"state": "off_duty"}, LeftOut.OFF_DUTY, ""),
        ({"state": "break"}, LeftOut.ON_BREAK, ""),
        ({"state": "silent"}, LeftOut.SILENT, ""),
        ({"sought": True}, LeftOut.SOUGHT, ""),
        ({"state": "busy"}, LeftOut.BUSY, ""),
        ({"competences": frozenset({"cpr"})}, LeftOut.LACKS_COMPETENCE, "guard"),
        ({"permit": UNCOVERED}, LeftOut.NO_PERMIT, "outside_hours:A2/2026"),
        ({"state": "busy", "work": Work("104", priority=4)}, LeftOut.BUSY, "104"),
        (
            {"competences": frozenset(), "expired": GUARD},
            LeftOut.COMPETENCE_EXPIRED,
            "guard",
        ),
        ({"agreement": UNCOVERED}, LeftOut.NO_AGREEMENT, "outside_hours:A2/2026"),
        ({"already_asked": True}, LeftOut.ALREADY_ASKED, ""),
        ({"travel_s": inf}, LeftOut.NO_ROAD, ""),
    ],
)
def test_each_rule_leaves_out_its_unit_and_says_why(
    given_: dict[str, Any], why: LeftOut, detail: str
) -> None:
    """The dispatcher reads one reason for each unit that is not asked, and the others are asked."""
    choice = choose([unit("V1"), unit("V2", **given_)], GUARD)
    assert [one.candidate.call_sign for one in choice.ranked] == ["V1"]
    [out] = choice.left_out
    assert (out.candidate.call_sign, out.why, out.detail) == ("V2", why, detail)


def test_a_unit_that_breaks_several_rules_is_told_the_one_that_no_person_may_overrule() -> None:
    """A busy officer without a permit is left out for the permit: waiting would not help."""
    [out] = choose(
        [unit("OV1", permit=UNCOVERED, state="busy", already_asked=True)], GUARD
    ).left_out
    assert out.why == LeftOut.NO_PERMIT


def test_the_shortest_road_time_is_asked_first_and_ties_go_by_call_sign() -> None:
    """The same world always gives the same order."""
    assert order(unit("V3", 90), unit("V2", 100), unit("V1", 100)) == ["V3", "V1", "V2"]


def test_an_old_position_counts_with_all_the_time_since_and_none_comes_last() -> None:
    """Who was near twenty minutes ago may be twenty minutes away; who was seen now is where it is."""
    near_once = unit("V1", 10.0, position_age_s=FRESH_S + 900)
    nowhere = unit("V2", None, position_age_s=None)
    fresh = unit("V3", 900.0, position_age_s=FRESH_S)
    just_old = unit("V4", 800.0, position_age_s=FRESH_S + 1)
    ranked = choose([nowhere, near_once, fresh, just_old], GUARD).ranked
    assert [(one.candidate.call_sign, one.reasons) for one in ranked] == [
        ("V4", (Reason.POSITION_OLD,)),
        ("V3", (Reason.POSITION_FRESH,)),
        ("V1", (Reason.NEAREST, Reason.POSITION_OLD)),
        ("V2", (Reason.POSITION_UNKNOWN,)),
    ]


def test_reasons_name_the_permit_the_walk_and_the_unknown_place() -> None:
    """What the guard reads beside the offer."""
    officer = unit("OV1", None, permit=COVERED, on_foot=True)
    [one] = choose([officer], GUARD, place_known=False).ranked
    assert one.reasons == (Reason.PLACE_UNKNOWN, Reason.PERMIT_COVERS, Reason.ON_FOOT)


def test_every_missing_competence_counts() -> None:
    """A case that needs a dog and a guard is not given to a guard alone."""
    dog = unit("V2", competences=frozenset({"guard", "dog"}))
    assert order(unit("V1", 1), dog, needs=frozenset({"guard", "dog"})) == ["V2"]


def test_nobody_on_duty_is_an_empty_choice() -> None:
    """No units is an answer, not a fault."""
    assert choose([], GUARD) == choose([], frozenset())


@given(towns, demands)
def test_nobody_is_lost_and_nobody_ranked_breaks_a_rule(
    units: list[Candidate], needs: Demand
) -> None:
    """Ranked and left out together are all, each once, and each for cause."""
    choice = choose(units, needs)
    ranked = [one.candidate for one in choice.ranked]
    left_out = [one.candidate for one in choice.left_out]
    assert sorted(one.unit for one in ranked + left_out) == sorted(one.unit for one in units)
    assert not [one for one in ranked if any(rule(one, needs) for rule in RULES)]
    assert all(any(rule(one, needs) for rule in RULES) for one in left_out)
    assert all(one.permit is None or one.permit.covered for one in ranked)
    assert all(one.agreement is None or one.agreement.covered for one in ranked)
    assert all(one.reasons for one in choice.ranked)


@given(towns, candidates, demands)
def test_one_more_unit_never_changes_the_order_of_the_others(
    units: list[Candidate], more: Candidate, needs: Demand
) -> None:
    """A car that comes on duty does not swap two that were there before it."""
    before = [one.candidate for one in choose(units, needs).ranked]
    after = [one.candidate for one in choose([*units, more], needs).ranked]
    assert [one for one in after if one is not more] == before


@given(towns, demands, st.randoms(use_true_random=False))
def test_the_order_in_which_units_are_listed_means_nothing(
    units: list[Candidate], needs: Demand, dice: object
) -> None:
    """Two dispatchers who ask at once see the same ranking."""
    mixed = list(units)
    dice.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert choose(mixed, needs) == choose(units, needs)


def test_what_the_case_needs_is_carried_or_the_unit_is_left_out() -> None:
    """A defibrillator and a key that is a must: each missing one is named."""
    demand = Demand(GUARD, frozenset({"aed"}), key="114", key_must=True)
    whole = unit("V1", equipment=frozenset({"aed"}), keys=frozenset({"114"}))
    bare = unit("V2", keys=frozenset({"114"}))
    keyless = unit("V3", equipment=frozenset({"aed"}), keys=frozenset({"115"}))
    choice = choose([whole, bare, keyless], demand)
    assert [one.candidate for one in choice.ranked] == [whole]
    assert choice.left_out == (
        Dropped(bare, LeftOut.LACKS_EQUIPMENT, "aed"),
        Dropped(keyless, LeftOut.NO_KEY, "114"),
    )


def test_a_key_that_is_no_must_is_a_reason_only() -> None:
    """The guard reads before he drives whether he can go in."""
    with_key, without = unit("V1", keys=frozenset({"114"})), unit("V2")
    first, second = choose([with_key, without], Demand(GUARD, key="114")).ranked
    assert (Reason.KEY_HELD in first.reasons, first.details) == (True, ((Reason.KEY_HELD, "114"),))
    assert second.details == ((Reason.KEY_MISSING, "114"),)


def test_the_arrival_is_an_interval_that_widens_with_the_age_of_the_position() -> None:
    """Between driving towards the place and away from it since the position was fresh."""
    assert find_arrival(unit("V1", 400.0)) == Arrival(400.0, 400.0)
    assert find_arrival(unit("V1", 400.0, position_age_s=FRESH_S + 90)) == Arrival(310.0, 490.0)
    assert find_arrival(unit("V1", 60.0, position_age_s=FRESH_S + 90)) == Arrival(0.0, 150.0)
    assert find_arrival(unit("V1", None)) is find_arrival(unit("V1", position_age_s=None)) is None


def test_a_unit_off_the_map_is_said_to_be_so() -> None:
    """It has a position, but no road is near: somebody may ask it all the same, last."""
    ranked = choose([unit("V1", None), unit("V2", 900.0)], GUARD).ranked
    assert [one.candidate.call_sign for one in ranked] == ["V2", "V1"]
    assert ranked[1].reasons == (Reason.OFF_MAP,)


def test_a_visit_is_left_for_any_case_and_the_reason_says_which() -> None:
    """Visits are made later or replaced; the nearest goes."""
    patrol = unit("V1", 10.0, state="busy", work=Work("Trasten", is_visit=True, priority=1))
    [first, _second] = choose([unit("V2", 20.0), patrol], GUARD).ranked
    assert first.candidate is patrol
    assert first.details == ((Reason.TAKEN_FROM_VISIT, "Trasten"),)


@pytest.mark.parametrize(
    ("work", "priority", "offered"),
    [
        (Work("104", priority=3), 1, True),
        (Work("104", priority=2), 1, False),
        (Work("104", priority=5, danger_to_life=True), 1, False),
        (None, 1, False),
    ],
)
def test_a_unit_leaves_a_case_only_for_one_that_is_two_steps_more_urgent(
    work: Work | None, priority: int, offered: bool
) -> None:
    """And never one of danger to life."""
    busy = unit("V1", state="busy", work=work)
    assert bool(choose([busy], Demand(GUARD, priority=priority)).ranked) is offered


def test_who_would_leave_a_case_is_asked_after_the_free_unless_life_is_in_danger() -> None:
    """Then only the time counts."""
    busy, free = unit("V1", 10.0, state="busy", work=Work("104", priority=5)), unit("V2", 500.0)
    assert order(busy, free, needs=Demand(GUARD, priority=2)) == ["V2", "V1"]
    assert order(busy, free, needs=Demand(GUARD, priority=1, danger_to_life=True)) == ["V1", "V2"]


def test_a_supporting_unit_says_under_which_agreement_it_may_be_asked() -> None:
    """The one who pays reads it."""
    [one] = choose([unit("R1", agreement=COVERED)], GUARD).ranked
    assert one.details == ((Reason.AGREEMENT_COVERS, "A1/2026"),)


@given(towns, demands)
def test_slack_never_holds_danger_to_life_nor_who_may_be_late(
    units: list[Candidate], demand: Demand
) -> None:
    """Readiness decides only between units that are in time at worst."""
    choice = choose(units, demand)
    slack = list_with_slack(choice, demand)
    if demand.danger_to_life or demand.limit_s is None:
        assert slack == ()
    for one in slack:
        assert one in choice.ranked
        assert one.arrival is not None
        assert demand.limit_s is not None
        assert one.arrival.latest_s <= demand.limit_s
    assert not slack or slack[0] is choice.ranked[0]


FOUND = Ahead(1, 45.0, 0.12, 0.8, 0.05, 400, 5400.0)


def test_readiness_puts_another_unit_first_and_says_its_price() -> None:
    """45 s later here, 0.12 fewer late and 0.8 fewer late minutes in the next hours."""
    near, far = unit("V1", 100.0), unit("V2", 145.0)
    demand = Demand(GUARD, limit_s=900.0)
    choice = weigh_readiness(choose([near, far], demand), demand, FOUND)
    assert [one.candidate for one in choice.ranked] == [far, near]
    assert choice.ranked[0].reasons[0] == Reason.READINESS
    assert choice.ranked[0].details == ((Reason.READINESS, "45:0.12:0.8"),)


@pytest.mark.parametrize(
    "demand",
    [Demand(GUARD, limit_s=900.0, danger_to_life=True), Demand(GUARD), Demand(GUARD, limit_s=99.0)],
)
def test_readiness_is_refused_where_there_is_no_slack(demand: Demand) -> None:
    """For danger to life the nearest goes, whatever a look-ahead found."""
    choice = choose([unit("V1", 100.0), unit("V2", 145.0)], demand)
    with pytest.raises(ValueError, match="the nearest goes"):
        weigh_readiness(choice, demand, FOUND)


def test_a_look_ahead_that_belongs_to_another_choice_is_refused() -> None:
    """It counts in a longer list."""
    demand = Demand(GUARD, limit_s=900.0)
    with pytest.raises(ValueError, match="chose unit 1 of 1"):
        weigh_readiness(choose([unit("V1")], demand), demand, FOUND)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: unit("V1", nan), "travel_s"),
        (lambda: unit("V1", -1.0), "travel_s"),
        (lambda: unit("V1", position_age_s=nan), "position_age_s"),
        (lambda: unit("V1", state="asleep"), "asleep"),
        (lambda: Demand(priority=0), "priority"),
        (lambda: Demand(key_must=True), "name the key"),
        (lambda: Demand(limit_s=0.0), "limit_s"),
        (lambda: choose([unit("V1"), unit("V1")], GUARD), "twice"),
    ],
)
def test_what_cannot_be_is_refused_in_words(make: Any, says: str) -> None:
    """A wrong row is found where it comes in."""
    with pytest.raises(ValueError, match=says):
        make()


def test_all_barred_is_an_empty_order_with_a_reason_each() -> None:
    """Nobody may go: the dispatcher sees why."""
    choice = choose([unit("V1", state="break"), unit("V2", inf)], GUARD)
    assert choice.ranked == ()
    assert [one.why for one in choice.left_out] == [LeftOut.ON_BREAK, LeftOut.NO_ROAD]
