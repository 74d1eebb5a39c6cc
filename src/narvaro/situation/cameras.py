"""What cameras saw becomes an observation, and a case where a person says so. In: facts, decisions.

Out: one row per thing that goes on, however often its camera says it; events. A camera sends nobody
out by itself. What is kept is the kind, the time, a count and the analytics' own word, for 90 days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from narvaro.access.models import OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.directory.models import Camera
from narvaro.situation.camera_words import case_text_of
from narvaro.situation.correlation import LOWEST_OF_CALLS, PRIORITY_OF_KIND, handling_of
from narvaro.situation.events import CameraDecided, CameraSeen
from narvaro.situation.models import CameraEvent, Case
from narvaro.situation.models.cameras import STILL
from narvaro.situation.signals import find_plan, next_case_number, share_by_default, tell_opened
from narvaro.spine import events
from narvaro.spine.refusal import Refused

AGAIN = timedelta(seconds=60)  # between two messages of one thing
DECIDED_HOLDS = timedelta(minutes=10)  # what goes on after a decision is shown anew then
KEPT = timedelta(days=90)

What, State = CameraEvent.What, CameraEvent.State
GRAVE = (What.FIRE_SMOKE, What.INTRUSION)  # said wherever the operator is in the console
KINDS = (Case.Kind.DISTURBANCE, Case.Kind.INTRUDER, Case.Kind.FIRE, Case.Kind.TECHNICAL)
_KIND_OF = {
    What.FIRE_SMOKE: Case.Kind.FIRE,
    What.INTRUSION: Case.Kind.INTRUDER,
    What.LINE_CROSSING: Case.Kind.INTRUDER,
    What.CAMERA_LOST: Case.Kind.TECHNICAL,
}


@dataclass(frozen=True)
class ObservedFacts:
    """One message of a camera with its place in the journal; times are aware.

    `what` is a word of `CameraEvent.What`, or `CameraEvent.BACK`.
    """

    receiver_id: str
    journal_id: int
    what: str
    at: datetime
    began: bool
    count: int | None
    note: str
    received_at: datetime


def kind_of(what: str) -> Case.Kind:
    """Return the kind of case that is proposed for what was seen."""
    return _KIND_OF.get(What(what), Case.Kind.DISTURBANCE)


def priority_of(what: str) -> int:
    """Return the priority that a case of what was seen would have, 1 the gravest."""
    return PRIORITY_OF_KIND.get(kind_of(what), LOWEST_OF_CALLS)


def _get_camera(tenant_id: UUID, code: str) -> Camera:
    camera = Camera.objects.filter(tenant_id=tenant_id, code=code).first()
    if camera is None:
        raise Refused("unknown_camera", "The camera is not in the register; bring it in first.")
    if not camera.is_documented:
        raise Refused(
            "camera_undocumented",
            "The camera has no written purpose or no documented balancing of interests; write both "
            "in the register of cameras.",
        )
    return camera


def _audience_of(camera: Camera) -> set[UUID]:
    """Return who may know: never the guarding company, before a case is made."""
    kinds = OrganisationKind.MUNICIPALITY, OrganisationKind.ALARM_CENTRE
    return {*list_organisation_ids(camera.tenant_id, *kinds), camera.organisation_id}


def _takes(event: CameraEvent, at: datetime) -> bool:
    """Return whether what a camera says at a time belongs to an event of the same kind."""
    if at <= event.heard_at:
        return at >= event.began_at - AGAIN
    if event.what == What.CAMERA_LOST and event.ended_at is None:
        return True
    if event.decided_at is not None and at > event.decided_at + DECIDED_HOLDS:
        return False
    if event.state == State.NEW and event.is_running_at(at):
        return True
    return at - event.heard_at <= AGAIN


def _locked_events(camera: Camera, what: str) -> QuerySet[CameraEvent]:
    found = CameraEvent.objects.select_for_update(no_key=True, of=("self",))
    return found.filter(camera=camera, what=what).order_by("-heard_at", "-pk")


def _find_taking(camera: Camera, what: str, facts: ObservedFacts) -> CameraEvent | None:
    """Return the event that a message belongs to: the one that it made, else one that it goes on."""
    events_of = _locked_events(camera, what)
    made = events_of.filter(
        receiver_id=facts.receiver_id, journal_id=facts.journal_id, received_at=facts.received_at
    ).first()
    if made is not None:
        return made
    near = Q(heard_at__gte=facts.at - STILL)
    if what == What.CAMERA_LOST:
        near |= Q(ended_at=None)
    found = events_of.filter(near, began_at__lte=facts.at + AGAIN)
    return next((one for one in found if _takes(one, facts.at)), None)


def _count_more(event: CameraEvent, count: int | None) -> None:
    event.count = max(event.count or 0, count) if count is not None else event.count


def _end(camera: Camera, what: str, facts: ObservedFacts) -> CameraEvent | None:
    event = _locked_events(camera, what).first()
    if event is None or event.ended_at is not None or event.heard_at > facts.at:
        return None
    if (facts.received_at, facts.journal_id) < (event.received_at, event.journal_id):
        return None  # what came before it began, in the same second
    event.ended_at = event.heard_at = facts.at
    _count_more(event, facts.count)
    event.save(update_fields=["ended_at", "heard_at", "count"])
    return event


def _join(event: CameraEvent, facts: ObservedFacts) -> CameraEvent:
    if event.ended_at is not None and facts.at > event.ended_at:
        event.ended_at = None
    event.began_at = min(event.began_at, facts.at)
    event.heard_at = max(event.heard_at, facts.at)
    _count_more(event, facts.count)
    event.save(update_fields=["began_at", "heard_at", "ended_at", "count"])
    return event


def _open(camera: Camera, what: str, facts: ObservedFacts, by: str, at: datetime) -> CameraEvent:
    event = CameraEvent.objects.create(
        tenant_id=camera.tenant_id,
        camera=camera,
        what=What(what),
        began_at=facts.at,
        heard_at=facts.at,
        count=facts.count,
        note=facts.note[:60],
        received_at=facts.received_at,
        receiver_id=facts.receiver_id,
        journal_id=facts.journal_id,
    )
    events.append(
        CameraSeen(event.pk, camera.pk, event.what, camera.site_id),
        tenant_id=camera.tenant_id, subject=event.pk, audience=_audience_of(camera), by=by, at=at,
    )  # fmt: skip
    return event


@transaction.atomic
def note_observed(
    *, tenant_id: UUID, camera_code: str, facts: ObservedFacts, by: str, at: datetime
) -> CameraEvent | None:
    """Keep what a camera saw, as part of what it said a moment ago where it goes on.

    None where nothing is kept: an end of what never began, what is over 90 days old. Raises Refused
    ("unknown_camera", "camera_undocumented"), and ValueError at a word that is none. The same
    record twice changes nothing.
    """
    events.hold(tenant_id)
    camera = _get_camera(tenant_id, camera_code)
    if at - facts.at > KEPT:
        return None
    back = facts.what == CameraEvent.BACK
    what, began = (What.CAMERA_LOST, False) if back else (What(facts.what), facts.began)
    if not began:
        return _end(camera, what, facts)
    taking = _find_taking(camera, what, facts)
    if taking is not None:
        return _join(taking, facts)
    return _open(camera, what, facts, by, at)


def _locked(event: CameraEvent) -> CameraEvent:
    events.hold(event.tenant_id)
    rows = CameraEvent.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("camera__site", "camera__tenant", "case").get(pk=event.pk)


def _decide(row: CameraEvent, number: str, by: str, at: datetime) -> None:
    row.decided_at, row.decided_by = at, number
    row.save(update_fields=["state", "reason", "case", "decided_at", "decided_by"])
    events.append(
        CameraDecided(row.pk, row.camera_id, row.state, row.reason, row.case_id),
        tenant_id=row.tenant_id, subject=row.pk, audience=_audience_of(row.camera), by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def make_case(*, event: CameraEvent, kind: Case.Kind, number: str, by: str, at: datetime) -> Case:
    """Make a case of what a camera saw; again, it is the same case. `number`: who decides.

    It counts as received now, when a person looked: nobody is measured by what a camera saw before.
    """
    row = _locked(event)
    if row.case is not None:
        return row.case
    if row.state != State.NEW:
        raise Refused("camera_decided", "Somebody has said that nothing is to be done.")
    if kind not in KINDS:
        raise Refused("invalid", "Choose one of the kinds of case.", status=422)
    row.case = _open_case(row, kind, by, at)
    row.state = State.CASE
    _decide(row, number, by, at)
    return row.case


def _open_case(event: CameraEvent, kind: Case.Kind, by: str, at: datetime) -> Case:
    camera = event.camera
    site = camera.site
    plan = find_plan(site.pk) if site else None
    handling = handling_of(
        kind,
        code_priority=PRIORITY_OF_KIND.get(kind, LOWEST_OF_CALLS),
        confirmed=False,
        rules=plan.rules if plan else (),
    )
    own = camera.lat is not None
    case = Case.objects.create(
        tenant_id=camera.tenant_id,
        number=next_case_number(camera.tenant_id),
        kind=kind,
        born=Case.Born.CAMERA,
        priority=handling.priority,
        site=site,
        place=camera.where,
        lat=camera.lat if own or site is None else site.lat,
        lon=camera.lon if own or site is None else site.lon,
        text=case_text_of(event, at),
        plan=plan,
        needs=list(handling.needs),
        units=handling.units,
        offer_by_rule=handling.offer_by_rule,
        received_at=at,
        last_signal_at=at,
    )
    tell_opened(case, share_by_default(case, at), by=by, at=at)
    return case


@transaction.atomic
def dismiss(
    *, event: CameraEvent, reason: CameraEvent.Reason, number: str, by: str, at: datetime
) -> None:
    """Say that nothing is to be done, and why; what was dismissed before stays as it was."""
    row = _locked(event)
    if row.state == State.CASE:
        raise Refused("camera_case", "A case was made of it; look at the case.")
    if row.state == State.NEW:
        row.state, row.reason = State.DISMISSED, reason
        _decide(row, number, by, at)


@transaction.atomic
def drop_old_camera_events(*, at: datetime) -> int:
    """Delete what cameras saw over 90 days ago; return how many. The cases made of it stay."""
    return CameraEvent.objects.filter(received_at__lt=at - KEPT).delete()[0]
