"""A district's streets as a bent lattice: an outline in, street edges and blocks between them out."""

from dataclasses import dataclass, field
from math import cos, pi, radians, sin
from random import Random

import shapely
from shapely.geometry import LineString, Point, Polygon

from narvaro.demo.frame import Metres
from narvaro.demo.ground import District
from narvaro.demo.network import Network

Cell = tuple[int, int]
Edge = tuple[Cell, Cell]


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of district is laid out: block size, bend, and the share of streets kept."""

    block_m: float
    row_m: float
    bend_m: float
    keep_row: float
    keep_cross: float
    margin_m: float
    gate_gap_m: float


STYLES = {
    "centre": Style(98, 80, 4, 1.0, 1.0, 34, 55),
    "old": Style(84, 66, 9, 0.95, 0.9, 30, 60),
    "villa": Style(98, 64, 44, 0.84, 0.4, 28, 190),
    "row": Style(96, 72, 24, 0.8, 0.45, 28, 180),
    "flats": Style(150, 116, 18, 0.72, 0.62, 34, 190),
    "industry": Style(168, 128, 7, 0.85, 0.6, 36, 210),
}


@dataclass(slots=True)
class Lattice:
    """The bent grid of one district."""

    district: District
    style: Style
    waves: tuple[float, ...]
    nodes: dict[Cell, int] = field(default_factory=dict)
    edges: dict[Edge, list[int]] = field(default_factory=dict)
    blocks: dict[Cell, Polygon] = field(default_factory=dict)

    def place(self, i: float, j: float) -> Metres:
        """Give the point of lattice coordinates, in metres."""
        u, v = i * self.style.block_m, j * self.style.row_m
        bend, (p, q, long_m, wide_m) = self.style.bend_m, self.waves
        u, v = u + bend * sin(2 * pi * v / wide_m + p), v + bend * sin(2 * pi * u / long_m + q)
        turn, (x, y) = radians(self.district.angle), self.district.at
        return x + u * cos(turn) - v * sin(turn), y + u * sin(turn) + v * cos(turn)

    def curve(self, edge: Edge, step_m: float = 24.0) -> list[Metres]:
        """Sample the street between two lattice points, ends included."""
        (a, b), (c, d) = edge
        length = self.style.block_m if a != c else self.style.row_m
        n = (
            1
            if self.style.bend_m < 10 and self.district.kind == "centre"
            else max(1, round(length / step_m))
        )
        return [self.place(a + (c - a) * k / n, b + (d - b) * k / n) for k in range(n + 1)]


def bend_lattice(district: District, outline: Polygon, rng: Random) -> Lattice:
    """Lay a bent grid over the outline and keep what lies wholly inside."""
    style = STYLES[district.kind]
    waves = (rng.uniform(0, 6), rng.uniform(0, 6), rng.uniform(560, 760), rng.uniform(520, 700))
    lattice = Lattice(district, style, waves)
    n, m = int(district.reach / style.block_m) + 3, int(district.reach / style.row_m) + 3
    cells = [(i, j) for i in range(-n, n + 1) for j in range(-m, m + 1)]
    shapely.prepare(outline)
    inside = {
        c for c, ok in zip(
            cells, shapely.covers(outline, [Point(lattice.place(*c)) for c in cells]), strict=True
        ) if ok
    }  # fmt: skip
    edges = [
        ((i, j), other)
        for i, j in sorted(inside)
        for other in ((i + 1, j), (i, j + 1))
        if other in inside
    ]
    lines = [LineString(lattice.curve(e)) for e in edges]
    kept = [e for e, ok in zip(edges, shapely.covers(outline, lines), strict=True) if ok]
    lattice.edges = {e: [] for e in kept}
    lattice.blocks = _blocks(lattice, inside, set(kept))
    return lattice


def thin_out(lattice: Lattice, must_stay: set[Edge], rng: Random) -> None:
    """Take streets away until the district has its share of dead ends; `must_stay` edges stay."""
    kept = _thin(list(lattice.edges), must_stay, lattice.style, rng)
    lattice.edges = {e: [] for e in kept}


def _thin(edges: list[Edge], must_stay: set[Edge], style: Style, rng: Random) -> list[Edge]:
    """Keep a spanning tree that favours long streets, and a share of the rest."""
    weight = {e: rng.random() + (0.0 if e[0][1] == e[1][1] else 0.55) for e in edges}
    parent: dict[Cell, Cell] = {}

    def root(cell: Cell) -> Cell:
        while parent.setdefault(cell, cell) != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    kept = set()
    for edge in sorted(edges, key=lambda e: (weight[e], e)):
        a, b = root(edge[0]), root(edge[1])
        share = style.keep_row if edge[0][1] == edge[1][1] else style.keep_cross
        if edge in must_stay or a != b or rng.random() < share:
            parent[a] = b
            kept.add(edge)
    return sorted(kept)


def _blocks(lattice: Lattice, inside: set[Cell], whole: set[Edge]) -> dict[Cell, Polygon]:
    """Make the area between four lattice points, where all four sides lie inside."""
    blocks = {}
    for i, j in sorted(inside):
        sides: list[Edge] = [
            ((i, j), (i + 1, j)), ((i + 1, j), (i + 1, j + 1)),
            ((i, j + 1), (i + 1, j + 1)), ((i, j), (i, j + 1)),
        ]  # fmt: skip
        if all(s in whole for s in sides):
            south, east, north, west = (lattice.curve(s) for s in sides)
            blocks[i, j] = Polygon([*south, *east, *north[::-1], *west[::-1]]).buffer(0)
    return blocks


def sides_of(cell: Cell) -> list[Edge]:
    """List the four lattice edges around a block, the long ones first."""
    i, j = cell
    return [
        ((i, j), (i + 1, j)), ((i, j + 1), (i + 1, j + 1)),
        ((i, j), (i, j + 1)), ((i + 1, j), (i + 1, j + 1)),
    ]  # fmt: skip


def drop_inside(lattice: Lattice, cells: list[Cell]) -> None:
    """Take away the street edges between the given blocks, so that they become one large plot."""
    counted: dict[Edge, int] = {}
    for cell in cells:
        for side in sides_of(cell):
            counted[side] = counted.get(side, 0) + 1
    for side, times in counted.items():
        if times > 1:
            lattice.edges.pop(side, None)


def put_on_network(lattice: Lattice, network: Network) -> None:
    """Give every kept lattice point and curve its nodes; parts cut off from the rest are left out."""
    for edge in _largest_part(list(lattice.edges)):
        ends = [lattice.nodes.get(c) for c in edge]
        for k, cell in enumerate(edge):
            if ends[k] is None:
                ends[k] = lattice.nodes[cell] = network.node(lattice.place(*cell))
        inner = [network.node(p) for p in lattice.curve(edge)[1:-1]]
        lattice.edges[edge] = [lattice.nodes[edge[0]], *inner, lattice.nodes[edge[1]]]
    lattice.edges = {e: nodes for e, nodes in lattice.edges.items() if nodes}


def _largest_part(edges: list[Edge]) -> list[Edge]:
    """List the edges of every part with eight or more of them."""
    near: dict[Cell, list[Edge]] = {}
    for edge in edges:
        for cell in edge:
            near.setdefault(cell, []).append(edge)
    seen: set[Edge] = set()
    out: list[Edge] = []
    for first in edges:
        part, stack = [], [first]
        while stack:
            edge = stack.pop()
            if edge not in seen:
                seen.add(edge)
                part.append(edge)
                stack += [e for cell in edge for e in near[cell]]
        out += part if len(part) >= 8 else []
    return sorted(out)
