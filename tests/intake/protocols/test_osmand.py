"""Positions over the OsmAnd protocol: the three forms, and what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import Message, Position
from narvaro.intake.protocols import Request
from narvaro.intake.protocols.osmand import acknowledge, decode
from narvaro.intake.sealed import Accounts, Device

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
ACCOUNTS = Accounts(devices=(Device("car-1", "town", "unit-1", on_duty=True),))
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "osmand.json").read_text())


def open_request(method: str, query: str, content_type: str, body: bytes) -> Message:
    request = Request(method, "/", query, {"content-type": content_type}, body)
    return decode(request, accounts=ACCOUNTS, now=NOW)


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_form_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each form gives the fields of its row, in SI units, and no others."""
    message = open_request(
        capture["method"], capture["query"], capture["type"], capture.get("body", "").encode()
    )
    (found,) = message.items
    assert isinstance(found, Position)
    fields = {k: v for k, v in found.to_dict().items() if v not in (None, [])}
    assert fields == {"device": "car-1"} | capture["expect"]


@pytest.mark.parametrize(
    ("query", "code", "source"),
    [
        ("lat=59&lon=18", "no_device", ""),
        (f"id={'x' * 65}&lat=59&lon=18", "no_device", ""),
        ("id=%00&lat=59&lon=18", "no_device", ""),
        ("id=car-1", "no_place", "car-1"),
        ("id=car-1&lat=nan&lon=18", "no_place", "car-1"),
        ("id=car-1&lat=91&lon=18", "off_map", "car-1"),
        ("id=car-1&lat=59&lon=-181", "off_map", "car-1"),
        ("id=car-1&lat=0&lon=0", "off_map", "car-1"),
        ("id=car-1&lat=59&lon=18&timestamp=1795399400", "future", "car-1"),
        ("id=car-1&lat=59&lon=18&timestamp=1700000000", "too_old", "car-1"),
        ("id=car-1&lat=59&lon=18&timestamp=yesterday", "time", "car-1"),
        ("id=car-1&lat=59&lon=18&timestamp=1e300", "time", "car-1"),
        ("&".join(f"a{n}=1" for n in range(99)), "form", ""),
        ("id=car-9&lat=59&lon=18", "unknown_device", "car-9"),
    ],
)
def test_unusable_position_is_refused_with_its_reason(query: str, code: str, source: str) -> None:
    """Each refusal has a code and names the device where there was one."""
    message = open_request("GET", query, "", b"")
    assert message.refusal is not None
    assert (message.refusal.code, message.refusal.source) == (code, source)
    known = source == "car-1"
    assert acknowledge(message, stored=True).status == (200 if known else 400)
    assert acknowledge(message, stored=False).status == (503 if known else 400)


@given(
    st.sampled_from(["GET", "POST"]),
    st.text(max_size=60),
    st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "text/xml"]),
    st.binary(max_size=200),
)
def test_any_request_is_a_position_or_a_refusal(
    method: str, query: str, content_type: str, body: bytes
) -> None:
    """Nothing that a phone sends raises."""
    message = open_request(method, query, content_type, body)
    assert bool(message.items) != bool(message.refusal)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@given(json_values, json_values, json_values, json_values)
def test_json_of_any_types_is_a_position_or_a_refusal(
    device: object, lat: object, stamp: object, battery: object
) -> None:
    """Each field of the JSON form may hold anything."""
    body = {
        "device_id": device,
        "location": {"coords": {"latitude": lat, "longitude": 18}, "timestamp": stamp, "battery": battery},
    }  # fmt: skip
    message = open_request("POST", "", "application/json", json.dumps(body).encode())
    assert bool(message.items) != bool(message.refusal)
