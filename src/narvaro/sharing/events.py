"""What the doors tell the log. One frozen dataclass per kind; only added fields."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from narvaro.access.policy import Record
from narvaro.spine.events import Happening


@dataclass(frozen=True)
class CasePassedOn(Happening):
    """An alarm is passed on to another centre; `what`: asked, delivered, refused, given_up.

    `reference` is what the centre knows it by, `status` what it answered last, None for nothing.
    """

    kind: ClassVar[str] = "case.passed_on"
    record_class: ClassVar[str] = Record.CASE
    case: UUID
    what: str
    centre: str
    reference: str
    status: int | None = None
    unit: UUID | None = None


@dataclass(frozen=True)
class CentreNoted(Happening):
    """A centre that alarms may be passed on to was set up or changed."""

    kind: ClassVar[str] = "centre.noted"
    record_class: ClassVar[str] = Record.AUDIT
    centre: str
    host: str
    second_host: str
