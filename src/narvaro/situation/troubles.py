"""Troubles of the installation itself. In: what a check found. Out: one open row each, events.

One without a tenant is the installation's: each tenant's log tells it to those who run the night there,
so that their live streams show it at once. One of a tenant's own alarm is told to no other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from narvaro.access.policy import Record
from narvaro.situation.signals import list_concerned
from narvaro.spine import events
from narvaro.spine.events import SYSTEM, Happening
from narvaro.spine.models import Tenant, Trouble


@dataclass(frozen=True)
class TroubleChanged(Happening):
    """A trouble of the installation was raised or ended; `state` says which."""

    kind: ClassVar[str] = "system.trouble"
    record_class: ClassVar[str] = Record.SYSTEM
    trouble: UUID
    trouble_kind: str
    about: str
    state: str
    unit: UUID | None = None


@dataclass(frozen=True)
class ClockAccepted(Happening):
    """The machine's clock is believed again after a step, and by whom."""

    kind: ClassVar[str] = "clock.accepted"
    record_class: ClassVar[str] = Record.AUDIT
    step_s: float
    accepted_by: str
    unit: UUID | None = None


def _tell(
    event: Happening, subject: UUID | None, by: str, at: datetime, *, only: UUID | None = None
) -> None:
    for tenant_id in _tenants(only):
        events.append(
            event, tenant_id=tenant_id, subject=subject, audience=list_concerned(tenant_id, at),
            by=by, at=at,
        )  # fmt: skip


def _tenants(only: UUID | None = None) -> list[UUID]:
    if only is not None:
        return [only]
    return list(Tenant.objects.order_by("pk").values_list("pk", flat=True))


def _hold_all(only: UUID | None = None) -> None:
    for tenant_id in _tenants(only):
        events.hold(tenant_id)


def _find_open(kind: str, about: str = "", tenant_id: UUID | None = None) -> Trouble | None:
    found = Trouble.objects.filter(tenant=tenant_id, kind=kind, about=about[:80], ended_at=None)
    return found.first()


@transaction.atomic
def raise_trouble(
    *, kind: str, about: str = "", facts: dict[str, object], at: datetime,
    tenant_id: UUID | None = None,
) -> bool:  # fmt: skip
    """Raise a trouble, or bring the facts of the open one up to date; return whether it is new.

    With `tenant_id` it is that tenant's alone.
    """
    if _find_open(kind, about, tenant_id) is None:
        _hold_all(tenant_id)  # two that find it at once raise it once
    known = _find_open(kind, about, tenant_id)
    if known is not None:
        merged = known.facts | facts
        if merged != known.facts:
            known.facts = merged
            known.save(update_fields=["facts"])
        return False
    made = Trouble.objects.create(
        tenant_id=tenant_id, kind=kind, about=about[:80], facts=facts, raised_at=at
    )
    said = TroubleChanged(made.pk, kind, made.about, "raised")
    _tell(said, made.pk, SYSTEM, at, only=tenant_id)
    return True


@transaction.atomic
def end_trouble(*, kind: str, about: str = "", at: datetime, tenant_id: UUID | None = None) -> bool:
    """End an open trouble; return whether there was one."""
    _hold_all(tenant_id)
    known = _find_open(kind, about, tenant_id)
    if known is None:
        return False
    known.ended_at = at
    known.save(update_fields=["ended_at"])
    said = TroubleChanged(known.pk, kind, known.about, "ended")
    _tell(said, known.pk, SYSTEM, at, only=tenant_id)
    return True


@transaction.atomic
def note_clock_accepted(*, step_s: float, accepted_by: str, at: datetime) -> None:
    """Write down who took the machine's clock at its word after a step, and how large it was."""
    _hold_all()
    known = _find_open("clock_step")
    if known is not None:
        known.facts |= {"accepted_by": accepted_by, "accepted_at": at.isoformat()}
        known.save(update_fields=["facts"])
    _tell(ClockAccepted(round(step_s, 1), accepted_by), None, accepted_by, at)
