"""Presence and hours of a contract's month, as both parties see them. In: requests. Out: a page."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in
from django.views.decorators.http import require_GET

from narvaro.core import terms
from narvaro.followup.presence import MonthOfPresence, PlaceLine, get_presence
from narvaro.spine import clock
from narvaro.web.answers import viewer_of_request
from narvaro.web.contract_room import month_label, read_month, today_of
from narvaro.web.first_report_words import ACTIVITY
from narvaro.web.labels import say
from narvaro.web.plan_words import CAUSE, VISIT_STATE
from narvaro.web.screens.contract import CountRow, GradeRow, HoursRow, PresencePage, PresenceRow

STATE: dict[str, str | Promise] = {**VISIT_STATE, "unverified": lazy_in("visit", "Unverified")}
WHY: dict[str, str | Promise] = {
    **CAUSE,
    "unsaid": lazy("Nobody has said what became of it"),
    "elsewhere": lazy("Said done, but no stay at the place is known of"),
}
GRADE: dict[str, Promise] = {
    "scan": lazy("scanned at the place"),
    "position": lazy("the unit's positions"),
    "tap": lazy("a tap on the phone alone"),
    "stated": lazy("stated by the supplier"),
}


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 1)


def _place(line: PlaceLine) -> PresenceRow:
    return PresenceRow(
        line.place or "–", line.planned, line.kept, line.proven, _hours(line.proven_s), line.stated,
        _hours(line.stated_s), line.borne_out,
    )  # fmt: skip


def _page(found: MonthOfPresence, today: date) -> PresencePage:
    contract, month = found.contract, found.month
    whole = sum((hours for _activity, hours in found.hours), Decimal(0))
    return PresencePage(
        contract_number=contract.number,
        contract_title=contract.title,
        contract_href=reverse("contract", args=[contract.pk]),
        statement_href=reverse("statement", args=[contract.pk, f"{month:%Y-%m}"]),
        month_label=month_label(month),
        buyer=contract.buyer.name,
        supplier=contract.supplier.name,
        planned=found.planned,
        coming=found.coming,
        states=tuple(CountRow(say(STATE, state), number) for state, number in found.states),
        reasons=tuple(
            CountRow(say(STATE, state), number, say(WHY, why))
            for state, why, number in found.reasons
        ),
        grades=tuple(
            GradeRow(say(GRADE, grade), stays, _hours(seconds))
            for grade, stays, seconds in found.grades
        ),
        places=tuple(_place(one) for one in found.places),
        untimed=found.untimed,
        hours=tuple(
            HoursRow(say(ACTIVITY, activity), hours, float(hours / whole))
            for activity, hours in found.hours
        ),
        hours_sum=whole,
        running=month <= today < terms.add_months(month, 1),
    )


@require_GET
def presence(request: HttpRequest, contract_id: UUID, month: str) -> HttpResponse:
    """Show visits against the plan, presence by proof, and hours by activity."""
    viewer = viewer_of_request(request)
    found = get_presence(viewer, contract_id, read_month(month), clock.now())
    return render(request, "contract/presence.html", {"page": _page(found, today_of(viewer))})
