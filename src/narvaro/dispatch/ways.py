"""The way to a case. In: a viewer, a case, a unit. Out: the route now, with its turns."""

from datetime import datetime

from narvaro.access.viewer import Viewer
from narvaro.core.roads import Route
from narvaro.directory.models import Unit
from narvaro.directory.roads_file import MapRefused
from narvaro.directory.roads_now import find_roads_now
from narvaro.dispatch.loading import OFF_ROAD_M
from narvaro.dispatch.models import Offer
from narvaro.dispatch.queries import offers_seen_by, rank_now, responses_seen_by
from narvaro.situation.models import Case
from narvaro.situation.queries import get_case, newest_positions


def find_unit_to_show(viewer: Viewer, case: Case, at: datetime) -> Unit | None:
    """Return the unit that is out on a case, else the one that is asked, else the first ranked."""
    seen = get_case(viewer, case.pk)
    response = responses_seen_by(viewer, at).filter(case=seen).order_by("-accepted_at").first()
    if response is not None:
        return response.unit
    offer = offers_seen_by(viewer, at).filter(case=seen, state=Offer.State.WAITING).first()
    if offer is not None:
        return offer.unit
    lines = rank_now(viewer, seen, at).lines
    first = next((line["unit"] for line in lines if line.get("rank") == 1), None)
    return Unit.objects.filter(pk=first, tenant_id=viewer.tenant_id).first() if first else None


def find_way(case: Case, unit: Unit, at: datetime) -> Route | None:
    """Return the way from a unit's newest position to a case; None where one of them is unknown."""
    position = newest_positions([unit.pk]).get(unit.pk)
    if position is None or case.lat is None or case.lon is None:
        return None
    try:
        now = find_roads_now(case.tenant_id, at)
    except (OSError, MapRefused):
        return None  # the ranking has said it in the log; a page goes on without a line
    if now is None:
        return None
    roads = now.walking if unit.travel == Unit.Travel.FOOT else now.roads
    return roads.route(
        roads.place(position.lat, position.lon, OFF_ROAD_M),
        roads.place(case.lat, case.lon, OFF_ROAD_M),
    )
