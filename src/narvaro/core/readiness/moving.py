"""Which visit, taken earlier, mends readiness. In: a scene, visits to come. Out: one or two, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I8, I64, Bits
from narvaro.core.readiness.scene import Readiness, Scene, readiness_of, sum_where

LEAST_EXTRA_S = 60.0  # what a changed order costs, whatever it saves on the road
CLEARLY = 1 + 1e-9  # two moves are asked for only where one does not do as much; not for a rounding


@dataclass(frozen=True, eq=False, slots=True)
class Moves:
    """Visits that could be taken now (M), each by its unit (an index of the scene); or ValueError.

    `travel_s` [M, P] from the visit's place, as in a scene. `drive_s` [M] is the way there, `stay_s`
    [M] how long the unit stays, `extra_s` [M] what the changed order adds to its driving; below 0 it
    saves.
    """

    unit: I64
    travel_s: F64
    drive_s: F64
    stay_s: F64
    extra_s: F64

    def __post_init__(self) -> None:
        each = (self.unit, self.travel_s, self.drive_s, self.stay_s, self.extra_s)
        if len({len(one) for one in each}) > 1:
            raise ValueError("Moves: as many units as times there, on the way, of stay and extra.")
        if not (self.stay_s >= 0).all():
            raise ValueError("Moves.stay_s: numbers of at least 0 are needed.")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One or two moves (their indices), and the readiness before, and while both units are there.

    `gain` is what is expected within the limits more than before in `lasts_s`, the shorter stay: cases
    or, without a forecast (`by_sites`), sites times hours. `extra_s` is the driving that it costs.
    """

    moves: tuple[int, ...]
    before: Readiness
    after: Readiness
    gain: float
    by_sites: bool
    lasts_s: float
    extra_s: float


@dataclass(frozen=True, eq=False, slots=True)
class _Board:
    """Who is within reach of how many (`count`, 3 stands for more), and what each move changes."""

    count: I8
    change: I8  # [M, P]
    worth: F64
    before: float
    moves: Moves

    def gain(self, state: npt.NDArray[np.integer], stay_s: F64) -> F64:
        """Return what states of the places [K, P] gain over a stay."""
        return (sum_where(self.worth, state > 0) - self.before) * stay_s / 3600.0

    def rate(self, gain: F64, extra_s: F64) -> F64:
        """Return what is gained for each second that is driven more."""
        return gain / (LEAST_EXTRA_S + np.maximum(extra_s, 0.0))


def suggest(scene: Scene, moves: Moves) -> Suggestion | None:
    """Return the move, or two by different units, that gains most per second driven more.

    None where nothing is gained. Moves of units that are not free, or whose way is not known, are
    left out.
    """
    may = scene.is_qualified & scene.is_free[:, None]
    with np.errstate(invalid="ignore"):  # nan, not known, is not within
        covers = may & (scene.travel_s <= scene.limit_s)
        there = may[moves.unit] & (moves.travel_s <= scene.limit_s)
    count = np.minimum(covers.sum(axis=0), 3).astype(np.int8)
    cases = scene.cases_per_h
    by_sites = cases is None or not cases.any()
    worth = np.ones(len(count)) if cases is None or by_sites else cases
    board = _Board(
        count=count,
        change=there.astype(np.int8) - covers[moves.unit],
        worth=worth,
        before=float(sum_where(worth, count[None] > 0)[0]),
        moves=moves,
    )
    able = np.flatnonzero(
        scene.is_free[moves.unit] & np.isfinite(moves.drive_s) & np.isfinite(moves.extra_s)
    )
    chosen = _best(board, able)
    if not chosen:
        return None
    stay_s = moves.stay_s[list(chosen)].min()
    state = (count + board.change[list(chosen)].sum(axis=0))[None]
    dark = _dark(scene, may, moves, ()), _dark(scene, may, moves, chosen)
    unknown = np.stack([(count == 0) & (dark[0] > 0), (state[0] <= 0) & (dark[1] > 0)])
    before, after = readiness_of(scene, np.concatenate([count[None] > 0, state > 0]), unknown)
    return Suggestion(
        moves=chosen,
        before=before,
        after=after,
        gain=float(board.gain(state, stay_s)[0]),
        by_sites=by_sites,
        lasts_s=float(stay_s),
        extra_s=float(np.maximum(moves.extra_s[list(chosen)], 0.0).sum()),
    )


def _dark(scene: Scene, may: Bits, moves: Moves, chosen: Sequence[int]) -> I64:
    """Return how many free and qualified units' times are not known at each place, [P]."""
    travel_s = scene.travel_s.copy()
    for move in chosen:
        travel_s[moves.unit[move]] = moves.travel_s[move]
    return np.asarray((may & np.isnan(travel_s)).sum(axis=0), np.int64)


def _best(board: _Board, able: I64) -> tuple[int, ...]:
    """Return the one or two moves with the highest rate; on equal terms the nearest; or none."""
    if not len(able):
        return ()
    moves = board.moves
    alone = board.gain(board.count + board.change[able], moves.stay_s[able])
    rate = board.rate(alone, moves.extra_s[able])
    single = np.lexsort((able, moves.drive_s[able], -rate))[0]
    pair, pair_rate = _best_pair(board, able)
    if pair and pair_rate > max(0.0, float(rate[single])) * CLEARLY:
        return pair
    return (int(able[single]),) if rate[single] > 0 else ()


def _best_pair(board: _Board, able: I64) -> tuple[tuple[int, ...], float]:
    """Return the two moves of different units with the highest rate; only those that fill a gap lead."""
    moves, open_ = board.moves, board.count < 3
    count, change, worth = board.count[open_], board.change[:, open_], board.worth[open_]
    some = replace(board, count=count, change=change, worth=worth)
    some = replace(some, before=float(sum_where(worth, count[None] > 0)[0]))
    fills = ((count == 0) & (change > 0) & (worth > 0)).any(axis=1)
    fits = _fitting(count, change)
    best: tuple[int, ...] = ()
    best_rate = 0.0
    for one in able[fills[able]]:
        # two that fill meet once, from the one that stands first
        first_of_two = ~fills[able] | (able > one)
        others = able[(moves.unit[able] != moves.unit[one]) & fits[one, able] & first_of_two]
        if not len(others):
            continue
        gain = some.gain(
            count + change[one] + change[others],
            np.minimum(moves.stay_s[one], moves.stay_s[others]),
        )
        extra_s = np.maximum(moves.extra_s[one], 0.0) + np.maximum(moves.extra_s[others], 0.0)
        rate = some.rate(gain, LEAST_EXTRA_S + extra_s)
        first = int(rate.argmax())
        if rate[first] > best_rate:
            best, best_rate = (int(one), int(others[first])), float(rate[first])
    return best, best_rate


def _fitting(count: I8, change: I8) -> Bits:
    """Return which two moves can do together what they do not do apart, [M, M].

    One takes away the last unit that holds a place which the other comes to. Of any other two the
    gains add up at most, and the better one alone has the higher rate.
    """
    last = count == 1
    leaves = (last & (change < 0)).astype(np.float32)
    comes = (last & (change > 0)).astype(np.float32)
    swaps = leaves @ comes.T > 0
    return np.asarray(swaps | swaps.T, np.bool_)
