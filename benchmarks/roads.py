"""Travel times against the best contraction hierarchies, and against Dijkstra. Out: tables, keys.

`python -m benchmarks.roads [--osm FILE] [--json] [--dump DIR]`: Oslo, Portland and Porto, or one
extract of your own; the answers are judged on Helsinki too. Keys are what the slowest network
reached. Node orders, matrices, single incidents and new weights are timed here in one thread,
contenders in turn; opening saved roads in fresh processes. `benchmarks/check/roads.py` recomputes the
answers and the ratios from the dump.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.roads_exact import TARGETS, count_literal, count_mismatches
from benchmarks.roads_nets import ROOT, Net, Ordered, find_extract, load, order, unfold
from benchmarks.roads_peers import PEERS
from benchmarks.roads_times import (
    count_their_edges,
    list_contenders,
    time_fresh,
    time_incidents,
    time_inertial,
    time_large,
    time_matrices,
    time_reweighing,
)
from narvaro.core.jit import I32
from narvaro.core.roads import warm

MATRIX, ARCS, LARGE_ARCS = "matrix_500_ratio_best_cch", "arcs_ratio", "arcs_large_ratio"
GOALS = {
    MATRIX: (10.0, "at least"),
    "one_incident_200_units_ms": (0.04, "at most"),
    "one_incident_200_units_geo_ms": (0.1, "at most"),
    "reweight_ms": (20.0, "at most"),
    "reweight_large_ms": (50.0, "at most"),
    "order_s": (2.0, "at most"),
    "order_large_s": (8.0, "at most"),
    ARCS: (1.0, "at most"),
    LARGE_ARCS: (1.0, "at most"),
    "load_s": (0.5, "at most"),
    "memory_mb": (400.0, "at most"),
    "mismatches": (0.0, "at most"),
    "mismatches_literal": (0.0, "at most"),
}
QUICK = {
    "networks": ["oslo"],
    "judged": [],
    "draws": 1,
    "repeats": 3,
    "incidents": 100,
    "sources": 40,
    "literal_sources": 4,
}
Told = dict[str, Any]


def _read_options() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return [part for part in text.split(",") if part]

    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--osm", type=Path, help="an extract of your own instead of the networks")
    options.add_argument("--networks", type=names, default=["oslo", "portland", "porto"])
    options.add_argument("--judged", type=names, default=["helsinki"], help="answers judged too")
    options.add_argument("--draws", type=int, default=5, help="of 500 x 500 junctions")
    options.add_argument("--repeats", type=int, default=11)
    options.add_argument("--incidents", type=int, default=1000)
    options.add_argument("--sources", type=int, default=1000, help="judged per network; 0: none")
    options.add_argument("--literal-sources", type=int, default=20, help="per network; 0: none")
    options.add_argument("--no-large", action="store_true", help="without half a million arcs")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quick", action="store_true", help="only show that it runs")
    options.add_argument("--json", action="store_true", help="keys as JSON on the last line")
    options.add_argument("--dump", type=Path, help="keep answers, graphs and times in this folder")
    asked = options.parse_args()
    for name, chosen in (QUICK if asked.quick else {}).items():
        setattr(asked, name, chosen)
    return asked


def keep_orders(file: Path, ordered: Ordered, theirs: I32) -> None:
    """Dump both orders of a graph."""
    ends = (ordered.graph.arc_tail, ordered.graph.arc_head)
    np.savez(file, ours=ordered.order, theirs=theirs, tail=ends[0], head=ends[1])


def time_network(asked: argparse.Namespace, net: Net, dump: Path) -> Told:
    """Time everything on one network."""
    theirs, theirs_s = time_inertial(net.ordered)
    contenders = list_contenders(net, theirs)
    matrix = time_matrices(contenders, net, asked.draws, asked.repeats, asked.seed)
    incidents = time_incidents(net, asked.incidents, asked.seed)
    reweighing = time_reweighing(contenders, net.roads.travel_ms, asked.repeats)
    keep_orders(dump / f"orders_{net.name}.npz", net.ordered, theirs)
    edges = count_their_edges(net.ordered, theirs)
    return {
        "nodes": net.graph.nodes,
        "arcs": net.graph.arcs,
        "read_s": net.read_s,
        "build_s": net.ordered.build_s,
        "height": net.ordered.hierarchy.height,
        "edges": net.ordered.edges,
        "inertial_s": theirs_s,
        "inertial_edges": edges,
        "order_s": net.ordered.order_s,
        ARCS: net.ordered.edges / edges,
        "matrix": {name: took.tolist() for name, took in matrix.items()},
        "incidents": {name: took.tolist() for name, took in incidents.items()},
        "reweighing": {name: took.tolist() for name, took in reweighing.items()},
        "fresh": time_fresh(net, 3, asked.seed),
    }


def time_unfolded(asked: argparse.Namespace, net: Net, dump: Path) -> Told:
    """Time the order and the new weights of the network with all shape points as junctions."""
    large = order(unfold(net.graph))
    theirs, theirs_s = time_inertial(large)
    keep_orders(dump / "orders_large.npz", large, theirs)
    edges = count_their_edges(large, theirs)
    return {
        "of": net.name,
        "nodes": large.graph.nodes,
        "arcs": large.graph.arcs,
        "order_large_s": large.order_s,
        "build_s": large.build_s,
        "inertial_s": theirs_s,
        LARGE_ARCS: large.edges / edges,
        "reweighing": time_large(large, asked.repeats).tolist(),
    }


def _middle_ms(seconds: list[Any]) -> float:
    return float(np.median(seconds)) * 1000


def keys_of(times: Told, judged: dict[str, Told], literal: dict[str, Told]) -> dict[str, float]:
    """Return each key as the network that did worst has it."""
    nets, keys = list(times["networks"].values()), {}
    if nets:
        keys[MATRIX] = min(matrix_ratio(one["matrix"]) for one in nets)
        for key, kind in (("", "snapped"), ("geo_", "from_degrees")):
            worst = max(_middle_ms(one["incidents"][kind]) for one in nets)
            keys[f"one_incident_200_units_{key}ms"] = worst
        keys["reweight_ms"] = max(_middle_ms(one["reweighing"]["ours"]) for one in nets)
        keys |= {key: max(one[key] for one in nets) for key in ("order_s", ARCS)}
        for key in ("load_s", "memory_mb"):
            keys[key] = max(float(np.median([run[key] for run in one["fresh"]])) for one in nets)
    if large := times.get("large"):
        keys["reweight_large_ms"] = _middle_ms(large["reweighing"])
        keys |= {key: large[key] for key in ("order_large_s", LARGE_ARCS)}
    for end, told in (("", judged), ("_literal", literal)):
        if told:
            for key in ("pairs", "mismatches"):
                keys[key + end] = sum(one[key] for one in told.values())
    return keys


def matrix_ratio(took: dict[str, list[list[float]]]) -> float:
    """Return the median seconds of the fastest peer over ours."""
    middle = {name: _middle_ms(seconds) for name, seconds in took.items()}
    return min(ms for name, ms in middle.items() if name != "ours") / middle["ours"]


def show(times: Told, judged: dict[str, Told], literal: dict[str, Told]) -> None:
    """Print what was measured, network by network."""
    for name, one in times["networks"].items():
        print(f"\n{name}: {one['nodes']} nodes, {one['arcs']} arcs, read {one['read_s']:.1f} s,"
              f" order {one['order_s']:.2f} s (inertial {one['inertial_s']:.2f} s), build"
              f" {one['build_s']:.2f} s, {one['edges']} arcs of the hierarchy ({one[ARCS]:.3f} of"
              f" inertial's), height {one['height']}; 500 x 500"
              f" {matrix_ratio(one['matrix']):.1f} times as fast as the best peer")  # fmt: skip
        for title, kind in (("500 x 500", "matrix"), ("all weights", "reweighing")):
            for who, took in one[kind].items():
                ms = np.ravel(took) * 1000
                print(f"  {title:<12}{who:<28}{np.median(ms):>9.2f} ms  {ms.min():>9.2f} …"
                      f"{ms.max():>9.2f}")  # fmt: skip
        for kind, took in one["incidents"].items():
            us = np.array(took) * 1e6
            print(f"  200 units to one incident, {kind:<14}{np.median(us):>7.1f} µs, p95"
                  f" {np.percentile(us, 95):.1f}")  # fmt: skip
        for run in one["fresh"]:
            print("  fresh:", ", ".join(f"{key} {value:.3f}" for key, value in run.items()))
    if large := times.get("large"):
        print(f"\n{large['of']}, every shape point: {large['nodes']} nodes, {large['arcs']} arcs,"
              f" inertial {large['inertial_s']:.2f} s, build {large['build_s']:.2f} s")  # fmt: skip
    for title, told in (("against Dijkstra", judged), ("by the letter", literal)):
        for name, one in told.items():
            print(f"{title}, {name}: {json.dumps(one)}")


def recompute(dump: Path) -> dict[str, float]:
    """Return the keys as the check has them, which imports nothing of ours."""
    command = [sys.executable, "benchmarks/check/roads.py", str(dump)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"benchmarks/check/roads.py failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def play(asked: argparse.Namespace, dump: Path) -> tuple[Told, dict[str, Told], dict[str, Told]]:
    """Time, then judge, network by network."""
    timed = {asked.osm.stem: asked.osm} if asked.osm else dict.fromkeys(asked.networks)
    only_judged = [] if asked.osm else [name for name in asked.judged if name not in timed]
    times: Told = {"networks": {}}
    judged: dict[str, Told] = {}
    literal: dict[str, Told] = {}
    largest: Net | None = None
    for name in [*timed, *only_judged]:
        print(f"{name} …", file=sys.stderr, flush=True)
        net = load(name, timed.get(name) or find_extract(name))
        if name in timed:
            times["networks"][name] = time_network(asked, net, dump)
            if largest is None or net.graph.arcs > largest.graph.arcs:
                largest = net
        if asked.sources:
            judged[name] = count_mismatches(net, asked.sources, asked.seed, dump)
        if asked.literal_sources:
            literal[name] = count_literal(net, asked.literal_sources, asked.seed, dump)
    if largest and not asked.no_large:
        times["large"] = time_unfolded(asked, largest, dump)
    (dump / "times.json").write_text(json.dumps(times), "utf-8")
    return times, judged, literal


def main() -> None:
    """Measure, judge, print."""
    asked = _read_options()
    began = time.perf_counter()
    warm()
    cold_s = time.perf_counter() - began
    print("Peers:", ", ".join(f"{name} {version(name)}" for name in PEERS),
          f"· load {os.getloadavg()[0]:.1f} · {TARGETS} targets a source")  # fmt: skip
    with tempfile.TemporaryDirectory() as spare:
        dump = asked.dump or Path(spare)
        dump.mkdir(parents=True, exist_ok=True)
        times, judged, literal = play(asked, dump)
        again = recompute(dump)
    show(times, judged, literal)
    keys = keys_of(times, judged, literal)
    print(f"\n{'':34}{'found':>10}{'goal':>18}{'recomputed':>12}")
    for key, value in keys.items():
        bound, side = GOALS.get(key, (None, ""))
        kept = bound is None or (value >= bound if side == "at least" else value <= bound)
        goal = "" if bound is None else f"{side} {bound:g}"
        other = f"{again[key]:.4g}" if key in again else ""
        print(f"{key:<34}{value:>10.4g}{goal:>18}{other:>12}{'' if kept else '  NOT KEPT'}")
    print(f"compiling or loading the kernels took {cold_s:.1f} s; load {os.getloadavg()[0]:.1f}")
    apart = [key for key in again if key in keys and not np.isclose(again[key], keys[key])]
    if asked.json:
        print(json.dumps(keys | {"cold_s": round(cold_s, 2)}))
    if apart:
        raise SystemExit(f"The check of the dump finds other values: {', '.join(apart)}.")


if __name__ == "__main__":
    main()
