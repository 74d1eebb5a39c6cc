"""Is a forecast any good. In: a forecast and what happened. Out: figures, to be read beside the
same figures of a plain map.

A forecast is float64 or float32 [slots, cells], expected counts above 0, of the cells that could be
patrolled and nothing else. Definitions: docs/formulas/risk.md.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F32, F64, I64

Forecast = F64 | F32
_STEPS = 50
_CLOSE = 1e-10


@dataclass(frozen=True, eq=False, slots=True)
class Happened:
    """Events [n], or shares of them: `slot` and `cell` are rows and columns of the forecast.

    `cell` is -1 for what happened outside of its cells. `weight`: 1 where the moment is known.
    """

    slot: I64
    cell: I64
    weight: F64

    def inside(self) -> "Happened":
        """Return what happened in the forecast's cells."""
        rows = self.cell >= 0
        return Happened(self.slot[rows], self.cell[rows], self.weight[rows])


def top_cells(area_share: float, cells: int) -> int:
    """Return how many cells make a share of the area: the nearest whole number, at least 1."""
    return max(1, int(np.floor(area_share * cells + 0.5)))


def top_hits(forecast: Forecast, happened: Happened, k: int) -> F64:
    """Return how much happened in the k cells with the highest forecast, float64 [slots].

    Cells that tie for the last places share them evenly: each counts with places left / cells tied.
    That is the mean over all ways to break the tie, and does not depend on the cells' order.
    """
    slots, cells = forecast.shape
    if not 1 <= k <= cells:
        raise ValueError(f"top_hits: k is 1 to {cells}, not {k}.")
    seen = happened.inside()
    limit = np.empty(slots, forecast.dtype)
    left = np.empty(slots)
    for slot in range(slots):
        row = forecast[slot]
        limit[slot] = np.partition(row, cells - k)[cells - k]
        left[slot] = (k - np.count_nonzero(row > limit[slot])) / np.count_nonzero(
            row == limit[slot]
        )
    value = forecast[seen.slot, seen.cell]
    border = limit[seen.slot]
    part = np.where(value > border, 1.0, np.where(value == border, left[seen.slot], 0.0))
    return _per_slot(seen, part, slots)


def log_likelihood(forecast: Forecast, happened: Happened) -> F64:
    """Return the Poisson log-likelihood in nats, float64 [slots]; without the term of n! alone.

    Events outside the forecast's cells are left out, alike for every forecast of the same cells.
    """
    seen = happened.inside()
    value = forecast[seen.slot, seen.cell].astype(np.float64)
    if (value <= 0).any():
        raise ValueError("log_likelihood: something happened where the forecast is 0; add a floor.")
    slots = len(forecast)
    expected = np.asarray(forecast.sum(axis=1, dtype=np.float64), np.float64)
    return _per_slot(seen, np.log(value), slots) - expected


def gain_nats(ours: Forecast, theirs: Forecast, happened: Happened) -> float:
    """Return how many nats per event ours scores above theirs, events inside the cells only."""
    more = log_likelihood(ours, happened).sum() - log_likelihood(theirs, happened).sum()
    return float(more / happened.inside().weight.sum())


def calibration(forecast: Forecast, happened: Happened) -> tuple[float, float]:
    """Return (a, b) of the Poisson regression log μ = a + b · log forecast, over cells and slots.

    (0, 1) is a forecast that means what it says; b under 1: its highs are too high. Newton's method.
    """
    seen = happened.inside()
    x = np.log(forecast.astype(np.float64).ravel())
    middle = float(x.mean())
    x -= middle
    y_x = float(seen.weight @ x[seen.slot * forecast.shape[1] + seen.cell])
    y = float(seen.weight.sum())
    if y <= 0 or np.ptp(x) == 0:
        raise ValueError("calibration: events, and a forecast that varies, are needed.")
    a, b = float(np.log(y / np.exp(x).sum())), 1.0
    for _ in range(_STEPS):
        mean = np.exp(a + b * x)
        weighted = mean * x
        s, s_x, s_xx = float(mean.sum()), float(weighted.sum()), float(weighted @ x)
        off, off_x, size = y - s, y_x - s_x, s * s_xx - s_x * s_x
        step_a, step_b = (s_xx * off - s_x * off_x) / size, (s * off_x - s_x * off) / size
        a, b = a + step_a, b + step_b
        if max(abs(step_a), abs(step_b)) < _CLOSE:
            break
    return a - b * middle, b


def observed_expected(forecast: Forecast, happened: Happened, group: I64) -> F64:
    """Return what happened over what was expected, per group of slots; nan where none was expected.

    `group`: int64 [slots], from 0 on.
    """
    seen = happened.inside()
    groups = int(group.max()) + 1
    observed = np.bincount(group[seen.slot], seen.weight, groups)
    expected = np.bincount(group, forecast.sum(axis=1, dtype=np.float64), groups)
    return np.asarray(observed / np.where(expected > 0, expected, np.nan), np.float64)


def observed_expected_top(forecast: Forecast, happened: Happened, share: float = 0.1) -> float:
    """Return what happened over what was expected where most was expected.

    That is the top `share` of all pairs of cell and slot, with all that tie with the last of them.
    """
    seen = happened.inside()
    flat = forecast.ravel()
    rank = len(flat) - top_cells(share, len(flat))
    limit = np.partition(flat, rank)[rank]
    observed = seen.weight[forecast[seen.slot, seen.cell] >= limit].sum()
    return float(observed / flat[flat >= limit].sum(dtype=np.float64))


def bootstrap_ratio(
    ours: F64, theirs: F64, week: I64, *, draws: int, seed: int, share: float = 0.95
) -> tuple[float, float]:
    """Return the central `share` of sum(ours) / sum(theirs) over weeks drawn with replacement.

    `ours`, `theirs`: float64 [slots]; `week`: int64 [slots], from 0 on, the week of each slot.
    """
    weeks = int(week.max()) + 1
    mine, others = np.bincount(week, ours, weeks), np.bincount(week, theirs, weeks)
    drawn = np.random.default_rng(seed).integers(0, weeks, (draws, weeks))
    ratio = mine[drawn].sum(axis=1) / others[drawn].sum(axis=1)
    low, high = np.quantile(ratio, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def _per_slot(seen: Happened, value: npt.NDArray[np.float64], slots: int) -> F64:
    return np.asarray(np.bincount(seen.slot, seen.weight * value, slots), np.float64)
