"""What each screen shows, as plain data. In: values and ready-translated labels. Out: contexts.

Every template gets `viewer`, `menu` and `page`; `page` is one of the dataclasses here.
Codes are for programs and colours, labels are for people. Times are aware datetimes: the
template writes them in the active time zone and the page keeps ages and countdowns going.
An empty `href` or `url` means that the viewer may not do it; `None` means not known yet.
"""

from narvaro.web.screens.console import (
    CaseDetail,
    CaseRow,
    ConsolePage,
    LeftOutRow,
    MapView,
    NewCasePage,
    OfferRow,
    PlanView,
    RankedUnitRow,
    SignalRow,
    TimePointRow,
    UnitRow,
)
from narvaro.web.screens.contract import (
    ContractListPage,
    ContractPage,
    ContractRow,
    Deadline,
    EventRow,
    PeriodRow,
    PriceRow,
    ResponsePage,
    StatementLine,
    StatementLink,
    StatementPage,
    TermResult,
    TermRow,
)
from narvaro.web.screens.night import NightPage
from narvaro.web.screens.phone import (
    PhoneOffer,
    PhonePage,
    PhoneResponse,
    PhoneStep,
    PhoneUnit,
    ReportDue,
    ReportPage,
)
from narvaro.web.screens.shell import (
    Choice,
    ErrorPage,
    HomePage,
    MemberChoice,
    MenuItem,
    PageViewer,
    Problem,
    WhoPage,
)

__all__ = [
    "CaseDetail",
    "CaseRow",
    "Choice",
    "ConsolePage",
    "ContractListPage",
    "ContractPage",
    "ContractRow",
    "Deadline",
    "ErrorPage",
    "EventRow",
    "HomePage",
    "LeftOutRow",
    "MapView",
    "MemberChoice",
    "MenuItem",
    "NewCasePage",
    "NightPage",
    "OfferRow",
    "PageViewer",
    "PeriodRow",
    "PhoneOffer",
    "PhonePage",
    "PhoneResponse",
    "PhoneStep",
    "PhoneUnit",
    "PlanView",
    "PriceRow",
    "Problem",
    "RankedUnitRow",
    "ReportDue",
    "ReportPage",
    "ResponsePage",
    "SignalRow",
    "StatementLine",
    "StatementLink",
    "StatementPage",
    "TermResult",
    "TermRow",
    "TimePointRow",
    "UnitRow",
    "WhoPage",
]
