"""Rows of the situation. In: what `actions` write. Out: rows, selections of them.

Signal: one message from a device. Case: what is being handled. Incident: what turned out to have
happened. (Offers stand in `dispatch`.)
"""

from uuid import UUID

from django.db import models

from narvaro.access.models import Member, Organisation
from narvaro.directory.models import ResponsePlan, Site, Transmitter, Unit
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

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    born = models.CharField(max_length=8, choices=Born.choices)
    priority = models.PositiveSmallIntegerField()
    confirmed = models.BooleanField(default=False)
    cancel_code_at = models.DateTimeField(null=True)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="cases")
    site_id: UUID | None
    place = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    text = models.TextField(blank=True)
    plan = models.ForeignKey(
        ResponsePlan, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    needs = models.JSONField(default=list)
    offer_by_rule = models.BooleanField(default=False)
    triggered_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    last_signal_at = models.DateTimeField()
    unanswered_at = models.DateTimeField(null=True)
    red_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="case_number_once"),
            models.CheckConstraint(
                condition=models.Q(priority__gte=1, priority__lte=4), name="case_priority_1_to_4"
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


class CaseShare(models.Model):
    """An organisation that may know of a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="shares")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "organisation"], name="case_share_once"),
        ]


class Signal(TenantRow):
    """One message from a device, as promoted from the journal; the raw bytes stay there."""

    content_key = models.CharField(max_length=64)
    transmitter = models.ForeignKey(
        Transmitter, null=True, on_delete=models.PROTECT, related_name="signals"
    )
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="signals")
    case_id: UUID | None
    receiver_id = models.CharField(max_length=40)
    journal_id = models.BigIntegerField()
    part = models.PositiveSmallIntegerField(default=0)
    account = models.CharField(max_length=16)
    token = models.CharField(max_length=16)
    code = models.CharField(max_length=8)
    qualifier = models.CharField(max_length=1, blank=True)
    zone = models.CharField(max_length=16, blank=True)
    area = models.CharField(max_length=16, blank=True)
    text = models.CharField(max_length=400, blank=True)
    phase = models.CharField(max_length=10)
    kind = models.CharField(max_length=12)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    time_verified = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["receiver_id", "journal_id", "part"], name="signal_promoted_once"
            ),
        ]
        indexes = [
            models.Index(fields=["case", "received_at"], name="signal_case"),
            models.Index(fields=["tenant", "content_key", "received_at"], name="signal_repeat"),
        ]


class RefusedIntake(models.Model):
    """A frame that was kept but not handled: malformed, unknown account, plaintext for a key."""

    receiver_id = models.CharField(max_length=40)
    journal_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    account = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    tenant = models.ForeignKey(
        "spine.Tenant", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receiver_id", "journal_id"], name="refused_once"),
        ]


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


class Incident(TenantRow):
    """What turned out to have happened, as the guard reports it."""

    class Category(models.TextChoices):
        """The fixed categories that a response can end in."""

        BREAK_IN = "break_in"
        ATTEMPT = "attempt"
        VANDALISM = "vandalism"
        FIRE = "fire"
        DISTURBANCE = "disturbance"
        UNWARRANTED = "unwarranted"
        TECHNICAL = "technical"
        NOTHING_FOUND = "nothing_found"
        OTHER = "other"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="incident")
    case_id: UUID
    category = models.CharField(max_length=16, choices=Category.choices)
    text = models.TextField(blank=True)
    police_reference = models.CharField(max_length=40, blank=True)
    reported_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
