"""The words of a choice: what a case needs, a unit as the choice sees it, and the answer."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import inf, isnan
from uuid import UUID

from narvaro.core.permits import Permit, Verdict

FRESH_S = 300.0  # older than this, a position is called old and its travel time uncertain
UNIT_STATES = frozenset({"available", "busy", "break", "off_duty", "silent"})


class LeftOut(StrEnum):
    """Why a unit is not asked."""

    OFF_DUTY = "off_duty"
    SILENT = "silent"
    SOUGHT = "sought"
    ON_BREAK = "on_break"
    BUSY = "busy"
    LACKS_COMPETENCE = "lacks_competence"
    COMPETENCE_EXPIRED = "competence_expired"
    NO_PERMIT = "no_permit"
    NO_AGREEMENT = "no_agreement"
    LACKS_EQUIPMENT = "lacks_equipment"
    NO_KEY = "no_key"
    ALREADY_ASKED = "already_asked"
    NO_ROAD = "no_road"


class Reason(StrEnum):
    """Why a unit stands where it stands in the order."""

    NEAREST = "nearest"
    READINESS = "readiness"
    TAKEN_FROM_VISIT = "taken_from_visit"
    TAKEN_FROM_CASE = "taken_from_case"
    POSITION_FRESH = "position_fresh"
    POSITION_OLD = "position_old"
    POSITION_UNKNOWN = "position_unknown"
    PLACE_UNKNOWN = "place_unknown"
    OFF_MAP = "off_map"
    CLOSED_OFF = "closed_off"
    PERMIT_COVERS = "permit_covers"
    AGREEMENT_COVERS = "agreement_covers"
    KEY_HELD = "key_held"
    KEY_MISSING = "key_missing"
    ON_FOOT = "on_foot"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a case needs of a unit; priority 1 is the most urgent.

    `key` names the key that the site needs; a unit without it is sent all the same, to begin
    outside, unless `key_must`. `limit_s` is the response time that the terms allow, None where they
    name none; a case of danger to life has no slack whatever the terms say.
    """

    competences: frozenset[str] = frozenset()
    equipment: frozenset[str] = frozenset()
    priority: int = 3
    danger_to_life: bool = False
    key: str | None = None
    key_must: bool = False
    limit_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.priority < 1:
            raise ValueError(f"Demand.priority is {self.priority}; 1 is the most urgent.")
        if self.key_must and self.key is None:
            raise ValueError("Demand.key_must is set, but key is None: name the key.")
        if self.limit_s is not None and not 0 < self.limit_s < inf:
            raise ValueError(f"Demand.limit_s is {self.limit_s}; give seconds above 0, or None.")


@dataclass(frozen=True, slots=True)
class Work:
    """What a busy unit is doing: a visit of its plan, or a case (`label` is its number or place)."""

    label: str
    is_visit: bool = False
    priority: int = 3
    danger_to_life: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """Under which another organisation's units may be asked; its number is `cover.decision_no`."""

    kinds: frozenset[str]
    cover: Permit


@dataclass(frozen=True, slots=True)
class Held:
    """A competence that a member of the crew holds, valid from a day until (not including) another."""

    kind: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class Candidate:
    """A unit as the choice sees it.

    `travel_s` is None where the time cannot be known (no position, or a case without a place), inf
    where no road leads there. `position_age_s` is None without a position. `permit` is None for
    units that need none, `agreement` None for the contract's own units. `competences` are those
    valid on the day, `expired` those that somebody holds but not on the day. `work` is what a busy
    unit does; without it nobody may take the unit from it. `closed_off`: closed roads leave it no way,
    and its `travel_s` is None: somebody may let it through, nobody knows when.
    """

    unit: UUID
    call_sign: str
    state: str
    competences: frozenset[str]
    travel_s: float | None
    position_age_s: float | None
    on_foot: bool = False
    permit: Verdict | None = None
    already_asked: bool = False
    sought: bool = False
    expired: frozenset[str] = frozenset()
    equipment: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    agreement: Verdict | None = None
    work: Work | None = None
    closed_off: bool = False

    def __post_init__(self) -> None:
        """Refuse what no unit can be."""
        if self.state not in UNIT_STATES:
            known = ", ".join(sorted(UNIT_STATES))
            raise ValueError(f"Unit {self.call_sign}: state {self.state!r} is none of {known}.")
        if self.travel_s is not None and (isnan(self.travel_s) or self.travel_s < 0):
            raise ValueError(
                f"Unit {self.call_sign}: travel_s is {self.travel_s}; seconds, or None."
            )
        if self.position_age_s is not None and isnan(self.position_age_s):
            raise ValueError(f"Unit {self.call_sign}: position_age_s is no number; give None.")


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a unit is there, in seconds from now: between earliest and latest."""

    earliest_s: float
    latest_s: float


@dataclass(frozen=True)
class Ranked:
    """A unit that may be asked; earlier is better.

    `details` says for some reasons of what: the work it is taken from, the agreement, the key, the
    price of readiness. `arrival` is None where no time can be known.
    """

    candidate: Candidate
    reasons: tuple[Reason, ...]
    details: tuple[tuple[Reason, str], ...] = ()
    arrival: Arrival | None = None


@dataclass(frozen=True)
class Dropped:
    """A unit that is left out; `detail` names what is missing."""

    candidate: Candidate
    why: LeftOut
    detail: str = ""


@dataclass(frozen=True)
class Choice:
    """The order of asking, and who is left out."""

    ranked: tuple[Ranked, ...]
    left_out: tuple[Dropped, ...] = field(default=())
