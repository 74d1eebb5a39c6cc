"""Reads of the directory. The viewer first, nothing unscoped."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.directory.models import RoadClosure, RoadMap, Site, Unit
from narvaro.spine.refusal import Missing


def sites_seen_by(viewer: Viewer) -> QuerySet[Site]:
    """Return the published sites that the viewer may see."""
    if viewer.scope(Record.SITE) != Scope.TENANT:
        return Site.objects.none()
    return Site.objects.published().filter(tenant_id=viewer.tenant_id)


def find_site(viewer: Viewer, site_id: UUID) -> Site | None:
    """Return a site, or None where there is none for this viewer."""
    return sites_seen_by(viewer).filter(pk=site_id).first()


def units_seen_by(viewer: Viewer) -> QuerySet[Unit]:
    """Return the units that the viewer may see: the tenant's, or his own organisation's.

    A viewer whose scope is his own unit gets none here: `plan.queries` knows his shift.
    """
    scope = viewer.scope(Record.UNIT)
    if scope == Scope.TENANT:
        return Unit.objects.filter(tenant_id=viewer.tenant_id)
    if scope == Scope.SHARED:
        return Unit.objects.filter(organisation_id=viewer.organisation_id)
    return Unit.objects.none()


def find_road_map(viewer: Viewer) -> RoadMap | None:
    """Return the tenant's map, or None where no roads are imported."""
    if not viewer.may(Record.MAP):
        return None
    return RoadMap.objects.filter(tenant_id=viewer.tenant_id).first()


def list_closures(viewer: Viewer, at: datetime) -> list[RoadClosure]:
    """List the tenant's roads that are closed at a time, the newest first."""
    if not viewer.may(Record.MAP):
        return []
    found = RoadClosure.objects.filter(tenant_id=viewer.tenant_id).in_force(at)
    return list(found.order_by("-closed_at", "-pk"))


def have_roads_changed(viewer: Viewer, *, since: datetime, at: datetime) -> bool:
    """Return whether a road was closed or opened between two times, or a minute before.

    Whoever closed it may have read the clock just before the ranking did, and written after it.
    """
    since -= timedelta(minutes=1)
    found = RoadClosure.objects.filter(tenant_id=viewer.tenant_id)
    ended = Q(until_at__gt=since, until_at__lte=at)
    return found.filter(Q(closed_at__gt=since) | Q(opened_at__gt=since) | ended).exists()


def get_closure(viewer: Viewer, closure_id: UUID) -> RoadClosure:
    """Return a closure of the viewer's tenant; raises Missing."""
    found = RoadClosure.objects.filter(tenant_id=viewer.tenant_id, pk=closure_id).first()
    if found is None or not viewer.may(Record.MAP):
        raise Missing
    return found
