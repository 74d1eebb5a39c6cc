"""The event log: order, one lock, the chain, readers that miss nothing."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import transaction

from narvaro.spine import audit, events
from narvaro.spine.models import Bookmark, Event, Head
from tests.make import NIGHT, World


@dataclass(frozen=True)
class Rang(events.Happening):
    """A made-up kind."""

    kind: ClassVar[str] = "bell.rang"
    record_class: ClassVar[str] = "audit"
    times: int


def ring(world: World, times: int) -> events.Appended:
    """Append one event."""
    with transaction.atomic():
        return events.append(
            Rang(times), tenant_id=world.tenant.pk, subject=None,
            audience=[world.company.pk], by="test", at=NIGHT,
        )  # fmt: skip


def test_positions_follow_one_another(world: World) -> None:
    """Each event gets the next position of its tenant."""
    first = ring(world, 1).position
    assert [ring(world, n).position for n in (2, 3)] == [first + 1, first + 2]


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    """An event that could stand without its rows is refused."""
    with pytest.raises(RuntimeError, match="transaction"):
        events.append(Rang(1), tenant_id=None, subject=None, audience=[], by="x", at=NIGHT)  # type: ignore[arg-type]  # refused before it is read


def test_an_undone_transaction_leaves_no_event(world: World) -> None:
    """Rows and event stand or fall together."""
    before = Head.objects.get(tenant=world.tenant).position

    @transaction.atomic
    def ring_and_fail() -> None:
        ring(world, 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ring_and_fail()
    assert Head.objects.get(tenant=world.tenant).position == before


def test_a_reader_handles_each_event_once_and_keeps_its_place(world: World) -> None:
    """A reader that is asked twice does nothing twice."""
    ring(world, 1)
    heard: list[int] = []
    reader = events.Reader(
        "test", frozenset({"bell.rang"}), lambda event: heard.append(event.position)
    )
    events.advance(reader, world.tenant.pk)
    ring(world, 2)
    events.advance(reader, world.tenant.pk)
    assert len(heard) == 2
    assert events.advance(reader, world.tenant.pk) == 0


def test_a_reader_that_fails_reads_the_same_event_again(world: World) -> None:
    """A fault undoes the place as well as the work."""
    at = ring(world, 1).position

    def fail(event: Event) -> None:
        raise ValueError(event.position)

    reader = events.Reader("fails", frozenset({"bell.rang"}), fail)
    with pytest.raises(ValueError, match=str(at)):
        events.advance(reader, world.tenant.pk)
    place = Bookmark.objects.get(reader="fails")
    assert place.position == at - 1


def test_a_whole_log_is_found_whole(world: World) -> None:
    """Verification passes over an untouched log and counts it."""
    for n in range(5):
        ring(world, n)
    verdict = audit.verify(world.tenant.pk)
    assert verdict.faults == ()
    assert verdict.checked == Head.objects.get(tenant=world.tenant).position


@pytest.mark.parametrize(
    ("field", "value"),
    [("payload", '{"times": 7}'), ("actor", "somebody"), ("audience", "[]"), ("kind", "bell.fell")],
)
def test_a_changed_event_is_found(world: World, field: str, value: str) -> None:
    """A change of content or header shows at its position."""
    at = [ring(world, n).position for n in range(3)][-1]
    Event.objects.filter(tenant=world.tenant, position=at - 1).update(**{field: value})
    assert at - 1 in {one.position for one in audit.verify(world.tenant.pk).faults}


def test_a_deleted_event_and_a_truncated_log_are_found(world: World) -> None:
    """Neither a gap nor a missing end passes."""
    last = [ring(world, n).position for n in range(4)][-1]
    Event.objects.filter(tenant=world.tenant, position=last - 1).delete()
    assert audit.verify(world.tenant.pk).faults
    Event.objects.filter(tenant=world.tenant, position__gte=last - 1).delete()
    assert "head stands at" in audit.verify(world.tenant.pk).faults[-1].what


def test_two_events_that_changed_places_are_found(world: World) -> None:
    """Reordering shows."""
    one, two = ring(world, 1).position, ring(world, 2).position
    rows = Event.objects.filter(tenant=world.tenant)
    rows.filter(position=one).update(position=10**6)
    rows.filter(position=two).update(position=one)
    rows.filter(position=10**6).update(position=two)
    assert audit.verify(world.tenant.pk).faults


def test_a_purge_of_a_payload_leaves_the_chain_whole(world: World) -> None:
    """Payload and salt may go; nothing else may."""
    at = ring(world, 1).position
    ring(world, 2)
    Event.objects.filter(tenant=world.tenant, position=at).update(payload=None, salt=None)
    verdict = audit.verify(world.tenant.pk)
    assert (verdict.faults, verdict.purged) == ((), 1)
    Event.objects.filter(tenant=world.tenant, position=at).update(payload="{}")
    assert audit.verify(world.tenant.pk).faults
