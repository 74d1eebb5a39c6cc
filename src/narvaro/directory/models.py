"""Rows of the directory. In: what `actions` write from files. Out: rows, selections of them."""

from datetime import date
from typing import Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.access.models import Member, Organisation
from narvaro.spine.models import Tenant, TenantRow

_Row = TypeVar("_Row", bound=models.Model)


class ImportBatch(TenantRow):
    """One imported file: its rows show from the moment it is published, all at once."""

    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    kept = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)


class SiteQuerySet(models.QuerySet["Site"]):
    """Selections of sites."""

    def published(self) -> "SiteQuerySet":
        """Keep the sites of published files."""
        return self.filter(batch__published_at__isnull=False)


class Site(TenantRow):
    """A guarded object (*objekt*) with an owner and instructions."""

    class Kind(models.TextChoices):
        """What stands there."""

        SCHOOL = "school"
        PRESCHOOL = "preschool"
        LIBRARY = "library"
        HALL = "hall"
        OTHER = "other"

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    premises = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    alarm_grade = models.PositiveSmallIntegerField(null=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="sites")

    objects = SiteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="site_code_once"),
            models.CheckConstraint(
                condition=Q(lat=None, lon=None)
                | Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                name="site_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SiteAlias(TenantRow):
    """Another name of a site, as somebody's files write it; learned when a person confirms it."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="aliases")
    site_id: UUID
    alias = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "alias"], name="site_alias_once"),
        ]


class Area(TenantRow):
    """A named place that is no site: a square, a park, a housing area (*område*)."""

    class Kind(models.TextChoices):
        """What it is; a police classification is context on a page, nothing else."""

        SQUARE = "square"
        PARK = "park"
        HOUSING = "housing"
        YARD = "yard"
        NATURE = "nature"
        MUNICIPALITY = "municipality"
        POLICE_CLASS = "police_class"
        OTHER = "other"

    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    lat = models.FloatField()
    lon = models.FloatField()
    border_wkt = models.TextField(blank=True)  # empty: a point
    inhabitants = models.PositiveIntegerField(null=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="areas")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "name"], name="area_once"),
        ]

    def __str__(self) -> str:
        return self.name


class PlacedRow(models.Model):
    """Where something was: a site or an area where one is known, a point, and the words for it."""

    class PlacedBy(models.TextChoices):
        """How the place was found."""

        COORDINATE = "coordinate"
        CODE = "code"
        NAME = "name"
        ALIAS = "alias"
        PREMISES = "premises"
        ADDRESS = "address"
        CONFIRMED = "confirmed"  # a person chose among candidates
        CHOSEN = "chosen"  # a person chose it in a form
        NONE = "none"

    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    site_id: UUID | None
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="+")
    area_id: UUID | None
    place = models.CharField(max_length=200, blank=True)  # as it was written
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    placed_by = models.CharField(max_length=10, choices=PlacedBy.choices, default=PlacedBy.NONE)

    class Meta:
        abstract = True


class FromFileRow(models.Model):
    """A row that a file may have brought: hidden until its file is published, known by its key."""

    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="+")
    batch_id: UUID | None
    row_key = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class FromFileQuerySet(models.QuerySet[_Row]):
    """Selections of rows that files may have brought."""

    def published(self) -> Self:
        """Leave out rows of files that are still coming in."""
        return self.filter(Q(batch=None) | Q(batch__published_at__isnull=False))


class SiteChange(models.Model):
    """A change of a known site, waiting for its file to be published."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="changes")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    site_id: UUID
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=20)
    premises = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    alarm_grade = models.PositiveSmallIntegerField(null=True)


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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "call_sign"], name="unit_call_sign_once"),
            models.UniqueConstraint(
                fields=["tracker"], condition=~Q(tracker=""), name="unit_tracker_once"
            ),
        ]

    def __str__(self) -> str:
        return self.call_sign


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


class Sender(TenantRow):
    """Who passes signals on over a protocol of programs: an alarm centre, a camera system.

    Its secret is sealed; a new one stands beside the old one until it is used.
    """

    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    protocol = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    sealed_secret = models.TextField(blank=True)
    sealed_next_secret = models.TextField(blank=True)
    networks = models.JSONField(default=list)
    options = models.JSONField(default=dict)

    class Meta:
        constraints = [
            # A message names its sender and nothing of the tenant.
            models.UniqueConstraint(fields=["protocol", "name"], name="sender_once"),
        ]


class Transmitter(TenantRow):
    """A device that sends signals from a site; its key is sealed."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="transmitters")
    site_id: UUID
    protocol = models.CharField(max_length=16, default="sia-dc09")
    account = models.CharField(max_length=16)
    sealed_key = models.TextField(blank=True)
    key_form = models.CharField(max_length=5, default="hex")
    flags = models.JSONField(default=list)

    class Meta:
        constraints = [
            # A frame names its account and nothing of the tenant: one account, one transmitter.
            models.UniqueConstraint(
                fields=["protocol", "account"], name="transmitter_account_once"
            ),
        ]


class TransmissionPath(TenantRow):
    """One way from a transmitter to here (*överföringsväg*), and how its silence is judged."""

    transmitter = models.ForeignKey(Transmitter, on_delete=models.CASCADE, related_name="paths")
    transmitter_id: UUID
    name = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=3, blank=True)
    poll_interval_s = models.PositiveIntegerField(null=True)
    networks = models.JSONField(default=list)
    carrier = models.CharField(max_length=60, blank=True)
    maintenance_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transmitter", "name"], name="path_once"),
        ]


class ResponsePlan(TenantRow):
    """A site's response instruction (*åtgärdsinstruktion*); a new version is a new row."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="response_plans")
    site_id: UUID
    name = models.CharField(max_length=160)
    version = models.PositiveIntegerField()
    sealed_key_no = models.TextField(blank=True)
    inner_check = models.BooleanField(default=False)
    steps = models.JSONField(default=list)
    rules = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "version"], name="response_plan_version_once"),
        ]


class RoadMap(models.Model):
    """A tenant's map: a folder named by the digest of the file that it was made from."""

    tenant = models.OneToOneField(
        Tenant, primary_key=True, on_delete=models.PROTECT, related_name="road_map"
    )
    tenant_id: UUID
    sha256 = models.CharField(max_length=64)
    attribution = models.CharField(max_length=120)
    south = models.FloatField()
    west = models.FloatField()
    north = models.FloatField()
    east = models.FloatField()
