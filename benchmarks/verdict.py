"""Whether a benchmark's promises were kept. In: figures of several runs. Out: a table, a verdict.

A promise is judged by the median of its runs; the least and the most are printed beside it, for one
run on a machine that does something else as well decides nothing.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SYNCS = 200


@dataclass(frozen=True)
class Goal:
    """A figure that is promised: at least, or else at most, so much."""

    figure: str
    bound: float
    at_least: bool = False

    def is_kept(self, values: Sequence[float]) -> bool:
        """Return whether the median of the runs keeps it."""
        middle = statistics.median(values)
        return middle >= self.bound if self.at_least else middle <= self.bound


def judge(goals: Iterable[Goal], figures: Mapping[str, Sequence[float]]) -> bool:
    """Print each goal that was measured; return whether all of these were kept."""
    measured = [one for one in goals if figures.get(one.figure)]
    print(f"{'promised':38}{'':>3}{'goal':>8}{'median':>9}{'least':>9}{'most':>9}{'runs':>6}")
    for one in measured:
        values = figures[one.figure]
        said = "kept" if one.is_kept(values) else "NOT KEPT"
        print(f"{one.figure:38}{'≥' if one.at_least else '≤':>3}{one.bound:>8.0f}"
              f"{statistics.median(values):>9.1f}{min(values):>9.1f}{max(values):>9.1f}"
              f"{len(values):>6}  {said}")  # fmt: skip
    return all(one.is_kept(figures[one.figure]) for one in measured)


def print_machine(folder: Path) -> None:
    """Print what else decides: cores, load, the file system of `folder` and its syncs."""
    waits = sorted(_time_syncs(folder))
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {_file_system_of(folder)}; a sync of"
        f" 4 KB takes {waits[len(waits) // 2]:.2f} ms (p99 {waits[int(len(waits) * 0.99)]:.2f})"
    )


def _time_syncs(folder: Path) -> list[float]:
    waits = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(os.urandom(4096))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            waits.append((time.perf_counter() - begun) * 1e3)
    return waits


def _file_system_of(folder: Path) -> str:
    """Return the type of the file system that the folder lies on, as the kernel names it."""
    at, kind = Path("/"), "unknown"
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        _, place, name, *_rest = line.split()
        if folder.resolve().is_relative_to(place) and Path(place).is_relative_to(at):
            at, kind = Path(place), name
    return kind
