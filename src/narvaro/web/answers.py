"""How views answer. In: a request and where to go on. Out: a redirect for forms, JSON for programs."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from narvaro.access.viewer import Viewer
from narvaro.spine.refusal import Missing
from narvaro.web.problems import wants_json


def viewer_of_request(request: HttpRequest) -> Viewer:
    """Return who is looking; raises Missing where nobody is (the route's guard stands before)."""
    viewer = getattr(request, "viewer", None)
    if not isinstance(viewer, Viewer):
        raise Missing
    return viewer


def done(request: HttpRequest, go_on: str, **facts: object) -> HttpResponse:
    """Answer a write that was done."""
    if wants_json(request):
        return JsonResponse({"ok": True, **facts})
    return HttpResponseRedirect(go_on, status=303)
