"""What the forecast tells the log. One frozen dataclass per kind; only added fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from narvaro.access.policy import Record
from narvaro.spine.events import Happening


@dataclass(frozen=True)
class ForecastMade(Happening):
    """A forecast was made and kept."""

    kind: ClassVar[str] = "forecast.made"
    record_class: ClassVar[str] = Record.FORECAST
    forecast: UUID
    starts_at: datetime
    hours: int
    engine: str
    events: int
    unit: UUID | None = None


@dataclass(frozen=True)
class ForecastScored(Happening):
    """A forecast was held against what happened, beside the naive map; once late reports are in."""

    kind: ClassVar[str] = "forecast.scored"
    record_class: ClassVar[str] = Record.FORECAST
    forecast: UUID
    events: float
    hits_1: float
    naive_hits_1: float
    unit: UUID | None = None


@dataclass(frozen=True)
class ForecastSwitched(Happening):
    """Plans use the forecast from now on, or the naive map."""

    kind: ClassVar[str] = "forecast.switched"
    record_class: ClassVar[str] = Record.FORECAST
    in_plans: bool
    unit: UUID | None = None
