"""How far one gets, on the console. In: requests. Out: GeoJSON for the map, the same as a list."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from narvaro.core.choice import FRESH_S
from narvaro.dispatch.reach import USUAL_S, Inside, Limit, Reach, reach_of_case, reach_of_unit
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web.answers import viewer_of_request
from narvaro.web.labels import say
from narvaro.web.road_times import winter_note
from narvaro.web.screens.reach import ReachChoice, ReachPanel, ReachRow
from narvaro.web.templatetags.screen import distance, minutes

WHY_NOT = {
    "no_map": lazy("No map: no travel time is known."),
    "off_duty": lazy("It is not on a shift now."),
    "no_position": lazy("Its position is not known."),
    "old_position": lazy(
        "Its position is so old that nothing is known to be reached in that time."
    ),
    "place_unknown": lazy("The place is not on the map."),
}


@dataclass(frozen=True)
class _Asked:
    """What is asked for: its key on the map, its address, its title; `winter` lies on the roads."""

    key: str
    path: str
    title: str
    winter: str


@require_GET
def unit_reach(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    """Answer with which sites a unit reaches in time."""
    viewer = viewer_of_request(request)
    drawn, limit_s = not _wants_panel(request), _read_limit(request)
    now = clock.now()
    found = reach_of_unit(viewer, unit_id, limit_s, now, drawn=drawn)
    path, title = reverse("unit_reach", args=[unit_id]), _("Reach of %(unit)s")
    asked = _Asked(f"unit-{unit_id}", path, title % {"unit": found.name}, winter_note(viewer, now))
    return _answer(request, found, asked)


@require_GET
def case_reach(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Answer with from where, and by which units, a case is reached in time."""
    viewer = viewer_of_request(request)
    drawn, limit_s = not _wants_panel(request), _read_limit(request)
    now = clock.now()
    found = reach_of_case(viewer, case_id, limit_s, now, drawn=drawn)
    path, title = reverse("case_reach", args=[case_id]), _("Who is at case %(number)s in time")
    asked = _Asked(
        f"case-{case_id}", path, title % {"number": found.name}, winter_note(viewer, now)
    )
    return _answer(request, found, asked)


def _wants_panel(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") is not None


def _read_limit(request: HttpRequest) -> int:
    given = request.GET.get("within", str(USUAL_S[0]))
    if not (given.isascii() and given.isdigit() and len(given) <= 5):
        raise Refused("invalid", _("Choose within how many seconds."), status=422)
    return int(given)


def _answer(request: HttpRequest, found: Reach, asked: _Asked) -> HttpResponse:
    if found.limit_s not in {one.seconds for one in found.limits}:
        raise Refused("invalid", _("Choose one of the times that are offered."), status=422)
    if _wants_panel(request):
        return render(request, "console/_reach.html", {"page": _panel(found, asked)})
    shown = [_feature(found, asked)] if found.outline else []
    body = json.dumps({"type": "FeatureCollection", "features": shown})
    return HttpResponse(body, content_type="application/geo+json")


def _feature(found: Reach, asked: _Asked) -> dict[str, object]:
    polygons = [
        [[[round(lon, 6), round(lat, 6)] for lat, lon in ring] for ring in polygon]
        for polygon in found.outline
    ]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        "properties": {
            "layer": "reach", "id": asked.key, "name": asked.title, "within_s": found.limit_s,
            "inside": [
                {"id": str(one.id), "name": one.name, "seconds": round(one.seconds, 1)}
                for one in found.inside
            ],
        },
    }  # fmt: skip


def _panel(found: Reach, asked: _Asked) -> ReachPanel:
    return ReachPanel(
        key=asked.key,
        url=f"{asked.path}?within={found.limit_s}",
        title=asked.title,
        choices=tuple(
            ReachChoice(
                f"{asked.path}?within={one.seconds}", _label(one), one.seconds == found.limit_s
            )
            for one in found.limits
        ),
        rows=tuple(_row(one) for one in found.inside),
        why_not=_why_not(found),
        notes=_notes(found, asked.winter),
        position_at=found.position_at,
        position_stale=found.drift_s > 0,
    )


def _label(one: Limit) -> str:
    whole = one.seconds // 60 if one.seconds % 60 == 0 else minutes(one.seconds)
    words = _("%(minutes)s min, as agreed") if one.is_agreed else _("%(minutes)s min")
    return words % {"minutes": whole}


def _row(one: Inside) -> ReachRow:
    said = []
    if one.walks:
        said.append(_("on foot"))
    if one.position_age_s is not None and one.position_age_s > FRESH_S:
        said.append(_("old position"))
    return ReachRow(str(one.id), one.name, one.seconds, ", ".join(said))


def _why_not(found: Reach) -> str:
    if found.why_not is None:
        return ""
    if found.why_not == "off_map":
        return off_map_text(found.off_m)
    return say(WHY_NOT, found.why_not)


def off_map_text(off_m: float) -> str:
    """Return how far a place is from the roads of the map."""
    if not off_m <= 50_000:
        return _("There is no road on the map within 50 km of it.")
    return _("The nearest road on the map is %(distance)s away.") % {"distance": distance(off_m)}


def _notes(found: Reach, winter: str) -> tuple[str, ...]:
    said = [winter] if winter and found.why_not is None else []
    if found.is_case and found.why_not is None:
        said.append(_("By road time alone: whether a unit may be sent, the ranking says."))
    if found.drift_s > 0 and found.why_not is None:
        words = _("The position is old: %(time)s is counted as if it had driven away meanwhile.")
        said.append(words % {"time": minutes(found.drift_s)})
    if found.walks:
        said.append(_("On foot, along streets and paths."))
    if found.closures:
        words = ngettext(
            "%(n)s closed road is counted.", "%(n)s closed roads are counted.", found.closures
        )
        said.append(words % {"n": found.closures})
    return tuple(said)
