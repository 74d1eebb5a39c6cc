"""Units on duty: what they do, and what their crews may do. In: running shifts. Out: states, competences."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from narvaro.core.choice import Held, sort_competences
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


def states_of(shifts: Mapping[UUID, Sequence[Shift]], but: Case | None = None) -> dict[UUID, str]:
    """Return what each unit does; one that is out, or is asked about a case (`but` this), is busy."""
    out = Response.objects.filter(unit_id__in=shifts, state__in=OUT)
    asked = Offer.objects.filter(unit_id__in=shifts, state=Offer.State.WAITING)
    asked = asked.exclude(case=but) if but else asked
    busy = {*out.values_list("unit_id", flat=True), *asked.values_list("unit_id", flat=True)}
    said, silent = UnitStatus.objects.in_bulk(list(shifts)), list_silent(list(shifts))
    states = {}
    for unit, running in shifts.items():
        first = min(running, key=lambda one: one.starts_at)
        state = "busy" if unit in busy else state_on(first, said.get(unit))
        states[unit] = "silent" if unit in silent else state
    return states
