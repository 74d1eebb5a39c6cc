"""Reads of forecasts: what is due, and what a plan weighs its places with (the page: `places.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from django.db.models import Max, Min

from narvaro.core.jit import F64, I64
from narvaro.directory.models import ImportBatch
from narvaro.forecast.kept import Kept
from narvaro.forecast.loading import local_h
from narvaro.forecast.models import LATE, Forecast, ForecastUse
from narvaro.situation.models import Case, Damage, Incident
from narvaro.spine.models import Tenant

DAILY_AT_H = 12  # local: then tonight and tomorrow night lie in the 48 hours, whole
SCORED_AGAIN = timedelta(hours=20)
CLOCK_CHANGE = timedelta(hours=1)  # local hours may be off by it in one night
AT_LONGEST = timedelta(hours=49)  # a period, where the clock changes in it
OVERLAPPING = 12  # forecasts that may cover one moment, where data came in several times
SEK, EVENTS = "SEK", "events"
_OCCURRED = ("occurred_from", "occurred_until")
_TIMES = ((Damage, *_OCCURRED), (Incident, *_OCCURRED), (Case, "received_at", "received_at"))


def is_in_plans(tenant_id: UUID) -> bool:
    """Return whether plans use the forecast; else they use the naive map."""
    found = ForecastUse.objects.filter(tenant_id=tenant_id).first()
    return found is None or found.in_plans


def list_to_score(tenant: Tenant, at: datetime) -> list[Forecast]:
    """List the forecasts whose period is over and whose score is missing, or a day old and not final.

    Where the newest forecast found that a register had ended, only those whose period it knew.
    """
    zone = ZoneInfo(tenant.timezone)
    newest = find_newest(tenant.pk)
    has_ended = newest is not None and newest.made_at - newest.until > CLOCK_CHANGE
    until = newest.until if newest is not None and has_ended else at
    begun = Forecast.objects.filter(tenant=tenant, starts_at__lt=at).exclude(score__final=True)
    begun = begun.exclude(
        starts_at__gt=at - LATE - AT_LONGEST, score__scored_at__gt=at - SCORED_AGAIN
    )
    return [one for one in begun.order_by("starts_at") if one.ends_at(zone) <= until]


def find_newest(tenant_id: UUID) -> Forecast | None:
    """Return the forecast that begins last, without its values."""
    rows = Forecast.objects.filter(tenant_id=tenant_id).order_by("-starts_at")
    return rows.defer("values").first()


def list_new_spans(tenant: Tenant) -> Iterator[tuple[ImportBatch, datetime, datetime]]:
    """Yield the files that came in since the newest forecast looked, with when their rows lie."""
    newest = find_newest(tenant.pk)
    if newest is None:
        return
    for batch in ImportBatch.objects.filter(tenant=tenant, published_at__gt=newest.checked_at):
        spans = [
            table.objects.filter(batch=batch).aggregate(first=Min(begins), last=Max(ends))
            for table, begins, ends in _TIMES
        ]
        told = [one for one in spans if one["first"] is not None]
        if told:
            yield batch, min(one["first"] for one in told), max(one["last"] for one in told)


def is_due(tenant: Tenant, at: datetime) -> bool:
    """Return whether a new forecast is due: the day's first, or the first since a file came in."""
    if not _has_events(tenant.pk):
        return False
    newest = find_newest(tenant.pk)
    zone = ZoneInfo(tenant.timezone)
    local = at.astimezone(zone)
    noon = local.replace(hour=DAILY_AT_H, minute=0, second=0, microsecond=0)
    noon = noon if noon <= local else noon - timedelta(days=1)
    if newest is None or newest.made_at < noon:
        return True
    batches = ImportBatch.objects.filter(tenant=tenant, published_at__gt=newest.checked_at)
    return batches.exists()


def _has_events(tenant_id: UUID) -> bool:
    mine = {"tenant_id": tenant_id}
    return (
        Damage.objects.published().filter(**mine).exists()
        or Incident.objects.published().filter(**mine).exists()
        or Case.objects.published().filter(cause=Case.Cause.REAL, **mine).exists()
    )


def count_due(at: datetime) -> int:
    """Count the tenants for which a forecast is to be made or scored."""
    return sum(
        is_due(tenant, at) or bool(list_to_score(tenant, at)) for tenant in Tenant.objects.all()
    )


def open_kept(row: Forecast) -> Kept:
    """Return what a forecast's row holds."""
    return Kept.of(row.values, row.grid, row.settings["of_core"])


def find_covering(tenant_id: UUID, begins: datetime, ends: datetime) -> Forecast | None:
    """Return the newest forecast whose period meets a time; None where there is none."""
    zone = ZoneInfo(Tenant.objects.values_list("timezone", flat=True).get(pk=tenant_id))
    rows = Forecast.objects.filter(tenant_id=tenant_id, starts_at__lt=ends).order_by("-starts_at")
    near = rows.values_list("pk", flat=True)[:OVERLAPPING]
    found = Forecast.objects.filter(pk__in=list(near)).defer("values").order_by("-starts_at")
    return next((one for one in found if one.ends_at(zone) > begins), None)


@dataclass(frozen=True, eq=False)
class KeptHarm:
    """Expected harm at places over time, from one kept forecast.

    `sek` float64 [places, bins]; in `currency`: SEK, or events where no cost was ever known. `is_naive`:
    plans do not use the forecast, this is the naive map.
    """

    sek: F64
    forecast_id: UUID
    made_at: datetime
    currency: str
    is_naive: bool


def find_harm(  # noqa: PLR0917 - what a plan asks for, in its order
    tenant_id: UUID, lats: F64, lons: F64, starts_at: datetime, bins: int, bin_s: int = 120
) -> KeptHarm | None:
    """Return what is expected at places in bins from `starts_at` on; None where no forecast covers it.

    A cell's harm (expected count × mean cost nearby) is shared evenly by those of the given places
    that lie in it, so that their sum is that of their cells; a place where nothing was ever known, nor
    any site, has 0. A bin outside the forecast's hours has what the nearest day in it has then.
    """
    row = find_covering(tenant_id, starts_at, starts_at + timedelta(seconds=bins * bin_s))
    if row is None:
        return None
    kept, is_naive = open_kept(row), not is_in_plans(tenant_id)
    zone = ZoneInfo(row.tenant.timezone)
    hour = hours_of(row, zone, starts_at, bins, bin_s)
    expected = kept.naive_expected if is_naive else kept.expected
    has_cost = bool(np.isfinite(kept.cost_each_sek).all())
    each = kept.cost_each_sek.astype(np.float64) if has_cost else np.ones(len(kept.cells))
    column, share = share_cells(kept, lats, lons)
    harm = (expected * each)[hour][:, column].T * (share * bin_s / 3600)[:, None]
    return KeptHarm(harm, row.pk, row.made_at, SEK if has_cost else EVENTS, is_naive)


def hours_of(row: Forecast, zone: ZoneInfo, starts_at: datetime, bins: int, bin_s: int) -> I64:
    """Return in which of a forecast's hours the middle of each bin lies, by the local clock, [bins]."""
    middles = (starts_at + timedelta(seconds=(one + 0.5) * bin_s) for one in range(bins))
    first_h = local_h([row.starts_at], zone)[0]
    hour = np.floor(local_h(middles, zone) - first_h).astype(np.int64)
    hour = np.where(hour < 0, hour % 24, hour)
    folded = np.where(hour < row.hours, hour, row.hours - 24 + (hour - row.hours) % 24)
    return np.asarray(folded, np.int64)


def share_cells(kept: Kept, lats: npt.ArrayLike, lons: npt.ArrayLike) -> tuple[I64, F64]:
    """Return each place's kept cell, and its share of it: 1 / places in it, 0 outside of all cells."""
    column = kept.columns_of(kept.grid.cells_at(lats, lons))
    inside = column >= 0
    number = np.bincount(column[inside], minlength=len(kept.cells))
    share = np.where(inside, 1 / np.maximum(number[column], 1), 0.0)
    return np.where(inside, column, 0), np.asarray(share, np.float64)
