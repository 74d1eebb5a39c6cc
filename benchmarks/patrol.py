"""Patrol plans against PyVRP, VROOM and OR-Tools. In: options. Out: tables, and keys as JSON.

`python -m benchmarks.patrol` plays a part that ends within 25 minutes; `--full` plays everything
that docs/formulas/patrol.md names (many hours); `--quick` only shows that it runs. Every figure is
computed by benchmarks/check/patrol.py, a process of its own, from what is dumped.
"""

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.patrol_instances import CITIES, Towns
from benchmarks.patrol_play import Dump, play_harm, play_prizes, play_samples, play_toptw
from benchmarks.patrol_solvers import PEERS
from narvaro.core.patrol import warm

KEYS = {
    "prize_ratio_pyvrp_2s": "not in this part: --seconds 2",
    "prize_ratio_pyvrp_10s": "not in this part: --seconds 10",
    "prize_ratio_pyvrp_60s": "not in this part: --seconds 60",
    "objective_ratio_best_peer": "not in this part: --objective-seconds 10",
    "sampling_loss": "plans are not drawn to given visit probabilities yet",
    "sampling_loss_times": "not in this part: --sampling PLANS (200 by definition)",
    "op_gap_mean": "not in this part: --toptw FOLDER",
    "op_ratio_pyvrp": "not in this part: --toptw FOLDER",
}
FULL = {
    "spots": [40, 60, 80, 120],
    "seeds": [1, 2, 3],
    "solver_seeds": [1, 2, 3],
    "seconds": [2.0, 10.0, 60.0],
    "half_lives": [60, 30, 120],
    "sampling": 200,
}
QUICK = {"cities": ["oslo"], "spots": [40], "seconds": [2.0], "objective_seconds": 2.0}


def _numbers(kind: type) -> Any:  # noqa: ANN401 - what argparse takes
    return lambda text: [kind(part) for part in text.split(",") if part]


def _read_options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--cities", type=_numbers(str), default=list(CITIES))
    options.add_argument("--spots", type=_numbers(int), default=[60, 120])
    options.add_argument("--seeds", type=_numbers(int), default=[1], help="of instances")
    options.add_argument("--solver-seeds", type=_numbers(int), default=[1])
    options.add_argument("--seconds", type=_numbers(float), default=[2.0, 10.0], help="for prizes")
    options.add_argument(
        "--objective-seconds", type=float, default=10.0, help="0: no real objective"
    )
    options.add_argument("--half-lives", type=_numbers(int), default=[60], help="minutes")
    options.add_argument("--peers", type=_numbers(str), default=list(PEERS))
    options.add_argument("--sampling", type=int, default=0, help="plans per instance")
    options.add_argument("--toptw", help="folder with instances/ and best_known.csv")
    options.add_argument("--toptw-seconds", type=float, default=10.0)
    options.add_argument("--toptw-units", type=_numbers(int), default=[1, 2, 3, 4])
    options.add_argument("--toptw-every", type=int, default=1, help="every n-th file")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--full", action="store_true")
    options.add_argument("--json", action="store_true", help="keys as JSON on the last line")
    options.add_argument("--dump", help="keep plans and instances in this folder")
    asked = options.parse_args()
    for name, chosen in (QUICK if asked.quick else FULL if asked.full else {}).items():
        setattr(asked, name, chosen)
    return asked


def play(asked: argparse.Namespace, dump: Dump) -> None:
    """Play everything that is asked."""
    towns = Towns()
    for city in asked.cities:
        for spots in asked.spots:
            for seed in asked.seeds:
                instance = towns.draw(CITIES[city], spots, seed)
                dump.add_instance(instance.name, instance.model, instance.harm)
                play_prizes(asked, instance, dump)
                if asked.objective_seconds > 0:
                    play_harm(asked, instance, dump)
                if asked.sampling:
                    play_samples(asked, instance, dump)
    if asked.toptw:
        play_toptw(asked, dump)


def show(told: dict[str, Any]) -> None:
    """Print a line per instance, play and solver."""
    rows: defaultdict[tuple[object, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in told["plans"]:
        half_life = f"h {one['half_life_s'] // 60} min" if one["half_life_s"] else ""
        sample = one["variant"] if one["variant"] in {"reference", "sample"} else ""
        named = (one["kind"], half_life, sample, f"{one['seconds']:g} s")
        rows[one["instance"], *named, one["solver"]].append(one)
    print(f"{'instance':<16}{'play':<34}{'solver':<10}{'plans':>6}{'best':>10}{'median':>10}"
          f"{'driven h':>10}{'took s':>8}")  # fmt: skip
    for (instance, *parts, solver), plans in rows.items():
        values = [one["value"] for one in plans]
        driven = median(one["driven_s"] for one in plans) / 3600
        took = median(one["took_s"] for one in plans)
        print(f"{instance:<16}{' '.join(str(part) for part in parts if part):<34}{solver:<10}"
              f"{len(plans):>6}{max(values):>10.1f}{median(values):>10.1f}{driven:>10.1f}{took:>8.1f}")  # fmt: skip


def main() -> None:
    """Play, judge, print."""
    asked = _read_options()
    os.environ["OMP_NUM_THREADS"] = "1"
    started = time.monotonic()
    warm()
    cold_s = time.monotonic() - started
    part = {key: value for key, value in vars(asked).items() if key not in {"json", "dump"}}
    print("Part played:", json.dumps(part))
    print(
        "Peers:", ", ".join(f"{name} {version(name)}" for name in ("pyvrp", "pyvroom", "ortools"))
    )
    with tempfile.TemporaryDirectory() as spare:
        dump = Dump(Path(asked.dump or spare))
        play(asked, dump)
        told = dump.judge()
    show(told)
    keys: dict[str, object] = dict.fromkeys(KEYS) | told["keys"]
    missing = {name: why for name, why in KEYS.items() if keys[name] is None}
    for name, found in keys.items():
        print(f"{name:<34}{'null: ' + missing[name] if found is None else format(found, '.4f')}")
    print(f"compiling or loading the kernels took {cold_s:.1f} s; all plans judged, none at fault")
    if asked.json:
        print(json.dumps(keys | {"cold_s": round(cold_s, 2), "missing": missing, "part": part}))


if __name__ == "__main__":
    main()
