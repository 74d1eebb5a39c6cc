"""What the page of effects shows. In: counts and ready-translated words. Out: contexts."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class MeasureDone:
    """A measure of a meeting that named the place."""

    text: str
    owner: str
    state_label: str


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One prioritised place; verdict: fewer, more, cannot_tell."""

    place: str
    focus: str
    since: date
    weeks_named: int
    before: int
    before_weeks: float
    after: int
    after_weeks: float
    ratio: str
    range: str
    verdict: str
    verdict_label: str
    measures: tuple[MeasureDone, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectPage:
    """effect/page.html."""

    rows: tuple[EffectRow, ...]
    judged: int  # places with enough weeks and reports
    told: int  # of them, with a verdict
    by_chance: str  # verdicts that chance alone gives among the judged
    limits: tuple[str, ...]
