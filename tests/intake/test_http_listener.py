"""Positions over HTTP, against the real process: stored, dropped, refused."""

import asyncio
import base64
import http.client
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from narvaro.intake.desk import Desk
from narvaro.intake.http_listener import HttpListener
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Guest, Limits
from narvaro.intake.records import Record
from narvaro.intake.sealed import Accounts, Device, Sender
from tests.intake.running import Running, receiver

POSTED = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n"
JSON_BODY = {
    "location": {
        "timestamp": "",
        "coords": {"latitude": 59.3293, "longitude": 18.0686, "accuracy": 5, "speed": 13.9},
        "battery": {"level": 0.5},
    },
    "device_id": "car-1",
}


def send(
    running: Running, method: str, path: str, body: str = "", kind: str = ""
) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", running.http_port, timeout=5)
    try:
        line.request(method, path, body or None, {"Content-Type": kind} if kind else {})
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def list_positions(running: Running) -> list[Record]:
    return [one for one in running.list_records() if one.protocol == "osmand"]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", "/?id=car-1&lat=59.3293&lon=18.0686", "", ""),
        ("POST", "/", "id=car-1&lat=59.3293&lon=18.0686", "application/x-www-form-urlencoded"),
        ("POST", "/", json.dumps(JSON_BODY), "application/json"),
    ],
)
def test_each_form_is_stored_before_its_answer(
    running: Running, method: str, path: str, body: str, kind: str
) -> None:
    """200 says that the journal has it; no address of the phone is kept."""
    before = len(list_positions(running))
    assert send(running, method, path, body, kind) == (200, "")
    (record,) = list_positions(running)[before:]
    assert (record.kind, record.tenant, record.account) == ("position", "town", "car-1")
    assert (record.peer, record.raw) == ("", b"")
    decoded = json.loads(record.decoded)
    assert (decoded["lat"], decoded["lon"]) == (59.3293, 18.0686)


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/?id=car-2&lat=59&lon=18", 200, ""),
        ("/?id=car-2&lat=99&lon=18", 200, "no place on Earth"),
        ("/?id=car-9&lat=59&lon=18", 400, "not known"),
        ("/?lat=59&lon=18", 400, "device id"),
    ],
)
def test_off_duty_and_unknown_leave_nothing(
    running: Running, path: str, status: int, word: str
) -> None:
    """A device off duty is answered and forgotten; an unknown one is told what to do."""
    before = running.journal.read_bytes()
    records = len(list_positions(running))
    found, text = send(running, "GET", path)
    assert found == status
    assert word in text
    assert bool(word) == bool(text)
    assert len(list_positions(running)) == records
    assert b"car-2" not in before + running.journal.read_bytes()
    assert "car-2" not in running.log


def test_unusable_position_is_kept_without_its_place(running: Running) -> None:
    """A device on duty gets 200 and the reason, so that its queue goes on."""
    future = time.time() + 600
    status, text = send(running, "GET", f"/?id=car-1&lat=59.1234&lon=18&timestamp={future:.0f}")
    assert status == 200
    assert "clock" in text
    record = list_positions(running)[-1]
    assert (record.kind, record.flags, record.tenant) == ("refused", "future", "town")
    assert "59.1234" not in record.decoded
    assert record.raw == b""


def talk(running: Running, raw: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", running.http_port), 5) as line:
        line.sendall(raw)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(4096), b""))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"405"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 199999\r\n\r\n" + b"a" * 40_000, b"413"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000, b"4"),
        (b"\x16\x03\x01 not http\r\n\r\n", b"400"),
    ],
)
def test_what_is_not_a_request_is_answered_and_closed(
    running: Running, raw: bytes, status: bytes
) -> None:
    """Wrong method, too long, and not HTTP: an answer, and the listener lives."""
    try:
        assert talk(running, raw).startswith(b"HTTP/1.1 " + status)
    except ConnectionResetError:
        assert len(raw) > 30_000  # closed while the rest was still on its way
    assert send(running, "GET", "/?id=car-1&lat=59&lon=18")[0] == 200


def test_connection_is_kept_for_the_next_position(running: Running) -> None:
    """Two requests on one connection, sent at once, get two answers."""
    request = b"GET /?id=car-1&lat=59&lon=18 HTTP/1.1\r\nHost: x\r\n\r\n"
    assert talk(running, request * 2).count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("half", [b"GET /?id=car-1&lat=5", POSTED + b"{"])
def test_request_cut_off_by_our_own_end_is_not_answered(tmp_path: Path, half: bytes) -> None:
    """A 400 would have its sender forget it; without an answer it is sent again."""

    async def converse() -> Mock:
        limits, writer, reader = Limits(), Mock(), asyncio.StreamReader()
        listener = HttpListener(Desk(journal, Accounts(), limits), limits)
        reader.feed_data(half)
        reader.feed_eof()  # as a door does at our end
        await listener.converse(Guest("", lambda: None), reader, writer)
        return writer

    journal = Journal(tmp_path / "intake.db", "test")
    assert not asyncio.run(converse()).write.called
    journal.close()


def test_refused_battery_of_types_does_not_break_it(running: Running) -> None:
    """A body of wrong types is refused, not an error of ours."""
    body: dict[str, Any] = {"device_id": ["car-1"], "location": []}
    assert send(running, "POST", "/", json.dumps(body), "application/json")[0] == 400


PROTECTED = Accounts(
    devices=(
        Device("town/g-417", "town", "unit-1", on_duty=True, secret="try-me"),
        Device("car-1", "town", "unit-2", on_duty=True),
        Device("car-2", "town", "unit-3"),
    ),
    senders=(Sender("town", "traccar", "fleet", secret="try-me"),),
    positions_allowed=True,
)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A receiver whose senders of positions have passwords."""
    with receiver(tmp_path_factory.mktemp("protected"), PROTECTED) as one:
        yield one


def post(running: Running, path: str, body: object, headers: dict[str, str]) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", running.http_port, timeout=5)
    try:
        line.request("POST", path, json.dumps(body), headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


@pytest.mark.parametrize(
    ("password", "status", "kept"), [("try-me", 200, 1), ("wrong", 401, 0), ("", 401, 0)]
)
def test_phone_with_owntracks_is_kept_where_its_password_is_right(
    protected: Running, password: str, status: int, kept: int
) -> None:
    """The app gets its list; names of networks are not in the journal's file."""
    before = [one for one in protected.list_records() if one.protocol == "owntracks"]
    body = {"_type": "location", "lat": 59.3, "lon": 18.1, "tst": int(time.time()), "SSID": "secret-net"}  # fmt: skip
    signed = "Basic " + base64.b64encode(f"town:{password}".encode()).decode()
    headers = {"Authorization": signed, "X-Limit-U": "town", "X-Limit-D": "g-417"}
    assert post(protected, "/owntracks", body, headers) == (status, "[]")
    records = [one for one in protected.list_records() if one.protocol == "owntracks"]
    assert len(records) == len(before) + kept
    assert all((one.kind, one.account) == ("position", "town/g-417") for one in records)
    stores = protected.folder.glob("intake.db*")
    assert all(b"secret-net" not in one.read_bytes() for one in stores)


@pytest.mark.parametrize(
    ("device", "token", "status", "kept"),
    [("car-1", "try-me", 200, 1), ("car-2", "try-me", 200, 0), ("car-1", "wrong", 401, 0)],
)
def test_server_with_traccar_speaks_for_devices_on_duty(
    protected: Running, device: str, token: str, status: int, kept: int
) -> None:
    """The record belongs to the device; off duty leaves nothing, and the server is not held up."""
    before = [one for one in protected.list_records() if one.protocol == "traccar"]
    fixed = datetime.fromtimestamp(time.time(), UTC).isoformat()
    position = {"valid": True, "latitude": 59.3, "longitude": 18.1, "fixTime": fixed}
    body = {"position": position, "device": {"uniqueId": device}}
    headers = {"Authorization": f"Bearer {token}"}
    assert post(protected, "/traccar/fleet", body, headers)[0] == status
    records = [one for one in protected.list_records() if one.protocol == "traccar"]
    assert len(records) == len(before) + kept
    assert all((one.kind, one.account) == ("position", "car-1") for one in records)
