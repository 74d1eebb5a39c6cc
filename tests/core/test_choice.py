"""Who is asked first, who is left out and why: each rule alone, the order, and what always holds."""

from dataclasses import replace
from math import inf
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.choice import FRESH_S, RULES, Candidate, LeftOut, Reason, choose
from narvaro.core.permits import Uncovered, Verdict

GUARD = frozenset({"guard"})
COVERED = Verdict(covered=True, decision_no="A1/2026", why=None)
UNCOVERED = Verdict(covered=False, decision_no="A2/2026", why=Uncovered.OUTSIDE_HOURS)


def unit(call_sign: str, travel_s: float | None = 100.0, /, **given: Any) -> Candidate:
    """Make a unit that may be asked, unless told otherwise."""
    plain = Candidate(
        unit=uuid5(NAMESPACE_OID, call_sign), call_sign=call_sign, state="available",
        competences=GUARD, travel_s=travel_s, position_age_s=10.0,
    )  # fmt: skip
    return replace(plain, **given)


def order(*units: Candidate, needs: frozenset[str] = GUARD) -> list[str]:
    """Return the call signs in the order of asking."""
    return [one.candidate.call_sign for one in choose(units, needs).ranked]


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


candidates = st.builds(
    Candidate,
    unit=st.uuids(),
    call_sign=st.text("VO123456789", min_size=1, max_size=6),
    state=st.sampled_from(["available", "busy", "break", "off_duty"]),
    competences=st.frozensets(st.sampled_from(["guard", "dog", "cpr"])),
    travel_s=st.none() | st.floats(0, 7200) | st.just(inf),
    position_age_s=st.none() | st.floats(-60, 4000),
    on_foot=st.booleans(),
    permit=st.sampled_from([None, COVERED, UNCOVERED, Verdict(False, None, None)]),
    already_asked=st.booleans(),
)
towns = st.lists(
    candidates, max_size=8, unique_by=(lambda one: one.unit, lambda one: one.call_sign)
)
wanted = st.frozensets(st.sampled_from(["guard", "dog"]))


@given(towns, wanted)
def test_nobody_is_lost_and_nobody_ranked_breaks_a_rule(
    units: list[Candidate], needs: frozenset[str]
) -> None:
    """Ranked and left out together are all, each once, and each for cause."""
    choice = choose(units, needs)
    ranked = [one.candidate for one in choice.ranked]
    left_out = [one.candidate for one in choice.left_out]
    assert sorted(one.unit for one in ranked + left_out) == sorted(one.unit for one in units)
    assert not [one for one in ranked if any(rule(one, needs) for rule in RULES)]
    assert all(any(rule(one, needs) for rule in RULES) for one in left_out)
    assert all(one.permit is None or one.permit.covered for one in ranked)
    assert all(one.reasons for one in choice.ranked)


@given(towns, candidates, wanted)
def test_one_more_unit_never_changes_the_order_of_the_others(
    units: list[Candidate], more: Candidate, needs: frozenset[str]
) -> None:
    """A car that comes on duty does not swap two that were there before it."""
    before = [one.candidate for one in choose(units, needs).ranked]
    after = [one.candidate for one in choose([*units, more], needs).ranked]
    assert [one for one in after if one is not more] == before


@given(towns, wanted, st.randoms(use_true_random=False))
def test_the_order_in_which_units_are_listed_means_nothing(
    units: list[Candidate], needs: frozenset[str], dice: object
) -> None:
    """Two dispatchers who ask at once see the same ranking."""
    mixed = list(units)
    dice.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert choose(mixed, needs) == choose(units, needs)
