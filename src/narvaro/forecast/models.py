"""Rows of forecasts. In: what `actions` write. Out: rows that can be scored later."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models

from narvaro.spine.models import Tenant, TenantRow

LATE = timedelta(days=7)
"""How long a report may take and still count in a score."""


class Forecast(TenantRow):
    """Expected count and cost per cell and hour, as it was made at one moment."""

    made_at = models.DateTimeField()
    checked_at = models.DateTimeField()  # until when no file brought anything new
    until = models.DateTimeField()  # what happened before this was known
    starts_at = models.DateTimeField()
    hours = models.PositiveSmallIntegerField()  # by the local clock
    engine = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)  # the core's settings, when and on what learned
    grid = models.JSONField(default=dict)  # origin, cell size, rows, columns
    made_of = models.JSONField(default=dict)  # rows used and left out, by name
    events = models.PositiveIntegerField()
    values = models.BinaryField()  # npz: mask, parts, bounds, cost, naive (`kept.py`)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "starts_at"], name="forecast_once"),
        ]

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Return the end of the period: so many hours later by the local clock."""
        local = self.starts_at.astimezone(zone).replace(tzinfo=None)
        return (local + timedelta(hours=self.hours)).replace(tzinfo=zone)


class Score(TenantRow):
    """How a forecast did in the hours in which it was the newest, always beside the naive map.

    Sums, so that weeks can be added up; an event whose hour is not known counts in shares.
    """

    forecast = models.OneToOneField(Forecast, on_delete=models.CASCADE, related_name="score")
    forecast_id: UUID
    scored_at = models.DateTimeField()
    final = models.BooleanField(default=False)  # late reports have had their time
    hours = models.PositiveSmallIntegerField()
    events = models.FloatField()  # inside the forecast's cells
    outside = models.FloatField()  # elsewhere: missed
    cells = models.PositiveIntegerField()
    expected = models.FloatField()
    hits_1 = models.FloatField()  # in the highest 1 % of the cells, each hour
    hits_5 = models.FloatField()
    log_likelihood = models.FloatField()  # nats
    naive_expected = models.FloatField()
    naive_hits_1 = models.FloatField()
    naive_hits_5 = models.FloatField()
    naive_log_likelihood = models.FloatField()


class ForecastUse(models.Model):
    """Whether plans use the forecast or the naive map; without a row they use the forecast."""

    tenant = models.OneToOneField(
        Tenant, primary_key=True, on_delete=models.PROTECT, related_name="forecast_use"
    )
    tenant_id: UUID
    in_plans = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
