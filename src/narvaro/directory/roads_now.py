"""The roads as they are now. In: a tenant, a time. Out: its map's roads, slowed and cut as they are now.

Roads of one pace, and roads with the same cuts, are made once and kept: a question while nothing has
changed costs the look for what holds. What a line crosses is looked for once.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.core.roads import Crossings, Pace, Profile, Roads
from narvaro.core.roads.calibration import Calibration
from narvaro.directory.maps import Ground, find_open_map, open_by_digest
from narvaro.directory.models import RoadCalibration, RoadClosure, RoadCondition
from narvaro.directory.winter import winter_pace

Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class RoadsNow:
    """An open map as it is now.

    `roads` and `walking` are cut where they are closed, `uncut` and `walking_uncut` are not; all four
    are as slow as they are now, those of `ground` as they usually are.
    """

    ground: Ground
    roads: Roads
    walking: Roads
    uncut: Roads
    walking_uncut: Roads
    closures: tuple[RoadClosure, ...]
    condition: RoadCondition | None
    calibration: RoadCalibration | None


def find_roads_now(tenant_id: UUID, at: datetime, *, calibrated: bool = True) -> RoadsNow | None:
    """Return the tenant's roads at a time, or None where no map is imported.

    Not `calibrated`: without what own drives say of them.
    """
    ground = find_open_map(tenant_id)
    if ground is None:
        return None
    closures = tuple(RoadClosure.objects.filter(tenant_id=tenant_id).in_force(at).order_by("pk"))
    condition = RoadCondition.objects.filter(tenant_id=tenant_id).in_force(at).first()
    used = _find_used(tenant_id, ground, at) if calibrated else None
    for_cars = tuple(one.line for one in closures)
    for_all = tuple(one.line for one in closures if not one.walkers_pass)
    folder, state = ground.folder, condition.state if condition else ""
    by_car, on_foot = (_pace(state, profile, used, at) for profile in ("car", "foot"))
    return RoadsNow(
        ground,
        _cut(folder, "car", by_car, for_cars),
        _cut(folder, "foot", on_foot, for_all),
        _paced(folder, "car", by_car),
        _paced(folder, "foot", on_foot),
        closures,
        condition,
        used,
    )


def _find_used(tenant_id: UUID, ground: Ground, at: datetime) -> RoadCalibration | None:
    """Return what is used of the map's own drives at a time; another map has other roads."""
    used = RoadCalibration.objects.select_related("tenant").filter(
        tenant_id=tenant_id, map_sha256=ground.meta.sha256, used_from__lte=at, ended_at=None
    )
    return used.first()


def _pace(state: str, profile: Profile, used: RoadCalibration | None, at: datetime) -> Pace:
    pace = winter_pace(state, profile)
    found = Calibration.from_plain(used.found[profile]) if used and profile in used.found else None
    if used is None or found is None or not found.by_class:
        return pace
    return pace.times(found.pace(at.astimezone(ZoneInfo(used.tenant.timezone)).hour))


@lru_cache(maxsize=32)
def _paced(folder: Path, profile: Profile, pace: Pace) -> Roads:
    ground = open_by_digest(folder.name)
    return (ground.walking if profile == "foot" else ground.roads).paced(pace)


@lru_cache(maxsize=32)
def _cut(folder: Path, profile: Profile, pace: Pace, lines: tuple[Line, ...]) -> Roads:
    return _paced(folder, profile, pace).cut_at([_crossings(folder, line) for line in lines])


@lru_cache(maxsize=4096)
def _crossings(folder: Path, line: Line) -> Crossings:
    return open_by_digest(folder.name).roads.crossings(line)
