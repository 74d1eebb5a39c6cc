"""Learn from the past what to weigh how much. In: events. Out: settings that forecast best.

Each of the last days is forecast from what was known before it. The parts' weights are those under
which the events of those days were likeliest (expectation-maximisation of a mixture; the only
maximum, because the likelihood is concave in the weights). The sharpness and the level's half-life
are the likeliest, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from narvaro.core.aoristic import WEEK_H
from narvaro.core.grid import Grid
from narvaro.core.jit import F64, I64, Bits
from narvaro.core.risk.inputs import Events
from narvaro.core.risk.maps import Blur, as_shares
from narvaro.core.risk.model import Known, Part, Settings, known
from narvaro.core.risk.rhythm import DAY_H, level_per_h, season, season_back, totals_back

LEVEL_HALF_LIVES_DAYS = (14.0, 28.0, 56.0, 112.0, 365.0)
_ROUNDS = 300
_LEAST_FLOOR = 0.005
_POWERS = np.linspace(0.7, 1.7, 11)
_POWER_SD = 0.15  # before anything is seen, the sharpness is one, give or take


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
    """Return the settings with weights, sharpness and level half-life learned from the last `days`.

    The given weights stand behind as `prior_events` events, so that few events change them little.
    Days of the records' first half teach nothing: there was little to forecast from. When `stop`
    says so, what the days until then have taught is returned.
    """
    rows = known(events, mask, until_h, settings)
    days = _days_to_learn(rows, until_h, days)
    past = _Past(_sorted(rows), grid, mask, until_h - DAY_H * np.arange(days, 0, -1.0), stop)
    settings = replace(
        settings, level_half_life_days=_level_half_life(rows, until_h, settings, days)
    )
    shares, weight = past.shares(settings)
    prior = np.array([part.weight for part in settings.parts] + [settings.floor])
    found = mixture(shares, weight, prior, prior_events)
    found[-1] = max(found[-1], _LEAST_FLOOR)
    found /= found.sum()
    parts = tuple(
        replace(part, weight=float(one)) for part, one in zip(settings.parts, found, strict=False)
    )
    learned = replace(settings, parts=parts, floor=1.0 - sum(part.weight for part in parts))
    return replace(learned, sharpness=past.sharpness(learned))


def _days_to_learn(rows: Known, until_h: float, days: int) -> int:
    if not rows.used:
        return 0
    recorded = (until_h - float(rows.shares.middle_h.min())) / DAY_H
    return min(days, int(recorded / 2))


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
        part_of_day = rows.shares.day_part[new] % self.maps
        np.add.at(self.count, (part_of_day, rows.shares.cell[new]), weight)


@dataclass(frozen=True, eq=False)
class _Past:
    """The last days, forecast one by one; `rows` in the order in which they became known.

    `starts`: when each day begins, float64 [days], hours.
    """

    rows: Known
    grid: Grid
    mask: Bits
    starts: F64
    stop: Callable[[], bool] | None

    def days(self, settings: Settings) -> Iterator[tuple[list[F64], I64]]:
        """Yield per day the parts' maps [1 or day_parts, cells], each summing to one, and the rows
        that happened on it; days without any are passed over, and so are those before all others.
        """
        blurs = {
            sd_m: Blur(self.grid, self.mask, sd_m) for sd_m in {p.sd_m for p in settings.parts}
        }
        running = [_Running(part, blurs[part.sd_m], settings) for part in settings.parts]
        by_time = np.argsort(self.rows.shares.middle_h, kind="stable")
        happened = self.rows.shares.middle_h[by_time]
        done = 0
        for at_h in self.starts.tolist():
            if self.stop is not None and self.stop():
                return
            upto = int(np.searchsorted(self.rows.known_h, at_h, side="right"))
            for one in running:
                one.add(self.rows, slice(done, upto), at_h)
            done = upto
            first, last = np.searchsorted(happened, [at_h, at_h + DAY_H])
            if done and last > first:
                yield (
                    [as_shares(one.blur(one.count), self.mask) for one in running],
                    by_time[first:last],
                )

    def shares(self, settings: Settings) -> tuple[F64, F64]:
        """Return each part's share at what happened, [m, parts + 1], and the weights [m]."""
        shares = self.rows.shares
        found: list[F64] = [np.empty((0, len(settings.parts) + 1))]
        weight: list[F64] = [np.empty(0)]
        for maps, asked in self.days(settings):
            columns = [one[shares.day_part[asked] % len(one), shares.cell[asked]] for one in maps]
            even = np.full(len(asked), 1 / self.mask.sum())
            found.append(np.stack([*columns, even], axis=1))
            weight.append(shares.weight[asked])
        return np.concatenate(found), np.concatenate(weight)

    def sharpness(self, settings: Settings) -> float:
        """Return the power of the cells' shares under which what happened was likeliest."""
        shares = self.rows.shares
        column = np.cumsum(self.mask) - 1
        score = -(((_POWERS - 1) / _POWER_SD) ** 2) / 2
        for maps, asked in self.days(settings):
            place = np.full(
                (len(settings.day_parts), len(self.mask)), settings.floor / self.mask.sum()
            )
            for part, one in zip(settings.parts, maps, strict=True):
                place += part.weight * one
            log = np.log(place[:, self.mask])
            part_of_day, weight = shares.day_part[asked], shares.weight[asked]
            at = float(weight @ log[part_of_day, column[shares.cell[asked]]])
            each = np.bincount(part_of_day, weight, len(log))
            for number, power in enumerate(_POWERS.tolist()):
                score[number] += power * at - each @ np.log(np.exp(power * log).sum(axis=1))
        return _peak(_POWERS, score)


def _peak(x: F64, y: F64) -> float:
    """Return where the parabola through the highest value and its neighbours is highest."""
    best = min(max(int(y.argmax()), 1), len(x) - 2)
    low, middle, high = y[best - 1 : best + 2]
    bend = low - 2 * middle + high
    shift = 0.5 * (low - high) / bend if bend < 0 else 0.0
    return float(x[best] + np.clip(shift, -1, 1) * (x[best + 1] - x[best]))


def _sorted(rows: Known) -> Known:
    """Return the rows in the order in which they became known."""
    order = np.argsort(rows.known_h, kind="stable")
    return replace(
        rows,
        slot=rows.slot[order],
        shares=rows.shares.take(order),
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
    factor = season_back(waves, len(daily), until_h)
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
