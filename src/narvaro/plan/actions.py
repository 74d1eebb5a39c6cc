"""Writes of the roster."""

from datetime import datetime

from narvaro.access.models import Member
from narvaro.directory.models import Unit
from narvaro.plan.models import Shift


def put_shift(*, unit: Unit, starts_at: datetime, ends_at: datetime, crew: list[Member]) -> Shift:
    """Make or change a shift, in the caller's transaction."""
    shift, _ = Shift.objects.update_or_create(
        unit=unit,
        starts_at=starts_at,
        defaults={"tenant_id": unit.tenant_id, "ends_at": ends_at},
    )
    shift.crew.set(crew)
    return shift
