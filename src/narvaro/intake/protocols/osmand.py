"""Positions over the OsmAnd protocol. In: one HTTP request. Out: a Position or why not.

Three forms, one position each: query, form body, and the JSON body of Traccar Client 9 and later.
See docs/protocols/osmand.md. A refusal never repeats what the phone sent.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qsl

from narvaro.intake.fixes import (
    MAX_TEXT,
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
from narvaro.intake.sealed import Accounts, Device

PROTOCOL = Protocol(
    name="osmand",
    transports=("http",),
    standard="OsmAnd live tracking, as Traccar reads it (no published standard)",
    clauses=("query", "form body", "JSON body of Traccar Client 9 and later"),
    ladder=("codec",),
    keeps_raw=False,
)

MAX_FIELDS = 64
KNOT_M_S = 1852 / 3600
EXTRAS = (
    "altitude", "hdop", "alarm", "charge", "is_moving", "is_charging", "event", "activity",
    "odometer",
)  # fmt: skip


def decode(request: Request, *, accounts: Accounts, now: datetime) -> Message:
    """Open one request; a refusal's `source` is the device id where there was one."""
    device = ""
    owner: Device | None = None
    try:
        given = _read_fields(request)
        device = read_device(given.get("id") or given.get("deviceid"))
        owner = find_owner(accounts, device)
        return Message(owner, (_position(device, given, now),))
    except UnusableError as fault:
        return refused(fault, device, owner)


def acknowledge(message: Message, *, stored: bool) -> Reply:
    """Answer 200 once the journal has it, 503 where it has not, 400 to who is not known.

    200 to a position that cannot be used too: the app would send it for ever, and none behind it.
    """
    if message.owner is None:
        why = message.refusal.detail if message.refusal else ""
        return Reply(HTTPStatus.BAD_REQUEST, why)
    if not stored:
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "Not stored; send again.")
    return Reply(HTTPStatus.OK, message.refusal.detail if message.refusal else "")


def _read_fields(request: Request) -> Mapping[str, str]:
    try:
        given = dict(parse_qsl(request.query, max_num_fields=MAX_FIELDS))
        if request.method != "POST" or not request.body:
            return given
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            return given | _read_json(request.body)
        return given | dict(parse_qsl(request.body.decode("utf-8"), max_num_fields=MAX_FIELDS))
    except ValueError as fault:
        raise UnusableError("form", "The form is not UTF-8 or has too many fields.") from fault


def _read_json(body: bytes) -> dict[str, str]:
    """Bring the JSON form to the names and units of the query form."""
    match read_object(body):
        case {
            "device_id": str() | int() as device,
            "location": {"coords": dict() as coords} as rest,
        }:
            pass
        case _:
            raise UnusableError("json", "The JSON has no device_id and location.coords.")
    battery = rest.get("battery") if isinstance(rest.get("battery"), dict) else {}
    activity = rest.get("activity") if isinstance(rest.get("activity"), dict) else {}
    fields = {
        "id": device,
        "lat": coords.get("latitude"),
        "lon": coords.get("longitude"),
        "timestamp": rest.get("timestamp"),
        "accuracy": coords.get("accuracy"),
        "bearing": coords.get("heading"),
        "speed_m_s": coords.get("speed"),
        "altitude": coords.get("altitude"),
        "battery_share": battery.get("level"),
        "is_charging": battery.get("is_charging"),
        "activity": activity.get("type"),
        **{name: rest.get(name) for name in ("is_moving", "event", "odometer")},
    }
    scalars = {k: v for k, v in fields.items() if isinstance(v, str | int | float)}
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in scalars.items()}


def _position(device: str, given: Mapping[str, str], now: datetime) -> Position:
    speed_kn, percent = number_of(given.get("speed")), number_of(given.get("batt"))
    bearing_deg = number_of(given.get("bearing"))
    return make_position(
        device,
        number_of(given.get("lat")),
        number_of(given.get("lon")),
        read_time(given.get("timestamp"), now),
        now,
        accuracy_m=number_of(given.get("accuracy")),
        speed_m_s=number_of(given.get("speed_m_s")) if speed_kn is None else speed_kn * KNOT_M_S,
        bearing_deg=number_of(given.get("heading")) if bearing_deg is None else bearing_deg,
        battery=number_of(given.get("battery_share")) if percent is None else percent / 100,
        extras=_extras(given),
    )


def _extras(given: Mapping[str, str]) -> Pairs:
    return tuple((name, given[name][:MAX_TEXT]) for name in EXTRAS if given.get(name))
