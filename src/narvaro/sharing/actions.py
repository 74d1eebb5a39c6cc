"""Writes of files on their way in: taken, looked at, asked about, brought in, dropped.

A file is kept in the home folder only until it is in or dropped; the columns that nobody asked for
are never stored.
"""

import hashlib
import os
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from narvaro.access.models import Member
from narvaro.core.said import Said
from narvaro.directory.models import Site, SiteAlias
from narvaro.sharing.kinds import ORDER
from narvaro.sharing.models import FileDraft, SourceMapping
from narvaro.sharing.queries import UNDER_WAY, list_alive, list_under_way
from narvaro.sharing.reading import Found, headers_digest
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

LARGEST_BYTES = 300 * 1024 * 1024
MOST_TRIES = 3
TOO_MUCH = Said("reading it ended the program, three times; split it, or save it anew as CSV")
OPEN = (FileDraft.State.READ, FileDraft.State.ASKS, FileDraft.State.FAILED)


def upload_file(sha256: str) -> Path:
    """Return where an uploaded file lies."""
    folder: Path = settings.HOME.uploads
    return folder / sha256


def _keep(name: str, pieces: Iterable[bytes]) -> str:
    """Write a file down to the disk under its digest; raises Refused where it does not fit."""
    aside = upload_file(f".{secrets.token_hex(8)}")
    digest, size = hashlib.sha256(), 0
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            for piece in pieces:
                size += len(piece)
                if size > LARGEST_BYTES:
                    said = Said("%(name)s: split it; 300 MB at most.", name=name)
                    raise Refused("file_too_large", said, status=413)
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        aside.rename(upload_file(digest.hexdigest()))
    except OSError as fault:
        said = Said("The file could not be kept: %(fault)s.", fault=fault.strerror or "")
        raise Refused("disk", said, status=507) from fault
    finally:
        aside.unlink(missing_ok=True)
    return digest.hexdigest()


def take_upload(
    *, tenant: Tenant, member: Member, name: str, pieces: Iterable[bytes], at: datetime
) -> FileDraft:
    """Keep a file, to be looked into; raises Refused where it is too large or under way already."""
    sha256 = _keep(name, pieces)
    with transaction.atomic():
        hold(tenant.pk)
        same = FileDraft.objects.filter(tenant=tenant, sha256=sha256)
        if same.filter(state__in=UNDER_WAY).exists():
            said = Said("%(name)s is being brought in already.", name=name)
            raise Refused("file_under_way", said)
        waiting = same.filter(state__in=OPEN)
        waiting.update(state=FileDraft.State.DROPPED, finished_at=at)
        return FileDraft.objects.create(
            tenant=tenant, file_name=name[:200], sha256=sha256, uploaded_by=member, uploaded_at=at,
            state=FileDraft.State.NEW,
        )  # fmt: skip


@transaction.atomic
def split(*, draft: FileDraft, found: Sequence[Found]) -> list[FileDraft]:
    """Put a draft for each sheet in the place of a file that was looked into."""
    hold(draft.tenant_id)
    draft.delete()
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
def queue(*, drafts: Sequence[FileDraft]) -> int:
    """Let drafts be checked and, where nothing is to be asked, brought in; return how many."""
    return (
        FileDraft.objects.filter(pk__in=[one.pk for one in drafts], state__in=OPEN)
        .exclude(kind="")
        .update(state=FileDraft.State.QUEUED, done_rows=0, tries=0)
    )


@transaction.atomic
def answer(
    *, draft: FileDraft, places: Mapping[str, str], words: Mapping[str, Mapping[str, str]],
) -> None:  # fmt: skip
    """Keep what a person said of places and words, and go on; refused rows are left out."""
    now = _held(draft, (FileDraft.State.ASKS,))
    known = now.answers.get("words", {})
    together = {name: {**known.get(name, {}), **words.get(name, {})} for name in {*known, *words}}
    now.answers = {
        "places": {**now.answers.get("places", {}), **places}, "words": together
    }  # fmt: skip
    now.answered, now.state, now.done_rows, now.tries = True, FileDraft.State.QUEUED, 0, 0
    now.save(update_fields=["answers", "answered", "state", "done_rows", "tries"])


def drop_draft(*, draft: FileDraft, at: datetime) -> None:
    """Drop a draft; its file goes when no other draft needs it."""
    with transaction.atomic():
        _end(_held(draft, OPEN), FileDraft.State.DROPPED, at)
    _forget_upload(draft.sha256)


def _end(draft: FileDraft, state: FileDraft.State, at: datetime) -> None:
    """End a draft: the rows that were kept to be looked at go."""
    draft.state, draft.finished_at = state, at
    draft.header = {
        name: draft.header[name] for name in ("line", "headers") if name in draft.header
    }
    draft.save(update_fields=["state", "finished_at", "report", "header"])


def _forget_upload(sha256: str) -> None:
    """Delete a file that no draft needs any more; after the commit, so that a cut loses no file."""
    needed = FileDraft.objects.filter(sha256=sha256, state__in=(*OPEN, *UNDER_WAY))
    if not needed.exists():
        upload_file(sha256).unlink(missing_ok=True)


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
    _forget_upload(draft.sha256)


@transaction.atomic
def fail(*, draft: FileDraft, report: dict[str, object], at: datetime) -> None:
    """Note that a draft could not be brought in, and why; nothing of it was written."""
    draft.report, draft.finished_at = report, at
    draft.state = FileDraft.State.FAILED
    draft.save(update_fields=["state", "report", "finished_at"])


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
