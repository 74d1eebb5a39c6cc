"""The way in and the start page. In: requests. Out: pages."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from narvaro.access.entry import MEMBER_KEY
from narvaro.access.queries import list_memberships
from narvaro.access.viewer import Viewer
from narvaro.web.console import mode_label
from narvaro.web.frame import menu_of
from narvaro.web.labels import ROLE, say
from narvaro.web.screens import HomePage, MemberChoice, WhoPage


def safe_next(request: HttpRequest, given: str) -> str:
    """Return where a form wants to go on, where that is here; else the start page."""
    safe = url_has_allowed_host_and_scheme(
        given, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return given if safe else "/"


def home(request: HttpRequest) -> HttpResponse:
    """Show the rooms that the viewer has; with one room only, or from a unit's phone, go there."""
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is None:
        return redirect("/who/")
    menu = menu_of(viewer, request.path)
    if len(menu) == 1 or (menu and menu[0].code == "phone"):
        return HttpResponseRedirect(menu[0].href)
    return render(request, "home.html", {"page": HomePage(mode_label(viewer))})


@require_http_methods(["GET", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """Choose which membership to enter as."""
    members = list_memberships(request.user.pk) if request.user.is_authenticated else []
    if request.method == "POST":
        chosen = request.POST.get("member", "")
        if chosen in {str(one.pk) for one in members}:
            request.session[MEMBER_KEY] = chosen
            return HttpResponseRedirect(safe_next(request, request.POST.get("next", "/")))
    current = request.session.get(MEMBER_KEY)
    page = WhoPage(
        tuple(
            MemberChoice(
                str(one.pk), say(ROLE, one.role), one.organisation.name, str(one.pk) == current
            )
            for one in members
        ),
        safe_next(request, request.GET.get("next", "/")),
    )
    return render(request, "who.html", {"page": page})
