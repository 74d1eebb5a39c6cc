"""A year's replay against SimPy. In: options. Out: a table, and keys as JSON.

`python -m benchmarks.replay`: 14 units, 365 nights of 8 hours, 20,000 incidents, 100,000 planned
visits on road times between 62 places in Porto. Ours and SimPy play the same year by turns. Every
figure is computed by benchmarks/check/replay.py, a process of its own, from what is dumped.
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
from typing import Any, NamedTuple

import numpy as np

from benchmarks import replay_simpy
from narvaro.core.geo import distance_m
from narvaro.core.jit import F64
from narvaro.core.replay import (
    Hours,
    Incidents,
    Outcome,
    Policy,
    Rule,
    Town,
    Units,
    Visits,
    play,
    warm,
)
from narvaro.core.roads import Roads
from narvaro.directory.roads_file import read_roads

ROOT = Path(__file__).resolve().parent.parent
EXTRACT = ROOT.parent / "shared" / "data" / "osm" / "porto_portugal.osm.pbf"
CHECK = ROOT / "benchmarks" / "check" / "replay.py"
LAT, LON, RADIUS_M = 41.155, -8.625, 7_000.0
PLACES, UNITS, NIGHTS = 62, 14, 365
INCIDENTS, VISITS = 20_000, 100_000
HOUR, DAY, NIGHT = 3600.0, 86_400.0, 8 * 3600.0
DETOUR = 1.3  # metres driven per metre as the crow flies: they decide nothing
NEAREST = 8  # a planned round goes on to one of so many places
CYCLE_M_S, CAR_M_S = 4.2, 9.0
FIRST_OFFICER = 9  # from this unit on they are public order officers, who need permits
GUARD, OFFICER, FIRST_AID = 1, 2, 4  # competence bits
IN_A_TURN = 10  # our years in a turn, as a comparison plays many: together a fifth of SimPy's one


class World(NamedTuple):
    """What both play."""

    town: Town
    units: Units
    incidents: Incidents
    visits: Visits
    policy: Policy


def read_town(seed: int) -> tuple[Town, str]:
    """Return 62 places, the last two of them bases, and where their travel times come from."""
    draw = np.random.default_rng([seed, 1])
    if EXTRACT.exists():
        graph, _facts = read_roads(EXTRACT, lambda _step, _share: None)
        roads = Roads.build(graph)
        lat, lon = roads.graph.node_lat, roads.graph.node_lon
        near = np.flatnonzero(distance_m(lat, lon, LAT, LON) < RADIUS_M)
        chosen = draw.choice(near, PLACES, replace=False)
        lat, lon = lat[chosen], lon[chosen]
        places = roads.place(lat, lon)
        car_s, source = roads.travel_s(places, places), "road times in Porto"
    else:
        lat, lon = LAT + draw.uniform(-0.06, 0.06, PLACES), LON + draw.uniform(-0.08, 0.08, PLACES)
        car_s, source = _apart_m(lat, lon) / CAR_M_S, f"a made-up town ({EXTRACT.name} is missing)"
    np.fill_diagonal(car_s, 0.0)
    metres = _apart_m(lat, lon)
    area = 2 * (lat > np.median(lat)) + (lon > np.median(lon))
    times_s = np.stack([car_s, metres / CYCLE_M_S])
    return Town(times_s, np.stack([metres, metres]), area), source


def _apart_m(lat: F64, lon: F64) -> F64:
    apart: F64 = DETOUR * np.array([distance_m(lat, lon, *at) for at in zip(lat, lon, strict=True)])
    np.fill_diagonal(apart, 0.0)
    return apart


def draw_world(town: Town, nights: int, seed: int, rule: Rule) -> World:
    """Draw units, incidents and visits for so many nights."""
    share = nights / NIGHTS
    units = _units(nights)
    return World(
        town=town,
        units=units,
        incidents=_incidents(round(INCIDENTS * share), nights, np.random.default_rng([seed, 2])),
        visits=_visits(round(VISITS * share), town, units, np.random.default_rng([seed, 3])),
        policy=Policy(rule=rule),
    )


def _units(nights: int) -> Units:
    """Return 14 units: ten work the whole night, two its first five hours, two its last five."""
    shapes = [(0.0, 8.0)] * 10 + [(0.0, 5.0), (0.0, 5.0), (3.0, 8.0), (3.0, 8.0)]
    number = np.arange(UNITS)
    officers = number >= FIRST_OFFICER
    shifts = [
        (u, DAY * night + HOUR * begins, DAY * night + HOUR * ends)
        for night in range(nights)
        for u, (begins, ends) in enumerate(shapes)
    ]
    permits = [
        (int(u), DAY * night + HOUR, DAY * night + 7 * HOUR)
        for night in range(nights)
        for u in number[officers]
    ]
    return Units(
        base=PLACES - 1 - number % 2,
        shifts=Hours.of(shifts),
        competence=GUARD + OFFICER * officers + FIRST_AID * (number % 2 == 0),
        mode=(number % 7 == 6).astype(np.int64),
        needs_permit=officers,
        permits=Hours.of(permits),
    )


def _incidents(count: int, nights: int, draw: np.random.Generator) -> Incidents:
    weight = draw.gamma(0.7, size=PLACES)
    at_s = DAY * draw.integers(0, nights, count) + draw.uniform(0.0, NIGHT, count)
    return Incidents(
        at_s=np.sort(at_s),
        place=draw.choice(PLACES, count, p=weight / weight.sum()),
        on_scene_s=draw.gamma(2.0, 750.0, count),
        needs=draw.choice([GUARD, OFFICER, FIRST_AID], count, p=[0.65, 0.15, 0.2]),
        danger=draw.random(count) < 0.3,
        units_needed=1 + (draw.random(count) < 0.15),
    )


def _visits(count: int, town: Town, units: Units, draw: np.random.Generator) -> Visits:
    """Return visits spread over the shifts by length, each at one of the places nearest to the last."""
    shifts = units.shifts
    so_far = np.cumsum(shifts.until_s - shifts.from_s)
    each = np.diff(np.rint(count * so_far / so_far[-1]), prepend=0).astype(np.int64)
    shift = np.repeat(np.arange(len(each)), each)
    number = np.arange(count) - np.repeat(np.cumsum(each) - each, each)
    near = np.argsort(town.travel_s[0], axis=1)[:, 1 : 1 + NEAREST]
    place, at = np.empty(count, np.int64), units.base[shifts.unit]
    for row in range(int(each.max())):
        begun = each > row
        at[begun] = near[at[begun], draw.integers(0, NEAREST, int(begun.sum()))]
        place[number == row] = at[begun]
    part = (number + draw.random(count)) / each[shift]
    return Visits(
        unit=shifts.unit[shift],
        place=place,
        planned_s=shifts.from_s[shift] + part * (shifts.until_s - shifts.from_s)[shift],
        dwell_s=draw.uniform(300.0, 720.0, count),
    )


def write_dump(
    folder: Path,
    world: World,
    ours: Outcome,
    theirs: list[float],
    **more: Any,  # noqa: ANN401 - arrays
) -> None:
    """Write what the check judges."""
    units, calls = world.units, world.incidents
    open_ = np.stack([units.windows.unit, units.windows.from_s, units.windows.until_s], axis=1)
    np.savez_compressed(
        folder / "replay.npz",
        at_s=calls.at_s, needs=calls.needs, on_scene_s=calls.on_scene_s,
        units_needed=calls.units_needed, competence=units.competence, windows=open_,
        unit=ours.unit, sent_s=ours.sent_s, arrived_s=ours.arrived_s, cleared_s=ours.cleared_s,
        response_s=ours.response_s(calls.at_s), response_simpy_s=np.array(theirs), **more,
    )  # fmt: skip


def play_both(world: World, rounds: int, folder: Path) -> None:
    """Play the year by turns, and dump it."""
    took: dict[str, list[float]] = {"ours_s": [], "simpy_s": []}
    ours, theirs, events = play(*world), [0.0], 0
    for _ in range(rounds):
        for _again in range(IN_A_TURN):
            begun = time.perf_counter()
            ours = play(*world)
            took["ours_s"].append(time.perf_counter() - begun)
        peer = replay_simpy.build(*world)
        begun = time.perf_counter()
        theirs, events = replay_simpy.run(*peer)
        took["simpy_s"].append(time.perf_counter() - begun)
    write_dump(
        folder, world, ours, theirs, events=np.array([ours.events, events], float),
        **{name: np.array(seconds) for name, seconds in took.items()},
        in_a_turn=np.array(IN_A_TURN),
    )  # fmt: skip


def main() -> int:
    """Play, judge, print; 1 where the check finds a fault."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--nights", type=int, default=NIGHTS, help="fewer for a look")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rule", choices=[one.name.lower() for one in Rule], default="nearest")
    options.add_argument("--json", action="store_true", help="keys as JSON on the last line")
    options.add_argument("--dump", help="keep what was computed in this folder")
    asked = options.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    begun = time.perf_counter()
    warm()
    cold_s = time.perf_counter() - begun
    town, source = read_town(asked.seed)
    world = draw_world(town, asked.nights, asked.seed, Rule[asked.rule.upper()])
    print(f"{source}; SimPy {version('simpy')}, Python {sys.version.split()[0]}; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(asked.dump or spare)
        folder.mkdir(parents=True, exist_ok=True)
        play_both(world, asked.rounds, folder)
        judged = subprocess.run(
            [sys.executable, str(CHECK), str(folder)], capture_output=True, text=True, check=False
        )
    if not judged.stdout:
        raise SystemExit(f"The check could not judge: {judged.stderr}")
    told = json.loads(judged.stdout)
    for name, found in told["keys"].items():
        print(f"{name:<34}{found:.6g}")
    for fault in told["faults"]:
        print("FAULT:", fault)
    print(f"compiling or loading the kernels took {cold_s:.1f} s")
    if asked.json:
        part = {"nights": asked.nights, "rounds": asked.rounds, "seed": asked.seed}
        print(json.dumps(told["keys"] | {"cold_s": round(cold_s, 2), "town": source, "part": part}))
    return judged.returncode


if __name__ == "__main__":
    sys.exit(main())
