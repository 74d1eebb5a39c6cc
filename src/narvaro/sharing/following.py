"""What the doors follow. In: the log. Out: alarms passed on where a site's response plan says so.

Only for a site that stands alone: a centre has the alarms of the others already.
"""

import logging

from narvaro.directory.models import Site
from narvaro.sharing import forwarding
from narvaro.sharing.models import Centre
from narvaro.sharing.queries import list_named_centres
from narvaro.situation.models import Case
from narvaro.spine import clock
from narvaro.spine.events import SYSTEM, Reader, get_subject
from narvaro.spine.models import Event, Tenant

logger = logging.getLogger(__name__)


def _follow(event: Event) -> None:
    cases = Case.objects.select_related("tenant", "site", "plan")
    case = cases.filter(pk=get_subject(event)).first()
    if case is not None and case.state == Case.State.CLOSED and event.kind == "case.changed":
        forwarding.end_troubles(case=case, at=clock.now())
    if case is None or case.site is None or case.site.standing != Site.Standing.ALONE:
        return
    if case.state == Case.State.CLOSED or case.tenant.mode == Tenant.Mode.FOLLOW_UP:
        return
    named = list_named_centres(case)
    centres = {one.name: one for one in Centre.objects.filter(tenant=case.tenant, name__in=named)}
    for name in named:
        if name in centres:
            forwarding.ask(case=case, centre=centres[name], by=SYSTEM, at=clock.now())
        else:
            # The case's page says it too.
            logger.error("centre is not set up", extra={"centre": name, "case": str(case.pk)})


SHARING = Reader("sharing", frozenset({"case.opened", "case.changed", "case.signal"}), _follow)
