"""Journal → situation, idempotent. In: records after the kept place. Out: signals, positions.

A record and the place behind it are written in one transaction: a crash between the two cannot
be. A record that cannot be promoted is kept as refused, and the rest go on.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from narvaro.directory.models import RoadMap, Transmitter, Unit
from narvaro.intake.actions import move_place, rotate_key
from narvaro.intake.message import Json, MessageError, Observed, Position, Received, Refusal
from narvaro.intake.models import JournalPlace
from narvaro.intake.records import Record, read_after, read_last_id
from narvaro.situation import models as situation
from narvaro.situation.actions import FUTURE_S, PositionFacts, keep_refused, record_positions
from narvaro.situation.cameras import ObservedFacts, note_observed
from narvaro.situation.codes import find_code
from narvaro.situation.signals import SignalFacts, receive_signal, receive_unplaced
from narvaro.spine import clock
from narvaro.spine.events import SYSTEM
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

OLDEST, NEWEST = timedelta(hours=24), timedelta(seconds=60)
UNREADABLE = (ValueError, KeyError, OverflowError, DataError, IntegrityError)
DC09 = "sia-dc09"
UNREAD_PART = 32_000  # a part number that no frame reaches
Arrived = Callable[[list[situation.Position]], int]


def _believed(said: datetime | None, received_at: datetime) -> datetime | None:
    """Return the panel's time where it can be true: at most a day old, hardly ahead of ours."""
    if said is None or not -OLDEST <= said - received_at <= NEWEST:
        return None
    return said


def _facts(record: Record, part: int, one: Received) -> SignalFacts:
    return SignalFacts(
        receiver_id=record.receiver_id,
        journal_id=record.id,
        part=part,
        account=one.account,
        token=one.token,
        sequence=str(one.sequence),
        code=one.code,
        qualifier=one.qualifier,
        zone=one.zone,
        area=one.area,
        text=one.text,
        occurred_at=_believed(one.occurred_at, record.received_at),
        received_at=record.received_at,
        time_verified=one.time_verified,
        fingerprint=one.fingerprint,
        lat=one.lat,
        lon=one.lon,
    )


def _find_tenant_id(name: str) -> UUID | None:
    try:
        return Tenant.objects.filter(pk=UUID(name)).values_list("pk", flat=True).first()
    except ValueError:
        return None


def _refused(record: Record, reason: str, detail: str) -> None:
    keep_refused(
        refused=situation.RefusedIntake(
            receiver_id=record.receiver_id,
            journal_id=record.id,
            received_at=record.received_at,
            account=record.account.replace("\x00", "?")[:40],
            reason=reason[:40],
            detail=detail.replace("\x00", "?"),
            tenant_id=_find_tenant_id(record.tenant),
        )
    )


def _object_of(decoded: object) -> Json:
    if not isinstance(decoded, dict):
        raise MessageError(f"The record holds a {type(decoded).__name__}, not an object.")
    return decoded


def _signals_of(record: Record) -> list[Received]:
    decoded = json.loads(record.decoded)
    if not isinstance(decoded, list) or not decoded:
        raise MessageError("The record holds no list of signals.")
    return [Received.from_dict(_object_of(one)) for one in decoded]


def _find_transmitter(record: Record, account: str) -> Transmitter | None:
    """Find whose account it is; a sender speaks for its own tenant's accounts alone."""
    known = Transmitter.objects.select_related("site", "tenant")
    found = known.filter(protocol=record.protocol, account=account).first()
    if found is None or (record.tenant and str(found.tenant_id) != record.tenant):
        return None
    return found


def _promote_signals(record: Record) -> None:
    for part, one in enumerate(_signals_of(record)):
        transmitter = _find_transmitter(record, one.account)
        facts = _facts(record, part, one)
        code = find_code(one.token, one.code, one.qualifier or None)
        if transmitter is not None:
            receive_signal(
                transmitter=transmitter, facts=facts, code=code, by=SYSTEM, at=clock.now()
            )
            continue
        tenant_id = _find_tenant_id(record.tenant)
        if tenant_id is None or record.protocol == DC09:
            _refused(record, "unknown_account", "The account is no longer in the directory.")
            return
        receive_unplaced(tenant_id=tenant_id, facts=facts, code=code, by=SYSTEM, at=clock.now())


def _promote_observation(record: Record) -> None:
    found = Observed.from_dict(_object_of(json.loads(record.decoded)))
    tenant_id = _find_tenant_id(record.tenant)
    if tenant_id is None:
        _refused(record, "unknown_camera", "The camera's tenant is no longer here.")
        return
    facts = ObservedFacts(
        receiver_id=record.receiver_id,
        journal_id=record.id,
        what=found.what,
        at=found.at,
        began=found.began,
        count=found.count,
        note=found.note,
        received_at=record.received_at,
    )
    try:
        note_observed(
            tenant_id=tenant_id, camera_code=found.camera, facts=facts, by=SYSTEM, at=clock.now()
        )
    except Refused as no:
        _refused(record, no.code, no.detail)


def _promote_rotation(record: Record) -> None:
    said = _object_of(json.loads(record.decoded))
    rotate_key(
        protocol=record.protocol, account=record.account, sealed=str(said["sealed"]),
        used=said["used"] is True,
    )  # fmt: skip


def _flag_of(tenant_id: UUID, found: Position, received_at: datetime) -> str:
    if found.at > received_at + timedelta(seconds=FUTURE_S):
        return "future"
    row = RoadMap.objects.filter(tenant_id=tenant_id).first()
    if row is not None and not row.holds(found.lat, found.lon):
        return "off_map"
    return ""


def _promote_position(record: Record, arrived: Arrived) -> None:
    found = Position.from_dict(_object_of(json.loads(record.decoded)))
    unit = Unit.objects.filter(tracker=found.device).first()
    if unit is None:
        _refused(record, "unknown_device", "The device is no longer a unit's.")
        return
    facts = PositionFacts(
        unit_id=unit.pk,
        tenant_id=unit.tenant_id,
        at=found.at,
        received_at=record.received_at,
        lat=found.lat,
        lon=found.lon,
        accuracy_m=found.accuracy_m,
        flag=_flag_of(unit.tenant_id, found, record.received_at),
    )
    record_positions(found=[facts])
    if not facts.flag:
        kept = situation.Position.objects.filter(unit_id=unit.pk, at=found.at)
        arrived(list(kept))


def _promote_one(record: Record, arrived: Arrived) -> None:
    match record.kind:
        case "signal":
            _promote_signals(record)
        case "position":
            _promote_position(record, arrived)
        case "observation":
            _promote_observation(record)
        case "rotation":
            _promote_rotation(record)
        case "refused":
            refusal = Refusal.from_dict(_object_of(json.loads(record.decoded)))
            account = refusal.source or record.account
            _refused(replace(record, account=account), refusal.code, refusal.detail)


def promote(journal: Path, receiver_id: str, arrived: Arrived, limit: int = 200) -> int:
    """Promote the records that came since the last call; return how many.

    `arrived` is told of each new position (dispatch notes arrivals).
    """
    place = JournalPlace.objects.filter(receiver_id=receiver_id).first()
    after = place.record_id if place else 0
    records = read_after(journal, after, limit)
    if not records and after:
        _start_over(journal, receiver_id, after)
    for record in records:
        try:
            with transaction.atomic():
                _promote_one(record, arrived)
                move_place(receiver_id=receiver_id, record_id=record.id)
        except UNREADABLE as fault:
            # One record that cannot be read must not stop the alarms behind it; it is kept and said.
            logger.exception("promotion refused", extra={"record": record.id})
            with transaction.atomic():
                _refused(record, "not_promoted", f"{type(fault).__name__}: {fault}")
                _show_unreadable(record)
                move_place(receiver_id=receiver_id, record_id=record.id)
    return len(records)


def _start_over(journal: Path, receiver_id: str, after: int) -> None:
    """Go back to a journal's start when it lies behind the kept place: it was made anew.

    Records that were promoted before are known by their ids and change nothing.
    """
    last = read_last_id(journal)
    if 0 < last < after:
        logger.critical("journal behind its place", extra={"last": last, "place": after})
        with transaction.atomic():
            move_place(receiver_id=receiver_id, record_id=0)


def _show_unreadable(record: Record) -> None:
    """Open a case for an acknowledged signal that could not be read: somebody must look."""
    transmitter = _find_transmitter(record, record.account)
    if record.kind != "signal" or transmitter is None:
        return
    unread = Received(record.protocol, "", record.account, 0, text="could not be read")
    try:
        with transaction.atomic():
            receive_signal(
                transmitter=transmitter,
                facts=_facts(record, UNREAD_PART, unread),
                code=find_code("", ""),
                by=SYSTEM,
                at=clock.now(),
            )
    except UNREADABLE:
        logger.exception("nor shown as a case", extra={"record": record.id})
