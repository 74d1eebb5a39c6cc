"""What cameras saw: the operator's list, and his two answers. In: requests. Out: pages, fragments."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.situation import cameras as actions
from narvaro.situation.camera_words import WHAT, direction_of
from narvaro.situation.models import CameraEvent, Case
from narvaro.situation.queries import (
    get_camera_event,
    list_decided_camera_events,
    list_new_camera_events,
    list_untaken_cameras,
)
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.camera_count import count_grave
from narvaro.web.camera_words import KIND, REASON
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.screens import Choice
from narvaro.web.screens.cameras import CamerasPage, DecidedRow, NewRow, SeenRow, UntakenRow

SHOWN = 100
LOOKS_BACK = timedelta(hours=24)


def _seen(viewer: Viewer, event: CameraEvent) -> SeenRow:
    camera, now = event.camera, clock.now()
    return SeenRow(
        id=str(event.pk),
        what=event.what,
        what_label=say(WHAT, event.what),
        place=camera.where,
        camera=camera.code,
        camera_name=camera.name,
        looks=direction_of(camera.direction_deg),
        began_at=event.began_at,
        heard_at=event.heard_at,
        ended_at=event.ended_at,
        count=event.count,
        priority=actions.priority_of(event.what),
        runs=event.is_running_at(now),
        review_due=camera.is_review_due(now.astimezone(viewer.zone).date()),
    )


def _kinds(proposed: Case.Kind) -> tuple[Choice, ...]:
    order = sorted(actions.KINDS, key=lambda kind: kind != proposed)
    return tuple(Choice(kind, say(KIND, kind), kind == proposed) for kind in order)


def _new_row(viewer: Viewer, event: CameraEvent, *, may_decide: bool) -> NewRow:
    if not may_decide:
        return NewRow(_seen(viewer, event))
    return NewRow(
        seen=_seen(viewer, event),
        case_url=reverse("camera_case", args=[event.pk]),
        dismiss_url=reverse("camera_dismiss", args=[event.pk]),
        kinds=_kinds(actions.kind_of(event.what)),
    )


def _decided_row(viewer: Viewer, event: CameraEvent) -> DecidedRow:
    case = event.case
    opens = case is not None and viewer.may(Record.CASE, Verb.WRITE)
    return DecidedRow(
        seen=_seen(viewer, event),
        decided_at=event.decided_at or event.heard_at,
        decided_by=event.decided_by,
        reason_label=say(REASON, event.reason) if event.reason else "",
        case_number=str(case.number) if case else "",
        case_state=case.state if case else "",
        case_state_label=say(labels.CASE_STATE, case.state) if case else "",
        case_href=reverse("case", args=[case.pk]) if case and opens else "",
    )


def _page(viewer: Viewer) -> CamerasPage:
    position = position_now(viewer)
    may_decide = viewer.may(Record.CAMERA_EVENT, Verb.WRITE)
    fresh = list_new_camera_events(viewer)
    shown = list(fresh[:SHOWN])
    decided = list_decided_camera_events(viewer, clock.now() - LOOKS_BACK)[:SHOWN]
    return CamerasPage(
        position=position,
        new=tuple(_new_row(viewer, one, may_decide=may_decide) for one in shown),
        decided=tuple(_decided_row(viewer, one) for one in decided),
        reasons=tuple(Choice(code, str(words)) for code, words in REASON.items()),
        may_decide=may_decide,
        more=fresh.count() - SHOWN if len(shown) == SHOWN else 0,
        untaken=tuple(
            UntakenRow(one.code, one.name, one.where) for one in list_untaken_cameras(viewer)
        ),
    )


@require_GET
def cameras(request: HttpRequest) -> HttpResponse:
    """Show what cameras saw: the whole page, its lists alone, or the count in the room's tab."""
    viewer = viewer_of_request(request)
    if "count" in request.GET:
        count = count_grave(viewer, quiet=request.GET["count"] == "quiet")
        return render(request, "cameras/_count.html", {"count": count})
    page = _page(viewer)
    template = "cameras/_body.html" if request.headers.get("HX-Request") else "cameras/page.html"
    return render(request, template, {"page": page})


@require_POST
def case(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Make a case of what was seen; who may handle cases goes on to it."""
    viewer = viewer_of_request(request)
    found = get_camera_event(viewer, event_id)
    kind = request.POST.get("kind", "")
    if kind not in actions.KINDS:
        raise Refused("invalid", _("Choose what kind of case it is."), status=422)
    made = actions.make_case(
        event=found, kind=Case.Kind(kind), number=viewer.service_number, by=viewer.signature,
        at=clock.now(),
    )  # fmt: skip
    goes_on = viewer.may(Record.CASE, Verb.WRITE)
    where = reverse("case", args=[made.pk]) if goes_on else reverse("cameras")
    return done(request, where, case=str(made.pk))


@require_POST
def dismiss(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Say that nothing is to be done, and why."""
    viewer = viewer_of_request(request)
    found = get_camera_event(viewer, event_id)
    reason = request.POST.get("reason", "")
    if reason not in CameraEvent.Reason.values:
        raise Refused("invalid", _("Choose why nothing is to be done."), status=422)
    actions.dismiss(
        event=found, reason=CameraEvent.Reason(reason), number=viewer.service_number,
        by=viewer.signature, at=clock.now(),
    )  # fmt: skip
    return done(request, reverse("cameras"))
