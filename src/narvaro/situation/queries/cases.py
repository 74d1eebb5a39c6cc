"""Reads of cases, signals, units' states and positions. The viewer first, nothing unscoped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Unit
from narvaro.directory.queries import units_seen_by
from narvaro.situation.models import Case, Incident, Position, RefusedIntake, Signal, UnitStatus
from narvaro.situation.queries.reports import without_words
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Missing


def cases_shared_with(viewer: Viewer) -> QuerySet[Case]:
    """Return the cases that the viewer's organisation may know of.

    A viewer whose scope is his own unit gets none here: `dispatch.queries` knows his offers.
    """
    if viewer.scope(Record.CASE) != Scope.SHARED:
        return Case.objects.none()
    shared = Case.objects.filter(
        tenant_id=viewer.tenant_id, shares__organisation_id=viewer.organisation_id
    )
    return shared.select_related("site", "plan")


def get_case(viewer: Viewer, case_id: UUID) -> Case:
    """Return a case; raises Missing where the viewer may not know of it."""
    case = cases_shared_with(viewer).filter(pk=case_id).first()
    if case is None:
        raise Missing
    return case


def list_active_cases(viewer: Viewer) -> list[Case]:
    """List the cases that are not closed, most urgent first."""
    active = cases_shared_with(viewer).exclude(state=Case.State.CLOSED)
    return list(active.order_by("priority", "-number"))


def list_closed_cases(viewer: Viewer, since: datetime) -> list[Case]:
    """List the cases closed since a time, newest first."""
    closed = cases_shared_with(viewer).filter(state=Case.State.CLOSED, closed_at__gte=since)
    return list(closed.order_by("-closed_at"))


def list_signals(viewer: Viewer, case: Case) -> list[Signal]:
    """List a case's signals in the order in which they came; none where they are not granted."""
    if not viewer.sees(Record.CASE, "signals"):
        return []
    return list(Signal.objects.filter(case=get_case(viewer, case.pk)).order_by("received_at"))


def find_incident(viewer: Viewer, case: Case) -> Incident | None:
    """Return what was reported of a case, or None; without its words where those are not granted."""
    viewer.require(Record.REPORT)
    found = Incident.objects.filter(case=get_case(viewer, case.pk)).select_related("reported_by")
    return next(iter(without_words(viewer, found)), None)


@dataclass(frozen=True)
class UnitNow:
    """A unit, what it says it does, and where it last was."""

    unit: Unit
    status: UnitStatus | None
    position: Position | None


def newest_positions(unit_ids: Sequence[UUID]) -> dict[UUID, Position]:
    """Return each unit's newest unflagged position (for dispatch, and behind a viewer's grant)."""
    latest = Position.objects.filter(unit_id=OuterRef("pk"), flag="").order_by("-at")
    chosen = Unit.objects.filter(pk__in=unit_ids).values_list(Subquery(latest.values("pk")[:1]))
    found = Position.objects.in_bulk([pk for (pk,) in chosen if pk is not None])
    return {one.unit_id: one for one in found.values()}


def list_units_now(viewer: Viewer) -> list[UnitNow]:
    """List the units that the viewer may see, with positions where those are granted."""
    units = list(units_seen_by(viewer).select_related("organisation").order_by("call_sign"))
    states = UnitStatus.objects.select_related("case").in_bulk([one.pk for one in units])
    shown: dict[UUID, Position] = {}
    if viewer.sees(Record.UNIT, "position"):
        shown = newest_positions([one.pk for one in units])
    return [UnitNow(one, states.get(one.pk), shown.get(one.pk)) for one in units]


def list_refused_intake(viewer: Viewer, limit: int = 50) -> list[RefusedIntake]:
    """List the frames that were kept but not handled, newest first."""
    viewer.require(Record.REFUSED_INTAKE)
    mine = Q(tenant_id=viewer.tenant_id)
    if Tenant.objects.count() == 1:
        mine |= Q(tenant=None)  # nobody else's: there is one tenant here
    seen = RefusedIntake.objects.filter(mine)
    return list(seen.order_by("-received_at")[:limit])


def sent_to(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Keep the cases of a kind that units are sent to; neither faults of links and plant, nor tests."""
    return cases.exclude(kind__in=(Case.Kind.PATH, Case.Kind.TECHNICAL)).exclude(
        cause=Case.Cause.TEST
    )
