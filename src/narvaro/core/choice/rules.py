"""The rules of a choice, as two lists of small functions. In: a unit and a demand. Out: yes or why not.

`RULES`: a rule returns None where it has no objection, else a `Dropped`. Their order matters only
for what is told: first what no person may overrule and waiting does not mend. `PREEMPTIONS`: a busy
unit may be taken from its work where one of them says so.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from math import isfinite

from narvaro.core.choice.parts import Agreement, Candidate, Demand, Dropped, Held, LeftOut, Work
from narvaro.core.permits import Uncovered, Verdict, find_cover

PREEMPT_STEPS = 2
"""By so many steps of priority a case must be more urgent than the one a unit is taken from."""

Rule = Callable[[Candidate, Demand], Dropped | None]
Preemption = Callable[[Work, Demand], bool]


def from_visit(work: Work, demand: Demand) -> bool:  # noqa: ARG001 - a rule's shape
    """Allow taking a unit from a visit of its plan: the visit is made later or replaced."""
    return work.is_visit


def from_lesser_case(work: Work, demand: Demand) -> bool:
    """Allow taking a unit from a case that is clearly less urgent, and never from danger to life.

    For danger to life one step of priority is clear enough.
    """
    steps = 1 if demand.danger_to_life else PREEMPT_STEPS
    return not work.danger_to_life and work.priority - demand.priority >= steps


PREEMPTIONS: tuple[Preemption, ...] = (from_visit, from_lesser_case)


def may_be_taken(work: Work | None, demand: Demand) -> bool:
    """Tell whether a rule allows taking a unit from its work."""
    return work is not None and any(rule(work, demand) for rule in PREEMPTIONS)


def off_duty(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units that are not on a shift."""
    return Dropped(one, LeftOut.OFF_DUTY) if one.state == "off_duty" else None


def silent(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units whose own sign of life is missing: somebody must look for them."""
    return Dropped(one, LeftOut.SILENT) if one.state == "silent" else None


def sought(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out the unit that the case is about, also when it has come back."""
    return Dropped(one, LeftOut.SOUGHT) if one.sought else None


def _uncovered(verdict: Verdict | None) -> str | None:
    if verdict is None or verdict.covered:
        return None
    return f"{verdict.why or ''}:{verdict.decision_no or ''}"


def permit(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out public order officers where no permit covers place and time."""
    detail = _uncovered(one.permit)
    return None if detail is None else Dropped(one, LeftOut.NO_PERMIT, detail)


def agreement(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out other organisations' units where no agreement covers kind, place and time."""
    detail = _uncovered(one.agreement)
    return None if detail is None else Dropped(one, LeftOut.NO_AGREEMENT, detail)


def competence(one: Candidate, demand: Demand) -> Dropped | None:
    """Leave out units whose crew never had a competence that the case needs."""
    missing = demand.competences - one.competences - one.expired
    return Dropped(one, LeftOut.LACKS_COMPETENCE, min(missing)) if missing else None


def competence_valid(one: Candidate, demand: Demand) -> Dropped | None:
    """Leave out units whose competence for the case is not valid on the day."""
    missing = demand.competences - one.competences
    return Dropped(one, LeftOut.COMPETENCE_EXPIRED, min(missing)) if missing else None


def equipment(one: Candidate, demand: Demand) -> Dropped | None:
    """Leave out units that do not carry what the case needs."""
    missing = demand.equipment - one.equipment
    return Dropped(one, LeftOut.LACKS_EQUIPMENT, min(missing)) if missing else None


def key(one: Candidate, demand: Demand) -> Dropped | None:
    """Leave out units without the site's key where nothing can be done without it."""
    if demand.key is None or not demand.key_must or demand.key in one.keys:
        return None
    return Dropped(one, LeftOut.NO_KEY, demand.key)


def on_break(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units on a break."""
    return Dropped(one, LeftOut.ON_BREAK) if one.state == "break" else None


def busy(one: Candidate, demand: Demand) -> Dropped | None:
    """Leave out busy units, but for those that a rule allows to be taken from their work."""
    if one.state != "busy" or may_be_taken(one.work, demand):
        return None
    return Dropped(one, LeftOut.BUSY, one.work.label if one.work else "")


def already_asked(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units that were asked about this case and did not take it."""
    return Dropped(one, LeftOut.ALREADY_ASKED) if one.already_asked else None


def no_road(one: Candidate, demand: Demand) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units from where no road leads to the place."""
    unreachable = one.travel_s is not None and not isfinite(one.travel_s)
    return Dropped(one, LeftOut.NO_ROAD) if unreachable else None


RULES: tuple[Rule, ...] = (
    off_duty, silent, sought, permit, agreement, competence, competence_valid, equipment, key,
    on_break, busy, already_asked, no_road,
)  # fmt: skip


def find_breach(one: Candidate, demand: Demand) -> Dropped | None:
    """Return the first rule's objection to a unit, or None where it may be asked."""
    for rule in RULES:
        out = rule(one, demand)
        if out is not None:
            return out
    return None


def sort_competences(held: Iterable[Held], on: date) -> tuple[frozenset[str], frozenset[str]]:
    """Return the kinds that are valid on a day, and those that are held but not on that day."""
    valid: set[str] = set()
    other: set[str] = set()
    for one in held:
        runs = one.valid_from <= on and (one.valid_until is None or on < one.valid_until)
        (valid if runs else other).add(one.kind)
    return frozenset(valid), frozenset(other - valid)


def find_agreement(
    agreements: Sequence[Agreement], kind: str, lat: float | None, lon: float | None,
    local: datetime,
) -> Verdict:  # fmt: skip
    """Return which agreement covers a kind of case at a place and local time, else why none does."""
    of_kind = [one.cover for one in agreements if kind in one.kinds]
    if lat is None or lon is None:
        return Verdict(False, None, Uncovered.PLACE_UNKNOWN)
    return find_cover(of_kind, lat, lon, local)
