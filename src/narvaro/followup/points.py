"""Which time point counts. In: time points with their sources. Out: the best proof of each.

A position or a panel proves more than a tap, a tap more than what was typed afterwards.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from narvaro.core.terms import TIME_POINTS
from narvaro.dispatch.models import TimePoint

POINTS = tuple(TIME_POINTS)
PROOF = (
    "panel",
    "receiver",
    "position",
    "phone",
    "system",
    "dispatcher",
    "typed",
    "centre",
    "stated",
)


RANK = {source: rank for rank, source in enumerate(PROOF)}


def best_points(points: Iterable[TimePoint]) -> dict[str, TimePoint]:
    """Return the best proven time point of each name."""
    best: dict[str, TimePoint] = {}
    for one in points:
        held = best.get(one.point)
        if held is None or RANK[one.source] < RANK[held.source]:
            best[one.point] = one
    return best


def times_in(best: Mapping[str, TimePoint]) -> dict[str, datetime | None]:
    """Return the eleven times by name, None where nothing is known."""
    return {name: best[name].at if name in best else None for name in POINTS}
