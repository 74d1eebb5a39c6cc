"""Does a permit (*tillstånd*) cover a place at a time? In: polygon, days, hours. Out: yes, or why not.

Law (2023:421) §§ 3, 6: an ordningsvakt is used only where and when a permit says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from shapely import MultiPolygon, Point, Polygon, from_wkt
from shapely.errors import GEOSException

from narvaro.core.cell_error import CellError
from narvaro.core.said import Said


class Uncovered(StrEnum):
    """Why a permit does not cover."""

    OUTSIDE_AREA = "outside_area"
    OUTSIDE_HOURS = "outside_hours"
    NOT_VALID = "not_valid"
    PLACE_UNKNOWN = "place_unknown"


@dataclass(frozen=True)
class Permit:
    """A decision: area in WGS 84, days from–until (inclusive), weekdays (0 = Monday), local hours.

    Hours that end at or before they begin run past midnight and belong to the day they begin.
    """

    decision_no: str
    area: Polygon | MultiPolygon
    valid_from: date
    valid_until: date
    weekdays: frozenset[int]
    hours_from: time
    hours_until: time


@dataclass(frozen=True)
class Verdict:
    """Covered by `decision_no`, or not, with the reason of the permit that came nearest."""

    covered: bool
    decision_no: str | None
    why: Uncovered | None


def read_area(wkt: str) -> Polygon | MultiPolygon:
    """Read an area from WKT (lon lat); raises CellError that says what is wrong."""
    anew = Said("draw the border anew")
    try:
        shape = from_wkt(wkt)
    except GEOSException as fault:
        raise CellError("not_wkt", Said("this is not well-known text"), anew) from fault
    if not isinstance(shape, Polygon | MultiPolygon):
        why = Said("this is a %(shape)s; a permit's area is a POLYGON", shape=shape.geom_type)
        raise CellError("not_a_polygon", why, anew)
    if shape.is_empty or not shape.is_valid:
        raise CellError("crossing", Said("this is empty or crosses itself"), anew)
    west, south, east, north = shape.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        why = Said("this is not longitude and latitude in degrees")
        raise CellError("not_degrees", why, Said("write lon first, then lat"))
    return shape


def _runs(permit: Permit, local: datetime) -> Uncovered | None:
    start, end, clock = permit.hours_from, permit.hours_until, local.time()
    day = local.date()
    overnight = end <= start
    if overnight and clock < end:
        day -= timedelta(days=1)
        within = True
    else:
        within = clock >= start and (overnight or clock < end)
    if not permit.valid_from <= day <= permit.valid_until:
        return Uncovered.NOT_VALID
    return None if within and day.weekday() in permit.weekdays else Uncovered.OUTSIDE_HOURS


def find_cover(permits: Sequence[Permit], lat: float, lon: float, local: datetime) -> Verdict:
    """Return whether any of `permits` covers the place at the local time, else the nearest miss."""
    nearest: Verdict = Verdict(False, None, Uncovered.OUTSIDE_AREA)
    for permit in permits:
        if not permit.area.covers(Point(lon, lat)):
            continue
        why = _runs(permit, local)
        if why is None:
            return Verdict(True, permit.decision_no, None)
        nearest = Verdict(False, permit.decision_no, why)
    return nearest
