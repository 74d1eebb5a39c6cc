"""Roads that are closed. In: what `actions` write. Out: rows, selections."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from narvaro.spine.models import TenantRow


class ClosureQuerySet(models.QuerySet["RoadClosure"]):
    """Selections of closures."""

    def in_force(self, at: datetime) -> "ClosureQuerySet":
        """Keep those that hold at a time."""
        begun = self.filter(closed_at__lte=at).filter(Q(opened_at=None) | Q(opened_at__gt=at))
        return begun.filter(Q(until_at=None) | Q(until_at__gt=at))


class RoadClosure(TenantRow):
    """A line across roads that nobody drives over, from a time until one, or until it is opened."""

    class Kind(models.TextChoices):
        """Why."""

        ROADWORK = "roadwork"
        ACCIDENT = "accident"
        EVENT = "event"
        WEATHER = "weather"
        OTHER = "other"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    street = models.CharField(max_length=200, blank=True)  # the names of what it crosses
    lat_a = models.FloatField()
    lon_a = models.FloatField()
    lat_b = models.FloatField()
    lon_b = models.FloatField()
    walkers_pass = models.BooleanField(default=True)
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=20)  # a service number
    until_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=20, blank=True)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["tenant", "opened_at"], name="road_closure_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gt=F("closed_at")),
                name="road_closure_forward",
            ),
        ]

    @property
    def line(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return its ends as (latitude, longitude)."""
        return (self.lat_a, self.lon_a), (self.lat_b, self.lon_b)
