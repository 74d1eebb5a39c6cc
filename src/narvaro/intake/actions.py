"""Writes of the intake's main-database side: promotion's place, what the receivers must know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from narvaro.directory.models import Sender as SenderRow
from narvaro.directory.models import TransmissionPath as PathRow
from narvaro.directory.models import Transmitter, Unit
from narvaro.intake.models import JournalPlace
from narvaro.intake.rotation import NEXT
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


def rotate_key(*, protocol: str, account: str, sealed: str, used: bool) -> None:
    """Put a renewed password beside the old one, or in its place once it was used.

    In the transaction of what was promoted; the receiver sealed it with the installation's key.
    """
    rows = Transmitter.objects.filter(protocol=protocol, account=account)
    if used:
        rows.update(sealed_key=sealed, sealed_next_key="")
    else:
        rows.update(sealed_next_key=sealed)


def move_place(*, receiver_id: str, record_id: int) -> None:
    """Move promotion's place in a journal, in the transaction of what was promoted."""
    JournalPlace.objects.update_or_create(
        receiver_id=receiver_id, defaults={"record_id": record_id}
    )


SOS_ACCESS = "sos-access"


@dataclass(frozen=True)
class OnDuty:
    """The units whose positions may be received now, since when, and their breaks since then."""

    since: Mapping[UUID, datetime]
    breaks: Mapping[UUID, Sequence[tuple[datetime, datetime]]] = field(default_factory=dict)


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
            early_s=float(one.early_s),
            late_s=float(one.late_s),
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
            options=tuple(sorted((str(name), str(value)) for name, value in one.options.items())),
        )
        for one in SenderRow.objects.order_by("protocol", "name")
    )
    senders += tuple(
        Sender(
            tenant=str(one.tenant_id),
            protocol=one.protocol,
            name=one.account,
            secret=_opened(one.sealed_key),
            networks=tuple(net for path in paths.get(one.pk, ()) for net in path.networks),
            options=((NEXT, _opened(one.sealed_next_key)),) if one.sealed_next_key else (),
        )
        for one in Transmitter.objects.filter(protocol=SOS_ACCESS).order_by("account")
    )
    allowed = {one.pk for one in Tenant.objects.all() if one.positions_allowed}
    devices = tuple(
        Device(
            device=one.tracker,
            tenant=str(one.tenant_id),
            unit=str(one.pk),
            on_duty=one.pk in on_duty.since and one.tenant_id in allowed,
            secret=_opened(one.sealed_tracker_secret),
            since_s=on_duty.since[one.pk].timestamp() if one.pk in on_duty.since else 0.0,
            breaks=tuple(
                (begun.timestamp(), over.timestamp())
                for begun, over in on_duty.breaks.get(one.pk, ())
            ),
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
