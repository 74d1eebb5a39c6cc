"""What a member sees of what is stored about him. In: rows, labels. Out: contexts."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class CompetenceRow:
    """A training or an appointment, `until` not included."""

    label: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift that was worked or will be."""

    call_sign: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OwnResponseRow:
    """A case that the member answered."""

    number: str
    place: str
    accepted_at: datetime
    state_label: str


@dataclass(frozen=True, slots=True)
class RawPositions:
    """Positions of the units that the member crewed, while he did."""

    count: int
    oldest_at: datetime | None
    gone_by: datetime | None


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A kind of record, and in how many of them the member stands."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class KeptRow:
    """How long a class of records is kept, and who sees it."""

    what: str
    how_long: str
    who: str


@dataclass(frozen=True, slots=True)
class OwnRecordPage:
    """own_record.html."""

    service_number: str
    role_label: str
    organisation: str
    valid_from: date
    valid_until: date | None
    last_login_at: datetime | None
    competences: tuple[CompetenceRow, ...]
    shifts: tuple[ShiftRow, ...]
    shifts_since: date
    positions: RawPositions
    positions_purpose: str
    named: tuple[NamedRow, ...]
    logged: int
    responses: tuple[OwnResponseRow, ...]
    kept: tuple[KeptRow, ...]
    never: tuple[str, ...]
    data_href: str
    reports_href: str = ""
