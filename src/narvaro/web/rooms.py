"""How an address gets its policy. In: a view and what it needs. Out: a guarded view, a route.

No view is put on an address without saying what the viewer must be granted; a check at start and a
test walk the whole table. Who is granted nothing gets the answer of a missing page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.spine.refusal import Missing

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Need:
    """What the viewer must be granted to get an answer: any one of the verbs on the record class."""

    record: Record
    verbs: tuple[Verb, ...] = (Verb.READ,)

    def admits(self, viewer: Viewer) -> bool:
        """Return whether the viewer is granted it."""
        return any(viewer.may(self.record, verb) for verb in self.verbs)


@dataclass(frozen=True)
class Open:
    """An address that needs no grant, and why."""

    why: str
    signed_in: bool = False


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": "/login/"})
    chosen = "/who/" if request.user.is_authenticated else "/login/"
    return HttpResponseRedirect(f"{chosen}?{urlencode({'next': request.get_full_path()})}")


def guard(view: View, need: Need | Open) -> View:
    """Return the view behind its policy."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - as routed
        viewer = getattr(request, "viewer", None)
        if isinstance(need, Open):
            if need.signed_in and not request.user.is_authenticated:
                return _to_sign_in(request)
            return view(request, *args, **kwargs)
        if viewer is None:
            return _to_sign_in(request)
        if not need.admits(viewer):
            raise Missing
        return view(request, *args, **kwargs)

    guarded.need = need  # type: ignore[attr-defined]  # read by the check and the matrix test
    return guarded


def route(address: str, view: View, need: Need | Open, name: str) -> URLPattern:
    """Return a route whose view is behind its policy."""
    return path(address, guard(view, need), name=name)
