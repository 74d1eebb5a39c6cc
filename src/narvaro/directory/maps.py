"""The maps that are open. In: a tenant. Out: roads, addresses and tiles of its map, by digest."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from narvaro.core.roads import Roads
from narvaro.directory.addresses_file import MapAddresses, load_addresses
from narvaro.directory.map_build import ADDRESSES, MapMeta, open_map
from narvaro.directory.models import RoadMap
from narvaro.directory.tiles import TileReader


@dataclass(frozen=True)
class Ground:
    """An open map: roads by car, streets and paths on foot, tiles, facts."""

    folder: Path
    roads: Roads
    walking: Roads
    tiles: TileReader
    meta: MapMeta

    @property
    def addresses(self) -> MapAddresses:
        """The map's addresses, read when they are first asked for; raises MapRefused if damaged.

        Not `known` where the map is from before addresses were read: import the same file again.
        """
        return _read_addresses(self.folder / ADDRESSES, is_there=(self.folder / ADDRESSES).exists())


@lru_cache(maxsize=8)
def _read_addresses(path: Path, *, is_there: bool) -> MapAddresses:  # noqa: ARG001 - a key: they may come later
    return load_addresses(path)


@lru_cache(maxsize=8)
def _open(folder: Path) -> Ground:
    opened = open_map(folder)
    return Ground(folder, opened.roads, opened.roads.on("foot"), opened.tiles, opened.meta)


def open_by_digest(sha256: str) -> Ground:
    """Open the map of a digest; raises FileNotFoundError where its folder is gone."""
    return _open(Path(settings.HOME.maps) / sha256)


def find_open_map(tenant_id: UUID) -> Ground | None:
    """Return the tenant's open map, or None where no roads are imported."""
    row = RoadMap.objects.filter(tenant_id=tenant_id).first()
    return open_by_digest(row.sha256) if row else None
