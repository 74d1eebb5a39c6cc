"""Control values for coordinates and distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.geo import Projection, distance_m, distance_of_two_m, from_grid, plane_m, to_grid

# Lantmäteriet, "Gauss Conformal Projection (Transverse Mercator): Krüger's formulas", its example
PUBLISHED_GRID = Projection(13 + 35 / 60 + 7.692 / 3600, 1.00000254, -6_226_307.8640, 84_182.8790)
# length of the GRS 80 meridian from the equator to 60 degrees north
MERIDIAN_TO_60_M = 6_654_072.8194


def test_the_published_example_of_the_projection_is_met_to_the_millimetre() -> None:
    north, east = to_grid(66.0, 24.0, PUBLISHED_GRID)
    assert (float(north), float(east)) == pytest.approx(
        (1_135_809.413803, 555_304.016555), abs=1e-3
    )
    assert from_grid(1_135_809.413803, 555_304.016555, PUBLISHED_GRID) == pytest.approx(
        (66.0, 24.0), abs=1e-8
    )


def test_the_central_meridian_of_sweref99tm_is_the_meridian_reduced() -> None:
    north, east = to_grid(60.0, 15.0)
    assert float(east) == pytest.approx(500_000.0, abs=1e-6)
    assert float(north) == pytest.approx(0.9996 * MERIDIAN_TO_60_M, abs=1e-3)


def test_stockholm_central_station_is_where_the_map_shows_it() -> None:
    north, east = to_grid(59.330231, 18.059196)
    assert (round(float(north)), round(float(east))) == (6_580_822, 674_032)


@given(st.floats(55.0, 69.5), st.floats(10.5, 24.5))
def test_to_the_grid_and_back_is_the_same_place(lat: float, lon: float) -> None:
    back = from_grid(*to_grid(lat, lon))
    assert (float(back[0]), float(back[1])) == pytest.approx((lat, lon), abs=1e-9)


@given(st.tuples(*[st.floats(-90.0, 90.0), st.floats(-180.0, 180.0)] * 2))
def test_two_places_alone_are_as_far_apart_as_in_arrays(places: tuple[float, ...]) -> None:
    assert distance_of_two_m(*places) == pytest.approx(
        float(distance_m(*places)), rel=1e-9, abs=1e-3
    )


def test_a_degree_of_latitude_and_a_quarter_of_the_earth() -> None:
    assert float(distance_m(59.0, 18.0, 60.0, 18.0)) == pytest.approx(111_195, abs=1)
    assert float(distance_m(0.0, 0.0, 0.0, 90.0)) == pytest.approx(10_007_557, abs=1)
    assert float(distance_m(0.0, 0.0, 0.0, 180.0)) == pytest.approx(20_015_115, abs=1)


@given(
    st.floats(55.0, 69.0), st.floats(11.0, 24.0), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)
)  # fmt: skip
def test_inside_a_municipality_the_plane_is_as_good_as_the_sphere(
    lat: float, lon: float, north: float, east: float
) -> None:
    sphere = float(distance_m(lat, lon, lat + north, lon + east))
    assert float(plane_m(lat, lon, lat + north, lon + east)) == pytest.approx(
        sphere, rel=1e-4, abs=1e-6
    )


def test_distances_broadcast() -> None:
    table = distance_m(np.array([[59.0], [60.0]]), 18.0, np.array([59.0, 60.0]), 18.0)
    assert table.shape == (2, 2)
    assert table[0, 0] == table[1, 1] == 0
    assert table[0, 1] == table[1, 0]
