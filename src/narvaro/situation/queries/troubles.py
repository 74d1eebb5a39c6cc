"""Reads of the installation's troubles. The viewer first; a trouble of one tenant is that one's alone."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.spine import clock
from narvaro.spine.models import Trouble

REMEMBERED = timedelta(days=7)
SHOWN = 50


def list_troubles(viewer: Viewer) -> list[Trouble]:
    """List the open troubles, newest first, then those that ended in the last seven days."""
    viewer.require(Record.SYSTEM)
    over = _seen_by(viewer).filter(ended_at__gte=clock.now() - REMEMBERED).order_by("-ended_at")
    return [*list_open_troubles(viewer), *over[:SHOWN]]


def list_open_troubles(viewer: Viewer) -> list[Trouble]:
    """List the open troubles, newest first; none for who may not know of them."""
    if not viewer.may(Record.SYSTEM):
        return []
    return list(_seen_by(viewer).filter(ended_at=None).order_by("-raised_at"))


def _seen_by(viewer: Viewer) -> QuerySet[Trouble]:
    return Trouble.objects.filter(Q(tenant=None) | Q(tenant_id=viewer.tenant_id))
