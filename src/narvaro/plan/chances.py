"""How probable published plans made presence. In: a tenant, hours. Out: a probability per site and hour.

A visit that was drawn by lot has the probability with which the lot gave it; of several in one hour at
least one is made with 1 − Π (1 − p). Visits whose plan was not drawn say nothing.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from narvaro.plan.models import PatrolPlan, Visit

HOUR = timedelta(hours=1)


def planned_chances(
    tenant_id: UUID, since: datetime, until: datetime
) -> dict[tuple[UUID, datetime], float]:
    """Return by (site, clock hour) how probable it was that a visit begins there, where a lot drew it."""
    rows = Visit.objects.filter(
        tenant_id=tenant_id, plan__state=PatrolPlan.State.PUBLISHED, site__isnull=False,
        probability__isnull=False, arrive_at__gte=since, arrive_at__lt=until,
    ).values_list("site_id", "arrive_at", "probability")  # fmt: skip
    missed: dict[tuple[UUID, datetime], float] = defaultdict(lambda: 1.0)
    for site_id, at, probability in rows:
        missed[site_id, at.replace(minute=0, second=0, microsecond=0)] *= 1 - (probability or 0.0)
    return {pair: 1 - chance for pair, chance in missed.items()}
