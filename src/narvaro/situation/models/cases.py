"""Cases and who may know of them. In: what `actions` write. Out: rows."""

from uuid import UUID

from django.db import models

from narvaro.access.models import Organisation
from narvaro.directory.models import FromFileQuerySet, ImportBatch, ResponsePlan, Site
from narvaro.spine.models import TenantRow


class Case(TenantRow):
    """What is being handled, however it was born."""

    class Kind(models.TextChoices):
        """What it is about."""

        INTRUDER = "intruder"
        DURESS = "duress"
        ASSISTANCE = "assistance"
        FIRE = "fire"
        MEDICAL = "medical"
        TAMPER = "tamper"
        TECHNICAL = "technical"
        PATH = "path"
        DISTURBANCE = "disturbance"
        OTHER = "other"

    class State(models.TextChoices):
        """How far it has come."""

        OPEN = "open"
        OFFERED = "offered"
        ACCEPTED = "accepted"
        ON_SCENE = "on_scene"
        CLEARED = "cleared"
        CLOSED = "closed"

    class Born(models.TextChoices):
        """What it was born of."""

        PANEL = "panel"
        TYPED = "typed"
        WATCH = "watch"  # of silence: a path that was lost, a check-in that was missed
        CAMERA = "camera"  # a person made it of what a camera saw
        FILE = "file"  # history, from an alarm centre's journal or a supplier's list

    class Cause(models.TextChoices):
        """What a person found an alarm to be; empty: nobody has said."""

        REAL = "real"
        UNWARRANTED = "unwarranted"
        TECHNICAL = "technical"
        TEST = "test"
        CANCELLED = "cancelled"

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    born = models.CharField(max_length=8, choices=Born.choices)
    cause = models.CharField(max_length=12, choices=Cause.choices, blank=True)
    priority = models.PositiveSmallIntegerField()
    confirmed = models.BooleanField(default=False)
    cancel_code_at = models.DateTimeField(null=True)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="cases")
    site_id: UUID | None
    place = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    text = models.TextField(blank=True)
    carrier = models.CharField(max_length=60, blank=True)  # whose fault took many paths at once
    plan = models.ForeignKey(
        ResponsePlan, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    needs = models.JSONField(default=list)
    units = models.PositiveSmallIntegerField(default=1)  # so many are wanted on scene
    offer_by_rule = models.BooleanField(default=False)
    triggered_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    last_signal_at = models.DateTimeField()
    unanswered_at = models.DateTimeField(null=True)
    red_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="+")
    row_key = models.CharField(max_length=64, blank=True)

    objects = FromFileQuerySet["Case"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "row_key"], condition=~models.Q(row_key=""), name="case_row_once"
            ),
            models.UniqueConstraint(fields=["tenant", "number"], name="case_number_once"),
            models.CheckConstraint(
                condition=models.Q(priority__gte=1, priority__lte=4), name="case_priority_1_to_4"
            ),
            models.CheckConstraint(
                condition=models.Q(units__gte=1, units__lte=5), name="case_units_1_to_5"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "priority", "number"],
                condition=~models.Q(state="closed"),
                name="case_active",
            ),
            models.Index(fields=["tenant", "received_at"], name="case_received"),
            models.Index(fields=["site", "last_signal_at"], name="case_site"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_carrier_fault(self) -> bool:
        """Return whether it is a fault of a carrier, at no one place: nobody is sent to it."""
        return bool(self.carrier) and self.site_id is None

    @property
    def is_missed_sign(self) -> bool:
        """Return whether it is about a guard whose sign of life did not come."""
        return self.born == self.Born.WATCH and self.kind == self.Kind.ASSISTANCE


class CaseShare(models.Model):
    """An organisation that may know of a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="shares")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "organisation"], name="case_share_once"),
        ]
