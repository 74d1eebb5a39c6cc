"""The week: the situation picture and its meeting. In: requests. Out: pages, a paper.

Everything is saved when it is sent, and the page comes back with the writing going on where it was;
it works without a script. Who reads from outside the municipality is noted, once a page.
"""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.situation import pictures
from narvaro.situation.contents import Contents
from narvaro.situation.models import Measure, Observation, Picture
from narvaro.situation.queries import (
    find_last_published,
    get_contents,
    get_decision,
    get_for_triage,
    get_measure,
    get_picture,
    list_to_triage,
    sees_work,
)
from narvaro.situation.weeks import collecting_at, last_closed_at
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.days import read_day
from narvaro.web.documents import render_pdf
from narvaro.web.problems import wants_json
from narvaro.web.screens import NoWeekPage, TriageView
from narvaro.web.week_forms import (
    decide_form,
    measure_form,
    read_focus,
    read_id,
    read_place,
    read_task,
)
from narvaro.web.week_page import Writing, week_of_year, week_page
from narvaro.web.week_paper import paper_data
from narvaro.web.week_triage import triage_view
from narvaro.web.week_words import refusal_words

SORTED = {
    "take": Observation.State.IN_PICTURE,
    "refer": Observation.State.REFERRED,
    "reject": Observation.State.REJECTED,
    "undo": Observation.State.SUBMITTED,
}


def read_monday(written: str) -> date:
    """Read a Monday as it stands in an address; raises Missing."""
    try:
        return read_day(written)
    except ValueError as fault:
        raise Missing from fault


def _writer(request: HttpRequest) -> Viewer:
    """Return who is looking; raises Missing where he may not write the picture."""
    viewer = viewer_of_request(request)
    viewer.require(Record.PICTURE, Verb.WRITE)
    return viewer


def _triage(viewer: Viewer, picture: Picture, request: HttpRequest, at: datetime) -> TriageView:
    found = list_to_triage(viewer, picture.monday)
    read = [one.observation for one in found if one.words_of_others]
    pictures.note_words_read(viewer=viewer, read=read, what="week", at=at)
    try:
        merging = UUID(request.GET.get("merge", ""))
    except ValueError:
        merging = None
    return triage_view(viewer, found, reverse("week_of", args=[picture.monday]), merging)


def _writing(
    request: HttpRequest, viewer: Viewer, picture: Picture, contents: Contents, *, about: str,
    problem: str, at: datetime,
) -> Writing:  # fmt: skip
    """Return what the page is written into; `about` is the form that was refused, with its words."""
    if not viewer.may(Record.PICTURE, Verb.WRITE):
        return Writing()
    if picture.state == Picture.State.COLLECTING:
        return Writing(triage=_triage(viewer, picture, request, at), problem=problem)
    if picture.state != Picture.State.FROZEN:
        return Writing(problem=problem)
    sent = {about: (request.POST, problem)} if about else {"decide": (request.GET, "")}
    nothing = (QueryDict(), "")
    return Writing(
        decide=decide_form(viewer, picture, contents, *sent.get("decide", nothing)),
        measure=measure_form(viewer, picture, *sent.get("measure", nothing)),
        focus_on=about or request.GET.get("at", ""),
        problem="" if about else problem,
    )


def _show(
    request: HttpRequest, viewer: Viewer, picture: Picture, *, refused: Refused | None = None,
    about: str = "",
) -> HttpResponse:  # fmt: skip
    """Show a week, and what was refused if something was."""
    at = clock.now()
    contents = get_contents(viewer, picture, at)
    problem = refusal_words(refused) if refused is not None else ""
    writing = _writing(request, viewer, picture, contents, about=about, problem=problem, at=at)
    if picture.state == Picture.State.PUBLISHED:
        pictures.note_reading(viewer=viewer, picture=picture, what="page", at=at)
    page = week_page(viewer, picture, contents, writing, at=at)
    status = refused.status if refused is not None else 200
    return render(request, "week/page.html", {"page": page}, status=status)


@require_GET
def week(request: HttpRequest) -> HttpResponse:
    """Show the week that asks for work; to those who only read, the newest published one."""
    viewer = viewer_of_request(request)
    at = clock.now()
    if not sees_work(viewer):
        published = find_last_published(viewer)
        if published is None:
            return render(request, "week/none.html", {"page": NoWeekPage(_("Situation picture"))})
        return _show(request, viewer, published)
    closed = get_picture(viewer, last_closed_at(at, viewer.zone), at)
    if closed.state != Picture.State.PUBLISHED:
        return _show(request, viewer, closed)
    return _show(request, viewer, get_picture(viewer, collecting_at(at, viewer.zone), at))


@require_GET
def week_of(request: HttpRequest, monday: str) -> HttpResponse:
    """Show one week."""
    viewer = viewer_of_request(request)
    return _show(request, viewer, get_picture(viewer, read_monday(monday), clock.now()))


def _act(
    request: HttpRequest, viewer: Viewer, monday: date, act: Callable[[], object], *,
    about: str = "", go_on: str = "",
) -> HttpResponse:  # fmt: skip
    """Do what a form asks and go back to the week; a refusal shows the week as it stands, and why.

    No fragment goes with `?at=`: a browser gives no field the focus where an address has one.
    """
    try:
        act()
    except Refused as no:
        if isinstance(no, Missing) or wants_json(request):
            raise
        picture = get_picture(viewer, monday, clock.now())
        return _show(request, viewer, picture, refused=no, about=about)
    return done(request, reverse("week_of", args=[monday]) + go_on)


def _stored(viewer: Viewer, monday: date) -> Picture:
    """Return a picture that has been frozen; raises Refused where it is only collected yet."""
    found = get_picture(viewer, monday, clock.now())
    if found.state == Picture.State.COLLECTING:
        raise Refused("picture_not_yet", f"The picture of {found.monday} is only collecting.")
    return found


@require_POST
def freeze(request: HttpRequest, monday: str) -> HttpResponse:
    """Freeze a week's picture."""
    viewer, named = _writer(request), read_monday(monday)

    def act() -> None:
        at = clock.now()
        found = get_picture(viewer, named, at)
        picture = pictures.ensure_picture(tenant_id=viewer.tenant_id, monday=found.monday)
        pictures.freeze(picture=picture, by=viewer.signature, at=at)

    return _act(request, viewer, named, act)


@require_POST
def decide(request: HttpRequest, monday: str) -> HttpResponse:
    """Make a place one of the prioritised ones."""
    viewer, named = _writer(request), read_monday(monday)

    def act() -> None:
        pictures.decide_place(
            decision_id=read_id(request.POST), picture=_stored(viewer, named),
            place=read_place(viewer, request.POST.get("place", "")),
            focus=read_focus(request.POST), member_id=viewer.member_id, at=clock.now(),
        )  # fmt: skip

    return _act(request, viewer, named, act, about="decide", go_on="?at=decide")


@require_POST
def drop(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Take a place off the list."""
    viewer = _writer(request)
    decision = get_decision(viewer, decision_id)

    def act() -> None:
        pictures.drop_place(decision=decision, by=viewer.signature, at=clock.now())

    return _act(request, viewer, decision.picture.monday, act, go_on="?at=decide")


@require_POST
def add_measure(request: HttpRequest, monday: str) -> HttpResponse:
    """Give somebody a measure."""
    viewer, named = _writer(request), read_monday(monday)

    def act() -> None:
        pictures.add_measure(
            measure_id=read_id(request.POST), picture=_stored(viewer, named),
            task=read_task(viewer, request.POST), by=viewer.signature, at=clock.now(),
        )  # fmt: skip

    return _act(request, viewer, named, act, about="measure", go_on="?at=measure")


@require_POST
def move_measure(request: HttpRequest, measure_id: UUID, state: str) -> HttpResponse:
    """Say how far a measure has come; the page goes back to the week from which it was said."""
    viewer = _writer(request)
    measure = get_measure(viewer, measure_id)
    if state not in Measure.State.values:
        raise Missing
    pictures.move_measure(
        measure=measure, state=Measure.State(state), by=viewer.signature, at=clock.now()
    )
    shown = request.POST.get("week", "")
    monday = read_monday(shown) if shown else measure.picture.monday
    return done(request, f"{reverse('week_of', args=[monday])}#measure-{measure.pk}")


@require_POST
def decided(request: HttpRequest, monday: str) -> HttpResponse:
    """End the meeting."""
    viewer, named = _writer(request), read_monday(monday)

    def act() -> None:
        picture = _stored(viewer, named)
        pictures.mark_decided(picture=picture, by=viewer.signature, at=clock.now())

    return _act(request, viewer, named, act)


@require_POST
def publish(request: HttpRequest, monday: str) -> HttpResponse:
    """Open a picture to all who work together."""
    viewer, named = _writer(request), read_monday(monday)

    def act() -> None:
        picture = _stored(viewer, named)
        pictures.publish(picture=picture, by=viewer.signature, at=clock.now())

    return _act(request, viewer, named, act)


@require_POST
def triage(request: HttpRequest, observation_id: UUID, what: str) -> HttpResponse:
    """Sort one report: take it in, refer it, leave it out, put it back, or merge it into another."""
    viewer = _writer(request)
    found = get_for_triage(viewer, observation_id)
    if what != "merge" and what not in SORTED:
        raise Missing

    def act() -> None:
        by, at = viewer.signature, clock.now()
        if what == "merge":
            into = get_for_triage(viewer, read_id(request.POST, "into"))
            pictures.merge_observation(observation=found, into=into, by=by, at=at)
        else:
            pictures.sort_observation(observation=found, state=SORTED[what], by=by, at=at)

    monday = collecting_at(found.reported_at, viewer.zone)
    return _act(request, viewer, monday, act, go_on="#triage")


@require_GET
def paper(request: HttpRequest, monday: str) -> HttpResponse:
    """Give the minutes as PDF; until the picture is published, to the municipality as a draft."""
    viewer = viewer_of_request(request)
    at = clock.now()
    picture = _stored(viewer, read_monday(monday))
    made = render_pdf("week", paper_data(viewer, picture, get_contents(viewer, picture, at), at))
    if picture.state == Picture.State.PUBLISHED:
        pictures.note_reading(viewer=viewer, picture=picture, what="paper", at=at)
    year, number = week_of_year(picture.monday)
    name = f"lagesbild-{year}-v{number:02}.pdf"
    return HttpResponse(
        made, content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )  # fmt: skip
