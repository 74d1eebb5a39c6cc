"""A map as files. In: .osm.pbf. Out: maps/<sha256>/: roads, addresses, tiles.pmtiles, meta.json.

The folder is written aside and renamed when it is whole, so that nobody ever opens half a map. The
same file gives the same folder: building it again changes nothing, but that a folder from before
addresses were read gets them.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp, mkstemp
from typing import Self

import narvaro
from narvaro.core.roads import Roads
from narvaro.core.said import Said
from narvaro.directory.addresses_file import (
    read_addresses,
    save_addresses,
)
from narvaro.directory.roads_file import (
    MapRefused,
    Progress,
    RoadFacts,
    is_current,
    load_roads,
    read_roads,
    save_roads,
    unreadable,
)
from narvaro.directory.tiles import ATTRIBUTION, MAX_ZOOM, MIN_ZOOM, TileReader, build_tiles

ROADS, ADDRESSES, TILES, META = "roads", "addresses.npz", "tiles.pmtiles", "meta.json"
# shares of the whole time, as measured on Porto
READ_UNTIL, ORDERED_AT, ADDRESSED_AT = 0.3, 0.4, 0.5


@dataclass(frozen=True, slots=True)
class MapMeta:
    """What is known of a built map; `bounds` is (south, west, north, east) in degrees."""

    sha256: str
    source: str
    bounds: tuple[float, float, float, float]
    nodes: int
    arcs: int
    roads: RoadFacts
    zooms: tuple[int, int]
    attribution: str
    made_at: str
    software: str

    def to_json(self) -> str:
        """Return the text of meta.json."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read meta.json; raise ValueError, KeyError or TypeError where it is another thing."""
        raw = json.loads(text)
        facts = raw["roads"] | {"bounds": tuple(raw["roads"]["bounds"])}
        return cls(
            **raw
            | {
                "bounds": tuple(raw["bounds"]),
                "zooms": tuple(raw["zooms"]),
                "roads": RoadFacts(**facts),
            }
        )


@dataclass(frozen=True, slots=True)
class OpenMap:
    """A map in use."""

    roads: Roads
    tiles: TileReader
    meta: MapMeta


def build_map(pbf: Path, maps: Path, progress: Progress, *, made_at: datetime) -> MapMeta:
    """Build the map of an extract under `maps`, or return it where it is built already.

    `progress` hears a step's name and the share of the whole that is done. Raises MapRefused for a
    file that is broken or has no roads; then `maps` is as before. A map that another version built
    in another form is built anew.
    """
    sha256 = _digest(pbf)
    target = maps / sha256
    if is_current(target / ROADS):
        _add_addresses(pbf, target, progress)
        progress("ready", 1.0)
        return read_meta(target)
    maps.mkdir(parents=True, exist_ok=True)
    aside = Path(mkdtemp(dir=maps, prefix=f".{sha256[:12]}-"))
    try:
        meta = _write(pbf, sha256, aside, progress, made_at)
        _publish(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    progress("ready", 1.0)
    return meta


def open_map(folder: Path) -> OpenMap:
    """Open a built map; raise FileNotFoundError where it is gone, MapRefused where it is damaged."""
    meta = read_meta(folder)
    return OpenMap(load_roads(folder / ROADS), TileReader(folder / TILES), meta)


def read_meta(folder: Path) -> MapMeta:
    """Read a built map's meta.json; raise as `open_map` does."""
    try:
        return MapMeta.from_json((folder / META).read_text("utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise MapRefused(
            Said("The map's description cannot be read"),
            f"{folder.name}/{META}: {error}",
            Said("Remove that folder and import the map again."),
        ) from error


def _digest(pbf: Path) -> str:
    try:
        with pbf.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(pbf, error) from error


def _write(pbf: Path, sha256: str, folder: Path, progress: Progress, made_at: datetime) -> MapMeta:
    graph, facts = read_roads(pbf, lambda step, share: progress(step, share * READ_UNTIL))
    progress("order", READ_UNTIL)
    save_roads(folder / ROADS, Roads.build(graph))
    addresses = read_addresses(
        pbf, lambda step, share: progress(step, ORDERED_AT + share * (ADDRESSED_AT - ORDERED_AT))
    )
    save_addresses(folder / ADDRESSES, addresses)
    build_tiles(
        pbf,
        folder / TILES,
        lambda step, share: progress(step, ADDRESSED_AT + share * (1 - ADDRESSED_AT)),
    )
    meta = MapMeta(
        sha256=sha256,
        source=pbf.name,
        bounds=facts.bounds,
        nodes=graph.nodes,
        arcs=graph.arcs,
        roads=facts,
        zooms=(MIN_ZOOM, MAX_ZOOM),
        attribution=ATTRIBUTION,
        made_at=made_at.isoformat(),
        software=f"narvaro {narvaro.__version__}",
    )
    (folder / META).write_text(meta.to_json(), "utf-8")
    return meta


def _add_addresses(pbf: Path, folder: Path, progress: Progress) -> None:
    """Add the addresses to a map that was built before they were read."""
    if (folder / ADDRESSES).exists():
        return
    handle, name = mkstemp(dir=folder, prefix=".addresses-")
    os.close(handle)
    try:
        save_addresses(Path(name), read_addresses(pbf, progress))
        Path(name).chmod(0o644)
        Path(name).rename(folder / ADDRESSES)
    finally:
        Path(name).unlink(missing_ok=True)


def _publish(aside: Path, target: Path) -> None:
    """Rename the whole folder into place; another import of the same file may have been faster."""
    aside.chmod(0o755)
    old = aside.with_name(f"{aside.name}-old")
    if target.exists() and not is_current(target / ROADS):
        target.rename(old)
    try:
        aside.rename(target)
    except OSError:
        if not target.exists():
            if old.exists():
                old.rename(target)
            raise
    shutil.rmtree(old, ignore_errors=True)
