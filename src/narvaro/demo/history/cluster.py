"""Draw events from known rates, exactly: immigrants, and what each event brings about (Hawkes).

A self-exciting process is a cluster process: independent arrivals by the base rate, then
generation by generation the children of each event. Children are drawn at the highest relative
rate and thinned to the rate of their hour and place.
"""

import numpy as np

from narvaro.demo.history.truth import F64, I64, Rates, Truth

Event = tuple[float, int, int]
"""Hours since the start, number of the kind, number of the place."""


def draw_events(rates: Rates, scripted: list[Event], seed: int) -> Truth:
    """Draw the whole history; `scripted` events are part of it and bring about others."""
    columns: list[tuple[F64, I64, I64, I64, F64]] = []
    count = 0
    for k in range(len(rates.kinds)):
        rng = np.random.default_rng([seed, k])
        written = [e for e in scripted if e[1] == k]
        times, places, parents = _draw_kind(rates, k, written, rng)
        first = np.arange(len(times)) < len(written)
        parents = np.where(parents >= 0, parents + count, -1)
        columns.append((times, np.full(len(times), k), places, parents, first.astype(np.float64)))
        count += len(times)
    time_h, kind, place, parent, written_ones = (
        np.concatenate([c[n] for c in columns]) for n in range(5)
    )
    order = np.argsort(time_h, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    parent = np.where(parent >= 0, rank[parent], -1)
    return Truth(
        rates, time_h[order], kind[order].astype(np.int64), place[order].astype(np.int64),
        parent[order].astype(np.int64), written_ones[order] > 0,
    )  # fmt: skip


def _draw_kind(
    rates: Rates, kind: int, written: list[Event], rng: np.random.Generator
) -> tuple[F64, I64, I64]:
    """Draw one kind: times, places and parents, the written ones first."""
    own, where = _arrivals(rates, kind, rng)
    times = [np.array([e[0] for e in written]), own]
    places = [np.array([e[2] for e in written], np.int64), where]
    parents = [np.full(len(written) + len(own), -1, np.int64)]
    elders_t, elders_p = np.concatenate(times), np.concatenate(places)
    first = 0
    while len(elders_t) and rates.repeats[kind] > 0:
        of, t, p = _children(rates, kind, elders_t, elders_p, rng)
        parents.append(of + first)
        first += len(elders_t)
        times.append(t)
        places.append(p)
        elders_t, elders_p = t, p
    return np.concatenate(times), np.concatenate(places), np.concatenate(parents)


def _arrivals(rates: Rates, kind: int, rng: np.random.Generator) -> tuple[F64, I64]:
    """Draw what no event brought about: a Poisson count for each hour, then places by their level."""
    times: list[F64] = []
    places: list[I64] = []
    for school in (False, True):
        level = np.where(rates.school == school, rates.level[kind], 0.0)
        counts = rng.poisson(level.sum() * rates.relative(kind, school=school))
        hours = np.repeat(np.arange(rates.hours), counts)
        times.append(hours + rng.random(len(hours)))
        if len(hours):
            places.append(rng.choice(len(level), len(hours), p=level / level.sum()))
    for x in np.flatnonzero(rates.extra_kind == kind):
        hours = np.repeat(np.arange(rates.hours), rng.poisson(rates.extra[x]))
        times.append(hours + rng.random(len(hours)))
        places.append(np.full(len(hours), rates.extra_place[x]))
    return np.concatenate(times), np.concatenate([*places, np.zeros(0, np.int64)])


def _children(
    rates: Rates, kind: int, elders_t: F64, elders_p: I64, rng: np.random.Generator
) -> tuple[I64, F64, I64]:
    """Draw the next generation: number of the parent, time and place of each child."""
    relative = np.stack([rates.relative(kind, school=s) for s in (False, True)])
    most = float(relative.max())
    of = np.repeat(np.arange(len(elders_t)), rng.poisson(rates.repeats[kind] * most, len(elders_t)))
    after = rng.exponential(rates.decay_h[kind], len(of))
    t = elders_t[of] + after
    stays = (after < rates.longest_h) & (t < rates.hours)
    of, t = of[stays], t[stays]
    shares = np.cumsum(rates.spread(kind, elders_p[of]), axis=1)
    known = shares[:, -1] > 0.5 if len(of) else np.zeros(0, bool)
    of, t, shares = of[known], t[known], shares[known]
    p = (shares < rng.random(len(of))[:, None] * shares[:, -1:]).sum(axis=1)
    rate = relative[rates.school[p].astype(np.int64), t.astype(np.int64)]
    kept = rng.random(len(of)) * most < rate
    return of[kept], t[kept], p[kept].astype(np.int64)
