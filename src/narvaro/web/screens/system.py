"""What is said of the system itself. In: troubles, receivers, paths, machine in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One trouble: what it is, what to do, since when; `ended_at` is None while it lasts.

    `id` tells it from another of its kind, and from its kind's next time.
    """

    title: str
    what: str
    what_to_do: str
    raised_at: datetime | None
    ended_at: datetime | None = None
    is_grave: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class TroubleBar:
    """_trouble.html: the gravest trouble that lasts, and how many more; each grave one is called out.

    `id` is the trouble's own, and stays while it lasts; `others_grave` are ids and titles.
    """

    id: str
    title: str
    more: str
    is_grave: bool
    others_grave: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverRow:
    """One receiver and its journal; `lag_s` is how long the oldest record has waited."""

    name: str
    state: str  # submitted, ready, bad: looks of a state
    state_label: str
    listening_since: datetime | None
    saved_at: datetime | None
    lag_s: float


@dataclass(frozen=True, slots=True)
class SilentPathRow:
    """A path that is late or lost."""

    site: str
    path: str
    carrier: str
    state: str
    state_label: str
    heard_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class UnavailableMonth:
    """For how many minutes a site was out of reach in a month, and how often a path of it was lost."""

    minutes: str
    losses: int


@dataclass(frozen=True, slots=True)
class UnavailableRow:
    """For how long a site was out of reach: this month, the last."""

    site: str
    months: tuple[UnavailableMonth, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A line about the machine; `state` gives it its look, as a state's code."""

    label: str
    text: str
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many paths are in a state, with the words for that many."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class SystemPage:
    """system/page.html and system/_body.html; without sites where the viewer may not see them."""

    position: int
    lasting: tuple[TroubleRow, ...]
    over: tuple[TroubleRow, ...]
    receivers: tuple[ReceiverRow, ...]
    paths: tuple[Count, ...]
    no_carrier: int  # transmitters whose losses are not grouped
    silent: tuple[SilentPathRow, ...]
    machine: tuple[Fact, ...]
    sees_sites: bool
    months: tuple[str, ...]
    unavailable: tuple[UnavailableRow, ...]
