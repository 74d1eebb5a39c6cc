"""A fresh process that opens saved roads and answers. In: roads.npz, a seed. Out: seconds, megabytes.

`python -m benchmarks.roads_fresh FILE SEED` prints JSON. The clock runs from opening the file to the
first answer (200 units, one incident), compiled kernels in their cache; importing comes before. The
peak is the process's own resident memory after one matrix of 500 x 500 (VmHWM).
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from narvaro.directory.roads_file import load_roads


def main(path: Path, seed: int) -> None:
    """Open, ask, print."""
    rng = np.random.default_rng(seed)
    began = time.perf_counter()
    roads = load_roads(path)
    opened = time.perf_counter()
    at = rng.integers(0, roads.graph.nodes, 201)
    places = roads.place(roads.graph.node_lat[at], roads.graph.node_lon[at])
    units = roads.keep(places.take(list(range(200))))
    roads.travel_s(units, places.take([200]))
    answered = time.perf_counter()
    nodes = rng.integers(0, roads.graph.nodes, (2, 500)).astype(np.int32)
    roads.between_nodes(nodes[0], nodes[1])
    status = Path("/proc/self/status").read_text("ascii")
    peak_kb = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    told = {"open_s": opened - began, "load_s": answered - began, "memory_mb": peak_kb / 1024}
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
