"""What is expected where: places, most harm first, and why. In: a viewer. Out: figures of tonight and on.

A place is a site, or a square, park or yard with a name. It has its cell's harm, shared evenly by the
places in the cell; harm in cells without any place is given as elsewhere, so that nothing is hidden.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.core.jit import F64, I64
from narvaro.core.risk.bounds import bounds
from narvaro.directory.models import Area
from narvaro.directory.queries import sites_seen_by
from narvaro.forecast.kept import SHARE, Kept
from narvaro.forecast.loading import local_h, moment_of
from narvaro.forecast.models import Forecast
from narvaro.forecast.queries import find_covering, is_in_plans, open_kept, share_cells

NIGHT_FROM_H, NIGHT_HOURS = 18, 13
OPEN_AREAS = (Area.Kind.SQUARE, Area.Kind.PARK, Area.Kind.YARD)
GROUP_OF = {
    "long_run": "long_run", "last_year": "long_run", "surroundings": "long_run",
    "day_part": "time_of_day", "day_part_last_year": "time_of_day",
    "recent": "lately", "last_month": "lately", "near_repeat": "near_repeat", "floor": "floor",
}  # fmt: skip
"""The core's parts, as a guard can take them in."""
STANDS_OUT, LEAST_SAID = 1.4, 0.1  # a part is named where it is so much more than elsewhere


@dataclass(frozen=True, slots=True)
class Span:
    """Expected in some hours: count and cost with the range that holds in eight spans of ten.

    Costs are SEK, None where none was ever known.
    """

    expected: float
    low: int
    high: int
    cost_sek: float | None
    cost_low_sek: float | None
    cost_high_sek: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """Some hours of a forecast: `hours` as a slice of them, begin and end aware."""

    code: str
    begins: datetime
    ends: datetime
    hours: slice


@dataclass(frozen=True, slots=True)
class PlaceRisk:
    """One place: spans as in `RiskView.periods`, counts per hour of the first, parts by group.

    `kind` is the site's or the area's. `times_usual`: the first span beside the mean of all places.
    `speaks` are the groups to name, most telling first; `shared_by`: places in the same cell.
    """

    kind: str
    id: UUID
    name: str
    spans: tuple[Span, ...]
    per_hour: tuple[float, ...]
    times_usual: float
    parts: dict[str, float]
    speaks: tuple[str, ...]
    shared_by: int


@dataclass(frozen=True, eq=False)
class RiskView:
    """A forecast as the page shows it; `places` most expected first, `elsewhere` what is in none.

    `per_hour` is the whole area's in the first period; `season` its factor by the time of the year.
    """

    row: Forecast
    periods: tuple[Period, ...]
    hours: tuple[datetime, ...]
    places: tuple[PlaceRisk, ...]
    whole: tuple[Span, ...]
    elsewhere: tuple[Span, ...]
    per_hour: tuple[float, ...]
    season: float
    in_plans: bool
    cells: int


@dataclass(frozen=True, slots=True)
class _Spot:
    kind: str  # of the site, or of the area
    id: UUID
    name: str
    lat: float
    lon: float


def find_risk(viewer: Viewer, at: datetime) -> RiskView | None:
    """Return what is expected tonight, tomorrow night and in all; None where no forecast covers it."""
    viewer.require(Record.FORECAST)
    row = find_covering(viewer.tenant_id, at, at + timedelta(hours=24))
    if row is None:
        return None
    kept = open_kept(row)
    periods = _periods(row, viewer, at)
    spots = _spots(viewer)
    column, share = share_cells(kept, [one.lat for one in spots], [one.lon for one in spots])
    taken = np.zeros(len(kept.cells))
    np.add.at(taken, column, share)
    tonight = periods[0].hours
    expected = kept.expected[tonight]
    places = _places(kept, spots, column, share, periods)
    return RiskView(
        row=row,
        periods=periods,
        hours=_hour_starts(row, viewer, tonight),
        places=tuple(sorted(places, key=lambda one: (-_weight(one), one.name))),
        whole=_sums(kept, np.ones(len(kept.cells)), periods),
        elsewhere=_sums(kept, 1 - taken, periods),
        per_hour=tuple(expected.sum(axis=1).tolist()),
        season=float(kept.season[tonight].mean()),
        in_plans=is_in_plans(viewer.tenant_id),
        cells=len(kept.cells),
    )


def _weight(place: PlaceRisk) -> float:
    tonight = place.spans[0]
    return tonight.expected if tonight.cost_sek is None else tonight.cost_sek


def _spots(viewer: Viewer) -> list[_Spot]:
    sites = sites_seen_by(viewer).filter(lat__isnull=False)
    areas = Area.objects.filter(
        tenant_id=viewer.tenant_id, kind__in=OPEN_AREAS, batch__published_at__isnull=False
    )
    return [
        *(_Spot(one.kind, one.pk, one.name, one.lat or 0, one.lon or 0) for one in sites),
        *(_Spot(one.kind, one.pk, one.name, one.lat, one.lon) for one in areas),
    ]


def _periods(row: Forecast, viewer: Viewer, at: datetime) -> tuple[Period, ...]:
    """Return tonight (the night that runs or comes next), tomorrow night, and all hours."""
    zone = viewer.zone
    first_h = float(local_h([row.starts_at], zone)[0])
    local = at.astimezone(zone)
    running = local.hour < (NIGHT_FROM_H + NIGHT_HOURS) % 24
    evening = local.replace(hour=NIGHT_FROM_H, minute=0, second=0, microsecond=0)
    evening -= timedelta(days=1) if running else timedelta()
    begin = round(float(local_h([evening], zone)[0]) - first_h)
    found = [
        ("tonight", begin, begin + NIGHT_HOURS),
        ("tomorrow", begin + 24, begin + 24 + NIGHT_HOURS),
        ("all", 0, row.hours),
    ]
    periods = []
    for code, since, until in found:
        hours = slice(max(since, 0), min(max(until, 0), row.hours))
        if hours.start < hours.stop:
            begins, ends = (moment_of(first_h + one, zone) for one in (hours.start, hours.stop))
            periods.append(Period(code, begins, ends, hours))
    return tuple(periods)


def _hour_starts(row: Forecast, viewer: Viewer, hours: slice) -> tuple[datetime, ...]:
    first_h = float(local_h([row.starts_at], viewer.zone)[0])
    return tuple(moment_of(first_h + one, viewer.zone) for one in range(hours.start, hours.stop))


def _sums(kept: Kept, share: F64, periods: Sequence[Period]) -> tuple[Span, ...]:
    """Return what is expected in shares of all cells together."""
    evidence = np.array([float(kept.evidence @ share)])
    spans = []
    for period in periods:
        expected = kept.expected[period.hours].sum(axis=0) * share
        cost = float(expected @ kept.cost_each_sek)
        total = np.array([expected.sum()])
        spans += _spans(total, np.maximum(evidence, 1e-6), _each(np.array([cost]), total))
    return tuple(spans)


def _each(cost: F64, expected: F64) -> F64:
    return np.divide(cost, expected, out=np.zeros(len(cost)), where=expected > 0)


def _spans(expected: F64, evidence: F64, each_sek: F64) -> list[Span]:
    low, high = bounds(expected, evidence, SHARE)
    return [
        Span(float(mean), int(least), int(most), *_costs(float(each), float(mean), int(least), int(most)))
        for mean, least, most, each in zip(expected, low, high, each_sek, strict=True)
    ]  # fmt: skip


def _costs(each: float, *counts: float) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(each) else each * one for one in counts)


def _places(
    kept: Kept, spots: Sequence[_Spot], column: I64, share: F64, periods: Sequence[Period]
) -> list[PlaceRisk]:
    each_sek = kept.cost_each_sek[column].astype(np.float64)
    evidence = np.maximum(kept.evidence[column] * share, 1e-6)
    spans = [
        _spans(kept.expected[one.hours].sum(axis=0)[column] * share, evidence, each_sek)
        for one in periods
    ]
    tonight = periods[0].hours
    per_hour = kept.expected[tonight][:, column] * share
    usual = _groups(kept, tonight, None)
    mean = per_hour.sum() / max(np.count_nonzero(share), 1)
    found = []
    for number, spot in enumerate(spots):
        if not share[number]:
            continue
        parts = _groups(kept, tonight, int(column[number]))
        found.append(
            PlaceRisk(
                kind=spot.kind, id=spot.id, name=spot.name,
                spans=tuple(one[number] for one in spans),
                per_hour=tuple(per_hour[:, number].tolist()),
                times_usual=float(per_hour[:, number].sum() / mean), parts=parts,
                speaks=speaking(parts, usual), shared_by=round(1 / share[number]),
            )
        )  # fmt: skip
    return found


def _groups(kept: Kept, hours: slice, column: int | None) -> dict[str, float]:
    """Return each group's share of what is expected in a cell, or in all of them."""
    if column is None:
        rate = kept.rate[hours].astype(np.float64)
        place = kept.places.sum(axis=2, dtype=np.float64)[:, kept.day_part[hours]]
        added = dict(zip(kept.parts, (place @ rate).tolist(), strict=True))
    else:
        added = kept.explain(column, hours)
    total = sum(added.values())
    groups: dict[str, float] = defaultdict(float)
    for name, value in added.items():
        groups[GROUP_OF.get(name, name)] += value / total
    return dict(groups)


def speaking(parts: dict[str, float], usual: dict[str, float]) -> tuple[str, ...]:
    """Return the groups to name: those that stand out from the usual, then the largest of all."""
    largest = max(parts, key=lambda one: parts[one])
    out = [
        name
        for name, value in parts.items()
        if value >= LEAST_SAID and value >= STANDS_OUT * usual.get(name, 0)
    ]
    out.sort(key=lambda one: -parts[one] / max(usual.get(one, 0), 1e-9))
    return tuple(dict.fromkeys([*out, largest]))
