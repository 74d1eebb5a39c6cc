"""What sends something from a place. In: what an import writes. Out: rows."""

from datetime import date
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.access.models import Organisation
from narvaro.directory.models.places import Site
from narvaro.spine.models import TenantRow


class Sender(TenantRow):
    """Who passes signals on over a protocol of programs: an alarm centre, a camera system."""

    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    protocol = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    sealed_secret = models.TextField(blank=True)
    networks = models.JSONField(default=list)
    options = models.JSONField(default=dict)

    class Meta:
        constraints = [
            # A message names its sender and nothing of the tenant.
            models.UniqueConstraint(fields=["protocol", "name"], name="sender_once"),
        ]


class Transmitter(TenantRow):
    """A device that sends signals from a site, or a site's number at an alarm centre.

    Its key (in SOS Access: its authentication) is sealed; a new one stands beside it until it is used.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="transmitters")
    site_id: UUID
    protocol = models.CharField(max_length=16, default="sia-dc09")
    account = models.CharField(max_length=32)
    sealed_key = models.TextField(blank=True)
    sealed_next_key = models.TextField(blank=True)
    key_form = models.CharField(max_length=5, default="hex")
    flags = models.JSONField(default=list)
    late_s = models.PositiveIntegerField(default=40)  # the frame's stamp behind our clock
    early_s = models.PositiveIntegerField(default=20)  # … and ahead of it

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
    alternative = models.BooleanField(default=False)  # of two paths, the one that stands by
    poll_interval_s = models.PositiveIntegerField(null=True)
    networks = models.JSONField(default=list)
    carrier = models.CharField(max_length=60, blank=True)
    maintenance_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transmitter", "name"], name="path_once"),
        ]


class CameraQuerySet(models.QuerySet["Camera"]):
    """Selections of cameras."""

    def documented(self) -> Self:
        """Keep the cameras whose purpose and balancing are written down."""
        return self.exclude(purpose="").exclude(balancing_reference="")


class Camera(TenantRow):
    """A camera whose analytics may tell an operator what it saw (*bevakningskamera*).

    Nothing that it says is taken before its purpose and the documented balancing of interests
    (*intresseavvägning*, kamerabevakningslagen) are written here. `direction_deg` is where it
    looks, clockwise from north.
    """

    code = models.CharField(max_length=64)  # what its messages call it: the name of its `Sender`
    name = models.CharField(max_length=160)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cameras")
    organisation_id: UUID
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="cameras")
    site_id: UUID | None
    place = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    direction_deg = models.FloatField(null=True)
    purpose = models.CharField(max_length=400, blank=True)
    balancing_reference = models.CharField(max_length=120, blank=True)
    review_on = models.DateField(null=True)

    objects = CameraQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="camera_code_once"),
            models.CheckConstraint(
                condition=Q(lat=None, lon=None)
                | Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                name="camera_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(direction_deg=None) | Q(direction_deg__gte=0, direction_deg__lt=360),
                name="camera_looks_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def where(self) -> str:
        """Return the place in words: the site's name, or what is written."""
        return self.site.name if self.site else self.place

    @property
    def is_documented(self) -> bool:
        """Return whether its events may be taken at all."""
        return bool(self.purpose and self.balancing_reference)

    def is_review_due(self, day: date) -> bool:
        """Return whether the balancing should have been looked at again by `day`."""
        return self.review_on is not None and self.review_on <= day
