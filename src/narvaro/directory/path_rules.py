"""Where one may walk and cycle, and how fast. In: OpenStreetMap tags. Out: directions, metres a second.

Meaning of the tags: OpenStreetMap wiki, "Access restrictions", "Key:foot", "Key:bicycle",
"Key:oneway:bicycle". Speeds are planning values for a fit adult; what guards really need is learnt
later from their own tracks.
"""

from typing import NamedTuple

from narvaro.core.roads import BACKWARD, FORWARD
from narvaro.core.roads.graph import PROFILES, bit_of
from narvaro.directory import road_rules
from narvaro.directory.road_rules import KMH, Tags

BOTH = FORWARD | BACKWARD
WALKING_M_S, STEPS_M_S = 1.4, 0.7
CYCLING_KMH, SLOW_CYCLING_KMH, BESIDE_WALKERS_KMH = 17, 12, 8
PATHS = frozenset(("footway", "path", "pedestrian", "track", "bridleway", "cycleway", "steps"))
NOT_ON_FOOT = frozenset(("motorway", "motorway_link"))
NOT_BY_CYCLE = NOT_ON_FOOT | {"trunk", "trunk_link", "steps", "bridleway"}
CYCLES_BY_PERMISSION = frozenset(("footway", "pedestrian"))
ROUGH = frozenset(
    ("unpaved", "gravel", "fine_gravel", "ground", "dirt", "grass", "sand", "mud", "cobblestone",
     "sett", "pebblestone", "earth", "woodchips")
)  # fmt: skip
_NO = frozenset(("no", "private", "military", "agricultural", "forestry", "use_sidepath"))
_YES = frozenset(("yes", "designated", "permissive", "destination", "official", "customers"))
_AGAINST = frozenset(("opposite", "opposite_lane", "opposite_track"))
_WALLS = frozenset(("wall", "fence", "retaining_wall", "city_wall", "hedge", "guard_rail"))
_NOT_FOR_CYCLES = _WALLS | {"stile", "kissing_gate", "turnstile", "full-height_turnstile"}


class Use(NamedTuple):
    """The directions in which a profile may be on a way, and its metres a second."""

    ways: int
    m_s: float


NO_USE = Use(0, 0.0)


def list_uses(tags: Tags) -> tuple[Use, ...]:
    """Return how each profile may use a way, in the order of PROFILES."""
    return car(tags), on_foot(tags), by_cycle(tags)


def is_used(tags: Tags) -> bool:
    """Return whether anybody may be on a way."""
    return any(use.ways for use in list_uses(tags))


def car(tags: Tags) -> Use:
    """Return how a car may use a way."""
    if not road_rules.is_drivable(tags) or not (ways := road_rules.directions(tags)):
        return NO_USE
    return Use(ways, road_rules.speed_ms(tags))


def on_foot(tags: Tags) -> Use:
    """Return how one may walk along a way; one-way streets are none to a walker."""
    highway = tags.get("highway", "")
    if not _is_way(tags) or _said(tags, "foot") is False:
        return NO_USE
    closed = highway in NOT_ON_FOOT or tags.get("motorroad") == "yes"
    if closed and _said(tags, "foot") is not True:
        return NO_USE
    ways = BOTH
    if tags.get("oneway:foot") == "yes":
        ways = FORWARD
    return Use(ways, STEPS_M_S if highway == "steps" else WALKING_M_S)


def by_cycle(tags: Tags) -> Use:
    """Return how one may cycle along a way."""
    highway = tags.get("highway", "")
    said = _said(tags, "bicycle", "vehicle")
    closed = highway in NOT_BY_CYCLE or highway in CYCLES_BY_PERMISSION
    closed = closed or tags.get("motorroad") == "yes"
    if not _is_way(tags) or highway == "steps" or said is False or (closed and said is not True):
        return NO_USE
    kmh = CYCLING_KMH
    if tags.get("surface") in ROUGH or highway == "track":
        kmh = SLOW_CYCLING_KMH
    if highway in CYCLES_BY_PERMISSION:
        kmh = BESIDE_WALKERS_KMH
    return Use(_cycle_ways(tags), kmh * KMH)


def blocked_at(tags: Tags) -> int:
    """Return the bits of the profiles that do not get past a point with these tags."""
    passes = (
        road_rules.is_passable(tags),
        _passes(tags, _WALLS, "foot"),
        _passes(tags, _NOT_FOR_CYCLES, "bicycle", "vehicle"),
    )
    return sum(bit_of(one) for one, free in zip(PROFILES, passes, strict=True) if not free)


def _is_way(tags: Tags) -> bool:
    highway = tags.get("highway", "")
    if tags.get("area") == "yes" or tags.get("impassable") == "yes":
        return False
    return highway in road_rules.CLASS_KMH or highway in PATHS


def _said(tags: Tags, *keys: str) -> bool | None:
    """Tell whether the tags let one in or keep one out, the nearest key first; None: neither."""
    for key in (*keys, "access"):
        value = tags.get(key)
        if value in _NO:
            return False
        if value in _YES:
            return True
    return None


def _passes(tags: Tags, stopped_by: frozenset[str], *keys: str) -> bool:
    said = _said(tags, *keys)
    if said is not None:
        return said
    return tags.get("locked") != "yes" and tags.get("barrier") not in stopped_by


def _cycle_ways(tags: Tags) -> int:
    if tags.get("oneway:bicycle") == "no" or tags.get("cycleway") in _AGAINST:
        return BOTH
    if tags.get("oneway:bicycle") == "yes":
        return FORWARD
    return road_rules.directions(tags)
