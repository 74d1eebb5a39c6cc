"""The plays of the patrol benchmark. In: what is asked. Out: plans, dumped and judged.

Contenders take turns on each instance, so that a busy machine is everybody's.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.patrol_instances import NIGHT_S, ROOT, Instance, Model, read_toptw, slot_models
from benchmarks.patrol_solvers import PEERS, Rows, Solver, plan_harm, run_ours, time_routes

CHECK = ROOT / "benchmarks" / "check" / "patrol.py"
OURS = "narvaro"
REFERENCES, REFERENCE_FACTOR = 5, 6  # the reference: the best of five, each six times as long


@dataclass(slots=True)
class Dump:
    """Plans and instances as they are judged, in a folder."""

    folder: Path
    plans: list[dict[str, Any]] = field(default_factory=list)
    proved: dict[str, float] = field(default_factory=dict)

    def add_instance(
        self, name: str, model: Model, harm: npt.NDArray[np.float64] | None = None
    ) -> None:
        """Write what plans are judged against."""
        (self.folder / "instances").mkdir(parents=True, exist_ok=True)
        np.savez(
            self.folder / "instances" / f"{name}.npz",
            harm=np.zeros((len(model.travel), 0)) if harm is None else harm,
            travel=model.travel,
            place=model.place,
            opens=model.opens,
            closes=model.closes,
            dwell=model.dwell,
            prize=model.prize,
            units=model.units,
        )

    def add(self, solver: str, rows: Rows, started: float, /, **facts: object) -> None:
        """Note a plan with what is known of it, and how long it took until now."""
        took_s = time.monotonic() - started
        known = {"variant": "", "half_life_s": 0, "took_s": took_s} | facts
        self.plans.append({"solver": solver, "rows": rows} | known)
        print(
            f"  {facts['instance']:<14}{facts['kind']:<8}{solver:<9}{took_s:6.1f} s",
            file=sys.stderr,
        )

    def judge(self) -> dict[str, Any]:
        """Let the evaluator read the dump; end where it finds a fault."""
        given = json.dumps({"plans": self.plans, "proved": self.proved})
        (self.folder / "plans.json").write_text(given, "utf-8")
        command = [sys.executable, str(CHECK), str(self.folder)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if not ran.stdout:
            raise SystemExit(f"The evaluator failed:\n{ran.stderr}")
        told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        if told["faults"]:
            raise SystemExit("Plans that break a rule:\n" + "\n".join(told["faults"]))
        return told


def _contenders(asked: argparse.Namespace) -> dict[str, Solver]:
    return {OURS: run_ours} | {name: PEERS[name] for name in asked.peers}


def play_prizes(asked: argparse.Namespace, instance: Instance, dump: Dump) -> None:
    """Collect prizes on PyVRP's own model."""
    facts = {"instance": instance.name, "kind": "prize"}
    for seconds in asked.seconds:
        for seed in asked.solver_seeds:
            for name, solve in _contenders(asked).items():
                started = time.monotonic()
                rows = time_routes(instance.model, solve(instance.model, seconds, seed))
                dump.add(name, rows, started, seconds=seconds, seed=seed, **facts)


def play_harm(asked: argparse.Namespace, instance: Instance, dump: Dump) -> None:
    """Prevent harm: ours on the real objective, peers on eight stand-ins for it."""
    seconds = asked.objective_seconds
    for half_life_s in (60 * minutes for minutes in asked.half_lives):
        facts = {"instance": instance.name, "kind": "harm", "half_life_s": half_life_s}
        for seed in asked.solver_seeds:
            started = time.monotonic()
            rows = plan_harm(instance, seconds, seed, half_life_s)
            dump.add(OURS, rows, started, seconds=seconds, seed=seed, **facts)
            for variant, model in slot_models(instance, half_life_s):
                for name in asked.peers:
                    started = time.monotonic()
                    rows = time_routes(model, PEERS[name](model, seconds, seed))
                    for row in rows:
                        row[4] = -1
                    known = {"seconds": seconds, "seed": seed, "variant": variant}
                    dump.add(name, rows, started, **known, **facts)


def play_samples(asked: argparse.Namespace, instance: Instance, dump: Dump) -> None:
    """Draw plans that differ by their seed alone, and a reference that took its time."""
    places = len(instance.harm) - 2
    facts = {"instance": instance.name, "kind": "harm", "half_life_s": 3600, "places": places}
    for seed in range(REFERENCES + asked.sampling):
        is_reference = seed < REFERENCES
        seconds = asked.objective_seconds * (REFERENCE_FACTOR if is_reference else 1)
        started = time.monotonic()
        rows = plan_harm(instance, seconds, 1000 + seed, 3600)
        known = {"variant": "reference" if is_reference else "sample", "night_s": NIGHT_S}
        dump.add(OURS, rows, started, seconds=seconds, seed=seed, **known, **facts)


def play_toptw(asked: argparse.Namespace, dump: Dump) -> None:
    """Play the public team orienteering files, one to four units."""
    folder = Path(asked.toptw)
    proved = _read_proved(folder / "best_known.csv")
    for path in sorted((folder / "instances").glob("[cpr]*.txt"))[:: asked.toptw_every]:
        for units in asked.toptw_units:
            if units == 1 and path.stem not in proved:
                continue
            model, name = read_toptw(path, units), f"{path.stem}x{units}"
            dump.add_instance(name, model)
            if units == 1:
                dump.proved[name] = proved[path.stem]
            for seed in asked.solver_seeds:
                for solver, solve in ((OURS, run_ours), ("pyvrp", PEERS["pyvrp"])):
                    started = time.monotonic()
                    rows = time_routes(model, solve(model, asked.toptw_seconds, seed))
                    known = {"seconds": asked.toptw_seconds, "seed": seed}
                    dump.add(solver, rows, started, instance=name, kind="toptw", **known)


def _read_proved(path: Path) -> dict[str, float]:
    """Read the proved optimum for one unit, by instance."""
    lines = [line.split(",") for line in path.read_text("ascii").splitlines()[1:]]
    return {name: float(best) for name, units, best, *_ in lines if units == "1" and best}
