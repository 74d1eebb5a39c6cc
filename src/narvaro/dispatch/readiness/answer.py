"""What readiness answers. In: the core's figures, rows. Out: plain values for a page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from narvaro.core import readiness as core


class NoteCode(StrEnum):
    """What the figures leave out, or stand on without knowing."""

    NO_MAP = "no_map"  # no travel time is known
    NO_POSITION = "no_position"  # n sites without a position are not counted
    OFF_MAP = "off_map"  # n sites lie too far from any road: unknown
    NO_TERM = "no_term"  # n sites without an agreed response time: NO_TERM_S
    UNIT_UNKNOWN = "unit_unknown"  # n free units have no position, or none on the map
    OWN_UNITS = "own_units"  # units of other organisations are not counted
    NO_FORECAST = "no_forecast"  # only sites are counted
    NAIVE = "naive"  # expected by the naive map
    PLANS_HIDDEN = "plans_hidden"  # the viewer may not know of planned visits: no advice


@dataclass(frozen=True)
class Note:
    """One thing to be said beside the figures."""

    code: NoteCode
    n: int = 0


@dataclass(frozen=True)
class Lost:
    """A site that is within its limit no more if a unit leaves; `after_s` is None where nobody comes."""

    site_id: UUID
    name: str
    limit_s: float
    before_s: float
    after_s: float | None


@dataclass(frozen=True)
class UnitCover:
    """A unit on duty, and what its leaving would change; nothing where it is not free."""

    unit_id: UUID
    call_sign: str
    state: str
    is_free: bool
    position_age_s: float | None
    if_leaves: core.Readiness
    lost: tuple[Lost, ...]


@dataclass(frozen=True)
class SiteCover:
    """A site, its limit, and who is there first: None where nobody is known to come."""

    site_id: UUID
    name: str
    limit_s: float
    has_term: bool
    is_within: bool
    is_unknown: bool
    nearest: str | None
    nearest_s: float | None


@dataclass(frozen=True)
class Move:
    """A planned visit to take now, by the unit that was to make it at `planned_at`.

    `leaves` is the place of a visit that it is at and would break off, empty where there is none.
    """

    unit_id: UUID
    call_sign: str
    visit_id: UUID
    place: str
    planned_at: datetime
    drive_s: float
    stay_s: float
    leaves: str


@dataclass(frozen=True)
class Advice:
    """One or two moves, and the readiness before, and once the units are there, for `lasts_s`.

    `gain` is in cases or, `by_sites`, in sites times hours; `extra_s` is what it costs in driving.
    """

    moves: tuple[Move, ...]
    before: core.Readiness
    after: core.Readiness
    gain: float
    by_sites: bool
    lasts_s: float
    extra_s: float


@dataclass(frozen=True)
class Readiness:
    """How ready the units on duty are at a moment.

    `leaving` is the unit that was asked for with `without`; `advice` is then for when it has left.
    `elsewhere_per_h` is expected at no site, and in no share. `map_sha256` is empty without a map.
    """

    at: datetime
    now: core.Readiness
    units: tuple[UnitCover, ...]
    sites: tuple[SiteCover, ...]
    leaving: UnitCover | None
    advice: Advice | None
    forecast_at: datetime | None
    elsewhere_per_h: float | None
    map_sha256: str
    notes: tuple[Note, ...]
