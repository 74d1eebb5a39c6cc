"""A forecast as it is kept. In: a risk map of the core. Out: bytes and JSON, and the same back.

Only the mask's cells are kept. The expected count of cell c in hour s is

    rate[s] · Σ_p places[p, day_part[s], c]

and its expected cost that times `cost_each_sek[c]`; the naive map expects `naive[c]` in every hour.
"""

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from narvaro.core.aoristic import Slots
from narvaro.core.grid import Grid
from narvaro.core.jit import F32, F64, I32, I64
from narvaro.core.risk import FLOOR, Part, Risk, Settings

Json = dict[str, Any]
SHARE = 0.8  # of the times that a count should lie within the kept bounds
SLOTS = Slots()
"""A forecast says something of each hour."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A forecast of H hours on the C cells of its mask; P parts by name, D parts of the day.

    `cells` int32 [C] on the grid. `rate` [H] expected in the whole area; `season`, `week` [H] its
    factors, 1 on average; `day_part` int8 [H]. `places` [P, D, C]. `evidence` [C] events that speak
    for a cell. `low`, `high` int32 [C] bounds of the count of all hours together. `cost_each_sek` [C],
    nan where no cost was ever known. `naive` [C] expected per hour. Floats are float32.
    """

    grid: Grid
    parts: tuple[str, ...]
    cells: I32
    rate: F32
    season: F32
    week: F32
    day_part: npt.NDArray[np.int8]
    places: F32
    evidence: F32
    low: I32
    high: I32
    cost_each_sek: F32
    naive: F32

    @property
    def hours(self) -> int:
        """Count the hours."""
        return len(self.rate)

    @cached_property
    def expected(self) -> F64:
        """Return expected counts, float64 [H, C]."""
        place = self.places.sum(axis=0, dtype=np.float64)
        return np.asarray(self.rate[:, None] * place[self.day_part], np.float64)

    @cached_property
    def naive_expected(self) -> F64:
        """Return the naive map's expected counts, float64 [H, C]."""
        return np.tile(self.naive.astype(np.float64), (self.hours, 1))

    def columns_of(self, cell: I32) -> I64:
        """Return which of the kept cells a cell of the grid is, int64; -1 for none of them."""
        at = np.searchsorted(self.cells, cell)
        at = np.minimum(at, len(self.cells) - 1)
        return np.asarray(np.where(self.cells[at] == cell, at, -1), np.int64)

    def explain(self, column: int, hours: slice) -> dict[str, float]:
        """Return what each part adds to a cell's expected count in some hours."""
        rate, part_of_day = self.rate[hours], self.day_part[hours]
        added = self.places[:, part_of_day, column] @ rate.astype(np.float64)
        return dict(zip(self.parts, added.tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """Return the arrays as a compressed npz."""
        packed = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(packed, **arrays)
        return packed.getvalue()

    @classmethod
    def of(cls, values: bytes | memoryview, grid: Json, settings: Json) -> Self:
        """Return what was kept, from a row's bytes and JSON."""
        with np.load(io.BytesIO(bytes(values)), allow_pickle=False) as packed:
            arrays = {name: packed[name] for name in _ARRAYS}
        return cls(grid=Grid(**grid), parts=part_names(read_settings(settings)), **arrays)


_ARRAYS = (
    "cells", "rate", "season", "week", "day_part", "places", "evidence", "low", "high",
    "cost_each_sek", "naive",
)  # fmt: skip


def keep(risk: Risk, naive: Risk, first_h: float, hours: int) -> Kept:
    """Return what is kept of two maps for the hours from `first_h` on (since `aoristic.EPOCH`)."""
    slots = risk.settings.slots
    slot = slots.between(first_h, hours)
    cells = np.flatnonzero(risk.mask).astype(np.int32)
    low, high = risk.interval(first_h, hours, SHARE)
    names = part_names(risk.settings)
    per_hour = naive.expected(first_h, slots.hours)[0, cells]
    return Kept(
        grid=risk.grid,
        parts=names,
        cells=cells,
        rate=_short(risk.rhythm.expected(slot)),
        season=_short(risk.rhythm.season_at(slots.middle_h(slot))),
        week=_short(risk.rhythm.week[slot % slots.per_week]),
        day_part=risk.settings.day_part_of(slot).astype(np.int8),
        places=_short(np.stack([risk.places[name][:, cells] for name in names])),
        evidence=_short(risk.evidence[cells]),
        low=low[cells].astype(np.int32),
        high=high[cells].astype(np.int32),
        cost_each_sek=_short(risk.cost_each_sek[cells]),
        naive=_short(per_hour),
    )


def _short(values: F64) -> F32:
    return np.asarray(values, np.float32)


def part_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of a forecast's parts in their order, the floor last."""
    return (*(one.name for one in settings.parts), FLOOR)


def write_settings(settings: Settings) -> Json:
    """Return settings of the core as JSON."""
    return asdict(settings)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Return settings of the core from JSON."""
    known = dict(given)
    known["slots"] = Slots(**known["slots"])
    known["parts"] = tuple(Part(**one) for one in known["parts"])
    known["day_parts"] = tuple(known["day_parts"])
    return Settings(**known)


def write_grid(grid: Grid) -> Json:
    """Return a grid as JSON."""
    return asdict(grid)
