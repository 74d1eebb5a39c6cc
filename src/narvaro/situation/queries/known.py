"""Until when is a register known? In: a tenant, a moment, registers. Out: a time.

A file that ends weeks ago says nothing of the weeks since: its silence is not calm. A register has
ended where, at its own pace, several rows are missing since its newest; else it is known until now.
What patrols found is no sign that a register goes on: that comes by another way.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import F, Max, QuerySet
from django.db.models.functions import Coalesce

from narvaro.situation.models import Case, Damage, Incident

PACE_OVER = timedelta(days=180)  # a register's pace is that of its last half year
UNLIKELY = 4.0  # it is silent for longer than chance would have it when so many rows are missing


class Register(StrEnum):
    """What is kept, and mostly comes by file."""

    DAMAGE = "damage"
    ALARMS = "alarms"
    INCIDENTS = "incidents"


def _rows(tenant_id: UUID, register: Register, at: datetime, *, filed: bool) -> QuerySet[Any]:
    """Return what was over by a moment, its end as `over_at`; `filed`: rows of files alone."""
    rows: QuerySet[Any]
    if register == Register.ALARMS:
        rows = Case.objects.published().annotate(over_at=Coalesce("triggered_at", "received_at"))
    else:
        table = Damage if register == Register.DAMAGE else Incident
        rows = table.objects.published().annotate(over_at=F("occurred_until"))
        rows = rows if filed else rows.filter(by_patrol=False)
    rows = rows.filter(batch__isnull=False) if filed else rows
    return rows.filter(tenant_id=tenant_id, over_at__lte=at)


def newest_row(
    tenant_id: UUID, register: Register, at: datetime, *, filed: bool = False
) -> datetime | None:
    """Return when the newest thing that a register tells of was over; None where it is empty."""
    found = _rows(tenant_id, register, at, filed=filed).aggregate(last=Max("over_at"))
    last: datetime | None = found["last"]
    return last


def known_until(
    tenant_id: UUID,
    at: datetime,
    registers: Iterable[Register] = tuple(Register),
    *,
    filed: bool = False,
    pace_over: timedelta = PACE_OVER,
) -> datetime | None:
    """Return until when all of these registers are known, `at` at most; None where all are empty."""
    found = []
    for register in registers:
        last = newest_row(tenant_id, register, at, filed=filed)
        if last is not None:
            rows = _rows(tenant_id, register, last, filed=filed)
            missing = rows.filter(over_at__gt=last - pace_over).count() * ((at - last) / pace_over)
            found.append(last if missing > UNLIKELY else at)
    return min(found, default=None)
