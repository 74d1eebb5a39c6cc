"""Whether each answer is exact. In: networks. Out: answers that differ from Dijkstra's, and a dump.

For each network 1,000 sources to 250 targets, a quarter in each state: car, car with roads closed and
others slowed, foot, cycle. Judged by scipy's Dijkstra on the expanded graph in whole milliseconds;
`benchmarks/check/roads.py` judges the dump again without it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks.roads_literal import choose
from benchmarks.roads_nets import ROOT, Net
from narvaro.core.jit import F64, I32
from narvaro.core.roads import CLOSED_MS, RoadGraph, Roads

TARGETS = 250
CLOSED_SHARE, SLOWED_SHARE, SLOWED = 0.02, 0.2, 3.0
ROWS_AT_ONCE = 25


def count_mismatches(net: Net, sources: int, seed: int, dump: Path) -> dict[str, int]:
    """Return the pairs of all states and how many differ; dump pairs and graph."""
    rng = np.random.default_rng(seed)
    pairs: dict[str, Any] = {}
    graph: dict[str, Any] = {"tail": net.graph.arc_tail, "head": net.graph.arc_head}
    found = {"pairs": 0, "mismatches": 0, "unreached": 0}
    for state, roads in _states(net.roads, rng):
        open_heads = net.graph.arc_head[roads.travel_ms < CLOSED_MS]
        source = rng.choice(open_heads, sources // 4).astype(np.int32)
        target = rng.choice(open_heads, TARGETS).astype(np.int32)
        seconds = roads.between_nodes(source, target)
        expected = judge_ms(net.graph, roads.travel_ms, source, target)
        found["pairs"] += seconds.size
        found["mismatches"] += int((np.rint(seconds * 1000) != expected).sum())
        found["unreached"] += int(np.isinf(expected).sum())
        pairs |= {f"source_{state}": source, f"target_{state}": target, f"seconds_{state}": seconds}
        shut = roads.travel_ms >= CLOSED_MS
        graph[f"seconds_{state}"] = np.where(shut, np.inf, roads.travel_ms / 1000)
    np.savez(dump / f"pairs_{net.name}.npz", **pairs)
    np.savez(dump / f"graph_{net.name}.npz", **graph)
    return found


def _states(roads: Roads, rng: np.random.Generator) -> Iterator[tuple[str, Roads]]:
    """Yield the network in each state; the given roads are as before when all is done."""
    yield "car", roads
    before = roads.travel_ms.copy()
    drawn = rng.random(len(before))
    slowed = np.where(drawn < CLOSED_SHARE + SLOWED_SHARE, before * SLOWED, before)
    roads.customise(np.where(drawn < CLOSED_SHARE, CLOSED_MS, slowed).astype(np.int64))
    yield "closures", roads
    roads.customise(before)
    yield "foot", roads.on("foot")
    yield "cycle", roads.on("cycle")


def judge_ms(graph: RoadGraph, travel_ms: I32, source: I32, target: I32) -> F64:
    """Return the shortest milliseconds [S, T] by scipy's Dijkstra; inf: no way."""
    open_arcs = np.flatnonzero(travel_ms < CLOSED_MS)
    key = graph.arc_tail[open_arcs].astype(np.int64) * graph.nodes + graph.arc_head[open_arcs]
    order = np.lexsort((travel_ms[open_arcs], key))
    key, kept = np.unique(key[order], return_index=True)  # of parallel arcs the fastest
    weights = travel_ms[open_arcs][order][kept].astype(np.float64)
    shape = (graph.nodes, graph.nodes)
    table = csr_matrix((weights, (key // graph.nodes, key % graph.nodes)), shape)
    rows = [
        dijkstra(table, indices=source[k : k + ROWS_AT_ONCE])[:, target]
        for k in range(0, len(source), ROWS_AT_ONCE)
    ]
    return np.asarray(np.concatenate(rows), np.float64)


def count_literal(net: Net, sources: int, seed: int, dump: Path) -> dict[str, Any]:
    """Return what the judge by the letter says of answers to `sources` × 250 pairs."""
    graph = net.graph
    at = np.rint(np.stack([graph.node_lat, graph.node_lon], axis=1) * 1e7).astype(np.int64)
    turning = np.unique(at, axis=0)
    where = {(int(lat), int(lon)) for lat, lon in turning}
    begin, finish = choose(net.pbf, where, (sources, TARGETS), seed)
    places = [net.roads.place(one.degrees[:, 0], one.degrees[:, 1]) for one in (begin, finish)]
    seconds = net.roads.travel_s(*places)
    file = dump / f"literal_{net.name}.npz"
    np.savez(
        file,
        source=np.array(begin.spots, np.int64),
        target=np.array(finish.spots, np.int64),
        seconds=seconds,
        turning=turning,
    )
    command = [sys.executable, "-m", "benchmarks.roads_literal", str(net.pbf), str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"benchmarks.roads_literal failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    told["off_road_m"] = max(float(one.distance_m.max(initial=0.0)) for one in places)
    return told
