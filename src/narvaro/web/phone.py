"""The guard's phone: offer, accept – on scene – clear. In: requests. Out: pages, JSON."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.queries import TermsInForce
from narvaro.core.choice import FRESH_S
from narvaro.dispatch import responses
from narvaro.dispatch.actions import decline
from narvaro.dispatch.models import Offer, Response
from narvaro.dispatch.queries import (
    find_own_response,
    find_waiting_offer,
    get_offer,
    get_response,
    list_alarms_of,
    list_alarms_offered,
    list_lapsed_offers,
    list_recalls,
    list_reports_due,
)
from narvaro.plan.models import Shift
from narvaro.plan.queries import find_own_shift, find_own_unit, state_on
from narvaro.situation.models import UnitStatus
from narvaro.situation.queries import newest_positions
from narvaro.spine import clock
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Missing
from narvaro.spine.sealing import open_text
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.cases import plan_view, signal_row
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.screens import (
    Ended,
    PhoneOffer,
    PhonePage,
    PhoneResponse,
    PhoneStep,
    PhoneUnit,
    Receipt,
    ReportDue,
)

JUST_NOW = timedelta(minutes=15)
STEPS = ("rolling", "on_scene", "secured", "left")


def _unit(shift: Shift, at: datetime) -> PhoneUnit:
    unit = shift.unit
    state = state_on(shift, UnitStatus.objects.filter(unit=unit).first())
    position = newest_positions([unit.pk]).get(unit.pk)
    stale = position is None or (at - position.at).total_seconds() > FRESH_S
    return PhoneUnit(
        id=str(unit.pk),
        call_sign=unit.call_sign,
        state=state,
        state_label=say(labels.UNIT_STATE, state),
        position_at=position.at if position else None,
        position_stale=stale,
        on_duty_until=shift.ends_at,
        crew=tuple(one.service_number for one in shift.crew.all()),
    )


def _reasons(offer: Offer) -> tuple[str, ...]:
    line = next((one for one in offer.ranking.lines if one["unit"] == str(offer.unit_id)), None)
    return tuple(say(labels.REASON, one) for one in (line or {}).get("reasons", []))


def offer_of(viewer: Viewer, offer: Offer, at: datetime) -> PhoneOffer:
    """Return an offer as the phone shows it: what is known, before the guard says yes or no."""
    case = offer.case
    return PhoneOffer(
        id=str(offer.pk),
        case_id=str(case.pk),
        number=str(case.number),
        priority=case.priority,
        priority_label=say(labels.PRIORITY, str(case.priority)),
        kind=case.kind,
        kind_label=say(labels.CASE_KIND, case.kind),
        site=case.place,
        address=case.site.address if case.site else "",
        travel_s=offer.travel_s,
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
        accept_url=reverse("accept", args=[offer.pk]),
        decline_url=reverse("decline", args=[offer.pk]),
        note=case.text,
        signals=tuple(signal_row(one) for one in list_alarms_offered(viewer, offer, at)),
        confirmed=case.confirmed,
        reasons=_reasons(offer),
    )


def _steps(response: Response) -> tuple[PhoneStep, ...]:
    reached = {one.point: one.at for one in response.time_points.all()}
    now = responses.ORDER.index(response.state)
    steps = [PhoneStep("accepted", say(labels.RESPONSE_STATE, "accepted"), reached.get("accepted"))]
    for code in STEPS:
        place = responses.ORDER.index(code)
        passed = place <= now
        early = code in {"secured", "left"} and response.state in responses.UNDER_WAY
        url = "" if passed or early else reverse("step", args=[response.pk, code])
        steps.append(
            PhoneStep(
                code, say(labels.RESPONSE_STATE, code), reached.get(code) if passed else None, url
            )
        )
    return tuple(steps)


def _response(viewer: Viewer, response: Response) -> PhoneResponse:
    case = response.case
    key = ""
    if case.plan is not None and viewer.sees(Record.RESPONSE, "key"):
        key = open_text(case.plan.sealed_key_no)
    return PhoneResponse(
        id=str(response.pk),
        case_id=str(case.pk),
        number=str(case.number),
        priority=case.priority,
        priority_label=say(labels.PRIORITY, str(case.priority)),
        kind=case.kind,
        kind_label=say(labels.CASE_KIND, case.kind),
        site=case.place,
        address=case.site.address if case.site else "",
        lat=case.lat,
        lon=case.lon,
        state=response.state,
        state_label=say(labels.RESPONSE_STATE, response.state),
        steps=_steps(response),
        plan=plan_view(case),
        key=key,
        target_at=TermsInForce(viewer).find_due(
            case.kind, triggered_at=case.triggered_at, received_at=case.received_at
        ),
        note=case.text,
        signals=tuple(signal_row(one) for one in list_alarms_of(viewer, response, clock.now())),
        confirmed=case.confirmed,
    )


def _just_now(viewer: Viewer, at: datetime) -> tuple[Ended, ...]:
    """Return what ended for the unit in the last minutes without its doing, newest first."""
    since = at - JUST_NOW
    ended = [
        Ended(str(one.pk), one.state, str(one.case.number), one.case.closed_at or at)
        for one in list_recalls(viewer, since, at)
    ]
    for one in list_lapsed_offers(viewer, since, at):
        when = one.answered_at or one.expires_at
        ended.append(Ended(str(one.pk), one.state, str(one.case.number), when))
    return tuple(sorted(ended, key=lambda one: one.at, reverse=True))


def _receipt(viewer: Viewer, sent: str, at: datetime) -> Receipt | None:
    """Return that a report has arrived, read from its time point; None where it has not."""
    try:
        found = get_response(viewer, UUID(sent), at)
    except (ValueError, Missing):
        return None  # the address was typed or is another's: there is nothing to confirm
    told = next((one.at for one in found.time_points.all() if one.point == "reported"), None)
    return Receipt(str(found.pk), str(found.case.number), told) if told else None


def _page(viewer: Viewer, sent: str = "") -> PhonePage:
    at = clock.now()
    position = position_now(viewer)
    shift = find_own_shift(viewer, at)
    offer, out = find_waiting_offer(viewer, at), find_own_response(viewer, at)
    due = tuple(_due(one) for one in list_reports_due(viewer, at))
    ended, receipt = _just_now(viewer, at), _receipt(viewer, sent, at)
    if shift is None:
        why = _("You are on no shift now. The roster says when; your shift leader changes it.")
        return PhonePage(
            position=position,
            unit=None,
            why_no_unit=why,
            response=_response(viewer, out) if out else None,
            reports_due=due,
            just_now=ended,
            receipt=receipt,
        )
    shown = _unit(shift, at)
    resting = shown.state == UnitStatus.State.BREAK
    return PhonePage(
        position=position,
        unit=shown,
        offer=offer_of(viewer, offer, at) if offer else None,
        response=_response(viewer, out) if out else None,
        reports_due=due,
        just_now=ended,
        receipt=receipt,
        unit_state_url=""
        if out
        else reverse("unit_state", args=["available" if resting else "break"]),
        unit_state_label=_("Back from the break") if resting else _("Take a break"),
        positions_purpose=Tenant.objects.get(pk=viewer.tenant_id).positions_purpose,
    )


def _due(response: Response) -> ReportDue:
    left = next((one.at for one in response.time_points.all() if one.point == "left"), None)
    href = reverse("report", args=[response.pk])
    return ReportDue(str(response.case.number), response.case.place, left, href)


@require_GET
def phone(request: HttpRequest) -> HttpResponse:
    """Show the phone's page, or its body alone for a refresh."""
    page = _page(viewer_of_request(request), request.GET.get("sent", ""))
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
        }
    )


def _unit_facts(shift: Shift, at: datetime) -> dict[str, object]:
    shown = _unit(shift, at)
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
