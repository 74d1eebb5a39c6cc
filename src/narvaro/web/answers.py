"""How views answer. In: a request and where to go on. Out: a redirect for forms, JSON for programs."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from narvaro.access.viewer import Viewer
from narvaro.spine.refusal import Missing
from narvaro.web.problems import wants_json

KEPT = timedelta(hours=12)


def viewer_of_request(request: HttpRequest) -> Viewer:
    """Return who is looking; raises Missing where nobody is (the route's guard stands before)."""
    viewer = getattr(request, "viewer", None)
    if not isinstance(viewer, Viewer):
        raise Missing
    return viewer


def written_at(request: HttpRequest, now: datetime) -> datetime:
    """Return when a form was filled, as a phone that had no net says; never ahead, half a day ago at most."""
    try:
        said = datetime.fromisoformat(request.POST.get("written_at", ""))
    except ValueError:
        return now
    return said if said.tzinfo and now - KEPT <= said <= now else now


def done(request: HttpRequest, go_on: str, **facts: object) -> HttpResponse:
    """Answer a write that was done."""
    if wants_json(request):
        return JsonResponse({"ok": True, **facts})
    return HttpResponseRedirect(go_on, status=303)
