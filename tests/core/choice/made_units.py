"""Units and demands to choose between, made up. In: what differs. Out: the whole."""

from dataclasses import replace
from math import inf
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from hypothesis import strategies as st

from narvaro.core.choice import Candidate, Demand, Work, choose
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


def order(*units: Candidate, needs: Demand | frozenset[str] = GUARD) -> list[str]:
    """Return the call signs in the order of asking."""
    return [one.candidate.call_sign for one in choose(units, needs).ranked]


works = st.none() | st.builds(
    Work,
    label=st.sampled_from(["104", "Trasten"]),
    is_visit=st.booleans(),
    priority=st.integers(1, 5),
    danger_to_life=st.booleans(),
)
verdicts = st.sampled_from([None, COVERED, UNCOVERED, Verdict(False, None, None)])
candidates = st.builds(
    Candidate,
    unit=st.uuids(),
    call_sign=st.text("VO123456789", min_size=1, max_size=6),
    state=st.sampled_from(["available", "busy", "break", "off_duty", "silent"]),
    competences=st.frozensets(st.sampled_from(["guard", "dog", "cpr"])),
    travel_s=st.none() | st.floats(0, 7200) | st.just(inf),
    position_age_s=st.none() | st.floats(-60, 4000),
    on_foot=st.booleans(),
    permit=verdicts,
    already_asked=st.booleans(),
    sought=st.booleans(),
    expired=st.frozensets(st.sampled_from(["guard", "dog"])),
    equipment=st.frozensets(st.sampled_from(["aed", "extinguisher"])),
    keys=st.frozensets(st.sampled_from(["114", "115"])),
    agreement=verdicts,
    work=works,
)
towns = st.lists(
    candidates, max_size=8, unique_by=(lambda one: one.unit, lambda one: one.call_sign)
)
likely = st.builds(  # units that mostly may be asked, so that sets of several exist
    unit, st.text("V123456789", min_size=1, max_size=6), st.integers(0, 9).map(float),
    competences=st.sampled_from([GUARD, frozenset({"guard", "cpr"}), frozenset({"cpr"})]),
    state=st.sampled_from(["available", "available", "available", "busy"]),
    work=works,
)  # fmt: skip
small_towns = st.lists(likely, max_size=6, unique_by=lambda one: one.call_sign)
demands = st.builds(
    lambda must, key, **rest: Demand(key=key, key_must=must and key is not None, **rest),
    st.booleans(),
    st.sampled_from([None, "114"]),
    competences=st.frozensets(st.sampled_from(["guard", "dog"])),
    equipment=st.frozensets(st.sampled_from(["aed"])),
    priority=st.integers(1, 4),
    danger_to_life=st.booleans(),
    limit_s=st.none() | st.floats(1, 3600),
)
