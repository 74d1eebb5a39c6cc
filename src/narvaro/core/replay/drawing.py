"""Made-up days. In: rates by place and hour, kinds of incidents, a seed. Out: incidents, drawn once.

Each purpose draws from a stream of its own, named by seed, run and word: one more draw for one
purpose moves no other. Run k is the same under every policy (common random numbers).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from narvaro.core.jit import F64
from narvaro.core.replay.world import Incidents

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of incident: its share of all, what it needs, and how long units stay.

    Stays are gamma distributed with `mean_s` and `shape` (1: exponential; more: less spread).
    """

    share: float
    mean_s: float
    shape: float = 2.0
    needs: int = 0
    danger: bool = False
    units_needed: int = 1

    def __post_init__(self) -> None:
        """Refuse shares below 0 and stays that are not above 0."""
        if not (self.share >= 0 and self.mean_s > 0 and self.shape > 0):
            raise ValueError(f"{self}: give a share from 0 up, a mean and a shape above 0")


def stream(seed: int, run: int, name: str) -> np.random.Generator:
    """Return the random numbers of one purpose; the same for the same seed, run and name."""
    return np.random.default_rng([seed, run, *name.encode("utf-8")])


def draw_incidents(
    rates: F64, kinds: Sequence[Kind], seed: int, run: int = 0, begins_s: float = 0.0
) -> Incidents:
    """Draw a Poisson number of incidents for each place and hour.

    `rates`: float64 [P, hours], expected incidents in each hour after `begins_s`. Within its hour an
    incident falls evenly. ValueError for rates below 0 or without a kind that has a share.
    """
    rates = np.asarray(rates, np.float64)
    shares = np.array([one.share for one in kinds])
    if rates.ndim != 2 or not (np.isfinite(rates) & (rates >= 0)).all():
        raise ValueError(f"rates is {rates.shape}: give [places, hours] of numbers from 0 up")
    if not shares.sum() > 0:
        raise ValueError("kinds: give at least one kind with a share above 0")
    count = stream(seed, run, "count").poisson(rates)
    place, hour = (
        np.repeat(rows, count.ravel()) for rows in np.indices(rates.shape).reshape(2, -1)
    )
    at_s = begins_s + HOUR_S * (hour + stream(seed, run, "time").random(len(hour)))
    which = stream(seed, run, "kind").choice(len(kinds), len(hour), p=shares / shares.sum())
    shape = np.array([one.shape for one in kinds])[which]
    stays = stream(seed, run, "scene").gamma(shape)
    order = np.argsort(at_s, kind="stable")
    which = which[order]
    return Incidents(
        at_s=at_s[order],
        place=place[order],
        on_scene_s=np.array([one.mean_s / one.shape for one in kinds])[which] * stays[order],
        needs=np.array([one.needs for one in kinds])[which],
        danger=np.array([one.danger for one in kinds])[which],
        units_needed=np.array([one.units_needed for one in kinds])[which],
    )
