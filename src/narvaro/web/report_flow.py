"""How a form for several reports goes. In: a request and what one report is. Out: a page, or rows.

Asking for one more shows the form again; a problem shows it again with everything that was written;
else each report is saved in a transaction of its own, then its photos.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.situation.reports import Reported, keep_photo
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web.answers import done, written_at
from narvaro.web.labels import say
from narvaro.web.problems import wants_json
from narvaro.web.report_entries import BLANK, form_page, one_more
from narvaro.web.report_forms import (
    MOST_ENTRIES,
    Entry,
    Places,
    places_of,
    prefixes_of,
    read_photos,
)
from narvaro.web.report_words import REFUSAL
from narvaro.web.screens import DamageEntry, ObservationEntry, Problem, ReportFormPage

Facts = TypeVar("Facts")

PHOTO = "photo"  # the mark of messages about photos that were not kept


def _as_it_is(page: ReportFormPage) -> ReportFormPage:
    return page


@dataclass(frozen=True)
class ReportForm(Generic[Facts]):
    """What one report of a form is: how it is read, saved and shown."""

    url: str
    template: str
    read: Callable[[Entry, Places], Facts]
    keep: Callable[[UUID, Facts, Member, datetime], Reported]
    show: Callable[[Entry, str], ObservationEntry | DamageEntry]
    finish: Callable[[ReportFormPage], ReportFormPage] = _as_it_is  # what else its page shows


def member_of(viewer: Viewer) -> Member:
    """Return the viewer's membership with its organisation."""
    return Member.objects.select_related("organisation").get(pk=viewer.member_id)


def refuse_programs(request: HttpRequest, problems: list[Problem]) -> None:
    """Raise the first problem where a program asks: it reads no page."""
    if problems and wants_json(request):
        raise Refused("invalid", problems[0].detail, status=422)


def answer_form(
    request: HttpRequest, viewer: Viewer, given: dict[str, str], form: ReportForm[Facts]
) -> HttpResponse:
    """Show the form, show it again, or save what it holds."""
    at, places = clock.now(), places_of(viewer)
    if "add" in given:
        given = _grown(given)
    filled_at = written_at(request, at)  # “now” is when it was written, not when the net came back
    entries = [Entry(viewer, given, prefix, filled_at) for prefix in prefixes_of(given)]
    if request.method == "GET" or "add" in given:
        return _show(request, viewer, form, entries=entries, places=places, problems=[])
    read = [(one.find_id(), form.read(one, places)) for one in entries]
    problems = [problem for one in entries for problem in one.problems]
    rows: list[Reported] = []
    if not problems:
        rows, problems = _save(viewer, form, read, at)
    if problems:
        refuse_programs(request, problems)
        return _show(request, viewer, form, entries=entries, places=places, problems=problems)
    for entry, row in zip(entries, rows, strict=True):
        _save_photos(request, viewer, entry, row)
    ids = [str(row.pk) for row in rows]
    return done(request, f"{reverse('reports')}?sent={ids[0]}", reports=ids)


def _grown(given: dict[str, str]) -> dict[str, str]:
    last = prefixes_of(given)[-1]
    number = int(last.removesuffix("-")) + 1
    return one_more(given, last, f"{number}-") if number < MOST_ENTRIES else given


def _save(
    viewer: Viewer, form: ReportForm[Facts], read: list[tuple[UUID | None, Facts]], at: datetime
) -> tuple[list[Reported], list[Problem]]:
    member = member_of(viewer)
    try:
        rows = [form.keep(pk, facts, member, at) for pk, facts in read if pk is not None]
    except Refused as no:
        return [], [Problem(say(REFUSAL, no.code))]
    return rows, []


def _save_photos(request: HttpRequest, viewer: Viewer, entry: Entry, row: Reported) -> None:
    """Keep what could be read; what could not is said on the next page."""
    read = read_photos(request.FILES.getlist(f"{entry.prefix}photos"))
    for photo in read.photos:
        keep_photo(row=row, photo=photo, member=member_of(viewer), at=clock.now())
    for why in read.refused:
        messages.warning(request, why, extra_tags=PHOTO)


def _show(
    request: HttpRequest,
    viewer: Viewer,
    form: ReportForm[Facts],
    *,
    entries: list[Entry],
    places: Places,
    problems: list[Problem],
) -> HttpResponse:
    shown = [form.show(one, str(number)) for number, one in enumerate(entries, 1)]
    blank = form.show(Entry(viewer, {}, f"{BLANK}-", clock.now()), BLANK)
    page = form_page(viewer, form.url, shown, blank, places.labels)
    page = form.finish(replace(page, problems=tuple(problems)))
    if request.headers.get("HX-Request"):
        return render(request, "phone/_waiting.html", {"page": page})
    return render(request, form.template, {"page": page}, status=422 if problems else 200)
