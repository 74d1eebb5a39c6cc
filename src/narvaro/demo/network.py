"""The town's lines: nodes in metres, and ways over them as OSM knows them."""

from dataclasses import dataclass, field
from itertools import pairwise

from shapely.geometry import LineString

from narvaro.demo.frame import Metres

DRIVABLE = frozenset(
    {"primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service"}
)
WIDTH_M = {
    "primary": 10.0, "secondary": 10.0, "tertiary": 8.0, "unclassified": 7.0, "residential": 6.5,
    "living_street": 6.0, "service": 4.5, "pedestrian": 7.0, "cycleway": 3.0, "footway": 2.0,
    "path": 1.5, "rail": 6.0,
}  # fmt: skip


@dataclass(slots=True)
class Way:
    """One line of one kind and one name."""

    nodes: list[int]
    highway: str
    name: str = ""
    maxspeed: int = 0
    oneway: bool = False
    bridge: bool = False
    district: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def drivable(self) -> bool:
        """Tell whether a car may use it."""
        return self.highway in DRIVABLE


@dataclass(slots=True)
class Network:
    """All nodes and ways; a crossing is a node that several ways share."""

    points: list[Metres] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)

    def node(self, point: Metres) -> int:
        """Add a node and give its number."""
        self.points.append(point)
        return len(self.points) - 1

    def line(self, nodes: list[int]) -> LineString:
        """Give the line over nodes."""
        return LineString([self.points[n] for n in nodes])

    def lines(self, *, drivable: bool | None = None) -> list[LineString]:
        """List the ways' lines in order, or only the drivable (or the other) ones."""
        return [self.line(w.nodes) for w in self.ways if drivable in (None, w.drivable)]

    def degrees(self) -> dict[int, int]:
        """Count the drivable pieces that meet at each node."""
        count: dict[int, int] = {}
        for way in self.ways:
            if way.drivable:
                for a, b in pairwise(way.nodes):
                    count[a] = count.get(a, 0) + 1
                    count[b] = count.get(b, 0) + 1
        return count

    def junctions(self) -> int:
        """Count the drivable vertices that are more than a bend: crossings and street ends."""
        return sum(1 for n in self.degrees().values() if n != 2)
