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
    """A case took a new state, priority or mark; `what` names it.

    `units` are wanted on scene, where that is what somebody asked for.
    """

    kind: ClassVar[str] = "case.changed"
    record_class: ClassVar[str] = Record.CASE
    case: UUID
    what: str
    state: str
    priority: int
    unit: UUID | None = None
    units: int | None = None


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


@dataclass(frozen=True)
class ObservationReported(Happening):
    """Somebody reported what he had noticed; the words stay in the record."""

    kind: ClassVar[str] = "observation.reported"
    record_class: ClassVar[str] = Record.OBSERVATION
    observation: UUID
    category: str
    site: UUID | None
    unit: UUID | None = None


@dataclass(frozen=True)
class DamageReported(Happening):
    """Damage was reported; the words stay in the record."""

    kind: ClassVar[str] = "damage.reported"
    record_class: ClassVar[str] = Record.DAMAGE
    damage: UUID
    damage_kind: str
    site: UUID | None
    by_patrol: bool
    unit: UUID | None = None


@dataclass(frozen=True)
class DamageChanged(Happening):
    """Damage took a new state, cost or reference; `what` names the fields."""

    kind: ClassVar[str] = "damage.changed"
    record_class: ClassVar[str] = Record.DAMAGE
    damage: UUID
    what: tuple[str, ...]
    state: str
    unit: UUID | None = None


@dataclass(frozen=True)
class PhotoKept(Happening):
    """A photo of a thing was put to a report; its digest is proof that it is the same."""

    kind: ClassVar[str] = "photo.kept"
    record_class: ClassVar[str] = Record.REPORT
    photo: UUID
    report: UUID
    sha256: str
    unit: UUID | None = None


@dataclass(frozen=True)
class WordsSettled(Happening):
    """The doubtful words of a report were looked at: kept as they were, or changed."""

    kind: ClassVar[str] = "words.settled"
    record_class: ClassVar[str] = Record.REPORT
    report: UUID
    changed: bool
    unit: UUID | None = None


@dataclass(frozen=True)
class ObservationTriaged(Happening):
    """An observation was taken into the week's picture, merged, referred, rejected or put back."""

    kind: ClassVar[str] = "observation.triaged"
    record_class: ClassVar[str] = Record.OBSERVATION
    observation: UUID
    state: str
    into: UUID | None = None
    unit: UUID | None = None


@dataclass(frozen=True)
class PictureFrozen(Happening):
    """A week's picture was frozen: what the meeting sees stands fast from here."""

    kind: ClassVar[str] = "picture.frozen"
    record_class: ClassVar[str] = Record.PICTURE
    picture: UUID
    monday: str
    reports: int
    unit: UUID | None = None


@dataclass(frozen=True)
class PictureDecided(Happening):
    """The meeting decided on a place, dropped one, or was done; `what`: place, dropped, done."""

    kind: ClassVar[str] = "picture.decided"
    record_class: ClassVar[str] = Record.PICTURE
    picture: UUID
    monday: str
    what: str
    decision: UUID | None = None
    focus: str = ""
    unit: UUID | None = None


@dataclass(frozen=True)
class MeasureChanged(Happening):
    """A measure was given to somebody, or came further."""

    kind: ClassVar[str] = "measure.changed"
    record_class: ClassVar[str] = Record.PICTURE
    picture: UUID
    measure: UUID
    owner: UUID
    state: str
    unit: UUID | None = None


@dataclass(frozen=True)
class PicturePublished(Happening):
    """A week's picture and decisions are open to all who work together."""

    kind: ClassVar[str] = "picture.published"
    record_class: ClassVar[str] = Record.PICTURE
    picture: UUID
    monday: str
    places: int
    measures: int
    unit: UUID | None = None


@dataclass(frozen=True)
class PictureRead(Happening):
    """Another organisation read a published picture; `what`: page, paper."""

    kind: ClassVar[str] = "picture.read"
    record_class: ClassVar[str] = Record.PICTURE
    picture: UUID
    monday: str
    what: str
    organisation: UUID
    unit: UUID | None = None


@dataclass(frozen=True)
class WordsRead(Happening):
    """Words of other organisations' reports were shown to somebody, once for a page; `what` page."""

    kind: ClassVar[str] = "words.read"
    record_class: ClassVar[str] = Record.OBSERVATION
    what: str
    reports: int
    organisations: tuple[UUID, ...]
    unit: UUID | None = None


@dataclass(frozen=True)
class CameraSeen(Happening):
    """A camera's analytics saw something new; what goes on or ends tells nothing more."""

    kind: ClassVar[str] = "camera.seen"
    record_class: ClassVar[str] = Record.CAMERA_EVENT
    camera_event: UUID
    camera: UUID
    what: str
    site: UUID | None
    unit: UUID | None = None


@dataclass(frozen=True)
class CameraDecided(Happening):
    """An operator made a case of what a camera saw, or said why nothing is to be done."""

    kind: ClassVar[str] = "camera.decided"
    record_class: ClassVar[str] = Record.CAMERA_EVENT
    camera_event: UUID
    camera: UUID
    state: str
    reason: str = ""
    case: UUID | None = None
    unit: UUID | None = None
