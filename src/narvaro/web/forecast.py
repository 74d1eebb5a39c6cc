"""Expected harm of places and hours (*skaderisk*), with its score. In: requests. Out: a page, a switch."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from narvaro.access.policy import Record, Verb
from narvaro.forecast.actions import use_in_plans
from narvaro.forecast.places import find_risk
from narvaro.forecast.scores import get_history
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.forecast_page import risk_page


@require_GET
def risk(request: HttpRequest) -> HttpResponse:
    """Show where harm is expected tonight, why, of what that is made, and how it has done."""
    viewer = viewer_of_request(request)
    page = risk_page(viewer, find_risk(viewer, clock.now()), get_history(viewer))
    return render(request, "forecast/page.html", {"page": page})


@require_POST
def use(request: HttpRequest) -> HttpResponse:
    """Let plans use the forecast, or the naive map."""
    viewer = viewer_of_request(request)
    viewer.require(Record.FORECAST, Verb.WRITE)
    given = request.POST.get("in_plans", "")
    if given not in {"yes", "no"}:
        raise Refused("invalid", "in_plans: send yes or no.", status=422)
    use_in_plans(
        tenant_id=viewer.tenant_id, in_plans=given == "yes", by=viewer.signature, at=clock.now()
    )
    return done(request, reverse("risk") + "#use")
