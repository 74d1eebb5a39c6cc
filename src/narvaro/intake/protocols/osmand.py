"""Positions over the OsmAnd protocol. In: one HTTP request. Out: a Position or why not.

Three forms, one position each: query, form body, and the JSON body of Traccar Client 9 and later.
See docs/protocols/osmand.md. A refusal never repeats what the phone sent.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from narvaro.intake.message import Pairs, Position, Refusal
from narvaro.intake.protocols import Protocol

PROTOCOL = Protocol(
    name="osmand",
    transport="http",
    standard="OsmAnd live tracking, as Traccar reads it (no published standard)",
    clauses=("query", "form body", "JSON body of Traccar Client 9 and later"),
    ladder=("codec",),
)

MAX_DEVICE = 64
MAX_FIELDS = 64
MAX_TEXT = 100
AHEAD = timedelta(seconds=120)
BEHIND = timedelta(hours=72)  # a raw position is not kept longer, so an older one is not taken
KNOT_M_S = 1852 / 3600
MILLISECONDS = 1e11  # epoch numbers above this are milliseconds: year 5138 in seconds
EXTRAS = (
    "altitude", "hdop", "alarm", "charge", "is_moving", "is_charging", "event", "activity",
    "odometer",
)  # fmt: skip


class _UnusableError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def decode_request(
    method: str, query: str, content_type: str, body: bytes, now: datetime
) -> Position | Refusal:
    """Read one request; a refusal's `source` is the device id where there was one."""
    device = ""
    try:
        given = _read_fields(method, query, content_type, body)
        device = _device(given)
        return _position(device, given, now)
    except _UnusableError as fault:
        return Refusal(fault.code, fault.detail, device)


def _read_fields(method: str, query: str, content_type: str, body: bytes) -> Mapping[str, str]:
    try:
        given = dict(parse_qsl(query, max_num_fields=MAX_FIELDS))
        if method != "POST" or not body:
            return given
        if content_type.partition(";")[0].strip().lower() == "application/json":
            return given | _read_json(body)
        return given | dict(parse_qsl(body.decode("utf-8"), max_num_fields=MAX_FIELDS))
    except ValueError as fault:
        raise _UnusableError("form", "The form is not UTF-8 or has too many fields.") from fault


def _device(given: Mapping[str, str]) -> str:
    device = (given.get("id") or given.get("deviceid") or "").strip()
    if not device or len(device) > MAX_DEVICE or not device.isprintable():
        raise _UnusableError("no_device", "No usable device id; set it in the phone's app.")
    return device


def _read_json(body: bytes) -> dict[str, str]:
    """Bring the JSON form to the names and units of the query form."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise _UnusableError("json", "The body is not JSON.") from fault
    match given:
        case {
            "device_id": str() | int() as device,
            "location": {"coords": dict() as coords} as rest,
        }:
            pass
        case _:
            raise _UnusableError("json", "The JSON has no device_id and location.coords.")
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
    lat, lon = _number(given, "lat"), _number(given, "lon")
    if lat is None or lon is None:
        raise _UnusableError("no_place", "No lat and lon that are numbers.")
    if abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        raise _UnusableError("off_map", "lat and lon are no place on Earth where a phone can be.")
    at = _time(given.get("timestamp") or "", now)
    if at > now + AHEAD:
        raise _UnusableError(
            "future", "The position's time is ahead of our clock; set the phone's."
        )
    if at < now - BEHIND:
        raise _UnusableError("too_old", "The position is older than positions may be kept.")
    speed_kn, percent = _number(given, "speed"), _number(given, "batt")
    speed_m_s = _number(given, "speed_m_s") if speed_kn is None else speed_kn * KNOT_M_S
    share = _number(given, "battery_share") if percent is None else percent / 100
    return Position(
        device, lat, lon, at,
        accuracy_m=_within(_number(given, "accuracy"), 1e6),
        speed_m_s=_within(speed_m_s, 400),
        bearing_deg=_within(_number(given, "bearing", "heading"), 360),
        battery=_within(share, 1),
        extras=_extras(given),
    )  # fmt: skip


def _number(given: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        try:
            value = float(given[name])
        except (KeyError, ValueError):
            continue
        if math.isfinite(value):
            return value
    return None


def _within(value: float | None, most: float) -> float | None:
    """Drop a measure outside 0 to `most`: phones say -1 for "unknown"."""
    return value if value is not None and 0 <= value <= most else None


def _extras(given: Mapping[str, str]) -> Pairs:
    return tuple((name, given[name][:MAX_TEXT]) for name in EXTRAS if given.get(name))


def _time(stamp: str, now: datetime) -> datetime:
    """Read seconds or milliseconds since 1970, or ISO 8601 (UTC where no offset is given)."""
    if not stamp:
        return now
    try:
        number = float(stamp)
    except ValueError:
        number = math.nan
    try:
        if math.isnan(number):
            at = datetime.fromisoformat(stamp)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise _UnusableError("time", "The timestamp is neither epoch nor ISO 8601.") from fault
