"""Reads of what cameras saw. The viewer first, nothing unscoped."""

from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, QuerySet, When

from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Camera
from narvaro.situation.cameras import GRAVE, priority_of
from narvaro.situation.models import CameraEvent
from narvaro.spine.refusal import Missing


def camera_events_seen_by(viewer: Viewer) -> QuerySet[CameraEvent]:
    """Return the events that the viewer may see, of cameras that are documented (still)."""
    if viewer.scope(Record.CAMERA_EVENT) != Scope.TENANT:
        return CameraEvent.objects.none()
    cameras = Camera.objects.documented().filter(tenant_id=viewer.tenant_id)
    found = CameraEvent.objects.filter(tenant_id=viewer.tenant_id, camera__in=cameras)
    return found.select_related("camera", "camera__site", "case")


def list_new_camera_events(viewer: Viewer) -> QuerySet[CameraEvent]:
    """Return what nobody has looked at, the gravest kinds first, of one priority the newest."""
    found = camera_events_seen_by(viewer).filter(state=CameraEvent.State.NEW)
    priority = Case(*(When(what=one, then=priority_of(one)) for one in CameraEvent.What.values))
    return found.order_by(priority, "-began_at", "-pk")


def list_grave_camera_events(viewer: Viewer) -> QuerySet[CameraEvent]:
    """Return the fires and intrusions that nobody has looked at, newest first."""
    found = camera_events_seen_by(viewer).filter(state=CameraEvent.State.NEW, what__in=GRAVE)
    return found.order_by("-began_at", "-pk")


def list_untaken_cameras(viewer: Viewer) -> QuerySet[Camera]:
    """Return the cameras whose events are refused: purpose or balancing is not written down."""
    if viewer.scope(Record.CAMERA_EVENT) != Scope.TENANT:
        return Camera.objects.none()
    here = Camera.objects.filter(tenant_id=viewer.tenant_id).select_related("site")
    return here.exclude(pk__in=Camera.objects.documented().values("pk")).order_by("code")


def list_decided_camera_events(viewer: Viewer, since: datetime) -> QuerySet[CameraEvent]:
    """Return what was decided since a time, or was heard of since, latest decision first."""
    decided = camera_events_seen_by(viewer).exclude(state=CameraEvent.State.NEW)
    recent = Q(decided_at__gte=since) | Q(ended_at=None, heard_at__gte=since)
    return decided.filter(recent).order_by("-decided_at", "-pk")


def get_camera_event(viewer: Viewer, event_id: UUID) -> CameraEvent:
    """Return an event that the viewer may decide on; raises Missing otherwise."""
    viewer.require(Record.CAMERA_EVENT, Verb.WRITE)
    found = camera_events_seen_by(viewer).filter(pk=event_id).first()
    if found is None:
        raise Missing
    return found
