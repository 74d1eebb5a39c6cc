"""Positions that a Traccar server forwards: its versions, who may send, and what is refused."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import Message, Position
from narvaro.intake.protocols import Request
from narvaro.intake.protocols.traccar import acknowledge, decode
from narvaro.intake.sealed import Accounts, Device, Sender

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
ACCOUNTS = Accounts(
    devices=(
        Device("car-1", "town", "unit-1", on_duty=True),
        Device("car-7", "village", "unit-7", on_duty=True),
    ),
    senders=(
        Sender("town", "traccar", "fleet", secret="try-me"),
        Sender("town", "traccar", "inside", networks=("10.0.0.0/8",)),
        Sender("town", "webhook", "other"),
    ),
)
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "traccar.json").read_text())
POSITION = {"valid": True, "latitude": 59, "longitude": 18, "fixTime": "2026-11-23T02:00:00Z"}
BODY = {"position": POSITION, "device": {"uniqueId": "car-1"}}
BEARER = {"authorization": "Bearer try-me"}


def post(
    body: object,
    path: str = "/traccar/fleet",
    headers: dict[str, str] = BEARER,
    peer: str = "192.0.2.1",
) -> Message:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("POST", path, headers=headers, body=data, peer=peer)
    return decode(request, accounts=ACCOUNTS, now=NOW)


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_body_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """A position in SI units, a sign of life, or a refusal; names and cells never come through."""
    message = post(capture["body"])
    assert message.owner == ACCOUNTS.find_device("car-1")
    assert (message.refusal.code if message.refusal else None) == capture.get("code")
    if "expect" in capture:
        (found,) = message.items
        assert isinstance(found, Position)
        fields = {k: v for k, v in found.to_dict().items() if v not in (None, [])}
        assert fields == {"device": "car-1"} | capture["expect"]
    else:
        assert message.items == ()
    assert "not kept" not in repr(message)
    assert "02:00:00:00" not in repr(message)
    assert acknowledge(message, stored=True).status == 200
    assert acknowledge(message, stored=False).status == 503


@pytest.mark.parametrize(
    ("path", "headers", "peer", "code", "source"),
    [
        ("/traccar", BEARER, "", "unknown_sender", ""),
        ("/traccar/", BEARER, "", "unknown_sender", ""),
        ("/traccar/none", BEARER, "", "unknown_sender", ""),
        ("/traccar/other", BEARER, "", "unknown_sender", ""),
        ("/traccar/fleet/more", BEARER, "", "unknown_sender", ""),
        ("/traccar/fleet", {}, "", "sign_in", ""),
        ("/traccar/fleet", {"authorization": "Bearer wrong"}, "", "sign_in", ""),
        ("/traccar/fleet", {"authorization": "Basic ???"}, "", "sign_in", ""),
        ("/traccar/fleet", {"authorization": "Digest try-me"}, "", "sign_in", ""),
        ("/traccar/inside", {}, "192.0.2.1", "network", ""),
    ],
)
def test_server_that_is_not_known_is_turned_away(
    path: str, headers: dict[str, str], peer: str, code: str, source: str
) -> None:
    """Each gets the same 401, whether its position was sound or not."""
    message = post(BODY, path, headers, peer)
    assert message.refusal is not None
    assert (message.owner, message.refusal.code, message.refusal.source) == (None, code, source)
    answers = {acknowledge(message, stored=stored) for stored in (True, False)}
    assert [one.status for one in answers] == [401]


def test_secret_comes_as_bearer_or_basic_and_network_is_enough_without_one() -> None:
    """All that Traccar's header setting can send."""
    basic = {"authorization": "Basic " + base64.b64encode(b"fleet:try-me").decode()}
    assert post(BODY).items
    assert post(BODY, headers=basic).items
    assert post(BODY, "/traccar/inside", {}, "10.1.2.3").items


@pytest.mark.parametrize(
    ("body", "code", "source"),
    [
        (b"{", "json", "fleet"),
        (b"", "json", "fleet"),
        (b"[" * 100_000, "json", "fleet"),
        ([BODY], "json", "fleet"),
        ({"position": POSITION}, "json", "fleet"),
        ({"position": POSITION, "device": {}}, "no_device", "fleet"),
        ({"position": POSITION, "device": {"uniqueId": "x" * 65}}, "no_device", "fleet"),
        ({"position": POSITION, "device": {"uniqueId": "car-9"}}, "unknown_device", "car-9"),
        ({"position": POSITION, "device": {"uniqueId": "car-7"}}, "unknown_device", "car-7"),
    ],
)
def test_what_is_of_no_device_here_does_not_fill_the_servers_queue(
    body: object, code: str, source: str
) -> None:
    """It is answered 200 and counted; a device of another tenant is unknown too."""
    message = post(body)
    assert message.refusal is not None
    assert (message.owner, message.refusal.code, message.refusal.source) == (None, code, source)
    assert acknowledge(message, stored=False).status == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"latitude": "north"}, "no_place"),
        ({"longitude": 181}, "off_map"),
        ({"latitude": 0, "longitude": 0}, "off_map"),
        ({"fixTime": None}, "time"),
        ({"fixTime": "yesterday"}, "time"),
        ({"fixTime": {"at": 1}}, "time"),
        ({"fixTime": "2026-11-23T03:00:00Z"}, "future"),
        ({"fixTime": "2026-11-19T02:00:00Z"}, "too_old"),
        ({"valid": "true"}, "invalid"),
    ],
)
def test_unusable_position_is_refused_with_its_reason(change: dict[str, object], code: str) -> None:
    """The device is named, the content is not repeated, and the server is done with it."""
    message = post({"position": POSITION | change, "device": {"uniqueId": "car-1"}})
    assert message.refusal is not None
    assert (message.refusal.code, message.refusal.source) == (code, "car-1")
    assert acknowledge(message, stored=True).status == 200


def test_device_time_stands_in_for_a_missing_fix_time() -> None:
    """The order is fix, device, server."""
    times = {"fixTime": None, "deviceTime": "2026-11-23T01:59:00+0000", "serverTime": "x"}
    (found,) = post({"position": POSITION | times, "device": {"uniqueId": "car-1"}}).items
    assert isinstance(found, Position)
    assert found.at == datetime(2026, 11, 23, 1, 59, tzinfo=UTC)


def test_template_form_is_told_what_to_set() -> None:
    """forward.type=url comes as GET: one line in the server's log says what is wrong."""
    request = Request("GET", "/traccar/fleet", "lat=59", BEARER)
    message = decode(request, accounts=ACCOUNTS, now=NOW)
    answer = acknowledge(message, stored=True)
    assert (answer.status, "forward.type" in answer.body) == (400, True)


@given(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/traccar/fleet", "/traccar/inside"]) | st.text(max_size=30),
    st.dictionaries(st.just("authorization"), st.just("Bearer try-me") | st.text(max_size=20)),
    st.binary(max_size=100),
)
def test_any_request_is_opened_without_an_error(
    method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    """Nothing that is sent raises."""
    message = decode(Request(method, path, "", headers, body), accounts=ACCOUNTS, now=NOW)
    assert bool(message.items) != bool(message.refusal)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
FIELDS = [
    "latitude",
    "longitude",
    "fixTime",
    "speed",
    "course",
    "accuracy",
    "outdated",
    "attributes",
]


@given(
    st.dictionaries(st.sampled_from(FIELDS), json_values),
    st.dictionaries(st.sampled_from(["alarm", "motion", "batteryLevel"]), json_values),
    st.just("car-1") | json_values,
)
def test_fields_of_any_types_are_a_position_or_a_refusal(
    fields: dict[str, object], attributes: dict[str, object], device: object
) -> None:
    """Each field may hold anything."""
    position = POSITION | {"attributes": attributes} | fields
    message = post({"position": position, "device": {"uniqueId": device}})
    assert bool(message.items) != bool(message.refusal)
