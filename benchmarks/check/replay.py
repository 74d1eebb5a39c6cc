"""Judge a replay from its dump. In: DIR/replay.npz. Out: faults, keys.

Stands alone: numpy and the standard library. `python benchmarks/check/replay.py DIR` prints JSON and
ends with 1 where somebody was sent who may not be, or the two replays differ.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

SAME_S = 1e-6


def list_faults(d: dict[str, Any]) -> list[str]:
    """List what a replay says that cannot be."""
    faults = []
    unit, sent, arrived, cleared = d["unit"], d["sent_s"], d["arrived_s"], d["cleared_s"]
    went = unit >= 0
    call, _seat = np.nonzero(went)
    who, sent, arrived, cleared = unit[went], sent[went], arrived[went], cleared[went]
    if (d["needs"][call] & ~d["competence"][who]).any():
        faults.append("somebody was sent who lacks a competence")
    if (went.sum(axis=1) > d["units_needed"]).any():
        faults.append("more were sent than needed")
    if not (d["at_s"][call] <= sent).all() or not (sent <= arrived).all():
        faults.append("somebody was sent before it happened, or arrived before being sent")
    if not np.allclose(cleared - arrived, d["on_scene_s"][call], rtol=0, atol=SAME_S):
        faults.append("somebody did not stay as long as drawn")
    for u in range(len(d["competence"])):
        rows = d["windows"][d["windows"][:, 0] == u, 1:]
        mine = np.argsort(sent[who == u], kind="stable")
        begins, ends = sent[who == u][mine], cleared[who == u][mine]
        if (begins[1:] < ends[:-1]).any():
            faults.append(f"unit {u} is at two incidents at once")
        row = np.searchsorted(rows[:, 0], begins, side="right") - 1
        if (row < 0).any() or not (begins < rows[row, 1]).all():
            faults.append(f"unit {u} is sent outside its shift or permit")
    first = np.full(len(unit), np.inf)
    np.minimum.at(first, call, arrived)
    if not _same(first - d["at_s"], d["response_s"]).all():
        faults.append("response times are not those of the first arrival")
    if d["events"][0] != d["events"][1]:
        faults.append(f"{d['events'][0]:.0f} events against {d['events'][1]:.0f}")
    return faults


def _same(a: Any, b: Any) -> Any:  # noqa: ANN401 - arrays
    with np.errstate(invalid="ignore"):
        return (a == b) | (np.abs(a - b) <= SAME_S)


def find_keys(d: dict[str, Any]) -> dict[str, float]:
    """Compute every key."""
    ours_s, simpy_s = float(np.median(d["ours_s"])), float(np.median(d["simpy_s"]))
    response_s = d["response_s"]
    came = response_s[np.isfinite(response_s)]
    first_s = float(np.median(d["ours_s"][:: int(d["in_a_turn"])]))
    return {
        "events_ratio_simpy": (d["events"][0] / ours_s) / (d["events"][1] / simpy_s),
        "year_s": ours_s,
        "year_simpy_s": simpy_s,
        "year_first_s": first_s,
        "events_ratio_simpy_first": (d["events"][0] / first_s) / (d["events"][1] / simpy_s),
        "mismatches": int((~_same(response_s, d["response_simpy_s"])).sum()),
        "incidents": len(response_s),
        "never": int(len(response_s) - len(came)),
        "events": int(d["events"][0]),
        "events_per_s": d["events"][0] / ours_s,
        "events_per_s_simpy": d["events"][1] / simpy_s,
        "ours_least_s": float(d["ours_s"].min()),
        "ours_most_s": float(d["ours_s"].max()),
        "simpy_least_s": float(d["simpy_s"].min()),
        "simpy_most_s": float(d["simpy_s"].max()),
        "response_median_s": float(np.median(response_s)),
        "queued_share": float((d["sent_s"][:, 0] != d["at_s"]).mean()),
    }


def main(folder: Path) -> int:
    """Judge a dump and print it."""
    given = dict(np.load(folder / "replay.npz"))
    faults, keys = list_faults(given), find_keys(given)
    if keys["mismatches"]:
        faults.append(f"{keys['mismatches']} response times differ")
    print(json.dumps({"faults": faults, "keys": keys}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
