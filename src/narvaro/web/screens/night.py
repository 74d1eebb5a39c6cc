"""What the shift leader sees of an unmanned night. In: cases, units. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.aids import KeysView
from narvaro.web.screens.console import CaseDetail, CaseRow, UnitRow
from narvaro.web.screens.system import TroubleBar


@dataclass(frozen=True, slots=True)
class MissingReport:
    """A response that has left, whose report has not come."""

    number: str
    site: str
    call_sign: str


@dataclass(frozen=True, slots=True)
class NightPage:
    """night/page.html and night/_body.html: the shift leader's view of an unmanned night."""

    position: int
    mode_label: str
    from_at: datetime
    until_at: datetime
    open_cases: tuple[CaseDetail, ...]
    closed_cases: tuple[CaseRow, ...]
    units: tuple[UnitRow, ...]
    reports_missing: tuple[MissingReport, ...] = ()  # the first of them
    reports_due: int = 0
    keys: KeysView | None = None
    trouble: TroubleBar | None = None

    @property
    def reports_more(self) -> int:
        """Return how many missing reports are not listed."""
        return self.reports_due - len(self.reports_missing)
