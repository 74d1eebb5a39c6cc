"""A guard's report of a response. In: requests. Out: a form, beside it the offer that waits."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.dispatch import responses
from narvaro.dispatch.models import Response
from narvaro.dispatch.queries import find_waiting_offer, get_response
from narvaro.situation.models import Incident
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.cases import time_rows
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.phone import offer_of
from narvaro.web.problems import wants_json
from narvaro.web.screens import Choice, Problem, ReportPage


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """Write the report of a response that has left."""
    viewer = viewer_of_request(request)
    at = clock.now()
    found = get_response(viewer, response_id, at)
    if request.method == "GET":
        page = _report_page(viewer, found, request)
        template = "_waiting" if request.headers.get("HX-Request") else "report"
        return render(request, f"phone/{template}.html", {"page": page})
    try:
        responses.report(
            response=found,
            incident_id=found.pk,
            category=_read_category(request),
            text=request.POST.get("text", "")[:8000],
            police_reference=request.POST.get("police_reference", "")[:40],
            member=Member.objects.get(pk=viewer.member_id),
            at=at,
        )
    except Refused as no:
        if wants_json(request):
            raise
        said = labels.refusal_text(no.code, no.detail)
        page = _report_page(viewer, found, request, said.detail)
        return render(request, "phone/report.html", {"page": page}, status=no.status)
    return done(request, f"/phone/?sent={found.pk}")


def _read_category(request: HttpRequest) -> Incident.Category:
    given = request.POST.get("finding", "")
    if given not in Incident.Category.values:
        raise Refused("invalid", _("Choose what you found."), status=422)
    return Incident.Category(given)


def _report_page(
    viewer: Viewer, response: Response, request: HttpRequest, problem: str = ""
) -> ReportPage:
    case, given, at = response.case, request.POST, clock.now()
    position = position_now(viewer)
    offer = find_waiting_offer(viewer, at)
    return ReportPage(
        position=position,
        response_id=str(response.pk),
        number=str(case.number),
        site=case.place,
        address=case.site.address if case.site else "",
        kind_label=say(labels.CASE_KIND, case.kind),
        action_url=reverse("report", args=[response.pk]),
        findings=tuple(
            Choice(code, say(labels.CATEGORY, code), code == given.get("finding"))
            for code in Incident.Category.values
        ),
        checks=(),
        offer=offer_of(viewer, offer, at) if offer else None,
        text=given.get("text", ""),
        police_reference=given.get("police_reference", ""),
        times=time_rows(response.time_points.all()),
        problems=(Problem(problem),) if problem else (),
    )
