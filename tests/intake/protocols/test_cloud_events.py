"""Signed events: both content modes, what is refused, and how a signature fails."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from narvaro.intake.message import Message, Received
from narvaro.intake.protocols import Request
from narvaro.intake.protocols.cloud_events import acknowledge, decode
from narvaro.intake.sealed import Accounts, Sender

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
ACCOUNTS = Accounts(
    senders=(
        Sender("town", "cloudevents", "gateway", secret=SECRET),
        Sender("town", "cloudevents", "second", secret=SECRET.removeprefix("whsec_")),
        Sender("town", "cloudevents", "bare"),
        Sender("town", "cloudevents", "short", secret="whsec_c2hvcnQ="),
    )
)
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "cloud_events.json").read_text())
KIND = {"content-type": "application/cloudevents+json"}


def make_event(**more: object) -> dict[str, object]:
    event: dict[str, object] = {"specversion": "1.0", "id": "1", "source": "/x"}
    return event | {"type": "se.narvaro.alarm.v1", "data": {"account": "4711"}} | more


def send(
    text: str,
    headers: dict[str, str] = KIND,
    *,
    name: str = "gateway",
    at: datetime = NOW,
    secret: str = SECRET,
    message_id: str = "msg_1",
    **changed: str,
) -> Message:
    """Sign a body as the peer does, change headers, and open it."""
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, text),
    }
    changes = {key.replace("_", "-"): value for key, value in changed.items()}
    request = Request("POST", f"/events/{name}", "", headers | signed | changes, text.encode())
    return decode(request, accounts=ACCOUNTS, now=NOW)


def code_of(message: Message) -> str:
    assert message.refusal is not None
    assert not message.items
    return message.refusal.code


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_event_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each event, signed by the peer, gives the fields of its row and no others."""
    text = "" if capture["body"] is None else json.dumps(capture["body"])
    message = send(text, capture["headers"])
    assert message.refusal is None
    assert acknowledge(message, stored=True).status == 200
    assert acknowledge(message, stored=False).status == 503
    if capture["expect"] is None:
        assert (message.items, message.owner) == ((), ACCOUNTS.senders[0])
        return
    (found,) = message.items
    assert isinstance(found, Received)
    fields = {k: v for k, v in found.to_dict().items() if v not in (None, [], "", False)}
    assert len(str(fields.pop("fingerprint"))) == 64
    assert fields == capture["expect"]


def test_same_id_is_one_and_another_sender_s_is_not() -> None:
    """The signed id makes two deliveries one, per sender."""
    text = json.dumps(make_event())
    sent = [
        send(text),
        send(text, at=NOW + timedelta(seconds=60)),
        send(text, message_id="msg_2"),
        send(text, name="second"),
    ]
    marks = [one.items[0].fingerprint for one in sent if isinstance(one.items[0], Received)]
    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"secret": OTHER}, "signature"),
        ({"webhook_id": "msg_9"}, "signature"),
        ({"webhook_id": ""}, "signature"),
        ({"webhook_id": "å"}, "signature"),
        ({"webhook_timestamp": "1"}, "signature"),
        ({"webhook_signature": ""}, "signature"),
        ({"webhook_signature": "v1,"}, "signature"),
        ({"webhook_signature": "v1a,åäö"}, "signature"),
        ({"name": "nobody"}, "unknown_sender"),
        ({"name": ""}, "unknown_sender"),
        ({"name": "x/y"}, "unknown_sender"),
        ({"name": "bare"}, "secret"),
        ({"name": "short"}, "secret"),
    ],
)
def test_unproven_request_is_nobody_s(how: dict[str, Any], code: str) -> None:
    """All are answered alike, 401, so that nobody learns which names are known."""
    message = send(json.dumps(make_event()), **how)
    assert code_of(message) == code
    assert message.owner is None
    reply = acknowledge(message, stored=True)
    assert (reply.status, reply.body) == (
        401,
        "Not signed by a sender that is known here; check its name and its secret.",
    )


def test_changed_body_is_refused_and_one_right_signature_of_several_is_enough() -> None:
    """During a change of secrets a sender signs with both."""
    text = json.dumps(make_event())
    right = Webhook(SECRET).sign("msg_1", NOW, text)
    wrong = Webhook(OTHER).sign("msg_1", NOW, text)
    assert send(text, webhook_signature=f"{wrong} v1a,xyz {right}").refusal is None
    assert code_of(send(text + " ", webhook_signature=right)) == "signature"
    assert code_of(send(text, webhook_signature=" ".join([wrong] * 10 + [right]))) == "signature"


@pytest.mark.parametrize(
    ("seconds", "taken"), [(299, True), (-299, True), (301, False), (-301, False)]
)
def test_time_is_within_five_minutes(seconds: int, taken: bool) -> None:
    """Outside, the proven sender is told our time, and nothing is stored as an alarm."""
    message = send(json.dumps(make_event()), at=NOW + timedelta(seconds=seconds))
    assert (message.refusal is None) == taken
    if not taken:
        assert code_of(message) == "time"
        assert message.owner is not None
        reply = acknowledge(message, stored=True)
        assert reply.status == 401
        assert "2026-11-23T02:00:30+00:00" in reply.body


@pytest.mark.parametrize(
    ("event", "headers", "code", "status"),
    [
        (make_event(type="se.other"), KIND, "type", 422),
        (make_event(data=None), KIND, "data", 422),
        (make_event(data={"code": "BA"}), KIND, "data", 422),
        (make_event(data={"account": "x" * 33}), KIND, "data", 422),
        (make_event(data={"account": True}), KIND, "data", 422),
        (make_event(specversion="0.3"), KIND, "form", 400),
        (make_event(id=""), KIND, "form", 400),
        (make_event(source=7), KIND, "form", 400),
        ([make_event()], KIND, "form", 400),
        (make_event(), {"content-type": "text/plain"}, "form", 400),
        (make_event(), {}, "form", 400),
        ([make_event()], {"content-type": "application/cloudevents-batch+json"}, "batch", 415),
    ],
)
def test_unusable_event_says_what_is_wrong_with_it(
    event: object, headers: dict[str, str], code: str, status: int
) -> None:
    """A proven sender's fault is shown as 4xx, and 503 where even that was not stored."""
    message = send(json.dumps(event), headers)
    assert (code_of(message), message.owner) == (code, ACCOUNTS.senders[0])
    assert acknowledge(message, stored=True).status == status
    assert acknowledge(message, stored=False).status == 503


def test_get_is_told_to_post() -> None:
    """405 before anything is looked at."""
    message = decode(Request("GET", "/events/gateway"), accounts=ACCOUNTS, now=NOW)
    assert acknowledge(message, stored=True).status == 405


@given(
    st.text(max_size=20),
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "ce-type"]),
        st.text(max_size=20),
    ),
    st.binary(max_size=100),
)  # fmt: skip
def test_any_request_is_refused(path: str, headers: dict[str, str], body: bytes) -> None:
    """Nothing unsigned raises or gets in."""
    for where in (path, "/events/gateway"):
        message = decode(Request("POST", where, "", headers, body), accounts=ACCOUNTS, now=NOW)
        assert message.refusal is not None
        assert message.owner is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
FIELDS = ("account", "code", "zone", "area", "text", "restore", "occurred_at", "lat", "lon")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, json_values)), json_values)
def test_signed_json_of_any_types_is_an_alarm_or_a_refusal(
    data: dict[str, object], stamp: object
) -> None:
    """Each field may hold anything."""
    message = send(json.dumps(make_event(data=data, time=stamp)))
    assert message.owner is not None
    assert bool(message.items) != bool(message.refusal)


def test_a_time_ahead_of_our_clock_is_kept_and_not_trusted() -> None:
    """A sender whose clock runs ahead must not move the contract's clock."""
    for ahead_s, trusted in ((20, True), (21, False), (-86_400, True)):
        said = NOW + timedelta(seconds=ahead_s)
        data = {"account": "4711", "occurred_at": said.isoformat()}
        [found] = send(json.dumps(make_event(data=data))).items
        assert isinstance(found, Received)
        assert (found.occurred_at, found.time_verified) == (said, trusted)
