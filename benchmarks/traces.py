"""What the benchmark of choice is played on. In: a map extract, seeds. Out: a town and its traces.

The town: 62 junctions of Porto and for each of them the tree of fastest drives towards it, so that
a unit under way is where the road has it. A trace: when
and where cases come in, how long the work takes, and which are danger to life.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from benchmarks.patrol_instances import CITIES, DATA
from narvaro.core.geo import distance_m
from narvaro.core.jit import F64, I32, I64, Bits
from narvaro.core.roads import Roads
from narvaro.directory.roads_file import read_roads

EXTRACT = DATA / "osm" / CITIES["porto"].file
PLACES = 62
UNITS = 6
LIMIT_S = 480.0
SERVICE_S = 1500.0
INCIDENTS = 400
DANGER_TO_LIFE = 0.3


@dataclass(frozen=True, eq=False, slots=True)
class Town:
    """Places (P) on a road network (n nodes), and how to drive to each of them from anywhere."""

    travel_s: F64  # [P, P]
    demand: F64  # [P] share of the cases
    node: I32  # [P] node of each place
    to_place_s: F64  # [P, n] seconds to each place
    onward: I32  # [P, n] next node on the way there; -9999 at the place itself


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """Cases in the order in which they come in."""

    begins_s: F64  # [I]
    place: I32  # [I]
    service_s: F64  # [I] work on the scene
    life: Bits  # [I] danger to life


def make_town(extract: Path = EXTRACT, seed: int = 1, *, skewed: bool = False) -> Town:
    """Draw the places among the junctions where a car goes.

    Each has the same demand, or with `skewed` a gamma-distributed one.
    """
    if not extract.exists():
        raise SystemExit(
            f"The extract {extract} is missing. The benchmark of choice needs the data folder "
            "beside the checkout."
        )
    graph, _facts = read_roads(extract, lambda _step, _share: None)
    roads = Roads.build(graph)
    backwards = _reversed(graph.arc_tail, graph.arc_head, roads.travel_ms / 1000.0, graph.nodes)
    city = CITIES["porto"]
    draw = np.random.default_rng(seed)
    lat, lon = graph.node_lat, graph.node_lon
    near = np.flatnonzero(distance_m(lat, lon, city.lat, city.lon) < city.radius_m)
    near = near[_both_ways(backwards, near)]
    node = _lowest(near, lat, lon, seed)
    demand = draw.gamma(0.7, size=PLACES) if skewed else np.ones(PLACES)
    to_place_s, onward = dijkstra(backwards, indices=node, return_predecessors=True)
    return Town(
        travel_s=np.ascontiguousarray(to_place_s[:, node].T),
        demand=demand / demand.sum(),
        node=node,
        to_place_s=to_place_s,
        onward=onward.astype(np.int32),
    )


def _reversed(tail: I32, head: I32, seconds: F64, nodes: int) -> csr_array:
    order = np.lexsort((seconds, tail, head))
    pair = head[order].astype(np.int64) * nodes + tail[order]
    best = order[np.r_[True, pair[1:] != pair[:-1]]]  # of parallel arcs the fastest
    best = best[seconds[best] < 1e5]  # a closed arc is no road
    return csr_array((np.maximum(seconds[best], 1e-3), (head[best], tail[best])), (nodes, nodes))


def _both_ways(backwards: csr_array, near: I64) -> Bits:
    """Tell which nodes a car reaches from most others, and most others from them."""
    _count, part = connected_components(backwards, connection="strong")
    same: Bits = part[near] == np.bincount(part[near]).argmax()
    return same


def _lowest(near: I64, lat: F64, lon: F64, seed: int) -> I32:
    """Draw by coordinates, so that a change elsewhere in the network leaves the places alone."""
    at = np.rint(np.column_stack([lat[near], lon[near]]) * 1e6).astype(np.int64)
    _, first, copies = np.unique(at, axis=0, return_index=True, return_counts=True)
    single = first[copies == 1]  # a junction that was split for its turns has several nodes
    luck = [
        np.random.default_rng([seed, *(int(part) & 0xFFFFFFFF for part in at[one])]).random()
        for one in single
    ]
    return np.sort(near[single[np.argsort(luck)[:PLACES]]]).astype(np.int32)


def make_trace(town: Town, per_hour: float, seed: int) -> Trace:
    """Draw a trace; the draws for a seed are the same at every rate."""
    draw = np.random.default_rng([7, seed])
    gaps = draw.exponential(size=INCIDENTS)
    place = draw.choice(PLACES, INCIDENTS, p=town.demand)
    service = draw.exponential(SERVICE_S, INCIDENTS)
    life = draw.random(INCIDENTS) < DANGER_TO_LIFE
    return Trace(np.cumsum(gaps) * 3600.0 / per_hour, place.astype(np.int32), service, life)
