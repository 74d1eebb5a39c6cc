"""What the room of expected harm shows. In: figures in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SpanCell:
    """Expected in some hours: the number, its range, a rate in plain words, and the cost."""

    label: str
    expected: str
    range: str
    often: str = ""
    cost: str = ""
    cost_range: str = ""


@dataclass(frozen=True, slots=True)
class HourCell:
    """One hour: when it begins, its number, its bar in a strip 20 high."""

    at: datetime
    expected: str
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class PartRow:
    """What a part of the forecast adds here, and everywhere."""

    label: str
    share: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class RiskPlace:
    """A place; the first of `spans` is tonight."""

    number: int
    name: str
    kind_label: str
    spans: tuple[SpanCell, ...]
    hours: tuple[HourCell, ...]
    peak: datetime
    why: tuple[str, ...]
    parts: tuple[PartRow, ...]
    shared: str = ""


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period of the forecast: what is expected in the whole area, and at none of the places."""

    begins: datetime
    ends: datetime
    whole: SpanCell
    elsewhere: SpanCell


@dataclass(frozen=True, slots=True)
class CountRow:
    """Something counted."""

    label: str
    number: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A week's scores, ours beside the naive map's; empty where too few events say nothing."""

    label: str
    happened: str
    expected: str
    hits_1: str
    naive_hits_1: str
    hits_5: str
    naive_hits_5: str
    gain: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoreView:
    """How the forecast has done; `verdict` is the plain sentence, `code` better, mixed, not_better, too_few."""

    code: str
    verdict: str
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, slots=True)
class UseSwitch:
    """Whether plans use the forecast, and the form that changes it (no `url`: not the viewer's)."""

    in_plans: bool
    url: str = ""


@dataclass(frozen=True, slots=True)
class RiskPage:
    """forecast/page.html; without `periods` there is no forecast, and `why_none` says why."""

    periods: tuple[PeriodRow, ...]
    places: tuple[RiskPlace, ...]
    more: tuple[RiskPlace, ...]
    hours: tuple[HourCell, ...]
    context: tuple[str, ...]
    made_at: datetime | None
    until: datetime | None
    used: tuple[CountRow, ...]
    left_out: tuple[CountRow, ...]
    cannot_say: tuple[str, ...]
    score: ScoreView
    switch: UseSwitch
    shows_costs: bool
    why_none: str = ""
    blind: str = ""  # where most of what is known has no place on the map
