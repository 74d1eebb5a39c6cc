"""Rows of the roster. In: what `actions` write from a roster file. Out: rows."""

from datetime import datetime
from uuid import UUID

from django.db import models

from narvaro.access.models import Member
from narvaro.directory.models import Unit
from narvaro.spine.models import TenantRow


class ShiftQuerySet(models.QuerySet["Shift"]):
    """Selections of shifts."""

    def running_at(self, at: datetime) -> "ShiftQuerySet":
        """Keep the shifts that run at `at` (half-open)."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class Shift(TenantRow):
    """A unit's staffed period (*arbetspass*), half-open."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="shifts")
    unit_id: UUID
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    crew = models.ManyToManyField(Member, related_name="shifts")

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "starts_at"], name="shift_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_forward"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "ends_at"], name="shift_end")]
