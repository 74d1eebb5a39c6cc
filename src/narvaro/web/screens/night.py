"""What the shift leader sees of an unmanned night. In: cases, units. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.console import CaseDetail, CaseRow, UnitRow


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
    reports_missing: tuple[MissingReport, ...] = ()
