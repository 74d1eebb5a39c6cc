"""Readiness now, if each unit leaves, and as busy ones come back. In: a scene. Out: an assessment.

All units at once, from each place's best and second-best time.
"""

from dataclasses import dataclass

import numpy as np

from narvaro.core.jit import F64, I64, Bits
from narvaro.core.readiness.scene import Readiness, Scene, readiness_of


@dataclass(frozen=True, slots=True)
class Loss:
    """A place (its index) that is within its limit no more; `after_s` is inf where nobody is known to come."""

    place: int
    before_s: float
    after_s: float


@dataclass(frozen=True, slots=True)
class Later:
    """What holds once a busy unit is free again, `in_s` from now, and all those before it."""

    in_s: float
    unit: int
    readiness: Readiness


@dataclass(frozen=True, eq=False, slots=True)
class Assessment:
    """The readiness of a scene, now, if each unit leaves, and when busy ones come back.

    `nearest` [P] is the free and qualified unit that is there first (-1: none is known to come),
    `nearest_s` [P] when (inf). `if_leaves` and `losses` have one entry for each unit.
    """

    now: Readiness
    nearest: I64
    nearest_s: F64
    is_within: Bits
    is_unknown: Bits
    if_leaves: tuple[Readiness, ...]
    losses: tuple[tuple[Loss, ...], ...]
    later: tuple[Later, ...]


def assess(scene: Scene) -> Assessment:
    """Return how ready the free units are, and what each one's leaving would change."""
    units = len(scene.free_in_s)
    may = scene.is_qualified & scene.is_free[:, None]
    known = ~np.isnan(scene.travel_s)
    nearest, first_s, second_s = _two_best(np.where(may & known, scene.travel_s, np.inf))
    is_within = first_s <= scene.limit_s
    is_dark = may & ~known
    dark = is_dark.sum(axis=0)
    is_unknown = ~is_within & (dark > 0)
    left_s = np.where(np.arange(units)[:, None] == nearest, second_s, first_s)
    still = left_s <= scene.limit_s
    lost = is_within & ~still
    return Assessment(
        now=readiness_of(scene, is_within[None], is_unknown[None])[0],
        nearest=nearest,
        nearest_s=first_s,
        is_within=is_within,
        is_unknown=is_unknown,
        if_leaves=readiness_of(scene, still, ~still & (dark - is_dark > 0)),
        losses=tuple(
            tuple(Loss(int(p), float(first_s[p]), float(second_s[p])) for p in np.flatnonzero(row))
            for row in lost
        ),
        later=_later(scene, first_s, dark),
    )


def _two_best(reach_s: F64) -> tuple[I64, F64, F64]:
    """Return each place's nearest unit (-1: none), its seconds, and the second best's, [P] each."""
    units, places = reach_s.shape
    nobody = np.full((max(0, 2 - units), places), np.inf)
    padded = np.concatenate([reach_s, nobody])
    nearest = padded.argmin(axis=0)
    two = np.partition(padded, 1, axis=0)
    return np.where(np.isinf(two[0]), -1, nearest).astype(np.int64), two[0], two[1]


def _later(scene: Scene, first_s: F64, dark: I64) -> tuple[Later, ...]:
    """Return what holds as the busy units come free, one after the other."""
    coming = np.flatnonzero((scene.free_in_s > 0) & np.isfinite(scene.free_in_s))
    order = coming[np.argsort(scene.free_in_s[coming], kind="stable")]
    may, travel_s = scene.is_qualified[order], scene.travel_s[order]
    known = ~np.isnan(travel_s)
    reach_s = np.where(may & known, travel_s, np.inf)
    best_s = np.minimum.accumulate(np.concatenate([first_s[None], reach_s]), axis=0)[1:]
    within = best_s <= scene.limit_s
    unknown = ~within & (dark + np.cumsum(may & ~known, axis=0) > 0)
    found = readiness_of(scene, within, unknown)
    return tuple(
        Later(float(scene.free_in_s[unit]), int(unit), readiness)
        for unit, readiness in zip(order, found, strict=True)
    )
