"""Judge answers about roads from a dump: `python benchmarks/check/roads.py DIR`. Numpy alone.

`pairs_*.npz` hold sources, targets and seconds by state, `graph_*.npz` the expanded graph with each
state's seconds, `orders_*.npz` node orders, `times.json` what the clock said. Prints the keys as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FAR = np.int64(1) << 60
ROWS_AT_ONCE = 50


def sweep(tail: Array, head: Array, ms: Array, nodes: int, sources: Array) -> Array:
    """Return the shortest milliseconds [S, nodes]: relax in order of time, one slice at once."""
    order = np.argsort(tail, kind="stable")
    first = np.searchsorted(tail[order], np.arange(nodes + 1))
    head, ms = head[order], ms[order]
    best = np.full(len(sources) * nodes, FAR)
    begin = np.arange(len(sources)) * nodes + sources
    best[begin] = 0
    waiting, queued = begin, np.zeros(len(best), bool)
    slice_ms = max(1, 4 * int(np.median(ms))) if len(ms) else 1
    while len(waiting):
        due = best[waiting] <= best[waiting].min() + slice_ms
        now, waiting = waiting[due], waiting[~due]
        queued[now] = False
        node = now % nodes
        degree = first[node + 1] - first[node]
        arc = np.repeat(first[node] - np.cumsum(degree) + degree, degree) + np.arange(degree.sum())
        origin = np.repeat(now, degree)
        to, then = origin - origin % nodes + head[arc], best[origin] + ms[arc]
        better = then < best[to]
        to, then = to[better], then[better]
        np.minimum.at(best, to, then)
        fresh = np.unique(to[~queued[to]])
        queued[fresh] = True
        waiting = np.concatenate([waiting, fresh])
    return best.reshape(len(sources), nodes)


def fill(nodes: int, tail: Array, head: Array, order: Array) -> int:
    """Count the arcs that elimination in an order leaves: neighbours put aside later, handed up."""
    rank = np.empty(nodes, np.int64)
    rank[order] = np.arange(nodes)
    low, high = np.minimum(rank[tail], rank[head]), np.maximum(rank[tail], rank[head])
    above: list[set[int]] = [set() for _ in range(nodes)]
    for a, b in np.unique(np.stack([low, high], axis=1)[low < high], axis=0).tolist():
        above[a].add(b)
    count = 0
    for v in range(nodes):
        count += len(above[v])
        if above[v]:
            parent = min(above[v])
            above[v].remove(parent)
            above[parent] |= above[v]
            above[v] = set()
    return count


def mismatches(graph: Any, pairs: Any) -> tuple[int, int]:  # noqa: ANN401 - what numpy opens
    """Return (pairs, those that differ) over all states of a network."""
    size, wrong = 0, 0
    for state in [key.removeprefix("source_") for key in pairs if key.startswith("source_")]:
        seconds = graph[f"seconds_{state}"]
        is_open = np.isfinite(seconds)
        tail, head = graph["tail"][is_open].astype(np.int64), graph["head"][is_open]
        ms = np.rint(seconds[is_open] * 1000).astype(np.int64)
        nodes = int(max(graph["tail"].max(), graph["head"].max())) + 1
        source, target = pairs[f"source_{state}"].astype(np.int64), pairs[f"target_{state}"]
        told = pairs[f"seconds_{state}"]
        for k in range(0, len(source), ROWS_AT_ONCE):
            rows = slice(k, k + ROWS_AT_ONCE)
            best = sweep(tail, head, ms, nodes, source[rows])[:, target]
            said = np.where(np.isfinite(told[rows]), np.rint(told[rows] * 1000), FAR)
            size, wrong = size + best.size, wrong + int((said != best).sum())
    return size, wrong


def middle_ms(seconds: Any) -> float:  # noqa: ANN401 - nested lists
    """Return the median in milliseconds."""
    return float(np.median(seconds)) * 1000


def clock_keys(net: Any) -> dict[str, float]:  # noqa: ANN401 - as JSON has it
    """Return the keys of one network that a clock gave."""
    matrix = {name: middle_ms(took) for name, took in net["matrix"].items()}
    ours = matrix.pop("ours")
    return {
        "matrix_500_ratio_best_cch": min(matrix.values()) / ours,
        "one_incident_200_units_ms": middle_ms(net["incidents"]["snapped"]),
        "one_incident_200_units_geo_ms": middle_ms(net["incidents"]["from_degrees"]),
        "reweight_ms": middle_ms(net["reweighing"]["ours"]),
        "load_s": float(np.median([run["load_s"] for run in net["fresh"]])),
        "memory_mb": float(np.median([run["memory_mb"] for run in net["fresh"]])),
    }


def main(folder: Path) -> dict[str, float]:
    """Recompute the keys."""
    keys: dict[str, float] = {"pairs": 0, "mismatches": 0}
    for path in sorted(folder.glob("pairs_*.npz")):
        graph = dict(np.load(folder / path.name.replace("pairs", "graph")))
        size, wrong = mismatches(graph, dict(np.load(path)))
        keys["pairs"] += size
        keys["mismatches"] += wrong
    for path in sorted(folder.glob("orders_*.npz")):
        d, key = np.load(path), "arcs_large_ratio" if "large" in path.stem else "arcs_ratio"
        counts = [fill(len(d["ours"]), d["tail"], d["head"], d[one]) for one in ("ours", "theirs")]
        keys[key] = max(keys.get(key, 0.0), counts[0] / counts[1])
    times = json.loads((folder / "times.json").read_text("utf-8"))
    if large := times.get("large"):
        keys["reweight_large_ms"] = middle_ms(large["reweighing"])
    rows = [clock_keys(one) for one in times["networks"].values()]
    for key in rows[0] if rows else ():
        keys[key] = (min if "ratio" in key else max)(row[key] for row in rows)
    return keys


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
