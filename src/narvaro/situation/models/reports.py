"""What was reported: observations, incidents, damage, photos of things. In: `actions`. Out: rows.

Observation: what somebody noticed, unassessed. Incident: what turned out to have happened. Damage:
what it did to a thing of somebody's. Counts and age bands only; no person is in any of them.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import models

from narvaro.access.models import Member, Organisation
from narvaro.directory.models import FromFileQuerySet, FromFileRow, PlacedRow
from narvaro.situation.models.cases import Case
from narvaro.spine.models import TenantRow


class Category(models.TextChoices):
    """The fixed categories of what happens."""

    VANDALISM = "vandalism"
    GRAFFITI = "graffiti"
    FIRE = "fire"
    ARSON = "arson"
    BREAK_IN = "break_in"
    ATTEMPT = "attempt"
    THEFT = "theft"
    VIOLENCE = "violence"
    ROBBERY = "robbery"
    DRUGS = "drugs"
    ALCOHOL = "alcohol"
    GATHERING = "gathering"
    YOUTH_GATHERING = "youth_gathering"
    RECKLESS_DRIVING = "reckless_driving"
    LITTERING = "littering"
    UNSAFE_PLACE = "unsafe_place"
    BROKEN_LIGHTING = "broken_lighting"
    STAFF_INCIDENT = "staff_incident"
    RUMOUR = "rumour"
    EVENT = "event"
    EXTREMIST_SYMBOL = "extremist_symbol"
    TRESPASS = "trespass"
    DISTURBANCE = "disturbance"
    UNWARRANTED = "unwarranted"
    TECHNICAL = "technical"
    NOTHING_FOUND = "nothing_found"
    OTHER = "other"


FINDINGS = (
    Category.BREAK_IN, Category.ATTEMPT, Category.VANDALISM, Category.GRAFFITI, Category.FIRE,
    Category.TRESPASS, Category.DISTURBANCE, Category.UNWARRANTED, Category.TECHNICAL,
    Category.NOTHING_FOUND, Category.OTHER,
)  # fmt: skip
"""What a response can end in."""

OF_ALARMS = frozenset({Category.UNWARRANTED, Category.TECHNICAL, Category.NOTHING_FOUND})
"""What is said of an alarm alone; nobody observes it otherwise."""


class KnownBy(models.TextChoices):
    """How the reporter knows."""

    SEEN = "seen"
    HEARD = "heard"
    TOLD = "told"
    RECORDED = "recorded"  # from a file that does not say


class Count(models.TextChoices):
    """How many were there, in bands."""

    NONE = "none"
    FEW = "1-4"
    SOME = "5-10"
    MANY = "over_10"
    UNKNOWN = "unknown"


class AgeBand(models.TextChoices):
    """How old they were, in bands."""

    CHILDREN = "children"
    YOUTH = "youth"
    ADULTS = "adults"
    MIXED = "mixed"
    UNKNOWN = "unknown"


SETTLE_WITHIN = timedelta(hours=24)
"""How soon doubtful words are settled by whoever leads."""

REMOVE_WITHIN = timedelta(hours=48)
REMOVE_OFFENSIVE_WITHIN = timedelta(hours=24)
"""How soon graffiti is gone again, from the report on."""


class WordedRow(models.Model):
    """Words that were masked, with what is doubtful in them (`core.wording.Mark`)."""

    text = models.TextField(blank=True)
    marks = models.JSONField(default=list)
    settled_at = models.DateTimeField(null=True)  # the shift leader has settled the marks

    class Meta:
        abstract = True

    @property
    def is_settled(self) -> bool:
        """Return whether other organisations may see the words."""
        return self.settled_at is not None or not self.marks


class Incident(TenantRow, PlacedRow, FromFileRow, WordedRow):
    """What turned out to have happened: a guard's report of a case, or a row of a file."""

    case = models.OneToOneField(Case, null=True, on_delete=models.PROTECT, related_name="incident")
    case_id: UUID | None
    category = models.CharField(max_length=20, choices=Category.choices)
    known_by = models.CharField(max_length=10, choices=KnownBy.choices, default=KnownBy.SEEN)
    occurred_from = models.DateTimeField()
    occurred_until = models.DateTimeField()
    police_reference = models.CharField(max_length=40, blank=True)
    others_arrived_at = models.DateTimeField(null=True)  # ambulance or rescue service, as typed
    source = models.CharField(max_length=60, blank=True)  # who reported it, as the file says
    by_patrol = models.BooleanField(default=False)  # found by somebody on patrol
    reported_by = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()

    objects = FromFileQuerySet["Incident"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "row_key"],
                condition=~models.Q(row_key=""),
                name="incident_row_once",
            ),
            models.CheckConstraint(
                condition=models.Q(occurred_until__gte=models.F("occurred_from")),
                name="incident_forward",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "occurred_from"], name="incident_time"),
            models.Index(
                fields=["tenant", "reported_at"], condition=models.Q(batch=None),
                name="incident_reported",
            ),
        ]  # fmt: skip


class Observation(TenantRow, PlacedRow, WordedRow):
    """What somebody noticed and reported, unassessed (*iakttagelse*)."""

    class State(models.TextChoices):
        """What became of it."""

        SUBMITTED = "submitted"
        IN_PICTURE = "in_picture"
        MERGED = "merged"
        REFERRED = "referred"
        REJECTED = "rejected"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID
    reported_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    reported_by_id: UUID
    reported_at = models.DateTimeField()
    category = models.CharField(max_length=20, choices=Category.choices)
    severity = models.PositiveSmallIntegerField(default=1)
    known_by = models.CharField(max_length=10, choices=KnownBy.choices)
    occurred_from = models.DateTimeField()
    occurred_until = models.DateTimeField()
    count = models.CharField(max_length=8, choices=Count.choices, default=Count.UNKNOWN)
    age_band = models.CharField(max_length=8, choices=AgeBand.choices, default=AgeBand.UNKNOWN)
    police_told = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SUBMITTED)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(severity__gte=1, severity__lte=3), name="severity_1_to_3"
            ),
            models.CheckConstraint(
                condition=models.Q(occurred_until__gte=models.F("occurred_from")),
                name="observation_forward",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "reported_at"], name="observation_time")]


class Damage(TenantRow, PlacedRow, FromFileRow, WordedRow):
    """What was damaged, and what it costs, SEK without VAT (*skada*)."""

    class Kind(models.TextChoices):
        """The kinds by which cost is followed."""

        GLASS = "glass"
        GRAFFITI = "graffiti"
        FIRE = "fire"
        OUTER = "outer"
        INNER = "inner"
        BREAK_IN = "break_in"
        WATER = "water"
        OTHER = "other"

    class State(models.TextChoices):
        """How far it has come."""

        REPORTED = "reported"
        ORDERED = "ordered"
        RESTORED = "restored"
        CLOSED = "closed"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    premises = models.CharField(max_length=120, blank=True)
    part = models.CharField(max_length=120, blank=True)  # entrance, façade, building B
    occurred_from = models.DateTimeField()
    occurred_until = models.DateTimeField()
    discovered_at = models.DateTimeField(null=True)
    offensive = models.BooleanField(default=False)
    estimate_sek = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    final_sek = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    police_reference = models.CharField(max_length=40, blank=True)
    work_order = models.CharField(max_length=40, blank=True)
    cost_centre = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REPORTED)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="damages")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation_id: UUID | None
    by_patrol = models.BooleanField(default=False)
    reported_by = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    reported_by_id: UUID | None
    reported_at = models.DateTimeField()

    objects = FromFileQuerySet["Damage"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "row_key"],
                condition=~models.Q(row_key=""),
                name="damage_row_once",
            ),
            models.CheckConstraint(
                condition=models.Q(occurred_until__gte=models.F("occurred_from")),
                name="damage_forward",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "occurred_from"], name="damage_time"),
            models.Index(
                fields=["tenant", "reported_at"], condition=models.Q(batch=None),
                name="damage_reported",
            ),
        ]  # fmt: skip

    @property
    def removal_due_at(self) -> datetime | None:
        """Return when graffiti should be gone; None for other damage, and when it is restored.

        None too for what a file brought: when it was reported, and how it stands now, is not known.
        """
        waiting = self.state in {self.State.REPORTED, self.State.ORDERED}
        if self.kind != self.Kind.GRAFFITI or not waiting or self.batch_id is not None:
            return None
        within = REMOVE_OFFENSIVE_WITHIN if self.offensive else REMOVE_WITHIN
        return self.reported_at + within


class Photo(TenantRow):
    """A photo of a thing; its file lies beside the database under its digest, without metadata."""

    subject = models.UUIDField()  # the damage, observation or incident that it belongs to
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    taken_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "sha256"], name="photo_once"),
        ]
