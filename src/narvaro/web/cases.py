"""Rows of cases, units and rankings as the screens show them. In: a viewer. Out: screen rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.contract.queries import TermsInForce
from narvaro.core.choice import FRESH_S
from narvaro.directory.models import ResponsePlan
from narvaro.directory.queries import have_roads_changed
from narvaro.dispatch.actions import SEEKING
from narvaro.dispatch.checkin import list_heard, list_silent, silent_watches
from narvaro.dispatch.models import OUT, Offer, Ranking, Response, TimePoint
from narvaro.dispatch.queries import (
    find_ranking,
    list_last_told,
    list_takers,
    offers_seen_by,
    rank_now,
    responses_seen_by,
)
from narvaro.followup.points import POINTS, best_points
from narvaro.intake.queries import list_losses
from narvaro.plan.models import Shift
from narvaro.plan.queries import keys_held, list_running_shifts, state_on
from narvaro.situation.codes import find_code
from narvaro.situation.models import Case, Signal
from narvaro.situation.queries import (
    UnitNow,
    cases_shared_with,
    find_incident,
    list_signals,
    list_units_now,
)
from narvaro.spine import clock
from narvaro.web import labels
from narvaro.web.case_state import (
    absence_of,
    ends_without_unit,
    is_late,
    leading,
    state_label,
    state_of,
    still_on,
)
from narvaro.web.labels import say
from narvaro.web.offer_rows import offer_row, offer_rows
from narvaro.web.passing import standing_view
from narvaro.web.ranking_rows import ranking_rows
from narvaro.web.readiness import ReadinessNow
from narvaro.web.road_times import winter_note
from narvaro.web.screens import (
    CaseDetail,
    CaseRow,
    Finding,
    PlanView,
    RankedUnitRow,
    SignalRow,
    TimePointRow,
    UnitRow,
)
from narvaro.web.sent import call_rows, count_short, sent_rows, support_rows
from narvaro.web.silence import (
    carrier_advice,
    escalation_of,
    kind_label_of,
    lost_paths_of,
    missed_sign_of,
    place_of,
)


class CaseRows:
    """Cases as rows of a list: what belongs to them is read for all of them at once."""

    def __init__(self, viewer: Viewer, cases: Sequence[Case]) -> None:
        now = clock.now()
        ids = [one.pk for one in cases]
        self.now = now
        self.terms = TermsInForce(viewer.tenant_id, viewer.zone)
        self.offers: dict[UUID, list[Offer]] = defaultdict(list)
        self.responses: dict[UUID, list[Response]] = defaultdict(list)
        self.silent = silent_watches(ids)
        self.heard = list_heard(ids)
        self.takers = list_takers(viewer, ids)
        self.told = list_last_told(viewer, ids)
        of_paths = [one.pk for one in cases if one.kind == Case.Kind.PATH]
        self.losses = list_losses(viewer, of_paths) if of_paths else {}
        for offer in offers_seen_by(viewer, now).filter(case__in=ids).order_by("offered_at"):
            self.offers[offer.case_id].append(offer)
        found = responses_seen_by(viewer, now).filter(case__in=ids)
        for response in found.order_by("accepted_at"):
            self.responses[response.case_id].append(response)

    def row(self, case: Case, href: str) -> CaseRow:
        """Return one of the cases as a row."""
        offers, responses = self.offers[case.pk], self.responses[case.pk]
        waiting = next((one for one in offers if one.state == Offer.State.WAITING), None)
        missing = self.silent.get(case.pk)
        missed_at = missing.missed_at if missing else None
        losses = self.losses.get(case.pk)
        restored_at = losses.restored_at if losses and case.state in SEEKING else None
        needs_person = case.state in SEEKING and waiting is None and restored_at is None
        state = state_of(case, offers, responses, needs_person=needs_person)
        taken = self.takers.get(case.pk) if case.state in SEEKING else None
        told = self.told.get(case.pk) if case.state in SEEKING else None
        target_at = self.terms.find_due(
            case.kind, triggered_at=case.triggered_at, received_at=case.received_at
        )
        return CaseRow(
            id=str(case.pk),
            number=str(case.number),
            href=href,
            priority=case.priority,
            priority_label=say(labels.PRIORITY, str(case.priority)),
            kind=case.kind,
            kind_label=kind_label_of(case),
            state=state,
            state_label=state_label(state),
            site=place_of(case, missing, losses),
            address=case.site.address if case.site else "",
            opened_at=case.received_at,
            confirmed=case.confirmed,
            waiting=offer_row(waiting) if waiting else None,
            call_sign=_call_signs(case, responses),
            target_at=target_at,
            late=is_late(case, target_at, responses, self.now),
            absence_label=absence_of(case, responses),
            needs_person=needs_person,
            taken_by=taken.by if taken else "",
            taken_at=taken.at if taken else None,
            told=told.duties if told else (),
            told_at=told.at if told else None,
            heard=case.pk in self.heard,
            restored_at=restored_at,
            missed_again_at=missed_at if missed_at and missed_at > case.received_at else None,
        )


def _call_signs(case: Case, responses: Sequence[Response]) -> str:
    """Return who has the case; nobody's name while it is sought for, also where somebody had it."""
    if case.state in SEEKING:
        return ""
    return ", ".join(one.call_sign for one in still_on(responses))


def signal_row(signal: Signal) -> SignalRow:
    """Return a signal as a row."""
    code = find_code(signal.token, signal.code, signal.qualifier or None)
    label = f"{code.label(get_language() or 'sv')} ({say(labels.PHASE, signal.phase)})"
    return SignalRow(
        received_at=signal.received_at,
        label=label,
        code=signal.code,
        zone=signal.zone,
        source_label=_("account %(account)s") % {"account": signal.account},
        flag="" if signal.time_verified or signal.occurred_at is None else _("time not verified"),
    )


_BY_PANEL = frozenset(
    {Case.Kind.INTRUDER, Case.Kind.TAMPER, Case.Kind.DURESS, Case.Kind.ASSISTANCE}
)


def _steps_of(case: Case, plan: ResponsePlan) -> tuple[str, ...]:
    """Return a plan's steps where it is written for such a case; what holds for any arrest else."""
    kinds = {rule.get("on") for rule in plan.rules}
    if case.kind in kinds or (case.kind in _BY_PANEL and kinds & _BY_PANEL):
        return tuple(str(one) for one in plan.steps)
    if case.kind == Case.Kind.MEDICAL:
        return (
            _("Call 112 if nobody has."),
            _("Start CPR: 30 presses, 2 breaths."),
            _("Switch on the defibrillator and do as it says."),
            _("Let somebody meet the ambulance at the entrance."),
        )
    return (_("This plan is not written for such a case; its steps are not shown."),)


def plan_view(case: Case) -> PlanView | None:
    """Return the case's response plan without its key."""
    if case.plan is None:
        return None
    return PlanView(
        name=case.plan.name,
        version=case.plan.version,
        steps=_steps_of(case, case.plan),
        inner_check=case.plan.inner_check,
        needs=tuple(say(labels.COMPETENCE, one) for one in case.needs),
        offer_label=_("offered automatically") if case.offer_by_rule else _("a person offers"),
    )


def _close_url(viewer: Viewer, case: Case) -> str:
    may = viewer.may(Record.CASE, Verb.WRITE) and case.state != Case.State.CLOSED
    return reverse("close", args=[case.pk]) if may else ""


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def time_rows(
    points: Iterable[TimePoint], *, start: str = "", stop: str = ""
) -> tuple[TimePointRow, ...]:
    """Return all eleven time points in order, the best proof of each."""
    best = best_points(points)
    first = min((one.at for one in best.values()), default=None)
    rows = []
    for number, name in enumerate(POINTS):
        found = best.get(name)
        counts = "start" if name == start else "stop" if name == stop else ""
        # Cut to whole seconds first: what is shown equals the difference of the clock times shown.
        offset = (_whole(found.at) - _whole(first)).total_seconds() if found and first else None
        rows.append(
            TimePointRow(
                code=f"t{number}",
                label=say(labels.POINT, name),
                at=found.at if found else None,
                source=found.source if found else "",
                source_label=say(labels.SOURCE, found.source) if found else "",
                offset_s=offset,
                counts_as=counts,
            )
        )
    return tuple(rows)


def _ranking(viewer: Viewer, case: Case, needs_person: bool) -> Ranking | None:
    """Return what the offer was made on; how the units stand now where a person is to choose.

    So too where roads were closed or opened since the offer, and nobody has taken the case.
    """
    if not viewer.may(Record.OFFER) or carrier_advice(case):
        return None
    now, made = clock.now(), None if needs_person else find_ranking(viewer, case)
    if made is not None and case.state in SEEKING:
        made = None if have_roads_changed(viewer, since=made.made_at, at=now) else made
    elif made is None and not needs_person:
        return None
    return made or rank_now(viewer, case, now, again=needs_person)


def _why_not(case: Case, ranked: tuple[RankedUnitRow, ...]) -> str:
    if ranked or case.state not in SEEKING:
        return ""
    return _("No unit on duty may be sent now; the reasons stand below.")


def find_finding(viewer: Viewer, case: Case) -> Finding | None:
    """Return what was reported of a case where the viewer may know of it, or None."""
    granted = viewer.may(Record.REPORT) and cases_shared_with(viewer).filter(pk=case.pk).exists()
    found = find_incident(viewer, case) if granted else None
    if found is None:
        return None
    return Finding(say(labels.CATEGORY, found.category), found.reported_at, found.text)


def case_detail(
    viewer: Viewer, case: Case, href: str, readiness: ReadinessNow | None = None
) -> CaseDetail:
    """Return everything about a case that the viewer may see; a page of several gives its readiness."""
    rows = CaseRows(viewer, [case])
    offers, responses = rows.offers[case.pk], rows.responses[case.pk]
    row, leads = rows.row(case, href), leading(responses)
    ranking = _ranking(viewer, case, row.needs_person or row.restored_at is not None)
    ranked, left_out = ranking_rows(
        viewer, case, ranking, offers, readiness or ReadinessNow(viewer)
    )
    site = case.site
    return CaseDetail(
        row=row,
        site_code=site.code if site else "",
        site_kind_label=say(labels.SITE_KIND, site.kind) if site else "",
        premises=site.premises if site else "",
        lat=case.lat,
        lon=case.lon,
        signals=tuple(signal_row(one) for one in list_signals(viewer, case)),
        plan=plan_view(case),
        ranked=ranked,
        left_out=left_out,
        offers=offer_rows(viewer, case, offers, responses),
        times=time_rows(leads.time_points.all()) if leads else (),
        sent=sent_rows(responses),
        support=support_rows(viewer, case),
        calls=call_rows(viewer, case),
        short=count_short(case, offers),
        ranked_at=ranking.made_at if ranking else None,
        roads_note=winter_note(viewer, ranking.made_at if ranking else None),
        alarm_grade=str(site.alarm_grade) if site and site.alarm_grade else "",
        note=case.text,
        born_label=say(labels.BORN, case.born),
        close_url=_close_url(viewer, case),
        asks_before_end=ends_without_unit(case, responses),
        recalls=", ".join(one.call_sign for one in responses if one.state in OUT),
        finding=find_finding(viewer, case),
        sends_nobody=bool(carrier_advice(case)),
        why_not=carrier_advice(case) or _why_not(case, ranked),
        standing=standing_view(viewer, case),
        escalation=escalation_of(viewer, case),
        lost_paths=lost_paths_of(viewer, case),
        missed_sign=missed_sign_of(viewer, case, clock.now()),
    )


def _unit_state(now: UnitNow, shift: Shift, running: dict[UUID, Response], asked: set[UUID]) -> str:
    response = running.get(now.unit.pk)
    if response is not None:
        return response.state
    if now.unit.pk in asked:
        return "offered"
    return state_on(shift, now.status)


def unit_rows(viewer: Viewer) -> tuple[UnitRow, ...]:
    """Return the units on duty as rows."""
    at = clock.now()
    shifts = {one.unit_id: one for one in list_running_shifts(viewer.tenant_id, at)}
    out = Response.objects.filter(unit_id__in=shifts, state__in=OUT)
    running = {one.unit_id: one for one in out.select_related("case") if one.unit_id}
    waiting = Offer.objects.filter(unit_id__in=shifts, state=Offer.State.WAITING)
    asked = set(waiting.values_list("unit_id", flat=True))
    silent = list_silent(list(shifts))
    keys = keys_held(shifts, at) if viewer.may(Record.KEY) else {}
    rows = []
    for one in list_units_now(viewer):
        shift = shifts.get(one.unit.pk)
        if shift is None:
            continue
        missing = one.unit.pk in silent
        state = "silent" if missing else _unit_state(one, shift, running, asked)
        position_at = one.position.at if one.position else None
        response = running.get(one.unit.pk)
        rows.append(
            UnitRow(
                id=str(one.unit.pk),
                call_sign=one.unit.call_sign,
                organisation=one.unit.organisation.name,
                role=one.unit.role,
                role_label=say(labels.UNIT_ROLE, one.unit.role),
                travel=one.unit.travel,
                travel_label=say(labels.TRAVEL, one.unit.travel),
                state=state,
                state_label=say(labels.UNIT_STATE, state),
                position_at=position_at,
                position_stale=position_at is None or (at - position_at).total_seconds() > FRESH_S,
                case_number=str(response.case.number) if response else "",
                crew=tuple(member.service_number for member in shift.crew.all()),
                kit=tuple(say(labels.KIT, item) for item in one.unit.kit),
                keys=tuple(sorted(keys.get(one.unit.pk, ()))),
                on_duty_until=shift.ends_at,
            )
        )
    return tuple(rows)
