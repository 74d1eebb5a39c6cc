"""Positions that a Traccar server forwards. In: one HTTP request. Out: a Position or why not.

The server is a sender with a name of its own; the message belongs to the device that it speaks for.
See docs/protocols/traccar.md.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from narvaro.intake.fixes import (
    UNKNOWN,
    UnusableError,
    find_owner,
    make_position,
    number_of,
    read_device,
    read_object,
    read_time,
    refused,
)
from narvaro.intake.message import Message, Pairs, Position
from narvaro.intake.protocols import Protocol, Reply, Request
from narvaro.intake.sealed import Accounts, Device, Sender, is_from

PROTOCOL = Protocol(
    name="traccar",
    transports=("http",),
    standard="Traccar position forwarding, forward.type=json (no published standard)",
    clauses=("forward.type=json", "event.forward.type=json", "forward.retry"),
    ladder=(),
    keeps_raw=False,
)

KNOT_M_S = 1852 / 3600
TURNED_AWAY = ("unknown_sender", "network", "sign_in")
FLAGS = ("motion", "ignition", "charge")
ALARM = re.compile(r"[A-Za-z]{1,30}(,[A-Za-z]{1,30}){0,4}")
TIMES = ("fixTime", "deviceTime", "serverTime")


def decode(request: Request, *, accounts: Accounts, now: datetime) -> Message:
    """Open one forwarded position or event; its owner is the device, not the server."""
    source = ""
    owner: Device | None = None
    try:
        sender = _read_sender(request, accounts)
        source = sender.name
        given = _read_json(request)
        source = read_device(_dict_of(given, "device").get("uniqueId"))
        owner = _find_owner(accounts, source, sender)
        if given.get("event") is not None:
            return Message(owner)
        return Message(owner, (_position(source, _dict_of(given, "position"), now),))
    except UnusableError as fault:
        return refused(fault, source, owner)


def acknowledge(message: Message, *, stored: bool) -> Reply:
    """Answer 200 once the journal has it, 503 where it has not, 401 to a server that is not known.

    200 to an unknown device and to an unusable position too: the server tries again on all else,
    and what waits to be tried again takes the place of positions that are wanted.
    """
    code, detail = ("", "")
    if message.refusal:
        code, detail = message.refusal.code, message.refusal.detail
    if code in TURNED_AWAY:
        return Reply(HTTPStatus.UNAUTHORIZED, "Not known here; check forward.url and its header.")
    if code == "form":
        return Reply(HTTPStatus.BAD_REQUEST, detail)
    if message.owner is not None and not stored:
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "Not stored; send again.")
    return Reply(HTTPStatus.OK, detail)


def _read_sender(request: Request, accounts: Accounts) -> Sender:
    """Return who the path `/traccar/<name>` names, once it has proven itself."""
    words = request.path.strip("/").split("/")
    name = words[1] if len(words) == 2 else ""
    sender = accounts.find_sender(PROTOCOL.name, name)
    if sender is None:
        raise UnusableError("unknown_sender", "No such server; enter it as a sender.")
    if not is_from(sender.networks, request.peer):
        raise UnusableError("network", "It does not come from where it may.")
    given = _read_secret(request.headers)
    if sender.secret and not hmac.compare_digest(given, sender.secret.encode()):
        raise UnusableError("sign_in", "The secret in the Authorization header is not this one's.")
    return sender


def _read_secret(headers: Mapping[str, str]) -> bytes:
    """Return what a Bearer token or a Basic password is, empty where there is none."""
    scheme, _, given = headers.get("authorization", "").strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip().encode("utf-8", "replace")
        case "basic":
            try:
                return base64.b64decode(given.strip(), validate=True).partition(b":")[2]
            except ValueError:
                return b""
        case _:
            return b""


def _find_owner(accounts: Accounts, device: str, sender: Sender) -> Device:
    """Return the device; to the server of one tenant, those of others are unknown."""
    owner = find_owner(accounts, device)
    if owner.tenant != sender.tenant:
        raise UnusableError("unknown_device", UNKNOWN)
    return owner


def _read_json(request: Request) -> dict[str, Any]:
    if request.method != "POST":
        raise UnusableError("form", "Set forward.type to json.")
    return read_object(request.body)


def _dict_of(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    inner = given.get(name)
    if not isinstance(inner, dict):
        raise UnusableError("json", "The JSON holds no position with its device.")
    return inner


def _position(device: str, given: Mapping[str, Any], now: datetime) -> Position:
    """Read a position; no accuracy is 0 there, so 0 is none here."""
    if given.get("valid") is not True or given.get("outdated"):
        raise UnusableError("invalid", "The tracker had no fix; the place is an old or bad one.")
    stamp = next((given[name] for name in TIMES if given.get(name)), None)
    if stamp is None:
        raise UnusableError("time", "The position has no time.")
    inner = given.get("attributes")
    attributes: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    speed_kn, percent = number_of(given.get("speed")), number_of(attributes.get("batteryLevel"))
    return make_position(
        device,
        number_of(given.get("latitude")),
        number_of(given.get("longitude")),
        read_time(stamp, now),
        now,
        accuracy_m=number_of(given.get("accuracy")) or None,
        speed_m_s=None if speed_kn is None else speed_kn * KNOT_M_S,
        bearing_deg=number_of(given.get("course")),
        battery=None if percent is None else percent / 100,
        extras=_extras(attributes),
    )


def _extras(attributes: Mapping[str, Any]) -> Pairs:
    """Return flags and the alarm's word; nothing else, driver and cells least of all."""
    flags = [(name, attributes.get(name)) for name in FLAGS]
    pairs = [(name, str(value).lower()) for name, value in flags if isinstance(value, bool)]
    alarm = attributes.get("alarm")
    if isinstance(alarm, str) and ALARM.fullmatch(alarm):
        pairs.append(("alarm", alarm))
    return tuple(pairs)
