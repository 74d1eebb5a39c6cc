"""The guard's phone: offer, accept – on scene – clear, report. In: requests. Out: pages, JSON."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.dispatch import responses
from narvaro.dispatch.actions import call_support, decline
from narvaro.dispatch.models import Offer, Response
from narvaro.dispatch.queries import (
    find_own_response,
    find_waiting_offer,
    get_offer,
    get_response,
    list_reports_due,
)
from narvaro.plan.models import Shift
from narvaro.plan.queries import find_own_shift, find_own_unit
from narvaro.situation.models import FINDINGS, Case, Category, UnitStatus
from narvaro.situation.reports import WITH_OTHERS
from narvaro.spine import clock
from narvaro.spine.ids import uuid7
from narvaro.spine.refusal import Missing, Refused
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.cases import time_rows
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.phone_page import STEPS, offer_of, page_of, unit_of
from narvaro.web.phone_watch import watch_facts
from narvaro.web.problems import wants_json
from narvaro.web.refusal_words import refusal_text
from narvaro.web.screens import Choice, Problem, ReportPage


@require_GET
def phone(request: HttpRequest) -> HttpResponse:
    """Show the phone's page, or its body alone for a refresh."""
    page = page_of(viewer_of_request(request), request.GET.get("sent", ""))
    template = "phone/_body.html" if request.headers.get("HX-Request") else "phone/page.html"
    return render(request, template, {"page": page})


@require_GET
def state(request: HttpRequest) -> JsonResponse:
    """Answer with the unit's state as data, for phones that are programs."""
    viewer = viewer_of_request(request)
    at = clock.now()
    shift = find_own_shift(viewer, at)
    offer, out = find_waiting_offer(viewer, at), find_own_response(viewer, at)
    due = [str(one.pk) for one in list_reports_due(viewer, at)]
    return JsonResponse(
        {
            "unit": _unit_facts(shift, at) if shift else None,
            "offer": _offer_facts(offer) if offer else None,
            "response": _response_facts(out) if out else None,
            "reports_due": due,
            "watch": watch_facts(viewer, at),
        }
    )


def _unit_facts(shift: Shift, at: datetime) -> dict[str, object]:
    shown = unit_of(shift, at)
    return {"id": shown.id, "call_sign": shown.call_sign, "state": shown.state}


def _offer_facts(offer: Offer) -> dict[str, object]:
    case = offer.case
    return {
        "id": str(offer.pk), "case": str(case.pk), "number": case.number,
        "priority": case.priority, "kind": case.kind, "site": case.place,
        "address": case.site.address if case.site else "", "lat": case.lat, "lon": case.lon,
        "travel_s": offer.travel_s, "expires_at": offer.expires_at.isoformat(),
    }  # fmt: skip


def _response_facts(response: Response) -> dict[str, object]:
    case = response.case
    return {
        "id": str(response.pk), "case": str(case.pk), "number": case.number,
        "state": response.state, "site": case.place,
        "address": case.site.address if case.site else "", "lat": case.lat, "lon": case.lon,
    }  # fmt: skip


@require_POST
def accept(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Take the case."""
    viewer = viewer_of_request(request)
    at = clock.now()
    found = get_offer(viewer, offer_id, at)
    made = responses.accept(
        offer=found, response_id=uuid7(at), member_id=viewer.member_id, by=viewer.signature, at=at
    )
    return done(request, "/phone/", response=str(made.pk))


@require_POST
def decline_offer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Say no; the case moves on at once."""
    viewer = viewer_of_request(request)
    at = clock.now()
    decline(offer=get_offer(viewer, offer_id, at), by=viewer.signature, at=at)
    return done(request, "/phone/")


@require_POST
def support(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Call in one more unit to the case that one's own is out on."""
    viewer = viewer_of_request(request)
    at = clock.now()
    out = find_own_response(viewer, at)
    if out is None or out.case_id != case_id:
        raise Missing
    try:
        wanted = int(request.POST.get("wanted", ""))
    except ValueError:
        raise Missing from None
    call_support(
        case=out.case, wanted=wanted, by=viewer.signature, at=at, unit=out.unit_id
    )  # fmt: skip
    return done(request, "/phone/")


@require_POST
def step(request: HttpRequest, response_id: UUID, code: str) -> HttpResponse:
    """Say how far the response has come."""
    viewer = viewer_of_request(request)
    at = clock.now()
    if code not in STEPS:
        raise Missing
    found = get_response(viewer, response_id, at)
    moved = responses.step(response=found, state=Response.State(code), by=viewer.signature, at=at)
    return done(request, "/phone/", state=moved.state)


@require_POST
def unit_state(request: HttpRequest, code: str) -> HttpResponse:
    """Say that the unit is available, or on a break."""
    viewer = viewer_of_request(request)
    at = clock.now()
    unit = find_own_unit(viewer, at)
    if unit is None or code not in {"available", "break"}:
        raise Missing
    responses.set_own_state(unit=unit, state=UnitStatus.State(code), by=viewer.signature, at=at)
    return done(request, "/phone/", state=code)


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
            others_arrived_at=_read_others(request, viewer, found.case),
        )
    except Refused as no:
        if wants_json(request):
            raise
        said = refusal_text(no.code, no.detail)
        page = _report_page(viewer, found, request, said.detail)
        return render(request, "phone/report.html", {"page": page}, status=no.status)
    return done(request, f"/phone/?sent={found.pk}")


def _read_category(request: HttpRequest) -> Category:
    given = request.POST.get("finding", "")
    if given not in FINDINGS:
        raise Refused("invalid", _("Choose what you found."), status=422)
    return Category(given)


def _read_others(request: HttpRequest, viewer: Viewer, case: Case) -> datetime | None:
    """Return when ambulance or rescue service came: the first such time of the clock after the alarm."""
    written = request.POST.get("others_arrived", "").strip()
    if not written or case.kind not in WITH_OTHERS:
        return None
    try:
        clock_time = time.fromisoformat(written).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as fault:
        raise Refused("others", str(fault), status=422) from fault
    alarm = min(case.triggered_at or case.received_at, case.received_at)
    day = alarm.astimezone(viewer.zone).date()
    readings = [
        datetime.combine(day + timedelta(days=days), clock_time.replace(fold=fold), viewer.zone)
        for days in (0, 1)
        for fold in (0, 1)
    ]
    found = [one.astimezone(UTC) for one in readings]
    return min(one for one in found if one >= alarm.replace(second=0, microsecond=0))


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
        kind_label=labels.case_kind(case.kind, case.born),
        action_url=reverse("report", args=[response.pk]),
        findings=tuple(
            Choice(code, say(labels.CATEGORY, code), code == given.get("finding"))
            for code in FINDINGS
        ),
        checks=(),
        offer=offer_of(viewer, offer, at) if offer else None,
        text=given.get("text", ""),
        police_reference=given.get("police_reference", ""),
        asks_others=case.kind in WITH_OTHERS,
        others_arrived=given.get("others_arrived", ""),
        times=time_rows(response.time_points.all()),
        problems=(Problem(problem),) if problem else (),
    )
