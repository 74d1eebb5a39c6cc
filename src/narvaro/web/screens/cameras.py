"""What the cameras' page shows. In: events of cameras in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.shell import Choice


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One thing that a camera saw. `runs`: no end was heard of. priority: as a case would have it."""

    id: str
    what: str
    what_label: str
    note: str
    place: str
    camera: str
    camera_name: str
    looks: str  # "140°", empty where it is not known
    began_at: datetime
    heard_at: datetime
    ended_at: datetime | None
    count: int | None
    priority: int
    runs: bool = False
    review_due: bool = False


@dataclass(frozen=True, slots=True)
class NewRow:
    """One that nobody has looked at; `kinds` begins with the one that is proposed."""

    seen: SeenRow
    case_url: str = ""
    dismiss_url: str = ""
    kinds: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One that was decided: why nothing is to be done, or the case with how far it has come."""

    seen: SeenRow
    decided_at: datetime
    decided_by: str
    reason_label: str = ""
    case_number: str = ""
    case_state: str = ""
    case_state_label: str = ""
    case_href: str = ""


@dataclass(frozen=True, slots=True)
class CamerasPage:
    """cameras/page.html. `more`: how many new ones are not shown."""

    position: int
    new: tuple[NewRow, ...]
    decided: tuple[DecidedRow, ...]
    reasons: tuple[Choice, ...]
    may_decide: bool = False
    more: int = 0
