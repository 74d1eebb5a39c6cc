"""What the page of closed roads shows. In: closures in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.console import MapView
from narvaro.web.screens.road_times import TimesView, WinterView
from narvaro.web.screens.shell import Choice, Problem


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """A road that is closed."""

    id: str
    street: str
    kind_label: str
    closed_at: datetime
    closed_by: str
    until_at: datetime | None
    walkers_pass: bool
    open_url: str


@dataclass(frozen=True, slots=True)
class ClosuresPage:
    """The roads that are closed, and the form for one more."""

    position: int
    map: MapView
    winter: WinterView
    times: TimesView
    closures: tuple[ClosureRow, ...] = ()
    kinds: tuple[Choice, ...] = ()
    until: tuple[Choice, ...] = ()
    first: str = ""
    second: str = ""
    problems: tuple[Problem, ...] = ()
