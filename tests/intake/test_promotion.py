"""Journal → situation: once, in order, and past what cannot be read."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, DataError

from narvaro.access.models import Role
from narvaro.directory.models import Transmitter
from narvaro.intake.actions import OnDuty, accounts_now, move_place
from narvaro.intake.journal import Journal
from narvaro.intake.message import Position, Received, Refusal
from narvaro.intake.models import JournalPlace
from narvaro.intake.promotion import promote
from narvaro.intake.protocols.sia_dc09 import decode, enclose
from narvaro.intake.records import Kind, Record
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.situation import models as situation
from narvaro.situation.actions import drop_old_positions
from narvaro.situation.models import Case, RefusedIntake, Signal
from narvaro.situation.queries import list_refused_intake
from narvaro.situation.signals import receive_signal
from narvaro.spine.models import Event
from narvaro.spine.sealing import seal_text
from tests.make import (
    NIGHT,
    World,
    make_member,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    make_world,
)
from tests.roads import LON, at_km

US = 1_000_000


@pytest.fixture
def journal(tmp_path: Path, world: World) -> Iterator[Journal]:
    """Return a receiver's journal on disk."""
    one = Journal(tmp_path / "intake.db", "main")
    yield one
    one.close()


def received(account: str, sequence: int = 1, **given: object) -> Received:
    """Return a decoded intruder alarm."""
    plain = Received(
        protocol="sia-dc09", token="SIA-DCS", account=account, sequence=sequence, code="BA",
        zone="3", area="1", occurred_at=NIGHT, time_verified=True,
    )  # fmt: skip
    return replace(plain, **given)  # type: ignore[arg-type]  # each test names fields of the class


def keep(
    journal: Journal, kind: Kind, decoded: object, *, tenant: str = "", account: str = "",
    at: datetime = NIGHT,
) -> int:  # fmt: skip
    """Write a record as the receiver does; return its id."""
    text = decoded if isinstance(decoded, str) else json.dumps(decoded)
    record = Record(
        "main", int(at.timestamp() * US), kind, "sia-dc09", text, tenant=tenant, account=account
    )
    return journal.append(record).result(5)


def keep_signals(journal: Journal, *signals: Received) -> int:
    """Write one frame."""
    return keep(journal, "signal", [one.to_dict() for one in signals], account=signals[0].account)


def keep_position(journal: Journal, device: str, lat: float, at: datetime = NIGHT) -> int:
    """Write one position, received at NIGHT."""
    return keep(journal, "position", Position(device, lat, LON, at).to_dict(), account=device)


def run(journal: Journal) -> list[situation.Position]:
    """Promote everything; return the positions that dispatch was told of."""
    told: list[situation.Position] = []

    def hear(found: list[situation.Position]) -> int:
        told.extend(found)
        return 0

    while promote(journal.path, "main", hear):
        pass
    return told


def test_a_frame_becomes_signals_and_a_case(world: World, journal: Journal) -> None:
    """Two signals of one frame are two parts of one record; the place moves behind it."""
    panel = make_transmitter(make_site(world), "1234")
    frame = keep_signals(journal, received("1234"), received("1234", zone="4", code="TA"))
    run(journal)
    signals = Signal.objects.order_by("part")
    assert [(one.part, one.zone, one.transmitter) for one in signals] == [
        (0, "3", panel), (1, "4", panel),
    ]  # fmt: skip
    assert {one.journal_id for one in signals} == {frame}
    assert Case.objects.get().received_at == NIGHT
    assert JournalPlace.objects.get().record_id == frame


def test_promoted_again_after_a_crash_nothing_is_double(world: World, journal: Journal) -> None:
    """The database was restored to a minute ago: the same records bring no second case."""
    make_transmitter(make_site(world), "1234")
    first = keep_signals(journal, received("1234", 1))
    keep_signals(journal, received("1234", 2, code="FA"))
    keep(journal, "refused", Refusal("bad_crc", "…", "1234").to_dict(), tenant=str(world.tenant.pk))
    keep_position(journal, make_unit(world, "V1", lat=None).unit.tracker, 59.0)
    run(journal)

    def count() -> tuple[int, ...]:
        tables = (Signal, Case, RefusedIntake, situation.Position, Event)
        return tuple(one.objects.count() for one in tables)

    before = count()
    assert before[:4] == (2, 2, 1, 1)
    move_place(receiver_id="main", record_id=first - 1)
    run(journal)
    assert count() == before


def test_a_fault_of_the_database_leaves_record_and_place_for_the_next_turn(
    world: World, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signal and place stand or fall together."""
    make_transmitter(make_site(world), "1234")
    keep_signals(journal, received("1234"))

    def lost(**_given: object) -> None:
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("narvaro.intake.promotion.move_place", lost)
        with pytest.raises(DatabaseError, match="disk"):
            run(journal)
    assert not Signal.objects.exists()
    assert not JournalPlace.objects.exists()
    run(journal)
    assert Signal.objects.count() == 1


@pytest.mark.parametrize(
    "decoded",
    [
        "not json",
        "null",
        "5",
        "[]",
        "[5]",
        "[null]",
        "{}",
        '[{"protocol": "sia-dc09"}]',
        '"text"',
        "[[]]",
    ],
)
@pytest.mark.parametrize("kind", ["signal", "position", "refused"])
def test_a_record_that_cannot_be_read_is_kept_and_the_next_goes_on(
    world: World, journal: Journal, kind: Kind, decoded: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One damaged record must not stand before every alarm behind it; nor is it nobody's business."""
    make_transmitter(make_site(world), "1234")
    bad = keep(journal, kind, decoded, tenant=str(world.tenant.pk), account="1234")
    keep_signals(journal, received("1234"))
    run(journal)
    one = RefusedIntake.objects.get(journal_id=bad)
    assert (one.reason, one.tenant, one.account) == ("not_promoted", world.tenant, "1234")
    assert "promotion refused" in caplog.text
    kinds = Case.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == (["intruder", "other"] if kind == "signal" else ["intruder"])


def test_a_record_that_the_database_will_not_hold_is_kept_and_the_next_goes_on(
    world: World, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses a NUL or a text too long; that is the record's fault, not the night's."""
    make_transmitter(make_site(world), "1234")
    make_transmitter(make_site(world, "Ugglan"), "5678")
    bad = keep_signals(journal, received("1234"))
    keep_signals(journal, received("5678"))

    def receive(*, transmitter: Transmitter, **given: Any) -> Signal | None:
        if transmitter.account == "1234":
            raise DataError("value too long\x00")
        return receive_signal(transmitter=transmitter, **given)

    monkeypatch.setattr("narvaro.intake.promotion.receive_signal", receive)
    run(journal)
    assert RefusedIntake.objects.get().journal_id == bad
    assert Case.objects.get().place == "Ugglan"


@pytest.mark.parametrize("tenant", ["town", "01900000-0000-7000-8000-000000000000"])
def test_a_record_of_a_tenant_that_is_not_here_is_kept_without_one(
    world: World, journal: Journal, tenant: str
) -> None:
    """A journal from before a reinstallation does not stop the alarms of today."""
    make_transmitter(make_site(world), "1234")
    keep(journal, "refused", Refusal("bad_crc", "…", "1234").to_dict(), tenant=tenant)
    keep(journal, "signal", "not json", tenant=tenant)
    keep_signals(journal, received("1234"))
    run(journal)
    assert {one.tenant for one in RefusedIntake.objects.all()} == {None}
    assert RefusedIntake.objects.count() == 2
    assert Case.objects.count() == 1


def test_what_was_refused_is_seen_by_its_own_tenant(world: World, journal: Journal) -> None:
    """The dispatcher reads that a panel sends with a wrong key."""
    refusal = Refusal("not_decrypted", "The key does not fit.", "1234")
    keep(journal, "refused", refusal.to_dict(), tenant=str(world.tenant.pk))
    keep(journal, "refused", replace(refusal, source="stranger").to_dict())
    run(journal)
    dispatcher = make_viewer(make_member(world, Role.DISPATCHER))
    assert {one.account for one in list_refused_intake(dispatcher)} == {"1234", "stranger"}
    make_world("Annanstad")  # now a stranger's frame may be meant for either
    [one] = list_refused_intake(dispatcher)
    assert (one.reason, one.account, one.detail) == (
        "not_decrypted", "1234", "The key does not fit.",
    )  # fmt: skip
    assert RefusedIntake.objects.get(tenant=None).account == "stranger"


def test_an_account_that_was_removed_meanwhile_is_refused_not_lost(
    world: World, journal: Journal
) -> None:
    """It was acknowledged, so it stays to be seen."""
    keep(journal, "signal", [received("4321").to_dict()], account="4321",
         tenant=str(world.tenant.pk))  # fmt: skip
    run(journal)
    assert RefusedIntake.objects.get().reason == "unknown_account"


def test_positions_are_kept_flagged_and_told(street: World, journal: Journal) -> None:
    """A position off the map or from the future is kept and ranks nobody; a good one is told."""
    one = make_unit(street, "V1", lat=None)
    times = [NIGHT - timedelta(seconds=n) for n in range(5)]
    keep_position(journal, one.unit.tracker, at_km(1), times[1])
    keep_position(journal, one.unit.tracker, at_km(1), times[1])
    keep_position(journal, one.unit.tracker, 55.0, times[2])
    keep_position(journal, one.unit.tracker, at_km(1), NIGHT + timedelta(seconds=61))
    keep_position(journal, one.unit.tracker, at_km(2), NIGHT + timedelta(seconds=60))
    told = run(journal)
    kept = situation.Position.objects.filter(unit=one.unit).order_by("at")
    assert [(row.at, row.flag) for row in kept] == [
        (times[2], "off_map"),
        (times[1], ""),
        (NIGHT + timedelta(seconds=60), ""),
        (NIGHT + timedelta(seconds=61), "future"),
    ]
    assert {row.flag for row in told} == {""}
    assert {row.at for row in told} == {times[1], NIGHT + timedelta(seconds=60)}


def test_a_device_that_is_no_unit_is_refused(world: World, journal: Journal) -> None:
    """Without its coordinates: nobody's position is kept."""
    keep_position(journal, "stranger", 59.123456)
    run(journal)
    one = RefusedIntake.objects.get()
    assert (one.reason, one.account) == ("unknown_device", "stranger")
    assert "59.12" not in one.detail
    assert not situation.Position.objects.exists()


def test_positions_go_after_72_hours(world: World) -> None:
    """Raw positions are kept no longer than promised, and no shorter."""
    make_unit(world, "V1", at=NIGHT, lat=59.0)
    kept_until = NIGHT - timedelta(minutes=1) + timedelta(hours=72)
    assert drop_old_positions(at=kept_until) == 0
    assert drop_old_positions(at=kept_until + timedelta(seconds=1)) == 1
    assert not situation.Position.objects.exists()


def test_no_journal_yet_is_nothing_to_do(world: World, tmp_path: Path) -> None:
    """The work process may start before the receiver."""
    assert promote(tmp_path / "none.db", "main", lambda _found: 0) == 0


def test_the_receiver_takes_positions_only_of_units_on_duty_where_it_is_allowed(
    world: World,
) -> None:
    """Off duty and before the union negotiation no position is received; keys are opened."""
    on, off = make_unit(world, "V1").unit, make_unit(world, "V2").unit
    panel = make_transmitter(make_site(world), "1234")
    panel.sealed_key = seal_text("00112233445566778899AABBCCDDEEFF")
    panel.save()
    accounts = accounts_now(OnDuty({on.pk: NIGHT}))
    devices = {one.unit: one.on_duty for one in accounts.devices}
    assert devices == {str(on.pk): True, str(off.pk): False}
    assert accounts.positions_allowed
    account = accounts.find_account("1234")
    assert account is not None
    assert account.aes_key == bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    world.tenant.positions_negotiated_on = None
    world.tenant.save()
    accounts = accounts_now(OnDuty({on.pk: NIGHT}))
    assert not accounts.positions_allowed
    assert not any(one.on_duty for one in accounts.devices)


def test_contact_id_as_the_decoder_gives_it_is_what_it_says(world: World, journal: Journal) -> None:
    """A silent hold-up, 1122 with qualifier 1, from the frame's bytes: duress, priority 1."""
    make_transmitter(make_site(world), "1234")
    accounts = Accounts(accounts=(AlarmAccount(tenant=str(world.tenant.pk), account="1234"),))
    frame = enclose(b'"ADM-CID"0001L0#1234[#1234|1122 01 003]')
    decoded = decode(frame, accounts=accounts, now=NIGHT)
    keep_signals(journal, *decoded.signals)
    run(journal)
    case = Case.objects.get()
    assert (case.kind, case.priority) == ("duress", 1)


def test_a_panel_that_claims_the_year_9999_is_not_believed(world: World, journal: Journal) -> None:
    """The alarm is a case; its time is not known, rather than impossible."""
    make_transmitter(make_site(world), "1234")
    told = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    keep_signals(journal, received("1234", occurred_at=told, time_verified=True))
    run(journal)
    assert Case.objects.get().triggered_at is None


def test_a_journal_that_lies_behind_its_place_is_read_from_its_start(
    world: World, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    """Made anew under a wrong clock: its alarms are promoted all the same, and it is said."""
    make_transmitter(make_site(world), "1234")
    JournalPlace.objects.create(receiver_id="main", record_id=2**60)
    keep_signals(journal, received("1234"))
    run(journal)
    run(journal)
    assert Case.objects.count() == 1
    assert "journal behind its place" in caplog.text
