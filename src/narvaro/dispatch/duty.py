"""Units on duty: what they do, and what their crews may do. In: running shifts. Out: states, competences, work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from narvaro.core.choice import Held, Work, sort_competences
from narvaro.dispatch.checkin import list_silent
from narvaro.dispatch.models import OUT, Offer, Response
from narvaro.plan.models import Shift
from narvaro.plan.queries import state_on
from narvaro.situation.models import Case, UnitStatus


def competences_on(running: Sequence[Shift], day: date) -> tuple[frozenset[str], frozenset[str]]:
    """Return what a crew may do on a day, and what somebody in it holds but may not do that day."""
    held = [
        Held(held.kind, held.valid_from, held.valid_until)
        for shift in running
        for member in shift.crew.all()
        if member.is_valid_on(day)
        for held in member.competences.all()
    ]
    return sort_competences(held, day)


DANGER_TO_LIFE = frozenset(
    {Case.Kind.DURESS, Case.Kind.ASSISTANCE, Case.Kind.MEDICAL, Case.Kind.FIRE}
)


def is_danger(kind: str, priority: int) -> bool:
    """Tell whether the nearest must go, whatever else is to be kept."""
    return priority == 1 or kind in DANGER_TO_LIFE


def is_danger_to_life(case: Case) -> bool:
    """Tell whether the nearest must go to a case."""
    return is_danger(case.kind, case.priority)


def states_of(shifts: Mapping[UUID, Sequence[Shift]], but: Case | None = None) -> dict[UUID, str]:
    """Return what each unit does; one that is out, or is asked about a case (`but` this), is busy."""
    out = Response.objects.filter(unit_id__in=shifts, state__in=OUT)
    asked = Offer.objects.filter(unit_id__in=shifts, state=Offer.State.WAITING)
    asked = asked.exclude(case=but) if but else asked
    away, called = (set(one.values_list("unit_id", flat=True)) for one in (out, asked))
    said, silent = UnitStatus.objects.in_bulk(list(shifts)), list_silent(list(shifts))
    states = {}
    for unit, running in shifts.items():
        first = min(running, key=lambda one: one.starts_at)
        state = "busy" if unit in away else state_on(first, said.get(unit))
        # Who is asked may go on a break meanwhile; a break is no work that a rule may take one from.
        state = "busy" if unit in called and state == UnitStatus.State.AVAILABLE else state
        states[unit] = "silent" if unit in silent else state
    return states


def cases_of(units: Collection[UUID]) -> dict[UUID, list[Case]]:
    """Return by busy unit the case that it is out on, then the one that it is asked about."""
    asked = Offer.objects.filter(unit_id__in=units, state=Offer.State.WAITING)
    out = Response.objects.filter(unit_id__in=units, state__in=OUT)
    found: dict[UUID, list[Case]] = {}
    for rows in (out.select_related("case"), asked.select_related("case")):
        for row in rows:
            if row.unit_id is not None:
                found.setdefault(row.unit_id, []).append(row.case)
    return found


def work_of(units: Collection[UUID]) -> dict[UUID, Work]:
    """Return what busy units do; on one case and asked about another, as grave as the graver."""
    return {unit: _joined(cases) for unit, cases in cases_of(units).items()}


def _joined(cases: Sequence[Case]) -> Work:
    return Work(
        str(cases[0].number),
        priority=min(one.priority for one in cases),
        danger_to_life=any(is_danger_to_life(one) for one in cases),
    )
