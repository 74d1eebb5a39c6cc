"""Reads of files on their way in, and of alarms on their way out. The viewer first.

The worker asks whether files wait, and which centres a plan names.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.sharing.kinds import PLACES_FIRST
from narvaro.sharing.models import Centre, FileDraft, Forward
from narvaro.situation.models import Case, Signal
from narvaro.situation.queries import get_case
from narvaro.spine import clock
from narvaro.spine.refusal import Missing

SHOWN = timedelta(days=7)
LONGEST_OPEN = timedelta(days=30)
State = FileDraft.State
OPEN = (State.READ, State.ASKS, State.FAILED)
UNDER_WAY = (State.NEW, State.QUEUED, State.RUNNING)


def count_waiting() -> int:
    """Count the files that wait to be looked into, brought in or dropped, or whose run was cut off."""
    tenants = FileDraft.objects.filter(state__in=UNDER_WAY).values_list("tenant_id").distinct()
    under_way = sum(len(list_under_way(list_alive(tenant_id))) for (tenant_id,) in tenants)
    return under_way + drafts_left_open(clock.now()).count()


def drafts_left_open(now: datetime) -> QuerySet[FileDraft]:
    """Return the drafts that nobody has finished in the time that an uploaded file is kept."""
    return FileDraft.objects.filter(state__in=OPEN, uploaded_at__lt=now - LONGEST_OPEN)


def drafts_with_file(tenant_id: UUID) -> QuerySet[FileDraft]:
    """Return a tenant's drafts that need their file."""
    return FileDraft.objects.filter(tenant_id=tenant_id, state__in=(*OPEN, *UNDER_WAY))


def list_alive(tenant_id: UUID) -> list[FileDraft]:
    """List a tenant's drafts that are on their way or ask a person."""
    alive = FileDraft.objects.filter(tenant_id=tenant_id, state__in=(*UNDER_WAY, State.ASKS))
    return list(alive.select_related("tenant", "decided_by__user"))


def list_under_way(drafts: Sequence[FileDraft]) -> list[FileDraft]:
    """List those of a tenant's drafts that run or will; not those that wait for a person's answer.

    While a list of sites asks a person, what is placed by it waits.
    """
    asks = any(one.state == State.ASKS and one.kind in PLACES_FIRST for one in drafts)
    return [
        one
        for one in drafts
        if one.state in {State.NEW, State.RUNNING}
        or (one.state == State.QUEUED and not (asks and one.kind not in PLACES_FIRST))
    ]


def drafts_seen_by(viewer: Viewer) -> QuerySet[FileDraft]:
    """Return the drafts that the viewer may see; dropped ones are gone."""
    if viewer.scope(Record.IMPORT) != Scope.TENANT:
        return FileDraft.objects.none()
    seen = FileDraft.objects.filter(tenant_id=viewer.tenant_id)
    return seen.exclude(state=FileDraft.State.DROPPED)


def get_draft(viewer: Viewer, draft_id: UUID) -> FileDraft:
    """Return a draft; raises Missing where the viewer may not know of it."""
    found = drafts_seen_by(viewer).filter(pk=draft_id).first()
    if found is None:
        raise Missing
    return found


def list_drafts(viewer: Viewer, now: datetime) -> list[FileDraft]:
    """List the drafts in the order in which they came; those that are in, for some days only."""
    seen = drafts_seen_by(viewer).exclude(Q(state=State.DONE) & Q(finished_at__lt=now - SHOWN))
    return list(seen.order_by("uploaded_at", "file_name", "sheet"))


def list_named_centres(case: Case) -> list[str]:
    """List the centres that the case's response plan passes its alarms on to, by their names."""
    kinds = {
        case.kind,
        *Signal.objects.filter(case=case, phase="alarm").values_list("kind", flat=True),
    }
    rules = case.plan.rules if case.plan else []
    named = [
        str(rule["pass_on"]) for rule in rules if rule.get("on") in kinds and rule.get("pass_on")
    ]
    return list(dict.fromkeys(named))


def list_centres(viewer: Viewer) -> list[Centre]:
    """List the centres that the viewer may pass alarms on to."""
    if not viewer.may(Record.CASE, Verb.WRITE):
        return []
    return list(Centre.objects.filter(tenant_id=viewer.tenant_id).order_by("name"))


def get_centre(viewer: Viewer, centre_id: UUID) -> Centre:
    """Return a centre; raises Missing where the viewer may pass nothing on to it."""
    found = next((one for one in list_centres(viewer) if one.pk == centre_id), None)
    if found is None:
        raise Missing
    return found


def list_forwards(viewer: Viewer, case: Case) -> list[Forward]:
    """List where a case was passed on to, first asked first."""
    forwards = Forward.objects.filter(case=get_case(viewer, case.pk)).select_related("centre")
    return list(forwards.order_by("made_at", "pk"))
