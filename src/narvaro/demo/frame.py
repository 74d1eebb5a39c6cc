"""The town's own frame: metres east and north of its centre, in and out of WGS 84."""

from dataclasses import dataclass
from math import cos, radians

from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

Metres = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A flat frame around one point; true to a metre within ten kilometres."""

    lat: float
    lon: float

    @property
    def lat_m(self) -> float:
        """Length of a degree of latitude here, in metres (WGS 84 series, first two terms)."""
        return 111_132.95 - 559.85 * cos(2 * radians(self.lat))

    @property
    def lon_m(self) -> float:
        """Length of a degree of longitude here, in metres (WGS 84 series, first two terms)."""
        return 111_412.88 * cos(radians(self.lat)) - 93.5 * cos(3 * radians(self.lat))

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Give (lat, lon) in degrees of a point in metres, rounded to what OSM keeps."""
        return round(self.lat + y / self.lat_m, 7), round(self.lon + x / self.lon_m, 7)

    def metres(self, lat: float, lon: float) -> Metres:
        """Give (x, y) in metres of a point in degrees."""
        return (lon - self.lon) * self.lon_m, (lat - self.lat) * self.lat_m


def smooth(points: list[Metres], *, step_m: float, closed: bool = False) -> list[Metres]:
    """Draw a Catmull-Rom curve through `points` and sample it about every `step_m` metres."""
    ring = (
        [points[-1], *points, points[0], points[1]]
        if closed
        else [_beyond(points[0], points[1]), *points, _beyond(points[-1], points[-2])]
    )
    out: list[Metres] = []
    for a, b, c, d in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        n = max(1, round(LineString([b, c]).length / step_m))
        out += [_curve(a, b, c, d, k / n) for k in range(n)]
    return out if closed else [*out, points[-1]]


def _beyond(end: Metres, inner: Metres) -> Metres:
    return 2 * end[0] - inner[0], 2 * end[1] - inner[1]


def _curve(a: Metres, b: Metres, c: Metres, d: Metres, t: float) -> Metres:
    def axis(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (
            2 * q
            + (r - p) * t
            + (2 * p - 5 * q + 4 * r - s) * t * t
            + (3 * q - p - 3 * r + s) * t * t * t
        )

    return axis(a[0], b[0], c[0], d[0]), axis(a[1], b[1], c[1], d[1])


def box(centre: Metres, along: Metres, width_m: float, depth_m: float) -> Polygon:
    """Make a rectangle around `centre`, its width along the unit vector `along`."""
    (x, y), (u, v) = centre, along
    w, d = width_m / 2, depth_m / 2
    return Polygon(
        [
            (x + s * w * u - t * d * v, y + s * w * v + t * d * u)
            for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
    )


def polygons_of(shape: BaseGeometry, *, least_m2: float = 0.0) -> list[Polygon]:
    """List the areas a geometry is made of, those of at least `least_m2`."""
    parts = shape.geoms if isinstance(shape, BaseMultipartGeometry) else [shape]
    return [p for p in parts if isinstance(p, Polygon) and p.area > least_m2]


def unit_vector(a: Metres, b: Metres) -> Metres:
    """Give the direction from `a` to `b` with length one."""
    length = Point(a).distance(Point(b)) or 1.0
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length
