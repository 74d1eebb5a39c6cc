"""The maps that a forecast has to beat. In: a world and a day. Out: what plain methods expect.

A plain map: counts halved every so many days, smoothed by a Gaussian, a share of it from the same
shift of the day alone, a share spread evenly; times the mean level (discounted alike) and the
profile of the week's shifts. All of it from the days before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from benchmarks.risk_data import DAY_SHIFTS, SLOTS, Period, World
from narvaro.core.jit import F32, F64, I64
from narvaro.core.risk.maps import Blur, as_shares
from narvaro.core.score import Happened, top_hits

HALF_LIVES_DAYS = (90.0, 180.0, 365.0, 730.0, 1500.0, 4000.0)
SDS_M = (0.0, 75.0, 112.0, 150.0, 250.0)
SHIFT_SHARES = (0.0, 0.3, 0.6)
FLOORS = (0.01, 0.03, 0.06, 0.10)
FOREVER_DAYS = 1e9
PER_WEEK = SLOTS.per_week


@dataclass(frozen=True)
class Plain:
    """One plain map."""

    half_life_days: float
    sd_m: float
    shift_share: float
    floor: float

    def __str__(self) -> str:
        """Say what it is, for the table."""
        half = "no" if self.half_life_days >= FOREVER_DAYS else f"{self.half_life_days:g} d"
        return (
            f"half-life {half}, {self.sd_m:g} m, shift {self.shift_share:g}, floor {self.floor:g}"
        )


ALL = tuple(Plain(*one) for one in product(HALF_LIVES_DAYS, SDS_M, SHIFT_SHARES, (FLOORS[0],)))
"""Every ranking; the floor changes none, so it is chosen apart."""


@dataclass(frozen=True, eq=False)
class Day:
    """What is known when a day begins: per half-life counts [h, shifts, cells] and level per shift."""

    number: int
    count: F64
    level: F64
    profile: F64


def days_of(
    world: World, target: str, period: Period, half_lives: tuple[float, ...]
) -> Iterator[Day]:
    """Yield each day of a period with what its past gives; counts move on by recursion."""
    events = world.events[target]
    slot = SLOTS.of(events.begins_h)
    inside = (events.cell >= 0) & world.mask[events.cell]
    slot, cell = slot[inside], events.cell[inside].astype(np.int64)
    order = np.argsort(slot, kind="stable")
    slot, cell = slot[order], cell[order]
    start = int(SLOTS.of(np.array([world.since_h]))[0])
    start -= start % DAY_SHIFTS
    halves = np.array(half_lives)
    kept = np.exp2(-1 / halves)
    count = np.zeros((len(halves), DAY_SHIFTS, world.grid.cells))
    exposed, week = np.zeros(len(halves)), np.zeros(PER_WEEK)
    first = period.first_slot
    done = int(np.searchsorted(slot, start))
    for today in range(start, first + period.slots, DAY_SHIFTS):
        if today >= first:
            level = count.sum(axis=(1, 2)) / exposed / DAY_SHIFTS
            profile = week / week.mean() if week.all() else np.ones(PER_WEEK)
            yield Day((today - first) // DAY_SHIFTS, count, level, profile)
        upto = int(np.searchsorted(slot, today + DAY_SHIFTS))
        new_slot, new_cell = slot[done:upto], cell[done:upto]
        done = upto
        count *= kept[:, None, None]
        exposed = (exposed + 1) * kept
        flat = np.bincount(
            new_slot % DAY_SHIFTS * world.grid.cells + new_cell, None, count[0].size
        ).reshape(count[0].shape)
        count += flat * kept[:, None, None]
        week += np.bincount(new_slot % PER_WEEK, None, PER_WEEK)


def place_of(smooth: F64, shift: int, shift_share: float) -> F64:
    """Return the shares of cells in a shift, float64 [cells], from smoothed counts [shifts, cells]."""
    everywhere = np.ones(smooth.shape[1], np.bool_)
    whole, own = as_shares(np.stack([smooth.sum(axis=0), smooth[shift]]), everywhere)
    return np.asarray((1 - shift_share) * whole + shift_share * own, np.float64)


def choose(world: World, target: str, k: int) -> tuple[Plain, Plain]:
    """Return the plain maps with the most hits and with the best log score in the validation year."""
    period = world.validation
    seen = world.happened(target, period).inside()
    blurs = [Blur(world.grid, world.mask, sd_m) for sd_m in SDS_M]
    floors = np.array(FLOORS)
    hits, score = np.zeros(len(ALL)), np.zeros((len(ALL), len(FLOORS)))
    for day in days_of(world, target, period, HALF_LIVES_DAYS):
        smooth = [
            [blur(count)[:, world.mask] for blur in blurs] for count in day.count
        ]  # [half-life][sd]
        for shift in range(DAY_SHIFTS):
            number = day.number * DAY_SHIFTS + shift
            cell = seen.cell[seen.slot == number]
            place = np.stack([
                place_of(maps, shift, share) for row in smooth for maps in row for share in SHIFT_SHARES
            ])  # fmt: skip
            again = np.repeat(np.arange(len(ALL)), len(cell))
            hits += top_hits(
                place, Happened(again, np.tile(cell, len(ALL)), np.ones(len(again))), k
            )
            rate = np.repeat(day.level, len(ALL) // len(day.level)) * _profile(day, period, number)
            value = place[:, cell, None] * (1 - floors) + floors / place.shape[1]
            score += np.log(rate[:, None, None] * value).sum(axis=1) - rate[:, None]
    best = np.unravel_index(int(score.argmax()), score.shape)
    ranked, likely = ALL[int(hits.argmax())], ALL[int(best[0])]
    return ranked, Plain(
        likely.half_life_days, likely.sd_m, likely.shift_share, FLOORS[int(best[1])]
    )


def forecast(world: World, target: str, period: Period, plain: Plain) -> F32:
    """Return what a plain map expects, float32 [shifts, cells of the mask], day by day."""
    blur = Blur(world.grid, world.mask, plain.sd_m)
    cells = int(world.mask.sum())
    rows = np.empty((period.slots, cells), np.float32)
    for day in days_of(world, target, period, (plain.half_life_days,)):
        smooth = blur(day.count[0])[:, world.mask]
        for shift in range(DAY_SHIFTS):
            number = day.number * DAY_SHIFTS + shift
            rate = day.level[0] * _profile(day, period, number)
            place = place_of(smooth, shift, plain.shift_share)
            rows[number] = rate * ((1 - plain.floor) * place + plain.floor / cells)
    return rows


def _profile(day: Day, period: Period, number: int) -> float:
    return float(day.profile[(period.first_slot + number) % PER_WEEK])


def counts(world: World, target: str, from_h: float, until_h: float) -> I64:
    """Return plain counts of a span per cell of the mask, int64 [cells of the mask]."""
    events = world.events[target]
    rows = (events.cell >= 0) & (events.begins_h >= from_h) & (events.begins_h < until_h)
    return np.bincount(events.cell[rows], minlength=world.grid.cells)[world.mask]
