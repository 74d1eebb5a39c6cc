"""Learn from the past what to weigh how much. In: events. Out: settings that forecast best.

Each of the last days is forecast from what was known before it. The parts' weights are those under
which the events of those days were likeliest (expectation-maximisation of a mixture; the only
maximum, because the likelihood is concave in the weights); the level's half-life is the likeliest
of a few.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from narvaro.core.aoristic import WEEK_H
from narvaro.core.grid import Grid
from narvaro.core.jit import F64, I64, Bits
from narvaro.core.risk.inputs import Events
from narvaro.core.risk.maps import Blur, as_shares
from narvaro.core.risk.model import Known, Part, Settings, known
from narvaro.core.risk.rhythm import DAY_H, level_per_h, season, season_factor, totals_back

LEVEL_HALF_LIVES_DAYS = (14.0, 28.0, 56.0, 112.0, 365.0)
_ROUNDS = 300
_LEAST_FLOOR = 0.005


def learn(
    events: Events,
    grid: Grid,
    mask: Bits,
    until_h: float,
    settings: Settings,
    *,
    days: int = 365,
    prior_events: float = 50,
    stop: Callable[[], bool] | None = None,
) -> Settings:
    """Return the settings with weights and level half-life learned from the last `days`.

    The given weights stand behind as `prior_events` events, so that few events change them little.
    When `stop` says so, what the days until then have taught is returned.
    """
    rows = known(events, mask, until_h, settings)
    shares, weight = _past_shares(rows, grid, mask, until_h, settings, days, stop)
    prior = np.array([part.weight for part in settings.parts] + [settings.floor])
    found = mixture(shares, weight, prior, prior_events)
    found[-1] = max(found[-1], _LEAST_FLOOR)
    found /= found.sum()
    parts = tuple(
        replace(part, weight=float(one)) for part, one in zip(settings.parts, found, strict=False)
    )
    return replace(
        settings,
        parts=parts,
        floor=1.0 - sum(part.weight for part in parts),
        level_half_life_days=_level_half_life(rows, until_h, settings, days),
    )


def mixture(shares: F64, weight: F64, prior: F64, prior_events: float) -> F64:
    """Return weights, float64 [parts], under which events are likeliest; they sum to one.

    `shares`: float64 [m, parts], each part's share at the event's place. `weight`: float64 [m].
    """
    found = prior / prior.sum()
    behind = prior_events * found
    total = weight.sum() + prior_events
    for _ in range(_ROUNDS):
        each = shares * found
        each *= (weight / each.sum(axis=1))[:, None]
        new = (each.sum(axis=0) + behind) / total
        if np.abs(new - found).max() < 1e-7:
            return np.asarray(new, np.float64)
        found = new
    return np.asarray(found, np.float64)


class _Running:
    """One part's discounted counts, moved on from day to day."""

    def __init__(self, part: Part, blur: Blur, settings: Settings) -> None:
        self.part = part
        self.blur = blur
        self.settings = settings
        self.maps = len(settings.day_parts) if part.by_day_part else 1
        self.count = np.zeros((self.maps, len(blur)))
        self.at_h = -np.inf

    def add(self, rows: Known, new: slice, at_h: float) -> None:
        """Age what is there to `at_h` and add the shares that have become known."""
        half_life_h = self.part.half_life_days * DAY_H
        if np.isfinite(self.at_h):
            self.count *= np.exp2((self.at_h - at_h) / half_life_h)
        self.at_h = at_h
        age_h = np.maximum(at_h - rows.shares.middle_h[new], 0)
        weight = rows.shares.weight[new] * np.exp2(-age_h / half_life_h)
        np.add.at(self.count, (self._map(rows.shares.day_part[new]), rows.shares.cell[new]), weight)

    def at(self, rows: Known, asked: I64, mask: Bits) -> F64:
        """Return the part's share at the places and day parts of the asked rows."""
        place = as_shares(self.blur(self.count), mask)
        return place[self._map(rows.shares.day_part[asked]), rows.shares.cell[asked]]

    def _map(self, day_part: I64) -> I64:
        return day_part if self.maps > 1 else np.zeros_like(day_part)


def _past_shares(
    rows: Known,
    grid: Grid,
    mask: Bits,
    until_h: float,
    settings: Settings,
    days: int,
    stop: Callable[[], bool] | None,
) -> tuple[F64, F64]:
    """Return each part's share at the events of the last days, [m, parts], and their weights [m]."""
    rows = _sorted(rows)
    blurs = {sd_m: Blur(grid, mask, sd_m) for sd_m in {part.sd_m for part in settings.parts}}
    running = [_Running(part, blurs[part.sd_m], settings) for part in settings.parts]
    by_time = np.argsort(rows.shares.middle_h, kind="stable")
    happened = rows.shares.middle_h[by_time]
    even = 1 / mask.sum()
    found: list[F64] = [np.empty((0, len(running) + 1))]
    weight: list[F64] = [np.empty(0)]
    done = 0
    for day in range(days, 0, -1):
        if stop is not None and stop():
            break
        at_h = until_h - day * DAY_H
        upto = int(np.searchsorted(rows.known_h, at_h, side="right"))
        for one in running:
            one.add(rows, slice(done, upto), at_h)
        done = upto
        first, last = np.searchsorted(happened, [at_h, at_h + DAY_H])
        asked = by_time[first:last]
        if done and len(asked):
            columns = [one.at(rows, asked, mask) for one in running]
            found.append(np.stack([*columns, np.full(len(asked), even)], axis=1))
            weight.append(rows.shares.weight[asked])
    return np.concatenate(found), np.concatenate(weight)


def _sorted(rows: Known) -> Known:
    """Return the rows in the order in which they became known."""
    order = np.argsort(rows.known_h, kind="stable")
    shares = type(rows.shares)(*(column[order] for column in rows.shares))
    return replace(
        rows,
        slot=rows.slot[order],
        shares=shares,
        known_h=rows.known_h[order],
        cost_sek=rows.cost_sek[order],
    )


def _level_half_life(rows: Known, until_h: float, settings: Settings, days: int) -> float:
    """Return the half-life under which the daily totals of the last days were likeliest."""
    if not rows.used:
        return settings.level_half_life_days
    middle, weight = rows.shares.middle_h, rows.shares.weight
    begun_h = float(middle.min())
    waves = season(totals_back(middle, weight, begun_h, until_h, WEEK_H), until_h)
    daily = totals_back(middle, weight, begun_h, until_h, DAY_H)
    factor = season_factor(waves, until_h - (np.arange(len(daily)) + 0.5) * DAY_H)
    tested = min(days, len(daily) // 2)

    def likelihood(half_life_days: float) -> float:
        prior = settings.level_prior_events
        total = 0.0
        for age in range(tested):
            past, past_factor = daily[age + 1 :], factor[age + 1 :]
            mean = DAY_H * level_per_h(past, past_factor, half_life_days, prior) * factor[age]
            total += float(daily[age] * np.log(mean) - mean)
        return total

    choices = sorted({*LEVEL_HALF_LIVES_DAYS, settings.level_half_life_days})
    return max(choices, key=likelihood) if tested else settings.level_half_life_days
