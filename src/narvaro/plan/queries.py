"""Reads of the roster."""

from datetime import datetime
from uuid import UUID

from narvaro.access.viewer import Viewer
from narvaro.directory.models import Unit
from narvaro.plan.models import Shift
from narvaro.situation.models import UnitStatus


def list_running_shifts(tenant_id: UUID, at: datetime) -> list[Shift]:
    """List the shifts that run at a time, with unit and crew."""
    running = Shift.objects.running_at(at).filter(tenant_id=tenant_id)
    return list(
        running.select_related("unit", "unit__organisation").prefetch_related("crew__competences")
    )


def state_on(shift: Shift, said: UnitStatus | None) -> str:
    """Return what a unit does on its shift; what it said before the shift began counts no more."""
    if said is None or said.since < shift.starts_at:
        return UnitStatus.State.AVAILABLE
    return said.state


def find_own_shift(viewer: Viewer, at: datetime) -> Shift | None:
    """Return the shift that the viewer works at a time, or None."""
    shifts = Shift.objects.running_at(at).filter(
        tenant_id=viewer.tenant_id, crew__id=viewer.member_id
    )
    return shifts.select_related("unit", "unit__organisation").order_by("starts_at").first()


def find_own_unit(viewer: Viewer, at: datetime) -> Unit | None:
    """Return the unit that the viewer crews at a time, or None off shift."""
    shift = find_own_shift(viewer, at)
    return shift.unit if shift else None
