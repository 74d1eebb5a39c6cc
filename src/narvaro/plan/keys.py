"""Keys go out and come back (*nyckelkvittens*). In: who, which, when. Out: rows, events.

A key is with one unit at most. One that is missing is with nobody for whoever chooses a unit, until
it is back; who had it last stays on its receipt.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from narvaro.access.models import OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.core.said import Said
from narvaro.directory.models import Key, Unit
from narvaro.plan import events as told
from narvaro.plan.models import KeyReceipt
from narvaro.spine import events
from narvaro.spine.refusal import Refused

DESKS = OrganisationKind.MUNICIPALITY, OrganisationKind.ALARM_CENTRE


@transaction.atomic
def hand_out(*, key: Key, unit: Unit, number: str, by: str, at: datetime) -> KeyReceipt:
    """Give a unit a key, by who has a service number; said twice it is one receipt. Raises Refused."""
    row, out = _locked(key)
    if out is not None and out.unit_id == unit.pk and row.lost_at is None:
        return out
    if row.lost_at is not None:
        raise Refused("key_lost", Said("%(key)s is reported missing.", key=row.code))
    if out is not None:
        raise Refused("key_out", Said("Another unit has %(key)s.", key=row.code))
    made = KeyReceipt.objects.create(
        tenant_id=row.tenant_id, key=row, unit=unit, out_at=at, out_by=number
    )
    _tell(row, told.KeyHandedOut(row.pk, row.code, unit.pk), unit, by=by, at=at)
    return made


@transaction.atomic
def take_back(*, key: Key, number: str, by: str, at: datetime) -> Key:
    """Say that a key is in its cabinet, also one that was missing. Raises Refused."""
    row, out = _locked(key)
    was_lost = row.lost_at is not None
    if out is None and not was_lost:
        raise Refused("key_in", Said("%(key)s is not out.", key=row.code))
    if out is not None:
        out.back_at, out.back_by = max(at, out.out_at), number
        out.save(update_fields=["back_at", "back_by"])
    row.lost_at, row.lost_by = None, ""
    row.save(update_fields=["lost_at", "lost_by"])
    unit = out.unit if out else None
    happening = told.KeyTakenBack(row.pk, row.code, unit.pk if unit else None, was_lost)
    _tell(row, happening, unit, by=by, at=at)
    return row


@transaction.atomic
def report_lost(*, key: Key, number: str, by: str, at: datetime) -> Key:
    """Say at once that a key is missing, out or not; said twice, the first time counts."""
    row, out = _locked(key)
    if row.lost_at is not None:
        return row
    row.lost_at, row.lost_by = at, number
    row.save(update_fields=["lost_at", "lost_by"])
    unit = out.unit if out else None
    _tell(row, told.KeyLost(row.pk, row.code, unit.pk if unit else None), unit, by=by, at=at)
    return row


def _locked(key: Key) -> tuple[Key, KeyReceipt | None]:
    """Return a key's row as it stands now, and its receipt if it is out, under the tenant's lock."""
    events.hold(key.tenant_id)
    row = Key.objects.select_for_update(no_key=True).get(pk=key.pk)
    out = KeyReceipt.objects.filter(key=row, back_at=None)
    return row, out.select_related("unit").first()


def _audience(tenant_id: UUID, unit: Unit | None) -> set[UUID]:
    """Return who may learn: who works with keys here; of the companies the one that has it."""
    if unit is not None:
        return {unit.organisation_id, *list_organisation_ids(tenant_id, *DESKS)}
    return set(list_organisation_ids(tenant_id, *DESKS, OrganisationKind.GUARDING_COMPANY))


def _tell(
    key: Key, happening: events.Happening, unit: Unit | None, *, by: str, at: datetime
) -> None:  # fmt: skip
    events.append(
        happening, tenant_id=key.tenant_id, subject=key.pk,
        audience=_audience(key.tenant_id, unit), by=by, at=at,
    )  # fmt: skip
