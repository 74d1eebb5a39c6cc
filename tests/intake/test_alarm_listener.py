"""DC-09 over TCP, against the real process: another's transmitter, strangers, and broken frames."""

import asyncio
import contextlib
import gc
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from my_dc09_spt.dc09_spt import dc09_spt

from narvaro.intake.alarm_frames import AlarmFrames
from narvaro.intake.alarm_listener import AlarmDatagrams
from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.protocols.sia_dc09 import enclose
from narvaro.intake.records import JournalError, Record, read_last_seen
from narvaro.intake.replay import ReplayGuard
from tests.intake.dialler import alarm
from tests.intake.running import ACCOUNTS, HEX_KEY, Running, receiver

ALARM = enclose(b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA05]')
KEYS = {
    "1234": None,
    "AB12": bytes.fromhex(HEX_KEY),
    "5678": b"0123456789ABCDEF",
}


def make_panel(running: Running, account: str) -> Any:
    panel = dc09_spt(account, line=0)
    panel.set_path(
        "main", "primary", "127.0.0.1", running.dc09_port, account=account, key=KEYS[account]
    )
    return panel


@contextmanager
def new_records(running: Running) -> Iterator[list[Record]]:
    """Fill a list with the records that the block brought."""
    before = len(running.list_records())
    found: list[Record] = []
    yield found
    found += running.list_records()[before:]


@pytest.mark.parametrize("account", KEYS)
def test_real_dialler_delivers_alarms(running: Running, account: str) -> None:
    """my-dc09-spt sends SIA and Contact ID, plain and encrypted; raw bytes and fields are kept."""
    panel = make_panel(running, account)
    with new_records(running) as records:
        panel.send_msg("SIA-DCS", {"code": "BA", "zone": "5", "area": "1", "text": "Matsal"})
        panel.send_msg("ADM-CID", {"code": "121", "q": 1, "user": "44"})
    assert panel.notSent() == 0
    assert panel.state()["main primary path ok"] == 1
    signals = [json.loads(one.decoded)[0] for one in records]
    assert [(one["code"], one["zone"], one["text"]) for one in signals] == [
        ("BA", "5", "Matsal"),
        ("1121", "044", ""),
    ]
    assert {(one.kind, one.tenant, one.account) for one in records} == {("signal", "town", account)}
    assert all(one.raw.startswith(b"\n") and one.raw.endswith(b"\r") for one in records)
    verified = KEYS[account] is not None
    assert {one["time_verified"] for one in signals} == {verified}
    assert {one.flags for one in records} == {"" if verified else "time_unverified"}


@pytest.mark.parametrize("account", KEYS)
def test_real_dialler_polls(running: Running, account: str) -> None:
    """A poll is acknowledged and leaves no record."""
    panel = make_panel(running, account)
    with new_records(running) as records:
        assert panel.transfer_msg(0, "NULL", "]", panel.tpaths["main"]["primary"]["path"])
    assert records == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_real_dialler_sends_again_after_nak(running: Running) -> None:
    """A panel whose clock is wrong gets our time and is received on its second try."""
    panel = make_panel(running, "AB12")
    panel.tpaths["main"]["primary"]["path"].set_offset(-600)
    with new_records(running) as records, pytest.raises(TypeError):
        # The dialler cannot read the second answer (its own fault); what it sent is here.
        panel.send_msg("SIA-DCS", {"code": "PA", "zone": "7"})
    del panel
    gc.collect()  # the dialler leaves its socket open then
    assert [(one.kind, one.flags) for one in records] == [("refused", "time"), ("signal", "")]
    assert json.loads(records[1].decoded)[0]["zone"] == "7"


def test_plain_frame_for_a_keyed_account_is_refused(running: Running) -> None:
    """No downgrade: DUH, kept and flagged, and never the key."""
    frame = enclose(b'"SIA-DCS"0009L0#AB12[#AB12|NBA05][Ktest]')
    with new_records(running) as records:
        answer = running.ask(frame)
    assert answer == enclose(b'"DUH"0009L0#AB12[]')
    assert [(one.kind, one.flags, one.raw) for one in records] == [("refused", "plaintext", frame)]


def test_frame_for_an_unknown_account_is_kept_and_refused(running: Running) -> None:
    """The record has no tenant, since nobody owns it yet."""
    with new_records(running) as records:
        assert b'"DUH"' in running.ask(alarm(0x9999, None, 1, "x"))
    assert [(one.tenant, one.account, one.flags) for one in records] == [
        ("", "9999", "unknown_account")
    ]


def test_broken_frames_get_silence_and_do_not_hurt_the_next(running: Running) -> None:
    """Wrong CRC, wrong length and noise are not acknowledged or sent back; they are kept."""
    wrong_crc = b"\n0000" + ALARM[5:]
    wrong_length = ALARM[:5] + b"0011" + ALARM[9:]
    with new_records(running) as records:
        answer = running.ask(b"noise" + wrong_crc + wrong_length + ALARM)
    assert answer == enclose(b'"ACK"0001L0#1234[]')
    assert sorted(one.flags for one in records if one.kind == "refused") == [
        "crc",
        "envelope",
        "length",
    ]
    assert [one.raw for one in records if one.kind == "signal"] == [ALARM]


def test_frames_in_any_cut_are_answered_in_order(running: Running) -> None:
    """Ten frames byte by byte and joined: ten answers, in order."""
    frames = [enclose(b'"SIA-DCS"%04dL0#1234[#1234|NBA05]' % number) for number in range(10)]
    stream = b"".join(frames)
    with socket.create_connection(("127.0.0.1", running.dc09_port), 5) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(60):
            line.sendall(stream[at : at + 1])
        line.sendall(stream[60:])
        line.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: line.recv(4096), b""))
    assert answers == b"".join(enclose(b'"ACK"%04dL0#1234[]' % number) for number in range(10))


def test_flood_of_junk_is_bounded(tmp_path: Path) -> None:
    """Junk fills neither the disk nor the line, and a genuine alarm still gets through."""
    with receiver(tmp_path) as running:
        for _ in range(5):
            with contextlib.suppress(ConnectionResetError):  # closed in the middle of the flood
                assert running.ask(b"\n\x00\xffjunk\r" * 2000) == b""
        assert running.ask(b"x" * 100_000) == b""
        assert len([one for one in running.list_records() if one.kind == "refused"]) == 10
        assert b'"ACK"' in running.ask(ALARM)


def test_idle_and_half_frames_are_closed_and_idle_crowds_make_room(tmp_path: Path) -> None:
    """Slow and silent connections end; a crowd of them does not keep a panel out."""
    bounds = {
        "half_message_s": 0.3,
        "idle_s": 0.8,
        "connections": 30,
        "reserve": 10,
        "per_peer": 25,
    }
    with receiver(tmp_path, ACCOUNTS, **bounds) as running:
        address = ("127.0.0.1", running.dc09_port)
        with (
            socket.create_connection(address, 5) as half,
            socket.create_connection(address, 5) as idle,
        ):
            begun = time.monotonic()
            half.sendall(ALARM[:20])
            assert half.recv(10) == b""
            assert 0.2 < time.monotonic() - begun < 0.7
            assert idle.recv(10) == b""
            assert 0.6 < time.monotonic() - begun < 1.5
        crowd = [socket.create_connection(address, 5) for _ in range(40)]
        begun = time.monotonic()
        assert b'"ACK"' in running.ask(ALARM)
        assert time.monotonic() - begun < 0.5
        for line in crowd:
            line.close()


def test_last_seen_follows_alarms_and_polls(tmp_path: Path) -> None:
    """At the end of the process the last-seen times of what was heard are saved."""
    with receiver(tmp_path) as running:
        running.ask(ALARM)
        make_panel(running, "AB12").transfer_msg(
            0, "NULL", "]", make_panel(running, "AB12").tpaths["main"]["primary"]["path"]
        )
        running.ask(enclose(b'"NULL"0001L0#5678[]'))  # plain for a keyed account: not heard
    seen = {(one.tenant, one.account) for one in read_last_seen(running.journal)}
    assert seen == {("town", "1234"), ("town", "AB12")}


class HeldJournal(Journal):
    """A journal that commits nothing; a test says when, and how it ends."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "test")
        self.held: list[Future[int]] = []

    def append(self, record: Record) -> "Future[int]":
        assert record.raw
        self.held.append(Future())
        return self.held[-1]


class Wire(asyncio.DatagramTransport):
    """Keeps what is sent over it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[bytes, Any]] = []

    def sendto(self, data: Any, addr: Any = None) -> None:
        self.sent.append((data, addr))


PANEL = ("192.0.2.7", 40_000)
Course = Callable[[AlarmDatagrams, HeldJournal, Wire], Any]


def over_udp(folder: Path, course: Course) -> Desk:
    """Run a course of datagrams and commits in a loop of its own; return the desk behind it."""
    journal = HeldJournal(folder / "intake.db")
    desk = Desk(journal, ACCOUNTS, Limits())
    listener, wire = AlarmDatagrams(desk, Limits(), AlarmFrames(desk, ReplayGuard())), Wire()
    listener.connection_made(wire)
    try:
        asyncio.run(course(listener, journal, wire))
    finally:
        journal.close()
    return desk


async def settle() -> None:
    """Let all that can go on in the loop go on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_over_udp_nothing_is_acknowledged_before_its_commit(tmp_path: Path) -> None:
    """Three datagrams wait; each is answered once its own record is safe, in whatever order."""

    async def course(listener: AlarmDatagrams, journal: HeldJournal, wire: Wire) -> None:
        for number in range(3):
            frame = enclose(b'"SIA-DCS"%04dL0#1234[#1234|NBA05]' % number)
            listener.datagram_received(frame, PANEL)
        await settle()
        assert (len(journal.held), wire.sent) == (3, [])
        for number in (1, 0, 2):
            journal.held[number].set_result(number)
            await settle()
            assert wire.sent.pop() == (enclose(b'"ACK"%04dL0#1234[]' % number), PANEL)
            assert wire.sent == []

    over_udp(tmp_path, course)


def test_over_udp_a_failed_commit_is_answered_with_silence(tmp_path: Path) -> None:
    """The panel sends it again, and then it is stored and answered."""

    async def course(listener: AlarmDatagrams, journal: HeldJournal, wire: Wire) -> None:
        listener.datagram_received(ALARM, PANEL)
        await settle()
        journal.held[0].set_exception(JournalError("The disk is full."))
        await settle()
        assert wire.sent == []
        listener.datagram_received(ALARM, PANEL)
        await settle()
        assert wire.sent == []
        journal.held[1].set_result(1)
        await settle()
        assert wire.sent == [(enclose(b'"ACK"0001L0#1234[]'), PANEL)]

    assert over_udp(tmp_path, course).counts["datagram_unanswered"] == 1


def test_over_udp_a_refusal_waits_for_its_record_too(tmp_path: Path) -> None:
    """A plain frame for an account with a key: DUH once it is kept, nothing where it cannot be."""

    async def course(listener: AlarmDatagrams, journal: HeldJournal, wire: Wire) -> None:
        for number in range(2):
            listener.datagram_received(enclose(b'"NULL"%04dL0#AB12[]' % number), PANEL)
        await settle()
        assert wire.sent == []
        journal.held[0].set_exception(JournalError("The disk is full."))
        journal.held[1].set_result(1)
        await settle()
        assert wire.sent == [(enclose(b'"DUH"0001L0#AB12[]'), PANEL)]

    over_udp(tmp_path, course)


def test_over_udp_a_poll_is_not_answered_without_a_journal(tmp_path: Path) -> None:
    """It would tell the panel that alarms are safe here."""

    async def course(listener: AlarmDatagrams, journal: HeldJournal, wire: Wire) -> None:
        poll = enclose(b'"NULL"0001L0#1234[]')
        listener.datagram_received(poll, PANEL)
        await settle()
        assert [data for data, _ in wire.sent] == [enclose(b'"ACK"0001L0#1234[]')]
        journal.healthy = False
        listener.datagram_received(poll, PANEL)
        await settle()
        assert len(wire.sent) == 1

    over_udp(tmp_path, course)
