"""What a replay says. In: outcomes and their incidents. Out: figures, and two policies beside each other.

A figure is a number with a name, so that tables, plots and comparisons treat all alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np

from narvaro.core.jit import F64, I64, Bits
from narvaro.core.replay.outcome import Kept, Outcome
from narvaro.core.replay.world import Incidents

QUANTILES = (50, 90, 95)
TAILS = (0.025, 0.975)
LEAST_RUNS = 2
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure under two policies: means over `runs`, B less A, and the 95 % interval of that.

    Runs in which either is not a finite number are left out; the interval is nan with fewer than 2.
    """

    name: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    runs: int


def figures(outcome: Outcome, incidents: Incidents, limits_s: Sequence[float] = ()) -> Figures:
    """Return the figures of one replay, in this order.

    For `danger`, `other` and `all` incidents: `…_incidents`, `…_never` (nobody came), `…_mean_s` of
    those that somebody came to, `…_p50_s` … of all (inf where nobody came), `…_late_N` the share
    without anybody after N seconds, for each limit. Then `queued`, `presence_share` (of the planned
    dwell), `readiness_share` (mean over the incidents; only where it was asked for), `visits_done`,
    `visits_skipped`, `visits_broken`, `km` (way home included), `home_hours`, hours by activity,
    `events`. nan where there is nothing to divide by.
    """
    response_s = outcome.response_s(incidents.at_s)
    told: dict[str, float] = {}
    for name, chosen in (
        ("danger", incidents.danger), ("other", ~incidents.danger),
        ("all", np.ones(len(incidents), bool)),
    ):  # fmt: skip
        told |= _of_responses(name, response_s, chosen, limits_s)
    planned_s = float(outcome.planned_s.sum())
    told["queued"] = float(outcome.queued.sum())
    told["presence_share"] = float(outcome.visiting_s.sum()) / planned_s if planned_s else nan
    if outcome.ready_share is not None:
        at_all = len(outcome.ready_share)
        told["readiness_share"] = float(outcome.ready_share.mean()) if at_all else nan
    told |= {f"visits_{kept.name.lower()}": float(outcome.count(kept)) for kept in Kept}
    told["km"] = float(outcome.driven_m.sum() + outcome.home_m.sum()) / 1000
    for name in ("idle", "to_visits", "visiting", "to_alarms", "at_alarms", "overtime", "home"):
        told[f"{name}_hours"] = float(getattr(outcome, f"{name}_s").sum()) / 3600
    return told | {"events": float(outcome.events)}


def compare(
    a: Sequence[Figures], b: Sequence[Figures], seed: int, draws: int = 2000
) -> tuple[Difference, ...]:
    """Compare two policies run by run: `a[k]` and `b[k]` are of the same incidents.

    A run is whatever was played apart: a day, a year. Intervals are percentiles of the mean
    difference over `draws` resamples of whole runs. ValueError where runs or figures do not pair.
    """
    if len(a) != len(b) or not a:
        raise ValueError(f"{len(a)} runs against {len(b)}: give as many of both, and at least one")
    for run, (one, other) in enumerate(zip(a, b, strict=True)):
        if list(one) != list(a[0]) or list(other) != list(a[0]):
            raise ValueError(f"run {run} has other figures than run 0: ask the same of all runs")
    picks = np.random.default_rng(seed).integers(0, len(a), (draws, len(a)))
    return tuple(_difference(name, _row(a, name), _row(b, name), picks) for name in a[0])


def _row(runs: Sequence[Figures], name: str) -> F64:
    return np.array([one[name] for one in runs], float)


def _of_responses(
    name: str, response_s: F64, chosen: Bits, limits_s: Sequence[float]
) -> dict[str, float]:
    mine = response_s[chosen]
    came = mine[np.isfinite(mine)]
    told = {
        f"{name}_incidents": float(len(mine)),
        f"{name}_never": float(len(mine) - len(came)),
        f"{name}_mean_s": float(came.mean()) if came.size else nan,
    }
    for quantile in QUANTILES:
        value = np.quantile(mine, quantile / 100, method="inverted_cdf") if mine.size else nan
        told[f"{name}_p{quantile}_s"] = float(value)
    for limit_s in limits_s:
        told[f"{name}_late_{limit_s:g}"] = float((mine > limit_s).mean()) if mine.size else nan
    return told


def _difference(name: str, a: F64, b: F64, picks: I64) -> Difference:
    paired = np.isfinite(a) & np.isfinite(b)
    runs = int(paired.sum())
    if runs == 0:
        return Difference(name, _mean(a), _mean(b), nan, nan, nan, 0)
    apart = np.where(paired, b - a, nan)
    low = high = nan
    if runs >= LEAST_RUNS:
        drawn = apart[picks]
        known = np.isfinite(drawn)
        sizes = known.sum(axis=1)
        means = np.where(known, drawn, 0.0).sum(axis=1)[sizes > 0] / sizes[sizes > 0]
        low, high = (float(one) for one in np.quantile(means, TAILS))
    return Difference(
        name, float(a[paired].mean()), float(b[paired].mean()), float(np.nanmean(apart)), low, high,
        runs,
    )  # fmt: skip


def _mean(values: F64) -> float:
    """Return what all runs say together where none can be paired: inf if any is, else nan."""
    return inf if any(value == inf for value in values if not isfinite(value)) else nan
