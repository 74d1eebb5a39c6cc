"""How far promotion has come, how each transmission path fares, and when it was out."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.directory.models import TransmissionPath
from narvaro.situation.models import Case
from narvaro.spine.models import TenantRow


class JournalPlace(models.Model):
    """The last journal record that was promoted, per receiver."""

    receiver_id = models.CharField(primary_key=True, max_length=40)
    record_id = models.BigIntegerField(default=0)


class PathState(models.Model):
    """How a path fares: when it was last heard, and when its silence will be late and a loss.

    `late_at` and `lost_at` stand where the path is supervised; they move with each sign of life.
    """

    class State(models.TextChoices):
        """What its silence says."""

        OK = "ok"
        LATE = "late"
        LOST = "lost"

    path = models.OneToOneField(
        TransmissionPath, primary_key=True, on_delete=models.CASCADE, related_name="state"
    )
    path_id: UUID
    state = models.CharField(max_length=4, choices=State.choices, default=State.OK)
    since = models.DateTimeField()
    heard_at = models.DateTimeField()
    late_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["late_at"], condition=Q(state="ok"), name="path_next_late"),
            models.Index(
                fields=["lost_at"], condition=Q(state__in=["ok", "late"]), name="path_next_lost"
            ),
        ]


class Outage(TenantRow):
    """A path that was lost: from its last sign of life until the next one."""

    path = models.ForeignKey(TransmissionPath, on_delete=models.CASCADE, related_name="outages")
    path_id: UUID
    began_at = models.DateTimeField()
    flagged_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="outages")
    case_id: UUID | None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["path"], condition=Q(ended_at=None), name="path_out_once_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["case"], name="outage_case"),
            models.Index(fields=["tenant", "began_at"], name="outage_month"),
        ]
