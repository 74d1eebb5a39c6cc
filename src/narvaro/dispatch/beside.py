"""The other units of a case that one is out on. In: a viewer, a response. Out: who comes, and when.

Whoever is out on a case knows which other units are asked and on it, and when they are there; not where
they are. Once off it he is told nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from narvaro.access.viewer import Viewer
from narvaro.dispatch.models import OUT, Offer, Response
from narvaro.dispatch.queries import get_response
from narvaro.dispatch.seats import list_open
from narvaro.dispatch.ways import find_way
from narvaro.situation.models import Case


@dataclass(frozen=True)
class OnCase:
    """A unit that is out on a case; `came_at` once it is there, `expected_at` where its way is known."""

    response: Response
    came_at: datetime | None
    expected_at: datetime | None


@dataclass(frozen=True)
class Beside:
    """The other units of a case; `short` more are wanted that nobody is asked for."""

    out: Sequence[OnCase] = ()
    asked: Sequence[Offer] = ()
    short: int = 0


def list_beside(viewer: Viewer, response: Response, at: datetime) -> Beside:
    """Return who else is on the case of a response that the viewer may see; nobody once it is over."""
    seen = get_response(viewer, response.pk, at)
    if seen.state not in OUT:
        return Beside()
    others = Response.objects.filter(case=seen.case_id, state__in=OUT).exclude(pk=seen.pk)
    others = others.select_related("unit", "offer__aed").prefetch_related("time_points")
    waiting = Offer.objects.filter(case=seen.case_id, state=Offer.State.WAITING)
    waiting = waiting.exclude(unit=seen.unit_id).select_related("unit", "aed")
    return Beside(
        tuple(_on_case(seen.case, one, at) for one in others.order_by("accepted_at")),
        tuple(waiting.order_by("offered_at", "seat")),
        len(list_open(seen.case)),
    )


def _on_case(case: Case, one: Response, at: datetime) -> OnCase:
    there = (point.at for point in one.time_points.all() if point.point == "on_scene")
    came_at = min(there, default=None)
    if came_at is not None:
        return OnCase(one, came_at, None)
    way = find_way(case, one.sent_unit, at, one.offer.aed if one.offer else None)
    return OnCase(one, None, max(way.arrives_at, at) if way else None)
