"""What the pages of AEDs and keys show. In: rows in words. Out: contexts."""

from dataclasses import dataclass
from datetime import date, datetime

from narvaro.web.screens.shell import Choice


@dataclass(frozen=True, slots=True)
class AedRow:
    """An AED. state: ready (open now), shut, hours_unknown, unverified, broken."""

    id: str
    code: str
    name: str
    place: str
    state: str
    state_label: str
    opens_label: str  # when it opens next, empty where that is not known or it is open
    hours: tuple[str, ...]
    closed_on: tuple[date, ...]  # the days to come
    verified_on: date | None
    verified: bool


@dataclass(frozen=True, slots=True)
class AidsPage:
    """aids/page.html: the AEDs by name."""

    position: int
    aeds: tuple[AedRow, ...] = ()
    usable: int = 0  # a unit may be sent by way of so many now


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that is out or missing; `lost_at` and `out_at` say since when."""

    id: str
    code: str
    opens: tuple[str, ...]
    kept_at: str
    call_sign: str = ""
    out_at: datetime | None = None
    out_by: str = ""
    lost_at: datetime | None = None
    lost_by: str = ""
    back_url: str = ""
    lost_url: str = ""


@dataclass(frozen=True, slots=True)
class KeysView:
    """night/_keys.html and night/_hand_out.html: the keys that are out, and what may be handed out."""

    rows: tuple[KeyRow, ...] = ()
    in_cabinet: tuple[Choice, ...] = ()
    units: tuple[Choice, ...] = ()
    total: int = 0
