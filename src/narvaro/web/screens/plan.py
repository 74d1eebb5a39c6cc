"""What the plan room shows, and the visits on a guard's phone. In: plans in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.shell import Choice, Problem


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit: begun somewhere in the window; where it is announced, at `from_at` and no other time."""

    id: str
    from_at: datetime
    until_at: datetime
    announced: bool
    place: str
    minutes: int
    reasons: tuple[str, ...]
    state: str
    state_label: str
    cause_label: str = ""
    changed_because: str = ""
    change_href: str = ""


@dataclass(frozen=True, slots=True)
class PlanBar:
    """A stretch on a unit's time line, in hundredths of the night; kind: drawn, asked, rest …"""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class HourMark:
    """A full hour on the time line."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit's night."""

    id: str
    call_sign: str
    about: str
    from_at: datetime
    until_at: datetime
    base: str
    rests: tuple[tuple[datetime, datetime], ...]
    visits: tuple[PlannedVisit, ...]
    bars: tuple[PlanBar, ...]


@dataclass(frozen=True, slots=True)
class NotVisited:
    """A place or a wish that nobody sees to, and why."""

    place: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a shift leader changed, why, and what it gave or cost."""

    at: datetime
    what: str
    why: str
    cost: str


@dataclass(frozen=True, slots=True)
class NightPlan:
    """A company's plan for the night; without one, `why_none` says what to do."""

    company: str
    state: str = ""
    state_label: str = ""
    made_at: datetime | None = None
    published_at: datetime | None = None
    forecast_at: datetime | None = None
    basis: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    covered: str = ""
    covered_share: float = 0.0
    usual: str = ""
    units: tuple[UnitPlan, ...] = ()
    hours: tuple[HourMark, ...] = ()
    left_out: tuple[NotVisited, ...] = ()
    left_out_more: int = 0
    changes: tuple[PlanChange, ...] = ()
    why_none: str = ""
    other_href: str = ""  # to the newer proposal, or back to what is published
    other_label: str = ""
    publish_url: str = ""
    propose_url: str = ""
    propose_label: str = ""
    add_href: str = ""


@dataclass(frozen=True, slots=True)
class PlaceCountRow:
    """A place over some nights: visits planned and what became of them."""

    place: str
    planned: int
    done: int
    short: int
    missed: int
    replaced: int
    unsaid: int


@dataclass(frozen=True, slots=True)
class PlanPage:
    """plan/page.html and plan/_body.html; `night` is the day on which it begins."""

    position: int
    night: str
    starts_at: datetime
    ends_at: datetime
    is_tonight: bool
    refresh_url: str
    previous_href: str
    next_href: str
    plans: tuple[NightPlan, ...]
    counts: tuple[PlaceCountRow, ...]
    counts_more: int
    counts_nights: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanChangePage:
    """plan/change.html: moves or takes out `visit`; without one, puts one in."""

    title: str
    back_href: str
    action_url: str
    units: tuple[Choice, ...]
    from_clock: str
    until_clock: str
    not_before: str
    why: str = ""
    visit: PlannedVisit | None = None
    call_sign: str = ""
    new_id: str = ""
    places: tuple[Choice, ...] = ()
    is_published: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneVisit:
    """A visit on the unit's phone, with what may be said of it now."""

    visit: PlannedVisit
    address: str
    lat: float | None
    lon: float | None
    start_url: str
    done_url: str
    short_url: str
    missed_url: str
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhoneVisits:
    """phone/_visits.html: where the unit is or goes next, what follows, what nobody has said yet."""

    now: PhoneVisit | None
    following: tuple[PlannedVisit, ...]
    unsaid: tuple[PhoneVisit, ...]
    left: int
    causes: tuple[Choice, ...]
