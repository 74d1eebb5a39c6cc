"""The console: cases, units, map, ranking with reasons. In: requests. Out: pages and fragments."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.directory.queries import find_road_map, find_site, sites_seen_by
from narvaro.dispatch.actions import SEEKING, offer_to
from narvaro.dispatch.responses import end_case
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case
from narvaro.situation.queries import get_case, list_active_cases
from narvaro.spine import clock
from narvaro.spine.events import head_positions
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.cases import CaseRows, case_detail, unit_rows
from narvaro.web.key_words import NO_KEY, keys_text, without_key
from narvaro.web.labels import say
from narvaro.web.readiness import ReadinessNow
from narvaro.web.refusal_words import refusal_text
from narvaro.web.screens import CaseRow, Choice, ConsolePage, MapView, NewCasePage, Problem
from narvaro.web.shared_fragments import shared
from narvaro.web.troubles import find_trouble_bar

TYPED_KINDS = (
    "disturbance", "intruder", "duress", "assistance", "fire", "medical", "technical", "other",
)  # fmt: skip


def position_now(viewer: Viewer) -> int:
    """Return the position in the log from which a page listens on."""
    return head_positions().get(viewer.tenant_id, 0)


def map_view(viewer: Viewer) -> MapView:
    """Return where the viewer's map gets its tiles and features."""
    row = find_road_map(viewer)
    if row is None:
        return MapView(features_url=reverse("map_features"))
    return MapView(
        features_url=reverse("map_features"),
        tiles_url=f"/tiles/{row.sha256}/{{z}}/{{x}}/{{y}}.mvt",
        west=row.west,
        south=row.south,
        east=row.east,
        north=row.north,
        attribution=row.attribution,
    )


def mode_label(viewer: Viewer) -> str:
    """Return how the tenant handles cases, in words."""
    return say(labels.MODE, Tenant.objects.get(pk=viewer.tenant_id).mode)


def _rows(viewer: Viewer, found: list[Case]) -> tuple[CaseRow, ...]:
    rows = CaseRows(viewer, found)
    return tuple(rows.row(one, reverse("case", args=[one.pk])) for one in found)


def _page(viewer: Viewer, chosen: Case | None = None) -> ConsolePage:
    position = position_now(viewer)
    active = list_active_cases(viewer)
    readiness = ReadinessNow(viewer)
    return ConsolePage(
        position=position,
        cases=_rows(viewer, active),
        units=unit_rows(viewer),
        readiness=readiness.view,
        map=map_view(viewer),
        selected=case_detail(viewer, chosen, reverse("case", args=[chosen.pk]), readiness)
        if chosen
        else None,
        can_type_in=True,
        can_close_roads=viewer.may(Record.MAP, Verb.WRITE),
        shows_reach=viewer.sees(Record.UNIT, "position"),
        mode_label=mode_label(viewer),
        trouble=find_trouble_bar(viewer),
    )


@require_GET
def console(request: HttpRequest) -> HttpResponse:
    """Show the whole console."""
    viewer = viewer_of_request(request)
    return render(request, "console/page.html", {"page": _page(viewer)})


def _case_list(viewer: Viewer) -> str:
    rows = _rows(viewer, list_active_cases(viewer))
    page = ConsolePage(cases=rows, trouble=find_trouble_bar(viewer))
    return render_to_string("console/_cases.html", {"page": page})


def _unit_list(viewer: Viewer) -> str:
    page = ConsolePage(
        units=unit_rows(viewer),
        readiness=ReadinessNow(viewer).view,
        shows_reach=viewer.sees(Record.UNIT, "position"),
    )
    return render_to_string("console/_units.html", {"page": page})


cases = shared("cases", _case_list)
"""The list of active cases again."""
units = shared("units", _unit_list)
"""The list of units again."""


@require_GET
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case: the fragment, or the whole console with it open."""
    viewer = viewer_of_request(request)
    found = get_case(viewer, case_id)
    if request.headers.get("HX-Request") is None:
        page = _page(viewer, found)
        return render(request, "console/page.html", {"page": page})
    detail = case_detail(viewer, found, reverse("case", args=[found.pk]))
    return render(request, "console/_case.html", {"page": detail})


@require_POST
def offer(request: HttpRequest, case_id: UUID, unit_id: UUID) -> HttpResponse:
    """Offer a case to the unit that a person chose, or call it in as support of who has it."""
    viewer = viewer_of_request(request)
    found = get_case(viewer, case_id)
    try:
        made = offer_to(
            case=found, unit_id=unit_id, by=viewer.signature, at=clock.now(),
            support=request.POST.get("support") == "1",
        )  # fmt: skip
    except Refused as no:
        if no.code != f"left_out.{NO_KEY}":
            raise
        raise Refused(no.code, without_key(no.detail, keys_text(viewer, found))) from no
    return done(request, _back(request, found), offer=str(made.pk))


@require_POST
def close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """End a case; units that are out are recalled."""
    viewer = viewer_of_request(request)
    found = get_case(viewer, case_id)
    end_case(case=found, by=viewer.signature, at=clock.now())
    return done(request, "/console/")


def _back(request: HttpRequest, found: Case) -> str:
    return (
        "/night/"
        if "/night/" in request.headers.get("Referer", "")
        else reverse("case", args=[found.pk])
    )


@require_http_methods(["GET", "POST"])
def new_case(request: HttpRequest) -> HttpResponse:
    """Type in a case: a call from the public number, the radio, a tenant."""
    viewer = viewer_of_request(request)
    if request.method == "GET":
        template = "_urgent" if request.headers.get("HX-Request") else "new"
        page = _new_page(viewer, str(uuid7()))
        return render(request, f"console/{template}.html", {"page": page})
    try:
        case_id, typed = _read_typed(viewer, request)
        made = type_in_case(
            case_id=case_id, tenant_id=viewer.tenant_id, typed=typed, by=viewer.signature,
            at=clock.now(),
        )  # fmt: skip
    except Refused as no:
        said = refusal_text(no.code, no.detail)
        page = _new_page(
            viewer, request.POST.get("id", ""), request, f"{said.detail} {said.what_to_do}"
        )
        return render(request, "console/new.html", {"page": page}, status=422)
    return redirect("case", case_id=made.pk)


def _read_typed(viewer: Viewer, request: HttpRequest) -> tuple[UUID, Typed]:
    given = request.POST
    try:
        case_id = UUID(given.get("id", ""))
        site_id = UUID(given["site"]) if given.get("site") else None
    except ValueError as fault:
        raise Refused("invalid", _("The form was damaged; open it anew."), status=422) from fault
    kind = given.get("kind", "")
    if kind not in TYPED_KINDS:
        raise Refused("invalid", _("Choose what has happened."), status=422)
    site = find_site(viewer, site_id) if site_id else None
    place = given.get("place", "").strip()[:200]
    typed = Typed(
        kind=Case.Kind(kind), priority=None, text=given.get("note", "")[:4000], site=site,
        place=place,
    )  # fmt: skip
    return case_id, typed


def _new_page(
    viewer: Viewer, proposed: str, request: HttpRequest | None = None, problem: str = ""
) -> NewCasePage:
    given = request.POST if request else {}
    position = position_now(viewer)
    sites = sites_seen_by(viewer).order_by("name")
    urgent = [
        one for one in list_active_cases(viewer) if one.priority == 1 and one.state in SEEKING
    ]
    return NewCasePage(
        position=position,
        id=proposed,
        sites=tuple(
            Choice(str(one.pk), f"{one.name}, {one.address}", str(one.pk) == given.get("site"))
            for one in sites
        ),
        kinds=tuple(
            Choice(kind, say(labels.CASE_KIND, kind), kind == given.get("kind"))
            for kind in TYPED_KINDS
        ),
        urgent=_rows(viewer, urgent),
        place=str(given.get("place", "")),
        note=str(given.get("note", "")),
        problems=(Problem(problem),) if problem else (),
        trouble=find_trouble_bar(viewer),
    )
