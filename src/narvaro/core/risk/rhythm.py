"""How much harm the whole area has, and when. In: shares of events. Out: level, season, week profile.

The expected number in a slot is level × season × week profile: what happens now, corrected for the
time of year in which it happened, at that hour of the week.
"""

from dataclasses import dataclass

import numpy as np

from narvaro.core.aoristic import Slots
from narvaro.core.jit import F64, I64

DAY_H = 24.0
YEAR_H = 365.2425 * DAY_H
_WEEKS = 52
_LOWEST_SEASON = 0.3
_UNKNOWN_EVENTS = 0.5  # so that a place where nothing was ever noted still has a level above zero


@dataclass(frozen=True, eq=False, slots=True)
class Rhythm:
    """Expected events per hour in the whole area: `level_per_h` × season × week profile.

    `season`: float64 [4], cosine and sine of the year and of the half year; mean factor 1.
    `week`: float64 [slots per week], from Monday's first slot on; mean factor 1.
    """

    slots: Slots
    level_per_h: float
    season: F64
    week: F64

    def expected(self, slot: I64) -> F64:
        """Return the expected events of the whole area per slot, float64 [slots]."""
        per_slot = self.level_per_h * self.slots.hours * self.week[slot % self.slots.per_week]
        return np.asarray(per_slot * self.season_at(self.slots.middle_h(slot)), np.float64)

    def season_at(self, hour: F64) -> F64:
        """Return the season's factor at hours since the epoch."""
        return season_factor(self.season, hour)


def season_factor(season: F64, hour: F64) -> F64:
    """Return 1 + the season's waves at hours since the epoch, at least 0.3."""
    return np.maximum(1 + _waves(hour) @ season, _LOWEST_SEASON)


def season_back(season: F64, days: int, until_h: float) -> F64:
    """Return the season's factor in the middle of each day backwards from `until_h`."""
    return season_factor(season, until_h - (np.arange(days, dtype=np.float64) + 0.5) * DAY_H)


def _waves(hour: F64) -> F64:
    angle = 2 * np.pi * np.asarray(hour, np.float64) / YEAR_H
    return np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)], axis=-1)


def totals_back(middle_h: F64, weight: F64, since_h: float, until_h: float, step_h: float) -> F64:
    """Return the weight in each whole step backwards from `until_h`, the latest first."""
    steps = int((until_h - since_h) // step_h)
    age = np.floor((until_h - middle_h) / step_h).astype(np.int64)
    kept = (age >= 0) & (age < steps)
    return np.asarray(np.bincount(age[kept], weight[kept], steps), np.float64)


def season(weekly: F64, until_h: float) -> F64:
    """Return the season's waves from weekly totals, the latest first; none under two whole years.

    Each week is divided by the mean of the year around it; least squares on the waves; then shrunk
    towards none by as much as noise of that size would explain (James and Stein).
    """
    if len(weekly) < 2 * _WEEKS + 1 or weekly.sum() <= 0:
        return np.zeros(4)
    window = np.full(_WEEKS + 1, 1 / _WEEKS)
    window[[0, -1]] /= 2
    around = np.convolve(weekly, window, "valid")
    age = np.arange(_WEEKS // 2, _WEEKS // 2 + len(around), dtype=np.float64)
    used = around > 0
    ratio = weekly[_WEEKS // 2 :][: len(around)][used] / around[used] - 1
    waves = _waves(until_h - (age[used] + 0.5) * 168)
    found, *_ = np.linalg.lstsq(waves, ratio, rcond=None)
    noise = ((ratio - waves @ found) ** 2).mean() * 2 / len(ratio)
    power = float(found @ found)
    return np.asarray(found * max(0.0, 1 - 2 * noise / power) if power > 0 else found, np.float64)


def level_per_h(daily: F64, season_daily: F64, half_life_days: float, prior_events: float) -> float:
    """Return events per hour now, the season taken out; `daily` totals have the latest day first.

    Days are discounted by age; the mean of the whole time stands behind as `prior_events` events.
    """
    mean = (daily.sum() + _UNKNOWN_EVENTS) / (season_daily.sum() + 1)
    weight = np.exp2(-(np.arange(len(daily)) + 0.5) / half_life_days)
    seen, exposed = float(weight @ daily), float(weight @ season_daily)
    return float((seen + prior_events) / (exposed + prior_events / mean) / DAY_H)


def week_profile(slot: I64, weight: F64, slots: Slots, prior_events: float) -> F64:
    """Return the factor of each slot of the week, mean 1, float64 [slots per week].

    Counts per slot of the week are drawn to (hour of day × day of week) by five events per slot, and
    each of those two to evenness by `prior_events` events.
    """
    per_day = slots.per_week // 7
    count = np.bincount(slot % slots.per_week, weight, slots.per_week).reshape(7, per_day)
    total = count.sum()
    day = (count.sum(axis=1) + prior_events / 7) / (total + prior_events)
    hour = (count.sum(axis=0) + prior_events / per_day) / (total + prior_events)
    prior = 5.0 * slots.per_week
    both = (count + prior * np.outer(day, hour)) / (total + prior)
    return np.asarray(both.ravel() * slots.per_week, np.float64)
