"""Which responses supported another. In: the responses of many cases. Out: those that are not measured.

Of several units on one case, the contract's clock stops for the first on scene; the others came in
support. A unit that was taken off the case counts among neither.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from narvaro.dispatch.models import GONE

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Came:
    """A response: of which case, how it ended, when it was accepted and on scene."""

    id: UUID
    case_id: UUID
    state: str
    accepted_at: datetime
    on_scene_at: datetime | None


def list_supporting(responses: Iterable[Came]) -> frozenset[UUID]:
    """Return the responses that were not the first of their case on scene."""
    by_case: dict[UUID, list[Came]] = defaultdict(list)
    for one in responses:
        if one.state not in GONE:
            by_case[one.case_id].append(one)
    return frozenset(
        one.id
        for found in by_case.values()
        for one in sorted(found, key=lambda one: (one.on_scene_at or NEVER, one.accepted_at))[1:]
    )
