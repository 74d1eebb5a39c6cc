"""Positions over the OsmAnd protocol: the three forms, and what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import Position, Refusal
from narvaro.intake.protocols.osmand import decode_request

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "osmand.json").read_text())


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_form_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each form gives the fields of its row, in SI units, and no others."""
    found = decode_request(
        capture["method"], capture["query"], capture["type"], capture.get("body", "").encode(), NOW
    )
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
    ],
)
def test_unusable_position_is_refused_with_its_reason(query: str, code: str, source: str) -> None:
    """Each refusal has a code and names the device where there was one."""
    found = decode_request("GET", query, "", b"", NOW)
    assert isinstance(found, Refusal)
    assert (found.code, found.source) == (code, source)


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
    found = decode_request(method, query, content_type, body, NOW)
    assert isinstance(found, Position | Refusal)


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
    found = decode_request("POST", "", "application/json", json.dumps(body).encode(), NOW)
    assert isinstance(found, Position | Refusal)
