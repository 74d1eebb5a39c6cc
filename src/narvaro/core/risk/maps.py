"""Counts on the grid, discounted by age and smoothed. In: shares of events. Out: maps of cells."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from narvaro.core.grid import Grid
from narvaro.core.jit import F64, I64, Bits, kernel

_REACH_SD = 4.0


class Blur:
    """A Gaussian of `sd_m` metres on a grid that loses nothing beyond the mask's border.

    Each count is spread over the cells of the mask by the Gaussian's values at their centres, scaled
    so that its shares sum to one: the sum over the mask is that of the counts.
    """

    def __init__(self, grid: Grid, mask: Bits, sd_m: float) -> None:
        """Prepare for one grid and mask (bool [cells]); 0 metres leaves maps as they are."""
        self._shape = (grid.rows, grid.cols)
        self._taps = _taps(sd_m / grid.cell_m)
        self._mask = mask.astype(np.float64)
        reached = self._run(self._mask[None])[0]
        self._scale = np.divide(self._mask, reached, out=np.zeros_like(reached), where=mask)

    def __len__(self) -> int:
        """Count the grid's cells."""
        return len(self._mask)

    def __call__(self, maps: F64) -> F64:
        """Return smoothed maps, float64 [n, cells], of counts inside the mask."""
        if len(self._taps) == 1:
            return maps * self._mask
        return np.asarray(self._run(maps * self._scale) * self._mask, np.float64)

    def _run(self, maps: F64) -> F64:
        out = np.zeros_like(maps)
        if len(maps):
            _smooth(np.ascontiguousarray(maps).reshape(-1, *self._shape), self._taps,
                    out.reshape(-1, *self._shape))  # fmt: skip
        return out


def _taps(sd_cells: float) -> F64:
    """Return the Gaussian at whole cells from the middle outwards, float64 [reach + 1]."""
    if sd_cells <= 0:
        return np.ones(1)
    away = np.arange(int(np.ceil(_REACH_SD * sd_cells)) + 1)
    taps = np.exp(-0.5 * (away / sd_cells) ** 2)
    return np.asarray(taps / (2 * taps.sum() - taps[0]), np.float64)


@kernel
def _smooth(maps: F64, taps: F64, out: F64) -> None:  # noqa: C901 - two passes, two sides each
    """Convolve along rows, then along columns; nothing lies beyond the grid."""
    count, rows, cols = maps.shape
    reach = len(taps) - 1
    along = np.empty((rows, cols))
    for one in range(count):
        for row in range(rows):
            for col in range(cols):
                total = taps[0] * maps[one, row, col]
                for away in range(1, min(reach, col) + 1):
                    total += taps[away] * maps[one, row, col - away]
                for away in range(1, min(reach, cols - 1 - col) + 1):
                    total += taps[away] * maps[one, row, col + away]
                along[row, col] = total
        for row in range(rows):
            for col in range(cols):
                out[one, row, col] = taps[0] * along[row, col]
            for away in range(1, min(reach, row) + 1):
                for col in range(cols):
                    out[one, row, col] += taps[away] * along[row - away, col]
            for away in range(1, min(reach, rows - 1 - row) + 1):
                for col in range(cols):
                    out[one, row, col] += taps[away] * along[row + away, col]


class Shares(NamedTuple):
    """Shares of events as arrays [m]: cell, day part, middle of the slot (h), weight."""

    cell: I64
    day_part: I64
    middle_h: F64
    weight: F64

    def take(self, rows: npt.NDArray[np.bool_ | np.int64]) -> "Shares":
        """Return the rows of a mask or of indices."""
        return Shares(self.cell[rows], self.day_part[rows], self.middle_h[rows], self.weight[rows])


def discounted(
    shares: Shares, at_h: float, half_life_days: float, day_parts: int, cells: int
) -> F64:
    """Return counts per day part and cell, float64 [day_parts, cells], each halved per half-life."""
    age_days = np.maximum(at_h - shares.middle_h, 0) / 24
    weight = shares.weight * np.exp2(-age_days / half_life_days)
    flat = np.bincount(shares.day_part * cells + shares.cell, weight, day_parts * cells)
    return np.asarray(flat, np.float64).reshape(day_parts, cells)


def as_shares(counts: F64, mask: Bits) -> F64:
    """Return maps [n, cells] scaled to sum one each; evenly over the mask where nothing is counted."""
    total = counts.sum(axis=1, keepdims=True)
    even = mask / max(mask.sum(), 1)
    return np.where(total > 0, counts / np.where(total > 0, total, 1), even)
