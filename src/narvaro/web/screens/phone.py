"""What a guard's phone shows. In: the unit, its offer or response. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.console import PlanView, SignalRow, TimePointRow
from narvaro.web.screens.plan import PhoneVisits
from narvaro.web.screens.shell import Choice, Problem
from narvaro.web.screens.silence import PhoneWatch


@dataclass(frozen=True, slots=True)
class PhoneUnit:
    """The unit that the viewer is on; state as in UnitRow."""

    id: str
    call_sign: str
    state: str
    state_label: str
    position_at: datetime | None = None
    position_stale: bool = False
    on_duty_until: datetime | None = None
    crew: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AedView:
    """A defibrillator to fetch on the way."""

    name: str
    place: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class PhoneOffer:
    """A case put to the viewer's unit, with what helps to decide."""

    id: str
    number: str
    priority: int
    priority_label: str
    kind: str
    kind_label: str
    site: str
    address: str
    travel_s: float | None  # by the roads now where they have changed since it was asked
    offered_at: datetime
    expires_at: datetime
    accept_url: str
    decline_url: str
    note: str = ""  # what the caller said
    signals: tuple[SignalRow, ...] = ()
    confirmed: bool = False
    reasons: tuple[str, ...] = ()
    task_label: str = ""  # empty for who leads
    aed: AedView | None = None
    leaves: str = ""  # the number of the case that the unit is on, and would leave
    travel_from: datetime | None = None  # when the unit was where `travel_s` begins, if it is new


@dataclass(frozen=True, slots=True)
class PhoneStep:
    """One step of the response: accepted, rolling, on_scene, secured, left, reported.

    A step with `url` may be taken now (POST); the first of them is the big button.
    """

    code: str
    label: str
    done_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class WayStep:
    """A turn of the way, and how far it is from there to the next; `street` may be empty."""

    what: str
    street: str
    metres: int


@dataclass(frozen=True, slots=True)
class BesideRow:
    """Another unit of the case; state: offered, accepted, rolling, on_scene, secured."""

    call_sign: str
    state: str
    state_label: str
    when_label: str
    task_label: str = ""  # empty for who leads


@dataclass(frozen=True, slots=True)
class BesideView:
    """The other units of the case; `short` more are wanted, and nobody is asked."""

    rows: tuple[BesideRow, ...] = ()
    short: int = 0


@dataclass(frozen=True, slots=True)
class PhoneResponse:
    """The response that the viewer's unit is on; `key` is filled only after it has accepted."""

    id: str
    number: str
    priority: int
    priority_label: str
    kind: str
    kind_label: str
    site: str
    address: str
    lat: float | None
    lon: float | None
    state: str
    state_label: str
    steps: tuple[PhoneStep, ...]
    note: str = ""  # what the caller said
    signals: tuple[SignalRow, ...] = ()
    plan: PlanView | None = None
    key: str = ""
    target_at: datetime | None = None
    confirmed: bool = False
    way: tuple[WayStep, ...] = ()
    task_label: str = ""  # empty for who leads
    aed: AedView | None = None  # to be fetched on the way
    support_url: str = ""  # a POST that calls in one more unit: `wanted` in all
    wanted: int = 0
    beside: BesideView = BesideView()
    travels: bool = False  # still on the way there
    travel_s: float | None = None  # by the roads now
    travel_from: datetime | None = None

    @property
    def next_code(self) -> str:
        """Return the code of the step that comes next, the big button; empty when none is open."""
        return next((step.code for step in self.steps if step.url), "")


@dataclass(frozen=True, slots=True)
class ReportDue:
    """A response that has been left but not reported."""

    number: str
    site: str
    href: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended a moment ago without the unit's doing. code: recalled, expired, withdrawn."""

    id: str
    code: str
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A report that has arrived; `response_id` is whose draft the phone may forget."""

    response_id: str
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PhonePage:
    """phone/page.html and phone/_body.html; no unit: `why_no_unit` says what to do.

    `unit_state_url`/`unit_state_label`: the one change of state that is open now (break or back).
    """

    position: int
    unit: PhoneUnit | None
    offer: PhoneOffer | None = None
    response: PhoneResponse | None = None
    reports_due: tuple[ReportDue, ...] = ()
    just_now: tuple[Ended, ...] = ()
    receipt: Receipt | None = None
    unit_state_url: str = ""
    unit_state_label: str = ""
    why_no_unit: str = ""
    positions_purpose: str = ""
    visits: PhoneVisits | None = None
    watch: PhoneWatch | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """phone/report.html: posts `finding` (one), `checks` (several), `text`, `police_reference`.

    phone/_waiting.html (same class): the `offer` that waits for the unit meanwhile.
    """

    position: int
    response_id: str
    number: str
    site: str
    address: str
    kind_label: str
    action_url: str
    findings: tuple[Choice, ...]
    checks: tuple[Choice, ...]
    offer: PhoneOffer | None = None
    text: str = ""
    police_reference: str = ""
    asks_others: bool = False  # posts `others_arrived`, HH:MM: ambulance or rescue service
    others_arrived: str = ""
    times: tuple[TimePointRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    doubtful: tuple[str, ...] = ()  # what the wording rules marked, in words
