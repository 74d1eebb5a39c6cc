"""A metric grid of square cells. In: metres on a plane. Out: cell numbers, centres, names of cells.

A cell's number counts from the south-west corner, row by row, and belongs to one grid. Its name
comes from the cell's own corner on the plane, so a cell keeps its name when the grid grows.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from narvaro.core import geo
from narvaro.core.jit import F64, I32

CELL_M = 250
_EDGE_POINTS = 33  # a parallel is curved on the plane: its extreme may lie between the corners


@dataclass(frozen=True, slots=True)
class Grid:
    """`rows` × `cols` cells of `cell_m` metres; the south-west corner in whole cells of the plane.

    The plane is SWEREF 99 TM unless the maker of the grid says otherwise.
    """

    south_m: int
    west_m: int
    cell_m: int
    rows: int
    cols: int

    def __post_init__(self) -> None:
        """Refuse sizes that make no grid, and a corner that is no whole number of cells."""
        if self.cell_m < 1 or self.rows < 1 or self.cols < 1:
            raise ValueError("Grid: cell_m, rows and cols must be at least 1.")
        if self.south_m % self.cell_m or self.west_m % self.cell_m:
            raise ValueError(f"Grid: south_m and west_m must be multiples of {self.cell_m} m.")

    @classmethod
    def around(
        cls, south_m: float, west_m: float, north_m: float, east_m: float, cell_m: int = CELL_M
    ) -> Self:
        """Return the smallest grid of whole cells that covers a rectangle on the plane, in metres."""
        if not (south_m <= north_m and west_m <= east_m):
            raise ValueError("Grid.around: south_m ≤ north_m and west_m ≤ east_m are needed.")
        bottom, left = int(south_m // cell_m), int(west_m // cell_m)
        rows, cols = int(north_m // cell_m) - bottom + 1, int(east_m // cell_m) - left + 1
        return cls(bottom * cell_m, left * cell_m, cell_m, rows, cols)

    @classmethod
    def from_bounds(
        cls, south: float, west: float, north: float, east: float, cell_m: int = CELL_M
    ) -> Self:
        """Return the smallest grid in SWEREF 99 TM that covers bounds in degrees (WGS 84)."""
        if not (-90 <= south <= north <= 90 and west <= east):
            raise ValueError("Grid.from_bounds: degrees with south ≤ north and west ≤ east.")
        lon = np.linspace(west, east, _EDGE_POINTS)
        lat = np.repeat([south, north], _EDGE_POINTS)
        north_m, east_m = geo.to_grid(lat, np.tile(lon, 2))
        return cls.around(north_m.min(), east_m.min(), north_m.max(), east_m.max(), cell_m)

    @property
    def cells(self) -> int:
        """Count the cells."""
        return self.rows * self.cols

    def cells_of(self, north_m: npt.ArrayLike, east_m: npt.ArrayLike) -> I32:
        """Return the cell of each position on the plane, int32; -1 outside, and where it is nan.

        A position on a border belongs to the cell north or east of it.
        """
        row = np.floor((np.asarray(north_m, np.float64) - self.south_m) / self.cell_m)
        col = np.floor((np.asarray(east_m, np.float64) - self.west_m) / self.cell_m)
        inside = (row >= 0) & (row < self.rows) & (col >= 0) & (col < self.cols)
        number = np.where(inside, row, 0) * self.cols + np.where(inside, col, 0)
        return np.asarray(np.where(inside, number, -1), np.int32)

    def cells_at(self, lat: npt.ArrayLike, lon: npt.ArrayLike) -> I32:
        """Return the cell of each position in degrees, for a grid in SWEREF 99 TM; -1 outside."""
        return self.cells_of(*geo.to_grid(lat, lon))

    def centres(self) -> tuple[F64, F64]:
        """Return (north_m, east_m) of the middle of each cell, float64 [cells] each."""
        row, col = np.divmod(np.arange(self.cells), self.cols)
        return (
            self.south_m + (row + 0.5) * self.cell_m,
            self.west_m + (col + 0.5) * self.cell_m,
        )

    def name(self, cell: int) -> str:
        """Return the lasting name of a cell: its size and its south-west corner in metres."""
        if not 0 <= cell < self.cells:
            raise ValueError(f"Grid.name: cell {cell} is not one of 0 to {self.cells - 1}.")
        row, col = divmod(cell, self.cols)
        north, east = self.south_m + row * self.cell_m, self.west_m + col * self.cell_m
        return f"{self.cell_m}mN{north}E{east}"
