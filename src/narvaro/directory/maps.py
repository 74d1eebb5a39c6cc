"""The maps that are open. In: a tenant. Out: roads and tiles of its map, kept open by digest."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from narvaro.core.roads import Roads
from narvaro.core.roads.walking import walking_ms
from narvaro.directory.map_build import MapMeta, open_map
from narvaro.directory.models import RoadMap
from narvaro.directory.tiles import TileReader


@dataclass(frozen=True)
class Ground:
    """An open map: roads by car, the same streets on foot, tiles, facts."""

    roads: Roads
    walking: Roads
    tiles: TileReader
    meta: MapMeta


@lru_cache(maxsize=8)
def _open(folder: Path) -> Ground:
    opened = open_map(folder)
    walking = Roads(opened.roads.graph, opened.roads.hierarchy)
    walking.customise(walking_ms(opened.roads.graph))
    return Ground(opened.roads, walking, opened.tiles, opened.meta)


def open_by_digest(sha256: str) -> Ground:
    """Open the map of a digest; raises FileNotFoundError where its folder is gone."""
    return _open(Path(settings.HOME.maps) / sha256)


def find_open_map(tenant_id: UUID) -> Ground | None:
    """Return the tenant's open map, or None where no roads are imported."""
    row = RoadMap.objects.filter(tenant_id=tenant_id).first()
    return open_by_digest(row.sha256) if row else None
