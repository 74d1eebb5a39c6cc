"""The `pos` of SOS Access v4. In: its 14 to 16 characters. Out: WGS 84 degrees, and back.

Two forms: degrees and minutes with two decimals, "N591976E0180412", written NDDMMmmEDDDMMmm, and
the older Swedish grid RT 90 2.5 gon V in metres, "x6581000y1628000".
"""

import math
import re

_DEGREES = re.compile(r"([NS])(\d{2})(\d{2})(\d{2})([EW])(\d{2,3})(\d{2})(\d{2})")
_GRID = re.compile(r"[xX](\d{7})[yY](\d{7})")

# GRS 80, and the projection's figures by which RT 90 2.5 gon V gives SWEREF 99 (that is WGS 84
# within a metre) without a change of ellipsoid; Lantmäteriet.
AXIS_M, FLATTENING = 6_378_137.0, 1 / 298.257222101
MERIDIAN_DEG = 15 + 48 / 60 + 22.624306 / 3600
SCALE = 1.00000561024
NORTH_M, EAST_M = -667.711, 1_500_064.274
GRID_NORTH_M, GRID_EAST_M = range(6_100_000, 7_700_000), range(1_200_000, 1_900_000)  # Sweden


def read_place(text: str) -> tuple[float, float] | None:
    """Read a place as (lat, lon); None where it cannot be read or is no place."""
    if degrees := _DEGREES.fullmatch(text):
        return _from_minutes(degrees)
    if grid := _GRID.fullmatch(text):
        return _from_grid(int(grid[1]), int(grid[2]))
    return None


def _from_minutes(found: re.Match[str]) -> tuple[float, float] | None:
    south, lat_deg, lat_min, lat_part, west, lon_deg, lon_min, lon_part = found.groups()
    lat = int(lat_deg) + (int(lat_min) + int(lat_part) / 100) / 60
    lon = int(lon_deg) + (int(lon_min) + int(lon_part) / 100) / 60
    if max(int(lat_min), int(lon_min)) >= 60 or lat > 90 or lon > 180 or lat == lon == 0:
        return None
    return (-lat if south == "S" else lat), (-lon if west == "W" else lon)


def write_place(lat: float, lon: float) -> str:
    """Write WGS 84 degrees as NDDMMmmEDDDMMmm, to the nearest hundredth of a minute (19 m)."""
    north, east = round(abs(lat) * 6000), round(abs(lon) * 6000)
    return (
        f"{'S' if lat < 0 else 'N'}{north // 6000:02d}{north % 6000:04d}"
        f"{'W' if lon < 0 else 'E'}{east // 6000:03d}{east % 6000:04d}"
    )


def _from_grid(north_m: int, east_m: int) -> tuple[float, float] | None:
    """Turn a transverse Mercator point back to degrees (Krüger's series to the fourth power)."""
    if north_m not in GRID_NORTH_M or east_m not in GRID_EAST_M:
        return None
    n = FLATTENING / (2 - FLATTENING)
    e2 = FLATTENING * (2 - FLATTENING)
    radius_m = AXIS_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64) * SCALE
    xi, eta = (north_m - NORTH_M) / radius_m, (east_m - EAST_M) / radius_m
    deltas = (
        n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96 - n**4 / 360,
        n**2 / 48 + n**3 / 15 - 437 * n**4 / 1440,
        17 * n**3 / 480 - 37 * n**4 / 840,
        4397 * n**4 / 161_280,
    )
    steps = [(2 * k, delta) for k, delta in enumerate(deltas, 1)]
    flat_xi = xi - sum(d * math.sin(k * xi) * math.cosh(k * eta) for k, d in steps)
    flat_eta = eta - sum(d * math.cos(k * xi) * math.sinh(k * eta) for k, d in steps)
    sphere = math.asin(math.sin(flat_xi) / math.cosh(flat_eta))
    east = math.atan2(math.sinh(flat_eta), math.cos(flat_xi))
    terms = (
        e2 + e2**2 + e2**3 + e2**4,
        -(7 * e2**2 + 17 * e2**3 + 30 * e2**4) / 6,
        (224 * e2**3 + 889 * e2**4) / 120,
        -4279 * e2**4 / 1260,
    )
    squared = math.sin(sphere) ** 2
    series = sum(term * squared**k for k, term in enumerate(terms))
    lat = sphere + math.sin(sphere) * math.cos(sphere) * series
    return math.degrees(lat), MERIDIAN_DEG + math.degrees(east)
