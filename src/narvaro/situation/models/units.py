"""Where units are and what they do. In: what `actions` write. Out: rows.

`Position` is raw and short-lived; `Presence` and `Exposure` are what is kept of it.
"""

from uuid import UUID

from django.db import models

from narvaro.access.models import Organisation
from narvaro.directory.models import FromFileQuerySet, FromFileRow, PlacedRow, Site, Unit
from narvaro.situation.models.cases import Case
from narvaro.spine.models import TenantRow


class Position(models.Model):
    """Where a unit was, raw: only on duty, 72 hours at most."""

    tenant = models.ForeignKey("spine.Tenant", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="positions")
    unit_id: UUID
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    lat = models.FloatField()
    lon = models.FloatField()
    accuracy_m = models.FloatField(null=True)
    flag = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "at"], name="position_once"),
        ]
        indexes = [models.Index(fields=["at"], name="position_age")]


class UnitStatus(models.Model):
    """What a unit said it is doing; without a row a unit on its shift counts as available."""

    class State(models.TextChoices):
        """Unit states on duty."""

        AVAILABLE = "available"
        BUSY = "busy"
        BREAK = "break"

    unit = models.OneToOneField(
        Unit, primary_key=True, on_delete=models.CASCADE, related_name="status"
    )
    unit_id: UUID
    state = models.CharField(max_length=10, choices=State.choices)
    since = models.DateTimeField()
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="+")
    case_id: UUID | None


class Presence(TenantRow, PlacedRow, FromFileRow):
    """Verified time at a place (*närvaro*), half-open, with the grade of its proof."""

    class Grade(models.TextChoices):
        """How it is known, best first."""

        SCAN = "scan"
        POSITION = "position"
        TAP = "tap"
        STATED = "stated"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="presences")
    unit_id: UUID | None
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    grade = models.CharField(max_length=10, choices=Grade.choices)
    note = models.CharField(max_length=200, blank=True)

    objects = FromFileQuerySet["Presence"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "row_key"],
                condition=~models.Q(row_key=""),
                name="presence_row_once",
            ),
            models.UniqueConstraint(
                fields=["unit", "site", "starts_at", "grade"], name="presence_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gte=models.F("starts_at")), name="presence_forward"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "starts_at"], name="presence_time"),
            models.Index(fields=["site", "starts_at"], name="presence_site"),
        ]


class Exposure(TenantRow):
    """For how long somebody was at a site in one clock hour, and how probable that was."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="exposures")
    site_id: UUID
    hour = models.DateTimeField()
    present_s = models.FloatField()
    unit_s = models.FloatField()
    probability = models.FloatField(null=True)  # null: no plan said how probable a visit was

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "hour"], name="exposure_once"),
        ]
        indexes = [models.Index(fields=["tenant", "hour"], name="exposure_hour")]


class PresenceMark(models.Model):
    """How far presence and exposure have been made of what came in."""

    tenant = models.OneToOneField(
        "spine.Tenant", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    position_id = models.BigIntegerField(default=0)  # the last position that was looked at
    exposed_until = models.DateTimeField(null=True)  # hours before this have their exposure
    looked_at = models.DateTimeField(null=True)  # rows and files that came later are not in it yet
