"""Frames over TCP, TLS and UDP, against the real process: repeats, replays, downgrade, addresses."""

import json
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from my_dc09_spt.dc09_spt import dc09_spt

from narvaro.intake.alarm_frames import AlarmFrames
from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.protocols.sia_dc09 import TIME_FORMAT, Answer, enclose, encrypt
from narvaro.intake.records import read_after, read_last_seen
from narvaro.intake.replay import ReplayGuard
from narvaro.intake.sealed import Accounts, AlarmAccount, TransmissionPath
from narvaro.spine.clock import Hands
from tests.authority import Authority
from tests.intake.running import ACCOUNTS, HEX_KEY, Running, receiver
from tests.waiting import wait_until

KEY = bytes.fromhex(HEX_KEY)


def sealed_frame(
    sequence: int, content: bytes = b"#AB12|Nri1/BA05", account: str = "AB12"
) -> bytes:
    stamp = f"_{datetime.now(UTC):{TIME_FORMAT}}".encode()
    inner = encrypt(KEY, b"|" + content + b"]" + stamp)
    return enclose(b'"*SIA-DCS"%04dL0#%b[' % (sequence, account.encode()) + inner)


def renumbered(frame: bytes, sequence: int) -> bytes:
    """Return a recorded frame under another sequence number, its CRC made right again."""
    body = frame[9:-1]
    head, quote, rest = body.partition(b'S"')
    return enclose(head + quote + b"%04d" % sequence + rest[4:])


def kinds(running: Running) -> list[tuple[str, str]]:
    return [(one.kind, one.flags) for one in running.list_records()]


def test_one_frame_a_hundred_times_is_stored_once_and_answered_each_time(tmp_path: Path) -> None:
    """Lost acknowledgements cost nothing: on one connection, on many, and after a restart."""
    frame = sealed_frame(7)
    with receiver(tmp_path) as running:
        answers = running.ask(frame * 50)
        for _ in range(49):
            answers += running.ask(frame)
        running.end()
        running.start()
        answers += running.ask(frame)
        assert answers.count(b'"*ACK"0007') == 100
        assert kinds(running) == [("signal", "")]


def test_a_recorded_frame_under_another_number_is_refused_also_after_a_restart(
    tmp_path: Path,
) -> None:
    """Nothing is stored as an alarm, and it is kept what came."""
    frame = sealed_frame(7)
    with receiver(tmp_path) as running:
        assert b"ACK" in running.ask(frame)
        assert b'"DUH"0008' in running.ask(renumbered(frame, 8))
        running.end()
        running.start()
        assert b'"DUH"0009' in running.ask(renumbered(frame, 9))
        assert kinds(running) == [("signal", ""), ("refused", "replay"), ("refused", "replay")]


@pytest.mark.parametrize("content", [b"#AB12|Nri1/BA05", b"#AB12|1130 01 003"])
@pytest.mark.parametrize("token", [b"*NULL", b"*XNM"])
def test_an_alarm_that_was_made_a_poll_on_the_line_is_stored_all_the_same(
    tmp_path: Path, content: bytes, token: bytes
) -> None:
    """The token stands outside of the encryption; a poll that holds an event is no poll."""
    frame = sealed_frame(7, content)
    body = frame[9:-1].replace(b"*SIA-DCS", token, 1)
    with receiver(tmp_path) as running:
        assert b'"*ACK"0007' in running.ask(enclose(body))
        (record,) = running.list_records()
    assert record.kind == "signal"
    assert json.loads(record.decoded)[0]["code"] in {"BA", "1130"}


def test_rubbish_in_front_of_a_recorded_frame_makes_no_new_alarm(tmp_path: Path) -> None:
    """A block before the ciphertext spoils the padding alone; what follows is known again."""
    frame = sealed_frame(7)
    start = frame.index(b"[") + 1
    with receiver(tmp_path) as running:
        assert b"ACK" in running.ask(frame)
        for number in range(80):
            front = bytes([number]) * 16
            sealed = front.hex().upper().encode() + frame[start:-1]
            running.ask(enclose(renumbered(frame, 100 + number)[9:start] + sealed))
        assert [one.kind for one in running.list_records()].count("signal") == 1


def test_a_repeated_poll_is_answered_and_keeps_nobody_alive(tmp_path: Path) -> None:
    """Who cuts a line cannot keep its last poll speaking."""
    stamp = f"_{datetime.now(UTC):{TIME_FORMAT}}".encode()
    poll = enclose(b'"*NULL"0001L0#AB12[' + encrypt(KEY, b"|]" + stamp))
    journal = Journal(tmp_path / "intake.db", "test")
    desk = Desk(journal, ACCOUNTS, Limits())
    frames = AlarmFrames(desk, ReplayGuard())
    taken = [frames.take(poll, "127.0.0.1") for _ in range(3)]
    journal.close()
    assert [one and one.decoded.answer for one in taken] == [Answer.ACK] * 3
    assert (desk.counts["poll"], desk.counts["repeat"]) == (1, 2)


def test_a_poll_of_before_a_restart_is_answered_and_keeps_nobody_alive(tmp_path: Path) -> None:
    """As it ends, the process leaves what was stamped last; one that is killed, of seconds before."""
    stamp = f"_{datetime.now(UTC):{TIME_FORMAT}}".encode()
    poll = enclose(b'"*NULL"0001L0#AB12[' + encrypt(KEY, b"|]" + stamp))
    with receiver(tmp_path) as running:
        assert b'"*ACK"0001' in running.ask(poll)
        running.end()
        (before,) = read_last_seen(running.journal)
        running.start()
        assert b'"*ACK"0001' in running.ask(poll)
        running.end()
        assert read_last_seen(running.journal) == [before]


def test_polls_of_two_paths_in_one_second_are_two_signs_of_life(tmp_path: Path) -> None:
    """Each path has its own numbers; neither is taken for a replay of the other."""
    paths = (
        TransmissionPath("ip", ("192.0.2.0/24",)),
        TransmissionPath("mobil", ("198.51.100.0/24",)),
    )
    accounts = Accounts((AlarmAccount("town", "AB12", key=HEX_KEY, paths=paths),))
    stamp = f"_{datetime.now(UTC):{TIME_FORMAT}}".encode()
    journal = Journal(tmp_path / "intake.db", "test")
    frames = AlarmFrames(Desk(journal, accounts, Limits()), ReplayGuard())
    for sequence, peer in ((b"0001", "192.0.2.7"), (b"0417", "198.51.100.7")):
        poll = enclose(b'"*NULL"' + sequence + b"L0#AB12[" + encrypt(KEY, b"|]" + stamp))
        taken = frames.take(poll, peer)
        assert taken is not None
        assert taken.decoded.answer is Answer.ACK
    journal.close()
    assert {one.path for one in read_last_seen(journal.path)} == {"ip", "mobil"}


def test_while_our_own_clock_is_in_doubt_alarms_are_taken_as_unverified(
    tmp_path: Path, hands: Hands
) -> None:
    """A stamp that our clock would refuse is not the panel's fault; it is stored and marked."""
    stamp = f"_{hands.now() - timedelta(hours=1):{TIME_FORMAT}}".encode()
    frame = enclose(b'"SIA-DCS"0001L0#1234[#1234|NBA05]' + stamp)
    strict = replace(ACCOUNTS, accounts=(AlarmAccount("town", "1234", flags=("strict_time",)),))
    journal = Journal(tmp_path / "intake.db", "test")
    frames = AlarmFrames(Desk(journal, ACCOUNTS, Limits()), ReplayGuard())
    in_order = frames.take(frame, "127.0.0.1")
    hands.jump_s = 3600.0
    in_doubt = frames.take(frame, "127.0.0.1")
    of_strict = AlarmFrames(Desk(journal, strict, Limits()), ReplayGuard()).take(frame, "127.0.0.1")
    journal.close()
    assert [one and one.decoded.answer for one in (in_order, in_doubt, of_strict)] == [
        Answer.NAK, Answer.ACK, Answer.NAK,
    ]  # fmt: skip
    (record,) = [one for one in read_after(journal.path, 0) if one.kind == "signal"]
    assert record.flags == "time_unverified"


@pytest.mark.parametrize("account", ["1234", "AB12", "5678"])
def test_real_dialler_delivers_over_udp(running: Running, account: str) -> None:
    """my-dc09-spt over datagrams, plain and encrypted."""
    keys = {"1234": None, "AB12": KEY, "5678": b"0123456789ABCDEF"}
    before = len(running.list_records())
    panel = dc09_spt(account, line=0)
    panel.set_path(
        "main", "primary", "127.0.0.1", running.ports["dc09"], account=account,
        key=keys[account], type="UDP",
    )  # fmt: skip
    panel.send_msg("SIA-DCS", {"code": "BA", "zone": "5", "area": "1"})
    assert panel.notSent() == 0
    (record,) = running.list_records()[before:]
    assert (record.kind, record.account) == ("signal", account)


def test_over_udp_strangers_hear_nothing(running: Running) -> None:
    """No answer to junk, bad sums or unknown accounts: nobody can have us answer somebody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(0.1)
        line.connect(("127.0.0.1", running.ports["dc09"]))
        for data in (b"junk", b"\n\r", enclose(b'"NULL"0001L0#9999[]'), b"x" * 20_000):
            line.send(data)
            with pytest.raises(TimeoutError):
                line.recv(4096)
        line.send(enclose(b'"NULL"0001L0#1234[]'))
        assert b"ACK" in line.recv(4096)


def test_alarms_over_tls_with_and_without_a_transmitters_certificate(tmp_path: Path) -> None:
    """The handshake comes first; with an authority named, who shows nothing stays outside."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("127.0.0.1")
    client = authority.issue("127.0.0.2")
    tls = {"certificate": str(certificate), "key": str(key)}
    for ca in (None, str(authority.file)):
        folder = tmp_path / f"home-{ca is None}"
        folder.mkdir()
        running = Running(
            folder, more={"dc09_tls_port": 0, "tls": tls | ({"client_ca": ca} if ca else {})}
        )
        running.hand_over(ACCOUNTS)
        running.start()
        try:
            context = ssl.create_default_context(cafile=str(authority.file))
            if ca is None:
                assert b"ACK" in _ask_over_tls(running, context)
                continue
            with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
                assert b"ACK" in _ask_over_tls(running, context)
            context.load_cert_chain(*client)
            assert b"ACK" in _ask_over_tls(running, context)
        finally:
            running.end()


def _ask_over_tls(running: Running, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection(("127.0.0.1", running.ports["dc09_tls"]), 5) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as line,
    ):
        frame = sealed_frame(1)
        line.sendall(frame[:30])
        line.sendall(frame[30:])
        return line.recv(4096)


def test_an_account_dials_only_from_its_networks(tmp_path: Path) -> None:
    """From elsewhere it is refused and kept; its path is told by the address."""
    here = replace(
        ACCOUNTS,
        accounts=(
            AlarmAccount("town", "AB12", key=HEX_KEY, paths=(TransmissionPath("ip", ("127.0.0.0/8",)),)),
            AlarmAccount("town", "CD34", key=HEX_KEY, paths=(TransmissionPath("ip", ("192.0.2.0/24",)),)),
        ),
    )  # fmt: skip
    with receiver(tmp_path, here) as running:
        assert b'"*ACK"' in running.ask(sealed_frame(1))
        assert b'"DUH"' in running.ask(sealed_frame(1, b"#CD34|NBA05", "CD34"))
        assert kinds(running) == [("signal", ""), ("refused", "network")]


def test_a_port_may_be_closed_to_all_but_some_networks(tmp_path: Path) -> None:
    """Who comes from elsewhere is not read at all, over TCP and over UDP."""
    running = Running(tmp_path, more={"alarm_networks": ["192.0.2.0/24"]})
    running.hand_over(ACCOUNTS)
    running.start()
    try:
        with pytest.raises(OSError, match=r"not connected|reset|Broken"):
            running.ask(sealed_frame(1))
        assert running.list_records() == []
    finally:
        running.end()


@pytest.mark.slow
def test_a_peer_that_never_ends_its_handshake_does_not_keep_the_receiver_from_ending(
    tmp_path: Path,
) -> None:
    """A restart takes seconds, whoever stands in the door."""
    certificate, key = Authority(tmp_path).issue("127.0.0.1")
    tls = {"certificate": str(certificate), "key": str(key)}
    with receiver(tmp_path) as first:
        first.end()
    running = Running(tmp_path, more={"dc09_tls_port": 0, "tls": tls})
    running.start()
    with socket.create_connection(("127.0.0.1", running.ports["dc09_tls"]), 5):
        wait_until(lambda: b"ACK" in running.ask(sealed_frame(1)), "it listens")
        assert running.end() == 0
