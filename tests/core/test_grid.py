"""Cells of a metric grid: numbers, centres, lasting names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core import geo
from narvaro.core.grid import Grid

TOWN = (59.05, 17.40, 59.30, 17.85)  # south, west, north, east


@given(st.floats(TOWN[0], TOWN[2]), st.floats(TOWN[1], TOWN[3]))
def test_every_place_inside_the_bounds_has_a_cell_whose_centre_is_near(
    lat: float, lon: float
) -> None:
    grid = Grid.from_bounds(*TOWN)
    cell = int(grid.cells_at(lat, lon))
    assert 0 <= cell < grid.cells
    north_m, east_m = geo.to_grid(lat, lon)
    centre = [column[cell] for column in grid.centres()]
    assert abs(centre[0] - float(north_m)) <= grid.cell_m / 2
    assert abs(centre[1] - float(east_m)) <= grid.cell_m / 2


def test_a_border_belongs_to_the_cell_north_and_east_of_it() -> None:
    grid = Grid(1000, 500, 250, 2, 3)
    assert grid.cells_of([1000, 1249.9, 1250, 1000], [500, 749.9, 500, 750]).tolist() == [
        0,
        0,
        3,
        1,
    ]


def test_outside_and_nowhere_is_no_cell() -> None:
    grid = Grid(1000, 500, 250, 2, 3)
    north = [999.9, 1500, 1100, 1100, np.nan, 1100]
    east = [600, 600, 499.9, 1250, 600, np.nan]
    assert grid.cells_of(north, east).tolist() == [-1] * 6


def test_the_bounds_of_a_wide_area_are_covered_where_the_parallel_bulges() -> None:
    grid = Grid.from_bounds(57.0, 11.0, 58.0, 19.0)
    for lon in np.linspace(11.0, 19.0, 161):
        assert (grid.cells_at([57.0, 58.0], [lon, lon]) >= 0).all()


def test_a_cell_keeps_its_name_when_the_grid_grows() -> None:
    small, large = Grid.around(5000, 7000, 6000, 8000), Grid.around(3100, 2000, 9000, 9900)
    north_m, east_m = small.centres()
    again = large.cells_of(north_m, east_m)
    names = [small.name(cell) for cell in range(small.cells)]
    assert names == [large.name(int(cell)) for cell in again]
    assert names[0] == "250mN5000E7000"
    assert len(set(names)) == small.cells


@pytest.mark.parametrize("wrong", [(0, 0, 0, 1, 1), (0, 0, 250, 0, 1), (10, 0, 250, 1, 1)])
def test_a_grid_that_is_none_is_refused(wrong: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="Grid"):
        Grid(*wrong)


def test_bounds_that_are_turned_around_are_refused() -> None:
    with pytest.raises(ValueError, match="south ≤ north"):
        Grid.from_bounds(59.3, 17.4, 59.0, 17.8)
    with pytest.raises(ValueError, match=r"around"):
        Grid.around(10, 0, 0, 10)
    with pytest.raises(ValueError, match="cell 6"):
        Grid(1000, 500, 250, 2, 3).name(6)
