"""What dispatch tells the log. One frozen dataclass per kind; only added fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from narvaro.access.policy import Record
from narvaro.spine.events import Happening


@dataclass(frozen=True)
class OfferMade(Happening):
    """A case was put to a unit."""

    kind: ClassVar[str] = "offer.made"
    record_class: ClassVar[str] = Record.OFFER
    case: UUID
    unit: UUID
    offer: UUID
    expires_at: datetime
    by_rule: bool


@dataclass(frozen=True)
class OfferAnswered(Happening):
    """An offer ended: accepted, declined, expired or withdrawn."""

    kind: ClassVar[str] = "offer.answered"
    record_class: ClassVar[str] = Record.OFFER
    case: UUID
    unit: UUID
    offer: UUID
    state: str


@dataclass(frozen=True)
class ResponseChanged(Happening):
    """A response reached one of its time points, by what source."""

    kind: ClassVar[str] = "response.changed"
    record_class: ClassVar[str] = Record.RESPONSE
    case: UUID
    unit: UUID | None
    response: UUID
    state: str
    point: str
    at: datetime
    source: str


@dataclass(frozen=True)
class CaseEscalated(Happening):
    """People were told that nobody has answered (step 1, 2 …), or somebody said "I have it"."""

    kind: ClassVar[str] = "case.escalated"
    record_class: ClassVar[str] = Record.CASE
    case: UUID
    step: int
    what: str
    unit: UUID | None = None


@dataclass(frozen=True)
class WatchChanged(Happening):
    """A unit's signs of life are waited for: started, ended, missed, returned."""

    kind: ClassVar[str] = "unit.watch"
    record_class: ClassVar[str] = Record.UNIT
    unit: UUID
    watch: UUID
    what: str
    due_at: datetime
    case: UUID | None
