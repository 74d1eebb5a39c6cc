"""Writes of forecasts: made, scored, used in plans or not.

What is computed is computed outside any transaction; one short one keeps it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import ProtectedError

from narvaro.access.models import OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.core.grid import Grid
from narvaro.core.risk import Events, Settings, fit, learn, naive
from narvaro.forecast.events import ForecastMade, ForecastScored, ForecastSwitched
from narvaro.forecast.kept import Kept, keep, read_settings, write_grid, write_settings
from narvaro.forecast.loading import Loaded, load, local_h, moment_of, read
from narvaro.forecast.models import LATE, Forecast, ForecastUse, Score
from narvaro.forecast.queries import AT_LONGEST, is_in_plans, list_new_spans, list_to_score
from narvaro.forecast.scoring import Judged, judge
from narvaro.spine import clock, events
from narvaro.spine.events import SYSTEM
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

HOURS = 48
LEARN_AGAIN = timedelta(hours=24)
MANY_MORE = 0.1  # so many more or fewer events than last time are learned from at once
LEARN_AT_MOST_S = 600.0


@dataclass(frozen=True, slots=True)
class _Made:
    """A forecast that was computed and is not kept yet."""

    loaded: Loaded
    kept: Kept
    settings: dict[str, Any]
    engine: str
    first_h: float
    starts_at: datetime


def make_forecast(*, tenant: Tenant, at: datetime) -> Forecast:
    """Make the forecast of the 48 hours from the next full local hour on, from what is known now.

    The same data give the same forecast: the one that is kept. While its period has not begun, and no
    plan stands on it, new data make it anew. Raises Refused where there is nothing to learn from.
    """
    loaded = load(tenant, at)
    if loaded is None or not loaded.used:
        raise Refused(
            "nothing_to_forecast",
            "No damage, confirmed alarm or reported incident with a place; import some first.",
        )
    first_h = float(ceil(local_h([at], loaded.zone)[0]))
    starts_at = moment_of(first_h, loaded.zone)
    _revise_scores(tenant, moment_of(loaded.until_h, loaded.zone))
    there = Forecast.objects.filter(tenant=tenant, starts_at=starts_at).first()
    if there is not None and there.settings["data"] == loaded.digest():
        return _note_checked(there, at)
    made = _compute(loaded, _last_learned(tenant.pk), first_h, starts_at, at)
    return _keep(tenant, made, at=at)


@transaction.atomic
def _note_checked(row: Forecast, at: datetime) -> Forecast:
    row.checked_at = at
    row.save(update_fields=["checked_at"])
    return row


def _last_learned(tenant_id: UUID) -> dict[str, Any]:
    made = Forecast.objects.filter(tenant_id=tenant_id).order_by("-made_at")
    return made.values_list("settings", flat=True).first() or {}


def _compute(
    loaded: Loaded, before: dict[str, Any], first_h: float, starts_at: datetime, at: datetime
) -> _Made:
    settings, said = _settings(loaded, before, at)
    given = (loaded.events, loaded.grid, loaded.mask, loaded.until_h, settings)
    risk = fit(*given)
    kept = keep(risk, naive(*given), first_h, HOURS)
    return _Made(loaded, kept, said, risk.engine, first_h, starts_at)


def _settings(
    loaded: Loaded, before: dict[str, Any], at: datetime
) -> tuple[Settings, dict[str, Any]]:
    """Return the core's settings and how they are kept: learned once a day, from data that changed."""
    count, data = sum(loaded.used.values()), loaded.digest()
    if before and not _must_learn(before, count, data, at):
        return read_settings(before["of_core"]), {**before, "data": data}
    begun = clock.monotonic()
    settings = learn(
        loaded.events, loaded.grid, loaded.mask, loaded.until_h, Settings(),
        stop=lambda: clock.monotonic() - begun > LEARN_AT_MOST_S,
    )  # fmt: skip
    return settings, {
        "of_core": write_settings(settings), "learned_at": at.isoformat(), "learned_from": count,
        "learned_data": data, "data": data,
    }  # fmt: skip


def _must_learn(before: dict[str, Any], count: int, data: str, at: datetime) -> bool:
    if before["learned_data"] == data:
        return False
    many_more = abs(count - before["learned_from"]) > MANY_MORE * before["learned_from"]
    return many_more or at - datetime.fromisoformat(before["learned_at"]) >= LEARN_AGAIN


@transaction.atomic
def _keep(tenant: Tenant, made: _Made, *, at: datetime) -> Forecast:
    events.hold(tenant.pk)
    there = Forecast.objects.filter(tenant=tenant, starts_at=made.starts_at).first()
    if there is not None and not _is_gone(there, at):
        return there
    loaded = made.loaded
    row = Forecast.objects.create(
        tenant=tenant, made_at=at, checked_at=at, until=moment_of(loaded.until_h, loaded.zone),
        starts_at=made.starts_at, hours=HOURS, engine=made.engine, settings=made.settings,
        grid=write_grid(loaded.grid), events=sum(loaded.used.values()),
        made_of={"used": loaded.used, "left_out": loaded.left_out}, values=made.kept.to_bytes(),
    )  # fmt: skip
    _tell(tenant.pk, ForecastMade(row.pk, row.starts_at, HOURS, row.engine, row.events), row.pk, at)
    return row


def _is_gone(there: Forecast, at: datetime) -> bool:
    """Take away a forecast whose period has not begun; not one that a plan stands on."""
    if there.starts_at < at:
        return False
    try:
        with transaction.atomic():
            Forecast.objects.filter(pk=there.pk).delete()
    except ProtectedError:
        return False
    return True


def _tell(
    tenant_id: UUID, event: events.Happening, subject: UUID | None, at: datetime, by: str = SYSTEM
) -> None:
    kinds = (OrganisationKind.MUNICIPALITY, OrganisationKind.GUARDING_COMPANY)
    audience = list_organisation_ids(tenant_id, *kinds)
    events.append(event, tenant_id=tenant_id, subject=subject, audience=audience, by=by, at=at)


def score_due(*, tenant: Tenant, at: datetime) -> int:
    """Score the forecasts whose period is over, once a day until late reports have had their time.

    The registers must be known until the period's end: a file that ended before is no silence. Returns
    how many were scored.
    """
    listed = list_to_score(tenant, at)
    if not listed:
        return 0
    known = read(tenant, at)
    until = moment_of(known.until_h, known.zone)
    due = [row for row in listed if row.ends_at(known.zone) <= until]
    on_grid: dict[Grid, Events] = {}
    for row in due:
        grid = Grid(**row.grid)
        if grid not in on_grid:
            on_grid[grid] = known.on(grid)
        first_h = float(local_h([row.starts_at], known.zone)[0])
        kept = Kept.of(row.values, row.grid, row.settings["of_core"])
        judged = judge(kept, first_h, _hours_as_newest(row, first_h, known.zone), on_grid[grid])
        _keep_score(row, judged, final=row.ends_at(known.zone) + LATE <= until, at=at)
    return len(due)


@transaction.atomic
def _revise_scores(tenant: Tenant, until: datetime) -> None:
    """Take back scores of periods that are not known after all; reopen those that new files reach."""
    events.hold(tenant.pk)
    mine = Score.objects.filter(tenant=tenant)
    zone = ZoneInfo(tenant.timezone)
    near = mine.filter(forecast__starts_at__gt=until - AT_LONGEST).select_related("forecast")
    unknown = [
        one.pk for one in near.defer("forecast__values") if one.forecast.ends_at(zone) > until
    ]
    mine.filter(pk__in=unknown).delete()
    for batch, first, last in list_new_spans(tenant):
        reached = mine.filter(final=True, scored_at__lt=batch.published_at)
        reached = reached.filter(
            forecast__starts_at__lte=last, forecast__starts_at__gt=first - AT_LONGEST
        )
        reached.update(final=False)


def _hours_as_newest(row: Forecast, first_h: float, zone: ZoneInfo) -> int:
    """Return for how many hours a forecast was the newest one."""
    later = Forecast.objects.filter(tenant_id=row.tenant_id, starts_at__gt=row.starts_at)
    after = later.order_by("starts_at").values_list("starts_at", flat=True).first()
    if after is None:
        return row.hours
    return min(row.hours, round(float(local_h([after], zone)[0]) - first_h))


@transaction.atomic
def _keep_score(row: Forecast, judged: Judged, *, final: bool, at: datetime) -> None:
    events.hold(row.tenant_id)
    ours, theirs = judged.ours, judged.naive
    Score.objects.update_or_create(
        forecast=row,
        defaults={
            "tenant_id": row.tenant_id, "scored_at": at, "final": final, "hours": judged.hours,
            "events": judged.events, "outside": judged.outside, "cells": judged.cells,
            "expected": ours.expected, "hits_1": ours.hits_1, "hits_5": ours.hits_5,
            "log_likelihood": ours.log_likelihood, "naive_expected": theirs.expected,
            "naive_hits_1": theirs.hits_1, "naive_hits_5": theirs.hits_5,
            "naive_log_likelihood": theirs.log_likelihood,
        },
    )  # fmt: skip
    if final:
        said = ForecastScored(row.pk, judged.events, ours.hits_1, theirs.hits_1)
        _tell(row.tenant_id, said, row.pk, at)


@transaction.atomic
def use_in_plans(*, tenant_id: UUID, in_plans: bool, by: str, at: datetime) -> None:
    """Let plans use the forecast from now on, or the naive map."""
    events.hold(tenant_id)
    if is_in_plans(tenant_id) == in_plans:
        return
    ForecastUse.objects.update_or_create(
        tenant_id=tenant_id, defaults={"in_plans": in_plans, "changed_at": at}
    )
    _tell(tenant_id, ForecastSwitched(in_plans), None, at, by)
