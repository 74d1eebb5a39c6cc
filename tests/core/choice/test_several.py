"""Two units and more for one case: who, in which order it counts, and who is missing."""

import pytest

from narvaro.core.choice import Candidate, Demand, Several, Work, choose_several
from tests.core.choice.made_units import GUARD, unit

ANY, DOG = Demand(), Demand(frozenset({"dog"}))


def taken(found: Several) -> list[str | None]:
    """Return the call signs in the order of the demands."""
    return [one.candidate.call_sign if one else None for one in found.taken]


def dog(call_sign: str, travel_s: float) -> Candidate:
    """Make a unit with a dog handler."""
    return unit(call_sign, travel_s, competences=frozenset({"guard", "dog"}))


def test_needs_are_spread_and_nobody_goes_twice() -> None:
    """The only dog handler is kept for the demand that needs one, though he is the nearest."""
    units = [dog("V1", 10.0), unit("V2", 20.0), unit("V3", 30.0)]
    assert taken(choose_several(units, [ANY, DOG])) == ["V2", "V1"]


def test_the_last_counts_first_and_for_danger_to_life_the_first() -> None:
    """Nobody begins alone: the pair that is complete soonest. Life: who is there soonest."""
    fast = unit("V1", 5.0, competences=frozenset({"cpr", "guard"}), state="available")
    units = [dog("V2", 60.0), dog("V3", 300.0), fast]
    assert taken(choose_several(units, [ANY, DOG])) == ["V1", "V2"]
    either = [dog("V1", 5.0), dog("V2", 100.0), unit("V3", 90.0)]
    assert taken(choose_several(either, [ANY, DOG])) == ["V3", "V1"]
    handlers = [dog("V1", 5.0), dog("V2", 100.0)]
    life = Demand(danger_to_life=True)
    assert taken(choose_several(handlers, [life, DOG])) == ["V1", "V2"]


def test_for_danger_to_life_a_unit_leaves_its_case_and_else_not() -> None:
    """The first on the scene counts, whatever it leaves by the rules."""
    busy = unit("V1", 5.0, state="busy", work=Work("104", priority=5))
    free = [unit("V2", 100.0), unit("V3", 200.0)]
    life = Demand(priority=1, danger_to_life=True)
    assert taken(choose_several([busy, *free], [life, Demand(priority=1)])) == ["V1", "V2"]


def test_a_demand_that_nobody_can_take_is_empty_and_the_rest_is_met() -> None:
    """One unit goes, and the page says what is missing and why."""
    found = choose_several([unit("V1")], [Demand(GUARD), DOG])
    assert (taken(found), found.short) == (["V1", None], 1)
    assert [out.why for out in found.choices[1].left_out] == ["lacks_competence"]
    assert choose_several([], [ANY, ANY]).short == 2


def test_no_case_is_left_for_a_second_unit_that_is_free_elsewhere() -> None:
    """A pair of free units before one that leaves other work."""
    busy = unit("V1", 5.0, state="busy", work=Work("104", priority=5))
    free = [unit("V2", 100.0), unit("V3", 200.0)]
    demand = Demand(priority=2)
    assert taken(choose_several([busy, *free], [demand, demand])) == ["V2", "V3"]


@pytest.mark.parametrize("count", [0, 6])
def test_a_count_that_is_no_response_is_refused(count: int) -> None:
    """Six units are an operation, led by people."""
    with pytest.raises(ValueError, match="1 to 5"):
        choose_several([unit("V1")], [ANY] * count)
