"""Units, what their members are trained for, and permits. In: what an import writes. Out: rows."""

from datetime import date
from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.access.models import Member, Organisation
from narvaro.spine.models import TenantRow


class CompetenceKind(models.TextChoices):
    """What somebody is trained or appointed for."""

    GUARD = "guard"
    PUBLIC_ORDER_OFFICER = "public_order_officer"
    CPR = "cpr"
    FIRE = "fire"
    DOG = "dog"


class Competence(models.Model):
    """A member's training or appointment, from a day until (not including) another."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="competences")
    kind = models.CharField(max_length=24, choices=CompetenceKind.choices)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "kind", "valid_from"], name="competence_once"
            ),
        ]

    def is_valid_on(self, day: date) -> bool:
        """Return whether it holds on `day`."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


class Unit(TenantRow):
    """What is sent: one or more members with a vehicle or on foot."""

    class Role(models.TextChoices):
        """In which role its crew acts."""

        GUARD = "guard"
        PUBLIC_ORDER_OFFICER = "public_order_officer"

    class Travel(models.TextChoices):
        """How it moves."""

        CAR = "car"
        FOOT = "foot"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="units")
    organisation_id: UUID
    call_sign = models.CharField(max_length=20)
    role = models.CharField(max_length=24, choices=Role.choices)
    travel = models.CharField(max_length=8, choices=Travel.choices)
    kit = models.JSONField(default=list)
    tracker = models.CharField(max_length=80, blank=True)
    sealed_tracker_secret = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "call_sign"], name="unit_call_sign_once"),
            models.UniqueConstraint(
                fields=["tracker"], condition=~Q(tracker=""), name="unit_tracker_once"
            ),
        ]

    def __str__(self) -> str:
        return self.call_sign


class Contact(TenantRow):
    """Who is told when nobody answers: a duty (*jour*) with its telephone and mail, never a name."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="contacts"
    )
    organisation_id: UUID
    duty = models.CharField(max_length=80)
    step = models.PositiveSmallIntegerField()
    after_s = models.PositiveIntegerField(default=120)  # after the step before
    phone = models.CharField(max_length=20, blank=True)
    mail = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "organisation", "duty"], name="contact_once"),
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(mail=""), name="contact_can_be_reached"
            ),
        ]


class Permit(TenantRow):
    """A police permit to use public order officers: where, when, how many."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="permits")
    organisation_id: UUID
    decision_no = models.CharField(max_length=60)
    area_wkt = models.TextField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    weekdays = models.JSONField(default=list)
    hours_from = models.TimeField()
    hours_until = models.TimeField()
    max_officers = models.PositiveSmallIntegerField(null=True)
    conditions = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "decision_no"], name="permit_once"),
        ]
