"""How long drives took. In: responses, positions while they are kept. Out: samples that name nobody.

A drive runs from `rolling` to `on_scene`; without that tap, from where the unit last stood before it was
seen to move. What the map says of it is asked anew, from where the unit was then, on the roads as they
were then, without what earlier drives said; what the offer had said is kept beside it. Where neither is
known only the offer is judged, from the acceptance on: setting out would count as road. A sample holds no
unit, no person and no place.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from narvaro.core.geo import distance_of_two_m
from narvaro.core.roads import Profile
from narvaro.directory.models import DriveMark, DriveSample, Unit
from narvaro.dispatch.loading import OFF_ROAD_M, open_roads
from narvaro.dispatch.models import Response, TimePoint
from narvaro.situation.models import Position
from narvaro.spine.models import Tenant

SETTLED = timedelta(hours=6)
"""After this nobody drives any more, and a phone that was without a network has told what it knew."""
LOOKED_BACK = timedelta(hours=60)  # positions are kept for 72 hours
NEAR_S, LEAST_S, LONGEST_S = 60.0, 60.0, 3 * 3600.0
MOVED_M = 50.0
"""Nearer to where it stood a unit has not moved: positions jump."""
ARRIVED = (TimePoint.Source.POSITION, TimePoint.Source.PHONE)  # the better first


@transaction.atomic
def note_drives(*, tenant: Tenant, at: datetime) -> int:
    """Make samples of the responses since the last time; return how many."""
    mark = DriveMark.objects.select_for_update(no_key=True).filter(tenant=tenant).first()
    until, since = at - SETTLED, at - SETTLED - LOOKED_BACK
    if mark is not None:
        since = max(since, mark.accepted_until)
    if since >= until:
        return 0
    done = Response.objects.filter(
        tenant=tenant, batch=None, unit__isnull=False, accepted_at__gt=since, accepted_at__lte=until
    )
    done = done.select_related("case", "offer", "unit").prefetch_related("time_points")
    made = [one for one in (_sample(response, tenant) for response in done) if one is not None]
    DriveSample.objects.bulk_create(made)
    DriveMark.objects.update_or_create(tenant=tenant, defaults={"accepted_until": until})
    return len(made)


def _said(response: Response) -> Mapping[tuple[str, str], datetime]:
    return {(one.point, one.source): one.at for one in response.time_points.all()}


def _sample(response: Response, tenant: Tenant) -> DriveSample | None:
    """Return the sample of a response, or None where it was no drive."""
    said = _said(response)
    arrived = next(
        (said[key] for key in (("on_scene", one) for one in ARRIVED) if key in said), None
    )
    if arrived is None:
        return None
    unit_id, tapped = response.sent_unit.pk, said.get(("rolling", TimePoint.Source.PHONE))
    if tapped is not None:
        begun, where = tapped, _find_start(unit_id, tapped)
    else:
        where = _find_last_stood(unit_id, response.accepted_at, arrived)
        begun = where.at if where else response.accepted_at
    if not LEAST_S <= (arrived - begun).total_seconds() <= LONGEST_S:
        return None
    profile: Profile = "foot" if response.sent_unit.travel == Unit.Travel.FOOT else "car"
    asked = _asked_of_the_map(response, profile, begun, where)
    told_s = response.offer.travel_s if response.offer else None
    if not asked.parts_s and told_s is None:
        return None
    local = begun.astimezone(ZoneInfo(tenant.timezone))
    return DriveSample(
        tenant=tenant, day=local.date(), hour=local.hour, profile=profile, **asked._asdict(),
        told_s=told_s, actual_s=(arrived - begun).total_seconds(),
    )  # fmt: skip


class _Asked(NamedTuple):
    """What a map says of a drive: seconds by class of roads and of waiting, none where nobody can know."""

    parts_s: list[float]
    condition: str = ""
    map_sha256: str = ""


def _asked_of_the_map(
    response: Response, profile: Profile, begun: datetime, where: Position | None
) -> _Asked:
    case, now = response.case, open_roads(response.tenant_id, begun, calibrated=False)
    if now is None:
        return _Asked([])
    nothing = _Asked([], now.condition.state if now.condition else "", now.ground.meta.sha256)
    if where is None or case.lat is None or case.lon is None:
        return nothing
    roads = now.walking if profile == "foot" else now.roads
    parts = roads.parts_s(
        roads.place(where.lat, where.lon, OFF_ROAD_M), roads.place(case.lat, case.lon, OFF_ROAD_M)
    )
    if parts is None or parts.sum() < LEAST_S:
        return nothing
    return nothing._replace(parts_s=[float(round(one)) for one in parts.tolist()])


def _find_start(unit_id: UUID, begun: datetime) -> Position | None:
    """Return the unit's position nearest in time to its start, within a minute."""
    around = timedelta(seconds=NEAR_S)
    near = Position.objects.filter(
        unit_id=unit_id, flag="", at__gte=begun - around, at__lte=begun + around
    )
    return min(near, key=lambda one: abs(one.at - begun), default=None)


def _find_last_stood(unit_id: UUID, since: datetime, until: datetime) -> Position | None:
    """Return the last position before the unit is seen to move; None without one within a minute of it."""
    seen = Position.objects.filter(unit_id=unit_id, flag="", at__gte=since, at__lt=until)
    kept = list(seen.order_by("at"))
    for before, after in pairwise(kept):
        if distance_of_two_m(kept[0].lat, kept[0].lon, after.lat, after.lon) >= MOVED_M:
            return before if (after.at - before.at).total_seconds() <= NEAR_S else None
    return None
