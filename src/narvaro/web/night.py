"""The shift leader's view of a night without a dispatcher. In: requests. Out: a page, a fragment."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from narvaro.access.viewer import Viewer
from narvaro.dispatch.queries import list_reports_due
from narvaro.situation.queries import list_active_cases, list_closed_cases
from narvaro.spine import clock
from narvaro.web.answers import viewer_of_request
from narvaro.web.cases import CaseRows, case_detail, unit_rows
from narvaro.web.console import mode_label, position_now
from narvaro.web.keys import keys_view
from narvaro.web.readiness import ReadinessNow
from narvaro.web.screens import MissingReport, NightPage
from narvaro.web.troubles import find_trouble_bar

NIGHT_H = 14
REPORTS_SHOWN = 10


def _page(viewer: Viewer) -> NightPage:
    now = clock.now()
    since = now - timedelta(hours=NIGHT_H)
    here = reverse("night")
    closed = list_closed_cases(viewer, since)
    rows = CaseRows(viewer, closed)
    due = list_reports_due(viewer, now)
    readiness = ReadinessNow(viewer)
    return NightPage(
        position=position_now(viewer),
        mode_label=mode_label(viewer),
        from_at=since,
        until_at=now,
        open_cases=tuple(
            case_detail(viewer, one, here, readiness) for one in list_active_cases(viewer)
        ),
        closed_cases=tuple(rows.row(one, here) for one in closed),
        units=unit_rows(viewer),
        reports_missing=tuple(
            MissingReport(str(one.case.number), one.case.place, one.call_sign)
            for one in due[:REPORTS_SHOWN]
        ),
        reports_due=len(due),
        keys=keys_view(viewer),
        trouble=find_trouble_bar(viewer),
    )


@require_GET
def night(request: HttpRequest) -> HttpResponse:
    """Show the night, or its body alone for a refresh, or the form that hands out keys."""
    viewer = viewer_of_request(request)
    if "hand-out" in request.GET:
        return render(request, "night/_hand_out.html", {"keys": keys_view(viewer)})
    page = _page(viewer)
    template = "night/_body.html" if request.headers.get("HX-Request") else "night/page.html"
    return render(request, template, {"page": page})
