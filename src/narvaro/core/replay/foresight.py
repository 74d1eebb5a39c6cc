"""The look-ahead in a replay (Rule.AHEAD). In: what is expected, a moment. Out: who goes first.

It is the product's own: `core.choice.look_ahead` with its futures, margins and kernels. What it knows
of units is what the product knows: where they are, which are busy and where, not for how long.
"""

from dataclasses import dataclass, field

import numpy as np

from narvaro.core.choice import (
    FUTURES,
    IDLE,
    MOST_PLACES,
    MOST_WEIGHED,
    STAYS_S,
    Futures,
    World,
    draw_futures,
    look_ahead,
    sure_s,
)
from narvaro.core.jit import F64, I64
from narvaro.core.replay.checks import refuse
from narvaro.core.replay.events import VISITING, fill_travel
from narvaro.core.replay.rows import World as Played
from narvaro.core.replay.world import Town

HOUR_S = 3600.0
DRAWN = 5 * FUTURES  # futures of each hour of the day, used in turn


@dataclass(frozen=True, eq=False, slots=True)
class Expected:
    """What the look-ahead is told: where cases come, how long a unit is at one, what is late.

    `per_h`: float64 [P, 24], cases expected per place in each hour of the day; the time axis begins
    at a midnight. Weighed are units of one travel mode, and at most 100 places, the busiest.
    """

    per_h: F64
    service_s: float
    limit_s: float
    mode: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse rates that cannot be, and times that are not above 0."""
        per_h = np.asarray(self.per_h, np.float64)
        if per_h.ndim != 2 or per_h.shape[1] != 24:
            raise ValueError(f"Expected.per_h is {per_h.shape}: give [places, 24]")
        refuse("Expected.per_h", ~(np.isfinite(per_h) & (per_h >= 0)), per_h, "give 0 or more")
        if not per_h.sum() > 0:
            raise ValueError("Expected.per_h: give at least one place a rate above 0")
        if not self.service_s > 0 or not self.limit_s > 0:
            raise ValueError("Expected: service_s and limit_s must be above 0 seconds")
        object.__setattr__(self, "per_h", per_h)

    @property
    def sure_s(self) -> float:
        """Return the longest way with which a unit is in time for sure, in seconds."""
        return sure_s(self.limit_s)


@dataclass(frozen=True, eq=False)
class Foresight:
    """The look-ahead of one town and its number of units."""

    town: Town
    expected: Expected
    units: int
    places: I64 = field(init=False)
    travel_s: F64 = field(init=False)
    _drawn: dict[int, Futures] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Choose the places: the busiest of those that lie together on the roads."""
        if len(self.expected.per_h) != self.town.places:
            raise ValueError(
                f"Expected has {len(self.expected.per_h)} places: the town has {self.town.places}"
            )
        table = self.town.travel_s[self.expected.mode]
        both = np.isfinite(table) & np.isfinite(table.T)
        daily = self.expected.per_h.sum(axis=1)
        kept: list[int] = []
        for place in np.argsort(-daily, kind="stable"):
            if daily[place] > 0 and len(kept) < MOST_PLACES and both[place, kept].all():
                kept.append(int(place))
        places = np.sort(np.array(kept, np.int64))
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "travel_s", table[np.ix_(places, places)])

    def choose(self, w: Played, i: int) -> int:
        """Return who goes first to an incident between whose nearest units there is a choice."""
        rows, t, place = w.units, w.at_s[i], w.place[i]
        able = (rows["competence"] & w.needs[i]) == w.needs[i]
        able &= w.covers[:, place]
        busy = rows["state"] > VISITING
        free = np.flatnonzero(able & ~busy & (t < rows["until_s"]))
        to_case_s = self._travel(w, free, w.place[i : i + 1], t)[:, 0]
        order = np.argsort(to_case_s, kind="stable")
        free, to_case_s = free[order], to_case_s[order]
        drives = rows["mode"] == self.expected.mode
        sure = drives[free] & (to_case_s <= w.sure_s)
        if not sure[0] or sure.sum() < 2:
            return int(free[0])
        options, seconds = free[sure][:MOST_WEIGHED], to_case_s[sure][:MOST_WEIGHED]
        seen = drives & able & (t + STAYS_S < rows["until_s"])
        seen[options] = True
        return self._weigh(w, i, np.flatnonzero(seen), options, seconds)

    def _weigh(self, w: Played, i: int, seen: I64, options: I64, seconds: F64) -> int:
        """Return the option that is missed least, if that pays; else the nearest."""
        here_s = self._travel(w, seen, self.places, w.at_s[i])
        from_case_s = self.town.travel_s[self.expected.mode, w.place[i], self.places]
        if not (np.isfinite(here_s).all() and np.isfinite(from_case_s).all()):
            return int(options[0])
        rows = w.units[seen]
        busy = rows["state"] > VISITING
        post = here_s.argmin(axis=1).astype(np.int32)
        nothing = np.zeros(len(seen))
        world = World(
            self.travel_s, self.expected.service_s, self.expected.limit_s, post=post, here_s=here_s,
            clear_at=np.where(busy, post, IDLE).astype(np.int32), clear_in_s=nothing,
            work_s=np.where(busy, self.expected.service_s, 0.0), back_s=nothing,
        )  # fmt: skip
        to_case_s = np.zeros(len(seen))
        which = np.searchsorted(seen, options)
        to_case_s[which] = seconds
        ahead = look_ahead(
            world, which, to_case_s, from_case_s, drawn=self.futures(w.at_s[i], i),
            danger_to_life=bool(w.danger[i]),
        )  # fmt: skip
        return int(options[ahead.chosen if ahead.pays else 0])

    @staticmethod
    def _travel(w: Played, units: I64, places: I64, t: float) -> F64:
        seconds = np.empty((len(units), len(places)))
        fill_travel(w, units, places, t, seconds)
        return seconds

    def futures(self, t: float, i: int) -> Futures:
        """Return futures of an hour; another part of them for the next incident."""
        hour = int(t // HOUR_S) % 24
        if hour not in self._drawn:
            per_h = self.expected.per_h[self.places, hour]
            self._drawn[hour] = draw_futures(
                per_h, self.expected.service_s, self.units, seed=[self.expected.seed, hour],
                futures=DRAWN,
            )  # fmt: skip
        return self._drawn[hour].part(i * FUTURES % DRAWN, FUTURES)
