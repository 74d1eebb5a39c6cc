"""Writes of files on their way in: taken, looked at, asked about, brought in, dropped.

A file is kept in the home folder only until it is in or dropped; the columns that nobody asked for
are never stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from narvaro.access.models import Member
from narvaro.core.said import Said
from narvaro.directory.models import Site, SiteAlias
from narvaro.sharing.kinds import ORDER
from narvaro.sharing.models import FileDraft, SourceMapping
from narvaro.sharing.queries import (
    OPEN,
    UNDER_WAY,
    drafts_left_open,
    drafts_with_file,
    list_alive,
    list_under_way,
)
from narvaro.sharing.reading import Found, headers_digest
from narvaro.sharing.uploads import (
    ASIDE,
    delete_file,
    list_old_files,
    list_old_files_of,
    upload_file,
    written_aside,
)
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

MOST_TRIES = 3
TOO_MUCH = Said("reading it ended the program, three times; split it, or save it anew as CSV")


def take_upload(
    *, tenant: Tenant, member: Member, name: str, pieces: Iterable[bytes], at: datetime
) -> FileDraft:
    """Keep a file, to be looked into; raises Refused where it is too large or under way already."""
    with written_aside(name, pieces) as (aside, sha256), transaction.atomic():
        hold(tenant.pk)
        same = FileDraft.objects.filter(tenant=tenant, sha256=sha256)
        if same.filter(state__in=UNDER_WAY).exists():
            said = Said("%(name)s is being brought in already.", name=name)
            raise Refused("file_under_way", said)
        for one in same.filter(state__in=OPEN):
            _end(one, FileDraft.State.DROPPED, at)
        draft = FileDraft.objects.create(
            tenant=tenant, file_name=name[:200], sha256=sha256, uploaded_by=member, uploaded_at=at,
            state=FileDraft.State.NEW,
        )  # fmt: skip
        aside.rename(upload_file(draft))
        return draft


@transaction.atomic
def split(*, draft: FileDraft, found: Sequence[Found]) -> list[FileDraft]:
    """Put a draft for each sheet in the place of a file that was looked into, and not dropped since."""
    hold(draft.tenant_id)
    if not FileDraft.objects.filter(pk=draft.pk, state=FileDraft.State.NEW).delete()[0]:
        return []
    return [_draft(draft, one) for one in found]


def _draft(whole: FileDraft, found: Found) -> FileDraft:
    known = _known_mapping(whole.tenant_id, found)
    return FileDraft.objects.create(
        tenant_id=whole.tenant_id, file_name=whole.file_name, sheet=found.sheet[:120],
        sha256=whole.sha256, uploaded_by_id=whole.uploaded_by_id, uploaded_at=whole.uploaded_at,
        kind=known.kind if known else found.kind, header=found.header,
        mapping=dict(known.mapping) if known else found.mapping,
        answers={"words": known.words} if known else {}, all_rows=found.rows,
    )  # fmt: skip


def _known_mapping(tenant_id: UUID, found: Found) -> SourceMapping | None:
    digest = headers_digest(found.header.get("headers", []))
    return SourceMapping.objects.filter(tenant_id=tenant_id, headers=digest).order_by("-pk").first()


@transaction.atomic
def set_columns(*, draft: FileDraft, kind: str, mapping: Mapping[str, str]) -> None:
    """Say what kind of table a draft is and which header means what; "" is not used."""
    now = _held(draft, OPEN)
    now.kind, now.mapping = kind, dict(mapping)
    now.state, now.answered, now.report = FileDraft.State.READ, False, {}
    now.save(update_fields=["kind", "mapping", "state", "answered", "report"])


@transaction.atomic
def queue(*, drafts: Sequence[FileDraft], member: Member) -> int:
    """Let drafts be checked and, where nothing is to be asked, brought in; return how many.

    They come in as the act of the member who decided so, not of who put the file in.
    """
    return (
        FileDraft.objects.filter(pk__in=[one.pk for one in drafts], state__in=OPEN)
        .exclude(kind="")
        .update(state=FileDraft.State.QUEUED, done_rows=0, tries=0, decided_by=member)
    )


@transaction.atomic
def answer(
    *, draft: FileDraft, member: Member, places: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]],
) -> None:  # fmt: skip
    """Keep what a member said of places and words, and go on; refused rows are left out."""
    now = _held(draft, (FileDraft.State.ASKS,))
    known = now.answers.get("words", {})
    together = {name: {**known.get(name, {}), **words.get(name, {})} for name in {*known, *words}}
    now.answers = {
        "places": {**now.answers.get("places", {}), **places}, "words": together
    }  # fmt: skip
    now.answered, now.state, now.done_rows, now.tries = True, FileDraft.State.QUEUED, 0, 0
    now.decided_by = member
    now.save(
        update_fields=["answers", "answered", "state", "done_rows", "tries", "decided_by"]
    )  # fmt: skip


def drop_draft(*, draft: FileDraft, at: datetime) -> None:
    """Drop a draft; its file goes when no other draft needs it."""
    with transaction.atomic():
        _end(_held(draft, (*OPEN, FileDraft.State.NEW)), FileDraft.State.DROPPED, at)
    _forget_upload(draft)


def drop_left_open(*, at: datetime) -> None:
    """Drop what nobody finished in the time that a file is kept."""
    for draft in drafts_left_open(at):
        with suppress(Refused):  # somebody has just gone on with it
            drop_draft(draft=draft, at=at)


def _end(draft: FileDraft, state: FileDraft.State, at: datetime) -> None:
    """End a draft: the rows that were kept to be looked at go."""
    draft.state, draft.finished_at = state, at
    draft.header = {
        name: draft.header[name] for name in ("line", "headers") if name in draft.header
    }
    draft.save(update_fields=["state", "finished_at", "report", "header"])


def _forget_upload(draft: FileDraft) -> None:
    """Delete a file that no draft needs any more; after the commit, so that a cut loses no file."""
    with transaction.atomic():
        hold(draft.tenant_id)
        if not drafts_with_file(draft.tenant_id).filter(sha256=draft.sha256).exists():
            delete_file(upload_file(draft))


def sweep_uploads(*, at: datetime) -> None:
    """Delete the files that a cut left without a draft that needs them."""
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        if not list_old_files_of(tenant_id, at):
            continue
        with transaction.atomic():
            hold(tenant_id)
            needed = {upload_file(one) for one in drafts_with_file(tenant_id)}
            for file in {*list_old_files_of(tenant_id, at)} - needed:
                delete_file(file)
    for file in list_old_files(ASIDE, at):
        delete_file(file)


def _held(draft: FileDraft, states: Collection[str]) -> FileDraft:
    """Return a draft as it is now, under the lock; raises Refused where it has gone on."""
    hold(draft.tenant_id)
    now = FileDraft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    if now.state not in states:
        said = Said("The file has gone on meanwhile; look at the page anew.")
        raise Refused("draft_under_way", said)
    return now


def take_next(tenant_id: UUID) -> FileDraft | None:
    """Take the next draft in hand: new files first, then kinds in their order, then as they came."""
    with transaction.atomic():
        hold(tenant_id)
        waiting = list_under_way(list_alive(tenant_id))
        if not waiting:
            return None
        first = min(waiting, key=_turn)
        first.tries += 1
        if first.state == FileDraft.State.QUEUED:
            first.state = FileDraft.State.RUNNING
        first.save(update_fields=["state", "tries"])
        return first


def _turn(draft: FileDraft) -> tuple[int, datetime, str]:
    order = -1 if draft.state == FileDraft.State.NEW else ORDER[draft.kind]
    return order, draft.uploaded_at, draft.sheet


@transaction.atomic
def note_progress(*, draft: FileDraft, done: int, rows: int) -> None:
    """Note how far a draft has come."""
    FileDraft.objects.filter(pk=draft.pk).update(done_rows=done, all_rows=rows)


@transaction.atomic
def ask(*, draft: FileDraft, report: dict[str, object]) -> None:
    """Put what the file leaves open to a person."""
    draft.state, draft.report = FileDraft.State.ASKS, report
    draft.save(update_fields=["state", "report"])


def finish(*, draft: FileDraft, report: dict[str, object], at: datetime) -> None:
    """Note that a draft is in, and remember how its source writes things; its file goes."""
    with transaction.atomic():
        hold(draft.tenant_id)
        draft.report = report
        _end(draft, FileDraft.State.DONE, at)
        _remember(draft)
    _forget_upload(draft)


@transaction.atomic
def fail(*, draft: FileDraft, report: dict[str, object], at: datetime) -> None:
    """Note that a draft could not be brought in, and why; nothing of it was written.

    One that a person has dropped since stays dropped.
    """
    FileDraft.objects.filter(pk=draft.pk, state__in=UNDER_WAY).update(
        state=FileDraft.State.FAILED, report=report, finished_at=at
    )


def _remember(draft: FileDraft) -> None:
    if draft.mapping:
        SourceMapping.objects.update_or_create(
            tenant_id=draft.tenant_id, kind=draft.kind,
            headers=headers_digest(draft.header.get("headers", [])),
            defaults={"mapping": draft.mapping, "words": draft.answers.get("words", {})},
        )  # fmt: skip
    for text, chosen in draft.answers.get("places", {}).items():
        what, _colon, key = chosen.partition(":")
        if what == "site" and len(text) <= 200:
            site = Site.objects.filter(tenant_id=draft.tenant_id, pk=key).first()
            if site is not None:
                SiteAlias.objects.update_or_create(
                    tenant_id=draft.tenant_id, alias=text, defaults={"site": site}
                )


def requeue_interrupted(*, at: datetime) -> None:
    """Let what was cut off be tried again; what ended the run several times is said to be unreadable."""
    cut_off = FileDraft.objects.filter(
        Q(state=FileDraft.State.RUNNING) | Q(state=FileDraft.State.NEW)
    )
    for draft in cut_off.filter(tries__gte=MOST_TRIES):
        fail(draft=draft, report={"error": TOO_MUCH.to_json()}, at=at)
    with transaction.atomic():
        cut_off.filter(state=FileDraft.State.RUNNING).update(
            state=FileDraft.State.QUEUED, done_rows=0
        )
