"""What the situation tells the log. One frozen dataclass per kind; only added fields."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from narvaro.access.policy import Record
from narvaro.spine.events import Happening


@dataclass(frozen=True)
class CaseOpened(Happening):
    """A case was born; `unit` is always None here (nobody is asked yet)."""

    kind: ClassVar[str] = "case.opened"
    record_class: ClassVar[str] = Record.CASE
    case: UUID
    number: int
    case_kind: str
    born: str
    priority: int
    site: UUID | None
    unit: UUID | None = None


@dataclass(frozen=True)
class CaseChanged(Happening):
    """A case took a new state, priority or mark; `what` names it."""

    kind: ClassVar[str] = "case.changed"
    record_class: ClassVar[str] = Record.CASE
    case: UUID
    what: str
    state: str
    priority: int
    unit: UUID | None = None


@dataclass(frozen=True)
class SignalAdded(Happening):
    """A signal joined a case."""

    kind: ClassVar[str] = "case.signal"
    record_class: ClassVar[str] = Record.CASE
    case: UUID
    signal: UUID
    code: str
    phase: str
    unit: UUID | None = None


@dataclass(frozen=True)
class UnitChanged(Happening):
    """A unit is available, busy or on a break."""

    kind: ClassVar[str] = "unit.changed"
    record_class: ClassVar[str] = Record.UNIT
    unit: UUID
    state: str
    case: UUID | None = None


@dataclass(frozen=True)
class IncidentReported(Happening):
    """A guard reported what had happened; the words stay in the record."""

    kind: ClassVar[str] = "incident.reported"
    record_class: ClassVar[str] = Record.REPORT
    case: UUID
    incident: UUID
    category: str
    unit: UUID | None = None
