"""Rows of what was delivered. In: what `actions` write from the supplier's files. Out: rows."""

from uuid import UUID

from django.db import models

from narvaro.access.models import Organisation
from narvaro.directory.models import FromFileQuerySet, FromFileRow, PlacedRow
from narvaro.spine.models import TenantRow


class DeliveredHours(TenantRow, PlacedRow, FromFileRow):
    """Hours that the supplier says it delivered, by activity."""

    class Activity(models.TextChoices):
        """What the hours went to."""

        PATROL = "patrol"
        RESPONSE = "response"
        STATIONARY = "stationary"
        YOUTH = "youth"
        CAMERA = "camera"
        PUBLIC_ORDER = "public_order"
        LEADING = "leading"
        OTHER = "other"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID
    activity = models.CharField(max_length=12, choices=Activity.choices)
    day = models.DateField()
    hours = models.DecimalField(max_digits=6, decimal_places=2)

    objects = FromFileQuerySet["DeliveredHours"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "row_key"], condition=~models.Q(row_key=""), name="hours_row_once"
            ),
            models.CheckConstraint(condition=models.Q(hours__gt=0), name="hours_some"),
        ]
        indexes = [models.Index(fields=["tenant", "day"], name="hours_day")]
