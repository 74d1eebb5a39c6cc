"""Positions of the OwnTracks apps: each type over both transports, sign-in, and what is refused."""

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
from narvaro.intake.protocols.owntracks import acknowledge, decode
from narvaro.intake.sealed import Accounts, Device

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
ACCOUNTS = Accounts(
    devices=(
        Device("town/g-417", "town", "unit-1", on_duty=True),
        Device("town/g-418", "town", "unit-2", on_duty=True, secret="try-me"),
    )
)
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "owntracks.json").read_text())
PLACE = {"_type": "location", "lat": 59, "lon": 18, "tst": 1795399200}
KNOWN = {"x-limit-u": "town", "x-limit-d": "g-417"}


def post(body: object, headers: dict[str, str], query: str = "") -> Message:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(Request("POST", "/owntracks", query, headers, data), accounts=ACCOUNTS, now=NOW)


def publish(body: object, topic: str) -> Message:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(Request("PUBLISH", topic, body=data), accounts=ACCOUNTS, now=NOW)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_message_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """A position in SI units, a sign of life, or a refusal; nothing marked so comes through."""
    if "topic" in capture:
        message = publish(capture["body"], capture["topic"])
    else:
        message = post(capture["body"], capture["headers"], capture.get("query", ""))
    assert isinstance(message.owner, Device)
    assert (message.refusal.code if message.refusal else None) == capture.get("code")
    if "expect" in capture:
        (found,) = message.items
        assert isinstance(found, Position)
        fields = {k: v for k, v in found.to_dict().items() if v not in (None, [])}
        assert fields == {"device": message.owner.device} | capture["expect"]
    else:
        assert message.items == ()
    for private in ("not kept", "02:00:00", "bm90IGtlcHQ"):
        assert private not in repr(message)
    answer = acknowledge(message, stored=True)
    assert (answer.status, answer.body, answer.content_type) == (200, "[]", "application/json")
    assert acknowledge(message, stored=False).status == 503


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json"),
        (b"\xff\xfe\xfa", "json"),
        (b"[" * 100_000, "json"),
        ([PLACE], "json"),
        ({"lat": 59, "lon": 18}, "json"),
        ({"_type": ["location"]}, "json"),
        (PLACE | {"lat": None}, "no_place"),
        (PLACE | {"lat": True}, "no_place"),
        (PLACE | {"lon": 10**400}, "no_place"),
        (PLACE | {"lat": 91}, "off_map"),
        (PLACE | {"tst": None}, "time"),
        (PLACE | {"tst": "yesterday"}, "time"),
        (PLACE | {"tst": 1e300}, "time"),
        (PLACE | {"tst": 1795399400}, "future"),
        (PLACE | {"tst": 1700000000}, "too_old"),
    ],
)
def test_unusable_message_of_a_known_device_does_not_stop_its_queue(
    body: object, code: str
) -> None:
    """It is refused with its reason, and answered 200 over both transports."""
    for message in (post(body, KNOWN), publish(body, "owntracks/town/g-417")):
        assert message.refusal is not None
        assert (message.refusal.code, message.refusal.source) == (code, "town/g-417")
        assert acknowledge(message, stored=True).status == 200


@pytest.mark.parametrize(
    ("headers", "query", "code", "source"),
    [
        ({}, "", "no_device", ""),
        ({"x-limit-u": "town"}, "", "no_device", ""),
        ({"x-limit-d": "g-417"}, "", "no_device", ""),
        ({"x-limit-u": "town/g", "x-limit-d": "417"}, "", "no_device", ""),
        ({"x-limit-u": "town", "x-limit-d": "x" * 64}, "", "no_device", ""),
        ({}, "&".join(f"a{n}=1" for n in range(99)), "no_device", ""),
        ({"x-limit-u": "town", "x-limit-d": "g-9"}, "", "unknown_device", "town/g-9"),
        ({"x-limit-u": "town", "x-limit-d": "g-418"}, "", "sign_in", "town/g-418"),
        ({"authorization": basic("town", "wrong")}, "d=g-418", "sign_in", "town/g-418"),
        ({"authorization": "Basic ???"}, "u=town&d=g-418", "sign_in", "town/g-418"),
        ({"authorization": "Bearer try-me"}, "u=town&d=g-418", "sign_in", "town/g-418"),
    ],
)
def test_who_is_not_known_is_told_so(
    headers: dict[str, str], query: str, code: str, source: str
) -> None:
    """Each gets the same 401, so that an answer does not tell which devices there are."""
    message = post(PLACE, headers, query)
    assert message.refusal is not None
    assert (message.owner, message.refusal.code, message.refusal.source) == (None, code, source)
    for stored in (True, False):
        answer = acknowledge(message, stored=stored)
        assert (answer.status, answer.body) == (401, "[]")


def test_basic_user_name_is_the_user_where_no_header_names_one() -> None:
    """The password is what proves it; the user name completes the id."""
    headers = {"authorization": basic("town", "try-me"), "x-limit-d": "g-418"}
    assert post(PLACE, headers).items


@pytest.mark.parametrize(
    "topic", ["owntracks/town", "other/town/g-417", "owntracks//g-417", "owntracks/town/", ""]
)
def test_topic_of_another_form_is_of_nobody(topic: str) -> None:
    """It is acknowledged to the broker all the same: below 500."""
    message = publish(PLACE, topic)
    assert message.refusal is not None
    assert (message.owner, message.refusal.code) == (None, "no_device")
    assert acknowledge(message, stored=True).status == 401


def test_message_without_content_is_ignored() -> None:
    """The apps send it where a friend is removed; it is answered like any other."""
    for message in (post(b"", {}), post(b"", KNOWN), publish(b"", "owntracks/town/g-417")):
        assert (message.owner, message.items) == (None, ())
        answer = acknowledge(message, stored=False)
        assert (answer.status, answer.body) == (200, "[]")


@given(
    st.sampled_from(["GET", "POST", "PUBLISH"]),
    st.text(max_size=40),
    st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["authorization", "x-limit-u", "x-limit-d"]), st.text(max_size=20)
    ),
    st.binary(max_size=100),
)
def test_any_request_is_opened_without_an_error(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    """Nothing that is sent raises, and a stranger's message is refused."""
    message = decode(Request(method, path, query, headers, body), accounts=ACCOUNTS, now=NOW)
    assert message.owner is not None or message.refusal is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@given(st.dictionaries(
    st.sampled_from(["lat", "lon", "tst", "acc", "vel", "cog", "batt", "t", "m", "conn", "bs", "event"]),
    json_values,
))  # fmt: skip
def test_fields_of_any_types_are_a_position_or_a_refusal(fields: dict[str, object]) -> None:
    """What is kept of free text is one letter at most."""
    message = post(PLACE | fields, KNOWN)
    assert bool(message.items) != bool(message.refusal)
    for item in message.items:
        assert isinstance(item, Position)
        texts = {k: v for k, v in item.extras if k in ("t", "conn", "event")}
        assert all(len(v) == 1 or v in ("enter", "leave") for v in texts.values())
