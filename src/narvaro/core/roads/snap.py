"""From a position to the road. In: latitudes and longitudes. Out: the nearest piece and where on it.

A grid over the map lists the straight stretches in each cell; a search looks at cells in growing
rings until none can be nearer. Distances are metres on a plane through the position itself.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from narvaro.core.geo import METRES_PER_DEGREE
from narvaro.core.jit import F32, F64, I8, I32, I64, kernel
from narvaro.core.roads.graph import DEGREE, U8, RoadGraph, piece_use

CELL_M = 150.0
MOST_CELLS = 4_000_000
FURTHEST_M = 50_000.0  # beyond this no road is looked for


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Positions (n) and where they stand on the road; independent of travel times.

    `piece` is -1 where no road is near enough: nothing can be reached from there, and `distance_m`
    says how far the nearest is.
    """

    lat: F64  # [n] degrees
    lon: F64  # [n] degrees
    piece: I32  # [n]
    share: F64  # [n] 0 … 1 along the piece
    distance_m: F64  # [n] to the road, inf where there is none within 50 km
    road_lat: F64  # [n] the nearest point on a road, nan where there is none
    road_lon: F64  # [n]
    side: I8  # [n] 1 left of the piece as it runs, -1 right of it, 0 on it or nowhere

    def __len__(self) -> int:
        """Count the places."""
        return len(self.piece)

    def take(self, index: I64 | I32 | list[int]) -> Self:
        """Return the places at the given indices, in that order."""
        i = np.asarray(index, np.int64)
        return type(self)(
            self.lat[i],
            self.lon[i],
            self.piece[i],
            self.share[i],
            self.distance_m[i],
            self.road_lat[i],
            self.road_lon[i],
            self.side[i],
        )


class Grid(NamedTuple):
    """Stretches of road by cell; a stretch is named by its first shape point."""

    south: float
    west: float
    lat_step: float  # degrees per row
    lon_step: float  # degrees per column
    rows: int
    columns: int
    first: I32  # [rows * columns + 1]
    stretch: I32


class Shapes(NamedTuple):
    """The road shapes of a graph, as kernels take them."""

    piece_first: I32
    lat: I32
    lon: I32
    share: F32
    use: U8  # [p] bits of the profiles that may be on each piece


class Hits(NamedTuple):
    """Where positions meet the road."""

    piece: I32
    share: F64
    distance_m: F64
    lat: F64
    lon: F64
    side: I8


class NearestRoad:
    """The index of one graph's road shapes."""

    def __init__(self, graph: RoadGraph) -> None:
        """Sort the stretches of all pieces into the grid."""
        self._shapes = Shapes(
            graph.piece_first, graph.point_lat, graph.point_lon, graph.point_share, piece_use(graph)
        )
        self._grid = _grid(self._shapes)

    @property
    def use(self) -> U8:
        """Return the bits of the profiles that may be on each piece, uint8 [p]."""
        return self._shapes.use

    def place(self, lat: F64, lon: F64, within_m: float, profile: int) -> Places:
        """Return where positions meet the nearest road, within metres, that a profile (bit) uses."""
        hits = _nearest(lat, lon, profile, self._grid, self._shapes)
        hits.piece[hits.distance_m > within_m] = -1
        return Places(lat, lon, *hits)


def _grid(shapes: Shapes) -> Grid:
    if not len(shapes.lat):
        return Grid(0.0, 0.0, 1.0, 1.0, 1, 1, np.zeros(2, np.int32), np.zeros(0, np.int32))
    south, north = shapes.lat.min() * DEGREE, shapes.lat.max() * DEGREE
    west, east = shapes.lon.min() * DEGREE, shapes.lon.max() * DEGREE
    lon_m = METRES_PER_DEGREE * max(0.01, np.cos(np.radians((south + north) / 2)))
    high_m, wide_m = (north - south) * METRES_PER_DEGREE, (east - west) * lon_m
    cell_m = max(CELL_M, float(np.sqrt(high_m * wide_m / MOST_CELLS)))
    lat_step, lon_step = cell_m / METRES_PER_DEGREE, cell_m / lon_m
    rows, columns = int((north - south) / lat_step) + 1, int((east - west) / lon_step) + 1
    empty = Grid(
        float(south), float(west), lat_step, float(lon_step), rows, columns,
        np.zeros(rows * columns + 1, np.int32), np.zeros(0, np.int32),
    )  # fmt: skip
    count = _sort_in(empty, shapes, counting=True)
    first = np.zeros(rows * columns + 1, np.int32)
    np.cumsum(count, out=first[1:])
    sized = empty._replace(first=first, stretch=np.empty(first[-1], np.int32))
    _sort_in(sized, shapes, counting=False)
    return sized


@kernel
def _cell(value: float, origin: float, step: float) -> int:
    return int(np.floor((value - origin) / step))


@kernel
def _sort_in(grid: Grid, shapes: Shapes, counting: bool) -> I32:
    """Count the stretches whose box touches each cell, or write them into the cells' lists."""
    count = np.zeros(grid.rows * grid.columns, np.int32)
    for piece in range(len(shapes.piece_first) - 1):
        for k in range(shapes.piece_first[piece], shapes.piece_first[piece + 1] - 1):
            lat_a, lat_b = shapes.lat[k] * DEGREE, shapes.lat[k + 1] * DEGREE
            lon_a, lon_b = shapes.lon[k] * DEGREE, shapes.lon[k + 1] * DEGREE
            low = max(0, _cell(min(lat_a, lat_b), grid.south, grid.lat_step))
            high = min(grid.rows - 1, _cell(max(lat_a, lat_b), grid.south, grid.lat_step))
            left = max(0, _cell(min(lon_a, lon_b), grid.west, grid.lon_step))
            right = min(grid.columns - 1, _cell(max(lon_a, lon_b), grid.west, grid.lon_step))
            for row in range(low, high + 1):
                for column in range(left, right + 1):
                    cell = row * grid.columns + column
                    if not counting:
                        grid.stretch[grid.first[cell] + count[cell]] = k
                    count[cell] += 1
    return count


@kernel
def _on_stretch(
    k: int, lat: float, lon: float, lon_m: float, shapes: Shapes
) -> tuple[float, float]:
    """Return (squared metres, share of the stretch) of the nearest point on stretch `k`."""
    x = (shapes.lon[k] * DEGREE - lon) * lon_m
    y = (shapes.lat[k] * DEGREE - lat) * METRES_PER_DEGREE
    dx = (shapes.lon[k + 1] - shapes.lon[k]) * DEGREE * lon_m
    dy = (shapes.lat[k + 1] - shapes.lat[k]) * DEGREE * METRES_PER_DEGREE
    length = dx * dx + dy * dy
    t = 0.0
    if length > 0.0:
        t = min(1.0, max(0.0, -(x * dx + y * dy) / length))
    return (x + t * dx) ** 2 + (y + t * dy) ** 2, t


@kernel
def _piece_of(k: int, shapes: Shapes) -> int:
    return int(np.searchsorted(shapes.piece_first, k, side="right")) - 1


@kernel
def _search(
    lat: float, lon: float, profile: int, grid: Grid, shapes: Shapes
) -> tuple[int, float, float]:
    """Return (stretch or -1, share of it, squared metres), ring by ring."""
    lon_m = METRES_PER_DEGREE * max(0.01, np.cos(np.radians(lat)))
    cell_m = min(grid.lat_step * METRES_PER_DEGREE, grid.lon_step * lon_m)
    row = _cell(lat, grid.south, grid.lat_step)
    column = _cell(lon, grid.west, grid.lon_step)
    best, best_t, best_square = -1, 0.0, FURTHEST_M * FURTHEST_M
    ring = 0
    while (max(0, ring - 1) * cell_m) ** 2 <= best_square:
        for r in range(max(0, row - ring), min(grid.rows - 1, row + ring) + 1):
            edge = abs(r - row) == ring
            step = 1 if edge or ring == 0 else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                if c < 0 or c >= grid.columns:
                    continue
                cell = r * grid.columns + c
                for i in range(grid.first[cell], grid.first[cell + 1]):
                    k = grid.stretch[i]
                    square, t = _on_stretch(k, lat, lon, lon_m, shapes)
                    nearer = square < best_square or (square == best_square and 0 <= k < best)
                    if nearer and shapes.use[_piece_of(k, shapes)] & profile:
                        best, best_t, best_square = k, t, square
        ring += 1
    return best, best_t, best_square


@kernel
def _side(k: int, lat: float, lon: float, shapes: Shapes) -> int:
    """Return 1 left of the stretch, -1 right of it, 0 on its line."""
    east = (lon / DEGREE - shapes.lon[k]) * (shapes.lat[k + 1] - shapes.lat[k])
    north = (lat / DEGREE - shapes.lat[k]) * (shapes.lon[k + 1] - shapes.lon[k])
    return int(np.sign(north - east))


@kernel
def _nearest(lat: F64, lon: F64, profile: int, grid: Grid, shapes: Shapes) -> Hits:
    size = len(lat)
    hits = Hits(
        np.full(size, -1, np.int32), np.zeros(size), np.full(size, np.inf),
        np.full(size, np.nan), np.full(size, np.nan), np.zeros(size, np.int8),
    )  # fmt: skip
    for i in range(size):
        if not (abs(lat[i]) <= 90.0 and abs(lon[i]) <= 180.0):
            continue
        k, t, square = _search(lat[i], lon[i], profile, grid, shapes)
        if k < 0:
            continue
        hits.distance_m[i] = np.sqrt(square)
        hits.piece[i] = _piece_of(k, shapes)
        hits.share[i] = shapes.share[k] + t * (shapes.share[k + 1] - shapes.share[k])
        hits.lat[i] = (shapes.lat[k] + t * (shapes.lat[k + 1] - shapes.lat[k])) * DEGREE
        hits.lon[i] = (shapes.lon[k] + t * (shapes.lon[k + 1] - shapes.lon[k])) * DEGREE
        hits.side[i] = _side(k, lat[i], lon[i], shapes)
    return hits
