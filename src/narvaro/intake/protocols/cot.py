"""Cursor on Target, in and out. In: events of TAK programs as XML. Out: a Position, and our events.

Only a device's report of its own place is taken, and of it only place, time and measures: names,
chat, markers and video are never kept. See docs/protocols/cot.md.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.ElementTree import fromstring

from narvaro.intake.fixes import (
    UnusableError,
    find_owner,
    make_position,
    number_of,
    read_device,
    read_time,
    refused,
)
from narvaro.intake.message import Message, Pairs, Position
from narvaro.intake.protocols import Protocol
from narvaro.intake.sealed import Accounts, Device

PROTOCOL = Protocol(
    name="cot",
    transports=("tcp", "tls"),
    standard="Cursor on Target, event schema 2.0, as TAK programs speak it",
    clauses=("event", "point", "detail/track", "detail/status", "t-x-c-t ping"),
    ladder=("codec", "dialled"),
    keeps_raw=False,
)

MAX_EVENT = 65_536
UNSOUND = ("xml", "no_event")
"""Refusals of bytes that are no event at all."""

UNKNOWN = 9_999_999.0  # the schema's word for "not known", in metres
OWN_PLACE = "a-f-"  # atoms that are friends: what a device says of itself
ALERT = "b-a-"
CANCELLED = "b-a-o-can"
PING, PONG = "t-x-c-t", "t-x-c-t-r"
PONG_STALE = timedelta(seconds=20)
BY_HAND = "h-"
ASIDE = ("-ping", "-9-1-1")  # what TAK programs add to a device's uid

UnitKind: TypeAlias = Literal["foot", "car"]
UNIT_TYPES: dict[UnitKind, str] = {"foot": "a-f-G-U-C", "car": "a-f-G-E-V-C"}
CASE_TYPE, EMERGENCY_TYPE = "b-m-p-s-m", "b-a-o-tbl"

_TAG = re.compile(rb"""<event(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*+>""")
_START = re.compile(rb"<event(?=[\s/>])")
_INNER = re.compile(rb"<!\[CDATA\[|<!--|</event\s*>|<event(?=[\s/>])|<\?xml\s")
_CLOSED_BY = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
_BETWEEN = re.compile(rb"[\s\0]+|<\?xml[^<>]*\?>")
_UNFINISHED = re.compile(rb"<(?:e(?:v(?:e(?:n(?:t)?)?)?)?|\?[^<>]*)?\Z")


def split(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Cut a stream into events and the rest, which is the beginning of one that is still to come.

    What stands between two events, white space and XML declarations apart, is a chunk too, and so is
    an event that another one broke off; `decode` refuses both.
    """
    chunks: list[bytes] = []
    at = 0
    while (start := _START.search(buffer, at)) is not None:
        _add_noise(chunks, buffer[at : start.start()])
        end = _find_end(buffer, start.start())
        if end is None:
            return chunks, buffer[start.start() :]
        chunks.append(buffer[start.start() : end])
        at = end
    rest = _UNFINISHED.search(buffer, at)
    keep_from = rest.start() if rest else len(buffer)
    _add_noise(chunks, buffer[at:keep_from])
    return chunks, buffer[keep_from:]


def decode(event: bytes, *, accounts: Accounts, now: datetime) -> Message:
    """Open one event; a refusal's `source` is the device's uid where there was one."""
    device = ""
    owner: Device | None = None
    answer: Pairs = ()
    try:
        given = _parse(event)
        kind = given.get("type", "")
        if kind == PING:
            answer = (("ping", now.isoformat()),)
        device = _read_uid(given)
        owner = find_owner(accounts, device)
        return Message(owner, _read_items(device, kind, given, now), answer=answer)
    except UnusableError as fault:
        return replace(refused(fault, device, owner), answer=answer)


def acknowledge(message: Message, *, stored: bool) -> bytes:
    """Answer a ping; the protocol acknowledges nothing else, and without a journal we are silent."""
    pinged = next((at for name, at in message.answer if name == "ping"), None)
    if pinged is None or not stored:
        return b""
    now = datetime.fromisoformat(pinged)
    return tostring(
        _event("takPong", PONG, "h-g-i-g-o", (0.0, 0.0), at=now, stale=now + PONG_STALE)
    )


def encode_unit(
    *,
    uid: str,
    label: str,
    kind: UnitKind,
    lat: float,
    lon: float,
    at: datetime,
    stale: datetime,
    accuracy_m: float | None = None,
    speed_m_s: float | None = None,
    bearing_deg: float | None = None,
) -> bytes:
    """Return a unit's place as an event; `label` is its call sign, never a person's name.

    Raises ValueError where `lat` and `lon` are not WGS 84 degrees.
    """
    event = _event(
        uid, UNIT_TYPES[kind], "m-g", (lat, lon), at=at, stale=stale, accuracy_m=accuracy_m
    )
    detail = SubElement(event, "detail")
    SubElement(detail, "contact", callsign=_clean(label))
    measures = {"speed": speed_m_s, "course": bearing_deg}
    known = {name: f"{value:.1f}" for name, value in measures.items() if value is not None}
    if known:
        SubElement(detail, "track", known)
    return tostring(event)


def encode_case(
    *,
    uid: str,
    label: str,
    lat: float,
    lon: float,
    at: datetime,
    stale: datetime,
    text: str = "",
    emergency: bool = False,
    ended: bool = False,
) -> bytes:
    """Return a case's place as an event: a marker, or with `emergency` an alert.

    An `ended` alert is cancelled, an `ended` marker is stale at once. Raises ValueError where `lat`
    and `lon` are not WGS 84 degrees.
    """
    kind = EMERGENCY_TYPE if emergency else CASE_TYPE
    if ended:
        kind, stale = (CANCELLED, stale) if emergency else (kind, at)
    event = _event(uid, kind, "h-e", (lat, lon), at=at, stale=stale)
    detail = SubElement(event, "detail")
    SubElement(detail, "contact", callsign=_clean(label))
    if text:
        SubElement(detail, "remarks").text = _clean(text)
    if emergency:
        state = {"cancel": "true"} if ended else {"type": "911 Alert"}
        SubElement(detail, "emergency", state).text = _clean(label)
    return tostring(event)


def _find_end(buffer: bytes, start: int) -> int | None:
    """Return where the event ends, or is broken off; None where its end has not come."""
    tag = _TAG.match(buffer, start)
    if tag is None:
        broken = buffer.find(b"<", start + 1)  # no tag holds one, not even in quotes
        return None if broken < 0 else broken
    at = tag.end()
    if buffer[at - 2] == ord("/"):
        return at
    while (token := _INNER.search(buffer, at)) is not None:
        closed_by = _CLOSED_BY.get(token.group())
        if closed_by is None:
            return token.end() if token.group().startswith(b"</") else token.start()
        close = buffer.find(closed_by, token.end())
        if close < 0:
            return None
        at = close + len(closed_by)
    return None


def _add_noise(chunks: list[bytes], piece: bytes) -> None:
    if _BETWEEN.sub(b"", piece):
        chunks.append(piece)


def _parse(event: bytes) -> Element:
    try:
        given: Element = fromstring(event, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as fault:
        raise UnusableError("xml", "The event is not XML, or declares entities.") from fault
    if given.tag != "event":
        raise UnusableError("no_event", "The XML is no event.")
    return given


def _read_uid(given: Element) -> str:
    uid = given.get("uid", "")
    for word in ASIDE:
        uid = uid.removesuffix(word)
    return read_device(uid)


def _read_items(device: str, kind: str, given: Element, now: datetime) -> tuple[Position, ...]:
    """Return the device's place, nothing where it speaks of something else; raise UnusableError."""
    if kind.startswith(ALERT) and kind != CANCELLED:
        raise UnusableError(
            "emergency", "A TAK emergency is no alarm here; use the phone page or a transmitter."
        )
    if not kind.startswith(OWN_PLACE):
        return ()
    if given.get("how", "").startswith(BY_HAND):
        raise UnusableError("by_hand", "The place was set by hand; turn the device's own on.")
    point = given.find("point")
    if point is None:
        raise UnusableError("no_place", "The event has no point.")
    if _read_stamp(given, "stale", now) < now:
        raise UnusableError("stale", "The event says itself that it holds no longer.")
    track, status = _find(given, "detail/track"), _find(given, "detail/status")
    percent = number_of(status.get("battery"))
    hae_m = number_of(point.get("hae"))
    position = make_position(
        device,
        number_of(point.get("lat")),
        number_of(point.get("lon")),
        _read_stamp(given, "time", now),
        now,
        accuracy_m=number_of(point.get("ce")),
        speed_m_s=number_of(track.get("speed")),
        bearing_deg=number_of(track.get("course")),
        battery=None if percent is None else percent / 100,
        extras=(("hae_m", f"{hae_m:g}"),) if hae_m is not None and abs(hae_m) < UNKNOWN else (),
    )
    return (position,)


def _read_stamp(given: Element, name: str, now: datetime) -> datetime:
    stamp = given.get(name)
    if not stamp:
        raise UnusableError("time", "The event lacks its time or its stale time.")
    return read_time(stamp, now)


def _find(given: Element, path: str) -> Mapping[str, str]:
    found = given.find(path)
    return {} if found is None else found.attrib


def _event(
    uid: str,
    kind: str,
    how: str,
    place: tuple[float, float],
    *,
    at: datetime,
    stale: datetime,
    accuracy_m: float | None = None,
) -> Element:
    lat, lon = place
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError("lat and lon are no WGS 84 degrees.")
    event = Element("event", version="2.0", uid=_clean(uid), type=kind, how=how)
    for name, stamp in (("time", at), ("start", at), ("stale", stale)):
        event.set(name, stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    error_m = f"{UNKNOWN if accuracy_m is None else accuracy_m:.1f}"
    point = {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}", "ce": error_m}
    SubElement(event, "point", point, hae=str(UNKNOWN), le=str(UNKNOWN))
    return event


def _clean(text: str) -> str:
    """Make one line of it, without what XML cannot hold."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
