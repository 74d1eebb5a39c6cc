"""Signed webhooks against the real process: cameras and other programs."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from narvaro.intake.records import Record
from narvaro.intake.sealed import Accounts, Sender
from tests.intake.running import Running, receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNTS = Accounts(
    senders=(
        Sender("town", "cloudevents", "gateway", secret=SECRET),
        Sender("town", "cloudevents", "far", secret=SECRET, networks=("192.0.2.0/24",)),
        Sender("town", "onvif", "gate", secret=SECRET),
    )
)
ALARM = {
    "specversion": "1.0",
    "id": "1",
    "source": "/gateway",
    "type": "se.narvaro.alarm.v1",
    "data": {"account": "4711", "code": "BA", "text": "Inbrott"},
}
CROSSED = {"Topic": "tns1:RuleEngine/LineDetector/Crossed", "Data": {"ObjectId": "17"}}


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A receiver with senders of webhooks."""
    with receiver(tmp_path_factory.mktemp("webhooks"), ACCOUNTS) as one:
        yield one


def post(running: Running, path: str, event: object, *, secret: str = SECRET) -> tuple[int, str]:
    body, now = json.dumps(event), datetime.now(UTC)
    headers = {
        "Content-Type": "application/cloudevents+json",
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", now, body),
    }
    line = http.client.HTTPConnection("127.0.0.1", running.http_port, timeout=5)
    try:
        line.request("POST", path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def last_of(running: Running, protocol: str) -> Record:
    return [one for one in running.list_records() if one.protocol == protocol][-1]


def test_alarm_is_stored_before_its_answer(hooked: Running) -> None:
    """200 says that the journal has it, with the bytes that were signed."""
    assert post(hooked, "/events/gateway", ALARM) == (200, "")
    record = last_of(hooked, "cloudevents")
    assert (record.kind, record.tenant, record.account, record.flags) == (
        "signal", "town", "4711", "",
    )  # fmt: skip
    assert json.loads(record.raw) == ALARM
    (alarm,) = json.loads(record.decoded)
    assert (alarm["code"], alarm["text"], alarm["time_verified"]) == ("BA", "Inbrott", True)


def test_sign_of_life_leaves_no_record(hooked: Running) -> None:
    """A heartbeat is answered and leaves nothing but when it came."""
    before = len(hooked.list_records())
    assert post(hooked, "/events/gateway", ALARM | {"type": "se.narvaro.heartbeat.v1"})[0] == 200
    assert len(hooked.list_records()) == before


@pytest.mark.parametrize(
    ("path", "event", "secret", "answer"),
    [
        ("/events/gateway", ALARM | {"type": "x"}, SECRET, (422, "type")),
        ("/events/gateway", ALARM, "whsec_" + "A" * 32, (401, "signature")),
        ("/events/nobody", ALARM, SECRET, (401, "unknown_sender")),
        ("/events/far", ALARM, SECRET, (401, "network")),
    ],
)
def test_refused_event_is_kept_with_its_reason(
    hooked: Running, path: str, event: object, secret: str, answer: tuple[int, str]
) -> None:
    """A proven sender's fault belongs to its tenant, all else to nobody."""
    status, flag = answer
    assert post(hooked, path, event, secret=secret)[0] == status
    record = last_of(hooked, "cloudevents")
    assert (record.kind, record.flags) == ("refused", flag)
    assert record.tenant == ("town" if flag == "type" else "")


def test_observation_is_stored_without_bytes_and_address(hooked: Running) -> None:
    """What a camera saw, and nothing of how it was said."""
    assert post(hooked, "/cameras/gate", CROSSED) == (200, "")
    record = last_of(hooked, "onvif")
    assert (record.kind, record.tenant, record.account) == ("observation", "town", "gate")
    assert (record.peer, record.raw) == ("", b"")
    assert json.loads(record.decoded)["what"] == "line_crossing"
    assert "ObjectId" not in record.decoded


def test_plate_leaves_no_trace(hooked: Running) -> None:
    """Neither the journal nor the log holds it."""
    status, text = post(hooked, "/cameras/gate", CROSSED | {"Data": {"PlateNumber": "QZX913"}})
    assert (status, text) == (422, "Faces, plates and identities are not taken here.")
    record = last_of(hooked, "onvif")
    assert (record.kind, record.flags, record.raw) == ("refused", "faces_or_plates", b"")
    files = [one.read_bytes() for one in hooked.folder.iterdir() if one.is_file()]
    assert not any(b"QZX913" in one for one in files)
