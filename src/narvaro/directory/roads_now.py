"""The roads as they are now. In: a tenant, a time. Out: its map's roads, cut where they are closed."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from narvaro.core.roads import Roads
from narvaro.directory.maps import Ground, find_open_map, open_by_digest
from narvaro.directory.models import RoadClosure

Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class RoadsNow:
    """An open map with what is closed; `roads` and `walking` are cut, those of `ground` are not."""

    ground: Ground
    roads: Roads
    walking: Roads
    closures: tuple[RoadClosure, ...]


def find_roads_now(tenant_id: UUID, at: datetime) -> RoadsNow | None:
    """Return the tenant's roads at a time, or None where no map is imported."""
    ground = find_open_map(tenant_id)
    if ground is None:
        return None
    closures = tuple(RoadClosure.objects.filter(tenant_id=tenant_id).in_force(at).order_by("pk"))
    for_cars = tuple(one.line for one in closures)
    for_all = tuple(one.line for one in closures if not one.walkers_pass)
    return RoadsNow(
        ground, _cut(ground.folder, for_cars), _cut(ground.folder, for_all, walking=True), closures
    )


@lru_cache(maxsize=32)
def _cut(folder: Path, lines: tuple[Line, ...], *, walking: bool = False) -> Roads:
    ground = open_by_digest(folder.name)
    return (ground.walking if walking else ground.roads).cut(lines)
