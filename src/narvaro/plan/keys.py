"""Keys go out and come back (*nyckelkvittens*). In: who, which, when. Out: rows, events.

A key is with one unit at most. One that is missing is with nobody for whoever chooses a unit, until
it is back; who had it last stays on its receipt. Whether its viewer may know of it is asked under the
tenant's lock: while he waited it may have gone to another company.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from narvaro.access.models import OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.access.viewer import Viewer
from narvaro.core.said import Said
from narvaro.directory.models import Key, Unit
from narvaro.plan import events as told
from narvaro.plan.models import KeyReceipt
from narvaro.plan.queries import keys_seen_by
from narvaro.spine import events
from narvaro.spine.refusal import Missing, Refused

DESKS = OrganisationKind.MUNICIPALITY, OrganisationKind.ALARM_CENTRE


@transaction.atomic
def hand_out(viewer: Viewer, key_id: UUID, unit: Unit, at: datetime) -> KeyReceipt:
    """Give a unit a key; said twice it is one receipt. Raises Missing and Refused."""
    row, out = _locked(viewer, key_id)
    if out is not None and out.unit_id == unit.pk and row.lost_at is None:
        return out
    if row.lost_at is not None:
        raise Refused("key_lost", Said("%(key)s is reported missing.", key=row.code))
    if out is not None:
        raise Refused("key_out", Said("Another unit has %(key)s.", key=row.code))
    made = KeyReceipt.objects.create(
        tenant_id=row.tenant_id, key=row, unit=unit, out_at=at, out_by=viewer.service_number
    )
    _tell(row, told.KeyHandedOut(row.pk, row.code, unit.pk), unit, by=viewer.signature, at=at)
    return made


@transaction.atomic
def take_back(viewer: Viewer, key_id: UUID, at: datetime) -> Key:
    """Say that a key is in its cabinet, also one that was missing. Raises Missing and Refused."""
    row, out = _locked(viewer, key_id)
    was_lost = row.lost_at is not None
    if out is None and not was_lost:
        raise Refused("key_in", Said("%(key)s is not out.", key=row.code))
    if out is not None:
        out.back_at, out.back_by = max(at, out.out_at), viewer.service_number
        out.save(update_fields=["back_at", "back_by"])
    row.lost_at, row.lost_by = None, ""
    row.save(update_fields=["lost_at", "lost_by"])
    unit = out.unit if out else None
    happening = told.KeyTakenBack(row.pk, row.code, unit.pk if unit else None, was_lost)
    _tell(row, happening, unit, by=viewer.signature, at=at)
    return row


@transaction.atomic
def report_lost(viewer: Viewer, key_id: UUID, at: datetime) -> Key:
    """Say at once that a key is missing, out or not; said twice, the first counts. Raises Missing."""
    row, out = _locked(viewer, key_id)
    if row.lost_at is not None:
        return row
    row.lost_at, row.lost_by = at, viewer.service_number
    row.save(update_fields=["lost_at", "lost_by"])
    unit = out.unit if out else None
    _tell(
        row,
        told.KeyLost(row.pk, row.code, unit.pk if unit else None),
        unit,
        by=viewer.signature,
        at=at,
    )
    return row


def _locked(viewer: Viewer, key_id: UUID) -> tuple[Key, KeyReceipt | None]:
    """Return a key's row as it stands now, and its receipt if it is out, under the tenant's lock."""
    events.hold(viewer.tenant_id)
    row = keys_seen_by(viewer).select_for_update(no_key=True).filter(pk=key_id).first()
    if row is None:
        raise Missing
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
