"""The event log: append in the action's transaction, follow by position.

In: one frozen dataclass per kind, with its audience. Out: rows in an order that every reader sees
the same. Positions are given under one lock per tenant, so that who follows by position misses
none, on PostgreSQL too. The chain runs over headers and salted payload hashes: a purge of a
payload leaves it whole, while deletion, change and reordering show.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from narvaro.spine import clock
from narvaro.spine.models import Bookmark, Event, Head, Tenant

SYSTEM = "system"


@dataclass(frozen=True)
class Happening:
    """Base of every event kind; a subclass names its `kind`, `version` and `record_class`."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    record_class: ClassVar[str]


@dataclass(frozen=True)
class Appended:
    """Where an event went."""

    position: int
    hash: str


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"An event holds plain values, ids and times; {type(value).__name__} is none.")


def payload_text(event: Happening) -> str:
    """Return the payload as it is stored and hashed."""
    return json.dumps(asdict(event), default=_plain, sort_keys=True, ensure_ascii=False)


def payload_hash(salt: str, payload: str) -> str:
    """Return the salted hash of a payload (SHA-256, hex)."""
    return hashlib.sha256(f"{salt}\n{payload}".encode()).hexdigest()


def header_hash(row: Event) -> str:
    """Return the hash of an event's header, which chains it to the one before (SHA-256, hex)."""
    header = json.dumps(
        [
            str(row.tenant_id), row.position, row.kind, row.version, row.record_class,
            str(row.subject) if row.subject else None, row.actor, row.at.isoformat(),
            row.recorded_at.isoformat(), row.audience, row.payload_hash, row.previous_hash,
        ],
        ensure_ascii=False,
    )  # fmt: skip
    return hashlib.sha256(header.encode()).hexdigest()


def hold(tenant_id: UUID) -> None:
    """Take the tenant's one write lock, first thing in an action's transaction.

    Every action needs it in the end, for its event's position; who takes it first cannot wait in
    a circle with another. Row locks are `no_key`: a foreign key's check does not wait for them.
    """
    Head.objects.select_for_update(no_key=True).get(tenant_id=tenant_id)


def append(
    event: Happening,
    *,
    tenant_id: UUID,
    subject: UUID | None,
    audience: Iterable[UUID],
    by: str,
    at: datetime,
) -> Appended:
    """Append `event` to the tenant's log, in the caller's transaction.

    `audience` are the organisations that may learn of it; `by` is a member's service id or
    "system"; `at` is when it happened. Raises RuntimeError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is written in the transaction of the rows it tells of.")
    head = Head.objects.select_for_update(no_key=True).get(tenant_id=tenant_id)
    salt = secrets.token_hex(16)
    payload = payload_text(event)
    row = Event(
        tenant_id=tenant_id,
        position=head.position + 1,
        kind=event.kind,
        version=event.version,
        record_class=event.record_class,
        subject=subject,
        actor=by,
        at=at,
        recorded_at=clock.now(),
        audience=json.dumps(sorted(str(one) for one in set(audience))),
        salt=salt,
        payload=payload,
        payload_hash=payload_hash(salt, payload),
        previous_hash=head.hash,
    )
    row.hash = header_hash(row)
    row.save(force_insert=True)
    head.position, head.hash = row.position, row.hash
    head.save(update_fields=["position", "hash"])
    return Appended(row.position, row.hash)


def list_after(tenant_id: UUID, position: int, limit: int = 500) -> list[Event]:
    """List the tenant's events after `position`, in order."""
    rows = Event.objects.filter(tenant_id=tenant_id, position__gt=position)
    return list(rows.order_by("position")[:limit])


@dataclass(frozen=True)
class Reader:
    """A named follower: `handle` runs once per event, in the transaction that moves its bookmark."""

    name: str
    kinds: frozenset[str]
    handle: Callable[[Event], None]


def advance(reader: Reader, tenant_id: UUID, limit: int = 200) -> int:
    """Let `reader` read on; return how many events it passed."""
    mark, _ = Bookmark.objects.get_or_create(tenant_id=tenant_id, reader=reader.name)
    passed = 0
    for event in list_after(tenant_id, mark.position, limit):
        with transaction.atomic():
            locked = Bookmark.objects.select_for_update(no_key=True).get(pk=mark.pk)
            if locked.position >= event.position:
                continue
            if event.kind in reader.kinds:
                reader.handle(event)
            locked.position = event.position
            locked.save(update_fields=["position"])
        passed += 1
    return passed


def list_subjects(tenant_id: UUID, subjects: Sequence[UUID]) -> set[UUID]:
    """List those of `subjects` that the log tells of: somebody, or something, has handled them."""
    found = Event.objects.filter(tenant_id=tenant_id, subject__in=subjects)
    return {one for one in found.values_list("subject", flat=True) if one is not None}


def get_subject(event: Event) -> UUID:
    """Return what an event is about; raises LookupError where it is about nothing single."""
    if event.subject is None:
        raise LookupError(f"Event {event.position} ({event.kind}) names no subject.")
    return event.subject


def head_positions() -> dict[UUID, int]:
    """Return each tenant's last position."""
    return dict(Head.objects.values_list("tenant_id", "position"))


def create_tenant(*, name: str, timezone: str) -> Tenant:
    """Make a tenant with an empty log."""
    with transaction.atomic():
        tenant = Tenant.objects.create(name=name, timezone=timezone)
        Head.objects.create(tenant=tenant)
    return tenant
