"""The town while it is being drawn: what each step of the drawing adds to."""

from dataclasses import dataclass, field
from random import Random

from shapely.geometry import LineString, Polygon

from narvaro.demo.frame import Metres
from narvaro.demo.ground import District, Ground
from narvaro.demo.lattice import Cell, Edge, Lattice
from narvaro.demo.network import Network


@dataclass(slots=True)
class Plot:
    """A block set aside for one municipal site, a square or a park."""

    kind: str
    name: str
    lattice: Lattice
    cells: list[Cell]
    area: Polygon
    building: Polygon | None = None
    street: str = ""
    address: str = ""
    premises: str = ""

    @property
    def sides(self) -> list[Edge]:
        """List the street edges around the plot."""
        seen: dict[Edge, int] = {}
        for i, j in self.cells:
            for side in (
                ((i, j), (i + 1, j)), ((i, j + 1), (i + 1, j + 1)),
                ((i, j), (i, j + 1)), ((i + 1, j), (i + 1, j + 1)),
            ):  # fmt: skip
                seen[side] = seen.get(side, 0) + 1
        return [s for s, times in seen.items() if times == 1]


@dataclass(slots=True)
class Shape:
    """An area with tags: a building, a park, a parking place."""

    area: Polygon
    tags: dict[str, str]


@dataclass(slots=True)
class Draft:
    """Everything drawn so far."""

    ground: Ground
    rng: Random
    network: Network = field(default_factory=Network)
    outlines: list[tuple[District, Polygon]] = field(default_factory=list)
    lattices: list[Lattice] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    buildings: list[Shape] = field(default_factory=list)
    yards: list[LineString] = field(default_factory=list)

    def block_is_free(self, lattice: Lattice, cell: Cell) -> bool:
        """Tell whether no plot holds the block."""
        return not any(p.lattice is lattice and cell in p.cells for p in self.plots)

    def at(self, lattice: Lattice, cell: Cell, across: float, up: float) -> Metres:
        """Give the point at a share of a block's width and height."""
        return lattice.place(cell[0] + across, cell[1] + up)
