"""Which roads a car may use, and how fast. In: OpenStreetMap tags. Out: directions, metres a second.

Meaning of the tags: OpenStreetMap wiki, "Access restrictions", "Key:maxspeed", "Key:oneway",
"Key:barrier", "Tag:highway=traffic_signals", "Tag:highway=stop", "Tag:highway=give_way",
"Tag:highway=crossing". Speeds are signed limits, or the usual ones of the class where nothing is signed;
what guards really drive is learnt later from their own tracks.
"""

import re
from collections.abc import Mapping

from narvaro.core.roads import BACKWARD, FORWARD, ROAD_CLASSES

KMH = 1 / 3.6
MILE_KMH = 1.609344

CLASS_KMH: dict[str, float] = {
    "motorway": 110,
    "motorway_link": 70,
    "trunk": 90,
    "trunk_link": 60,
    "primary": 70,
    "primary_link": 50,
    "secondary": 60,
    "secondary_link": 50,
    "tertiary": 50,
    "tertiary_link": 40,
    "unclassified": 50,
    "road": 40,
    "residential": 40,
    "living_street": 10,
    "service": 20,
}
"""Road classes that cars use, with the speed where none is signed."""

BY_PERMISSION_KMH: dict[str, float] = {"track": 20, "pedestrian": 10, "busway": 30}
"""Classes that a car uses only where a tag lets it in."""

SLOW_SERVICE_KMH: dict[str, float] = {"parking_aisle": 10, "driveway": 15, "drive-through": 10}
TOP_KMH: dict[str, float] = {"living_street": 15, "service": 30, "track": 30, "pedestrian": 10}
"""However high the signed limit, nobody drives faster there."""

ZONE_KMH: dict[str, float] = {
    "living_street": 10,
    "walk": 7,
    "school": 30,
    "urban": 50,
    "rural": 80,
    "trunk": 90,
    "motorway": 110,
}
"""Limits named by kind (`SE:urban`), where the country gives no figure."""
SWEDISH_RURAL_KMH = 70.0
NO_LIMIT_KMH = 120.0
SLOWEST_KMH = 5.0

WAIT_S: dict[str, tuple[float, float, float]] = {
    "": (0, 0, 0),
    "give_way": (2, 0, 1),
    "signalled_crossing": (2, 8, 4),
    "larger_road": (3, 2, 3),
    "stop": (4, 0, 2),
    "signals": (6, 4, 5),
}
"""Seconds that a car, a walker and a cyclist wait at a point; set by us, own drives correct them.

Lights: who comes at any time to lights with a cycle C that are green for g waits (C - g)² / 2C on the
average: 7.5 s for 60 s and 30 s, shared by the 1.25 lights that a junction has on a way through it.
"""
SIGNS = tuple(WAIT_S)
"""What one waits at, by the code of the core."""

RANK: dict[str, int] = {
    "service": 0, "living_street": 0, "track": 0, "pedestrian": 0, "busway": 0,
    "residential": 1, "unclassified": 1, "road": 1,
    "tertiary": 2, "tertiary_link": 2,
    "secondary": 3, "secondary_link": 3,
    "primary": 4, "primary_link": 4,
    "trunk": 5, "trunk_link": 5,
    "motorway": 6, "motorway_link": 6,
}  # fmt: skip
"""Which road gives way to which where no sign is mapped: the lower to one that passes through."""
YIELDED_TO, ROUNDABOUT, NO_RANK = 2, 7, -1
_CLASS_OF: dict[str, str] = {
    **dict.fromkeys(("motorway", "motorway_link", "trunk", "trunk_link"), "fast"),
    **dict.fromkeys(("primary", "primary_link", "secondary", "secondary_link"), "main"),
    **dict.fromkeys(("tertiary", "tertiary_link"), "collector"),
    **dict.fromkeys(("residential", "unclassified", "road", "living_street"), "local"),
    **dict.fromkeys(("service", "track", "busway"), "service"),
    "steps": "steps",
}

_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_LETS_IN = frozenset(
    (
        "yes",
        "permissive",
        "designated",
        "destination",
        "customers",
        "delivery",
        "official",
        "permit",
    )
)
_KEEPS_OUT = frozenset(
    (
        "no",
        "private",
        "agricultural",
        "forestry",
        "military",
        "bus",
        "psv",
        "residents",
        "emergency",
    )
)
_OPEN_BARRIERS = frozenset(
    (
        "gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "bump_gate", "hampshire_gate",
        "toll_booth", "border_control", "cattle_grid", "entrance", "height_restrictor", "kerb", "yes", "no",
        "ditch", "wicket_gate", "open",
    )
)  # fmt: skip
_NUMBER = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph|knots)?\s*$")

Tags = Mapping[str, str]


def car_access(tags: Tags) -> bool | None:
    """Tell whether cars are let in or kept out by tag; None where no tag says so."""
    for key in _ACCESS_KEYS:
        value = tags.get(key)
        if value in _KEEPS_OUT:
            return False
        if value in _LETS_IN:
            return True
    return None


def is_drivable(tags: Tags) -> bool:
    """Tell whether a car may use a way with these tags."""
    highway = tags.get("highway", "")
    if tags.get("area") == "yes" or tags.get("impassable") == "yes":
        return False
    if highway in CLASS_KMH:
        return car_access(tags) is not False
    return highway in BY_PERMISSION_KMH and car_access(tags) is True


def directions(tags: Tags) -> int:
    """Return FORWARD, BACKWARD or both; 0 where the direction changes with the hour."""
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        value = tags.get(key)
        if value in {"yes", "true", "1"}:
            return FORWARD
        if value in {"-1", "reverse"}:
            return BACKWARD
        if value == "reversible":
            return 0
        if value in {"no", "false", "0", "alternating"}:
            return FORWARD | BACKWARD
    implied = tags.get("junction") in {"roundabout", "circular"} or tags["highway"] == "motorway"
    return FORWARD if implied else FORWARD | BACKWARD


def speed_ms(tags: Tags) -> float:
    """Return the metres per second at which a car drives along a way."""
    highway = tags["highway"]
    usual = CLASS_KMH.get(highway) or BY_PERMISSION_KMH[highway]
    if highway == "service":
        usual = SLOW_SERVICE_KMH.get(tags.get("service", ""), usual)
    signed = [signed_kmh(tags[key], usual) for key in _limits(tags)]
    kmh = min(signed) if signed else usual
    return max(SLOWEST_KMH, min(kmh, TOP_KMH.get(highway, kmh))) * KMH


def _limits(tags: Tags) -> list[str]:
    if "maxspeed" in tags:
        return ["maxspeed"]
    return [key for key in ("maxspeed:forward", "maxspeed:backward") if key in tags]


def signed_kmh(text: str, usual: float) -> float:
    """Return the limit in km/h: `50`, `30 mph`, `SE:urban`, `none`; else the usual speed.

    Of several values the lowest holds.
    """
    if ";" in text:
        return min(signed_kmh(part, usual) for part in text.split(";"))
    number = _NUMBER.match(text.lower())
    if number and float(number[1]) > 0:
        factor = {"mph": MILE_KMH, "knots": 1.852}.get(number[2] or "", 1.0)
        return float(number[1]) * factor
    if text == "none":
        return NO_LIMIT_KMH
    country, _, zone = text.rpartition(":")
    if country == "SE" and zone == "rural":
        return SWEDISH_RURAL_KMH
    figure = _NUMBER.match(zone.removeprefix("zone"))
    if country and figure:
        return float(figure[1])
    return ZONE_KMH.get(zone, usual)


def road_class(tags: Tags) -> int:
    """Return the index in ROAD_CLASSES of a way; what no car uses as a road is a path."""
    return ROAD_CLASSES.index(_CLASS_OF.get(tags.get("highway", ""), "path"))


def rank(tags: Tags) -> int:
    """Return the rank of a way among roads; NO_RANK where no car drives."""
    if not is_drivable(tags) or not directions(tags):
        return NO_RANK
    if tags.get("junction") in {"roundabout", "circular"}:
        return ROUNDABOUT
    return RANK[tags["highway"]]


def sign_at(tags: Tags) -> tuple[str, int]:
    """Return what one waits at at a point, and for whom: who travels FORWARD, BACKWARD or both.

    A direction is that of the ways that the point is on; where none is mapped, it holds for both.
    """
    sign = tags.get("highway", "")
    if sign == "traffic_signals":
        return "signals", _facing(tags, "traffic_signals:direction", "direction")
    if sign in {"stop", "give_way"}:
        return sign, _facing(tags, "direction")
    by_lights = tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes"
    if sign == "crossing" and by_lights:
        return "signalled_crossing", FORWARD | BACKWARD
    return "", 0


def _facing(tags: Tags, *keys: str) -> int:
    said = next((tags[key] for key in keys if key in tags), "")
    return {"forward": FORWARD, "backward": BACKWARD}.get(said, FORWARD | BACKWARD)


def is_passable(tags: Tags) -> bool:
    """Tell whether a car passes a point with these tags: a barrier, or a crossing that forbids it.

    Bollards and blocks stop it, gates do not, unless they are tagged as closed to it.
    """
    allowed = car_access(tags)
    if allowed is not None:
        return allowed
    if tags.get("locked") == "yes":
        return False
    barrier = tags.get("barrier")
    return barrier is None or barrier in _OPEN_BARRIERS
