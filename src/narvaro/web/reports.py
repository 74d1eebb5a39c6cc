"""Reporting: the form for several observations, one's own reports, and doubtful words.

In: requests. Out: pages; each report is one transaction of its own.
"""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from narvaro.access.models import Member
from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.situation import reports as actions
from narvaro.situation.models import (
    AgeBand,
    Category,
    Count,
    Damage,
    Incident,
    KnownBy,
    Observation,
)
from narvaro.situation.photo_files import photo_file
from narvaro.situation.queries import (
    ToSettle,
    get_photo,
    get_words_to_settle,
    list_own_reports,
    list_photos,
    list_words_to_settle,
)
from narvaro.situation.report_facts import ObservationFacts
from narvaro.situation.reports import Reported
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web import labels, report_words
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.labels import say
from narvaro.web.problems import wants_json
from narvaro.web.report_entries import observation_entry, photo_views
from narvaro.web.report_flow import PHOTO, ReportForm, answer_form, member_of
from narvaro.web.report_forms import Entry, Places
from narvaro.web.screens import (
    DoubtfulRow,
    OwnReportRow,
    OwnReportsPage,
    Problem,
    Segment,
    WordsPage,
)

PHOTO_KEPT_S = 3600


def kind_label(row: Reported) -> str:
    """Return which of the three a report is, in words."""
    match row:
        case Observation():
            return _("Observation")
        case Damage():
            return _("Damage report")
        case Incident():
            return _("Incident report")


def what_label(row: Reported) -> str:
    """Return what a report is about, in words."""
    if isinstance(row, Damage):
        return say(report_words.DAMAGE_KIND, row.kind)
    return say(labels.CATEGORY, row.category)


def _state_of(row: Reported) -> tuple[str, str, str]:
    """Return a report's state, its label, and what became of it."""
    if isinstance(row, Incident):
        number = row.case.number if row.case else ""
        return "closed", _("In the case"), _("It closed case %(number)s.") % {"number": number}
    damaged = isinstance(row, Damage)
    words = report_words.DAMAGE_STATE if damaged else report_words.OBSERVATION_STATE
    return row.state, say(words, row.state), say(report_words.BECAME, row.state)


def _own_rows(viewer: Viewer) -> tuple[OwnReportRow, ...]:
    found = list_own_reports(viewer)
    photos = list_photos(viewer, found)
    rows = []
    for one in found:
        state, state_label, became = _state_of(one)
        what = what_label(one)
        rows.append(
            OwnReportRow(
                id=str(one.pk), kind_label=kind_label(one), what_label=what, place=one.place,
                occurred_from=one.occurred_from, occurred_until=one.occurred_until,
                reported_at=one.reported_at, state=state, state_label=state_label, became=became,
                text=one.text, doubtful=0 if one.is_settled else len(one.marks),
                href=reverse("damage_detail", args=[one.pk]) if isinstance(one, Damage) else "",
                photos=photo_views(photos[one.pk], what),
            )
        )  # fmt: skip
    return tuple(rows)


@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """Show the viewer's own reports and what became of each; a receipt for what was just sent."""
    viewer = viewer_of_request(request)
    rows = _own_rows(viewer)
    sent_id = request.GET.get("sent", "")
    sent = tuple(one for one in rows if one.id == sent_id)
    together = tuple(one for one in rows if sent and one.reported_at == sent[0].reported_at)
    page = OwnReportsPage(
        rows=rows,
        sent=together,
        receipt_id=sent_id if sent else "",
        may_report_damage=viewer.may(Record.DAMAGE, Verb.REPORT),
        to_settle=len(list_words_to_settle(viewer)),
        warnings=tuple(
            str(one) for one in messages.get_messages(request) if one.extra_tags == PHOTO
        ),
    )
    return render(request, "reports/page.html", {"page": page})


def read_observation(entry: Entry, places: Places) -> ObservationFacts:
    """Read one observation; what is wrong with it stands in the entry."""
    since, until = entry.when()
    severity = entry.text("severity", 1) or "1"
    if severity not in report_words.SEVERITY:
        entry.refuse("severity", _("Choose how serious it is."))
        severity = "1"
    offered = [code for _label, codes in report_words.CATEGORY_GROUPS for code in codes]
    category = entry.choose("category", Category, offered, None, _("Choose what it is."))
    known = entry.choose(
        "known_by", KnownBy, report_words.KNOWN_BY, KnownBy.SEEN, _("Choose how you know.")
    )
    count = entry.choose("count", Count, report_words.COUNT, Count.UNKNOWN, _("Choose how many."))
    age_band = entry.choose(
        "age_band", AgeBand, report_words.AGE_BAND, AgeBand.UNKNOWN, _("Choose how old.")
    )
    return ObservationFacts(
        category=category,
        known_by=known,
        where=entry.where(places),
        occurred_from=since,
        occurred_until=until,
        severity=int(severity),
        count=count,
        age_band=age_band,
        police_told=bool(entry.text("police_told", 3)),
        text=entry.text("text", 8000),
    )


def save_observation(
    observation_id: UUID, facts: ObservationFacts, member: Member, at: datetime
) -> Reported:
    """Save one observation of the form."""
    return actions.report_observation(
        observation_id=observation_id, facts=facts, member=member, at=at
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Report what was noticed: one thing or several."""
    form = ReportForm(
        reverse("new_report"), "reports/new.html", read_observation, save_observation,
        observation_entry,
    )  # fmt: skip
    given = {name: request.POST.get(name, "") for name in request.POST}
    return answer_form(request, viewer_of_request(request), given, form)


def _segments(row: Reported) -> tuple[Segment, ...]:
    """Return a text in pieces, doubtful ones with what they are."""
    pieces, at = [], 0
    for one in row.marks:
        pieces.append(Segment(row.text[at : one["start"]]))
        label = say(report_words.MARK, one["code"])
        pieces.append(Segment(row.text[one["start"] : one["end"]], label))
        at = one["end"]
    pieces.append(Segment(row.text[at:]))
    return tuple(one for one in pieces if one.words)


def _doubtful(one: ToSettle, problem: str = "", text: str | None = None) -> DoubtfulRow:
    row = one.row
    said = dict.fromkeys(
        f"{say(report_words.MARK, mark['code'])}: {say(report_words.ADVICE, mark['advice'])}"
        for mark in row.marks
    )
    return DoubtfulRow(
        id=str(row.pk), kind_label=kind_label(row), what_label=what_label(row), place=row.place,
        by=row.reported_by.service_number if row.reported_by else "",
        reported_at=row.reported_at, due_at=one.due_at, late=one.due_at < clock.now(),
        segments=_segments(row), marks=tuple(said), text=row.text if text is None else text,
        may_keep=one.leads, problems=(Problem(problem),) if problem else (),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def words(request: HttpRequest) -> HttpResponse:
    """Settle the doubtful words of one's organisation; an author rewrites his own."""
    viewer = viewer_of_request(request)
    refused: tuple[UUID, str, str] | None = None
    if request.method == "POST":
        try:
            report_id = UUID(request.POST.get("id", ""))
        except ValueError as fault:
            raise Missing from fault
        found = get_words_to_settle(viewer, report_id)
        keeps = "keep" in request.POST and found.leads
        text = None if keeps else request.POST.get("text", "")[:8000]
        try:
            actions.settle_words(
                row=found.row,
                text=text,
                leads=found.leads,
                member=member_of(viewer),
                at=clock.now(),
            )
            return done(request, reverse("words"))
        except Refused as no:
            if wants_json(request):
                raise
            refused = (report_id, say(report_words.REFUSAL, no.code), text or "")
    waiting = list_words_to_settle(viewer)
    rows = tuple(
        _doubtful(one, refused[1], refused[2])
        if refused and one.row.pk == refused[0]
        else _doubtful(one)
        for one in waiting
    )
    leads = any(one.leads for one in waiting)
    status = 422 if refused else 200
    return render(request, "reports/words.html", {"page": WordsPage(rows, leads)}, status=status)


@require_GET
def photo(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Answer with a photo, to whoever may see what it belongs to."""
    found = get_photo(viewer_of_request(request), photo_id)
    try:
        data = photo_file(found.sha256).read_bytes()
    except FileNotFoundError as fault:
        raise Missing from fault
    answer = HttpResponse(data, content_type="image/jpeg")
    answer["Cache-Control"] = f"private, max-age={PHOTO_KEPT_S}"
    return answer
