"""Expected harm per place and hour. In: events on a grid, known until a moment. Out: a forecast.

The expected count in a cell and slot is how much is expected in the whole area (level × season ×
hour of the week, `rhythm`) times the cell's share of it. The share is a weighted sum of named
parts, each a map of discounted and smoothed counts, so that every forecast can be taken apart.
Definitions: docs/formulas/risk.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from narvaro.core.aoristic import WEEK_H, Slots, spread
from narvaro.core.grid import Grid
from narvaro.core.jit import F64, I64, Bits
from narvaro.core.risk.bounds import bounds
from narvaro.core.risk.inputs import Events
from narvaro.core.risk.maps import Blur, Shares, as_shares, discounted
from narvaro.core.risk.rhythm import (
    DAY_H,
    Rhythm,
    level_per_h,
    season,
    season_back,
    totals_back,
    week_profile,
)

ENGINE = "discounted parts 1"
"""Name and version of the engine, to be kept with each stored forecast."""

FLOOR = "floor"
_LEAST_EVIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """One map: counts halved every `half_life_days`, smoothed by a Gaussian of `sd_m` metres.

    `by_day_part`: a map of its own for each part of the day. `weight`: its share of the forecast.
    """

    name: str
    half_life_days: float
    sd_m: float
    by_day_part: bool
    weight: float


PARTS = (
    Part("long_run", 1500, 0, by_day_part=False, weight=0.25),
    Part("last_year", 365, 0, by_day_part=False, weight=0.12),
    Part("surroundings", 1500, 250, by_day_part=False, weight=0.08),
    Part("day_part", 1500, 0, by_day_part=True, weight=0.22),
    Part("day_part_last_year", 365, 112, by_day_part=True, weight=0.12),
    Part("recent", 120, 0, by_day_part=False, weight=0.05),
    Part("last_month", 30, 112, by_day_part=False, weight=0.06),
    Part("near_repeat", 14, 250, by_day_part=False, weight=0.07),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a forecast is made with; `learn` returns one whose weights fit the events.

    `slots`: the length and start of a time slot. `day_parts`: the hours at which parts of the day
    begin. `floor`: the share that lies evenly on all cells. `sharpness`: the power that the shares of
    cells are raised to; above 1 the high ones rise. Half-lives in days.
    """

    slots: Slots = field(default_factory=Slots)
    day_parts: tuple[float, ...] = (6.0, 14.0, 22.0)
    parts: tuple[Part, ...] = PARTS
    floor: float = 0.03
    sharpness: float = 1.0
    level_half_life_days: float = 56
    week_half_life_days: float = 1500
    level_prior_events: float = 10
    week_prior_events: float = 100
    cost_half_life_days: float = 1500
    cost_sd_m: float = 250
    cost_prior_events: float = 20

    def __post_init__(self) -> None:
        """Refuse weights that do not sum to one, no floor, and day parts out of order."""
        total = self.floor + sum(part.weight for part in self.parts)
        if self.floor <= 0 or min((p.weight for p in self.parts), default=0) < 0:
            raise ValueError("Settings: the floor must be above 0, no weight below 0.")
        if self.sharpness <= 0:
            raise ValueError("Settings: the sharpness must be above 0.")
        if abs(total - 1) > 1e-9:
            raise ValueError(f"Settings: floor and weights sum to {total}, not 1.")
        starts = self.day_parts
        if (
            not starts
            or sorted(set(starts)) != list(starts)
            or not 0 <= starts[0] <= starts[-1] < 24
        ):
            raise ValueError("Settings: day_parts are rising hours of the day, from 0 to under 24.")

    def day_part_of(self, slot: I64) -> I64:
        """Return the part of the day in which the middle of each slot lies."""
        hour = self.slots.middle_h(slot) % DAY_H
        found = np.searchsorted(np.asarray(self.day_parts), hour, side="right") - 1
        return np.asarray(found % len(self.day_parts), np.int64)


@dataclass(frozen=True, eq=False)
class Risk:
    """A forecast, made of what was known at `until_h` (local hours since `aoristic.EPOCH`).

    `places`: per part float64 [day_parts, cells]; together they sum to 1 in each part of the day, and
    are 0 outside the mask. `evidence`: float64 [cells], the events that speak for a cell.
    `cost_each_sek`: float64 [cells], nan where no cost was ever known. `used`, `left_out`: events
    inside and outside the mask.
    """

    engine: str
    grid: Grid
    mask: Bits
    until_h: float
    settings: Settings
    rhythm: Rhythm
    places: Mapping[str, F64]
    evidence: F64
    cost_each_sek: F64
    used: int
    left_out: int

    def expected(self, first_h: float, hours: float) -> F64:
        """Return expected counts, float64 [slots, cells], of the slots from `first_h` on.

        Raises ValueError for a span off the slots' borders, or one that was over when it was made.
        """
        slot = self._slots(first_h, hours)
        place = np.sum(list(self.places.values()), axis=0)
        share = place[self.settings.day_part_of(slot)]
        return np.asarray(self.rhythm.expected(slot)[:, None] * share, np.float64)

    def cost(self, first_h: float, hours: float) -> F64:
        """Return expected cost in SEK, float64 [slots, cells]; nan where no cost was ever known."""
        return self.expected(first_h, hours) * self.cost_each_sek

    def interval(self, first_h: float, hours: float, share: float = 0.8) -> tuple[I64, I64]:
        """Return the lowest and highest count of the whole span per cell, int64 [cells] each.

        They are predictive bounds: at least `share` of such spans should lie within.
        """
        return bounds(self.expected(first_h, hours).sum(axis=0), self.evidence, share)

    def explain(self, cell: int, first_h: float, hours: float) -> dict[str, float]:
        """Return what each named part adds to a cell's expected count; the sum is the forecast."""
        slot = self._slots(first_h, hours)
        part_of_day = self.settings.day_part_of(slot)
        rate = self.rhythm.expected(slot)
        return {name: float(rate @ place[part_of_day, cell]) for name, place in self.places.items()}

    def _slots(self, first_h: float, hours: float) -> I64:
        if first_h + self.settings.slots.hours <= self.until_h:
            raise ValueError(
                f"Risk: a forecast made at hour {self.until_h} says nothing of hour {first_h}; "
                "make one from what was known before it."
            )
        return self.settings.slots.between(first_h, hours)


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """The events that were known and lie inside the mask, spread over slots.

    `slot` int64 [m], `shares` arrays [m], `known_h` float64 [m], `cost_sek` float64 [m].
    """

    slot: I64
    shares: Shares
    known_h: F64
    cost_sek: F64
    used: int
    left_out: int


def known(events: Events, mask: Bits, until_h: float, settings: Settings) -> Known:
    """Spread the events that were known at `until_h`; count those outside the mask."""
    was_known = events.ends_h <= until_h
    inside = (events.cell >= 0) & (events.cell < len(mask))
    inside[inside] = mask[events.cell[inside]]
    rows = events.take(was_known & inside)
    found = spread(rows.begins_h, rows.ends_h, settings.slots)
    cell = rows.cell[found.event].astype(np.int64)
    day_part = settings.day_part_of(found.slot)
    shares = Shares(cell, day_part, settings.slots.middle_h(found.slot), found.weight)
    return Known(
        found.slot,
        shares,
        rows.ends_h[found.event],
        rows.cost_sek[found.event],
        len(rows),
        int((was_known & ~inside).sum()),
    )


def fit(
    events: Events,
    grid: Grid,
    mask: Bits,
    until_h: float,
    settings: Settings,
    *,
    since_h: float | None = None,
) -> Risk:
    """Return the forecast from what was known at `until_h`.

    `mask`: bool [cells], where harm can happen. `since_h`: when the records begin; the first event
    unless told otherwise. Order of the events does not matter.
    """
    _check(grid, mask)
    rows = known(events, mask, until_h, settings)
    begun_h = _begun_h(rows, until_h, since_h)
    counts: list[F64] = []
    places: dict[str, F64] = {}
    for part in settings.parts:
        count = part_counts(rows.shares, until_h, part, Blur(grid, mask, part.sd_m), settings)
        whole = np.broadcast_to(as_shares(count, mask), (len(settings.day_parts), grid.cells))
        places[part.name] = part.weight * whole
        counts.append(part.weight * count.sum(axis=0))
    places[FLOOR] = np.broadcast_to(
        settings.floor * mask / mask.sum(), (len(settings.day_parts), grid.cells)
    )
    factor = _sharpening(np.sum(list(places.values()), axis=0), mask, settings.sharpness)
    places = {name: place * factor for name, place in places.items()}
    return Risk(
        ENGINE, grid, mask, until_h, settings,
        rhythm_of(rows, begun_h, until_h, settings), places,
        np.sum(counts, axis=0) + _LEAST_EVIDENCE,
        _cost_each(rows, grid, mask, until_h, settings),
        rows.used, rows.left_out,
    )  # fmt: skip


def _sharpening(place: F64, mask: Bits, sharpness: float) -> F64:
    """Return what each cell's share is multiplied by, [day_parts, cells]; sums stay one."""
    share = np.where(mask, place, 1.0)
    power = np.where(mask, share**sharpness, 0.0)
    return np.asarray(power / power.sum(axis=1, keepdims=True) / share, np.float64)


def part_counts(shares: Shares, at_h: float, part: Part, blur: Blur, settings: Settings) -> F64:
    """Return a part's discounted and smoothed counts, float64 [1 or day_parts, cells]."""
    cells = len(blur)
    count = discounted(shares, at_h, part.half_life_days, len(settings.day_parts), cells)
    return blur(count if part.by_day_part else count.sum(axis=0, keepdims=True))


def rhythm_of(rows: Known, begun_h: float, until_h: float, settings: Settings) -> Rhythm:
    """Return level, season and week profile from what was known at `until_h`."""
    middle, weight = rows.shares.middle_h, rows.shares.weight
    waves = season(totals_back(middle, weight, begun_h, until_h, WEEK_H), until_h)
    daily = totals_back(middle, weight, begun_h, until_h, DAY_H)
    factor = season_back(waves, len(daily), until_h)
    level = level_per_h(daily, factor, settings.level_half_life_days, settings.level_prior_events)
    age_days = np.maximum(until_h - middle, 0) / DAY_H
    recent = weight * np.exp2(-age_days / settings.week_half_life_days)
    week = week_profile(rows.slot, recent, settings.slots, settings.week_prior_events)
    return Rhythm(settings.slots, level, waves, week)


def naive(
    events: Events,
    grid: Grid,
    mask: Bits,
    until_h: float,
    settings: Settings,
    *,
    days: float = 365,
    since_h: float | None = None,
) -> Risk:
    """Return the map that everybody would draw: plain counts of the last `days`, all hours alike."""
    _check(grid, mask)
    rows = known(events, mask, until_h, settings)
    span_h = min(days * DAY_H, until_h - _begun_h(rows, until_h, since_h))
    new = rows.shares.take(rows.shares.middle_h >= until_h - span_h)
    count = np.asarray(np.bincount(new.cell, new.weight, grid.cells), np.float64)[None]
    each = len(settings.day_parts)
    rhythm = Rhythm(
        settings.slots,
        max(float(count.sum()), _LEAST_EVIDENCE) / span_h,
        np.zeros(4),
        np.ones(settings.slots.per_week),
    )
    places = {
        "counts": np.repeat((1 - settings.floor) * as_shares(count, mask), each, axis=0),
        FLOOR: np.repeat(settings.floor * mask[None] / mask.sum(), each, axis=0),
    }
    return Risk(
        "plain counts 1", grid, mask, until_h, settings, rhythm, places,
        count[0] + _LEAST_EVIDENCE, _cost_each(rows, grid, mask, until_h, settings),
        rows.used, rows.left_out,
    )  # fmt: skip


def _cost_each(rows: Known, grid: Grid, mask: Bits, until_h: float, settings: Settings) -> F64:
    """Return the mean cost of an event near each cell, drawn to the mean of the whole area."""
    priced = np.isfinite(rows.cost_sek)
    if not priced.any():
        return np.full(grid.cells, np.nan)
    shares = rows.shares.take(priced)
    spent = shares._replace(weight=shares.weight * rows.cost_sek[priced])
    half_life, each = settings.cost_half_life_days, len(settings.day_parts)
    both = [
        discounted(one, until_h, half_life, each, grid.cells).sum(axis=0) for one in (shares, spent)
    ]
    number, sek = Blur(grid, mask, settings.cost_sd_m)(np.stack(both))
    prior = settings.cost_prior_events
    mean = sek.sum() / number.sum()
    return np.asarray((sek + prior * mean) / (number + prior), np.float64)


def _begun_h(rows: Known, until_h: float, since_h: float | None) -> float:
    """Return when the records begin, at least a day before `until_h`."""
    first = rows.shares.middle_h.min() if rows.used else until_h
    begun = since_h if since_h is not None else float(first)
    return min(begun, until_h - DAY_H)


def _check(grid: Grid, mask: Bits) -> None:
    if mask.shape != (grid.cells,) or mask.dtype != np.bool_ or not mask.any():
        raise ValueError(f"Risk: a mask of {grid.cells} truth values with a true one is needed.")
