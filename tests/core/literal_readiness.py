"""Readiness counted word for word, place by place. In: a scene. Out: what the core must say of it."""

from dataclasses import replace
from itertools import combinations
from math import inf, isnan, nan

import numpy as np

from narvaro.core.readiness import LEAST_EXTRA_S, Loss, Moves, Readiness, Scene

GUARD, DOG = 1, 2


def scene(
    travel_s: list[list[float]],
    *,
    free_in_s: list[float] | None = None,
    holds: list[int] | None = None,
    limit_s: list[float] | None = None,
    needs: list[int] | None = None,
    cases_per_h: list[float] | None = None,
    places: int = 0,
) -> Scene:
    """Make a scene; by default all units are free guards and each limit is 600 s."""
    units, number = len(travel_s), len(travel_s[0]) if travel_s else places
    return Scene(
        travel_s=np.array(travel_s, float).reshape(units, number),
        free_in_s=np.array(free_in_s or [0.0] * units, float),
        holds=np.array(holds or [GUARD] * units, np.int64),
        limit_s=np.array(limit_s or [600.0] * number, float),
        needs=np.array(needs or [GUARD] * number, np.int64),
        cases_per_h=None if cases_per_h is None else np.array(cases_per_h, float),
    )


def moves(*rows: tuple[int, list[float], float, float, float], places: int = 2) -> Moves:
    """Make moves of (unit, seconds from there, way there, stay, driving more)."""
    unit, travel_s, drive_s, stay_s, extra_s = zip(*rows, strict=True) if rows else ((),) * 5
    return Moves(
        np.array(unit, np.int64), np.array(travel_s, float).reshape(len(rows), places),
        np.array(drive_s, float), np.array(stay_s, float), np.array(extra_s, float),
    )  # fmt: skip


def literal_times(at: Scene, place: int, gone: int | None = None) -> tuple[list[float], bool]:
    """Return the known times of who is free and qualified, and if some time is not known."""
    times, dark = [], False
    for unit in range(len(at.free_in_s)):
        if unit == gone or at.free_in_s[unit] != 0:
            continue
        if int(at.holds[unit]) & int(at.needs[place]) != int(at.needs[place]):
            continue
        time = float(at.travel_s[unit, place])
        if isnan(time):
            dark = True
        else:
            times.append(time)
    return times, dark


def literal(at: Scene, gone: int | None = None) -> Readiness:
    """Count one place after the other."""
    sites = within = unknown = 0
    whole = inside = hidden = 0.0
    for place in range(len(at.limit_s)):
        times, dark = literal_times(at, place, gone)
        expected = 0.0 if at.cases_per_h is None else float(at.cases_per_h[place])
        sites, whole = sites + 1, whole + expected
        if min(times, default=nan) <= at.limit_s[place]:
            within, inside = within + 1, inside + expected
        elif dark:
            unknown, hidden = unknown + 1, hidden + expected
    if at.cases_per_h is None:
        return Readiness(sites, within, unknown)
    return Readiness(sites, within, unknown, whole, inside, hidden)


def literal_losses(at: Scene, gone: int) -> list[Loss]:
    """List what is within its limit with a unit and not without it."""
    found = []
    for place, limit_s in enumerate(at.limit_s):
        before_s = min(literal_times(at, place)[0], default=inf)
        after_s = min(literal_times(at, place, gone)[0], default=inf)
        if before_s <= limit_s < after_s:
            found.append(Loss(place, before_s, after_s))
    return found


def moved(at: Scene, chosen: tuple[int, ...], given_: Moves) -> Scene:
    """Return the scene once the units are where the moves take them."""
    travel_s = at.travel_s.copy()
    for move in chosen:
        travel_s[given_.unit[move]] = given_.travel_s[move]
    return replace(at, travel_s=travel_s)


def literal_rate(at: Scene, chosen: tuple[int, ...], given_: Moves) -> float:
    """Return what is gained for each second driven more."""
    before, after = literal(at), literal(moved(at, chosen, given_))
    gain = (after.cases_within_per_h or 0.0) - (before.cases_within_per_h or 0.0)
    if not before.cases_per_h:
        gain = after.sites_within - before.sites_within
    hours = min(given_.stay_s[move] for move in chosen) / 3600
    extra_s = sum(LEAST_EXTRA_S + max(0.0, given_.extra_s[move]) for move in chosen)
    return float(gain * hours / extra_s)


def literal_best(at: Scene, given_: Moves) -> float:
    """Return the highest rate of one or two moves, 0 where none gains anything."""
    able = [
        move
        for move, unit in enumerate(given_.unit)
        if at.free_in_s[unit] == 0 and np.isfinite(given_.drive_s[move])
    ]
    two = [(a, b) for a, b in combinations(able, 2) if given_.unit[a] != given_.unit[b]]
    rates = [literal_rate(at, one, given_) for one in [*((a,) for a in able), *two]]
    return max([0.0, *rates])
