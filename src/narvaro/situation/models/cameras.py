"""What cameras' analytics saw, until somebody has looked. In: what `cameras` writes. Out: rows."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from narvaro.directory.models import Camera
from narvaro.situation.models.cases import Case
from narvaro.spine.models import TenantRow

STILL = timedelta(minutes=10)  # what was begun and not ended is taken to go on for so long


class CameraEvent(TenantRow):
    """A thing that a camera's analytics saw at a place, never who: an observation for the operator.

    `count` is the most that were seen at once. `heard_at` is the time of the latest message that
    belongs to it; `ended_at` stays empty where the camera has said no end.
    """

    class What(models.TextChoices):
        """What a camera may say; no word here tells one person from another."""

        LINE_CROSSING = "line_crossing"
        INTRUSION = "intrusion"
        LOITERING = "loitering"
        CROWD = "crowd"
        MOTION = "motion"
        OBJECT_LEFT = "object_left"
        OBJECT_REMOVED = "object_removed"
        FIRE_SMOKE = "fire_smoke"
        SOUND = "sound"
        TAMPER = "tamper"
        CAMERA_LOST = "camera_lost"
        OTHER = "other"

    BACK: ClassVar[str] = "camera_back"  # the word that ends a lost camera, and nothing of its own

    class State(models.TextChoices):
        """What the operator made of it."""

        NEW = "new"
        DISMISSED = "dismissed"
        CASE = "case"

    class Reason(models.TextChoices):
        """Why nothing is to be done."""

        NOTHING_THERE = "nothing_there"
        ALLOWED = "allowed"  # people or vehicles that may be there
        ANIMAL = "animal"
        WEATHER = "weather"  # rain, snow, light, shadows
        KNOWN = "known"  # it is being handled already
        WORK = "work"  # somebody works on the camera or the place
        CAMERA_FAULT = "camera_fault"

    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="events")
    camera_id: UUID
    what = models.CharField(max_length=14, choices=What.choices)
    began_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=60, blank=True)  # the analytics' own word
    received_at = models.DateTimeField()
    receiver_id = models.CharField(max_length=40)
    journal_id = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.NEW)
    reason = models.CharField(max_length=13, choices=Reason.choices, blank=True)
    case = models.ForeignKey(
        Case, null=True, on_delete=models.PROTECT, related_name="camera_events"
    )
    case_id: UUID | None
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=40, blank=True)  # a service number

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["receiver_id", "journal_id"], name="camera_event_promoted_once"
            ),
            models.CheckConstraint(
                condition=Q(state="new", decided_at=None, case=None, reason="")
                | (Q(state="dismissed", decided_at__isnull=False, case=None) & ~Q(reason=""))
                | Q(state="case", decided_at__isnull=False, case__isnull=False, reason=""),
                name="camera_event_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(heard_at__gte=F("began_at"))
                & (Q(ended_at=None) | Q(ended_at__gte=F("began_at"))),
                name="camera_event_forward",
            ),
        ]
        indexes = [
            models.Index(fields=["camera", "what", "heard_at"], name="camera_event_joined"),
            models.Index(
                fields=["tenant", "began_at"], condition=Q(state="new"), name="camera_event_new"
            ),
            models.Index(fields=["tenant", "decided_at"], name="camera_event_decided"),
            models.Index(fields=["received_at"], name="camera_event_age"),
        ]

    def is_running_at(self, at: datetime) -> bool:
        """Return whether it is taken to go on: no end was heard, and the last word is not old."""
        lasts = self.what == self.What.CAMERA_LOST or at - self.heard_at <= STILL
        return self.ended_at is None and lasts
