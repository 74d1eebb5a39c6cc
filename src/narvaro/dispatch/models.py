"""Rows of dispatch. In: what `actions` write. Out: rows."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.access.models import Member
from narvaro.directory.models import Unit
from narvaro.situation.models import Case
from narvaro.spine.models import TenantRow


class Ranking(TenantRow):
    """Who could go, in what order and why, as it was computed at one moment."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="rankings")
    case_id: UUID
    made_at = models.DateTimeField()
    map_sha256 = models.CharField(max_length=64, blank=True)
    lines = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["case", "-made_at"], name="ranking_newest")]


class Offer(TenantRow):
    """A case put to a unit."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="offers")
    case_id: UUID
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="offers")
    unit_id: UUID
    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, related_name="offers")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    by_rule = models.BooleanField()
    travel_s = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=Q(state="waiting"), name="unit_asked_once_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state="waiting"), name="case_offered_once_at_a_time"
            ),
        ]


OUT = ("accepted", "rolling", "on_scene", "secured")  # a unit is out on the response


class Response(TenantRow):
    """A unit's answer to a case (*utryckning*), from acceptance to report."""

    class State(models.TextChoices):
        """How far it has come."""

        ACCEPTED = "accepted"
        ROLLING = "rolling"
        ON_SCENE = "on_scene"
        SECURED = "secured"
        LEFT = "left"
        REPORTED = "reported"
        RECALLED = "recalled"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="responses")
    case_id: UUID
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="responses")
    unit_id: UUID
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="response")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    member_id: UUID
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACCEPTED)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(state__in=OUT),
                name="unit_on_one_response",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "accepted_at"], name="response_month")]


class TimePoint(models.Model):
    """One of the eleven time points of a response, with its source and its event."""

    class Source(models.TextChoices):
        """Who says so."""

        PANEL = "panel"
        RECEIVER = "receiver"
        SYSTEM = "system"
        DISPATCHER = "dispatcher"
        PHONE = "phone"
        POSITION = "position"
        TYPED = "typed"

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="time_points")
    point = models.CharField(max_length=12)
    at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=Source.choices)
    event_position = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            # The first saying of a point from a source stands; a better source may stand beside.
            models.UniqueConstraint(
                fields=["response", "point", "source"], name="time_point_once_per_source"
            ),
        ]
