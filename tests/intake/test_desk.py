"""What may be kept: duty, networks, who speaks for whom."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.message import Message, Position, Received
from narvaro.intake.protocols import osmand, sos_access
from narvaro.intake.records import read_after
from narvaro.intake.sealed import Accounts, Device, Sender
from narvaro.spine.clock import Hands
from tests.make import NIGHT


@pytest.fixture
def desk(tmp_path: Path, hands: Hands) -> Iterator[Desk]:
    journal = Journal(tmp_path / "intake.db", "test")
    yield Desk(journal, Accounts(positions_allowed=True), Limits())
    journal.close()


def test_what_a_phone_kept_from_before_its_duty_is_dropped(desk: Desk) -> None:
    """The first net of a shift brings the private hours before it; they are not stored."""
    duty = Device("car-1", "town", "unit-1", on_duty=True, since_s=NIGHT.timestamp())
    found = tuple(
        Position("car-1", 59.0, 18.0, NIGHT + timedelta(hours=hours)) for hours in (-30, -1, 0, 1)
    )
    kept = desk.keep(Message(duty, found), protocol=osmand.PROTOCOL, peer="192.0.2.1", raw=b"x")
    assert [one.result(5) for one in kept]
    records = read_after(desk.journal.path, 0)
    assert len(records) == 2
    assert all('"at":"2026-11-2' in one.decoded for one in records)
    assert desk.counts["position_dropped"] == 2


def test_what_a_phone_kept_from_its_break_is_dropped(desk: Desk) -> None:
    """Half-open: the first moment of the break is private, the first one after it is not."""
    begun = NIGHT.timestamp()
    on = Device("car-1", "town", "unit-1", on_duty=True, breaks=((begun, begun + 1800),))
    found = tuple(
        Position("car-1", 59.0, 18.0, NIGHT + timedelta(seconds=seconds))
        for seconds in (-1, 0, 900, 1799, 1800)
    )
    kept = desk.keep(Message(on, found), protocol=osmand.PROTOCOL, peer="192.0.2.1", raw=b"x")
    assert len([one.result(5) for one in kept]) == 2
    assert desk.counts["position_dropped"] == 3


def test_a_sender_speaks_only_from_its_networks(desk: Desk) -> None:
    """From elsewhere it is nobody, and what it said is kept as refused."""
    sender = Sender("town", "sos-access", "1", networks=("192.0.2.0/24",))
    said = Message(sender, (Received("sos-access", "SOS-ACCESS", "1", 0, "BA"),))
    assert desk.admit(said, "192.0.2.9") is said
    refused = desk.admit(said, "198.51.100.9")
    assert refused.owner is None
    assert refused.refusal is not None
    assert refused.refusal.code == "network"
    (kept,) = desk.keep(refused, protocol=sos_access.PROTOCOL, peer="198.51.100.9", raw=b"raw")
    kept.result(5)
    (record,) = read_after(desk.journal.path, 0)
    assert (record.kind, record.tenant, record.raw) == ("refused", "", b"raw")
