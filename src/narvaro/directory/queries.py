"""Reads of the directory. The viewer first, nothing unscoped."""

from uuid import UUID

from django.db.models import QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.directory.models import RoadMap, Site, Unit


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
