"""Reads of files on their way in. The viewer first; the worker asks only whether any wait."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.directory.models import FileDraft
from narvaro.spine.refusal import Missing

SHOWN = timedelta(days=7)


def count_waiting() -> int:
    """Count the files that wait to be brought in, or whose run was cut off."""
    states = (FileDraft.State.QUEUED, FileDraft.State.RUNNING)
    return FileDraft.objects.filter(state__in=states).count()


def drafts_seen_by(viewer: Viewer) -> QuerySet[FileDraft]:
    """Return the drafts that the viewer may see; dropped ones are gone."""
    if viewer.scope(Record.IMPORT) != Scope.TENANT:
        return FileDraft.objects.none()
    seen = FileDraft.objects.filter(tenant_id=viewer.tenant_id)
    return seen.exclude(state=FileDraft.State.DROPPED)


def get_draft(viewer: Viewer, draft_id: UUID) -> FileDraft:
    """Return a draft; raises Missing where the viewer may not know of it."""
    found = drafts_seen_by(viewer).filter(pk=draft_id).first()
    if found is None:
        raise Missing
    return found


def list_drafts(viewer: Viewer, now: datetime) -> list[FileDraft]:
    """List the drafts of the last days, in the order in which they came."""
    recent = drafts_seen_by(viewer).filter(uploaded_at__gte=now - SHOWN)
    return list(recent.order_by("uploaded_at", "file_name", "sheet"))
