"""Networks for the benchmark of roads. In: extracts. Out: roads that are ready, one half a million arcs.

Half a million arcs are the largest extract with a junction at every shape point of its roads: the
upper end of what one municipality has, and the same streets.
"""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import I32
from narvaro.core.roads import RoadGraph, Roads, hierarchy
from narvaro.core.roads.graph import DEGREE
from narvaro.core.roads.order import nested_dissection
from narvaro.directory.roads_file import read_roads

ROOT = Path(__file__).resolve().parent.parent
OSM = ROOT.parent / "shared" / "data" / "osm"
FILES = {
    "oslo": "oslo-east-filtered.osm.pbf",
    "portland": "portland-central-filtered.osm.pbf",
    "porto": "porto_portugal.osm.pbf",
    "helsinki": "Helsinki.osm.pbf",
    "munich": "munchen-centre.osm.pbf",
}


class Ordered(NamedTuple):
    """A graph with its node order and what came of it."""

    graph: RoadGraph
    order: I32
    order_s: float
    build_s: float
    hierarchy: hierarchy.Hierarchy

    @property
    def edges(self) -> int:
        """Count the arcs of the hierarchy."""
        return len(self.hierarchy.tree.up_head)


class Net(NamedTuple):
    """One extract, ready to be asked."""

    name: str
    pbf: Path
    read_s: float
    ordered: Ordered
    roads: Roads

    @property
    def graph(self) -> RoadGraph:
        """Return the turn-expanded graph."""
        return self.ordered.graph


def find_extract(name: str) -> Path:
    """Return the file of a named network; say so where it is missing."""
    path = OSM / FILES[name]
    if not path.exists():
        raise SystemExit(f"{path.name} is not in shared/data/osm beside the checkout.")
    return path


def load(name: str, pbf: Path) -> Net:
    """Read, order and prepare one extract."""
    began = time.perf_counter()
    graph, _ = read_roads(pbf, lambda _step, _share: None)
    read_s = time.perf_counter() - began
    ordered = order(graph)
    return Net(name, pbf, read_s, ordered, Roads(graph, ordered.hierarchy))


def order(graph: RoadGraph) -> Ordered:
    """Order a graph and build its hierarchy, timed apart."""
    began = time.perf_counter()
    nodes = nested_dissection(graph.nodes, graph.arc_tail, graph.arc_head)
    middle = time.perf_counter()
    built = hierarchy.build(graph, nodes)
    return Ordered(graph, nodes, middle - began, time.perf_counter() - middle, built)


def unfold(graph: RoadGraph) -> RoadGraph:
    """Return the same network with a node at every shape point of its roads."""
    on_road = np.flatnonzero(graph.arc_piece >= 0)
    links = np.flatnonzero(graph.arc_piece < 0)
    forward, piece = graph.arc_forward[on_road], graph.arc_piece[on_road]
    tail, head = graph.arc_tail[on_road], graph.arc_head[on_road]
    # arcs that lie on one piece between the same nodes share its inner points
    chains, chain = np.unique(
        np.stack([piece, np.where(forward, tail, head), np.where(forward, head, tail)], axis=1),
        axis=0,
        return_inverse=True,
    )
    chain = chain.reshape(-1)
    stretches = np.diff(graph.piece_first)[chains[:, 0]] - 1
    inner_first = graph.nodes + np.cumsum(stretches - 1) - (stretches - 1)
    piece_first = np.cumsum(stretches) - stretches

    def node(of: npt.NDArray[np.int64], k: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        inner = np.where(k == stretches[of], chains[of, 2], inner_first[of] + k - 1)
        return np.asarray(np.where(k == 0, chains[of, 1], inner), np.int64)

    of_piece, k_piece = _count_through(stretches)
    of_arc, k_arc = _count_through(stretches[chain])
    own = chain[of_arc]
    a, b = node(own, k_arc), node(own, k_arc + 1)
    point = graph.piece_first[chains[of_piece, 0]] + k_piece
    inner = point[k_piece > 0]
    share = np.diff(graph.point_share.astype(np.float64), append=0.0)[point]
    return RoadGraph(
        node_lat=np.append(graph.node_lat, graph.point_lat[inner] * DEGREE),
        node_lon=np.append(graph.node_lon, graph.point_lon[inner] * DEGREE),
        arc_tail=_i32(np.where(forward[of_arc], a, b), graph.arc_tail[links]),
        arc_head=_i32(np.where(forward[of_arc], b, a), graph.arc_head[links]),
        arc_piece=_i32(piece_first[own] + k_arc, np.full(len(links), -1)),
        arc_forward=np.append(forward[of_arc], np.ones(len(links), np.bool_)),
        arc_use=np.append(graph.arc_use[on_road][of_arc], graph.arc_use[links]),
        piece_first=np.arange(0, 2 * len(point) + 1, 2, dtype=np.int32),
        piece_m=share * graph.piece_m[chains[of_piece, 0]],
        piece_kind=graph.piece_kind[chains[of_piece, 0]],
        point_lat=graph.point_lat[np.stack([point, point + 1], axis=1).reshape(-1)],
        point_lon=graph.point_lon[np.stack([point, point + 1], axis=1).reshape(-1)],
        point_share=np.tile(np.array([0, 1], np.float32), len(point)),
        kind_m_s=graph.kind_m_s,
        kind_name=graph.kind_name,
        kind_class=graph.kind_class,
    )


def _count_through(sizes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Return (which, 0 … size - 1) for each of so many."""
    which = np.repeat(np.arange(len(sizes)), sizes)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _i32(*parts: npt.NDArray[np.int64] | I32) -> I32:
    return np.concatenate(parts).astype(np.int32)
