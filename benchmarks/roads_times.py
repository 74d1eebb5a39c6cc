"""How long roads take. In: networks that are ready. Out: seconds of each contender, run in turn."""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.roads_nets import ROOT, Net, Ordered
from benchmarks.roads_peers import Contender, inertial_order, list_peers, make_draw
from narvaro.core.jit import F64, I32
from narvaro.core.roads import CLOSED_MS, Hierarchy, Roads, hierarchy
from narvaro.directory.roads_file import save_roads

SIZE = 500
UNITS = 200
SCATTER_DEGREES = 0.0005
"""Units and incidents stand up to so far beside a junction, about 50 metres."""


def list_contenders(net: Net, theirs: I32) -> list[Contender]:
    """Return ours first, then the peers with each order."""
    ours = Contender(
        "ours",
        lambda draw: net.roads.between_nodes(draw.sources, draw.targets),
        lambda seconds: np.rint(seconds * 1000),
        net.roads.customise,
    )
    orders = [("own order", theirs), ("our order", net.ordered.order)]
    return [ours, *list_peers(net.graph, net.roads.travel_ms, orders)]


def time_matrices(
    contenders: list[Contender], net: Net, draws: int, repeats: int, seed: int
) -> dict[str, F64]:
    """Return seconds [draws, repeats] by contender; stop where two answer differently."""
    rng = np.random.default_rng(seed)
    nodes = np.unique(net.graph.arc_head[net.roads.travel_ms < CLOSED_MS])
    took = {one.name: np.zeros((draws, repeats)) for one in contenders}
    for d in range(draws):
        draw = make_draw(nodes, SIZE, rng)
        expected = contenders[0].read_ms(contenders[0].matrix(draw))
        for one in contenders[1:]:
            if not np.array_equal(one.read_ms(one.matrix(draw)), expected):
                raise SystemExit(
                    f"{one.name} answers other milliseconds than {contenders[0].name}."
                )
        for r in range(repeats):
            for k in range(len(contenders)):
                one = contenders[(k + r) % len(contenders)]
                took[one.name][d, r] = _timed(one.matrix, draw)
    return took


def time_incidents(net: Net, count: int, seed: int) -> dict[str, F64]:
    """Return seconds [count] of 200 kept units to one incident, snapped before, and from degrees."""
    rng = np.random.default_rng(seed)
    roads = net.roads
    lat, lon = _scatter(net, UNITS + count, rng)
    units = roads.keep(roads.place(lat[:UNITS], lon[:UNITS]))
    places = [roads.place(a, b) for a, b in zip(lat[UNITS:], lon[UNITS:], strict=True)]

    def from_degrees(a: float, b: float) -> None:
        roads.travel_s(units, roads.place(a, b))

    took = {"snapped": np.zeros(count), "from_degrees": np.zeros(count)}
    for k, place in enumerate(places):
        a, b = float(lat[UNITS + k]), float(lon[UNITS + k])
        took["snapped"][k] = _timed(roads.travel_s, units, place)
        took["from_degrees"][k] = _timed(from_degrees, a, b)
    return took


def time_reweighing(contenders: list[Contender], travel_ms: I32, repeats: int) -> dict[str, F64]:
    """Return seconds [repeats] of new weights for all arcs, by contender."""
    able = {one.name: one.reweigh for one in contenders if one.reweigh}
    took = {name: np.zeros(repeats) for name in able}
    for r, weights in enumerate(_weights(travel_ms, repeats)):
        for name, reweigh in able.items():
            took[name][r] = _timed(reweigh, weights)
    for reweigh in able.values():
        reweigh(travel_ms)
    return took


def time_large(large: Ordered, repeats: int) -> F64:
    """Return seconds [repeats] of new weights for all arcs of the large network."""
    roads = Roads(large.graph, large.hierarchy)
    weights = _weights(roads.travel_ms, repeats)
    return np.array([_timed(roads.customise, one) for one in weights])


def count_their_edges(ordered: Ordered, theirs: I32) -> int:
    """Count the arcs of the hierarchy in RoutingKit's inertial order."""
    built: Hierarchy = hierarchy.build(ordered.graph, theirs)
    return len(built.tree.up_head)


def time_inertial(ordered: Ordered) -> tuple[I32, float]:
    """Return RoutingKit's inertial order and the seconds that it took."""
    began = time.perf_counter()
    found = inertial_order(ordered.graph)
    return found, time.perf_counter() - began


def time_fresh(net: Net, repeats: int, seed: int) -> list[dict[str, float]]:
    """Return what fresh processes told that opened the saved roads; the first only fills caches."""
    told = []
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "roads"
        save_roads(saved, net.roads)
        for _ in range(repeats + 1):
            command = [sys.executable, "-m", "benchmarks.roads_fresh", str(saved), str(seed)]
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ
            )
            if done.returncode:
                raise SystemExit(f"benchmarks.roads_fresh failed:\n{done.stderr}")
            told.append(json.loads(done.stdout.splitlines()[-1]))
    return told[1:]


def _timed(work: Callable[..., Any], *given: Any) -> float:  # noqa: ANN401 - what the work takes
    gc.disable()
    began = time.perf_counter()
    work(*given)
    took = time.perf_counter() - began
    gc.enable()
    return took


def _scatter(net: Net, count: int, rng: np.random.Generator) -> tuple[F64, F64]:
    """Return latitudes and longitudes beside junctions on roads that a car may use."""
    graph = net.graph
    open_arcs = np.flatnonzero((net.roads.travel_ms < CLOSED_MS) & (graph.arc_piece >= 0))
    at = graph.arc_head[rng.choice(open_arcs, count)]
    lat, lon = (
        values[at] + rng.uniform(-SCATTER_DEGREES, SCATTER_DEGREES, count)
        for values in (graph.node_lat, graph.node_lon)
    )
    return lat, lon


def _weights(travel_ms: I32, count: int) -> list[I32]:
    """Return new weights for all open arcs, up to half as much again."""
    rng = np.random.default_rng(1)
    factors: list[npt.NDArray[np.float64]] = [
        rng.uniform(1.0, 1.5, len(travel_ms)) for _ in range(count)
    ]
    shut = travel_ms >= CLOSED_MS
    return [np.where(shut, CLOSED_MS, travel_ms * one).astype(np.int32) for one in factors]
