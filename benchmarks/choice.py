"""Who goes, and where the others stand: against the nearest, fixed posts and the offline optimum.

`python -m benchmarks.choice`. In: options. Out: tables, and keys as JSON. Every key is computed by
benchmarks/check/choice.py, a process of its own, from what is dumped.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks import choice_play as plays
from benchmarks.traces import LIMIT_S, SERVICE_S, UNITS, Town, Trace, make_town, make_trace
from narvaro.core.choice import (
    FUTURES,
    IDLE,
    Candidate,
    Demand,
    Standing,
    World,
    choose,
    choose_posts,
    detour,
    draw_futures,
    list_with_slack,
    look_ahead,
    warm,
    weigh_readiness,
)
from narvaro.core.jit import I32

CHECK = Path(__file__).resolve().parent / "check" / "choice.py"
PER_HOUR = (3.5, 5.0)
HANDLED_S = SERVICE_S + 600.0  # work and driving, for the share of time that a unit is busy
HELPS_NOT = 0.1  # chance that an idle unit is gone when the next case comes
BANK = 8000
RANKED, AEDS = 200, 50


def _read_options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first-seed", type=int, default=1)
    options.add_argument("--futures", type=int, default=FUTURES)
    options.add_argument("--decisions", type=int, default=500, help="timed; 0: none")
    options.add_argument("--skewed", action="store_true", help="demand that differs by place")
    options.add_argument("--json", action="store_true", help="keys as JSON on the last line")
    options.add_argument("--dump", help="keep what was played in this folder")
    return options.parse_args()


class Dump:
    """What was played, one row per case and policy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[np.ndarray[Any, np.dtype[np.float64]]] = []
        self.driven: list[tuple[int, float, int, float]] = []
        self.policies: list[str] = []

    def add(self, policy: str, per_hour: float, seed: int, trace: Trace, one: plays.Played) -> None:
        """Add a played trace."""
        if policy not in self.policies:
            self.policies.append(policy)
        number = self.policies.index(policy)
        fixed = np.broadcast_to([number, per_hour, seed], (len(trace.place), 3))
        columns = (
            trace.begins_s,
            trace.place,
            trace.life,
            trace.service_s,
            one.unit,
            one.response_s,
        )
        self.rows.append(np.column_stack([fixed, *columns]))
        self.driven.append((number, per_hour, seed, one.driven_s))

    def judge(self, town: Town, posts: dict[float, I32], took: dict[str, list[float]]) -> Any:  # noqa: ANN401 - JSON
        """Write the files and return what the check says of them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {
            "rows": np.vstack(self.rows), "policies": self.policies, "driven": self.driven,
            "travel_s": town.travel_s, "posts": list(posts.values()), "per_hour": list(posts),
        }  # fmt: skip
        arrays |= {f"took_{name}": milliseconds for name, milliseconds in took.items()}
        np.savez_compressed(self.folder / "choice.npz", allow_pickle=False, **arrays)
        told = subprocess.run(
            [sys.executable, str(CHECK), str(self.folder)], capture_output=True, text=True, check=False
        )  # fmt: skip
        if told.returncode:
            raise SystemExit(f"The check refuses what was played: {told.stdout}{told.stderr}")
        return json.loads(told.stdout)


def play_rate(town: Town, per_hour: float, asked: argparse.Namespace, dump: Dump) -> I32:
    """Play every policy on every trace of a rate, and return the posts."""
    busy = per_hour * HANDLED_S / 3600.0 / UNITS
    posts = choose_posts(town.travel_s, town.demand, UNITS, limit_s=LIMIT_S, busy=busy)
    drawn = draw_futures(town.demand * per_hour, SERVICE_S, UNITS, seed=5, futures=BANK)
    ahead = plays.LookAhead(drawn, asked.futures)
    moves = plays.as_moves(town, Standing(LIMIT_S, HELPS_NOT, 3600.0 / per_hour))
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        trace = make_trace(town, per_hour, seed)
        for policy, played in (
            ("nearest", plays.dispatch(town, trace, posts)),
            ("look-ahead", plays.dispatch(town, trace, posts, ahead, seed)),
            ("offline", plays.solve_offline(town, trace, posts)),
            ("static", plays.replan(town, trace, posts)),
            ("moving", plays.replan(town, trace, posts, moves)),
        ):
            dump.add(policy, per_hour, seed, trace, played)
    return posts


def _timed(decide: Callable[[int], object], count: int) -> list[float]:
    took = []
    for i in range(count):
        started = time.perf_counter()
        decide(i)
        took.append(1000.0 * (time.perf_counter() - started))
    return took


def time_decisions(town: Town, count: int) -> dict[str, list[float]]:
    """Time one decision: 200 units and 50 AEDs on travel tables, and 6 units with a look-ahead."""
    draw = np.random.default_rng(3)
    there_s = draw.uniform(30, 1800, (RANKED, AEDS))
    straight_s, onward_s = draw.uniform(30, 1800, RANKED), draw.uniform(30, 900, AEDS)
    is_open, carries = draw.random(AEDS) < 0.7, draw.random(RANKED) < 0.1
    crews = [
        Candidate(
            UUID(int=u), f"V{u}", "available", frozenset({"guard", "cpr"}), float(straight_s[u]),
            float(draw.uniform(0, 300)),
        )
        for u in range(RANKED)
    ]  # fmt: skip
    life = Demand(frozenset({"cpr"}), priority=1, danger_to_life=True)
    alarm = Demand(frozenset({"guard"}), limit_s=1800.0)

    def with_detour(_: int) -> None:
        choice = choose(crews, life)
        asked = [one.candidate.unit.int for one in choice.ranked]
        detour(
            straight_s[asked],
            there_s[asked],
            onward_s,
            aed_open=is_open,
            carries_aed=carries[asked],
        )

    def ahead_of(units: Sequence[Candidate]) -> Callable[[int], None]:
        near = min(len(units), 12)
        order = np.argsort(straight_s[: len(units)])[:near].tolist()
        place = draw.integers(len(town.demand), size=near).astype(np.int32)
        none = np.zeros(near)
        world = World(
            town.travel_s, SERVICE_S, 1800.0, place, town.travel_s[place],
            np.full(near, IDLE, np.int32), none, none, none,
        )  # fmt: skip
        to_case_s = np.array([straight_s[u] for u in order])
        drawn = draw_futures(town.demand * 5.0, SERVICE_S, near, seed=1, futures=BANK)

        def decide(i: int) -> None:
            choice = choose(units, alarm)
            slack = list_with_slack(choice, alarm)
            part = drawn.part(i * FUTURES % len(drawn), FUTURES)
            options = [order.index(one.candidate.unit.int) for one in slack]
            found = look_ahead(
                world, options, to_case_s, town.travel_s[0], drawn=part, danger_to_life=False
            )
            weigh_readiness(choice, alarm, found)

        return decide

    six, many = ahead_of(crews[:6]), ahead_of(crews)
    return {
        "detour": _timed(with_detour, count),
        "ahead": _timed(six, count),
        "ahead_200": _timed(many, count),
    }


def show(told: dict[str, Any]) -> None:
    """Print a line per rate and policy, and the keys."""
    print(f"{'per h':>6} {'policy':<12}{'cases':>7}{'late':>7}{'late %':>8}{'lost':>6}"
          f"{'mean s':>8}{'life mean s':>12}{'driven min':>11}{'late/offline':>13}")  # fmt: skip
    for one in told["table"]:
        print(f"{one['per_hour']:>6} {one['policy']:<12}{one['cases']:>7}{one['late']:>7}"
              f"{100 * one['late'] / one['cases']:>8.2f}{one['lost']:>6}{one['mean_s']:>8.1f}"
              f"{one['life_mean_s']:>12.1f}{one['driven_min']:>11.2f}{one['of_offline']:>13.2f}")  # fmt: skip
    for name, value in told["keys"].items():
        print(f"{name:<26}{value:.4f}")


def main() -> None:
    """Play, judge, print."""
    asked = _read_options()
    os.environ["OMP_NUM_THREADS"] = "1"
    started = time.monotonic()
    warm()
    cold_s = time.monotonic() - started
    town = make_town(skewed=asked.skewed)
    with tempfile.TemporaryDirectory() as spare:
        dump = Dump(Path(asked.dump or spare))
        posts = {per_hour: play_rate(town, per_hour, asked, dump) for per_hour in PER_HOUR}
        told = dump.judge(town, posts, time_decisions(town, asked.decisions))
    show(told)
    load = os.getloadavg()[0]
    print(f"compiling or loading the kernels took {cold_s:.1f} s; load {load:.1f}; none at fault")
    if asked.json:
        print(json.dumps(told["keys"] | {"cold_s": round(cold_s, 2), "load": round(load, 2)}))


if __name__ == "__main__":
    main()
