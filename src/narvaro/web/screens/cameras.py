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
    place: str
    camera: str
    camera_name: str
    looks: str  # a direction in words, empty where it is not known
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
class UntakenRow:
    """A camera whose events are refused until its papers are written down."""

    camera: str
    camera_name: str
    place: str


@dataclass(frozen=True, slots=True)
class GraveRow:
    """A fire or an intrusion that waits, as it is called out."""

    id: str
    what_label: str
    place: str
    camera: str


@dataclass(frozen=True, slots=True)
class GraveCount:
    """cameras/_count.html, in the room's tab: how many wait; `calls` those that are called out."""

    number: int
    refresh_url: str
    calls: tuple[GraveRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CamerasPage:
    """cameras/page.html. `more`: how many new ones are not shown."""

    position: int
    new: tuple[NewRow, ...]
    decided: tuple[DecidedRow, ...]
    reasons: tuple[Choice, ...]
    may_decide: bool = False
    more: int = 0
    untaken: tuple[UntakenRow, ...] = ()
