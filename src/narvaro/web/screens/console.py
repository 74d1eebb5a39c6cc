"""What the console shows. In: cases, units and rankings in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.passing import StandingView
from narvaro.web.screens.readiness import ReadinessView
from narvaro.web.screens.shell import Choice, Problem
from narvaro.web.screens.silence import EscalationView, LostPaths, MissedSign
from narvaro.web.screens.system import TroubleBar


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A case put to a unit. state: waiting, accepted, declined, expired, withdrawn."""

    id: str
    call_sign: str
    state: str
    state_label: str
    offered_at: datetime
    expires_at: datetime
    answered_at: datetime | None = None
    by_label: str = ""  # "the response plan", "dispatcher D-12"
    since_label: str = ""  # what became of the unit that accepted, once it is on the case no more
    since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in the list. state: open, offered, accepted, rolling, on_scene, secured, cleared, closed.

    `href` is the detail fragment's address. priority: 1 highest … 4. `call_sign` is the unit that
    has accepted; `waiting` the offer that nobody has answered yet. `needs_person` marks a case
    that nobody is handling although the automatic offers have ended. `taken_by` says who has it
    since `taken_at`; where that is None he had it, and it came back. `missed_again_at`: its guard came
    back, and is missing once more. `restored_at`: what was silent is heard again, and nobody is needed.
    `state` is also no_answer, no_unit: the offers ended so. `told`: the duties that were told of it last.
    `late` once `target_at` has passed with nobody on scene; `absence_label` where it is red before.
    `heard`: its guard, who was missing, has given a sign of life.
    """

    id: str
    number: str
    href: str
    priority: int
    priority_label: str
    kind: str
    kind_label: str
    state: str
    state_label: str
    site: str
    address: str
    opened_at: datetime
    confirmed: bool = False
    waiting: OfferRow | None = None
    call_sign: str = ""
    target_at: datetime | None = None  # on scene no later than this, by the contract
    late: bool = False
    absence_label: str = ""
    needs_person: bool = False
    taken_by: str = ""
    taken_at: datetime | None = None
    restored_at: datetime | None = None
    told: tuple[str, ...] = ()
    told_at: datetime | None = None
    heard: bool = False
    missed_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One message from a device, or one call typed in."""

    received_at: datetime
    label: str
    code: str = ""
    zone: str = ""
    source_label: str = ""
    flag: str = ""  # "sent in clear text", "clock 94 s off"


@dataclass(frozen=True, slots=True)
class PlanView:
    """The site's response plan; the key itself is shown only to the accepted unit."""

    name: str
    version: int
    steps: tuple[str, ...]
    inner_check: bool
    needs: tuple[str, ...] = ()
    offer_label: str = ""  # "offered automatically" or "a person offers"


@dataclass(frozen=True, slots=True)
class RankedUnitRow:
    """A unit that may be sent, best first, and why; `offer_url` takes a POST."""

    unit_id: str
    call_sign: str
    rank: int
    role_label: str
    state: str
    state_label: str
    travel_s: float | None
    position_at: datetime | None
    reasons: tuple[str, ...]
    position_stale: bool = False
    recommended: bool = False
    offer_url: str = ""
    offer_state_label: str = ""  # "waiting", "declined" when it has been asked already


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A unit on duty that may not or should not be sent, and why not."""

    unit_id: str
    call_sign: str
    reason: str
    code: str = ""  # permit, competence, busy, break, position, road
    travel_s: float | None = None


@dataclass(frozen=True, slots=True)
class TimePointRow:
    """One of the eleven time points; `offset_s` counts from the response's first time."""

    code: str  # t0 … t10
    label: str
    at: datetime | None = None
    source: str = ""  # panel, receiver, system, dispatcher, phone, position, typed
    source_label: str = ""
    offset_s: float | None = None
    counts_as: str = ""  # "start" or "stop" where the contract's term counts from or to it


@dataclass(frozen=True, slots=True)
class SentRow:
    """One of several units on a case; `task_label` is empty for who leads."""

    call_sign: str
    state: str
    state_label: str
    task_label: str = ""


@dataclass(frozen=True, slots=True)
class CallRow:
    """That support was called in, by whom and how many units in all."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class SupportRow:
    """A unit that could be sent besides; `offer_url` takes a POST with `support=1`."""

    unit_id: str
    call_sign: str
    travel_s: float | None
    reasons: tuple[str, ...]
    offer_url: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the guard found, as reported; `text` only where the viewer is granted the words."""

    category_label: str
    reported_at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """Everything about one case for those who send units.

    `times` holds all eleven time points in order; it is empty before a unit has accepted.
    """

    row: CaseRow
    site_code: str
    site_kind_label: str
    premises: str
    lat: float | None
    lon: float | None
    signals: tuple[SignalRow, ...]
    plan: PlanView | None
    ranked: tuple[RankedUnitRow, ...]
    left_out: tuple[LeftOutRow, ...]
    offers: tuple[OfferRow, ...]
    times: tuple[TimePointRow, ...]
    ranked_at: datetime | None = None
    roads_note: str = ""  # what lay on the roads then
    alarm_grade: str = ""
    note: str = ""
    born_label: str = ""  # "panel", "typed in by D-12"
    close_url: str = ""  # a POST that ends the case
    asks_before_end: bool = False  # a grave case that no unit has been on
    recalls: str = ""  # the unit that is out and would be recalled by it
    finding: Finding | None = None
    sent: tuple[SentRow, ...] = ()  # where several units are on it
    support: tuple[SupportRow, ...] = ()  # who could come besides, once a unit has it
    calls: tuple[CallRow, ...] = ()  # who called in support
    short: int = 0  # so many more are wanted, and nobody is asked
    sends_nobody: bool = False  # a carrier's fault: `why_not` says what to do
    why_not: str = ""  # why no unit can be offered, when `ranked` is empty
    standing: StandingView | None = None
    escalation: EscalationView | None = None
    lost_paths: LostPaths | None = None
    missed_sign: MissedSign | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit on duty. state: available, offered, accepted, rolling, on_scene, busy, break."""

    id: str
    call_sign: str
    organisation: str
    role: str
    role_label: str
    travel: str  # car or foot
    travel_label: str
    state: str
    state_label: str
    position_at: datetime | None
    position_stale: bool = False
    case_number: str = ""
    crew: tuple[str, ...] = ()  # service numbers
    kit: tuple[str, ...] = ()  # labels
    keys: tuple[str, ...] = ()  # tags
    on_duty_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MapView:
    """Where the map gets its tiles and its features; no tiles: an empty ground, with a text."""

    features_url: str
    tiles_url: str = ""  # "/tiles/<sha256>/{z}/{x}/{y}.mvt"
    west: float = 0.0
    south: float = 0.0
    east: float = 0.0
    north: float = 0.0
    min_zoom: int = 8
    max_zoom: int = 15
    attribution: str = "© OpenStreetMap contributors"


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """console/page.html, and for its fragments _cases, _units (same class) and _case.

    `position` is the spine's position at which the page was read; the page listens from there.
    A fragment gets only its rows. _case.html gets `page` = CaseDetail or None.
    """

    position: int | None = None
    cases: tuple[CaseRow, ...] = ()
    units: tuple[UnitRow, ...] = ()
    map: MapView | None = None
    selected: CaseDetail | None = None
    can_type_in: bool = False
    can_close_roads: bool = False
    shows_reach: bool = False  # of units and cases, on the map and in words
    readiness: ReadinessView | None = None
    mode_label: str = ""
    trouble: TroubleBar | None = None


@dataclass(frozen=True, slots=True)
class NewCasePage:
    """console/new.html: posts `id`, `site` or `place`, `kind`, `note`.

    console/_urgent.html (same class): `urgent` are the cases of priority 1 that no unit has.
    """

    position: int
    id: str  # the proposed id: sending twice opens one case
    sites: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    urgent: tuple[CaseRow, ...] = ()
    place: str = ""
    note: str = ""
    problems: tuple[Problem, ...] = ()
    trouble: TroubleBar | None = None
