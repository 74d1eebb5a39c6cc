"""Where things are. In: degrees (WGS 84) or metres on a grid. Out: the other, and distances.

SWEREF 99 and WGS 84 are taken as one datum (they differ by well under a metre). The projection is
Gauss-Krüger on the GRS 80 ellipsoid by Krüger's series to the fourth order in the third flattening,
as Lantmäteriet publishes it: errors under a millimetre inside Sweden.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64

EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = EARTH_RADIUS_M * math.pi / 180

# GRS 80
_SEMI_MAJOR_M = 6_378_137.0
_FLATTENING = 1 / 298.257222101


@dataclass(frozen=True, slots=True)
class Projection:
    """A transverse Mercator grid on GRS 80."""

    central_meridian: float  # degrees
    scale: float
    false_north_m: float
    false_east_m: float


SWEREF99TM = Projection(15.0, 0.9996, 0.0, 500_000.0)
"""EPSG:3006."""

_N = _FLATTENING / (2 - _FLATTENING)
_ECCENTRICITY = math.sqrt(_FLATTENING * (2 - _FLATTENING))
_RECTIFYING_M = _SEMI_MAJOR_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
# Krüger's series: conformal to rectifying latitude, and back
_ALPHA = (
    _N / 2 - 2 / 3 * _N**2 + 5 / 16 * _N**3 + 41 / 180 * _N**4,
    13 / 48 * _N**2 - 3 / 5 * _N**3 + 557 / 1440 * _N**4,
    61 / 240 * _N**3 - 103 / 140 * _N**4,
    49561 / 161280 * _N**4,
)
_BETA = (
    _N / 2 - 2 / 3 * _N**2 + 37 / 96 * _N**3 - 1 / 360 * _N**4,
    1 / 48 * _N**2 + 1 / 15 * _N**3 - 437 / 1440 * _N**4,
    17 / 480 * _N**3 - 37 / 840 * _N**4,
    4397 / 161280 * _N**4,
)
_NEWTON_STEPS = 4


def to_grid(
    lat: npt.ArrayLike, lon: npt.ArrayLike, grid: Projection = SWEREF99TM
) -> tuple[F64, F64]:
    """Return (north_m, east_m) of positions in degrees, in SWEREF 99 TM unless told otherwise."""
    phi = np.radians(np.asarray(lat, np.float64))
    away = np.radians(np.asarray(lon, np.float64) - grid.central_meridian)
    tau = _conformal(np.tan(phi))
    xi = np.arctan2(tau, np.cos(away))
    eta = np.arcsinh(np.sin(away) / np.hypot(tau, np.cos(away)))
    north, east = xi, eta
    for k, alpha in enumerate(_ALPHA, start=1):
        north = north + alpha * np.sin(2 * k * xi) * np.cosh(2 * k * eta)
        east = east + alpha * np.cos(2 * k * xi) * np.sinh(2 * k * eta)
    size = grid.scale * _RECTIFYING_M
    return size * north + grid.false_north_m, size * east + grid.false_east_m


def from_grid(
    north_m: npt.ArrayLike, east_m: npt.ArrayLike, grid: Projection = SWEREF99TM
) -> tuple[F64, F64]:
    """Return (lat, lon) in degrees of grid coordinates, SWEREF 99 TM unless told otherwise."""
    size = grid.scale * _RECTIFYING_M
    xi = (np.asarray(north_m, np.float64) - grid.false_north_m) / size
    eta = (np.asarray(east_m, np.float64) - grid.false_east_m) / size
    xi_c, eta_c = xi, eta
    for k, beta in enumerate(_BETA, start=1):
        xi_c = xi_c - beta * np.sin(2 * k * xi) * np.cosh(2 * k * eta)
        eta_c = eta_c - beta * np.cos(2 * k * xi) * np.sinh(2 * k * eta)
    tau = _geodetic(np.sin(xi_c) / np.hypot(np.sinh(eta_c), np.cos(xi_c)))
    lon = np.degrees(np.arctan2(np.sinh(eta_c), np.cos(xi_c))) + grid.central_meridian
    return np.degrees(np.arctan(tau)), lon


def _conformal(tan_phi: F64) -> F64:
    """Return the tangent of the conformal latitude (Karney 2011, equations 7 to 9)."""
    sigma = np.sinh(_ECCENTRICITY * np.arctanh(_ECCENTRICITY * tan_phi / np.hypot(1, tan_phi)))
    return np.asarray(tan_phi * np.hypot(1, sigma) - sigma * np.hypot(1, tan_phi), np.float64)


def _geodetic(conformal: F64) -> F64:
    """Return the tangent of the geodetic latitude by Newton's method (Karney 2011, 19 to 21)."""
    tau = conformal.copy()
    left = 1 - _ECCENTRICITY**2
    for _ in range(_NEWTON_STEPS):
        guess = _conformal(tau)
        step = (conformal - guess) / np.hypot(1, guess)
        tau = tau + step * (1 + left * tau**2) / (left * np.hypot(1, tau))
    return tau


def distance_m(
    lat_a: npt.ArrayLike, lon_a: npt.ArrayLike, lat_b: npt.ArrayLike, lon_b: npt.ArrayLike
) -> F64:
    """Return great-circle (haversine) metres between positions in degrees; shapes broadcast."""
    a, b = np.radians(np.asarray(lat_a, np.float64)), np.radians(np.asarray(lat_b, np.float64))
    across = np.radians(np.asarray(lon_b, np.float64) - np.asarray(lon_a, np.float64))
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(across / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half))), np.float64)


def distance_of_two_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return great-circle metres between two places: `distance_m` takes 5 to 9 times as long for them."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    across = math.radians(lon_b - lon_a)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def plane_m(
    lat_a: npt.ArrayLike, lon_a: npt.ArrayLike, lat_b: npt.ArrayLike, lon_b: npt.ArrayLike
) -> F64:
    """Return metres on a plane at the middle latitude: for distances inside a municipality."""
    a, b = np.asarray(lat_a, np.float64), np.asarray(lat_b, np.float64)
    across = (np.asarray(lon_b, np.float64) - np.asarray(lon_a, np.float64)) * np.cos(
        np.radians((a + b) / 2)
    )
    return np.asarray(METRES_PER_DEGREE * np.hypot(b - a, across), np.float64)
