"""Judge patrol plans from a dump. In: DIR/plans.json, DIR/instances/*.npz. Out: values, faults, keys.

Stands alone: numpy and the standard library. `python benchmarks/check/patrol.py DIR` prints JSON and
ends with 1 where a plan does what it may not.
"""

import json
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

Plan = dict[str, Any]
World = dict[str, Any]  # an instance's arrays


def list_faults(one: Plan, world: World) -> list[str]:
    """List what a plan does that it may not."""
    faults, visits = [], [row[4] for row in one["rows"] if row[4] >= 0]
    if len(visits) != len(set(visits)):
        faults.append("a visit twice")
    if any(not 0 <= row[0] < len(world["units"]) for row in one["rows"]):
        faults.append("a unit that does not exist")
    if one["kind"] != "harm" and any(
        not 0 <= row[4] < len(world["prize"]) for row in one["rows"]
    ):  # fmt: skip
        faults.append("a visit that nobody asked for")
    for unit, (base, begins, ends) in enumerate(world["units"].tolist()):
        at, now = base, begins
        for _, place, arrive, dwell, visit in (row for row in one["rows"] if row[0] == unit):
            if arrive < now + world["travel"][at, place]:
                faults.append(f"unit {unit} cannot be at {place} by {arrive}")
            if visit >= 0 and not (
                world["place"][visit] == place
                and world["opens"][visit] <= arrive <= world["closes"][visit]
                and world["dwell"][visit] == dwell
            ):
                faults.append(f"visit {visit} is not made as agreed")
            if one["kind"] == "harm" and not 300 <= dwell <= 1200:
                faults.append(f"unit {unit} stays {dwell} s")
            at, now = place, arrive + dwell
        if now + world["travel"][at, base] > ends:
            faults.append(f"unit {unit} is not back in time")
    return faults


def value(one: Plan, world: World) -> float:
    """Return the prize, or the harm prevented."""
    if one["kind"] != "harm":
        return float(sum(world["prize"][row[4]] for row in one["rows"]))
    harm, half_life_s = world["harm"], one["half_life_s"]
    middle = 120.0 * np.arange(harm.shape[1]) + 60.0
    works = np.zeros_like(harm)
    for _, place, arrive, dwell, _ in one["rows"]:
        share = min(1.0, dwell / 720) if dwell >= 300 else 0.0
        fading = share * 2.0 ** (-np.clip(middle - arrive - dwell, 0, None) / half_life_s)
        own = np.where(middle < arrive, 0.0, np.where(middle < arrive + dwell, 1.0, fading))
        works[place] = np.maximum(works[place], own)
    return float((harm * works).sum())


def driven(one: Plan, world: World) -> int:
    """Return the seconds on the road."""
    total = 0
    for unit, (base, _, _) in enumerate(world["units"].tolist()):
        stops = [base, *(row[1] for row in one["rows"] if row[0] == unit), base]
        total += int(sum(world["travel"][a, b] for a, b in pairwise(stops)))
    return total


def ratios(plans: list[Plan], against: set[str]) -> list[float]:
    """Return ours over the best of the others for each instance; seeds by their median."""
    best: dict[tuple[str, bool, int], float] = defaultdict(float)
    for one in plans:
        if one["solver"] == "narvaro" or one["solver"] in against:
            slot = (one["instance"], one["solver"] == "narvaro", one["seed"])
            best[slot] = max(best[slot], one["value"])
    found = []
    for name in sorted({one["instance"] for one in plans}):
        ours = [v for (where, mine, _), v in best.items() if where == name and mine]
        theirs = [v for (where, mine, _), v in best.items() if where == name and not mine]
        if ours and theirs:
            found.append(median(ours) / median(theirs))
    return found


def sampled(plans: list[Plan]) -> dict[str, float]:
    """Return what other seeds cost against the reference, and how predictable they are: medians."""
    losses, shares = [], []
    for name in sorted({one["instance"] for one in plans if one["kind"] == "harm"}):
        mine = [one for one in plans if one["instance"] == name]
        top = max((one["value"] for one in mine if one["variant"] == "reference"), default=0.0)
        drawn = [one for one in mine if one["variant"] == "sample"]
        if not top or not drawn:
            continue
        windows: dict[tuple[int, int], set[int]] = defaultdict(set)
        for one in drawn:
            for _, place, arrive, dwell, _ in one["rows"]:
                for window in range(arrive // 900, (arrive + dwell - 1) // 900 + 1):
                    windows[place, window].add(one["seed"])
        sure = sum(len(who) > 0.7 * len(drawn) for (_, w), who in windows.items() if w >= 4)
        losses.append(1 - sum(one["value"] for one in drawn) / len(drawn) / top)
        shares.append(sure / (mine[0]["places"] * (mine[0]["night_s"] // 900 - 4)))
    if not losses:
        return {}
    return {"sampling_loss_times": median(losses), "sampling_sure_share": median(shares)}


def find_keys(plans: list[Plan], proved: dict[str, float]) -> dict[str, float]:
    """Recompute every key that the plans give."""
    keys: dict[str, float] = {}
    prize = [one for one in plans if one["kind"] == "prize"]
    for seconds in sorted({one["seconds"] for one in prize}):
        found = ratios([one for one in prize if one["seconds"] == seconds], {"pyvrp"})
        keys |= _spread(f"prize_ratio_pyvrp_{seconds:g}s", found)
    harm = [
        one
        for one in plans
        if one["kind"] == "harm" and one["variant"] not in {"reference", "sample"}
    ]
    for half_life_s, seconds in sorted({(one["half_life_s"], one["seconds"]) for one in harm}):
        same = [
            one for one in harm if (one["half_life_s"], one["seconds"]) == (half_life_s, seconds)
        ]
        end = "" if half_life_s == 3600 else f"_h{half_life_s // 60:g}"
        end += "" if seconds == 10 else f"_{seconds:g}s"
        others = {one["solver"] for one in same} - {"narvaro"}
        keys |= _spread(f"objective_ratio_best_peer{end}", ratios(same, others))
    team = [one for one in plans if one["kind"] == "toptw"]
    for solver, name in (("narvaro", "op_gap_mean"), ("pyvrp", "op_gap_mean_pyvrp")):
        gaps = [
            1 - one["value"] / proved[one["instance"]]
            for one in team
            if one["solver"] == solver and one["instance"] in proved
        ]
        keys |= {name: sum(gaps) / len(gaps)} if gaps else {}
    several = ratios([one for one in team if one["instance"] not in proved], {"pyvrp"})
    return keys | _spread("op_ratio_pyvrp", several) | sampled(plans)


def _spread(name: str, found: list[float]) -> dict[str, float]:
    return {name: median(found), f"{name}_min": min(found)} if found else {}


def main(folder: Path) -> int:
    """Judge a dump and print it."""
    given = json.loads((folder / "plans.json").read_text("utf-8"))
    worlds = {path.stem: dict(np.load(path)) for path in (folder / "instances").glob("*.npz")}
    faults = []
    for one in given["plans"]:
        world = worlds[one["instance"]]
        faults += [
            f"{one['instance']}, {one['solver']}: {fault}" for fault in list_faults(one, world)
        ]
        one["value"], one["driven_s"] = value(one, world), driven(one, world)
    told = [{key: cell for key, cell in one.items() if key != "rows"} for one in given["plans"]]
    keys = find_keys(given["plans"], given["proved"])
    print(json.dumps({"plans": told, "faults": faults, "keys": keys}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
