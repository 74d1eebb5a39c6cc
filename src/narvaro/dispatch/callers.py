"""Who asks units to a case and when one is taken off it, as the log tells. In: a viewer, a case. Out: members, times."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Unit
from narvaro.dispatch.models import GONE
from narvaro.situation.models import Case
from narvaro.situation.queries import get_case
from narvaro.spine.models import Event


@dataclass(frozen=True)
class SupportCall:
    """That `by` called in support, for `unit` where it is out on the case; `units` are wanted in all."""

    at: datetime
    by: Member
    unit: Unit | None
    units: int


def list_support_calls(viewer: Viewer, case: Case) -> list[SupportCall]:
    """List who called in support to a case that the viewer sees, the first first."""
    calls = [(one, said) for one, said in _told(viewer, case, "case.changed") if said.get("units")]
    members = _members_of(one for one, _said in calls)
    units = Unit.objects.in_bulk([UUID(said["unit"]) for _one, said in calls if said["unit"]])
    return [
        SupportCall(
            one.at, members[one.actor], units[UUID(said["unit"])] if said["unit"] else None,
            said["units"],
        )
        for one, said in calls
        if one.actor in members
    ]  # fmt: skip


def list_askers(viewer: Viewer, case: Case) -> dict[UUID, Member]:
    """List by offer the member who made it; those that no person made are missing."""
    made = _told(viewer, case, "offer.made")
    members = _members_of(one for one, _said in made)
    return {UUID(said["offer"]): members[one.actor] for one, said in made if one.actor in members}


def list_taken_off(viewer: Viewer, case: Case) -> dict[UUID, datetime]:
    """List by response when it was recalled, or its unit went to a graver case."""
    return {
        UUID(said["response"]): one.at
        for one, said in _told(viewer, case, "response.changed")
        if said["point"] in GONE
    }


def _told(viewer: Viewer, case: Case, kind: str) -> list[tuple[Event, dict[str, Any]]]:
    """Return what the log tells the viewer's organisation of a case, with what stands in it."""
    seen = get_case(viewer, case.pk)
    found = Event.objects.filter(tenant_id=seen.tenant_id, subject=seen.pk, kind=kind)
    return [
        (one, json.loads(one.payload))
        for one in found.order_by("position")
        if one.payload and str(viewer.organisation_id) in one.audience
    ]


def _members_of(events: Iterable[Event]) -> dict[str, Member]:
    """Return by signature the members who did what events tell."""
    signed = {one.actor: pk for one in events if (pk := _find_member_id(one.actor))}
    found = Member.objects.in_bulk(list(signed.values()))
    return {actor: found[pk] for actor, pk in signed.items() if pk in found}


def _find_member_id(signature: str) -> UUID | None:
    try:
        return UUID(signature.removeprefix("member:"))
    except ValueError:
        return None  # the system, or whoever runs it
