"""What every position protocol shares. In: numbers as a device sent them. Out: a Position or why not.

A refusal never repeats what the device sent.
"""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from narvaro.intake.message import Message, Pairs, Position, Refusal
from narvaro.intake.sealed import Accounts, Device

MAX_DEVICE = 64
MAX_TEXT = 100
AHEAD = timedelta(seconds=120)
BEHIND = timedelta(hours=72)  # a raw position is not kept longer, so an older one is not taken
MILLISECONDS = 1e11  # epoch numbers above this are milliseconds: year 5138 in seconds
UNKNOWN = "This device is not known here. Enter its id as the tracker of its unit, then try again."


class UnusableError(Exception):
    """A message holds no position that can be used; `code` for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read_device(name: object) -> str:
    """Return a usable device id; raise UnusableError."""
    device = str(name if name is not None else "").strip()
    if not device or len(device) > MAX_DEVICE or not device.isprintable():
        raise UnusableError("no_device", "No usable device id; set it in the phone's app.")
    return device


def read_object(body: bytes, code: str = "json") -> dict[str, Any]:
    """Return the JSON object that a body is; raise UnusableError of that code."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise UnusableError(code, "The body is not JSON in UTF-8.") from fault
    if not isinstance(given, dict):
        raise UnusableError(code, "The body is not a JSON object.")
    return given


def make_position(
    device: str,
    lat: float | None,
    lon: float | None,
    at: datetime,
    now: datetime,
    *,
    accuracy_m: float | None = None,
    speed_m_s: float | None = None,
    bearing_deg: float | None = None,
    battery: float | None = None,
    extras: Pairs = (),
) -> Position:
    """Return a position on Earth in time; raise UnusableError. Measures out of range are left out."""
    if lat is None or lon is None:
        raise UnusableError("no_place", "No lat and lon that are numbers.")
    if abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        raise UnusableError("off_map", "lat and lon are no place on Earth where a phone can be.")
    if at > now + AHEAD:
        raise UnusableError("future", "The position's time is ahead of our clock; set the phone's.")
    if at < now - BEHIND:
        raise UnusableError("too_old", "The position is older than positions may be kept.")
    return Position(
        device, lat, lon, at,
        accuracy_m=within(accuracy_m, 1e6),
        speed_m_s=within(speed_m_s, 400),
        bearing_deg=within(bearing_deg, 360),
        battery=within(battery, 1),
        extras=extras,
    )  # fmt: skip


def number_of(value: object) -> float | None:
    """Return a finite number that a field holds as number or text, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def within(value: float | None, most: float) -> float | None:
    """Drop a measure outside 0 to `most`: phones say -1 for "unknown"."""
    return value if value is not None and 0 <= value <= most else None


def read_time(stamp: object, now: datetime) -> datetime:
    """Read seconds or milliseconds since 1970, or ISO 8601 (UTC where no offset is given).

    An empty stamp is now; raise UnusableError where it cannot be read.
    """
    if stamp is None or stamp == "":
        return now
    number = number_of(stamp)
    try:
        if number is None:
            at = datetime.fromisoformat(str(stamp))
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise UnusableError("time", "The timestamp is neither epoch nor ISO 8601.") from fault


def find_owner(accounts: Accounts, device: str) -> Device:
    """Return the device; raise UnusableError where nobody has entered it."""
    found = accounts.find_device(device)
    if found is None:
        raise UnusableError("unknown_device", UNKNOWN)
    return found


def refused(fault: UnusableError, device: str, owner: Device | None) -> Message:
    """Return the message of a position that could not be used."""
    return Message(owner, refusal=Refusal(fault.code, fault.detail, device))
