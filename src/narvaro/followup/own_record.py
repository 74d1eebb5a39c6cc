"""Reads of what is stored about a member, for himself alone. The viewer first.

Which tables name a member is read from the models, so that a new one cannot be forgotten.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.dispatch.models import Response
from narvaro.plan.models import Shift
from narvaro.situation.actions import RAW_POSITIONS_H
from narvaro.situation.models import Position
from narvaro.spine.models import Event


def rows_naming(member_id: UUID) -> dict[str, QuerySet[Model]]:
    """Return the rows of every table with a column that names a member, by `app.Model.field`."""
    found: dict[str, QuerySet[Model]] = {}
    for model in apps.get_models(include_auto_created=True):
        about = model._meta  # noqa: SLF001 - what Django documents under this name
        for one in about.fields:
            if one.related_model is Member:
                rows = model._default_manager.filter(**{one.name: member_id})  # noqa: SLF001 - as above
                found[f"{about.label}.{one.name}"] = rows
    return dict(sorted(found.items()))


def list_own_shifts(viewer: Viewer, since: datetime) -> list[Shift]:
    """List the shifts that the viewer crewed since then, newest first."""
    shifts = Shift.objects.filter(tenant_id=viewer.tenant_id, crew__id=viewer.member_id)
    return list(shifts.filter(ends_at__gt=since).select_related("unit").order_by("-starts_at"))


def own_positions(viewer: Viewer, now: datetime) -> QuerySet[Position]:
    """Return the raw positions of the units that the viewer crewed, while he did."""
    oldest = now - timedelta(hours=RAW_POSITIONS_H)
    while_on = Q(pk__in=())
    for one in list_own_shifts(viewer, oldest - timedelta(days=1)):
        while_on |= Q(unit_id=one.unit_id, at__gte=one.starts_at, at__lt=one.ends_at)
    return Position.objects.filter(while_on, tenant_id=viewer.tenant_id)


def own_responses(viewer: Viewer) -> QuerySet[Response]:
    """Return the responses that the viewer accepted, newest first."""
    mine = Response.objects.filter(tenant_id=viewer.tenant_id, member_id=viewer.member_id)
    return mine.select_related("case").order_by("-accepted_at")


def get_own_member(viewer: Viewer) -> Member:
    """Return the viewer's membership with all that its page shows."""
    rows = Member.objects.select_related("organisation", "user", "tenant")
    return rows.prefetch_related("competences").get(pk=viewer.member_id)


def count_own_events(viewer: Viewer) -> int:
    """Count what the viewer did, as the event log has it."""
    return Event.objects.filter(tenant_id=viewer.tenant_id, actor=viewer.signature).count()
