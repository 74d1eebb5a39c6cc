"""Judge played cases from a dump: `python benchmarks/check/choice.py DIR`. Out: table and keys as JSON.

Stands alone: numpy and the standard library. Ends with 1 where a policy did what it may not.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LIMIT_S = 480.0
AT_POSTS = ("nearest", "look-ahead", "offline")  # of these all busy intervals are known
BEGINS, PLACE, LIFE, SERVICE, UNIT, RESPONSE = range(3, 9)


def fault_at_posts(policy: str, rows: Array, travel_s: Array, posts: Array) -> str:
    """Return what is wrong with a trace whose units answer from their posts, or nothing."""
    back = np.zeros(len(posts))
    for row in rows:
        now, place, unit = row[BEGINS], int(row[PLACE]), int(row[UNIT])
        seconds, idle = travel_s[posts, place], back <= now + 1e-9
        if unit < 0:
            if policy != "offline" and idle.any():
                return f"{policy}: a case at {now:.0f} s was lost while a unit was idle"
            continue
        if not idle[unit] or abs(seconds[unit] - row[RESPONSE]) > 1e-6:
            return f"{policy}: unit {unit} cannot answer at {now:.0f} s as it is said to"
        nearest = seconds[unit] <= seconds[idle].min() + 1e-9
        if not nearest and (policy == "nearest" or (row[LIFE] and policy != "offline")):
            return f"{policy}: at {now:.0f} s the nearest idle unit was not sent"
        if not nearest and seconds[unit] > LIMIT_S:
            return f"{policy}: at {now:.0f} s a unit was sent late for readiness"
        back[unit] = now + seconds[unit] + row[SERVICE] + travel_s[place, posts[unit]]
    return ""


def fault_on_roads(policy: str, rows: Array) -> str:
    """Return what is wrong with a trace whose units turn on the roads, or nothing."""
    there = rows[:, BEGINS] + rows[:, RESPONSE]
    for unit in range(int(rows[:, UNIT].max()) + 1):
        mine = np.flatnonzero(rows[:, UNIT] == unit)
        mine = mine[np.argsort(there[mine])]
        if (there[mine][1:] < (there + rows[:, SERVICE])[mine][:-1] - 1e-6).any():
            return f"{policy}: unit {unit} is at two cases at once"
    return "" if (rows[:, UNIT] >= 0).all() else f"{policy}: a case was never answered"


def line(
    policy: str, per_hour: float, rows: Array, driven_s: float, offline: int
) -> dict[str, Any]:
    """Return what a policy gave at a rate."""
    came = np.isfinite(rows[:, RESPONSE])
    life = came & (rows[:, LIFE] > 0)
    late = int((rows[:, RESPONSE] > LIMIT_S + 1e-9).sum())
    return {
        "per_hour": per_hour, "policy": policy, "cases": len(rows), "late": late,
        "lost": int((~came).sum()), "mean_s": float(rows[came, RESPONSE].mean()),
        "life_mean_s": float(rows[life, RESPONSE].mean()),
        "driven_min": driven_s / 60.0 / len(rows), "of_offline": late / offline,
    }  # fmt: skip


def main() -> int:
    """Check every trace and print the table and the keys."""
    told = np.load(Path(sys.argv[1]) / "choice.npz")
    rows, policies, driven = told["rows"], told["policies"].tolist(), told["driven"]
    faults: list[str] = []
    table: list[dict[str, Any]] = []
    keys: dict[str, float] = {}
    for posts, per_hour in zip(told["posts"], told["per_hour"].tolist(), strict=True):
        lines: dict[str, dict[str, Any]] = {}
        for number in [policies.index("offline"), *range(len(policies))]:
            mine = rows[(rows[:, 0] == number) & (rows[:, 1] == per_hour)]
            name = policies[number]
            for seed in np.unique(mine[:, 2]):
                of_seed = mine[mine[:, 2] == seed]
                at_posts = name in AT_POSTS
                faults.append(
                    fault_at_posts(name, of_seed, told["travel_s"], posts)
                    if at_posts else fault_on_roads(name, of_seed)
                )  # fmt: skip
            spent = driven[(driven[:, 0] == number) & (driven[:, 1] == per_hour), 3].sum()
            offline = lines["offline"]["late"] if lines else 1
            lines[name] = line(name, per_hour, mine, spent, offline)
        lines["offline"]["of_offline"] = 1.0
        table += lines.values()
        gap_end, end = ("", "_5") if per_hour == 5.0 else ("_3_5", "")
        near, ours, best = (lines[one]["late"] for one in ("nearest", "look-ahead", "offline"))
        static, moving = lines["static"], lines["moving"]
        keys |= {
            "gap_closed" + gap_end: (near - ours) / (near - best),
            "late_gain_static" + end: 1.0 - moving["late"] / static["late"],
            "mean_ratio_static" + end: moving["mean_s"] / static["mean_s"],
            "extra_drive_min" + end: moving["driven_min"] - static["driven_min"],
        }
    for name, key in (("detour", "decision_ms"), ("ahead", "decision_ahead_ms"),
                      ("ahead_200", "decision_ahead_200_ms")):  # fmt: skip
        if len(told[f"took_{name}"]):
            keys[key] = float(np.median(told[f"took_{name}"]))
    print(json.dumps({"table": table, "keys": keys, "faults": [one for one in faults if one]}))
    return int(any(faults))


if __name__ == "__main__":
    sys.exit(main())
