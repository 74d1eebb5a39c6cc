"""Who is missed least where he stands. In: sampled futures per unit that could go. Out: who goes.

For alarms with slack in their terms only; `ranking.list_with_slack` says between whom.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from narvaro.core.choice.futures import IDLE, Futures, World, draw_futures, play
from narvaro.core.choice.standing import Standing, move_idle
from narvaro.core.jit import F64, I32, I64

SURE = 1.0
"""So many standard errors must a unit save more than nothing to go before the nearest."""
SLOWER = 1.25
ANSWER_S = 60.0
"""Weighed are those in time also where they set out so late and drive so much slower than the roads say."""
STAYS_S = 45 * 60.0
"""Who is off duty before covers nothing."""
MOST_PLACES = 100
"""Looked at are the places with most cases."""
LEAST_SAVED_PER_S = 0.001
"""So many late cases must be saved for each second that this one waits longer."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the look-ahead found; `chosen` counts in the options, 0 is the nearest.

    Against sending the nearest: `costs_s` longer for this case, `saves_late` fewer cases late and
    `saves_late_min` fewer minutes beyond the terms within `horizon_s`, as expected (± `error`).
    """

    chosen: int
    costs_s: float
    saves_late: float
    saves_late_min: float
    error: float
    futures: int
    horizon_s: float

    @property
    def pays(self) -> bool:
        """Tell whether what it saves is worth the wait."""
        return self.saves_late >= LEAST_SAVED_PER_S * self.costs_s

    @property
    def in_figures(self) -> str:
        """Return seconds that it costs, late cases and late minutes that it saves: `45:0.12:0.8`."""
        return f"{self.costs_s:.0f}:{self.saves_late:.2f}:{self.saves_late_min:.1f}"


def sure_s(limit_s: float) -> float:
    """Return the longest road time with which a unit is in time for sure; below 0: none is."""
    return (limit_s - ANSWER_S) / SLOWER


def look_ahead(
    world: World,
    options: npt.ArrayLike,
    to_case_s: npt.ArrayLike,
    from_case_s: npt.ArrayLike,
    *,
    drawn: Futures,
    danger_to_life: bool,
) -> Ahead:
    """Weigh which of the units should take a case that all of them reach in time.

    `options` [O] are units by index in the world, the nearest first; `to_case_s` [U] seconds to the
    case; `from_case_s` [P] seconds from it to each place. Raises ValueError for danger to life, and
    where an option is busy, late, or nearer than the first.
    """
    chosen = np.asarray(options, np.int32)
    seconds = np.asarray(to_case_s, float)
    _refuse(world, chosen, seconds, np.asarray(from_case_s, float), danger_to_life)
    late, late_min, left = _play_out(world, drawn, chosen, seconds, from_case_s)
    mean, error = _saved(late)
    best = int(np.argmax(mean - SURE * error))
    minutes = late_min[0].mean() - late_min[best].mean()
    costs_s = float(seconds[chosen[left[best]]] - seconds[chosen[0]])
    return Ahead(
        int(left[best]), costs_s, float(mean[best]), float(minutes), float(error[best]),
        len(drawn), drawn.horizon_s,
    )  # fmt: skip


def _saved(late: F64) -> tuple[F64, F64]:
    """Return how much later cases are if the nearest goes, and the standard error, per option."""
    saved = late[0] - late  # the same futures: what is common cancels out
    return saved.mean(axis=1), saved.std(axis=1) / np.sqrt(late.shape[1])


def _play_out(
    world: World, drawn: Futures, chosen: I32, to_case_s: F64, from_case_s: npt.ArrayLike
) -> tuple[F64, F64, I64]:
    """Return late cases and late minutes per option and future, and which options these are.

    A quarter of the futures settles most options; the rest is played for those in doubt.
    """
    quarter = (len(drawn) + 3) // 4
    first = play(world, drawn.part(0, quarter), chosen, to_case_s, from_case_s)
    mean, error = _saved(first.late)
    hopeful = mean + SURE * error > 0.0
    hopeful[0] = True  # the nearest, which the others are held against
    left = np.flatnonzero(hopeful)
    if len(left) == 1 or quarter == len(drawn):
        return first.late[left], first.late_min[left], left
    rest = play(
        world, drawn.part(quarter, len(drawn) - quarter), chosen[left], to_case_s, from_case_s
    )
    late = np.hstack([first.late[left], rest.late])
    return late, np.hstack([first.late_min[left], rest.late_min]), left


def _refuse(
    world: World, chosen: I32, to_case_s: F64, from_case_s: F64, danger_to_life: bool
) -> None:  # fmt: skip
    units, places = world.here_s.shape
    if danger_to_life:
        raise ValueError("Danger to life: the nearest goes; no look-ahead is ever applied.")
    if to_case_s.shape != (units,) or from_case_s.shape != (places,):
        raise ValueError(
            f"look_ahead: give to_case_s for {units} units, from_case_s for {places} places."
        )
    if not len(chosen) or len(set(chosen.tolist())) != len(chosen):
        raise ValueError("look_ahead: give at least one option, and each once.")
    if (chosen < 0).any() or (chosen >= units).any() or (world.clear_at[chosen] >= 0).any():
        raise ValueError("look_ahead: an option is not an idle unit of the world.")
    seconds = to_case_s[chosen]
    if not (seconds <= world.limit_s).all() or (seconds < seconds[0]).any():
        raise ValueError("look_ahead: options must be in time, and the nearest must stand first.")


def warm() -> None:
    """Compile the kernels on the smallest world there is."""
    two = np.array([[0.0, 60.0], [60.0, 0.0]])
    zero, one = np.zeros(1), np.zeros(1, np.int32)
    world = World(
        two, 1500.0, 480.0, one, two[:1], np.full(1, IDLE, np.int32), zero, zero, zero
    )  # fmt: skip
    drawn = draw_futures([1.0, 1.0], 1500.0, 1, seed=1, futures=2)
    look_ahead(world, [0], [60.0], two[0], drawn=drawn, danger_to_life=False)
    move_idle(two, np.array([0.5, 0.5]), two[:1], one, Standing(480.0, 0.1, 900.0))
