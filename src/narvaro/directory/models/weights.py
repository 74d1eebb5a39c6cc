"""What makes roads slower than usual, and how right their times were. In: what `actions` write. Out: rows."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from narvaro.spine.models import TenantRow


class ConditionQuerySet(models.QuerySet["RoadCondition"]):
    """Selections of conditions."""

    def in_force(self, at: datetime) -> "ConditionQuerySet":
        """Keep those that hold at a time."""
        begun = self.filter(since_at__lte=at).filter(Q(ended_at=None) | Q(ended_at__gt=at))
        return begun.filter(Q(until_at=None) | Q(until_at__gt=at))


class RoadCondition(TenantRow):
    """Winter on all roads, from a time until one, or until somebody says otherwise."""

    class State(models.TextChoices):
        """What lies on them; without a row nothing does."""

        SNOW = "snow"
        ICE = "ice"

    state = models.CharField(max_length=10, choices=State.choices)
    since_at = models.DateTimeField()
    set_by = models.CharField(max_length=20)  # a service number
    until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)

    objects = ConditionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["tenant", "ended_at"], name="road_condition_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(ended_at=None), name="road_condition_one"
            ),
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gt=F("since_at")),
                name="road_condition_forward",
            ),
        ]


class DriveSample(TenantRow):
    """How long one drive to a case took, and what the map said: no unit, no person, no place."""

    day = models.DateField()
    hour = models.PositiveSmallIntegerField()  # local, when it began
    profile = models.CharField(max_length=10)
    condition = models.CharField(max_length=10, blank=True)  # RoadCondition.State, or ""
    map_sha256 = models.CharField(max_length=64, blank=True)  # that was asked, "" where none was
    parts_s = models.JSONField(
        default=list
    )  # by class of roads, last waiting; none without a position
    told_s = models.FloatField(null=True)  # what the offer said
    actual_s = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "day"], name="drive_day")]


class DriveMark(models.Model):
    """How far responses have been looked at for their drives."""

    tenant = models.OneToOneField(
        "spine.Tenant", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_until = models.DateTimeField()


class RoadCalibration(TenantRow):
    """What a map's drives say of its travel times, as found at one time; used once a person says so."""

    made_at = models.DateTimeField()
    map_sha256 = models.CharField(max_length=64)
    found = models.JSONField(default=dict)  # core's Calibration by profile, of bare roads, plain
    winter = models.JSONField(default=dict)  # core's Apart by profile and state of roads, plain
    told = models.JSONField(default=dict)  # the errors of what offers said, as plain data
    used_from = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=20, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-made_at"], name="road_calibration_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(used_from__isnull=False, ended_at=None),
                name="road_calibration_one_used",
            ),
        ]
