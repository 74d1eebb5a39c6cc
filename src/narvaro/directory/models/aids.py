"""What helps a unit at a place: AEDs, keys, agreements on support. In: what an import writes. Out: rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from narvaro.access.models import Organisation
from narvaro.core.choice import Opening, is_open
from narvaro.directory.models.places import Site
from narvaro.spine.models import TenantRow

VERIFIED_FOR = timedelta(days=183)
"""So long somebody's word holds that an AED hangs there and works (owners confirm every half year)."""


class Defibrillator(TenantRow):
    """An AED on a wall (*hjärtstartare*): where it is, when one gets at it, when that was last checked.

    `openings` are `{"weekdays": [0–6], "from": "HH:MM", "until": "HH:MM"}`, local; without any the
    hours are unknown, and it never counts as open.
    """

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    place = models.CharField(max_length=200, blank=True)  # where in the building
    lat = models.FloatField()
    lon = models.FloatField()
    openings = models.JSONField(default=list)
    closed_on = models.JSONField(default=list)  # days, ISO
    verified_on = models.DateField(null=True)
    out_of_service = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="defibrillator_code_once"),
            models.CheckConstraint(
                condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                name="defibrillator_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def hours(self) -> tuple[Opening, ...]:
        """Return its opening hours."""
        return tuple(_opening(one) for one in self.openings)

    @property
    def days_closed(self) -> frozenset[date]:
        """Return the days on which its hours do not hold."""
        return frozenset(date.fromisoformat(one) for one in self.closed_on)

    def is_open_at(self, local: datetime) -> bool:
        """Return whether one gets at it at a local time."""
        return is_open(self.hours, local, tuple(self.days_closed))

    def is_verified_on(self, day: date) -> bool:
        """Return whether on `day` somebody's word for it is no older than half a year."""
        if self.verified_on is None:
            return False
        return timedelta(0) <= day - self.verified_on <= VERIFIED_FOR

    def is_to_be_proposed_at(self, local: datetime) -> bool:
        """Return whether a unit may be sent by way of it at a local time."""
        if self.out_of_service or not self.is_verified_on(local.date()):
            return False
        return self.is_open_at(local)


def _opening(one: Mapping[str, Any]) -> Opening:
    return Opening(
        frozenset(one["weekdays"]),
        time.fromisoformat(one["from"]),
        time.fromisoformat(one["until"]),
    )


def describe_openings(openings: Sequence[Opening]) -> list[dict[str, object]]:
    """Return opening hours as a row keeps them."""
    return [
        {
            "weekdays": sorted(one.weekdays),
            "from": one.hours_from.isoformat("minutes"),
            "until": one.hours_until.isoformat("minutes"),
        }
        for one in openings
    ]


class SupportAgreement(TenantRow):
    """Under which another organisation's units may be called in (*stödavtal*): for what, where, when."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="support_agreements"
    )
    organisation_id: UUID
    decision_no = models.CharField(max_length=60)
    kinds = models.JSONField(default=list)  # kinds of case
    area_wkt = models.TextField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    weekdays = models.JSONField(default=list)
    hours_from = models.TimeField()
    hours_until = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "decision_no"], name="support_agreement_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="support_agreement_forward"
            ),
        ]

    def __str__(self) -> str:
        return self.decision_no


class Key(TenantRow):
    """A key or card by its tag in the inventory, never by the number that is sealed in a plan."""

    code = models.CharField(max_length=40)
    kept_at = models.CharField(max_length=120, blank=True)  # the cabinet (*nyckelskåp*)
    sites = models.ManyToManyField(Site, related_name="keys")
    lost_at = models.DateTimeField(null=True)
    lost_by = models.CharField(max_length=60, blank=True)  # who said so

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="key_code_once"),
        ]

    def __str__(self) -> str:
        return self.code
