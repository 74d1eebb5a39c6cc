"""Roads from OpenStreetMap, and the file they are kept in. In: .osm.pbf, or roads.npz. Out: roads.

The extract is read once: barriers and restrictions are noted, drivable ways become segments between
their points. Where an extract was clipped and points are missing, the way is cut there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import osmium

from narvaro.core.geo import distance_m
from narvaro.core.roads import RoadGraph, Roads, Segments, contract
from narvaro.core.roads.graph import DEGREE
from narvaro.core.said import Said
from narvaro.directory import road_rules
from narvaro.spine.refusal import Refused

Array = npt.NDArray[np.generic]
Progress = Callable[[str, float], None]
FORMAT = 1
UNKNOWN = 2_147_483_647  # the coordinate of a point that the file does not hold
COPIES_FROM = -(1 << 60)


class MapRefused(Refused):
    """A map file that cannot be used: what is wrong, where, and what to do."""

    def __init__(self, what: Said, where: str, remedy: Said) -> None:
        said = Said("%(what)s (%(where)s). %(remedy)s", what=what, where=where, remedy=remedy)
        super().__init__("map_refused", said, status=422)
        self.what = what
        self.where = where
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class RoadFacts:
    """What was seen while reading, and what of it is not used."""

    ways_read: int
    ways_cut: int
    barriers: int
    restrictions: int
    restrictions_by_way: int
    restrictions_conditional: int
    restrictions_applied: bool
    segments: int
    segments_left_out: int
    bounds: tuple[float, float, float, float]  # south, west, north, east


@dataclass(slots=True)
class _Runs:
    """Runs of points that exist and follow each other, one after another; and what was counted."""

    point: list[int] = field(default_factory=list)
    lat: list[int] = field(default_factory=list)
    lon: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    speed_ms: list[float] = field(default_factory=list)
    ways: list[int] = field(default_factory=list)
    closed: set[int] = field(default_factory=set)
    copies: int = 0
    ways_read: int = 0
    ways_cut: int = 0
    restrictions: int = 0
    by_way: int = 0
    conditional: int = 0

    def add_way(self, way: osmium.osm.Way) -> None:
        """Note a drivable way, cut where points are missing or no car passes."""
        tags = {tag.k: tag.v for tag in way.tags}
        if not road_rules.is_drivable(tags) or not (ways := road_rules.directions(tags)):
            return
        self.ways_read += 1
        runs = list(self._split(way.nodes))
        self.ways_cut += any(node.x == UNKNOWN for node in way.nodes)
        speed = road_rules.speed_ms(tags)
        for run in runs:
            self.point += [point for point, _, _ in run]
            self.lat += [lat for _, lat, _ in run]
            self.lon += [lon for _, _, lon in run]
            self.size.append(len(run))
            self.speed_ms.append(speed)
            self.ways.append(ways)

    def _split(self, nodes: Iterable[osmium.osm.NodeRef]) -> Iterator[list[tuple[int, int, int]]]:
        run: list[tuple[int, int, int]] = []
        for node in nodes:
            at = (node.ref, node.y, node.x)
            if node.x == UNKNOWN:
                if len(run) > 1:
                    yield run
                run = []
            elif node.ref in self.closed:
                if run:
                    yield [*run, self._copy(at)]
                run = [self._copy(at)]
            else:
                run.append(at)
        if len(run) > 1:
            yield run

    def _copy(self, at: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the same point under a number of its own, so that nothing is joined there."""
        self.copies += 1
        return (COPIES_FROM - self.copies, at[1], at[2])

    def add_restriction(self, relation: osmium.osm.Relation) -> None:
        """Count a turn restriction by its kind."""
        self.restrictions += 1
        self.by_way += any(
            member.role == "via" and member.type == "w" for member in relation.members
        )
        self.conditional += any(tag.k.endswith(":conditional") for tag in relation.tags)


def read_roads(pbf: Path, progress: Progress) -> tuple[RoadGraph, RoadFacts]:
    """Read the roads that cars use; raise MapRefused for a file that is broken or has none."""
    progress("roads", 0.0)
    runs = _read(pbf)
    if not runs.size:
        raise MapRefused(
            Said("There are no roads for cars in it, none with at least two points"),
            pbf.name,
            Said("Choose an extract that covers the municipality and holds its points."),
        )
    progress("roads", 0.7)
    segments = _segments(runs)
    graph = contract(segments)
    if not graph.arcs:
        raise MapRefused(
            Said("No road in it can be driven both to and from"),
            pbf.name,
            Said("Choose a larger extract."),
        )
    progress("roads", 1.0)
    return graph, _facts(runs, segments, graph)


def _read(pbf: Path) -> _Runs:
    runs = _Runs()
    try:
        for thing in _processor(pbf):
            if isinstance(thing, osmium.osm.Way):
                runs.add_way(thing)
            elif isinstance(thing, osmium.osm.Relation):
                runs.add_restriction(thing)
            elif not road_rules.is_passable({tag.k: tag.v for tag in thing.tags}):
                runs.closed.add(thing.id)
    except (RuntimeError, OSError) as error:
        raise unreadable(pbf, error) from error
    return runs


def _processor(pbf: Path) -> osmium.FileProcessor:
    """Read points with barriers, ways with highways and turn restrictions, nothing else."""
    processor = osmium.FileProcessor(osmium.io.File(str(pbf), "pbf")).with_locations()
    for wanted, kind in (
        (osmium.filter.KeyFilter("barrier"), osmium.osm.NODE),
        (osmium.filter.KeyFilter("highway"), osmium.osm.WAY),
        (osmium.filter.TagFilter(("type", "restriction")), osmium.osm.RELATION),
    ):
        wanted.enable_for(kind)
        processor.with_filter(wanted)
    return processor


def unreadable(pbf: Path, error: Exception) -> MapRefused:
    """Return the refusal of a file that is missing, cut short, damaged or of another kind."""
    return MapRefused(
        Said("The file cannot be read as OpenStreetMap PBF"),
        f"{pbf.name}: {error}",
        Said("Fetch the extract again and compare its size or checksum with the source."),
    )


def _segments(runs: _Runs) -> Segments:
    """Join the runs at their common points and time each straight stretch."""
    size = np.array(runs.size)
    lat, lon = np.array(runs.lat, np.int32), np.array(runs.lon, np.int32)
    _, first, point = np.unique(np.array(runs.point), return_index=True, return_inverse=True)
    starts = np.ones(len(point), bool)
    starts[np.cumsum(size) - 1] = False
    start = np.flatnonzero(starts)
    of_run = np.repeat(np.arange(len(size)), size)[start]
    metres = distance_m(
        lat[start] * DEGREE, lon[start] * DEGREE, lat[start + 1] * DEGREE, lon[start + 1] * DEGREE
    )
    return Segments(
        point_lat=lat[first],
        point_lon=lon[first],
        start=point[start].astype(np.int32),
        end=point[start + 1].astype(np.int32),
        travel_ms=metres / np.array(runs.speed_ms)[of_run] * 1000,
        ways=np.array(runs.ways, np.int8)[of_run],
    )


def _facts(runs: _Runs, segments: Segments, graph: RoadGraph) -> RoadFacts:
    kept = len(graph.point_lat) - graph.pieces
    return RoadFacts(
        ways_read=runs.ways_read,
        ways_cut=runs.ways_cut,
        barriers=len(runs.closed),
        restrictions=runs.restrictions,
        restrictions_by_way=runs.by_way,
        restrictions_conditional=runs.conditional,
        restrictions_applied=False,
        segments=len(segments.start),
        segments_left_out=len(segments.start) - kept,
        bounds=(
            float(graph.point_lat.min() * DEGREE),
            float(graph.point_lon.min() * DEGREE),
            float(graph.point_lat.max() * DEGREE),
            float(graph.point_lon.max() * DEGREE),
        ),
    )


def save_roads(path: Path, roads: Roads) -> None:
    """Write roads as uncompressed arrays: larger on disk, and quick to open."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, format=np.int32(FORMAT), **roads.to_arrays())


def load_roads(path: Path) -> Roads:
    """Read roads that `save_roads` wrote; raise MapRefused where the file is missing or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            loaded = {name: arrays[name] for name in arrays.files}
        return Roads.from_arrays(_of_this_format(loaded))
    except (OSError, ValueError, TypeError, EOFError, BadZipFile) as error:
        raise MapRefused(
            Said("The prepared roads cannot be opened"),
            f"{path.parent.name}/{path.name}: {error}",
            Said("Remove that folder and import the map again."),
        ) from error


def _of_this_format(arrays: dict[str, Array]) -> dict[str, Array]:
    if arrays.get("format") != FORMAT:
        raise ValueError("written by another version")
    return arrays
