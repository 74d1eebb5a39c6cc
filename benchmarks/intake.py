"""Durable acknowledgements of alarms, per second and how late, and alarms on a hundred consoles.

    python -m benchmarks.intake [--json] [--seconds 4] [--runs 5] [--only receiver|consoles]

The real receiver process answers a sender in a process of its own (benchmarks.intake_sender) over
1, 50 and 500 connections, plain and encrypted, on this machine's disk and with 5 ms added to each
sync; beside it pysiaalarm under the same load, where it is installed: that stores nothing. Sender
and receiver share the machine's cores. Each connection waits for its answer before it sends again, as
panels do: so the load follows the receiver, and a p99 is that of a receiver that is never idle. What is
promised of acknowledgements is measured several times and judged by the median, what is promised of
consoles once, over thousands of values; where it is not kept, or an alarm that
was acknowledged is not in the journal afterwards, the benchmark fails.
"""

import argparse
import importlib.util
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.intake_consoles import measure_consoles
from benchmarks.intake_sender import account_of, key_of
from benchmarks.product import ROOT, free_ports
from benchmarks.verdict import Goal, judge, print_machine
from narvaro.intake.records import read_after
from narvaro.intake.sealed import Accounts, AlarmAccount
from tests.intake.running import Running

CONNECTIONS = (1, 50, 500)
SLOW_MS = 5
MOST_PER_S = 9000  # frames that are prepared for each second of a run
SYSTEMS = ("narvaro", "narvaro, +5 ms per sync", "pysiaalarm (stores nothing)")
GOALS = (
    Goal("ack_per_s_encrypted_50", 2000, at_least=True),
    Goal("ack_p99_ms_encrypted_50", 50),
    Goal("ack_per_s_encrypted_50_slow_sync", 1500, at_least=True),
    Goal("console_p99_ms", 1000),
    Goal("unit_proposed_p99_ms", 2000),
)


class LostError(Exception):
    """An alarm was acknowledged and is not in the journal, or none was acknowledged at all."""


@dataclass(frozen=True)
class Result:
    """One run."""

    system: str
    connections: int
    encrypted: bool
    per_s: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    sender_busy: float
    counted: int
    checked: int

    def name(self, what: str) -> str:
        """Return the key of a figure in the JSON line."""
        system = {SYSTEMS[1]: "_slow_sync", SYSTEMS[2]: "_pysiaalarm"}.get(self.system, "")
        return f"{what}_{'encrypted' if self.encrypted else 'plain'}_{self.connections}{system}"


def make_accounts(connections: int, *, encrypted: bool) -> Accounts:
    """Return one account per connection."""
    return Accounts(
        tuple(
            AlarmAccount(
                "town",
                account_of(panel),
                key=key_of(panel) if encrypted else "",
                key_form="ascii",
            )
            for panel in range(connections)
        )
    )


def send(
    port: int, connections: int, seconds: float, ledger: Path, *, encrypted: bool
) -> dict[str, Any]:
    """Let the sender send; return its figures."""
    frames = int(seconds + 1) * (MOST_PER_S if connections > 1 else MOST_PER_S // 2)
    command = [
        sys.executable, "-m", "benchmarks.intake_sender", "--port", str(port),
        "--connections", str(connections), "--seconds", str(seconds),
        "--frames", str(frames), "--ledger", str(ledger),
    ]  # fmt: skip
    if not encrypted:
        command.append("--plain")
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(ended.stdout)
    if figures["refused"] or not figures["acknowledged"]:
        raise LostError(f"{connections} connections: refused with {figures['refused']}")
    return figures


@contextmanager
def receiver(
    folder: Path, disk: str, connections: int, *, encrypted: bool
) -> Iterator[tuple[Running, int]]:
    """Run the receiver in a folder of its own; yield it and its port."""
    limits: dict[str, float] = {
        "connections": 2 * connections + 1000,
        "per_peer": 2 * connections + 100,
    }
    running = Running(folder, limits=limits, disk=disk)
    running.hand_over(make_accounts(connections, encrypted=encrypted))
    running.start()
    try:
        yield running, running.dc09_port
    finally:
        running.end()


@contextmanager
def peer(connections: int, *, encrypted: bool) -> Iterator[int]:
    """Run pysiaalarm; yield its port."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "benchmarks.intake_peer", "--port", str(port),
               "--connections", str(connections)]  # fmt: skip
    if not encrypted:
        command.append("--plain")
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("pysiaalarm did not start")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def count_stored(journal: Path, ledger: Path) -> int:
    """Return how many acknowledged alarms there are; raise LostError where one is not stored."""
    missing = set(ledger.read_text().split())
    count = len(missing)
    after = 0
    while batch := read_after(journal, after, 5000):
        after = batch[-1].id
        missing -= {one.decoded.partition('"text":"')[2].partition('"')[0] for one in batch}
    if missing:
        raise LostError(f"{len(missing)} of {count} acknowledged alarms are not in the journal")
    return count


def measure(system: str, connections: int, seconds: float, *, encrypted: bool) -> Result:
    """Measure one system under one load."""
    with tempfile.TemporaryDirectory(prefix="intake-", dir=ROOT / "build") as name:
        folder, checked = Path(name), 0
        ledger = folder / "ledger"
        if system == SYSTEMS[2]:
            with peer(connections, encrypted=encrypted) as port:
                figures = send(port, connections, seconds, ledger, encrypted=encrypted)
        else:
            disk = f"sync_ms={SLOW_MS}" if system == SYSTEMS[1] else ""
            with receiver(folder, disk, connections, encrypted=encrypted) as (running, port):
                figures = send(port, connections, seconds, ledger, encrypted=encrypted)
            checked = count_stored(running.journal, ledger)
    return Result(
        system, connections, encrypted, figures["per_s"], figures["p50_ms"], figures["p99_ms"],
        figures["longest_ms"], figures["sender_busy"], figures["counted"], checked,
    )  # fmt: skip


def loads(runs: int) -> Iterator[tuple[str, int, bool]]:
    """List what is measured: each once, and what a goal is about several times."""
    there = importlib.util.find_spec("pysiaalarm") is not None
    for system in SYSTEMS if there else SYSTEMS[:2]:
        for encrypted in (False, True):
            for connections in CONNECTIONS:
                often = encrypted and connections == 50
                for _ in range(runs if often else 1):
                    yield system, connections, encrypted
    if not there:
        print("pysiaalarm is not installed here: pip install pysiaalarm")


def measure_all(seconds: float, runs: int) -> Iterator[Result]:
    """Measure all systems under all loads, and print each as it comes."""
    print(f"{'':28}{'':>10}{'conn.':>6}{'ACK/s':>8}{'counted':>9}{'p50 ms':>8}{'p99 ms':>8}"
          f"{'max ms':>8}{'sender':>8}{'in journal':>12}")  # fmt: skip
    for system, connections, encrypted in loads(runs):
        one = measure(system, connections, seconds, encrypted=encrypted)
        kind = "encrypted" if encrypted else "plain"
        checked = f"{one.checked}" if one.checked else "-"
        print(f"{system:28}{kind:>10}{connections:>6}{one.per_s:>8.0f}{one.counted:>9}"
              f"{one.p50_ms:>8.1f}{one.p99_ms:>8.1f}{one.longest_ms:>8.1f}{one.sender_busy:>8.0%}"
              f"{checked:>12}", flush=True)  # fmt: skip
        yield one


def main() -> None:
    """Run the benchmark, print its tables; exit 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description="Durable acknowledgements per second.")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each run")
    parser.add_argument("--runs", type=int, default=5, help="of what is promised")
    parser.add_argument("--consoles", type=int, default=100)
    parser.add_argument("--alarms", type=int, default=60)
    parser.add_argument("--only", choices=("receiver", "consoles"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    print(f"Python {platform.python_version()}; sender and receiver share the cores")
    print_machine(ROOT / "build")
    runs: defaultdict[str, list[float]] = defaultdict(list)
    if given.only != "consoles":
        for one in measure_all(given.seconds, given.runs):
            runs[one.name("ack_per_s")].append(one.per_s)
            runs[one.name("ack_p50_ms")].append(one.p50_ms)
            runs[one.name("ack_p99_ms")].append(one.p99_ms)
    if given.only != "receiver":
        for name, value in measure_consoles(given.consoles, given.alarms).items():
            runs[name].append(value)
    kept = judge(GOALS, runs)
    if given.json:
        print(json.dumps({name: round(statistics.median(all_), 2) for name, all_ in runs.items()}))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
