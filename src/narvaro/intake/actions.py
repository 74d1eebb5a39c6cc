"""Writes of the intake's main-database side: promoted records, last seen, sealed accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from narvaro.directory.models import Transmitter, Unit
from narvaro.intake.models import JournalPlace, LastSeen
from narvaro.intake.sealed import Accounts, AlarmAccount, Device, write_sealed
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import open_text


@transaction.atomic
def note_last_seen(*, seen: list[tuple[UUID, datetime]]) -> None:
    """Note when transmitters were last heard."""
    LastSeen.objects.bulk_create(
        (LastSeen(transmitter_id=pk, at=at) for pk, at in seen),
        update_conflicts=True, unique_fields=["transmitter"], update_fields=["at"],
    )  # fmt: skip


def move_place(*, receiver_id: str, record_id: int) -> None:
    """Move promotion's place in a journal, in the transaction of what was promoted."""
    JournalPlace.objects.update_or_create(
        receiver_id=receiver_id, defaults={"record_id": record_id}
    )


@dataclass(frozen=True)
class OnDuty:
    """The units whose positions may be received now."""

    unit_ids: frozenset[UUID]


def accounts_now(on_duty: OnDuty) -> Accounts:
    """Return everything that the receiver must know, keys opened."""
    alarm = tuple(
        AlarmAccount(
            tenant=str(one.tenant_id),
            account=one.account,
            key=open_text(one.sealed_key),
            key_form=one.key_form,
        )
        for one in Transmitter.objects.order_by("account")
    )
    allowed = {one.pk for one in Tenant.objects.all() if one.positions_allowed}
    devices = tuple(
        Device(
            device=one.tracker,
            tenant=str(one.tenant_id),
            unit=str(one.pk),
            on_duty=one.pk in on_duty.unit_ids and one.tenant_id in allowed,
        )
        for one in Unit.objects.exclude(tracker="").order_by("tracker")
    )
    return Accounts(accounts=alarm, devices=devices, positions_allowed=bool(allowed))


def hand_to_receiver(accounts: Accounts) -> None:
    """Write the sealed file that the receiver reads."""
    write_sealed(settings.HOME.sealed_accounts, accounts, settings.SEAL_KEY)
