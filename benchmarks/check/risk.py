"""Recompute the keys of `benchmarks.risk` from its dump: `python benchmarks/check/risk.py DIR`."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def hits(forecast: Array, slot: Array, cell: Array, k: Array) -> Array:
    """Return hits per slot in the k highest cells; ties share the last places; cell -1 is missed."""
    found = np.zeros(len(forecast))
    for row, values in enumerate(forecast):
        limit = np.sort(values)[-k]
        above = values > limit
        worth = above + (values == limit) * (k - above.sum()) / (values == limit).sum()
        found[row] = worth[cell[(slot == row) & (cell >= 0)]].sum()
    return found


def nats(forecast: Array, slot: Array, cell: Array) -> float:
    """Return the mean Poisson log score of the events inside."""
    value = forecast[slot[cell >= 0], cell[cell >= 0]].astype(float)
    return float((np.log(value).sum() - forecast.sum(dtype=float)) / len(value))


def slope(forecast: Array, slot: Array, cell: Array) -> float:
    """Return b of the Poisson regression log μ = a + b · log forecast."""
    x, y, beta = np.log(forecast.astype(float)), np.zeros(forecast.shape), np.array([0.0, 1.0])
    np.add.at(y, (slot[cell >= 0], cell[cell >= 0]), 1)
    for _ in range(30):
        mean = np.exp(beta[0] + beta[1] * x)
        bent = np.array([[(mean * x ** (i + j)).sum() for i in (0, 1)] for j in (0, 1)])
        beta += np.linalg.solve(bent, [((y - mean) * x**i).sum() for i in (0, 1)])
    return float(beta[1])


keys: dict[str, float] = {}
for path in sorted(Path(sys.argv[1]).glob("risk_*.npz")):
    d, tail = np.load(path), path.stem.removeprefix("risk").removesuffix("_all")
    f, at, k, seen, m = d["ours"], (d["slot"], d["cell"]), d["k"], d["cell"] >= 0, d["month"]
    ours, plain, buyer = (hits(g, *at, k) for g in (f, d["plain_hit"], d["last_year"] + 0 * f))
    drawn = np.random.default_rng(int(d["seed"])).integers(0, d["weeks"], (d["draws"], d["weeks"]))
    a, b = (np.bincount(d["week"], one)[drawn].sum(axis=1) for one in (ours, plain))
    keys["hit1_ratio" + tail] = ours.sum() / plain.sum()
    keys["hit1_ratio_low" + tail] = np.quantile(a / b, 0.025)
    keys["buyer_ratio" + tail] = ours.sum() / buyer.sum()
    keys["gain_nats" + tail] = nats(f, *at) - nats(d["plain_log"], *at)
    keys["calibration_slope" + tail] = slope(f, *at)
    keys["observed_expected" + tail] = seen.sum() / f.sum(dtype=float)
    month = np.bincount(m[d["slot"][seen]], minlength=m.max() + 1) / np.bincount(m, f.sum(1, float))
    keys["observed_expected_months" + tail] = float(((month >= 0.9) & (month <= 1.1)).sum())
    top = f >= np.sort(f, axis=None)[-int(0.1 * f.size + 0.5)]
    high = top[d["slot"][seen], d["cell"][seen]].sum()
    keys["observed_expected_top_decile" + tail] = high / f[top].sum(dtype=float)
print(json.dumps(keys))
