"""The way to a case. In: a viewer, a case, a unit. Out: the route now, with its turns."""

from datetime import datetime

from narvaro.access.viewer import Viewer
from narvaro.core.choice import FRESH_S
from narvaro.core.roads import Route
from narvaro.directory.models import Unit
from narvaro.dispatch.actions import SEEKING
from narvaro.dispatch.loading import OFF_ROAD_M, open_roads
from narvaro.dispatch.models import OUT, Offer
from narvaro.dispatch.queries import offers_seen_by, rank_now, responses_seen_by
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.models import Case
from narvaro.situation.queries import get_case, newest_positions


def find_unit_to_show(viewer: Viewer, case: Case, at: datetime) -> Unit | None:
    """Return the unit that is out on a case, else the one that is asked, else the first ranked.

    None where the case is over, or its unit has left: where a guard is then is not this case's.
    """
    seen = get_case(viewer, case.pk)
    out = responses_seen_by(viewer, at).filter(case=seen, state__in=OUT)
    response = out.order_by("-accepted_at").first()
    if response is not None:
        return response.unit
    if seen.state not in SEEKING:
        return None
    offer = offers_seen_by(viewer, at).filter(case=seen, state=Offer.State.WAITING).first()
    if offer is not None:
        return offer.unit
    lines = rank_now(viewer, seen, at).lines
    first = next((line["unit"] for line in lines if line.get("rank") == 1), None)
    return Unit.objects.filter(pk=first, tenant_id=viewer.tenant_id).first() if first else None


def find_way(case: Case, unit: Unit, at: datetime) -> Route | None:
    """Return the way from a unit on duty to a case; None where its place is old, or one is unknown."""
    position = newest_positions([unit.pk]).get(unit.pk)
    if position is None or case.lat is None or case.lon is None:
        return None
    on_duty = any(one.unit_id == unit.pk for one in list_running_shifts(unit.tenant_id, at))
    if not on_duty or (at - position.at).total_seconds() > FRESH_S:
        return None
    now = open_roads(case.tenant_id, at)
    if now is None:
        return None
    roads = now.walking if unit.travel == Unit.Travel.FOOT else now.roads
    return roads.route(
        roads.place(position.lat, position.lon, OFF_ROAD_M),
        roads.place(case.lat, case.lon, OFF_ROAD_M),
    )
