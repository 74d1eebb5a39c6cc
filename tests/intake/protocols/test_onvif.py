"""ONVIF events: what they are taken for, what is refused whole, and who may send them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from narvaro.intake.message import Message, Observed
from narvaro.intake.protocols import Request
from narvaro.intake.protocols.onvif import PROTOCOL, acknowledge, decode, recognises
from narvaro.intake.sealed import Accounts, Sender

NOW = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNTS = Accounts(
    senders=(Sender("town", "onvif", "gate"), Sender("town", "onvif", "yard", secret=SECRET))
)
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "onvif.json").read_text())
LINE = "onvif/gate/onvif-ej/RuleEngine/LineDetector/Crossed/&1"


def publish(topic: str, body: object) -> Message:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(Request("PUBLISH", topic, body=raw), accounts=ACCOUNTS, now=NOW)


def post(body: object, at: datetime = NOW, path: str = "/cameras/yard") -> Message:
    text = json.dumps(body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", at, text),
    }
    return decode(Request("POST", path, "", headers, text.encode()), accounts=ACCOUNTS, now=NOW)


def code_of(message: Message) -> str:
    assert message.refusal is not None
    assert not message.items
    return message.refusal.code


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_event_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each event gives the observation of its row, over MQTT and as a signed webhook."""
    message = publish(capture["topic"], capture["event"])
    assert message.refusal is None
    found = [one.to_dict() for one in message.items if isinstance(one, Observed)]
    assert found == ([capture["expect"]] if capture["expect"] else [])
    topic = capture["topic"].removeprefix("onvif/gate/onvif-ej/")
    signed = post({"Topic": "tns1:" + topic} | capture["event"])
    assert [one.to_dict() | {"camera": "gate"} for one in signed.items] == found
    assert "ObjectId" not in str(message) + str(signed)
    assert "North fence" not in str(message) + str(signed)


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("RuleEngine/Recognition/Face", {"Likelihood": "0.9"}),
        ("RuleEngine/Recognition/LicensePlate", {}),
        ("VideoAnalytics/LicensePlateRecognition", {}),
        ("RuleEngine/FaceDetector/Face", {"State": True}),
        ("VideoAnalytics/tnssamsung:FaceDetection", {"State": True}),
        ("AccessControl/AccessGranted/Credential", {"State": "x"}),
        ("RuleEngine/LineDetector/Crossed", {"PlateNumber": "ABC123"}),
        ("RuleEngine/LineDetector/Crossed", {"Object": [{"Appearance": {"HumanBody": {}}}]}),
        ("RuleEngine/LineDetector/Crossed", {"Object": {"Appearance": {"tt:HumanFace": None}}}),
        ("RuleEngine/LineDetector/Crossed", {"a": [{"b": {"LicensePlateInfo": {"x": 1}}}]}),
        ("RuleEngine/LineDetector/Crossed", {"SimpleItem": [{"Name": "Gender", "Value": "x"}]}),
        ("RuleEngine/LineDetector/Crossed", {"SimpleItem": [{"@Name": "PersonId", "@Value": 7}]}),
        ("RuleEngine/ObjectDetection/Object", {"ClassTypes": "Human Face"}),
        ("RuleEngine/ObjectDetection/Object", {"SimpleItem": {"Name": "ClassTypes", "Value": "LicensePlate"}}),
        ("RuleEngine/FieldDetector/ObjectsInside", {"Object": {"Class": {"Type": {"#text": "Face"}}}}),
        *((f"VideoAnalytics/{topic}", {"State": True}) for topic in (
            "Nummerplat/ABC123", "Nummerplåt/ABC123", "regnr/ABC123", "Ansikte/Anna",
            "Fordon/ABC 123", "Faceid/7", "Anprx/1",
        )),
        *(("RuleEngine/LineDetector/Crossed", {key: "ABC123"}) for key in (
            "faceid", "plateno", "platetext", "vehicleplate", "regnr", "nummerplåt", "ansikte",
        )),
    ],
)  # fmt: skip
def test_recognition_is_refused_and_nothing_of_it_stays(topic: str, data: object) -> None:
    """A face, a plate, a body's attributes or an identity: the whole event is refused."""
    for message in (
        publish(f"onvif/gate/onvif-ej/{topic}", {"Data": data}),
        post({"Topic": topic, "Data": data}),
    ):
        assert code_of(message) == "faces_or_plates"
        assert message.owner is not None
        assert not any(one in str(message) for one in ("ABC123", "ABC 123", "Anna"))
        assert acknowledge(message, stored=True).status == 422
    assert PROTOCOL.keeps_raw is False


def test_note_is_a_word_that_we_know_or_nothing() -> None:
    """A topic may end in a name that somebody gave; no part of it is kept."""
    for topic, note in (
        ("RuleEngine/Annas bil/LineDetector/Crossed/ABC123", "linedetector"),
        ("Device/Trigger/Annas bil", ""),
    ):
        (seen,) = publish(f"onvif/gate/onvif-ej/{topic}", {"Data": {"State": True}}).items
        assert isinstance(seen, Observed)
        assert seen.note == note
        assert "Anna" not in str(seen)
        assert "ABC123" not in str(seen)


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("Device/NetworkInterface/Lost", {"Template": 1, "Surface": 2, "StorageUsage": 3}),
        ("RuleEngine/PeopleDetector/People", {"IsPeople": True, "PersonCount": 2}),
        ("RuleEngine/ObjectDetection/Object", {"ClassTypes": "Human Vehicle Animal"}),
        ("RuleEngine/LineDetector/Crossed", {"Rule": "Face of the north wall", "ImageRef": "x"}),
    ],
)
def test_other_words_are_no_recognition(topic: str, data: dict[str, object]) -> None:
    """Words that only look like it, and names that an administrator gave, refuse nothing."""
    assert not recognises(topic, {"Data": data})


def test_camera_speaks_its_own_way_only() -> None:
    """One with a secret signs; over MQTT only cameras without; strangers are not told apart."""
    event = {"UtcTime": "2026-11-23T01:59:40Z", "Data": {}}
    assert code_of(publish(LINE.replace("gate", "yard"), event)) == "unknown_sender"
    assert code_of(publish(LINE.replace("gate", "roof"), event)) == "unknown_sender"
    assert code_of(publish("onvif/gate", event)) == "topic"
    assert code_of(publish("onvif/gate/onvif-mj/VideoAnalytics/1", event)) == "topic"
    assert code_of(post(event, path="/cameras/gate")) == "secret"
    assert code_of(post(event, path="/cameras/roof")) == "unknown_sender"
    assert code_of(post(event, NOW - timedelta(minutes=6))) == "time"
    unsigned = Request("POST", "/cameras/yard", body=b"{}")
    message = decode(unsigned, accounts=ACCOUNTS, now=NOW)
    assert code_of(message) == "signature"
    assert message.owner is None
    assert acknowledge(message, stored=True).status == 401
    asked = decode(Request("GET", "/cameras/yard"), accounts=ACCOUNTS, now=NOW)
    assert acknowledge(asked, stored=True).status == 405


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        (None, NOW),
        ("2026-11-23T02:30:00Z", NOW),
        ("not a time", NOW),
        ("2026-11-23T01:00:00", NOW - timedelta(hours=1)),
    ],
)
def test_time_is_the_camera_s_where_it_can_be(stamp: object, at: datetime) -> None:
    """A clock that is ahead, or no time at all, gives the time of receipt."""
    (seen,) = publish(LINE, {"UtcTime": stamp}).items
    assert isinstance(seen, Observed)
    assert seen.at == at


def test_old_event_is_not_shown_as_new() -> None:
    """What a broker kept for over a day is refused, and acknowledged so that it goes away."""
    message = publish(LINE, {"UtcTime": "2026-11-21T01:00:00Z"})
    assert code_of(message) == "too_old"
    assert acknowledge(message, stored=True).status == 422
    assert acknowledge(message, stored=False).status == 503


@given(st.text(max_size=40), st.binary(max_size=200))
def test_any_publication_is_an_observation_or_a_refusal(topic: str, body: bytes) -> None:
    """Nothing on the broker raises."""
    for path in (topic, f"onvif/gate/onvif-ej/{topic}"):
        message = publish(path, body)
        assert message.items or message.refusal or message.owner


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["Name", "Value", "SimpleItem", "Type", "Count", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(json_values, json_values, json_values)
def test_json_of_any_types_is_taken_or_refused(stamp: object, source: object, data: object) -> None:
    """Each part of an event may hold anything."""
    event = {"UtcTime": stamp, "PropertyOperation": source, "Source": source, "Data": data}
    message = publish(LINE, event)
    assert message.owner is not None
    assert bool(message.items) or message.refusal is not None or source == "Initialized"


def test_event_of_too_many_fields_is_refused() -> None:
    """A whole frame's description is not read to its end."""
    assert code_of(publish(LINE, {"Data": {str(n): n for n in range(3000)}})) == "form"
    assert code_of(publish(LINE, b"[" * 100_000)) == "form"
