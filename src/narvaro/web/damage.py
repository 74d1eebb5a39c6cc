"""Damage: the list with its sums, the form for several, one damage. In: requests. Out: pages."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from narvaro.access.models import Member
from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.dispatch.models import Response
from narvaro.dispatch.queries import get_response
from narvaro.situation import reports as actions
from narvaro.situation.models import Case, Damage
from narvaro.situation.pictures import note_words_read
from narvaro.situation.queries import get_damage, sees_costs
from narvaro.situation.report_facts import DamageChange, DamageFacts
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web import report_words
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.damage_page import detail_page, list_page, may_add_photos
from narvaro.web.labels import say
from narvaro.web.report_entries import damage_entry
from narvaro.web.report_flow import ReportForm, answer_form, member_of, refuse_programs
from narvaro.web.report_forms import Entry, Places, label_of, read_photos
from narvaro.web.screens import Problem, ReportFormPage


@require_GET
def damage_list(request: HttpRequest) -> HttpResponse:
    """Show the damage that the viewer may see, with what it costs."""
    viewer = viewer_of_request(request)
    page = list_page(viewer, {name: request.GET.get(name, "") for name in request.GET})
    return render(request, "damage/page.html", {"page": page}, status=422 if page.problems else 200)


def _find_response(viewer: Viewer, given: str) -> Response | None:
    """Return the viewer's own response that led to the damage, or None where none is named."""
    if not given or not viewer.may(Record.RESPONSE, Verb.ANSWER):
        return None
    try:
        return get_response(viewer, UUID(given), clock.now())
    except ValueError as fault:
        raise Missing from fault


def _read(entry: Entry, places: Places, case: Case | None) -> DamageFacts:
    since, until = entry.when()
    kind = entry.choose(
        "kind", Damage.Kind, report_words.DAMAGE_KIND, None, _("Choose what kind of damage it is.")
    )
    costs = sees_costs(entry.viewer)
    return DamageFacts(
        kind=kind,
        where=entry.where(places),
        occurred_from=since,
        occurred_until=until,
        discovered_at=entry.at,
        part=entry.text("part", 120),
        offensive=bool(entry.text("offensive", 3)),
        estimate_sek=entry.money("estimate") if costs else None,
        police_reference=entry.text("police_reference", 40),
        cost_centre=entry.text("cost_centre", 40) if costs else "",
        text=entry.text("text", 8000),
        case=case,
    )


def _save(damage_id: UUID, facts: DamageFacts, member: Member, at: datetime) -> Damage:
    return actions.report_damage(damage_id=damage_id, facts=facts, member=member, at=at)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Report damage: one or several; `response` names the case that led there."""
    viewer = viewer_of_request(request)
    sent = request.POST if request.method == "POST" else request.GET
    response = _find_response(viewer, sent.get("response", ""))
    case = response.case if response else None
    given = {name: sent.get(name, "") for name in sent}
    if case:
        given.setdefault("0-where", label_of(case.site) if case.site else case.place)

    def finish(page: ReportFormPage) -> ReportFormPage:
        return replace(
            page,
            shows_costs=sees_costs(viewer),
            of_case=str(case.number) if case else "",
            response=str(response.pk) if response else "",
        )

    form = ReportForm(
        reverse("new_damage"), "damage/new.html", partial(_read, case=case), _save, damage_entry,
        finish,
    )  # fmt: skip
    return answer_form(request, viewer, given, form)


def _read_change(entry: Entry) -> DamageChange:
    state = entry.choose(
        "state", Damage.State, report_words.DAMAGE_STATE, None, _("Choose how far it has come.")
    )
    return DamageChange(
        state=state,
        offensive=bool(entry.text("offensive", 3)),
        estimate_sek=entry.money("estimate"),
        final_sek=entry.money("final"),
        police_reference=entry.text("police_reference", 40),
        work_order=entry.text("work_order", 40),
        cost_centre=entry.text("cost_centre", 40),
    )


def _change(request: HttpRequest, viewer: Viewer, found: Damage) -> list[Problem]:
    """Change a damage; return what is wrong with what was given."""
    viewer.require(Record.DAMAGE, Verb.WRITE)
    given = {name: request.POST.get(name, "") for name in request.POST}
    entry = Entry(viewer, given, "", clock.now())
    change = _read_change(entry)
    if entry.problems:
        return entry.problems
    try:
        actions.change_damage(damage=found, change=change, member=member_of(viewer), at=entry.at)
    except Refused as no:
        return [Problem(say(report_words.REFUSAL, no.code))]
    return []


def _add_photos(request: HttpRequest, viewer: Viewer, found: Damage) -> list[Problem]:
    if not may_add_photos(viewer, found):
        raise Missing
    read, member = read_photos(request.FILES.getlist("photos")), member_of(viewer)
    try:
        for photo in read.photos:
            actions.keep_photo(row=found, photo=photo, member=member, at=clock.now())
    except Refused as no:
        return [Problem(say(report_words.REFUSAL, no.code))]
    return [Problem(why) for why in read.refused]


@require_http_methods(["GET", "POST"])
def detail(request: HttpRequest, damage_id: UUID) -> HttpResponse:
    """Show one damage; change it, or put photos to it."""
    viewer = viewer_of_request(request)
    found = get_damage(viewer, damage_id)
    problems: list[Problem] = []
    if request.method == "POST":
        does = _add_photos if "add_photos" in request.POST else _change
        problems = does(request, viewer, found)
        if not problems:
            return done(request, reverse("damage_detail", args=[found.pk]), damage=str(found.pk))
        refuse_programs(request, problems)
    page = detail_page(viewer, found, request.GET.get("as", ""))
    page = replace(page, problems=tuple(problems))
    if page.text:
        note_words_read(viewer=viewer, read=[found], what="damage", at=clock.now())
    status = 422 if problems else 200
    return render(request, "damage/detail.html", {"page": page}, status=status)
