"""The plan room: a night's plan, proposed, changed and published. In: requests. Out: pages.

A plan is secret while it lives: no address here answers anybody but its company and the municipality.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.plan import actions
from narvaro.plan.actions import Wanted
from narvaro.plan.hours import Period
from narvaro.plan.loading import list_spots
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.plan.queries import get_plan, get_visit, list_planning_companies
from narvaro.spine import clock
from narvaro.spine.ids import uuid7
from narvaro.spine.refusal import Missing, Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.days import read_day
from narvaro.web.plan_page import Night, night_to_show, page_of, visit_row
from narvaro.web.plan_words import refusal_text
from narvaro.web.problems import wants_json
from narvaro.web.screens import Choice, PlanChangePage, Problem


def _reader(request: HttpRequest) -> Viewer:
    """Return who is looking; raises Missing for who sees his own unit's visits alone."""
    viewer = viewer_of_request(request)
    if viewer.scope(Record.PATROL_PLAN) not in {Scope.TENANT, Scope.SHARED}:
        raise Missing
    return viewer


def _leader(request: HttpRequest) -> Viewer:
    viewer = viewer_of_request(request)
    viewer.require(Record.PATROL_PLAN, Verb.LEAD)
    return viewer


def _night(viewer: Viewer, written: str) -> Night:
    """Read a night as it stands in an address; raises Missing."""
    try:
        day = read_day(written) if written else None
    except ValueError as fault:
        raise Missing from fault
    return night_to_show(viewer, day, clock.now())


def _in_words(no: Refused) -> Refused:
    """Return a refusal in the viewer's words."""
    return Refused(no.code, refusal_text(no.code, no.detail), status=no.status)


def plan(request: HttpRequest) -> HttpResponse:
    """Show a night's plans, or their body alone for a refresh."""
    viewer = _reader(request)  # first: who may not look is told nothing of what may be asked
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    night = _night(viewer, request.GET.get("night", ""))
    page = page_of(viewer, night, proposal=bool(request.GET.get("proposal")))
    template = "plan/_body.html" if request.headers.get("HX-Request") else "plan/page.html"
    return render(request, template, {"page": page})


def _address(plan: PatrolPlan, viewer: Viewer) -> str:
    day = plan.starts_at.astimezone(viewer.zone).date()
    more = "&proposal=1" if plan.state == PatrolPlan.State.PROPOSED else ""
    return f"{reverse('plan')}?night={day}{more}"


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Compute a plan for a night of the viewer's own company."""
    viewer = _leader(request)
    night = _night(viewer, request.POST.get("night", ""))
    [company] = list_planning_companies(viewer)
    try:
        made = actions.propose(
            organisation=company, day=night.day, by=viewer.signature, at=clock.now()
        )
    except Refused as no:
        said = _in_words(no)
        if wants_json(request):
            raise said from no
        page = page_of(viewer, night, problem=said.detail)
        return render(request, "plan/page.html", {"page": page}, status=no.status)
    return done(request, _address(made, viewer), plan=str(made.pk))


@require_POST
def publish(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Publish a proposal: from now on the guards see their visits."""
    viewer = _leader(request)
    found = get_plan(viewer, plan_id)
    try:
        published = actions.publish(
            plan=found, member_id=viewer.member_id, by=viewer.signature, at=clock.now()
        )
    except Refused as no:
        raise _in_words(no) from no
    return done(request, _address(published, viewer))


@require_http_methods(["GET", "POST"])
def visit(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Move a visit or take it out."""
    viewer = _leader(request)
    found = get_visit(viewer, visit_id)
    if request.method == "GET":
        return _form(request, viewer, found.plan, found)
    unit = None if request.POST.get("what") == "take_out" else _read_unit(request)
    return _change(request, viewer, found.plan, found, unit)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Put a visit into a plan."""
    viewer = _leader(request)
    found = get_plan(viewer, plan_id)
    if request.method == "GET":
        return _form(request, viewer, found)
    return _change(request, viewer, found, None, _read_unit(request))


def _read_unit(request: HttpRequest) -> UUID:
    return _read_id(request.POST.get("unit", ""), _("Choose a unit."))


def _read_id(written: str, words: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as fault:
        raise Refused("invalid", words, status=422) from fault


def _read_clock(written: str, plan: PatrolPlan, viewer: Viewer) -> datetime | None:
    """Read a local time of the plan's night; raises Refused."""
    if not written:
        return None
    first = plan.starts_at.astimezone(viewer.zone).date()
    try:
        moment = time.fromisoformat(written)
    except ValueError as fault:
        raise Refused("invalid", _("Write a time as 22:30."), status=422) from fault
    for day in (first, first + timedelta(days=1)):
        at = datetime.combine(day, moment, tzinfo=viewer.zone)
        if plan.starts_at <= at < plan.ends_at:
            return at
    raise Refused("invalid", _("The time is not in this night."), status=422)


def _change(
    request: HttpRequest, viewer: Viewer, plan: PatrolPlan, visit: Visit | None, unit: UUID | None
) -> HttpResponse:
    """Change a plan as the form says; what a rule refuses comes back with what was written."""
    given = request.POST
    try:
        wanted = Wanted(
            why=given.get("why", ""), visit=visit, unit=unit,
            not_before=_read_clock(given.get("not_before", ""), plan, viewer),
            place=None if visit else _read_id(given.get("place", ""), _("Choose a place.")),
            new_id=None if visit else _read_id(given.get("id", ""), _("Open the form anew.")),
        )  # fmt: skip
        actions.change_visit(plan=plan, wanted=wanted, by=viewer.signature, at=clock.now())
    except Refused as no:
        said = _in_words(no)
        if wants_json(request):
            raise said from no
        return _form(request, viewer, plan, visit, refused=said)
    return done(request, _address(plan, viewer))


def _form(
    request: HttpRequest, viewer: Viewer, plan: PatrolPlan, visit: Visit | None = None,
    refused: Refused | None = None,
) -> HttpResponse:  # fmt: skip
    given, period = request.POST, Period(plan.starts_at, plan.ends_at)
    default = visit.window_from if visit else max(clock.now(), plan.starts_at)
    chosen_unit = given.get("unit") or (str(visit.unit_id) if visit else "")
    places = [] if visit else list_spots(plan.organisation, period)
    page = PlanChangePage(
        title=visit.place_name if visit else _("Put in a visit"),
        back_href=_address(plan, viewer),
        action_url=request.path,
        units=tuple(
            Choice(unit, call_sign, unit == chosen_unit)
            for unit, call_sign in {
                one["unit"]: one["call_sign"] for one in plan.facts["units"]
            }.items()
        ),
        from_clock=f"{plan.starts_at.astimezone(viewer.zone):%H:%M}",
        until_clock=f"{plan.ends_at.astimezone(viewer.zone):%H:%M}",
        not_before=given.get("not_before") or f"{default.astimezone(viewer.zone):%H:%M}",
        why=given.get("why", ""),
        visit=visit_row(visit) if visit else None,
        call_sign=visit.unit.call_sign if visit else "",
        new_id=given.get("id") or str(uuid7()),
        places=tuple(
            Choice(str(one.id), one.name, str(one.id) == given.get("place"))
            for one in sorted(places, key=lambda one: one.name)
        ),
        is_published=plan.state == PatrolPlan.State.PUBLISHED,
        problems=(Problem(refused.detail),) if refused else (),
    )
    status = refused.status if refused else 200
    return render(request, "plan/change.html", {"page": page}, status=status)
