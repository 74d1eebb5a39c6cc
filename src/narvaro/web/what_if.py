"""What if: another policy, unit, base or shift for a year. In: requests. Out: the form, progress, answers."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from narvaro.access.viewer import Viewer
from narvaro.followup.replay.actions import ask_what_if, stop_what_if
from narvaro.followup.replay.queries import get_what_if, list_what_ifs, scenario_of_today
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.problems import wants_json
from narvaro.web.report_flow import refuse_programs
from narvaro.web.screens.what_if import WhatIfListPage
from narvaro.web.what_if_form import USUAL, WhatIfFields, names_of_sites
from narvaro.web.what_if_page import page_of, row_of


@require_http_methods(["GET", "POST"])
def what_if(request: HttpRequest) -> HttpResponse:
    """Show the form and what was asked before; a POST asks."""
    viewer = viewer_of_request(request)
    names, today = names_of_sites(viewer), scenario_of_today(viewer)
    if request.method == "GET":
        return _form(request, viewer, WhatIfFields(USUAL, names, today))
    fields = WhatIfFields(request.POST.dict(), names, today)
    asked = fields.read()
    if asked is not None:
        try:
            made = ask_what_if(viewer=viewer, asked=asked, at=clock.now())
            return done(request, reverse("what_if_one", args=[made.pk]), what_if=str(made.pk))
        except Refused as no:
            if no.status == 404 or wants_json(request):
                raise
            fields.refuse(no.detail)
    refuse_programs(request, fields.problems)
    return _form(request, viewer, fields)


def _form(request: HttpRequest, viewer: Viewer, fields: WhatIfFields) -> HttpResponse:
    rows = tuple(row_of(one, fields.names) for one in list_what_ifs(viewer))
    page = WhatIfListPage(fields.form(), rows, tuple(fields.problems))
    return render(
        request, "what_if/page.html", {"page": page}, status=422 if page.problems else 200
    )


@require_GET
def one(request: HttpRequest, what_if_id: UUID) -> HttpResponse:
    """Show how far one has come, or its answer."""
    viewer = viewer_of_request(request)
    page = page_of(get_what_if(viewer, what_if_id), names_of_sites(viewer))
    return render(request, "what_if/one.html", {"page": page})


@require_GET
def state(request: HttpRequest, what_if_id: UUID) -> HttpResponse:
    """Answer how far one has come; when it is at its end, let the page be loaded anew."""
    viewer = viewer_of_request(request)
    page = page_of(get_what_if(viewer, what_if_id), names_of_sites(viewer))
    if not page.under_way:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "what_if/_under_way.html", {"page": page})


@require_POST
def stop(request: HttpRequest, what_if_id: UUID) -> HttpResponse:
    """Stop one that nobody waits for any more."""
    viewer = viewer_of_request(request)
    stop_what_if(viewer=viewer, what_if_id=what_if_id, at=clock.now())
    return done(request, reverse("what_if_one", args=[what_if_id]))
