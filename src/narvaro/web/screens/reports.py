"""What the reporting and damage pages show. In: values and ready-translated labels. Out: contexts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from narvaro.web.screens.phone import PhoneOffer
from narvaro.web.screens.shell import Choice, Problem


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """Choices under a heading; several groups are one choice."""

    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PlaceAndTime:
    """reports/_where.html and reports/_when.html; the times as their fields hold them."""

    where: str
    lat: str
    lon: str
    when: tuple[Choice, ...]
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class ObservationEntry:
    """One report in reports/new.html; its fields are named prefix + name."""

    prefix: str
    number: str
    id: str
    place: PlaceAndTime
    groups: tuple[ChoiceGroup, ...]
    known_by: tuple[Choice, ...]
    severities: tuple[Choice, ...]
    counts: tuple[Choice, ...]
    age_bands: tuple[Choice, ...]
    police_told: bool = False
    text: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class DamageEntry:
    """One damage in damage/new.html; its fields are named prefix + name."""

    prefix: str
    number: str
    id: str
    place: PlaceAndTime
    kinds: tuple[Choice, ...]
    part: str = ""
    offensive: bool = False
    estimate: str = ""
    police_reference: str = ""
    cost_centre: str = ""
    text: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportFormPage:
    """reports/new.html and damage/new.html; `blank` is what one more looks like.

    phone/_waiting.html (same class): the `offer` that waits for the unit meanwhile.
    """

    action_url: str
    entries: Sequence[ObservationEntry | DamageEntry]
    blank: ObservationEntry | DamageEntry
    places: tuple[str, ...]
    most: int
    position: int | None = None
    offer: PhoneOffer | None = None
    problems: tuple[Problem, ...] = ()
    of_case: str = ""  # the case's number, where an alarm led there
    response: str = ""
    shows_costs: bool = False


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo of a thing."""

    href: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class OwnReportRow:
    """One of the viewer's own reports, and what became of it."""

    id: str
    kind_label: str
    what_label: str
    place: str
    occurred_from: datetime
    occurred_until: datetime
    reported_at: datetime
    state: str
    state_label: str
    became: str
    text: str
    doubtful: int = 0
    href: str = ""
    photos: tuple[PhotoView, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnReportsPage:
    """reports/page.html; `sent`: what has just arrived, `receipt_id`: whose draft may be forgotten."""

    rows: tuple[OwnReportRow, ...]
    sent: tuple[OwnReportRow, ...] = ()
    receipt_id: str = ""
    may_report_damage: bool = False
    to_settle: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; `label` says what is doubtful in it, empty when nothing is."""

    words: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class DoubtfulRow:
    """One report whose words wait: posts `id`, `text`, and `keep` to leave them as they are."""

    id: str
    kind_label: str
    what_label: str
    place: str
    by: str
    reported_at: datetime
    due_at: datetime
    late: bool
    segments: tuple[Segment, ...]
    marks: tuple[str, ...]
    text: str
    may_keep: bool
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class WordsPage:
    """reports/words.html."""

    rows: tuple[DoubtfulRow, ...]
    leads: bool


@dataclass(frozen=True, slots=True)
class DamageRow:
    """One damage in the list; costs are None where they are not known or not shown."""

    href: str
    kind_label: str
    place: str
    part: str
    occurred_from: datetime
    occurred_until: datetime
    state: str
    state_label: str
    estimate_sek: Decimal | None = None
    final_sek: Decimal | None = None
    police_reference: str = ""
    by_patrol: bool = False
    offensive: bool = False
    removal_due_at: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class SumRow:
    """A line of a sum; `share` of the greatest line is for the bar."""

    label: str
    count: int
    cost: str
    unknown: int
    share: float


@dataclass(frozen=True, slots=True)
class SumTable:
    """Damage summed in one way."""

    id: str
    title: str
    head: str
    rows: tuple[SumRow, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class WaveCard:
    """A kind of site that is hit more often than its own year explains."""

    title: str
    expected: str
    seldom: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DamageListPage:
    """damage/page.html: filters by GET, sums, waves, the list."""

    rows: tuple[DamageRow, ...]
    count: int
    cost: str
    unknown: int
    site: str
    places: tuple[str, ...]
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    since: str
    until: str
    tables: tuple[SumTable, ...] = ()
    waves: tuple[WaveCard, ...] = ()
    problems: tuple[Problem, ...] = ()
    shows_costs: bool = False
    may_report: bool = False
    shows_own_only: bool = False


@dataclass(frozen=True, slots=True)
class DamagePage:
    """damage/detail.html: posts the change, or photos; `seen_as` says as whom it is looked at."""

    row: DamageRow
    id: str
    site: str
    premises: str
    address: str
    organisation: str
    reported_at: datetime
    discovered_at: datetime | None
    work_order: str
    cost_centre: str
    case_number: str
    text: str
    words_held: bool
    photos: tuple[PhotoView, ...]
    shows_costs: bool = False
    may_change: bool = False
    may_add_photos: bool = False
    states: tuple[Choice, ...] = ()
    estimate: str = ""
    final: str = ""
    see_as: tuple[Choice, ...] = ()
    seen_as: str = ""
    is_seen: bool = True
    why: str = ""
    problems: tuple[Problem, ...] = ()
