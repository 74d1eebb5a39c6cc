"""The response: accepted, rolling, on scene, secured, left, reported. In: taps. Out: time points.

Eleven time points are kept (t0–t10), each with its source and, where one was written, its event.
The first saying of a point by a source stands; a better source may stand beside it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from narvaro.access.models import Member
from narvaro.core.geo import distance_m
from narvaro.directory.models import Unit
from narvaro.dispatch.actions import SEEKING, close_case, reopen, take, withdraw_all
from narvaro.dispatch.events import ResponseChanged
from narvaro.dispatch.models import FETCHING, GONE, OUT, Offer, Response, TimePoint
from narvaro.situation.actions import move_case, set_unit_state
from narvaro.situation.models import Case, Category, Incident, Position, UnitStatus
from narvaro.situation.reports import report_incident
from narvaro.situation.signals import audience_of
from narvaro.spine import events
from narvaro.spine.events import SYSTEM
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused

ORDER = ("accepted", "rolling", "on_scene", "secured", "left", "reported")
BEFORE_SCENE = (*SEEKING, Case.State.ACCEPTED)
UNDER_WAY = (Response.State.ACCEPTED, Response.State.ROLLING)
ARRIVED_M = 75.0
STAY_S = 20.0
LONGEST_STAY = 200  # positions that are looked back over
ELSEWHERE_M = 300.0
TAP_S = 60.0
Source = TimePoint.Source


def _note(response: Response, point: str, at: datetime, source: Source, event: int | None) -> None:
    TimePoint.objects.get_or_create(
        response=response, point=point, source=source,
        defaults={"at": at, "event_position": event},
    )  # fmt: skip


def _event_of(case: Case, kind: str, offer: Offer | None = None) -> Event:
    found = Event.objects.filter(tenant_id=case.tenant_id, subject=case.pk, kind=kind)
    if offer is not None:
        found = found.filter(payload__contains=str(offer.pk))
    return found.order_by("position")[0]


def _note_the_way_here(response: Response, offer: Offer, accepted: events.Appended) -> None:
    case = offer.case
    opened = _event_of(case, "case.opened")
    panel = case.born == Case.Born.PANEL
    if case.triggered_at is not None:
        _note(response, "triggered", case.triggered_at, Source.PANEL, opened.position)
    received_from = Source.RECEIVER if panel else Source.TYPED
    _note(response, "received", case.received_at, received_from, opened.position)
    _note(response, "acknowledged", opened.recorded_at, Source.SYSTEM, opened.position)
    offered = _event_of(case, "offer.made", offer).position
    decider = Source.SYSTEM if offer.by_rule else Source.DISPATCHER
    _note(response, "decided", offer.ranking.made_at, decider, offered)
    _note(response, "offered", offer.offered_at, decider, offered)
    _note(response, "accepted", response.accepted_at, Source.PHONE, accepted.position)


@transaction.atomic
def accept(
    *, offer: Offer, response_id: UUID, member_id: UUID, by: str, at: datetime
) -> Response:  # fmt: skip
    """Take a case; the same id sent twice is one response. Raises Refused when it is too late."""
    events.hold(offer.tenant_id)
    there = Response.objects.filter(offer_id=offer.pk).first()
    if there is not None:
        return there
    if Response.objects.filter(pk=response_id).exists():
        raise Refused("id_taken", "That id is another record's; accept once more.")
    accepted = take(offer, by=by, at=at)
    left = _leave_for(offer, by=by, at=at)
    response = Response.objects.create(
        id=response_id,
        tenant_id=offer.tenant_id,
        case=offer.case,
        organisation_id=offer.unit.organisation_id,
        unit=offer.unit,
        offer=offer,
        member_id=member_id,
        accepted_at=at,
    )
    _note_the_way_here(response, offer, accepted)
    _settle_report(offer.case)
    set_unit_state(unit=offer.unit, state=UnitStatus.State.BUSY, case=offer.case, by=by, at=at)
    if offer.case.state in SEEKING:
        move_case(case=offer.case, state=Case.State.ACCEPTED, by=by, at=at, unit=offer.unit_id)
    for case in left:
        _go_on_without(case, at)
    return response


def _go_on_without(case: Case, at: datetime) -> None:
    """End a case that its last unit was taken from once somebody had been there; else seek another."""
    held = Response.objects.filter(case=case).exclude(state__in=GONE)
    if held.exists() and not held.filter(state__in=OUT).exists():
        _end(case, by=SYSTEM, at=at, unit=None)
    else:
        reopen(case, by=SYSTEM, at=at)


def _leave_for(offer: Offer, *, by: str, at: datetime) -> list[Case]:
    """Take a unit off the lesser case that it is out on; return the cases that lost it."""
    out = Response.objects.select_for_update(no_key=True, of=("self",)).filter(
        unit_id=offer.unit_id, state__in=OUT
    )
    lost = []
    for response in out.exclude(case=offer.case).select_related("case"):
        response.state = Response.State.REASSIGNED
        response.save(update_fields=["state"])
        _tell(response, "reassigned", by=by, at=at, source=Source.PHONE)
        _settle_report(response.case)
        lost.append(response.case)
    return lost


def _settle_report(case: Case) -> None:
    """Let one of a case's units owe its report: who leads, or stands next to it while none does.

    A case has one report: once it is written, nobody owes another.
    """
    written = Incident.objects.filter(case=case).exists()
    held = Response.objects.filter(case=case, offer__isnull=False).exclude(state__in=GONE)
    in_order = sorted(
        held.select_related("offer"),
        key=lambda one: (
            one.offer is None or one.offer.seat == FETCHING,
            one.offer.seat if one.offer else 0,
        ),
    )
    for place, one in enumerate(in_order):
        owes = place == 0 if not written else one.state == Response.State.REPORTED
        if one.owes_report != owes:
            one.owes_report = owes
            one.save(update_fields=["owes_report"])


def _tell(
    response: Response, point: str, *, by: str, at: datetime, source: Source
) -> events.Appended:
    return events.append(
        ResponseChanged(
            response.case_id, response.unit_id, response.pk, response.state, point, at, source
        ),
        tenant_id=response.tenant_id, subject=response.case_id,
        audience=audience_of(response.case), by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def step(
    *, response: Response, state: Response.State, by: str, at: datetime,
    source: Source = Source.PHONE,
) -> Response:  # fmt: skip
    """Move a response forward: rolling, on scene, secured, left. Sent twice, it counts once."""
    events.hold(response.tenant_id)
    row = (
        Response.objects.select_for_update(no_key=True, of=("self",))
        .select_related("case", "unit")
        .get(pk=response.pk)
    )
    if row.state == Response.State.RECALLED:
        raise Refused("recalled", "The case was ended from the desk; you are free.")
    if row.state == Response.State.REASSIGNED:
        raise Refused(
            "reassigned", "The unit went to a graver case; another is sought for this one."
        )
    now, then = ORDER.index(row.state), ORDER.index(state)
    if then == now:
        return row
    if then < now:
        raise Refused("step_back", "The response has come further than that already.")
    if state in {Response.State.SECURED, Response.State.LEFT} and row.state in UNDER_WAY:
        raise Refused("not_on_scene", "Say that you are on scene before you clear.")
    if state == Response.State.REPORTED:
        raise Refused("report_first", "A response is reported by sending its report.")
    row.state = state
    row.save(update_fields=["state"])
    told = _tell(row, state, by=by, at=at, source=source)
    _note(row, state, at, source, told.position)
    if state == Response.State.ON_SCENE and row.case.state in BEFORE_SCENE:
        move_case(case=row.case, state=Case.State.ON_SCENE, by=by, at=at, unit=row.unit_id)
    if state == Response.State.LEFT:
        _leave(row, by=by, at=at)
    return row


def _leave(row: Response, *, by: str, at: datetime) -> None:
    """Free the unit; the case is cleared when its last unit has left, and closed if it is reported."""
    set_unit_state(unit=row.sent_unit, state=UnitStatus.State.AVAILABLE, case=None, by=by, at=at)
    if not row.case.responses.filter(state__in=OUT).exists():
        _end(row.case, by=by, at=at, unit=row.unit_id)


def _end(case: Case, *, by: str, at: datetime, unit: UUID | None) -> None:
    if case.state == Case.State.CLOSED:
        return
    withdraw_all(case, by=by, at=at)
    reported = Incident.objects.filter(case=case).exists()
    state = Case.State.CLOSED if reported else Case.State.CLEARED
    move_case(case=case, state=state, by=by, at=at, unit=unit)


@transaction.atomic
def report(
    *, response: Response, incident_id: UUID, category: Category, text: str,
    police_reference: str, member: Member, at: datetime,
    others_arrived_at: datetime | None = None,
) -> Incident:  # fmt: skip
    """Send the report of a response that has left; it closes a case that no other unit is out on."""
    events.hold(response.tenant_id)
    row = (
        Response.objects.select_for_update(no_key=True, of=("self",))
        .select_related("case")
        .get(pk=response.pk)
    )
    if row.state not in {Response.State.LEFT, Response.State.REPORTED}:
        raise Refused("not_cleared", "Clear the case before you report it.")
    incident = report_incident(
        incident_id=incident_id, case=row.case, category=category, text=text,
        police_reference=police_reference, member=member, unit=row.unit_id, at=at,
        others_arrived_at=others_arrived_at,
    )  # fmt: skip
    if row.state == Response.State.LEFT:
        by = f"member:{member.pk}"
        row.state = Response.State.REPORTED
        row.save(update_fields=["state"])
        told = _tell(row, "reported", by=by, at=at, source=Source.PHONE)
        _note(row, "reported", at, Source.PHONE, told.position)
        _settle_report(row.case)
        others_out = row.case.responses.filter(state__in=OUT).exists()
        if row.case.state != Case.State.CLOSED and not others_out:
            move_case(case=row.case, state=Case.State.CLOSED, by=by, at=at, unit=row.unit_id)
    return incident


@transaction.atomic
def end_case(*, case: Case, by: str, at: datetime) -> None:
    """End a case whatever has become of it: units that are out are recalled. A person decides it."""
    events.hold(case.tenant_id)
    for response in Response.objects.select_for_update(no_key=True).filter(
        case=case, state__in=OUT
    ):
        response.state = Response.State.RECALLED
        response.save(update_fields=["state"])
        _tell(response, "recalled", by=by, at=at, source=Source.DISPATCHER)
        set_unit_state(
            unit=response.sent_unit, state=UnitStatus.State.AVAILABLE, case=None, by=by, at=at
        )
    _settle_report(case)
    close_case(case=case, by=by, at=at)


@transaction.atomic
def set_own_state(*, unit: Unit, state: UnitStatus.State, by: str, at: datetime) -> None:
    """Let a unit say that it is available or on a break; a unit that is out is busy."""
    events.hold(unit.tenant_id)
    if Response.objects.filter(unit=unit, state__in=OUT).exists():
        raise Refused("unit_out", "You are out on a case; clear it first.")
    set_unit_state(unit=unit, state=state, case=None, by=by, at=at)


def note_arrivals(positions: list[Position]) -> int:
    """Note arrival by position of units that are out; return how many.

    A unit has arrived when its positions stay within 75 m of the place for 20 s; it arrived with
    the first of them. After a tap, only positions that contradict it count: the unit was further
    away than 300 m when it said that it was there.
    """
    return sum(
        _note_arrival(response, position)
        for position in positions
        for response in Response.objects.filter(
            unit_id=position.unit_id, state__in=OUT
        ).select_related("case")
    )


def _away_m(case: Case, position: Position) -> float:
    assert case.lat is not None
    assert case.lon is not None
    return float(distance_m(position.lat, position.lon, case.lat, case.lon))


def _find_first_there(response: Response, newest: Position) -> Position | None:
    """Return the first position of the unbroken stay that `newest` ends, where it is long enough."""
    before = Position.objects.filter(
        unit_id=newest.unit_id, flag="", at__gte=response.accepted_at, at__lte=newest.at
    )
    first = None
    for one in before.order_by("-at")[:LONGEST_STAY]:
        if _away_m(response.case, one) > ARRIVED_M:
            break
        first = one
    stayed = first is not None and (newest.at - first.at).total_seconds() >= STAY_S
    return first if stayed else None


def _is_contradicted(response: Response, tapped_at: datetime) -> bool:
    near = Position.objects.filter(
        unit=response.unit, flag="", at__gte=tapped_at - timedelta(seconds=TAP_S),
        at__lte=tapped_at + timedelta(seconds=TAP_S),
    )  # fmt: skip
    return any(_away_m(response.case, one) > ELSEWHERE_M for one in near)


@transaction.atomic
def _note_arrival(response: Response, position: Position) -> bool:
    case = response.case
    vague = position.accuracy_m is not None and position.accuracy_m > ARRIVED_M
    if case.lat is None or case.lon is None or vague or _away_m(case, position) > ARRIVED_M:
        return False
    events.hold(response.tenant_id)
    said = {one.source: one.at for one in response.time_points.filter(point="on_scene")}
    first = _find_first_there(response, position)
    if Source.POSITION in said or first is None:
        return False
    if Source.PHONE in said and not _is_contradicted(response, said[Source.PHONE]):
        return False
    told = _tell(response, "on_scene", by=SYSTEM, at=first.at, source=Source.POSITION)
    _note(response, "on_scene", first.at, Source.POSITION, told.position)
    return True
