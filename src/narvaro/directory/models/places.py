"""Sites, areas, their plans and the map. In: what an import writes. Out: rows, selections."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.directory.models.files import ImportBatch
from narvaro.spine.models import Tenant, TenantRow

OFF_MAP_DEG = 0.05  # beyond the map's bounds by more than this, a place is off the map


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

    class Standing(models.TextChoices):
        """How it stands towards an alarm centre (docs/how-to/alarm_centres.md)."""

        BESIDE = "beside"  # the centre handles its alarms; a copy comes here
        BEHIND = "behind"  # the centre has its alarms first, and sends on what it wants done
        ALONE = "alone"  # no centre has its alarms

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    premises = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    alarm_grade = models.PositiveSmallIntegerField(null=True)
    standing = models.CharField(max_length=6, choices=Standing.choices, default=Standing.BESIDE)
    standing_decision = models.CharField(max_length=120, blank=True)  # reference of who decided it
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
            models.CheckConstraint(
                condition=Q(alarm_grade=None) | ~Q(standing="alone") | ~Q(standing_decision=""),
                name="site_alone_by_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @classmethod
    def lacks_decision(cls, standing: str, alarm_grade: int | None, decision: str) -> bool:
        """Return whether a site that stands so would need a noted decision, and has none."""
        return standing == cls.Standing.ALONE and alarm_grade is not None and not decision


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
    standing = models.CharField(max_length=6, default=Site.Standing.BESIDE)
    standing_decision = models.CharField(max_length=120, blank=True)


class ResponsePlan(TenantRow):
    """A site's response instruction (*åtgärdsinstruktion*); a new version is a new row."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="response_plans")
    site_id: UUID
    name = models.CharField(max_length=160)
    version = models.PositiveIntegerField()
    sealed_key_no = models.TextField(blank=True)
    key_must = models.BooleanField(default=False)  # nothing can be done without the site's key
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

    def holds(self, lat: float, lon: float) -> bool:
        """Return whether a place in degrees (WGS 84) is on the map, or so near that it may be."""
        return (
            self.south - OFF_MAP_DEG <= lat <= self.north + OFF_MAP_DEG
            and self.west - OFF_MAP_DEG <= lon <= self.east + OFF_MAP_DEG
        )
