"""The weekly situation picture, its measures, and the police's public events. Out: rows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import models

from narvaro.access.models import Member, Organisation
from narvaro.directory.models import Area, Site
from narvaro.spine.models import TenantRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Picture(TenantRow):
    """A week's shared situation picture (*lägesbild*)."""

    class State(models.TextChoices):
        """How far the week has come."""

        COLLECTING = "collecting"
        FROZEN = "frozen"
        DECIDED = "decided"
        PUBLISHED = "published"

    monday = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.COLLECTING)
    frozen_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    contents = models.JSONField(default=dict)  # what was frozen, as the meeting saw it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "monday"], name="picture_week_once"),
        ]


class Decision(TenantRow):
    """A prioritised place of the coming week (*prioriterad plats*), with its focus."""

    class Focus(models.TextChoices):
        """What the hours are to go to there."""

        BE_SEEN = "be_seen"
        TALK = "talk"  # with young people, known guards, fixed times
        GUARD = "guard"  # traditional guarding
        CAMERA = "camera"  # together with the camera operators

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="decisions")
    picture_id: UUID
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="+")
    focus = models.CharField(max_length=8, choices=Focus.choices)
    weekdays = models.JSONField(default=list)  # 0 Monday … 6 Sunday; empty: every day
    hours_from = models.TimeField(null=True)
    hours_until = models.TimeField(null=True)
    why = models.CharField(max_length=400, blank=True)
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()


class Measure(TenantRow):
    """What somebody was given to do, with a day (*åtgärd*)."""

    class State(models.TextChoices):
        """How far it has come."""

        DECIDED = "decided"
        IN_PROGRESS = "in_progress"
        DONE = "done"
        CANCELLED = "cancelled"

    class Nature(models.TextChoices):
        """What it works on."""

        SITUATIONAL = "situational"  # light, locks, bushes, presence
        SOCIAL = "social"

    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="measures")
    picture_id: UUID
    text = models.CharField(max_length=400)
    nature = models.CharField(max_length=12, choices=Nature.choices)
    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="measures")
    owner_id: UUID
    due_on = models.DateField()
    expected = models.CharField(max_length=400, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DECIDED)
    done_on = models.DateField(null=True)


class PoliceEvent(TenantRow):
    """A line of the police's public feed: context, placed by municipality only."""

    police_id = models.BigIntegerField()
    published_at = models.DateTimeField()
    happened_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=120)
    name = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    place = models.CharField(max_length=120)
    address = models.CharField(max_length=400, blank=True)  # of the police's own page

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "police_id"], name="police_event_once"),
        ]
        indexes = [models.Index(fields=["tenant", "published_at"], name="police_event_time")]

    @property
    def first_seen_at(self) -> datetime:
        """Return when it first came in, by its id (UUIDv7), which no revision changes."""
        return EPOCH + timedelta(milliseconds=self.id.int >> 80)
