"""Working alone, on the guard's phone. In: his unit's watch, taps. Out: rows, signs of life."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from narvaro.access.viewer import Viewer
from narvaro.dispatch import checkin
from narvaro.dispatch.models import Watch
from narvaro.dispatch.queries import find_own_watches
from narvaro.plan.queries import find_own_unit
from narvaro.situation.models import Case
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web.answers import done, viewer_of_request, written_at
from narvaro.web.screens import Choice, PhoneWatch


def watch_of(viewer: Viewer, at: datetime) -> PhoneWatch | None:
    """Return how the guard's working alone stands; None off shift, where nobody waits for him."""
    found, unit = find_own_watches(viewer, at), find_own_unit(viewer, at)
    if found.mine:
        return _shown(found.mine[0], "missed" if found.mine[0].missed_at else "running")
    if found.left is not None:
        return _shown(found.left, "left")
    if unit is None:
        return None
    minutes = (one // 60 for one in checkin.INTERVALS_S)
    return PhoneWatch(
        state="none",
        call_sign=unit.call_sign,
        start_url=reverse("watch_start"),
        intervals=tuple(Choice(str(60 * one), str(one)) for one in minutes),
    )


def _shown(watch: Watch, state: str) -> PhoneWatch:
    case = watch.case if watch.case and watch.case.state != Case.State.CLOSED else None
    return PhoneWatch(
        state=state,
        call_sign=watch.unit.call_sign,
        here_url=reverse("watch_here") if state != "left" else "",
        end_url=reverse("watch_end"),
        due_at=watch.due_at,
        seen_at=watch.seen_at,
        minutes=watch.interval_s // 60,
        by=watch.member.service_number,
        case_number=str(case.number) if case else "",
    )


def watch_facts(viewer: Viewer, at: datetime) -> dict[str, object] | None:
    """Return the watch as data, for phones that are programs."""
    mine = find_own_watches(viewer, at).mine
    if not mine:
        return None
    return {
        "due_at": mine[0].due_at.isoformat(),
        "interval_s": mine[0].interval_s,
        "missed": mine[0].missed_at is not None,
    }


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin to wait for the unit's signs of life."""
    viewer, at = viewer_of_request(request), clock.now()
    unit = find_own_unit(viewer, at)
    if unit is None:
        raise Missing
    if find_own_watches(viewer, at).left is not None:
        raise Refused("watch_left", "", status=409)
    given = request.POST.get("interval_s", "")
    made = checkin.start_watch(
        unit=unit, member_id=viewer.member_id, interval_s=int(given) if given.isdecimal() else 0,
        by=viewer.signature, at=at,
    )  # fmt: skip
    return done(request, "/phone/", due_at=made.due_at.isoformat())


@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """Give a sign of life; one that the phone kept without net counts from when it was given."""
    viewer, at = viewer_of_request(request), clock.now()
    given_at = written_at(request, at)
    mine = find_own_watches(viewer, at).mine
    for one in mine:
        checkin.check_in(unit_id=one.unit_id, by=viewer.signature, at=at, given_at=given_at)
    return done(request, "/phone/", watch=watch_facts(viewer, at))


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Stop to wait: no longer alone. One that the phone kept ends no watch that began after it."""
    viewer, at = viewer_of_request(request), clock.now()
    found, given_at = find_own_watches(viewer, at), written_at(request, at)
    for one in found.mine or ([found.left] if found.left else []):
        if one.began_at <= given_at:
            checkin.end_watch(unit_id=one.unit_id, by=viewer.signature, at=at)
    return done(request, "/phone/", watch=watch_facts(viewer, at))
