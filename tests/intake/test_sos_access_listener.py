"""SOS Access v4 over TCP: another's client, repeats, strangers, and a journal that fails."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

from narvaro.intake.formats.sos_access_xml import Alarm, encode_alarm, read_document
from narvaro.intake.limits import Limits
from narvaro.intake.protocols import sos_access
from narvaro.intake.records import JournalError, Record, read_last_seen
from narvaro.intake.sealed import Accounts
from narvaro.spine.clock import SystemClock, ruled_by
from tests.intake.sos_centre import (
    NEXT,
    SECRET,
    Centre,
    answer,
    centre,
    run_peer,
    stub,
)
from tests.waiting import wait_until

HEADER = b'<?xml version="1.0" encoding="ISO-8859-1"?>'
ALL = {
    "event_code": "BA",
    "reference": "r-1",
    "transmitter_area": "1",
    "section": "2",
    "section_text": "Källare",
    "detector": "17",
    "detector_text": "Rörelse",
    "additional_info": ["rad ett", "rad två"],
    "position": {"pos": "N591976E0180412"},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre that the tests of this file share."""
    with centre(tmp_path_factory.mktemp("centre")) as one:
        yield one


def alarm(
    reference: str = "", code: str = "BA", secret: str = SECRET, who: str = "1234567"
) -> bytes:
    return encode_alarm(Alarm(who, "SV300", "42", secret, code, reference=reference))


def request(name: str, secret: str = SECRET) -> bytes:
    inner = (
        f"<authentication>{secret}</authentication><transmittercode>1234567</transmittercode>"
        "<transmittertype>SV300</transmittertype>"
    )
    return HEADER + f"<{name}>{inner}</{name}>".encode()


def status_of(data: bytes) -> int:
    return int(read_document(data).fields["status"])


def test_anothers_client_is_answered(tmp_path: Path) -> None:
    """sos-access sends an alarm, its repeat, a restore, heartbeats, and asks for a new password."""
    with centre(tmp_path) as one:
        said = run_peer(
            [
                ("send_alarm", ALL),
                ("send_alarm", ALL),
                ("restore_alarm", {"event_code": "BA"}),
                ("ping", {"reference": "p"}),
                ("ping", {}),
                ("request_new_auth", {"reference": "n"}),
            ],
            one.port,
        )
        records = one.list_records()
        renewed = records.pop()
    assert (renewed.kind, renewed.account) == ("rotation", "1234567")
    assert NEXT not in renewed.decoded
    assert [one if isinstance(one, str) else one[:2] for one in said] == [
        [0, "r-1"], "DuplicateAlarm", [0, None], [0, "p"], "PingToOften", [0, "n"],
    ]  # fmt: skip
    assert said[5][3] == NEXT
    signals = [json.loads(record.decoded)[0] for record in records]
    assert [(one["qualifier"], one["code"], one["text"]) for one in signals] == [
        ("AL", "BA", "Källare, Rörelse, rad ett, rad två"),
        ("RE", "BA", ""),
    ]
    assert {(one.kind, one.tenant, one.account) for one in records} == {
        ("signal", "town", "1234567")
    }
    assert all(SECRET.encode() not in one.raw and b"*" * 15 in one.raw for one in records)


def test_anothers_client_with_a_wrong_password_or_the_next_one(running: Centre) -> None:
    """A wrong one is refused and not tried elsewhere; the next one is taken."""
    before = len(running.list_records())
    calls = [("send_alarm", {"event_code": "BA"}), ("ping", {})]
    with stub() as other:
        wrong = run_peer(calls, running.port, other.port, secret="x" * 15)
        assert other.heard == []
    assert wrong == ["NotAuthorized", "NotAuthorized"]
    found = running.list_records()[before:]
    assert [(one.kind, one.flags, one.tenant) for one in found] == [
        ("refused", "wrong_secret", "")
    ] * 2
    assert all(b"x" * 15 not in one.raw for one in found)
    assert run_peer(calls[:1], running.port, secret=NEXT)[0][0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, answer(5), answer(99)], ids=["silent", "5", "99"])
def test_anothers_client_fails_over_to_us(running: Centre, given: bytes | None) -> None:
    """From a centre that is silent or did not take it, the alarm comes here."""
    before = len(running.list_records())
    with stub(given) as other:
        said = run_peer([("send_alarm", {"event_code": "PA"})], other.port, running.port)
    assert said[0][0] == 0
    assert len(running.list_records()) == before + 1


@pytest.mark.slow
def test_anothers_client_leaves_us_when_the_journal_fails(tmp_path: Path) -> None:
    """Our 5 sends it to the next centre, alarms and heartbeats alike."""
    with centre(tmp_path) as one, stub(answer(0)) as other:
        one.journal.healthy = False
        said = run_peer([("send_alarm", {"event_code": "PA"})], one.port, other.port)
        assert said[0][0] == 0
        assert b"<eventcode>PA" in other.heard[0]
        assert status_of(one.ask(request("pingrequest"))) == 5
        assert status_of(one.ask(request("requestnewauthentication"))) == 5
        assert one.list_records() == []


def test_repeat_is_answered_ten_and_stored_once(running: Centre) -> None:
    """Same reference and bytes; another content, or one in between, is an alarm of its own."""
    before = len(running.list_records())
    sent = [alarm("a"), alarm("a"), alarm("a", "FA"), alarm("a"), alarm("b"), alarm("b"), alarm(),
            alarm()]  # fmt: skip
    assert [status_of(running.ask(one)) for one in sent] == [0, 10, 0, 0, 0, 10, 0, 0]
    assert len(running.list_records()) == before + 6


def test_repeat_is_a_new_alarm_after_a_while(running: Centre) -> None:
    """A transmitter that always sends the same reference is heard again."""

    class Later(SystemClock):
        def monotonic(self) -> float:
            return super().monotonic() + 121

    before = len(running.list_records())
    assert [status_of(running.ask(alarm("old"))) for _ in range(2)] == [0, 10]
    with ruled_by(Later()):
        assert status_of(running.ask(alarm("old"))) == 0
    assert len(running.list_records()) == before + 2


def test_repeat_while_the_first_waits_shares_its_fate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is answered before the commit; where that fails both get 5 and the next is stored."""
    with centre(tmp_path) as one:
        waits: Future[int] = Future()
        store = one.journal.append

        def hold(record: Record) -> Future[int]:
            return waits

        monkeypatch.setattr(one.journal, "append", hold)
        lines = [socket.create_connection(("127.0.0.1", one.port), 5) for _ in range(2)]
        for line in lines:
            line.sendall(alarm("w"))
            line.settimeout(0.15)
            with pytest.raises(TimeoutError):
                line.recv(10)
        waits.set_exception(JournalError("full"))
        for line in lines:
            line.settimeout(5)
            assert status_of(b"".join(iter(partial(line.recv, 4096), b""))) == 5
            line.close()
        monkeypatch.setattr(one.journal, "append", store)
        assert status_of(one.ask(alarm("w"))) == 0
        assert len(one.list_records()) == 1


def test_memory_of_references_is_bounded(running: Centre) -> None:
    """A transmitter that numbers its alarms fills no memory."""
    for number in range(70):
        running.ask(alarm(f"n{number}"))
    (recent,) = running.listener._recent.values()
    assert len(recent) == 64
    assert status_of(running.ask(alarm("n69"))) == 10


@pytest.mark.parametrize(
    ("data", "status", "flag"),
    [
        (alarm(who="9"), 4, "network"),
        (alarm(who="8"), 4, "unknown_transmitter"),
        (alarm()[:-3], 2, "xml"),
        (b"noise", 100, "header"),
        (b"\x16\x03\x01\x00", 100, "header"),
        (alarm().replace(b"BA", b"B" * 100_000), 1, "too_long"),
        (alarm().replace(b"BA", b"B" * 300_000), 1, "too_long"),
    ],
)  # fmt: skip
def test_strangers_and_junk_are_answered_and_kept(
    running: Centre, data: bytes, status: int, flag: str
) -> None:
    """With a status of their own, at most 4 kB, and never the password."""
    assert status_of(running.ask(data)) == status
    record = running.list_records()[-1]
    assert (record.kind, record.flags) == ("refused", flag)
    assert SECRET.encode() not in record.raw
    assert len(record.raw) <= 4096


def test_request_in_any_cut_is_answered_without_waiting_for_the_end(running: Centre) -> None:
    """Byte by byte, the line left open; what follows the request is not read."""
    with socket.create_connection(("127.0.0.1", running.port), 5) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in alarm("cut"):
            line.sendall(bytes((byte,)))
        found = b"".join(iter(lambda: line.recv(4096), b""))
    assert status_of(found) == 0
    assert status_of(running.ask(alarm("one") + b"\r\n" + alarm("two"), end=False)) == 0
    assert b">two<" not in b"".join(one.raw for one in running.list_records())


def test_heartbeat_moves_last_seen_and_leaves_no_record(tmp_path: Path) -> None:
    """A refused one does not."""
    for secret, seen in (("x" * 15, []), (SECRET, ["1234567"])):
        with centre(tmp_path / secret) as one:
            one.ask(request("pingrequest", secret))
            assert [one.kind for one in one.list_records()] == ["refused"] * (not seen)
            one.journal.close()
            assert [one.account for one in read_last_seen(one.journal.path)] == seen


def test_before_the_first_accounts_transmitters_are_sent_on(tmp_path: Path) -> None:
    """Nobody is unknown yet."""
    with centre(tmp_path, accounts=Accounts()) as one:
        assert status_of(one.ask(alarm())) == 5


@pytest.mark.slow
def test_silent_and_slow_connections_end_without_an_answer(tmp_path: Path) -> None:
    """Half a request gets no refusal: its transmitter tries again or elsewhere."""
    with centre(tmp_path, limits=Limits(half_message_s=0.2, idle_s=0.7)) as one:
        address = ("127.0.0.1", one.port)
        with (
            socket.create_connection(address, 5) as half,
            socket.create_connection(address, 5) as idle,
        ):
            begun = time.monotonic()
            half.sendall(alarm()[:60])
            assert half.recv(10) == b""
            assert 0.15 < time.monotonic() - begun < 0.65
            assert idle.recv(10) == b""
            assert 0.65 < time.monotonic() - begun < 2


def test_request_cut_off_by_our_own_end_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed without an answer, so that its transmitter turns to its other centre."""
    read: list[int] = []

    def note_end(buffer: bytearray, before: int) -> int:
        read.append(len(buffer))
        return 0

    monkeypatch.setattr(sos_access, "find_end", note_end)
    with centre(tmp_path) as one, socket.create_connection(("127.0.0.1", one.port), 5) as line:
        line.sendall(alarm()[:60])
        wait_until(lambda: read == [60], "half of it is read")
        one.call(one.listener.stop)
        assert line.recv(10) == b""
        wait_until(lambda: not asyncio.all_tasks(one.loop), "the conversation ends")
        assert one.list_records() == []
        assert not one.desk.counts
