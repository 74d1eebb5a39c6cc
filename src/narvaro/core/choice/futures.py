"""What may happen next. In: expected cases per place, a seed. Out: sampled futures, played on.

`draw_futures` draws cases (when, where, how long); `play` sends the nearest idle unit to each of
them, once per option that is weighed now, on the same futures for every option. Travel between the
places of a `World` is a table of seconds.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I32, I64, kernel

FUTURES = 400
HORIZON_S = 5400.0
IDLE = -1


@dataclass(frozen=True, eq=False, slots=True)
class World:
    """Places (P) and units (U) as the look-ahead knows them.

    A busy unit is clear at the place `clear_at`, after `clear_in_s` that is certain (the drive) and
    work that is drawn with mean `work_s`; an idle one has `IDLE` there. `back_first` counts a unit
    as busy until it is back at its post, for which a busy one still needs `back_s`. `queue` tells what happens when nobody is idle: the case waits for the
    unit that is clear first, or it is lost to us.
    """

    travel_s: F64  # [P, P] from, to
    service_s: float  # mean work on the scene
    limit_s: float  # a response is late beyond this
    post: I32  # [U] place where a unit stands or returns to when it is clear
    here_s: F64  # [U, P] from where a unit is now
    clear_at: I32  # [U] place, or IDLE
    clear_in_s: F64  # [U]
    work_s: F64  # [U]
    back_s: F64  # [U]
    back_first: bool = False
    queue: bool = True

    def __post_init__(self) -> None:
        """Refuse tables that do not fit together."""
        places, units = len(self.travel_s), len(self.post)
        for name, shape in (
            ("travel_s", (places, places)),
            ("here_s", (units, places)),
            ("clear_at", (units,)),
            ("clear_in_s", (units,)),
            ("work_s", (units,)),
            ("back_s", (units,)),
        ):
            if np.shape(getattr(self, name)) != shape:
                found = np.shape(getattr(self, name))
                raise ValueError(f"World.{name}: shape {found}, not {shape}.")
        for name in ("travel_s", "here_s", "clear_in_s", "work_s", "back_s"):
            values = getattr(self, name)
            if not np.isfinite(values).all() or (values < 0).any():
                raise ValueError(
                    f"World.{name}: negative, infinite or no number; leave out what no road reaches."
                )
        if not units or not places:
            raise ValueError("World: give at least one place and one unit.")
        if not self.service_s > 0 or not self.limit_s > 0:
            raise ValueError("World: service_s and limit_s must be above 0 seconds.")
        for name, lowest in (("post", 0), ("clear_at", IDLE)):
            values = getattr(self, name)
            if ((values < lowest) | (values >= places)).any():
                raise ValueError(f"World.{name}: a place that is not in the table of {places}.")


@dataclass(frozen=True, eq=False, slots=True)
class Futures:
    """Sampled futures (F) of up to M cases, and what chance says of up to U units.

    Times are seconds from now, inf where there is no case; `unit_luck` and `own_luck` are
    exponential with mean 1. The same futures may serve many decisions.
    """

    begins_s: F64  # [F, M]
    place: I32  # [F, M]
    service_s: F64  # [F, M]
    unit_luck: F64  # [F, U] of the present work of each unit
    own_luck: F64  # [F] of the work on the case that is decided now
    share: F64  # [P] of the cases at each place
    horizon_s: float

    def __len__(self) -> int:
        """Count the futures."""
        return len(self.own_luck)

    def part(self, first: int, count: int) -> Self:
        """Return some of the futures, from `first` on and round again."""
        if first + count <= len(self):
            rows: slice | I64 = slice(first, first + count)
        else:
            rows = (first + np.arange(count)) % len(self)
        return replace(
            self, begins_s=self.begins_s[rows], place=self.place[rows],
            service_s=self.service_s[rows], unit_luck=self.unit_luck[rows],
            own_luck=self.own_luck[rows],
        )  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Played:
    """What the options (O) led to in each future (F)."""

    late: F64  # [O, F] cases answered late, as expected over the places where each may be
    late_min: F64  # [O, F] minutes beyond the limit, all cases together, likewise


def draw_futures(
    per_hour: npt.ArrayLike, service_s: float, units: int, *,
    seed: int | list[int], futures: int = FUTURES, horizon_s: float = HORIZON_S,
) -> Futures:  # fmt: skip
    """Draw cases by Poisson's law with `per_hour` [P], work by the exponential with its mean.

    The same arguments always give the same futures. Raises ValueError for rates or sizes that
    cannot be.
    """
    rates = np.asarray(per_hour, float)
    if rates.ndim != 1 or not len(rates) or not np.isfinite(rates).all() or (rates < 0).any():
        raise ValueError("draw_futures: per_hour holds a rate of 0 or more for at least one place.")
    if futures < 1 or units < 1 or not 0 < horizon_s < np.inf or not 0 < service_s < np.inf:
        raise ValueError("draw_futures: give futures, units, a horizon and a service above 0.")
    draw = np.random.default_rng(seed)
    total = float(rates.sum())
    mean = total * horizon_s / 3600.0
    most = int(mean + 4.0 * np.sqrt(mean)) + 4
    gaps = draw.standard_exponential((futures, most)) * (3600.0 / total if total else np.inf)
    begins = np.cumsum(gaps, axis=1)
    begins[begins > horizon_s] = np.inf
    bounds = np.cumsum(rates) / total if total else np.ones(len(rates))
    place = np.searchsorted(bounds[:-1], draw.random((futures, most)), side="right")
    return Futures(
        begins_s=begins,
        place=place.astype(np.int32),
        service_s=service_s * draw.standard_exponential((futures, most)),
        unit_luck=draw.standard_exponential((futures, units)),
        own_luck=draw.standard_exponential(futures),
        share=rates / total if total else rates,
        horizon_s=horizon_s,
    )


def play(
    world: World,
    drawn: Futures,
    options: npt.ArrayLike,
    to_case_s: npt.ArrayLike,
    from_case_s: npt.ArrayLike,
) -> Played:
    """Play every option (the unit that is sent now, by index) on every future.

    `to_case_s` [U] are seconds to the case, `from_case_s` [P] seconds from it to each place.
    """
    chosen = np.asarray(options, np.int32)
    units, places = world.here_s.shape
    if drawn.unit_luck.shape[1] < units or len(drawn.share) != places:
        raise ValueError("play: the futures were drawn for fewer units, or for other places.")
    rows = np.vstack([world.travel_s, np.asarray(from_case_s, float)[None], world.here_s])
    clear_s = world.clear_in_s + world.work_s * drawn.unit_luck[:, :units]
    if world.back_first:
        clear_s += world.back_s
    clear_s[:, world.clear_at == IDLE] = 0.0
    late = np.zeros((len(chosen), len(drawn)))
    late_min = np.zeros_like(late)
    _play(
        rows, world.post, world.clear_at, clear_s, chosen, np.asarray(to_case_s, float),
        world.service_s * drawn.own_luck, drawn.begins_s, drawn.place, drawn.service_s, drawn.share,
        world.limit_s, world.back_first, world.queue, late, late_min,
    )  # fmt: skip
    return Played(late, late_min)


@kernel
def _reach(  # noqa: PLR0917 - a numba kernel
    rows: F64, origin: int, post: int, gone_s: float, home_s: float, wait_s: float, soonest: F64
) -> None:
    """Lower `soonest` [P] to when a unit is there that left `origin` for its post `gone_s` ago."""
    if gone_s >= home_s:
        for p in range(len(soonest)):
            seconds = wait_s + rows[post, p]
            soonest[p] = seconds if seconds < soonest[p] else soonest[p]  # noqa: FURB136 - min() is slower here
        return
    part = gone_s / home_s
    for p in range(len(soonest)):
        seconds = wait_s + (1.0 - part) * rows[origin, p] + part * rows[post, p]
        soonest[p] = seconds if seconds < soonest[p] else soonest[p]  # noqa: FURB136 - min() is slower here


@kernel
def _missed(soonest: F64, share: F64, limit_s: float) -> tuple[float, float]:
    """Return the share of what is expected that is beyond the limit, and by how many seconds in all."""
    missed, over_s = 0.0, 0.0
    for p in range(len(soonest)):
        beyond_s = soonest[p] - limit_s
        if beyond_s > 0.0:
            missed += share[p]
            over_s += share[p] * beyond_s
    return missed, over_s


@kernel
def _play(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one loop over futures, a numba kernel
    rows: F64, post: I32, clear_at: I32, clear_s: F64, options: I32, to_case_s: F64,
    own_service_s: F64, begins: F64, place: I32, service: F64, share: F64, limit_s: float,
    back_first: bool, queue: bool, late: F64, late_min: F64,
) -> None:  # fmt: skip
    """Rows of `rows`: the places, then the case, then where each unit is now."""
    units, places = len(post), rows.shape[1]
    free = np.empty(units)
    origin = np.empty(units, np.int64)
    home_s = np.empty(units)
    soonest = np.empty(places)
    for f in range(begins.shape[0]):
        for o in range(len(options)):
            sent = options[o]
            for u in range(units):
                free[u] = clear_s[f, u]
                origin[u] = places + 1 + u
                if clear_at[u] >= 0:
                    origin[u] = post[u] if back_first else clear_at[u]
                home_s[u] = rows[origin[u], post[u]]
            free[sent] = to_case_s[sent] + own_service_s[f]
            origin[sent] = places
            if back_first:
                free[sent] += rows[places, post[sent]]
                origin[sent] = post[sent]
            home_s[sent] = rows[origin[sent], post[sent]]
            for i in range(begins.shape[1]):
                now, q = begins[f, i], place[f, i]
                if now == np.inf:
                    break
                soonest[:] = np.inf
                best, best_s, first = -1, np.inf, 0
                for u in range(units):
                    if free[u] < free[first]:
                        first = u
                    if free[u] <= now:
                        _reach(rows, origin[u], post[u], now - free[u], home_s[u], 0.0, soonest)
                        if soonest[q] < best_s:
                            best, best_s = u, soonest[q]
                begin = now
                if best < 0:
                    begin = free[first]
                    _reach(rows, origin[first], post[first], 0.0, np.inf, begin - now, soonest)
                    best, best_s = first, rows[origin[first], q]
                lost = begin > now and not queue
                missed, over_s = _missed(soonest, share, limit_s)
                late[o, f] += 1.0 if lost else missed
                late_min[o, f] += over_s / 60.0
                if lost:
                    continue
                free[best] = begin + best_s + service[f, i]
                origin[best] = q
                if back_first:
                    free[best] += rows[q, post[best]]
                    origin[best] = post[best]
                home_s[best] = rows[origin[best], post[best]]
