"""The way to a case: on the console's map, and as words. In: requests, routes. Out: GeoJSON, rows."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy as lazy_in
from django.views.decorators.http import require_GET

from narvaro.access.policy import Record
from narvaro.core.roads import Route, Step
from narvaro.dispatch.ways import list_legs, list_units_to_show
from narvaro.situation.queries import get_case
from narvaro.spine import clock
from narvaro.web.answers import viewer_of_request
from narvaro.web.ground import line_feature
from narvaro.web.labels import say
from narvaro.web.screens.phone import WayStep

MANOEUVRE = {
    "start": lazy_in("turn", "Start"),
    "straight": lazy_in("turn", "Straight on"),
    "slight_left": lazy_in("turn", "Bear left"),
    "left": lazy_in("turn", "Left"),
    "sharp_left": lazy_in("turn", "Sharp left"),
    "slight_right": lazy_in("turn", "Bear right"),
    "right": lazy_in("turn", "Right"),
    "sharp_right": lazy_in("turn", "Sharp right"),
    "turn_round": lazy_in("turn", "Turn round"),
    "arrive": lazy_in("turn", "There"),
}


@require_GET
def case_way(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Answer with the ways of the units that are out or asked, else of the first in the ranking."""
    viewer, now = viewer_of_request(request), clock.now()
    case = get_case(viewer, case_id)
    sees = viewer.sees(Record.UNIT, "position")
    shown = []
    for unit, by in list_units_to_show(viewer, case, now) if sees else ():
        legs = list_legs(case, unit, now, by)
        points = [(float(lat), float(lon)) for leg in legs for lat, lon in leg.shape]
        if len(points) > 1:
            shown.append(line_feature("way", points, id=str(case.pk), name=unit.call_sign))
    body = json.dumps({"type": "FeatureCollection", "features": shown})
    return HttpResponse(body, content_type="application/geo+json")


def steps_of(legs: Sequence[Route]) -> tuple[WayStep, ...]:
    """Return a way's turns in words; between two legs an AED is fetched."""
    return tuple(
        _step(one, fetches=number < len(legs) and one.manoeuvre == "arrive")
        for number, leg in enumerate(legs, 1)
        for one in leg.steps
    )


def _step(one: Step, *, fetches: bool) -> WayStep:
    what = _("Fetch the defibrillator") if fetches else say(MANOEUVRE, one.manoeuvre)
    street = one.street or ("" if one.manoeuvre == "arrive" else _("road without a name"))
    return WayStep(what=what, street=street, metres=_rounded(one.metres))


def _rounded(metres: float) -> int:
    step = 10 if metres < 1000 else 100
    return round(metres / step) * step
