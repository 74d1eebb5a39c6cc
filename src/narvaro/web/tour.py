"""The guided tour of the demo. In: requests. Out: pages, requests to the demo, a sign-in.

It is there in a town that `narvaro demo` made, and nowhere else: without it every address here is a
missing page.
"""

from datetime import datetime
from functools import wraps
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_GET, require_POST

from narvaro.access.entry import MEMBER_KEY
from narvaro.access.models import Member
from narvaro.situation.weeks import last_closed_at
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web.entry import safe_next
from narvaro.web.labels import ROLE, say
from narvaro.web.rooms import View
from narvaro.web.screens.tour import (
    ChapterLink,
    ChapterPage,
    DoorView,
    Played,
    SceneStep,
    ToldLine,
    TourPage,
)
from narvaro.web.tour_folder import BEGUN, COMING_IN, FAILED, TourFolder
from narvaro.web.tour_words import CHAPTERS, ENTER_AS, NOBODY, SUPPLIER, TOLD, Chapter, Door

SIGN_IN = "allauth.account.auth_backends.AuthenticationBackend"


def _only_in_the_demo(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not settings.DEMO:
            raise Missing
        return view(request, *args, **kwargs)

    return guarded


def _folder() -> TourFolder:
    return TourFolder(settings.HOME.path)


def _chapter(number: int) -> Chapter:
    if not 1 <= number <= len(CHAPTERS):
        raise Missing
    return CHAPTERS[number - 1]


def _is_there(href: str) -> bool:
    try:
        resolve(href)
    except Resolver404:
        return False
    return True


def _doors(doors: tuple[Door, ...], at: datetime) -> tuple[DoorView, ...]:
    cast = _folder().read_cast()
    closed = last_closed_at(at, ZoneInfo(settings.TIME_ZONE))
    shown = []
    for one in doors:
        href = one.href.format(closed=closed)
        if not _is_there(href):
            continue
        there = cast.find_number(one.part, at) is not None
        role = str(SUPPLIER) if one.part == "supplier" else say(ROLE, one.part)
        said = str(one.why) if there else str(NOBODY)
        shown.append(DoorView(one.part if there else "", role, str(one.room), href, said))
    return tuple(shown)


def _lines(chapter: str) -> tuple[ToldLine, ...]:
    return tuple(
        ToldLine(
            None if one.code == BEGUN else datetime.fromisoformat(one.at),
            str(TOLD[one.code]) % one.facts,
            one.code == FAILED,
        )
        for one in _folder().list_told(chapter)
    )


def _played(number: int) -> Played:
    folder, told_url = _folder(), reverse("tour_told", args=[number])
    if number <= 1:
        return Played(told_url, coming_in=_lines(COMING_IN), is_coming=folder.is_playing(COMING_IN))
    if not _chapter(number).play:
        return Played(told_url)
    return Played(
        told_url, reverse("tour_play", args=[number]), str(_chapter(number).play),
        folder.is_playing(str(number)), _lines(str(number)),
    )  # fmt: skip


def _links(current: int) -> tuple[ChapterLink, ...]:
    return tuple(
        ChapterLink(n, str(one.title), reverse("tour_chapter", args=[n]), current=n == current)
        for n, one in enumerate(CHAPTERS, 1)
    )


@_only_in_the_demo
@require_GET
def tour(request: HttpRequest) -> HttpResponse:
    """Show the six chapters, and whom one can enter as."""
    page = TourPage(_links(0), _doors(ENTER_AS, clock.now()), _played(0))
    return render(request, "tour/page.html", {"page": page})


@_only_in_the_demo
@require_GET
def chapter(request: HttpRequest, number: int) -> HttpResponse:
    """Show one chapter."""
    shown, links = _chapter(number), _links(number)
    page = ChapterPage(
        number=number,
        title=str(shown.title),
        sentences=tuple(str(one) for one in shown.sentences),
        scene=tuple(SceneStep(icon, str(big), str(small)) for icon, big, small in shown.scene),
        doors=_doors(shown.doors, clock.now()),
        played=_played(number),
        chapters=links,
        before=links[number - 2] if number > 1 else None,
        after=links[number] if number < len(links) else None,
    )
    return render(request, "tour/chapter.html", {"page": page})


@_only_in_the_demo
@require_GET
def told(request: HttpRequest, number: int) -> HttpResponse:
    """Show what the demo has done of a chapter; 0 is the tour's first page."""
    return render(request, "tour/_told.html", {"played": _played(number)})


@_only_in_the_demo
@require_POST
def play(request: HttpRequest, number: int) -> HttpResponse:  # noqa: ARG001 - as routed
    """Ask the demo to play a chapter; a second request while it plays changes nothing."""
    if not _chapter(number).play:
        raise Missing
    _folder().ask(str(number))
    return HttpResponseRedirect(f"{reverse('tour_chapter', args=[number])}#told", status=303)


@_only_in_the_demo
@require_POST
def enter_as(request: HttpRequest, part: str) -> HttpResponse:
    """Sign in as the made-up person of a part, and go on to a room."""
    at = clock.now()
    number = _folder().read_cast().find_number(part, at)
    if number is None:
        raise Refused("nobody_on_duty", str(NOBODY))
    member = Member.objects.select_related("user").filter(service_number=number).first()
    if member is None:
        raise Missing
    login(request, member.user, backend=SIGN_IN)
    request.session[MEMBER_KEY] = str(member.pk)
    return HttpResponseRedirect(safe_next(request, request.POST.get("next", "/")), status=303)
