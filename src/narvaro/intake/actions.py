"""Writes of the intake's main-database side: promotion's place, what the receivers must know."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from narvaro.directory.models import Sender as SenderRow
from narvaro.directory.models import TransmissionPath as PathRow
from narvaro.directory.models import Transmitter, Unit
from narvaro.intake.models import JournalPlace
from narvaro.intake.sealed import (
    Accounts,
    AlarmAccount,
    Device,
    Sender,
    TransmissionPath,
    write_sealed,
)
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import open_text


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
    paths = _paths_by_transmitter()
    alarm = tuple(
        AlarmAccount(
            tenant=str(one.tenant_id),
            account=one.account,
            key=_opened(one.sealed_key),
            key_form=one.key_form,
            flags=tuple(one.flags),
            paths=paths.get(one.pk, ()),
        )
        for one in Transmitter.objects.filter(protocol="sia-dc09").order_by("account")
    )
    senders = tuple(
        Sender(
            tenant=str(one.tenant_id),
            protocol=one.protocol,
            name=one.name,
            secret=_opened(one.sealed_secret),
            networks=tuple(one.networks),
            options=(
                *sorted((str(name), str(value)) for name, value in one.options.items()),
                *(
                    (("next_secret", _opened(one.sealed_next_secret)),)
                    if one.sealed_next_secret
                    else ()
                ),
            ),
        )
        for one in SenderRow.objects.order_by("protocol", "name")
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
    return Accounts(alarm, devices, senders, positions_allowed=bool(allowed))


@lru_cache(maxsize=32_768)
def _opened(token: str) -> str:
    """Open a sealed text once: the accounts are gathered every second."""
    return open_text(token)


def _paths_by_transmitter() -> dict[UUID, tuple[TransmissionPath, ...]]:
    """Return the paths that are told apart by where they come from; none where that is anywhere."""
    found: dict[UUID, list[PathRow]] = {}
    for one in PathRow.objects.order_by("name"):
        found.setdefault(one.transmitter_id, []).append(one)
    return {
        transmitter: tuple(TransmissionPath(one.name, tuple(one.networks)) for one in paths)
        for transmitter, paths in found.items()
        if any(one.networks for one in paths)
    }


def hand_to_receiver(accounts: Accounts) -> None:
    """Write the sealed file that the receiver reads."""
    write_sealed(settings.HOME.sealed_accounts, accounts, settings.SEAL_KEY)
