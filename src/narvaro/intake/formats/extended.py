"""Extended data, time stamps and text of DC-09. In: bytes of a frame's content. Out: plain values.

    [H02:07:10,11-23-2026][IBroken window][X018E04.123][Y59N19.456][Vhttps://camera.example/17]

An item is a letter and a value. All are kept as pairs except the values of keys and programming
data; nothing here raises.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from narvaro.intake.message import Pairs

MAX_ITEMS = 32  # the standard has 20 letters
SECRET = frozenset("KP")  # a new encryption key; programming data, which may hold user codes

_ITEM = re.compile(rb"\[([^\[\]]+)\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TIME = re.compile(rb"(\d\d):(\d\d):(\d\d),(\d\d)-(\d\d)-(\d{4})")
_ANGLE = re.compile(
    r"\s*(\d{1,3})\s*([NSEW])\s*(\d{1,2}(?:\.\d{0,9})?)\s*", re.ASCII | re.IGNORECASE
)


class Extended(NamedTuple):
    """What the extended data of one frame says; `lat` and `lon` in degrees, both or none."""

    pairs: Pairs = ()
    text: str = ""
    occurred_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None


_NOTHING = Extended()


def read_extended(raw: bytes) -> Extended:
    """Read items in brackets, one after the other; the first of a letter counts."""
    if not raw:
        return _NOTHING
    pairs = tuple(_pair_of(item) for item in _ITEM.findall(raw)[:MAX_ITEMS])
    first = dict(reversed(pairs))
    lat, lon = _place_of(first.get("Y", ""), first.get("X", ""))
    said = read_time(first.get("H", "").encode())
    return Extended(pairs, first.get("I", ""), said, lat, lon)


def read_time(stamp: bytes) -> datetime | None:
    """Read HH:MM:SS,MM-DD-YYYY in UTC; None where it is no such time."""
    found = _TIME.fullmatch(stamp)
    if found is None:
        return None
    hour, minute, second, month, day, year = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:  # the 31st of a month of 30, hour 25, second 60
        return None


def read_text(raw: bytes) -> str:
    """Read UTF-8, else Windows-1252 (5.5.1.8), else Latin-1; control characters are replaced."""
    for encoding in ("utf-8", "cp1252"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = raw.decode("latin-1")
    return text if text.isprintable() else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _pair_of(item: bytes) -> tuple[str, str]:
    text = read_text(item).strip() or " "
    return text[0], "" if text[0].upper() in SECRET else text[1:]


def _place_of(north: str, east: str) -> tuple[float, float] | tuple[None, None]:
    """Read degrees, direction, minutes ("59N19.456", "018E04.123"); none of the pair alone."""
    lat, lon = _angle_of(north, "NS", 90.0), _angle_of(east, "EW", 180.0)
    if lat is None or lon is None or (lat == 0 and lon == 0):  # 0, 0: a receiver without a fix
        return None, None
    return lat, lon


def _angle_of(text: str, ways: str, most: float) -> float | None:
    found = _ANGLE.fullmatch(text)
    if found is None or found[2].upper() not in ways:
        return None
    minutes = float(found[3])
    angle = int(found[1]) + minutes / 60
    if minutes >= 60 or angle > most:
        return None
    return -angle if found[2].upper() == ways[1] else angle
