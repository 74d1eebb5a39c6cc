"""What the week room shows. In: a picture, decisions and measures in words. Out: contexts."""

from dataclasses import dataclass
from datetime import date, datetime

from narvaro.web.screens.reports import ChoiceGroup
from narvaro.web.screens.shell import Choice, Problem


@dataclass(frozen=True, slots=True)
class WeekStep:
    """A state that a picture comes through."""

    code: str
    label: str
    at: datetime | None
    current: bool
    done: bool


@dataclass(frozen=True, slots=True)
class CountCell:
    """A count beside the four weeks before, in words; verdict: as `core.change.Verdict`."""

    now: int
    mean: str
    usual: str
    verdict: str
    verdict_label: str


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A kind of report."""

    label: str
    count: CountCell


@dataclass(frozen=True, slots=True)
class WeekPlaceRow:
    """A place with this week's reports; `href` chooses it in the form."""

    name: str
    count: CountCell
    kinds: str
    when: str
    damage: str  # in kronor, empty without any
    href: str = ""
    chosen: bool = False  # it is one of the prioritised places


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A prioritised place."""

    number: int
    place: str
    focus: str
    focus_label: str
    when: str
    why: str
    doubtful: tuple[str, ...] = ()
    drop_url: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A state that a measure can be given."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure as it stands."""

    id: str
    text: str
    owner: str
    due_on: date
    state: str
    state_label: str
    late: bool
    nature_label: str = ""
    expected: str = ""
    doubtful: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class ReporterRow:
    """An organisation and how much it reported; `again`: nothing the week before either."""

    name: str
    count: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class PoliceRow:
    """A line of the police's public feed."""

    kind: str
    at: datetime
    place: str
    summary: str
    href: str


@dataclass(frozen=True, slots=True)
class TriageRow:
    """An observation that waits to be sorted; `url` takes one of the verbs at its end."""

    id: str
    since: datetime
    until: datetime
    category_label: str
    place: str
    organisation: str
    facts: str
    words: str
    words_wait: bool
    state: str
    state_label: str
    url: str
    merge_href: str
    alike: tuple[Choice, ...] = ()
    target: bool = False  # the report that is being merged may go into this one


@dataclass(frozen=True, slots=True)
class TriageView:
    """The week's observations: those to sort, those that are sorted."""

    waiting: tuple[TriageRow, ...]
    sorted: tuple[TriageRow, ...]
    merging: TriageRow | None = None


@dataclass(frozen=True, slots=True)
class DecideForm:
    """The form for a prioritised place, as it was sent or empty."""

    id: str
    places: tuple[ChoiceGroup, ...]
    focuses: tuple[Choice, ...]
    weekdays: tuple[Choice, ...]
    hours_from: str = ""
    hours_until: str = ""
    why: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class MeasureForm:
    """The form for a measure, as it was sent or empty."""

    id: str
    owners: tuple[Choice, ...]
    natures: tuple[Choice, ...]
    due_on: str
    text: str = ""
    expected: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """The button that takes a picture further; `why_not` says what is missing instead."""

    label: str
    url: str
    note: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class IntakeLine:
    """What came in during the week, as one number and its words."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class WeekPage:
    """week/page.html."""

    title: str
    begins: datetime
    ends: datetime
    state: str
    steps: tuple[WeekStep, ...]
    previous_href: str
    next_href: str
    paper_href: str
    base_url: str
    intake: tuple[IntakeLine, ...]
    total: CountCell
    categories: tuple[CategoryRow, ...]
    places: tuple[WeekPlaceRow, ...]
    damages: int
    damage: str
    last_decisions: tuple[DecisionRow, ...]
    last_measures: tuple[MeasureRow, ...]
    has_last: bool
    decisions: tuple[DecisionRow, ...]
    measures: tuple[MeasureRow, ...]
    reporters: tuple[ReporterRow, ...]
    silent: tuple[ReporterRow, ...]
    police: tuple[PoliceRow, ...]
    unsaid: tuple[str, ...]
    focus_days: str = ""  # when the prioritised places weigh in the plans, in words
    own: tuple[IntakeLine, ...] = ()
    step: NextStep | None = None
    decide: DecideForm | None = None
    measure: MeasureForm | None = None
    triage: TriageView | None = None
    focus_on: str = ""  # where the writing goes on: decide, measure
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NoWeekPage:
    """week/none.html: nothing is published yet."""

    title: str
