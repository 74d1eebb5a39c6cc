"""Tonight's visits on a unit's phone. In: the unit's published visits, taps. Out: rows, states."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from narvaro.access.viewer import Viewer
from narvaro.plan import visits
from narvaro.plan.models import Visit
from narvaro.plan.queries import get_own_visit, own_visits
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web import plan_words
from narvaro.web.answers import done, viewer_of_request, written_at
from narvaro.web.labels import say
from narvaro.web.plan_page import visit_row
from narvaro.web.screens import Choice, PhoneVisit, PhoneVisits

FOLLOWING = 4
STEPS = ("start", "done", "short", "missed")


def _phone_visit(visit: Visit) -> PhoneVisit:
    place = visit.site or visit.area
    return PhoneVisit(
        visit=visit_row(visit),
        address=visit.site.address if visit.site else "",
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        arrived_at=visit.arrived_at,
        start_url=_url(visit, "start") if visit.state == Visit.State.PLANNED else "",
        done_url=_url(visit, "done"),
        short_url=_url(visit, "short"),
        missed_url=_url(visit, "missed") if visit.state == Visit.State.PLANNED else "",
    )


def _url(visit: Visit, code: str) -> str:
    return reverse("visit_step", args=[visit.pk, code])


def visits_of(viewer: Viewer, at: datetime) -> PhoneVisits | None:
    """Return the visits of the viewer's unit on its running shift; None where there are none."""
    mine = list(own_visits(viewer, at))
    if not mine:
        return None
    started = [one for one in mine if one.state == Visit.State.STARTED]
    planned = [one for one in mine if one.state == Visit.State.PLANNED]
    unsaid = [one for one in planned if one.window_until + visits.AFTERWARDS < at]
    ahead = [one for one in planned if one not in unsaid]
    shown = (started + ahead)[:1]
    following: Sequence[Visit] = [one for one in ahead if one not in shown]
    return PhoneVisits(
        now=_phone_visit(shown[0]) if shown else None,
        following=tuple(visit_row(one) for one in following[:FOLLOWING]),
        unsaid=tuple(_phone_visit(one) for one in unsaid),
        left=len(following),
        causes=tuple(Choice(one, say(plan_words.CAUSE, one)) for one in Visit.Cause.values),
    )


@require_POST
def step(request: HttpRequest, visit_id: UUID, said: str) -> HttpResponse:
    """Say what became of a visit: there, done, cut short, not made."""
    viewer = viewer_of_request(request)
    at, cause = written_at(request, clock.now()), request.POST.get("cause", "")
    if said not in STEPS:
        raise Missing
    found = get_own_visit(viewer, visit_id, at)
    by = viewer.signature
    try:
        match said:
            case "start":
                found = visits.start(visit=found, by=by, at=at)
            case "missed":
                found = visits.miss(visit=found, cause=cause, by=by, at=at)
            case "short":
                found = visits.finish(visit=found, cause=cause or "none", by=by, at=at)
            case _:
                found = visits.finish(visit=found, by=by, at=at)
    except Refused as no:
        text = plan_words.refusal_text(no.code, no.detail)
        raise Refused(no.code, text, status=no.status) from no
    return done(request, "/phone/", state=found.state)
