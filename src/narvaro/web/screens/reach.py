"""What is shown of reach. In: times and names in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReachRow:
    """A site or a unit inside, and when somebody is there."""

    id: str
    name: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReachChoice:
    """A time limit to choose."""

    url: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ReachPanel:
    """console/_reach.html: the same as the outline on the map, as a list.

    `key` names the unit or case that it is of; `url` answers with the outline (GeoJSON).
    """

    key: str
    url: str
    title: str
    choices: tuple[ReachChoice, ...]
    rows: tuple[ReachRow, ...]
    why_not: str = ""
    notes: tuple[str, ...] = ()
    position_at: datetime | None = None
    position_stale: bool = False
