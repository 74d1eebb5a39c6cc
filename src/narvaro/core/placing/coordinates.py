"""Coordinates in a text: degrees (WGS 84) or SWEREF 99 TM metres come in, degrees go out."""

import re

from narvaro.core.geo import from_grid

_LATS, _LONS = (54.0, 70.0), (9.0, 26.0)
_NORTHS, _EASTS = (6_100_000.0, 7_700_000.0), (250_000.0, 950_000.0)
_DEGREES = re.compile(
    r"(?<![\d.,])[NEÖO]?\s?(\d{1,2}[.,]\d{3,12})\s?°?\s?[NEÖO]?(?![\d])", re.IGNORECASE
)
_SEXAGESIMAL = re.compile(
    r"(\d{1,2})\s?°\s?(\d{1,2})\s?['′’]\s?(?:(\d{1,2}(?:[.,]\d+)?)\s?(?:[\"″”]|''))?"
)
_METRES = re.compile(
    r"(?<![\d.,])(?:[NE]\s?[:=]?\s?)?(\d{6,7}|\d \d{3} \d{3}|\d{3} \d{3})(?:[.,]\d{1,4})?(?!\d)",
    re.IGNORECASE,
)


def find_coordinates(text: str) -> tuple[float, float] | None:
    """Return (lat, lon) of the one pair of coordinates in a text, in any order, or None."""
    degrees = [float(one.replace(",", ".")) for one in _DEGREES.findall(text)]
    if len(degrees) == 2:
        return _ordered(degrees[0], degrees[1])
    parts = _SEXAGESIMAL.findall(text)
    if len(parts) == 2:
        one, two = (
            int(whole) + int(minutes) / 60 + float((seconds or "0").replace(",", ".")) / 3600
            for whole, minutes, seconds in parts
        )
        return _ordered(one, two)
    metres = [float(one.replace(" ", "")) for one in _METRES.findall(text)]
    if len(metres) == 2:
        north, east = max(metres), min(metres)
        if _NORTHS[0] <= north <= _NORTHS[1] and _EASTS[0] <= east <= _EASTS[1]:
            lat, lon = from_grid(north, east)
            return round(float(lat), 7), round(float(lon), 7)
    return None


def _ordered(one: float, two: float) -> tuple[float, float] | None:
    for lat, lon in ((one, two), (two, one)):
        if _LATS[0] <= lat <= _LATS[1] and _LONS[0] <= lon <= _LONS[1]:
            return lat, lon
    return None
