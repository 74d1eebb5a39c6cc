"""Reads of the roster."""

from datetime import datetime
from uuid import UUID

from narvaro.access.viewer import Viewer
from narvaro.directory.models import Unit
from narvaro.plan.models import Shift


def list_running_shifts(tenant_id: UUID, at: datetime) -> list[Shift]:
    """List the shifts that run at a time, with unit and crew."""
    running = Shift.objects.running_at(at).filter(tenant_id=tenant_id)
    return list(
        running.select_related("unit", "unit__organisation").prefetch_related("crew__competences")
    )


def find_own_unit(viewer: Viewer, at: datetime) -> Unit | None:
    """Return the unit that the viewer crews at a time, or None off shift."""
    shifts = Shift.objects.running_at(at).filter(
        tenant_id=viewer.tenant_id, crew__id=viewer.member_id
    )
    shift = shifts.select_related("unit", "unit__organisation").order_by("starts_at").first()
    return shift.unit if shift else None
