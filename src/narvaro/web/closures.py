"""The roads now: those that are closed, one more, one less. In: requests. Out: pages."""

import math
from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in
from django.views.decorators.http import require_GET, require_POST

from narvaro.access.viewer import Viewer
from narvaro.directory.actions import Drawn, close_road, open_road
from narvaro.directory.models import RoadClosure
from narvaro.directory.queries import get_closure, list_closures
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.console import map_view, position_now
from narvaro.web.labels import say
from narvaro.web.refusal_words import refusal_text
from narvaro.web.road_times import times_view, winter_view
from narvaro.web.screens import Choice, Problem
from narvaro.web.screens.closures import ClosureRow, ClosuresPage

KIND = {
    "roadwork": lazy_in("closure", "Roadwork"),
    "accident": lazy_in("closure", "Accident"),
    "event": lazy_in("closure", "Event"),
    "weather": lazy_in("closure", "Weather or flood"),
    "other": lazy_in("closure", "Another reason"),
}
UNTIL = {
    "1": lazy("for 1 hour"),
    "8": lazy("for 8 hours"),
    "24": lazy("for 24 hours"),
    "": lazy("until it is opened"),
}


def _row(one: RoadClosure) -> ClosureRow:
    return ClosureRow(
        id=str(one.pk),
        street=one.street or _("A road without a name"),
        kind_label=say(KIND, one.kind),
        closed_at=one.closed_at,
        closed_by=one.closed_by,
        until_at=one.until_at,
        walkers_pass=one.walkers_pass,
        open_url=reverse("open_road", args=[one.pk]),
    )


def _page(viewer: Viewer, request: HttpRequest | None = None, problem: str = "") -> ClosuresPage:
    given = request.POST if request else {}
    kind, until = given.get("kind", "roadwork"), given.get("until", "8")
    return ClosuresPage(
        position=position_now(viewer),
        map=map_view(viewer),
        winter=winter_view(viewer),
        times=times_view(viewer),
        closures=tuple(_row(one) for one in list_closures(viewer, clock.now())),
        kinds=tuple(Choice(code, say(KIND, code), code == kind) for code in KIND),
        until=tuple(Choice(code, say(UNTIL, code), code == until) for code in UNTIL),
        first=str(given.get("first", "")),
        second=str(given.get("second", "")),
        problems=(Problem(problem),) if problem else (),
    )


@require_GET
def closures(request: HttpRequest) -> HttpResponse:
    """Show the roads now: what is closed, the map to draw on, winter, how right travel times were."""
    page = _page(viewer_of_request(request))
    return render(request, "closures/page.html", {"page": page})


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Close the roads that a line crosses."""
    viewer = viewer_of_request(request)
    try:
        drawn = _read_drawn(request)
        close_road(
            tenant_id=viewer.tenant_id, drawn=drawn, number=viewer.service_number,
            by=viewer.signature, at=clock.now(),
        )  # fmt: skip
    except Refused as no:
        said = refusal_text(no.code, no.detail)
        page = _page(viewer, request, f"{said.detail} {said.what_to_do}".strip())
        return render(request, "closures/page.html", {"page": page}, status=422)
    return redirect("closures")


@require_POST
def reopen(request: HttpRequest, closure_id: UUID) -> HttpResponse:
    """Open a road again."""
    viewer = viewer_of_request(request)
    found = get_closure(viewer, closure_id)
    open_road(closure=found, number=viewer.service_number, by=viewer.signature, at=clock.now())
    return done(request, reverse("closures"))


def _read_drawn(request: HttpRequest) -> Drawn:
    given = request.POST
    kind, hours = given.get("kind", ""), given.get("until", "")
    if kind not in KIND or hours not in UNTIL:
        raise Refused("invalid", _("Choose why and for how long."), status=422)
    until_at = clock.now() + timedelta(hours=int(hours)) if hours else None
    line = _read_point(given.get("first", "")), _read_point(given.get("second", ""))
    return Drawn(line, RoadClosure.Kind(kind), until_at, "everybody" not in given)


def _read_point(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(one) for one in text.split(","))
    except ValueError as fault:
        raise Refused(
            "invalid", _("Set both ends of the line on the map, one on each side of the road."),
            status=422,
        ) from fault  # fmt: skip
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise Refused("invalid", _("That is no place on earth; draw the line anew."), status=422)
    return lat, lon
