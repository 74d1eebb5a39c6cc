"""Cursor on Target: what is taken of an event, how a stream is cut, and what we send."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import Message, Position
from narvaro.intake.protocols.cot import (
    UNSOUND,
    acknowledge,
    decode,
    encode_case,
    encode_unit,
    split,
)
from narvaro.intake.sealed import Accounts, Device

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
ACCOUNTS = Accounts(devices=(Device("ANDROID-000001", "town", "unit-1", on_duty=True),))
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "cot.json").read_text())
EVENTS = [one["event"].encode() for one in CAPTURES]
BARE = [one for one in EVENTS if one.startswith(b"<event")]


def open_event(event: bytes, now: datetime = NOW) -> Message:
    return decode(event, accounts=ACCOUNTS, now=now)


def make_event(
    attributes: dict[str, str | None] | None = None, point: dict[str, str] | None = None
) -> bytes:
    given = {
        "version": "2.0", "uid": "ANDROID-000001", "type": "a-f-G-U-C", "how": "m-g",
        "time": "2026-11-23T02:00:00Z", "start": "2026-11-23T02:00:00Z",
        "stale": "2026-11-23T02:05:00Z",
    } | (attributes or {})  # fmt: skip
    place = {"lat": "59.3293", "lon": "18.0686", "hae": "9999999.0", "ce": "5"} | (point or {})
    text = " ".join(f'{name}="{value}"' for name, value in given.items() if value is not None)
    inner = " ".join(f'{name}="{value}"' for name, value in place.items())
    return f"<event {text}><point {inner}/></event>".encode()


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_event_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each event gives the fields of its row and no others; names are never among them."""
    (event,), rest = split(capture["event"].encode())
    message = open_event(event)
    assert (rest, message.refusal) == (b"", None)
    assert message.owner == ACCOUNTS.devices[0]
    assert "NOT KEPT" not in repr(message)
    if capture["expect"] is None:
        assert message.items == ()
        return
    (found,) = message.items
    assert isinstance(found, Position)
    fields = {k: v for k, v in found.to_dict().items() if v not in (None, [])}
    assert fields == {"device": "ANDROID-000001"} | capture["expect"]


@pytest.mark.parametrize(
    ("event", "code", "source"),
    [
        (b"junk", "xml", ""),
        (b"<event", "xml", ""),
        (b"<a/>", "no_event", ""),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><event uid="ANDROID-000001"/>', "xml", ""),
        (make_event({"uid": None}), "no_device", ""),
        (make_event({"uid": "x" * 65}), "no_device", ""),
        (make_event({"uid": "ANDROID-9"}), "unknown_device", "ANDROID-9"),
        (make_event({"stale": "2026-11-23T02:00:29Z"}), "stale", "ANDROID-000001"),
        (make_event({"stale": None}), "time", "ANDROID-000001"),
        (make_event({"time": None}), "time", "ANDROID-000001"),
        (make_event({"time": "yesterday"}), "time", "ANDROID-000001"),
        (make_event({"time": "2026-11-23T02:03:00Z"}), "future", "ANDROID-000001"),
        (make_event({"how": "h-e"}), "by_hand", "ANDROID-000001"),
        (make_event({"type": "b-a-o-tbl"}), "emergency", "ANDROID-000001"),
        (make_event(point={"lat": "north"}), "no_place", "ANDROID-000001"),
        (make_event(point={"lat": "0.0", "lon": "0.0"}), "off_map", "ANDROID-000001"),
        (make_event().replace(b"point", b"spot"), "no_place", "ANDROID-000001"),
    ],
)
def test_unusable_event_is_refused_with_its_reason(event: bytes, code: str, source: str) -> None:
    """Each refusal has a code, names the device, and repeats nothing."""
    message = open_event(event)
    assert message.refusal is not None
    assert (message.refusal.code, message.refusal.source) == (code, source)
    assert (message.owner is None) == (source != "ANDROID-000001")
    assert acknowledge(message, stored=True) == b""


@pytest.mark.parametrize("uid", ["ANDROID-000001-ping", "takPing", ""])
def test_ping_is_answered_to_anybody_while_the_journal_works(uid: str) -> None:
    """A gateway pings under a name of its own; without a pong it would leave."""
    message = open_event(make_event({"type": "t-x-c-t", "uid": uid}))
    assert message.items == ()
    pong = fromstring(acknowledge(message, stored=True))
    assert (pong.get("type"), pong.get("uid")) == ("t-x-c-t-r", "takPong")
    assert pong.get("stale") == "2026-11-23T02:00:50.000000Z"
    assert acknowledge(message, stored=False) == b""


@given(
    st.lists(st.sampled_from(EVENTS), max_size=6),
    st.lists(st.integers(0, 4000), max_size=12),
    st.sampled_from([b"", b"\n", b"\r\n \0", b'<?xml version="1.0"?>\n']),
)
def test_events_come_out_of_any_cut(events: list[bytes], cuts: list[int], gap: bytes) -> None:
    """Joined, spaced out, and cut anywhere, the events are the same and nothing else is."""
    stream = gap.join([b"", *events, b""])
    found, rest = cut_and_split(stream, cuts)
    declared = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    assert found == [one.removeprefix(declared) for one in events]
    assert rest == b""


def cut_and_split(stream: bytes, cuts: list[int]) -> tuple[list[bytes], bytes]:
    found: list[bytes] = []
    rest = b""
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for begin, end in pairwise(edges):
        chunks, rest = split(rest + stream[begin:end])
        found += chunks
    return found, rest


# What may stand between two events: anything that does not itself open a comment or a section.
noise = st.one_of(
    st.binary(max_size=40).filter(lambda one: b"<event" not in one and not one.endswith(b"<")),
    st.sampled_from([
        b"<event", b"<event ", b'<event uid="', b"<event uid='a' type=", b"<event><point/>",
        b'<event uid="a"><detail a="', b"</event>", b"<events>", b"]]>", b"-->", b"<!--", b"<![CDATA[",
    ]),
)  # fmt: skip


@given(
    st.lists(st.tuples(noise, st.sampled_from(BARE)), min_size=1, max_size=5),
    st.lists(st.integers(0, 4000), max_size=8),
)
def test_noise_and_broken_events_cost_no_event(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    """Every whole event comes out in its order, whatever stands before it."""
    found, _ = cut_and_split(b"".join(a + b for a, b in parts), cuts)
    assert [one for one in found if one in BARE] == [event for _, event in parts]


def test_text_of_a_chat_is_no_event_of_another_device() -> None:
    """What stands in a CDATA section or a comment stays inside its event."""
    spoofed = make_event()
    around = b'<event uid="x" type="b-t-f"><remarks><![CDATA[%s]]></remarks><!--%s--></event>'
    stream = around % (spoofed, spoofed)
    assert split(stream) == ([stream], b"")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    """Nothing that is sent raises, cut or whole."""
    chunks, rest = split(raw)
    for one in [*chunks, rest, raw]:
        message = open_event(one)
        assert message.refusal is not None
        assert message.refusal.code in UNSOUND


words = st.text(st.characters(codec="utf-8", exclude_characters="<&\"", exclude_categories=["C"]), max_size=20)  # fmt: skip


@given(
    st.permutations(["uid", "type", "how", "time", "stale", "version"]),
    st.dictionaries(st.sampled_from(["uid", "type", "how", "time", "stale"]), words, max_size=2),
    st.dictionaries(st.sampled_from(["lat", "lon", "hae", "ce"]), words, max_size=2),
)
def test_attributes_in_any_order_with_anything_in_them(
    order: list[str], attributes: dict[str, str], point: dict[str, str]
) -> None:
    """A position, a refusal or a sign of life of a known device, and never an error."""
    values = {
        "uid": "ANDROID-000001", "type": "a-f-G", "how": "m-g", "version": "2.0",
        "time": "2026-11-23T02:00:00Z", "stale": "2026-11-23T02:05:00Z",
    } | attributes  # fmt: skip
    text = " ".join(f'{name}="{values[name]}"' for name in order)
    event = make_event(dict.fromkeys(order), point).replace(
        b"<event ", f"<event {text} ".encode(), 1
    )
    assert split(event) == ([event], b"")
    message = open_event(event)
    if not attributes and not point:
        assert len(message.items) == 1
    assert message.owner is not None or message.refusal is not None


def read(event: bytes) -> tuple[Element, Element]:
    found = fromstring(event)
    detail = found.find("detail")
    assert detail is not None
    return found, detail


@given(words, st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(0, 500))
def test_unit_is_an_event_that_we_could_read(
    label: str, lat: float, lon: float, accuracy_m: float | None
) -> None:
    """What is sent is what would be read, to a decimetre."""
    event = encode_unit(
        uid="ANDROID-000001", label=label, kind="car", lat=lat, lon=lon, at=NOW,
        stale=NOW + timedelta(minutes=2), accuracy_m=accuracy_m, speed_m_s=1.25,
    )  # fmt: skip
    found, detail = read(event)
    assert (found.get("type"), found.get("how")) == ("a-f-G-E-V-C", "m-g")
    contact = detail.find("contact")
    assert contact is not None
    assert contact.get("callsign") == " ".join(label.split())
    assert split(event) == ([event], b"")
    message = open_event(event)
    if round(lat, 6) == round(lon, 6) == 0:
        assert message.refusal is not None
        return
    (position,) = message.items
    assert isinstance(position, Position)
    assert (position.lat, position.lon) == pytest.approx((lat, lon), abs=1e-6)
    assert position.at == NOW
    assert position.accuracy_m == (None if accuracy_m is None else pytest.approx(accuracy_m, abs=0.06))  # fmt: skip


@pytest.mark.parametrize(
    ("emergency", "ended", "kind", "minutes"),
    [
        (False, False, "b-m-p-s-m", 10),
        (False, True, "b-m-p-s-m", 0),
        (True, False, "b-a-o-tbl", 10),
        (True, True, "b-a-o-can", 10),
    ],
)
def test_case_is_a_marker_or_an_alert_and_ends(
    emergency: bool, ended: bool, kind: str, minutes: int
) -> None:
    """The type says which; an end is a cancellation or a stale time that is now."""
    found, detail = read(
        encode_case(
            uid="case-1", label="1042 <intrusion> & more\n\x00", text="Gate 3", lat=59.3, lon=18.0,
            at=NOW, stale=NOW + timedelta(minutes=10), emergency=emergency, ended=ended,
        )
    )  # fmt: skip
    assert found.get("type") == kind
    stale = datetime.fromisoformat(found.get("stale", ""))
    assert stale == NOW + timedelta(minutes=minutes)
    contact, alert, remarks = (detail.find(one) for one in ("contact", "emergency", "remarks"))
    assert contact is not None
    assert contact.get("callsign") == "1042 <intrusion> & more"
    assert remarks is not None
    assert remarks.text == "Gate 3"
    assert (alert is not None) == emergency
    assert (alert is not None and alert.get("cancel") == "true") == (emergency and ended)


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, -181.0), (float("nan"), 0.0)])
def test_no_place_on_earth_is_not_sent(place: tuple[float, float]) -> None:
    """A wrong place is an error of ours."""
    with pytest.raises(ValueError, match="WGS 84"):
        encode_case(uid="c", label="1", lat=place[0], lon=place[1], at=NOW, stale=NOW)
