"""Signed events of any other program. In: one HTTP request. Out: an alarm, a sign of life, or why not.

CloudEvents over HTTP, structured or binary, signed as Standard Webhooks say.
See docs/protocols/cloud_events.md. A refusal never repeats what was sent.
"""

import math
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from narvaro.intake.fixes import UnusableError, number_of, read_object
from narvaro.intake.message import Json, Message, Pairs, Received, Refusal
from narvaro.intake.protocols import Protocol, Reply, Request
from narvaro.intake.sealed import Accounts, Sender
from narvaro.intake.webhook import check_time, find_signer, fingerprint_of

PROTOCOL = Protocol(
    name="cloudevents",
    transports=("http",),
    standard="CloudEvents 1.0.2, HTTP protocol binding; Standard Webhooks 1.0.0",
    clauses=(
        "CloudEvents: context attributes, JSON format",
        "HTTP binding: structured and binary content mode",
        "Standard Webhooks: headers, signature scheme v1, time tolerance",
    ),
    ladder=("codec", "dialled"),
)

ALARM = "se.narvaro.alarm.v1"
HEARTBEAT = "se.narvaro.heartbeat.v1"
STRUCTURED = ("application/cloudevents+json", "application/json")
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "type")
TEXTS = {"code": 20, "zone": 32, "area": 32, "text": 1000}
MAX_ACCOUNT = 32
NEW, RESTORED = "1", "3"
LATEST = timedelta(seconds=20)  # ahead of our clock, as DC-09 verifies a time stamp
UNPROVEN = ("unknown_sender", "secret", "signature", "time")
STATUS = {
    "method": HTTPStatus.METHOD_NOT_ALLOWED,
    "batch": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "form": HTTPStatus.BAD_REQUEST,
}


def decode(request: Request, *, accounts: Accounts, now: datetime) -> Message:
    """Open one event; the sender's name is the path's second word (/events/NAME)."""
    owner: Sender | None = None
    try:
        _check_method(request)
        owner, message_id = find_signer(request, PROTOCOL.name, accounts)
        check_time(request, now)
        event = _read_event(request)
        if event["type"] == HEARTBEAT:
            return Message(owner)
        fingerprint = fingerprint_of(PROTOCOL.name, owner.tenant, owner.name, message_id)
        return Message(owner, (_alarm(event, fingerprint, now),))
    except UnusableError as fault:
        return Message(
            owner, refusal=Refusal(fault.code, fault.detail, owner.name if owner else "")
        )


def acknowledge(message: Message, *, stored: bool) -> Reply:
    """Answer 200 once the journal has it, 503 where it has not; 4xx says what is wrong with it."""
    refusal = message.refusal
    if refusal is not None and message.owner is None:
        # Also a source that may not send: who is not proven learns nothing of who is known.
        method = refusal.code == "method"
        return Reply(STATUS["method"] if method else HTTPStatus.UNAUTHORIZED, refusal.detail)
    if not stored:
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "Not stored; send again.")
    if refusal is None:
        return Reply(HTTPStatus.OK)
    if refusal.code in UNPROVEN:
        return Reply(HTTPStatus.UNAUTHORIZED, refusal.detail)
    return Reply(STATUS.get(refusal.code, HTTPStatus.UNPROCESSABLE_ENTITY), refusal.detail)


def _check_method(request: Request) -> None:
    if request.method != "POST":
        raise UnusableError("method", "Send events with POST.")


def _read_event(request: Request) -> Json:
    """Return the event's attributes and data, from either content mode; raise UnusableError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == BATCH:
        raise UnusableError("batch", "Send one event a request.")
    binary = "ce-type" in request.headers and kind != STRUCTURED[0]
    if not binary and kind not in STRUCTURED:
        raise UnusableError("form", "Send JSON as application/cloudevents+json, or ce- headers.")
    body = read_object(request.body, "form") if request.body or not binary else {}
    event: Json = body
    if binary:
        names = [name for name in request.headers if name.startswith("ce-")]
        event = {name.removeprefix("ce-"): request.headers[name] for name in names}
        event["data"] = body
    if event.get("specversion") != "1.0":
        raise UnusableError("form", "specversion must be 1.0.")
    for name in REQUIRED:
        value = event.get(name)
        if not isinstance(value, str) or not value:
            raise UnusableError("form", f"The attribute {name} is missing or not a text.")
    if event["type"] not in (ALARM, HEARTBEAT):
        raise UnusableError("type", f"Taken are the types {ALARM} and {HEARTBEAT}.")
    return event


def _alarm(event: Json, fingerprint: str, now: datetime) -> Received:
    """Read an alarm; what it cannot read of it is named in `extended`, and the alarm still stands."""
    data = event.get("data")
    if not isinstance(data, dict):
        raise UnusableError("data", "data is not a JSON object.")
    account = _text_of(data.get("account"), MAX_ACCOUNT)
    if not account:
        raise UnusableError("data", f"data.account is not a text of 1 to {MAX_ACCOUNT} signs.")
    texts = {name: _text_of(data.get(name), most, cut=True) for name, most in TEXTS.items()}
    unread = [name for name, value in texts.items() if value is None]
    occurred_at = _time_of(data.get("occurred_at"))
    if occurred_at is None and data.get("occurred_at") is not None:
        unread.append("occurred_at")
    restore = data.get("restore", False)
    if not isinstance(restore, bool):
        unread.append("restore")
    lat, lon = _place_of(data)
    if lat is None and (data.get("lat") is not None or data.get("lon") is not None):
        unread += ["lat", "lon"]
    extended: Pairs = (("unread", " ".join(unread)),) if unread else ()
    said = occurred_at or _time_of(event.get("time"))
    return Received(
        PROTOCOL.name, "EVENT", account.upper(), 0,
        code=(texts["code"] or "").upper(), zone=texts["zone"] or "", area=texts["area"] or "",
        text=texts["text"] or "", qualifier=RESTORED if restore is True else NEW,
        occurred_at=said, time_verified=said is None or said - now <= LATEST,
        extended=extended, fingerprint=fingerprint, lat=lat, lon=lon,
    )  # fmt: skip


def _text_of(value: object, most: int, *, cut: bool = False) -> str | None:
    """Return a text, or a whole number as text; None where it is neither, or too long."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = "".join(one if one.isprintable() else " " for one in str(value)[: most + 1]).strip()
    return text[:most] if cut or len(text) <= most else None


def _time_of(value: object) -> datetime | None:
    """Return a time with an offset, in UTC; None where it is none."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _place_of(data: Json) -> tuple[float | None, float | None]:
    lat, lon = number_of(data.get("lat")), number_of(data.get("lon"))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None, None
    return (lat, lon) if math.hypot(lat, lon) > 0 else (None, None)
