"""When a unit was on a break, by what it said. In: its words of the log. Out: half-open intervals.

For what is kept of its positions: live from a phone, later from a file. What is not known is not kept.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from narvaro.directory.models import Unit
from narvaro.situation.events import UnitChanged
from narvaro.situation.models import UnitStatus
from narvaro.spine.models import Event

Interval: TypeAlias = tuple[datetime, datetime]
State: TypeAlias = UnitStatus.State


def list_said(
    unit: Unit, since: datetime, until: datetime | None = None
) -> list[tuple[datetime, State]]:
    """List what a unit said that it does, oldest first; a purged word counts as a break.

    For what is kept of its positions, not for a viewer. What was said before a shift counts no more
    in it: `since` is where one begins.
    """
    log = Event.objects.filter(
        tenant_id=unit.tenant_id, subject=unit.pk, kind=UnitChanged.kind, at__gte=since
    )
    if until is not None:
        log = log.filter(at__lt=until)
    found = log.order_by("at", "position").values_list("at", "payload")
    return [
        (at, State(json.loads(payload)["state"]) if payload else State.BREAK)
        for at, payload in found
    ]


def split_breaks(
    begin: datetime, end: datetime, said: Sequence[tuple[datetime, State]]
) -> tuple[list[Interval], list[Interval]]:
    """Split a time into duty and breaks by what was said in it, oldest first; it begins with duty."""
    duty: list[Interval] = []
    breaks: list[Interval] = []
    is_break = False
    for at, state in [*said, (end, State.AVAILABLE)]:
        if begin < at:
            (breaks if is_break else duty).append((begin, at))
        begin, is_break = at, state == State.BREAK
    return duty, breaks


def list_breaks(unit: Unit, since: datetime) -> list[Interval]:
    """List a unit's breaks that began since a time and are over, oldest first."""
    said = list_said(unit, since)
    return split_breaks(since, said[-1][0], said)[1] if said else []
