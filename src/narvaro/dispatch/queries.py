"""Reads of rankings, offers and responses. The viewer first, nothing unscoped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.models import Member
from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Contact, Unit
from narvaro.dispatch.escalation import ESCALATE, TAKEN
from narvaro.dispatch.models import OUT, Escalation, Offer, Ranking, Response, Watch
from narvaro.dispatch.seats import list_open, propose
from narvaro.plan.queries import find_own_shift, find_own_unit
from narvaro.situation.models import Case, Position, Signal
from narvaro.situation.queries import cases_shared_with, get_case, newest_positions
from narvaro.spine.models import Notification, Timer
from narvaro.spine.refusal import Missing


def find_ranking(viewer: Viewer, case: Case) -> Ranking | None:
    """Return the newest ranking of a case, or None before the first."""
    viewer.require(Record.OFFER)
    return Ranking.objects.filter(case=get_case(viewer, case.pk)).order_by("-made_at").first()


def rank_now(viewer: Viewer, case: Case, at: datetime, *, again: bool = True) -> Ranking:
    """Rank the units as they stand now, kept nowhere; for a person, who may ask any of them `again`."""
    viewer.require(Record.OFFER)
    seen = get_case(viewer, case.pk)
    return propose(seen, at, list_open(seen) or (1,), again=again).ranking


def offers_seen_by(viewer: Viewer, at: datetime) -> QuerySet[Offer]:
    """Return the offers that the viewer may see: of shared cases, or to the unit that he crews."""
    seen = Offer.objects.filter(tenant_id=viewer.tenant_id).select_related("unit", "case__site")
    match viewer.scope(Record.OFFER):
        case Scope.SHARED:
            return seen.filter(case__shares__organisation_id=viewer.organisation_id)
        case Scope.OWN:
            unit = find_own_unit(viewer, at)
            return seen.filter(unit=unit) if unit else Offer.objects.none()
        case _:
            return Offer.objects.none()


def get_offer(viewer: Viewer, offer_id: UUID, at: datetime) -> Offer:
    """Return an offer; raises Missing where the viewer may not know of it."""
    found = offers_seen_by(viewer, at).filter(pk=offer_id).first()
    if found is None:
        raise Missing
    return found


def find_waiting_offer(viewer: Viewer, at: datetime) -> Offer | None:
    """Return the offer that waits for the viewer's own unit, or None."""
    unit = find_own_unit(viewer, at)
    if unit is None:
        return None
    waiting = offers_seen_by(viewer, at).filter(unit=unit, state=Offer.State.WAITING)
    return waiting.order_by("offered_at").first()


def _own_responses(viewer: Viewer, at: datetime) -> Q:
    """Match what the viewer accepted himself, also after his shift, and his crew's on this shift."""
    mine = Q(member_id=viewer.member_id)
    shift = find_own_shift(viewer, at)
    return mine | Q(unit=shift.unit, accepted_at__gte=shift.starts_at) if shift else mine


def responses_seen_by(viewer: Viewer, at: datetime) -> QuerySet[Response]:
    """Return the responses that the viewer may see."""
    seen = Response.objects.filter(tenant_id=viewer.tenant_id)
    seen = seen.select_related("unit", "case__site", "case__plan").prefetch_related("time_points")
    match viewer.scope(Record.RESPONSE):
        case Scope.SHARED:
            return seen.filter(case__shares__organisation_id=viewer.organisation_id)
        case Scope.OWN:
            return seen.filter(_own_responses(viewer, at))
        case _:
            return Response.objects.none()


def get_response(viewer: Viewer, response_id: UUID, at: datetime) -> Response:
    """Return a response; raises Missing where the viewer may not know of it."""
    found = responses_seen_by(viewer, at).filter(pk=response_id).first()
    if found is None:
        raise Missing
    return found


def find_own_response(viewer: Viewer, at: datetime) -> Response | None:
    """Return what the viewer is out on, also when his shift has ended meanwhile; or None."""
    out = responses_seen_by(viewer, at).filter(state__in=OUT)
    return out.order_by("-accepted_at").first()


def list_reports_due(viewer: Viewer, at: datetime) -> list[Response]:
    """List the responses that are left but not reported: of the own unit, or the organisation.

    For a response that a file told of nobody owes a report here, nor does a unit that supported another.
    """
    left = responses_seen_by(viewer, at).filter(
        state=Response.State.LEFT, batch=None, owes_report=True
    )
    return list(left.order_by("accepted_at"))


def _alarms(case_id: UUID) -> list[Signal]:
    return list(Signal.objects.filter(case_id=case_id, phase="alarm").order_by("received_at"))


def list_alarms_of(viewer: Viewer, response: Response, at: datetime) -> list[Signal]:
    """List what the panel said about the case of a response that the viewer may see."""
    return _alarms(get_response(viewer, response.pk, at).case_id)


def list_alarms_offered(viewer: Viewer, offer: Offer, at: datetime) -> list[Signal]:
    """List what the panel said about the case of an offer that the viewer may see."""
    return _alarms(get_offer(viewer, offer.pk, at).case_id)


def list_lapsed_offers(viewer: Viewer, since: datetime, at: datetime) -> list[Offer]:
    """List the offers that ended since a time without the unit's answer, newest first."""
    lapsed = offers_seen_by(viewer, at).filter(
        state__in=(Offer.State.EXPIRED, Offer.State.WITHDRAWN), answered_at__gte=since
    )
    return list(lapsed.order_by("-answered_at"))


def list_recalls(viewer: Viewer, since: datetime, at: datetime) -> list[Response]:
    """List the responses that were recalled as the desk ended their case since a time."""
    recalled = responses_seen_by(viewer, at).filter(state=Response.State.RECALLED)
    return list(recalled.filter(case__closed_at__gte=since).order_by("-case__closed_at"))


@dataclass(frozen=True)
class OwnWatches:
    """The watches that a guard's phone knows of.

    `mine`: they wait for his own sign of life, which he gives also after his shift has ended.
    `left`: his unit's watch of a shift before his; its guard may be the one who is missing.
    """

    mine: Sequence[Watch] = ()
    left: Watch | None = None


def find_own_watches(viewer: Viewer, at: datetime) -> OwnWatches:
    """Return the running watches that a guard began himself, or that his unit has."""
    if viewer.scope(Record.UNIT) != Scope.OWN:
        return OwnWatches()
    shift = find_own_shift(viewer, at)
    running = Watch.objects.filter(tenant_id=viewer.tenant_id, ended_at=None)
    known = Q(member_id=viewer.member_id) | Q(unit=shift.unit if shift else None)
    mine, left = [], None
    for one in running.filter(known).select_related("unit", "member", "case").order_by("due_at"):
        of_this_shift = shift is not None and one.began_at >= shift.starts_at
        if one.member_id == viewer.member_id or of_this_shift:
            mine.append(one)
        else:
            left = one
    return OwnWatches(mine, left)


@dataclass(frozen=True)
class Silence:
    """A sign of life that did not come: whose, who began the watch, and where the unit last was.

    Where it is silent no more, `returned_at` is when a sign came after all or, with `has_ended`,
    when the watch was ended; None where that is not known any more.
    """

    unit: Unit
    began_by: str
    due_at: datetime
    is_silent: bool
    has_ended: bool
    returned_at: datetime | None
    position: Position | None


def find_silence(viewer: Viewer, case: Case) -> Silence | None:
    """Return whose sign of life did not come, for a case that was born of it; or None."""
    seen = get_case(viewer, case.pk)
    if not seen.is_missed_sign:
        return None
    watches = Watch.objects.filter(case=seen).select_related("unit", "member")
    watch = watches.order_by("-began_at").first()
    by_sign = Unit.objects.filter(tenant_id=viewer.tenant_id, call_sign=seen.place)
    unit = watch.unit if watch else by_sign.first()
    if unit is None:
        return None
    has_ended = watch is not None and watch.ended_at is not None
    is_silent = watch is not None and watch.missed_at is not None and not has_ended
    returned_at = (watch.ended_at or watch.seen_at) if watch and not is_silent else None
    granted = viewer.sees(Record.UNIT, "position")
    position = newest_positions([unit.pk]).get(unit.pk) if granted else None
    due_at = watch.due_at if watch and is_silent else seen.triggered_at or seen.received_at
    began_by = watch.member.service_number if watch else ""
    return Silence(unit, began_by, due_at, is_silent, has_ended, returned_at, position)


def may_take(viewer: Viewer) -> bool:
    """Return whether the viewer may say "I have it" of a case."""
    return viewer.may(Record.CASE, Verb.WRITE) or viewer.may(Record.CASE, Verb.LEAD)


def list_duty_phones(viewer: Viewer, case: Case) -> list[tuple[str, str]]:
    """List the duties to call, with their telephones, first step first; only to who may take the case."""
    seen = get_case(viewer, case.pk)
    if not may_take(viewer):
        return []
    found = Contact.objects.filter(tenant_id=seen.tenant_id).exclude(phone="")
    return list(found.order_by("step", "duty").values_list("duty", "phone"))


@dataclass(frozen=True)
class Taker:
    """Who said "I have it", by service number; `at` is None once it came back unanswered."""

    by: str
    at: datetime | None


def list_takers(viewer: Viewer, case_ids: Sequence[UUID]) -> dict[UUID, Taker]:
    """List, by case, who said "I have it"."""
    known = cases_shared_with(viewer).filter(pk__in=case_ids)
    stands = Q(ended_at=None) | Q(why=TAKEN)
    found = Escalation.objects.filter(stands, case__in=known).exclude(taken_by="")
    return {
        one.case_id: Taker(_number_of(one.taken_by), None if one.came_back else one.taken_at)
        for one in found
    }


@dataclass(frozen=True)
class LastTold:
    """The newest step of an escalation that went out: to which duties, and when."""

    duties: tuple[str, ...]
    at: datetime


def list_last_told(viewer: Viewer, case_ids: Sequence[UUID]) -> dict[UUID, LastTold]:
    """List, by case that nobody has answered, who was told last; only what was sent counts."""
    known = cases_shared_with(viewer).filter(pk__in=case_ids)
    running = Escalation.objects.filter(case__in=known, ended_at=None, step__gt=0)
    escalations = {str(one.pk): one.case_id for one in running}
    sent = Notification.objects.filter(subject__in=escalations.values()).exclude(sent_at=None)
    contacts = Contact.objects.filter(tenant_id=viewer.tenant_id)
    duties = {str(pk): duty for pk, duty in contacts.values_list("pk", "duty")} if sent else {}
    steps: dict[tuple[UUID, int], list[tuple[datetime, str]]] = {}
    for one in sent.order_by("sent_at"):
        escalation, step, contact, _channel = one.key.split(":")
        if escalation in escalations and one.sent_at is not None and contact in duties:
            told = steps.setdefault((escalations[escalation], int(step)), [])
            told.append((one.sent_at, duties[contact]))
    return {
        case: LastTold(tuple(dict.fromkeys(duty for _at, duty in told)), told[0][0])
        for (case, _step), told in sorted(steps.items(), key=lambda one: one[0][1])
    }


@dataclass(frozen=True)
class Told:
    """One step of an escalation: its notifications with the duty that each was for."""

    step: int
    notifications: Sequence[tuple[str, Notification]]


@dataclass(frozen=True)
class EscalationNow:
    """How far people were told that nobody has answered, newest step first; never their addresses.

    `next_at` is when the next step comes; `taken_by` the service number of who said "I have it".
    """

    escalation: Escalation
    told: Sequence[Told]
    next_at: datetime | None
    taken_by: str


def find_escalation(viewer: Viewer, case: Case) -> EscalationNow | None:
    """Return who was told that nobody has answered a case; None where nobody was to be told."""
    found = Escalation.objects.filter(case=get_case(viewer, case.pk)).first()
    if found is None:
        return None
    timers = Timer.objects.filter(kind=ESCALATE, subject=found.pk, fired_at=None, cancelled_at=None)
    following = timers.values_list("deadline", flat=True).first()
    taken_by = _number_of(found.taken_by) if found.why == TAKEN else ""
    return EscalationNow(found, _told(found), following, taken_by)


def _told(escalation: Escalation) -> list[Told]:
    """Return the notifications step by step, read from their keys."""
    prefix = f"{escalation.pk}:"
    notifications = Notification.objects.filter(subject=escalation.case_id, key__startswith=prefix)
    parts = [(one, one.key.split(":")) for one in notifications.order_by("channel", "key")]
    contacts = Contact.objects.filter(tenant_id=escalation.tenant_id)
    duties: Mapping[str, str] = {str(pk): duty for pk, duty in contacts.values_list("pk", "duty")}
    steps: dict[int, list[tuple[str, Notification]]] = {}
    for notification, (_escalation, step, contact, _channel) in parts:
        steps.setdefault(int(step), []).append((duties.get(contact, ""), notification))
    return [
        Told(step, sorted(steps[step], key=lambda one: one[0]))
        for step in sorted(steps, reverse=True)
    ]


def _number_of(signature: str) -> str:
    """Return the service number of a member who signed; other signatures as they are."""
    member_id = signature.removeprefix("member:")
    if member_id == signature:
        return signature
    found = Member.objects.filter(pk=member_id).select_related("user").first()
    return found.service_number if found else signature
