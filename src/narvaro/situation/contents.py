"""What a situation picture holds: plain values that JSON keeps as they are. In: counts. Out: a dict.

Counts, kinds, times and places; never a reporter's words, never a person. A kept picture is
read back by `read_contents`; fields are only ever added, with a default.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

PlaceKind = Literal["site", "area"]


@dataclass(frozen=True)
class Counted:
    """A count of this week beside the four weeks before; `low`–`high` is as usual."""

    now: int
    mean: float | None
    low: int | None
    high: int | None
    verdict: str


@dataclass(frozen=True)
class CategoryLine:
    """A kind of report, in the whole municipality."""

    category: str
    counted: Counted


@dataclass(frozen=True)
class When:
    """A stretch of the week in which a place's reports lie: 0 is Monday, hours are local."""

    weekday: int
    hour_from: int
    hour_until: int
    count: int


@dataclass(frozen=True)
class PlaceLine:
    """A place with this week's reports."""

    kind: PlaceKind
    id: str
    name: str
    counted: Counted
    categories: tuple[tuple[str, int], ...]
    when: tuple[When, ...]
    damage_sek: int


@dataclass(frozen=True)
class ReporterLine:
    """An organisation with somebody who may report."""

    organisation: str
    reports: int
    reports_week_before: int


@dataclass(frozen=True)
class DecisionLine:
    """A prioritised place of the week before, as it was decided."""

    place: str
    focus: str
    weekdays: tuple[int, ...]
    hours_from: str
    hours_until: str
    why: str


@dataclass(frozen=True)
class MeasureLine:
    """A measure of an earlier week, as it stood."""

    id: str
    text: str
    owner: str
    due_on: str
    state: str
    late: bool


@dataclass(frozen=True)
class PoliceLine:
    """A line of the police's public feed: context, no place on a map, in no count."""

    kind: str
    name: str
    at: str
    place: str
    summary: str
    address: str


@dataclass(frozen=True)
class Intake:
    """What came in during the week, and what became of it."""

    received: int
    organisations: int
    from_files: int
    merged: int
    referred: int
    rejected: int
    untouched: int  # nobody has triaged them
    reworded: int  # masked, or marked for their words
    counted: int


@dataclass(frozen=True)
class Unsaid:
    """A thing that the figures cannot say; `number` is of whatever the code names, a day its ordinal."""

    code: str
    number: float


@dataclass(frozen=True)
class Contents:
    """A week's picture."""

    monday: str
    begins: str
    ends: str
    intake: Intake
    total: Counted
    categories: tuple[CategoryLine, ...]
    places: tuple[PlaceLine, ...]
    damage_sek: int
    damages: int
    reporters: tuple[ReporterLine, ...]
    weeks_compared: int
    last_monday: str  # of the picture before, empty where there is none
    last_decisions: tuple[DecisionLine, ...]
    last_measures: tuple[MeasureLine, ...]
    police: tuple[PoliceLine, ...]
    unsaid: tuple[Unsaid, ...]

    def to_plain(self) -> dict[str, Any]:
        """Return the picture as JSON keeps it."""
        return asdict(self)


def _place(kept: Mapping[str, Any]) -> PlaceLine:
    return PlaceLine(
        **{
            **kept,
            "counted": Counted(**kept["counted"]),
            "categories": tuple((one[0], one[1]) for one in kept["categories"]),
            "when": tuple(When(**one) for one in kept["when"]),
        }
    )


def read_contents(kept: Mapping[str, Any]) -> Contents:
    """Read a picture as it was kept."""
    return Contents(
        **{
            **kept,
            "intake": Intake(**kept["intake"]),
            "total": Counted(**kept["total"]),
            "categories": tuple(
                CategoryLine(one["category"], Counted(**one["counted"]))
                for one in kept["categories"]
            ),
            "places": tuple(_place(one) for one in kept["places"]),
            "reporters": tuple(ReporterLine(**one) for one in kept["reporters"]),
            "last_decisions": tuple(
                DecisionLine(**{**one, "weekdays": tuple(one["weekdays"])})
                for one in kept["last_decisions"]
            ),
            "last_measures": tuple(MeasureLine(**one) for one in kept["last_measures"]),
            "police": tuple(PoliceLine(**one) for one in kept["police"]),
            "unsaid": tuple(Unsaid(**one) for one in kept["unsaid"]),
        }
    )
