"""Reads of the directory. The viewer first, nothing unscoped."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.directory.models import (
    Defibrillator,
    RoadCalibration,
    RoadClosure,
    RoadCondition,
    RoadMap,
    Site,
    SupportAgreement,
    Unit,
)
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
    """Return whether travel times changed between two times, or a minute before: a road closed or opened,
    winter, what own drives say.

    Whoever closed it may have read the clock just before the ranking did, and written after it.
    """
    since -= timedelta(minutes=1)
    tenant, ended = viewer.tenant_id, Q(until_at__gt=since, until_at__lte=at)
    return any(
        rows.filter(tenant_id=tenant).filter(changed).exists()
        for rows, changed in (
            (RoadClosure.objects, Q(closed_at__gt=since) | Q(opened_at__gt=since) | ended),
            (RoadCondition.objects, Q(since_at__gt=since) | Q(ended_at__gt=since) | ended),
            (RoadCalibration.objects, Q(used_from__gt=since) | Q(ended_at__gt=since)),
        )
    )


def find_condition(viewer: Viewer, at: datetime) -> RoadCondition | None:
    """Return the winter that lies on the tenant's roads at a time, or None."""
    if not viewer.may(Record.MAP):
        return None
    return RoadCondition.objects.filter(tenant_id=viewer.tenant_id).in_force(at).first()


def find_calibration(viewer: Viewer, *, used: bool = False) -> RoadCalibration | None:
    """Return what own drives said last, or what of it is used now; None where there is none."""
    if not viewer.may(Record.MAP):
        return None
    found = RoadCalibration.objects.filter(tenant_id=viewer.tenant_id)
    if used:
        found = found.filter(used_from__isnull=False, ended_at=None)
    return found.order_by("-made_at").first()


def get_calibration(viewer: Viewer, calibration_id: UUID) -> RoadCalibration:
    """Return what drives said, of the viewer's tenant; raises Missing."""
    found = RoadCalibration.objects.filter(tenant_id=viewer.tenant_id, pk=calibration_id).first()
    if found is None or not viewer.may(Record.MAP):
        raise Missing
    return found


def get_closure(viewer: Viewer, closure_id: UUID) -> RoadClosure:
    """Return a closure of the viewer's tenant; raises Missing."""
    found = RoadClosure.objects.filter(tenant_id=viewer.tenant_id, pk=closure_id).first()
    if found is None or not viewer.may(Record.MAP):
        raise Missing
    return found


def list_defibrillators(tenant_id: UUID) -> list[Defibrillator]:
    """List a tenant's AEDs by name, whatever their state."""
    return list(Defibrillator.objects.filter(tenant_id=tenant_id).order_by("name", "code"))


def list_own_defibrillators(viewer: Viewer) -> list[Defibrillator]:
    """List the AEDs that the viewer may see, by name."""
    return list_defibrillators(viewer.tenant_id) if viewer.may(Record.AED) else []


def list_agreements(tenant_id: UUID) -> list[SupportAgreement]:
    """List a tenant's agreements on support by other organisations."""
    found = SupportAgreement.objects.filter(tenant_id=tenant_id)
    return list(found.select_related("organisation").order_by("decision_no"))
