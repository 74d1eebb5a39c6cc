"""Reads of what-ifs. The viewer first: an organisation sees what its own people asked for."""

from uuid import UUID

from django.db.models import QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.followup.models import WhatIf
from narvaro.followup.replay.scenario import Scenario
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Missing

SHOWN = 20
UNDER_WAY = (WhatIf.State.WAITING, WhatIf.State.RUNNING)


def what_ifs_seen_by(viewer: Viewer) -> QuerySet[WhatIf]:
    """Return what the viewer sees."""
    seen = WhatIf.objects.filter(tenant_id=viewer.tenant_id).select_related("asked_by")
    match viewer.scope(Record.REPLAY):
        case Scope.TENANT:
            return seen
        case Scope.SHARED:
            return seen.filter(organisation_id=viewer.organisation_id)
        case _:
            return WhatIf.objects.none()


def scenario_of_today(viewer: Viewer) -> Scenario:
    """Return the town as it is, with the tenant's own rule of who goes."""
    looks_ahead = Tenant.objects.values_list("looks_ahead", flat=True).get(pk=viewer.tenant_id)
    return Scenario("ahead" if looks_ahead else "nearest")


def list_what_ifs(viewer: Viewer) -> list[WhatIf]:
    """List the newest, the latest first; `answer` is read only where it is looked at."""
    return list(what_ifs_seen_by(viewer).defer("answer").order_by("-asked_at", "-pk")[:SHOWN])


def get_what_if(viewer: Viewer, what_if_id: UUID) -> WhatIf:
    """Return one; raises Missing."""
    found = what_ifs_seen_by(viewer).filter(pk=what_if_id).first()
    if found is None:
        raise Missing
    return found


def count_waiting() -> int:
    """Count what is to be played, for every tenant: also what was cut off while it was."""
    return WhatIf.objects.filter(state__in=UNDER_WAY).count()
