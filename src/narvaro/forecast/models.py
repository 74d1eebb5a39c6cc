"""Rows of forecasts. In: what `actions` write. Out: rows that can be scored later."""

from uuid import UUID

from django.db import models

from narvaro.spine.models import TenantRow


class Forecast(TenantRow):
    """Expected count and cost per cell and hour, as it was made at one moment."""

    made_at = models.DateTimeField()
    until = models.DateTimeField()  # what happened before this was known
    starts_at = models.DateTimeField()
    hours = models.PositiveSmallIntegerField()
    engine = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    grid = models.JSONField(default=dict)  # origin, cell size, rows, columns, mask
    events = models.PositiveIntegerField()
    values = models.BinaryField()  # npz: expected, low, high, cost, naive

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "starts_at"], name="forecast_once"),
        ]


class Score(TenantRow):
    """How a forecast did, always beside the naive map."""

    forecast = models.OneToOneField(Forecast, on_delete=models.CASCADE, related_name="score")
    forecast_id: UUID
    scored_at = models.DateTimeField()
    events = models.PositiveIntegerField()
    outside = models.PositiveIntegerField()  # events outside the forecast's cells: missed
    area_share = models.FloatField()
    hit_share = models.FloatField(null=True)
    naive_hit_share = models.FloatField(null=True)
    log_score = models.FloatField(null=True)  # nats per event
    naive_log_score = models.FloatField(null=True)
    expected = models.FloatField()
