"""Rows of what was delivered, and of what would have been. In: what is written here. Out: rows."""

from uuid import UUID

from django.db import models

from narvaro.access.models import Member, Organisation
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


class WhatIf(TenantRow):
    """A replay of one's own town under two policies that somebody asked for, and its answer."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID
    asked = models.JSONField()  # a replay's `Asked`
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    progress = models.FloatField(default=0.0)  # 0 … 1
    tries = models.PositiveSmallIntegerField(default=0)  # runs begun
    answer = models.JSONField(null=True)  # its `Answer`
    why = models.JSONField(default=list)  # a `Said`: why it failed, and what to do
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(progress__gte=0, progress__lte=1),
                name="what_if_progress_a_share",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-asked_at"], name="what_if_newest")]
