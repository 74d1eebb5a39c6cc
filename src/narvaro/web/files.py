"""The files' room: put files in, look at what they are, answer what they ask. In: requests. Out: pages."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.sharing import actions
from narvaro.sharing.kinds import BY_CODE
from narvaro.sharing.models import FileDraft
from narvaro.sharing.queries import OPEN, drafts_seen_by, get_draft, list_drafts
from narvaro.sharing.reading import likely_mapping, list_missing, specs
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.files_page import page_of
from narvaro.web.files_questions import place_answers, word_answers
from narvaro.web.refusal_words import refusal_text
from narvaro.web.screens import Problem

UNDER_WAY = (FileDraft.State.QUEUED, FileDraft.State.RUNNING)


@require_http_methods(["GET", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """Show the room; a POST takes files."""
    viewer = viewer_of_request(request)
    problems: list[Problem] = []
    if request.method == "POST":
        problems = _take(viewer, request)
        if not problems:
            return HttpResponseRedirect("/files/#look", status=303)
    page = page_of(viewer, tuple(problems))
    return render(request, "files/page.html", {"page": page}, status=422 if problems else 200)


def _member(viewer: Viewer) -> Member:
    return Member.objects.get(pk=viewer.member_id)


def _take(viewer: Viewer, request: HttpRequest) -> list[Problem]:
    tenant = Tenant.objects.get(pk=viewer.tenant_id)
    member = _member(viewer)
    given = request.FILES.getlist("files")
    if not given:
        return [Problem(_("Choose at least one file."))]
    problems = []
    for one in given:
        try:
            actions.take_upload(
                tenant=tenant, member=member, name=one.name or "", pieces=one.chunks(),
                at=clock.now(),
            )  # fmt: skip
        except Refused as no:
            said = refusal_text(no.code, no.detail)
            problems.append(Problem(f"{said.title}: {said.detail}"))
    return problems


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """Answer how far the files on their way in have come; when all are through, the page anew."""
    viewer = viewer_of_request(request)
    page = page_of(viewer, ())
    if not page.running:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "files/_running.html", {"page": page})


@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    """Keep what was said of each sheet, and let all of them be brought in."""
    viewer = viewer_of_request(request)
    chosen = []
    for draft in list_drafts(viewer, clock.now()):
        kind = request.POST.get(f"kind-{draft.pk}")
        if draft.state not in OPEN or kind is None:
            continue
        if kind == "":
            actions.drop_draft(draft=draft, at=clock.now())
            continue
        if kind not in BY_CODE:
            raise Refused("invalid", _("Choose what the file is."), status=422)
        if draft.state == FileDraft.State.ASKS:
            continue
        mapping = _mapping(request, draft, kind)
        actions.set_columns(draft=draft, kind=kind, mapping=mapping)
        if not list_missing(kind, mapping, specs(draft.tenant).get(kind)):
            chosen.append(draft)
    actions.queue(drafts=chosen, member=_member(viewer))
    return done(request, "/files/#under-way")


def _mapping(request: HttpRequest, draft: FileDraft, kind: str) -> dict[str, str]:
    """Return the columns as chosen; for another kind than before, as its own headers say."""
    headers = [one for one in draft.header.get("headers", []) if one]
    if kind != draft.kind:
        spec = specs(draft.tenant).get(kind)
        return likely_mapping(headers, spec) if spec else {}
    return {
        header: request.POST.get(f"col-{draft.pk}-{number}", draft.mapping.get(header, ""))
        for number, header in enumerate(headers)
    }


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Keep what a person said of places and words, and go on with the sheets that asked."""
    viewer = viewer_of_request(request)
    for draft in drafts_seen_by(viewer).filter(state=FileDraft.State.ASKS):
        if f"answered-{draft.pk}" in request.POST:
            form = request.POST.dict()
            actions.answer(
                draft=draft, member=_member(viewer), places=place_answers(viewer, draft, form),
                words=word_answers(draft, form),
            )  # fmt: skip
    return done(request, "/files/#under-way")


@require_POST
def drop(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Drop a sheet that is not to be brought in."""
    viewer = viewer_of_request(request)
    actions.drop_draft(draft=get_draft(viewer, draft_id), at=clock.now())
    return done(request, "/files/")
