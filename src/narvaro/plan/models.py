"""Rows of the roster, the focus of the work, and patrol plans. In: `actions`. Out: rows."""

from datetime import datetime
from uuid import UUID

from django.db import models

from narvaro.access.models import Member, Organisation
from narvaro.directory.models import Area, Key, Site, Unit
from narvaro.forecast.models import Forecast
from narvaro.situation.models import Decision
from narvaro.spine.models import TenantRow


class ShiftQuerySet(models.QuerySet["Shift"]):
    """Selections of shifts."""

    def running_at(self, at: datetime) -> "ShiftQuerySet":
        """Keep the shifts that run at `at` (half-open)."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class Shift(TenantRow):
    """A unit's staffed period (*arbetspass*), half-open."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="shifts")
    unit_id: UUID
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    crew = models.ManyToManyField(Member, related_name="shifts")

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "starts_at"], name="shift_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_forward"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "ends_at"], name="shift_end")]


class Focus(TenantRow):
    """What a published week asked for at a place: it weighs in every plan of its days."""

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="in_plan")
    starts_on = models.DateField()
    ends_on = models.DateField()  # the first day on which it no longer holds


class PatrolPlan(TenantRow):
    """One night's visits: a proposal until the company's shift leader publishes it."""

    class State(models.TextChoices):
        """How far it has come."""

        PROPOSED = "proposed"
        PUBLISHED = "published"
        SUPERSEDED = "superseded"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    made_at = models.DateTimeField()
    seed = models.BigIntegerField()
    forecast = models.ForeignKey(Forecast, null=True, on_delete=models.PROTECT, related_name="+")
    map_sha256 = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)  # harm covered, what was left out and why
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "starts_at"],
                condition=models.Q(state="published"),
                name="plan_published_once",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-starts_at"], name="plan_newest")]


class Visit(TenantRow):
    """A planned stay of a unit at a place, with its reason, and what became of it (*besök*)."""

    class State(models.TextChoices):
        """What became of it."""

        PLANNED = "planned"
        STARTED = "started"
        DONE = "done"
        SHORT = "short"
        MISSED = "missed"
        REPLACED = "replaced"

    class Cause(models.TextChoices):
        """Why a visit was short or missed."""

        ALARM = "alarm"
        BACKUP = "backup"
        WEATHER = "weather"
        BLOCKED = "blocked"
        SAFETY = "safety"

    plan = models.ForeignKey(PatrolPlan, on_delete=models.CASCADE, related_name="visits")
    plan_id: UUID
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="visits")
    unit_id: UUID
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="visits")
    site_id: UUID | None
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="visits")
    area_id: UUID | None
    window_from = models.DateTimeField()
    window_until = models.DateTimeField()
    arrive_at = models.DateTimeField()
    dwell_s = models.PositiveIntegerField()
    reasons = models.JSONField(default=list)
    probability = models.FloatField(null=True)  # null: the plan was not drawn by lot
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    cause = models.CharField(max_length=8, choices=Cause.choices, blank=True)
    arrived_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    changed_because = models.CharField(max_length=200, blank=True)  # the shift leader's words

    class Meta:
        indexes = [models.Index(fields=["unit", "arrive_at"], name="visit_unit")]

    @property
    def place_name(self) -> str:
        """Return the place's name."""
        place = self.site or self.area
        return place.name if place else ""

    @property
    def is_announced(self) -> bool:
        """Tell whether its time is fixed and known to those who are visited."""
        return any(one["code"] == "announced" for one in self.reasons)


class KeyReceiptQuerySet(models.QuerySet["KeyReceipt"]):
    """Selections of receipts."""

    def out_at(self, at: datetime) -> "KeyReceiptQuerySet":
        """Keep those whose key was out at a time (half-open)."""
        back = models.Q(back_at=None) | models.Q(back_at__gt=at)
        return self.filter(back, out_at__lte=at)


class KeyReceipt(TenantRow):
    """That a unit had a key, from when it was handed out until it came back (*nyckelkvittens*)."""

    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="receipts")
    key_id: UUID
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="key_receipts")
    unit_id: UUID
    out_at = models.DateTimeField()
    out_by = models.CharField(max_length=60)
    back_at = models.DateTimeField(null=True)
    back_by = models.CharField(max_length=60, blank=True)

    objects = KeyReceiptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(back_at=None), name="key_out_once"
            ),
            models.CheckConstraint(
                condition=models.Q(back_at=None) | models.Q(back_at__gte=models.F("out_at")),
                name="key_receipt_forward",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "back_at"], name="key_receipt_out")]
