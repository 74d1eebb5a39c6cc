"""What the plan follows in the log. In: published pictures, units on cases. Out: focus, visits.

Importing this file names the reader; the work process runs it. Proposals: `running`.
"""

import json
from datetime import datetime
from uuid import UUID

from narvaro.plan import actions, visits
from narvaro.situation.models import Picture, UnitStatus
from narvaro.spine.events import Reader, get_subject
from narvaro.spine.models import Event


def _follow(event: Event) -> None:
    if event.kind == "picture.published":
        picture = Picture.objects.select_related("tenant").get(pk=get_subject(event))
        actions.put_focus(picture=picture, at=event.at)
        return
    state = str(json.loads(event.payload or "{}").get("state", ""))
    unit_id = get_subject(event)
    if state == UnitStatus.State.BUSY:
        visits.interrupt(unit_id=unit_id, at=event.at)
    elif state == UnitStatus.State.AVAILABLE and (since := _busy_since(event, unit_id)):
        visits.replace_passed(unit_id=unit_id, since=since, at=event.at)


PLAN = Reader("plan", frozenset({"picture.published", "unit.changed"}), _follow)


def _busy_since(event: Event, unit_id: UUID) -> datetime | None:
    """Return since when the unit was out, if it was until now."""
    before = Event.objects.filter(
        tenant_id=event.tenant_id, subject=unit_id, kind=event.kind, position__lt=event.position
    )
    last = before.order_by("-position").first()
    was = str(json.loads(last.payload or "{}").get("state", "")) if last else ""
    return last.at if last and was == UnitStatus.State.BUSY else None
