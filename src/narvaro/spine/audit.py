"""Is the log whole? In: a tenant. Out: what was checked and each fault found, by position."""

from dataclasses import dataclass
from uuid import UUID

from narvaro.spine.events import header_hash, payload_hash
from narvaro.spine.models import Event, Head


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold."""

    position: int
    what: str


@dataclass(frozen=True)
class Verdict:
    """The outcome: `checked` events, `purged` payloads among them, and the faults."""

    checked: int
    purged: int
    head_hash: str
    faults: tuple[Fault, ...]


def _faults_of(row: Event, expected: int, previous: str) -> list[Fault]:
    faults = []
    if row.position != expected:
        faults.append(Fault(expected, f"positions {expected} to {row.position - 1} are missing"))
    if row.previous_hash != previous:
        faults.append(Fault(row.position, "does not follow the event before it"))
    if header_hash(row) != row.hash:
        faults.append(Fault(row.position, "its header was changed"))
    if row.payload is not None and row.salt is not None:
        if payload_hash(row.salt, row.payload) != row.payload_hash:
            faults.append(Fault(row.position, "its payload was changed"))
    elif row.payload is not None or row.salt is not None:
        faults.append(Fault(row.position, "its payload was half removed"))
    return faults


def verify(tenant_id: UUID) -> Verdict:
    """Check the whole chain of a tenant: changes, deletions, reordering, truncation."""
    faults: list[Fault] = []
    previous, expected, purged = "", 1, 0
    for row in Event.objects.filter(tenant_id=tenant_id).order_by("position").iterator(2000):
        faults += _faults_of(row, expected, previous)
        purged += row.payload is None
        previous, expected = row.hash, row.position + 1
    head = Head.objects.get(tenant_id=tenant_id)
    if head.position != expected - 1 or head.hash != previous:
        faults.append(
            Fault(expected - 1, f"the log ends here but its head stands at {head.position}")
        )
    return Verdict(expected - 1, purged, previous, tuple(faults))
