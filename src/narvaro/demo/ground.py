"""Water and land: plan.toml in, polygons in the town's frame out."""

import tomllib
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, pi, radians, sin
from pathlib import Path
from random import Random
from typing import Any

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from narvaro.demo.frame import Frame, Metres, polygons_of, smooth

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class District:
    """One named area and how it is to be built."""

    name: str
    kind: str
    theme: str
    at: Metres
    reach: float
    angle: float
    sites: dict[str, Any]
    squares: tuple[str, ...] = ()


@dataclass(slots=True)
class Ground:
    """What lies under the town: water by name, and one geometry of all of it."""

    frame: Frame
    plan: dict[str, Any]
    bodies: list[tuple[str, str, Polygon]] = field(default_factory=list)
    river: list[Metres] = field(default_factory=list)
    water: BaseGeometry = field(default_factory=MultiPolygon)

    @property
    def districts(self) -> list[District]:
        """Give the named areas of the plan, in its order."""
        return [District(**{**d, "at": tuple(d["at"])}) for d in self.plan["district"]]


def read_data(name: str) -> dict[str, Any]:
    """Read one of the data files that lie beside this module."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def read_plan() -> dict[str, Any]:
    """Read the ground plan with its districts."""
    return read_data("plan.toml") | read_data("districts.toml")


def lay_ground(plan: dict[str, Any], rng: Random) -> Ground:
    """Make the bay, the river and the lakes, their shores roughened by `rng`."""
    town, water = plan["town"], plan["water"]
    ground = Ground(Frame(town["lat"], town["lon"]), plan)
    bay = _bay(water["bay"], rng)
    islands = [_blob(i, rng) for i in water["island"]]
    bay = _largest(bay.difference(shapely.union_all(islands)))
    ground.river = smooth([tuple(p) for p in water["river"]["course"]], step_m=40)
    river = _ribbon(ground.river, *water["river"]["width"]).difference(bay)
    ground.bodies = [(water["bay"]["name"], "bay", bay)]
    ground.bodies += [(water["river"]["name"], "river", _largest(river))]
    ground.bodies += [(w["name"], "lake", _blob(w, rng)) for w in water["lake"]]
    ground.water = shapely.union_all([polygon for _, _, polygon in ground.bodies])
    return ground


def _bay(spec: dict[str, Any], rng: Random) -> Polygon:
    shore = smooth([tuple(p) for p in spec["shore"]], step_m=45)
    phase = [rng.uniform(0, 2 * pi) for _ in range(3)]
    rough = [
        (
            x + 13 * sin(k / 2.3 + phase[0]) + 6 * sin(k * 1.7 + phase[1]),
            y + 12 * sin(k / 1.9 + phase[2]),
        )
        for k, (x, y) in enumerate(shore)
    ]
    return Polygon([*rough, *[tuple(p) for p in spec["corner"]]]).buffer(0)


def _blob(spec: dict[str, Any], rng: Random) -> Polygon:
    """Make an uneven ellipse: three waves along its edge."""
    (cx, cy), (rx, ry), turn = spec["centre"], spec["radii"], radians(spec["turn"])
    waves = [(n, rng.uniform(0.04, 0.12), rng.uniform(0, 2 * pi)) for n in (2, 3, 5)]
    points = []
    for k in range(72):
        t = 2 * pi * k / 72
        r = 1 + sum(size * sin(n * t + phase) for n, size, phase in waves)
        x, y = r * rx * cos(t), r * ry * sin(t)
        points.append((cx + x * cos(turn) - y * sin(turn), cy + x * sin(turn) + y * cos(turn)))
    return Polygon(points)


def _ribbon(line: list[Metres], first_m: float, last_m: float) -> Polygon:
    parts = [
        LineString([a, b]).buffer((first_m + (last_m - first_m) * k / len(line)) / 2)
        for k, (a, b) in enumerate(pairwise(line))
    ]
    return _largest(shapely.union_all(parts).simplify(2.0))


def _largest(shape: BaseGeometry) -> Polygon:
    return max(polygons_of(shape), key=lambda p: p.area)


def reach_of(district: District, rng: Random) -> Polygon:
    """Give the rough outline that a district may fill."""
    spec = {"centre": district.at, "radii": (district.reach, district.reach), "turn": 0}
    return _blob(spec, rng)
