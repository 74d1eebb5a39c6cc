"""Positions of the OwnTracks apps. In: one HTTP request or MQTT message. Out: a Position or why not.

Only fields that are named here are read on: names of networks, regions and persons, pictures and
settings (which hold passwords) never leave this file. See docs/protocols/owntracks.md.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from narvaro.intake.fixes import (
    UnusableError,
    find_owner,
    make_position,
    number_of,
    read_device,
    read_object,
    read_time,
    refused,
)
from narvaro.intake.message import Message, Pairs, Position, Refusal
from narvaro.intake.protocols import Protocol, Reply, Request
from narvaro.intake.sealed import Accounts, Device

PROTOCOL = Protocol(
    name="owntracks",
    transports=("http", "mqtt"),
    standard="OwnTracks booklet, JSON",
    clauses=("_type=location", "_type=transition", "Topics", "HTTP"),
    ladder=(),
    keeps_raw=False,
)

MAX_FIELDS = 64
KM_H_M_S = 1 / 3.6
WITH_POSITION = ("location", "transition")
OWN_TOPICS = ("", "event")  # what others may write to (cmd, info) says nothing of where it is
TURNED_AWAY = ("no_device", "unknown_device", "sign_in")
NUMBERS = ("alt", "vac", "bs", "m")
LETTERS = ("t", "conn")
EVENTS = ("enter", "leave")


def decode(request: Request, *, accounts: Accounts, now: datetime) -> Message:
    """Open one message; a refusal's `source` is the device id where there was one."""
    if not request.body:
        return Message(refusal=Refusal("empty", "A message without content."))
    device = ""
    owner: Device | None = None
    try:
        device, topic = _read_sender(request)
        found = find_owner(accounts, device)
        if request.method != "PUBLISH":
            _check_sign_in(request.headers, found)
        owner = found
        given = _read_json(request.body)
        if given["_type"] not in WITH_POSITION or topic not in OWN_TOPICS:
            return Message(owner)
        return Message(owner, (_position(device, given, now),))
    except UnusableError as fault:
        return refused(fault, device, owner)


def acknowledge(message: Message, *, stored: bool) -> Reply:
    """Answer 200 once the journal has it, 503 where it has not, 401 to who is not known.

    200 to what cannot be used too, which the app would else send again before anything else. The
    body is always an empty list: the Android app takes an answer that it cannot read for a failure.
    """
    code = message.refusal.code if message.refusal else ""
    if message.owner is None:
        return _reply(HTTPStatus.UNAUTHORIZED if code in TURNED_AWAY else HTTPStatus.OK)
    return _reply(HTTPStatus.OK if stored else HTTPStatus.SERVICE_UNAVAILABLE)


def _reply(status: HTTPStatus) -> Reply:
    return Reply(status, "[]", "application/json")


def _read_sender(request: Request) -> tuple[str, str]:
    """Return the device id `<user>/<device>` and the topic below it."""
    if request.method == "PUBLISH":
        base, user, device, topic = [*request.path.split("/", 3), "", "", ""][:4]
        known = base == "owntracks"
    else:
        try:
            query = dict(parse_qsl(request.query, max_num_fields=MAX_FIELDS))
        except ValueError as fault:
            raise UnusableError("no_device", "The address has too many fields.") from fault
        signed_in, _ = _read_basic(request.headers)
        user = query.get("u") or request.headers.get("x-limit-u") or signed_in
        device = query.get("d") or request.headers.get("x-limit-d") or ""
        known, topic = "/" not in user + device, ""
    if not (known and user.strip() and device.strip()):
        raise UnusableError("no_device", "Set user name and device id in the app.")
    return read_device(f"{user}/{device}"), topic


def _read_basic(headers: Mapping[str, str]) -> tuple[str, bytes]:
    """Return user name and password of Basic authentication, empty where there is none."""
    scheme, _, coded = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        user, _, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
    except ValueError:
        return "", b""
    return user.decode("utf-8", "replace"), password


def _check_sign_in(headers: Mapping[str, str], owner: Device) -> None:
    _, password = _read_basic(headers)
    if owner.secret and not hmac.compare_digest(password, owner.secret.encode()):
        raise UnusableError("sign_in", "The password is not this device's; set it in the app.")


def _read_json(body: bytes) -> dict[str, Any]:
    given = read_object(body)
    match given:
        case {"_type": "encrypted"}:
            raise UnusableError("encrypted", "Encrypted content is not read; use TLS instead.")
        case {"_type": str()}:
            return dict(given)
        case _:
            raise UnusableError("json", "The JSON is no object with a _type.")


def _position(device: str, given: Mapping[str, Any], now: datetime) -> Position:
    speed_km_h, percent = number_of(given.get("vel")), number_of(given.get("batt"))
    stamp = number_of(given.get("tst"))
    if stamp is None:
        raise UnusableError("time", "No tst that is a number; each fix has its time.")
    return make_position(
        device,
        number_of(given.get("lat")),
        number_of(given.get("lon")),
        read_time(stamp, now),
        now,
        accuracy_m=number_of(given.get("acc")),
        speed_m_s=None if speed_km_h is None else speed_km_h * KM_H_M_S,
        bearing_deg=number_of(given.get("cog")),
        battery=None if percent is None else percent / 100,
        extras=_extras(given),
    )


def _extras(given: Mapping[str, Any]) -> Pairs:
    """Return the other fields, each only in the form that it has: no free text comes through."""
    numbers = [(name, number_of(given.get(name))) for name in NUMBERS]
    letters = [(name, given.get(name)) for name in LETTERS]
    pairs = [(name, f"{value:g}") for name, value in numbers if value is not None]
    pairs += [(k, v) for k, v in letters if isinstance(v, str) and len(v) == 1 and v.isprintable()]
    event = given.get("event")
    return (*pairs, ("event", event)) if event in EVENTS else tuple(pairs)
