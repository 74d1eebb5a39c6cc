"""What the plan tells the log. One frozen dataclass per kind; only added fields.

No event holds a place or a time of a visit: the log outlives the secret of the night.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from narvaro.access.policy import Record
from narvaro.spine.events import Happening


@dataclass(frozen=True)
class PlanProposed(Happening):
    """A night's plan was computed, or a proposal was changed by hand; it binds nobody yet."""

    kind: ClassVar[str] = "plan.proposed"
    record_class: ClassVar[str] = Record.PATROL_PLAN
    plan: UUID
    organisation: UUID
    night: str
    visits: int
    unit: UUID | None = None


@dataclass(frozen=True)
class PlanPublished(Happening):
    """The company's shift leader published a night's plan."""

    kind: ClassVar[str] = "plan.published"
    record_class: ClassVar[str] = Record.PATROL_PLAN
    plan: UUID
    organisation: UUID
    night: str
    visits: int
    unit: UUID | None = None


@dataclass(frozen=True)
class VisitChanged(Happening):
    """Visits of a unit in a published plan changed; `visit` names the one, if it was one."""

    kind: ClassVar[str] = "visit.changed"
    record_class: ClassVar[str] = Record.PATROL_PLAN
    plan: UUID
    unit: UUID
    what: str
    visit: UUID | None = None


@dataclass(frozen=True)
class KeyHandedOut(Happening):
    """A unit was given a key."""

    kind: ClassVar[str] = "key.handed_out"
    record_class: ClassVar[str] = Record.KEY
    key: UUID
    code: str
    unit: UUID


@dataclass(frozen=True)
class KeyTakenBack(Happening):
    """A key is in its cabinet again; `unit` had it, `found` says that it was missing."""

    kind: ClassVar[str] = "key.taken_back"
    record_class: ClassVar[str] = Record.KEY
    key: UUID
    code: str
    unit: UUID | None
    found: bool


@dataclass(frozen=True)
class KeyLost(Happening):
    """A key is missing; `unit` had it last, if it was out."""

    kind: ClassVar[str] = "key.lost"
    record_class: ClassVar[str] = Record.KEY
    key: UUID
    code: str
    unit: UUID | None
