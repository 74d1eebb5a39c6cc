"""What the contract room shows. In: terms, months, responses in words. Out: contexts."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from narvaro.web.screens.console import Finding, TimePointRow
from narvaro.web.screens.shell import Choice, Problem


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which somebody must decide."""

    label: str
    on: date
    days_left: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract in the list."""

    href: str
    number: str
    title: str
    buyer: str
    supplier: str
    ends_on: date
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class ContractListPage:
    """contract/list.html."""

    contracts: tuple[ContractRow, ...]
    new_href: str = ""


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period; state: ended, current, agreed (exercised, to come), open, lapsed. Days inclusive."""

    label: str
    starts_on: date
    ends_on: date
    state: str
    state_label: str
    exercised_on: date | None = None
    decide_by: date | None = None


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line of the price list."""

    name: str
    unit_label: str
    price_sek: Decimal


@dataclass(frozen=True, slots=True)
class TermRow:
    """A response term as agreed, in words; `share` is 0–1."""

    name: str
    kind_labels: tuple[str, ...]
    start_label: str
    stop_label: str
    target_minutes: float
    share: float
    penalty_sek: Decimal


@dataclass(frozen=True, slots=True)
class StatementLink:
    """One month that has a statement; `label` like "November 2026"."""

    label: str
    href: str
    responses: int
    late: int = 0


@dataclass(frozen=True, slots=True)
class ContractPage:
    """contract/page.html."""

    number: str
    title: str
    buyer: str
    supplier: str
    notice_months: int
    today: date
    periods: tuple[PeriodRow, ...]
    deadline: Deadline | None
    terms: tuple[TermRow, ...]
    prices: tuple[PriceRow, ...]
    statements: tuple[StatementLink, ...]


@dataclass(frozen=True, slots=True)
class TermResult:
    """What a month gave under one response term; shares 0–1, None where nothing was measured."""

    name: str
    measured: int
    within: int
    late: int
    not_measured: int
    agreed_share: float
    share: float | None
    met: bool | None
    median_s: float | None
    penalty_sek: Decimal
    rule: str = ""  # "received → on scene, at most 20 min, 90 %"
    stated_only: int = 0  # of the measured, known from the supplier's own list alone


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One response in the month; `response_s` is None when the stop is missing, `remark` says why.

    A case to which no unit came has neither `call_sign` nor `href`. `stated`: the arrival is known
    from the supplier's own list alone.
    """

    href: str
    number: str
    site: str
    kind_label: str
    call_sign: str
    started_at: datetime
    response_s: float | None
    target_s: float | None
    late: bool = False
    price_sek: Decimal | None = None
    penalty_sek: Decimal = Decimal(0)
    remark: str = ""
    proof_label: str = ""
    stated: bool = False


@dataclass(frozen=True, slots=True)
class StatementPage:
    """contract/statement.html."""

    contract_number: str
    contract_title: str
    contract_href: str
    buyer: str
    supplier: str
    month_label: str
    results: tuple[TermResult, ...]
    lines: tuple[StatementLine, ...]
    price_sum_sek: Decimal
    penalty_sum_sek: Decimal
    previous_href: str = ""
    next_href: str = ""
    running: bool = False  # the month has not ended: its figures may still change
    presence_href: str = ""
    first_there: str = ""  # how often a unit was there before ambulance and rescue service


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of the log behind a response."""

    position: int
    at: datetime
    kind: str
    label: str
    by_label: str = ""
    detail: str = ""
    fingerprint: str = ""  # the event's place in the chain, short


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """contract/response.html: one line of the statement opened down to its events."""

    contract_number: str
    contract_href: str
    statement_href: str
    month_label: str
    number: str
    site: str
    address: str
    kind_label: str
    call_sign: str
    response_s: float | None
    target_s: float | None
    late: bool
    term_name: str
    rule: str
    times: tuple[TimePointRow, ...]
    events: tuple[EventRow, ...] = ()
    remark: str = ""
    finding: Finding | None = None
    also_told: tuple[str, ...] = ()  # what weaker sources say of the same points
    ahead: str = ""


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many, of what, and what there is to say of it."""

    label: str
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class GradeRow:
    """Presence with one kind of proof."""

    label: str
    stays: int
    hours: float


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """A place of the month: planned, proven, stated."""

    place: str
    planned: int
    kept: int
    proven: int
    proven_h: float
    stated: int
    stated_h: float
    borne_out: int


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Hours delivered on one activity, as stated; `share` is 0–1 of all."""

    label: str
    hours: Decimal
    share: float


@dataclass(frozen=True, slots=True)
class PresencePage:
    """contract/presence.html."""

    contract_number: str
    contract_title: str
    contract_href: str
    statement_href: str
    month_label: str
    buyer: str
    supplier: str
    planned: int
    coming: int
    states: tuple[CountRow, ...]
    reasons: tuple[CountRow, ...]
    grades: tuple[GradeRow, ...]
    places: tuple[PresenceRow, ...]
    hours: tuple[HoursRow, ...]
    hours_sum: Decimal
    untimed: int = 0  # stated rows without a time of day
    running: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """A field as it was written, and what is wrong with it; with `choices` it is a choice."""

    name: str
    label: str
    value: str = ""
    type: str = "text"
    fault: str = ""
    help: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def id(self) -> str:
        """Return the field's name as an id may be written."""
        return "".join(one if one.isalnum() else "-" for one in self.name)


@dataclass(frozen=True, slots=True)
class FormPart:
    """Fields that belong together."""

    title: str
    fields: tuple[FormField, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class ContractForm:
    """contract/new.html."""

    parts: tuple[FormPart, ...]
    kinds: FormField
    problems: tuple[Problem, ...] = ()
