"""What the guard's phone shows. In: a viewer, his shift, offer, response. Out: screen rows."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.queries import TermsInForce
from narvaro.core.choice import FRESH_S
from narvaro.directory.queries import have_roads_changed
from narvaro.dispatch import responses
from narvaro.dispatch.checkin import list_silent, silent_watches
from narvaro.dispatch.models import Offer, Response
from narvaro.dispatch.queries import (
    find_own_response,
    find_waiting_offer,
    get_response,
    list_alarms_of,
    list_alarms_offered,
    list_lapsed_offers,
    list_recalls,
    list_reports_due,
)
from narvaro.dispatch.seats import MOST_UNITS
from narvaro.dispatch.ways import Way, find_way
from narvaro.plan.models import Shift
from narvaro.plan.queries import find_own_shift, state_on
from narvaro.situation.models import Case, UnitStatus
from narvaro.situation.queries import newest_positions
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Missing
from narvaro.spine.sealing import open_text
from narvaro.web import labels
from narvaro.web.cases import plan_view, signal_row
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.phone_beside import beside_view
from narvaro.web.phone_visits import visits_of
from narvaro.web.phone_watch import watch_of
from narvaro.web.ranking_words import reasons_of
from narvaro.web.screens import (
    AedView,
    Ended,
    PhoneOffer,
    PhonePage,
    PhoneResponse,
    PhoneStep,
    PhoneUnit,
    Receipt,
    ReportDue,
)
from narvaro.web.sent import task_label
from narvaro.web.silence import place_of
from narvaro.web.ways import steps_of

JUST_NOW = timedelta(minutes=15)
STEPS = ("rolling", "on_scene", "secured", "left")


def unit_of(shift: Shift, at: datetime) -> PhoneUnit:
    """Return the unit of a shift as the phone shows it."""
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
    return reasons_of(line or {})


def offer_of(viewer: Viewer, offer: Offer, at: datetime, leaves: str = "") -> PhoneOffer:
    """Return an offer as the phone shows it: what is known, before the guard says yes or no.

    `leaves` is the number of the case that the unit is out on, and would leave for it.
    """
    case = offer.case
    travel_s, travel_from = _travel_now(viewer, offer, at)
    return PhoneOffer(
        id=str(offer.pk),
        number=str(case.number),
        priority=case.priority,
        priority_label=say(labels.PRIORITY, str(case.priority)),
        kind=case.kind,
        kind_label=labels.case_kind(case.kind, case.born),
        site=place_of(case, silent_watches([case.pk]).get(case.pk)),
        address=case.site.address if case.site else "",
        travel_s=travel_s,
        travel_from=travel_from,
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
        accept_url=reverse("accept", args=[offer.pk]),
        decline_url=reverse("decline", args=[offer.pk]),
        note=case.text,
        signals=tuple(signal_row(one) for one in list_alarms_offered(viewer, offer, at)),
        confirmed=case.confirmed,
        reasons=_reasons(offer),
        task_label=task_label(offer),
        aed=_aed_view(offer),
        leaves=leaves,
    )


def _travel_now(
    viewer: Viewer, offer: Offer, at: datetime
) -> tuple[float | None, datetime | None]:  # fmt: skip
    """Return the travel time of an offer; anew, and from when, where the roads have changed since."""
    if not have_roads_changed(viewer, since=offer.ranking.made_at, at=at):
        return offer.travel_s, None
    way = find_way(offer.case, offer.unit, at, offer.aed)
    return (way.seconds, way.since) if way else (None, None)


def _aed_view(offer: Offer | None) -> AedView | None:
    aed = offer.aed if offer else None
    return AedView(aed.name, aed.place, aed.lat, aed.lon) if aed else None


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


def _response(viewer: Viewer, response: Response, at: datetime) -> PhoneResponse:
    case, key = response.case, ""
    travels = response.state in responses.UNDER_WAY
    way = _find_own_way(response, at) if travels else None
    if case.plan is not None and viewer.sees(Record.RESPONSE, "key"):
        key = open_text(case.plan.sealed_key_no)
    return PhoneResponse(
        id=str(response.pk),
        number=str(case.number),
        priority=case.priority,
        priority_label=say(labels.PRIORITY, str(case.priority)),
        kind=case.kind,
        kind_label=labels.case_kind(case.kind, case.born),
        site=place_of(case, silent_watches([case.pk]).get(case.pk)),
        address=case.site.address if case.site else "",
        lat=case.lat,
        lon=case.lon,
        state=response.state,
        state_label=say(labels.RESPONSE_STATE, response.state),
        steps=_steps(response),
        plan=plan_view(case),
        key=key,
        target_at=TermsInForce(viewer.tenant_id, viewer.zone).find_due(
            case.kind, triggered_at=case.triggered_at, received_at=case.received_at
        ),
        note=case.text,
        signals=tuple(signal_row(one) for one in list_alarms_of(viewer, response, at)),
        confirmed=case.confirmed,
        way=steps_of(way.legs) if way else (),
        travels=travels,
        travel_s=way.seconds if way else None,
        travel_from=way.since if way else None,
        task_label=task_label(response.offer),
        aed=_aed_view(response.offer) if travels else None,
        support_url=_support_url(case),
        wanted=case.units + 1,
        beside=beside_view(viewer, response, at),
    )


def _support_url(case: Case) -> str:
    return reverse("call_support", args=[case.pk]) if case.units < MOST_UNITS else ""


def _find_own_way(response: Response, at: datetime) -> Way | None:
    by = response.offer.aed if response.offer else None
    return find_way(response.case, response.unit, at, by) if response.unit else None


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


def page_of(viewer: Viewer, sent: str = "") -> PhonePage:
    """Return the phone's page; `sent` is the response whose report has just been sent, if any."""
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
            response=_response(viewer, out, at) if out else None,
            reports_due=due,
            just_now=ended,
            receipt=receipt,
            watch=watch_of(viewer, at),
        )
    shown = unit_of(shift, at)
    resting = shown.state == UnitStatus.State.BREAK
    if list_silent([shift.unit_id]):
        shown = replace(shown, state="silent", state_label=say(labels.UNIT_STATE, "silent"))
    return PhonePage(
        position=position,
        unit=shown,
        offer=offer_of(viewer, offer, at, str(out.case.number) if out else "") if offer else None,
        response=_response(viewer, out, at) if out else None,
        reports_due=due,
        just_now=ended,
        receipt=receipt,
        unit_state_url=""
        if out
        else reverse("unit_state", args=["available" if resting else "break"]),
        unit_state_label=_("Back from the break") if resting else _("Take a break"),
        positions_purpose=Tenant.objects.get(pk=viewer.tenant_id).positions_purpose,
        visits=visits_of(viewer, at),
        watch=watch_of(viewer, at),
    )


def _due(response: Response) -> ReportDue:
    href = reverse("report", args=[response.pk])
    return ReportDue(str(response.case.number), response.case.place, href)
