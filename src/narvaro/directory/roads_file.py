"""Roads from OpenStreetMap, and the folder they are kept in. In: .osm.pbf, or arrays. Out: roads.

The extract is read once: barriers and restrictions are noted, ways that anybody may be on become
segments between their points. Where an extract was clipped and points are missing, the way is cut.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium

from narvaro.core.geo import distance_m
from narvaro.core.jit import I64
from narvaro.core.roads import (
    BACKWARD,
    FORWARD,
    PROFILES,
    Kinds,
    RoadGraph,
    Roads,
    Segments,
    Waiting,
    contract,
)
from narvaro.core.roads.graph import DEGREE, U8, bit_of, piece_use
from narvaro.core.said import Said
from narvaro.directory.path_rules import Use, blocked_at, list_uses
from narvaro.directory.road_rules import (
    NO_RANK,
    ROUNDABOUT,
    SIGNS,
    WAIT_S,
    YIELDED_TO,
    Tags,
    rank,
    road_class,
    sign_at,
)
from narvaro.directory.turn_rules import Restrictions, Run, Runs, list_turns
from narvaro.spine.refusal import Refused

Array = npt.NDArray[np.generic]
Progress = Callable[[str, float], None]
FORMAT = 3
UNKNOWN = 2_147_483_647  # the coordinate of a point that the file does not hold


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
    """What was seen while reading, and what of it is not used.

    `segments` are those that cars may use, `segments_left_out` those of them that cannot be reached
    or left. `left_out_m` is the same for each profile, in metres. Of the restrictions, those that
    hold at some hours only and those whose members do not meet are not applied.
    """

    ways_read: int
    ways_cut: int
    barriers: int
    signs: int
    restrictions: int
    restrictions_by_way: int
    restrictions_conditional: int
    restrictions_not_met: int
    segments: int
    segments_left_out: int
    left_out_m: dict[str, int]
    bounds: tuple[float, float, float, float]  # south, west, north, east


Kind = tuple[tuple[Use, ...], str, int]
"""How each profile uses a road, the street's name, and its class."""


@dataclass(slots=True)
class _Read:
    """Runs of points that exist and follow each other, one after another; and what was counted."""

    point: list[int] = field(default_factory=list)
    lat: list[int] = field(default_factory=list)
    lon: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    way: list[int] = field(default_factory=list)
    kinds: dict[Kind, int] = field(default_factory=dict)
    blocked: dict[int, int] = field(default_factory=dict)  # profiles by point
    signs: dict[int, tuple[int, int]] = field(default_factory=dict)  # code, directions by point
    rank: list[int] = field(default_factory=list)  # by run
    signed: list[bool] = field(default_factory=list)  # by run: its way has a sign somewhere
    restrictions: Restrictions = field(default_factory=Restrictions)
    ways_cut: int = 0

    def add_point(self, point: int, tags: Tags) -> None:
        """Note a point that not all get past, or where one waits."""
        if "barrier" in tags and (profiles := blocked_at(tags)):
            self.blocked[point] = profiles
        sign, facing = sign_at(tags)
        if sign:
            self.signs[point] = SIGNS.index(sign), facing

    def add_way(self, way: osmium.osm.Way) -> None:
        """Note a way that anybody may be on, cut where points are missing."""
        tags = {tag.k: tag.v for tag in way.tags}
        uses = list_uses(tags)
        if not any(use.ways for use in uses):
            return
        known = (uses, tags.get("name", ""), road_class(tags))
        kind = self.kinds.setdefault(known, len(self.kinds))
        own_rank, signed = rank(tags), any(node.ref in self.signs for node in way.nodes)
        self.ways_cut += any(node.x == UNKNOWN for node in way.nodes)
        for run in _split(way.nodes):
            self.point += [point for point, _, _ in run]
            self.lat += [lat for _, lat, _ in run]
            self.lon += [lon for _, _, lon in run]
            self.size.append(len(run))
            self.kind.append(kind)
            self.way.append(way.id)
            self.rank.append(own_rank)
            self.signed.append(signed)

    def list_runs(self) -> Runs:
        """Return the runs by way, with the numbers of their segments."""
        found: Runs = {}
        first = 0
        for number, (way, size) in enumerate(zip(self.way, self.size, strict=True)):
            run = Run(self.point[first : first + size], first - number)
            found.setdefault(way, []).append(run)
            first += size
        return found


def _split(nodes: Iterable[osmium.osm.NodeRef]) -> Iterator[list[tuple[int, int, int]]]:
    run: list[tuple[int, int, int]] = []
    for node in nodes:
        if node.x != UNKNOWN:
            run.append((node.ref, node.y, node.x))
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def read_roads(pbf: Path, progress: Progress) -> tuple[RoadGraph, RoadFacts]:
    """Read roads and paths; raise MapRefused for a file that is broken or has no roads for cars."""
    progress("roads", 0.0)
    read = _read(pbf)
    if not any(uses[0].ways for uses, _, _ in read.kinds) or not read.size:
        raise MapRefused(
            Said("There are no roads for cars in it, none with at least two points"),
            pbf.name,
            Said("Choose an extract that covers the municipality and holds its points."),
        )
    progress("roads", 0.7)
    segments = _segments(read)
    graph = contract(segments, list_turns(read.restrictions, read.list_runs()))
    if not (graph.arc_use & bit_of("car")).any():
        raise MapRefused(
            Said("No road in it can be driven both to and from"),
            pbf.name,
            Said("Choose a larger extract."),
        )
    progress("roads", 1.0)
    return graph, _facts(read, segments, graph)


def _read(pbf: Path) -> _Read:
    read = _Read()
    try:
        for thing in _processor(pbf):
            if isinstance(thing, osmium.osm.Way):
                read.add_way(thing)
            elif isinstance(thing, osmium.osm.Relation):
                read.restrictions.add(thing)
            else:
                read.add_point(thing.id, {tag.k: tag.v for tag in thing.tags})
    except (RuntimeError, OSError) as error:
        raise unreadable(pbf, error) from error
    return read


def _processor(pbf: Path) -> osmium.FileProcessor:
    """Read points with barriers and signs, ways with highways, turn restrictions, nothing else."""
    processor = osmium.FileProcessor(osmium.io.File(str(pbf), "pbf")).with_locations()
    for wanted, kind in (
        (osmium.filter.KeyFilter("barrier", "highway"), osmium.osm.NODE),
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


def _segments(read: _Read) -> Segments:
    """Join the runs at their common points and measure each straight stretch."""
    size = np.array(read.size)
    lat, lon = np.array(read.lat, np.int32), np.array(read.lon, np.int32)
    ids, first, point = np.unique(np.array(read.point), return_index=True, return_inverse=True)
    starts = np.ones(len(point), bool)
    starts[np.cumsum(size) - 1] = False
    start = np.flatnonzero(starts)
    of_run = np.repeat(np.arange(len(size)), size)[start]
    uses = [uses for uses, _, _ in read.kinds]
    code = _codes(read, ids, of_run, np.stack([point[start], point[start + 1]], axis=1))
    return Segments(
        point_lat=lat[first],
        point_lon=lon[first],
        blocked=np.array([read.blocked.get(one, 0) for one in ids.tolist()], np.uint8),
        start=point[start].astype(np.int32),
        end=point[start + 1].astype(np.int32),
        metres=distance_m(
            lat[start] * DEGREE,
            lon[start] * DEGREE,
            lat[start + 1] * DEGREE,
            lon[start + 1] * DEGREE,
        ),
        kind=np.array(read.kind, np.int32)[of_run],
        kinds=Kinds(
            np.array([[use.m_s for use in one] for one in uses]),
            np.array([[use.ways for use in one] for one in uses], np.int8),
            np.array([name for _, name, _ in read.kinds]),
            np.array([one for _, _, one in read.kinds], np.uint8),
        ),
        waiting=Waiting(code, np.array(list(WAIT_S.values()), np.float64)),
    )


def _codes(read: _Read, ids: I64, of_run: I64, ends: I64) -> U8:
    """Return at what one waits at the end of each segment, and (going back) at its start.

    A sign holds where it stands. A way without any gives way to larger roads that pass through.
    """
    code, facing = np.zeros((2, len(ids)), np.uint8)
    known = {point: number for number, point in enumerate(ids.tolist())}
    for point, sign in read.signs.items():
        if point in known:
            code[known[point]], facing[known[point]] = sign
    arriving, back = ends[:, 1], ends[:, 0]
    found = np.stack(
        [
            np.where(facing[arriving] & FORWARD, code[arriving], 0),
            np.where(facing[back] & BACKWARD, code[back], 0),
        ],
        axis=1,
    )
    rank = np.array(read.rank)[of_run]
    real = (rank > NO_RANK) & (ends[:, 0] != ends[:, 1])
    passing = np.zeros((len(ids), ROUNDABOUT + 1), np.int32)
    np.add.at(passing, (ends[real], rank[real][:, np.newaxis]), 1)
    through = np.where(passing >= 2, np.arange(ROUNDABOUT + 1), NO_RANK).max(axis=1)[ends[:, ::-1]]
    yields = (through > rank[:, np.newaxis]) & (through >= YIELDED_TO)
    yields &= ~np.array(read.signed, np.bool_)[of_run][:, np.newaxis]
    return np.where(yields, SIGNS.index("larger_road"), found).astype(np.uint8)


def _facts(read: _Read, segments: Segments, graph: RoadGraph) -> RoadFacts:
    use, allowed = piece_use(graph), segments.kinds.ways[segments.kind] > 0
    left_out_m: dict[str, int] = {
        profile: round(
            float(segments.metres[allowed[:, number]].sum())
            - float(graph.piece_m[use & bit_of(profile) > 0].sum())
        )
        for number, profile in enumerate(PROFILES)
    }
    by_car = use & bit_of("car") > 0
    kept = int((np.diff(graph.piece_first) - 1)[by_car].sum())
    cars = [uses[0].ways > 0 for uses, _, _ in read.kinds]
    return RoadFacts(
        ways_read=len({w for w, kind in zip(read.way, read.kind, strict=True) if cars[kind]}),
        ways_cut=read.ways_cut,
        barriers=sum(bits & bit_of("car") > 0 for bits in read.blocked.values()),
        signs=len(read.signs),
        restrictions=read.restrictions.read,
        restrictions_by_way=read.restrictions.by_way,
        restrictions_conditional=read.restrictions.conditional,
        restrictions_not_met=read.restrictions.not_met,
        segments=int(allowed[:, 0].sum()),
        segments_left_out=int(allowed[:, 0].sum()) - kept,
        left_out_m=left_out_m,
        bounds=(
            float(graph.point_lat.min() * DEGREE),
            float(graph.point_lon.min() * DEGREE),
            float(graph.point_lat.max() * DEGREE),
            float(graph.point_lon.max() * DEGREE),
        ),
    )


def save_roads(folder: Path, roads: Roads) -> None:
    """Write roads as one file an array, so that they are mapped, not read, when they are opened."""
    folder.mkdir()
    for name, array in roads.to_arrays().items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    np.save(folder / "format.npy", np.int32(FORMAT), allow_pickle=False)


def is_current(folder: Path) -> bool:
    """Return whether roads lie in a folder in the form that this version reads."""
    try:
        return bool(_read_array(folder / "format.npy") == FORMAT)
    except (OSError, ValueError, EOFError):
        return False


def load_roads(folder: Path) -> Roads:
    """Open roads that `save_roads` wrote; raise MapRefused where files are missing or damaged.

    Pages are read as they are needed and shared between processes; what is written into an array
    stays in this process.
    """
    try:
        _refuse_another_format(folder)
        return Roads.from_arrays({file.stem: _map(file) for file in sorted(folder.glob("*.npy"))})
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise MapRefused(
            Said("The prepared roads cannot be opened"),
            f"{folder.parent.name}/{folder.name}: {error}",
            Said("Remove that folder and import the map again."),
        ) from error


def _refuse_another_format(folder: Path) -> None:
    if _read_array(folder / "format.npy") != FORMAT:
        raise ValueError("written by another version")


def _map(file: Path) -> Array:
    """Map an array; one that is empty cannot be mapped, and is read."""
    try:
        return np.lib.format.open_memmap(file, mode="c").view(np.ndarray)
    except ValueError:
        return _read_array(file)


def _read_array(file: Path) -> Array:
    with file.open("rb") as opened:
        return np.asarray(np.lib.format.read_array(opened, allow_pickle=False))
