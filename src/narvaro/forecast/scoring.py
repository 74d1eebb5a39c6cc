"""How a forecast did. In: what was kept, what happened. Out: figures, beside the naive map's.

A forecast is judged in the hours in which it was the newest, so that each hour is judged once, and
what happened elsewhere than in its cells counts as missed. Definitions: docs/formulas/risk.md.
"""

from dataclasses import dataclass

import numpy as np

from narvaro.core.aoristic import spread
from narvaro.core.jit import F64
from narvaro.core.risk import Events
from narvaro.core.score import Happened, log_likelihood, top_cells, top_hits
from narvaro.forecast.kept import SLOTS, Kept


@dataclass(frozen=True, slots=True)
class Figures:
    """One map's sums over the hours: expected events, hits in its top cells, log-likelihood (nats)."""

    expected: float
    hits_1: float
    hits_5: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A forecast and the naive map over the same hours; events whose hour is open count in shares."""

    hours: int
    cells: int
    events: float
    outside: float
    ours: Figures
    naive: Figures


def judge(kept: Kept, first_h: float, hours: int, events: Events) -> Judged:
    """Judge the first `hours` of a forecast that begins at `first_h` (local, since the epoch)."""
    happened = happened_in(kept, first_h, hours, events)
    seen = happened.inside()
    return Judged(
        hours=hours,
        cells=len(kept.cells),
        events=float(seen.weight.sum()),
        outside=float(happened.weight.sum() - seen.weight.sum()),
        ours=_figures(kept.expected[:hours], happened),
        naive=_figures(kept.naive_expected[:hours], happened),
    )


def happened_in(kept: Kept, first_h: float, hours: int, events: Events) -> Happened:
    """Return what happened in some hours of a forecast, by hour and kept cell."""
    touches = (events.begins_h < first_h + hours) & (events.ends_h >= first_h)
    found = events.take(touches)
    shares = spread(found.begins_h, found.ends_h, SLOTS)
    slot = shares.slot - SLOTS.of(np.array([first_h]))[0]
    inside = (slot >= 0) & (slot < hours)
    column = kept.columns_of(found.cell)[shares.event]
    return Happened(slot[inside], column[inside], shares.weight[inside])


def _figures(forecast: F64, happened: Happened) -> Figures:
    cells = forecast.shape[1]
    return Figures(
        expected=float(forecast.sum()),
        hits_1=float(top_hits(forecast, happened, top_cells(0.01, cells)).sum()),
        hits_5=float(top_hits(forecast, happened, top_cells(0.05, cells)).sum()),
        log_likelihood=float(log_likelihood(forecast, happened).sum()),
    )
