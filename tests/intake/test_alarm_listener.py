"""DC-09 over TCP, against the real process: another's transmitter, strangers, and broken frames."""

import contextlib
import gc
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from my_dc09_spt.dc09_spt import dc09_spt

from narvaro.intake.protocols.sia_dc09 import enclose
from narvaro.intake.records import Record, read_last_seen
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
