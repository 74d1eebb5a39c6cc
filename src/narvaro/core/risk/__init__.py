"""Expected harm per place and hour. In: events from allowed inputs. Out: forecasts, and their parts.

`learn` (now and then) → `Settings`; `fit` (each day) → `Risk`; `naive` → the map to beat.
"""

import numpy as np

from narvaro.core.grid import Grid
from narvaro.core.risk.inputs import REFUSED, Events, Input, InputRefused, allow
from narvaro.core.risk.learning import learn
from narvaro.core.risk.model import ENGINE, FLOOR, Part, Risk, Settings, fit, naive

__all__ = [
    "ENGINE",
    "FLOOR",
    "REFUSED",
    "Events",
    "Input",
    "InputRefused",
    "Part",
    "Risk",
    "Settings",
    "allow",
    "fit",
    "learn",
    "naive",
    "warm",
]


def warm() -> None:
    """Compile every kernel, or load it from the cache, on a grid of six cells."""
    grid = Grid(0, 0, 250, 2, 3)
    mask = np.ones(grid.cells, np.bool_)
    begins = np.array([1.0, 20.0, 700.0])
    ends = begins + np.array([0.0, 9.0, 300.0])
    events = Events(np.array([0, 1, 5], np.int32), begins, ends, inputs=frozenset({Input.DAMAGE}))
    settings = learn(events, grid, mask, 1008.0, Settings(), days=30)
    fit(events, grid, mask, 1008.0, settings).interval(1008.0, 24.0)
