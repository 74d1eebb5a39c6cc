"""What the page of closed roads shows of winter and of travel times. In: rows in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.shell import Choice


@dataclass(frozen=True, slots=True)
class WinterView:
    """The winter on the roads now, and the form for another."""

    states: tuple[Choice, ...]
    until: tuple[Choice, ...]
    now: str = ""  # a sentence, "" where the roads are as usual


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Errors of one hour, or of all: what the map says, and what it would say with own drives."""

    label: str
    drives: int
    before: tuple[float, float, float] | None  # median, 9 in 10, signed median, seconds
    after: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class FactorView:
    """What times are multiplied by on a class of roads, or at some hours; with its interval."""

    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ProfileView:
    """What drives (or walks) say."""

    label: str
    verdict: str
    rows: tuple[ErrorView, ...] = ()
    factors: tuple[FactorView, ...] = ()


@dataclass(frozen=True, slots=True)
class TimesView:
    """How right the travel times were, and whether they follow own drives."""

    made_at: datetime | None
    told: str  # a sentence on what offers said
    profiles: tuple[ProfileView, ...]
    used: str  # a sentence: since when times follow own drives, "" where they do not
    can_use: str = ""  # the id of what can be used
