"""Rows of dispatch. In: what `actions` write. Out: rows."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.access.models import Member, Organisation
from narvaro.directory.models import Defibrillator, FromFileQuerySet, FromFileRow, Unit
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


FETCHING = 0  # the seat of the unit that brings a defibrillator


class Offer(TenantRow):
    """A case put to a unit, for one seat of its response: 1 leads, those above support it.

    Seat 0 (`FETCHING`) brings a defibrillator, by way of `aed` or its own; who leads has one where it
    hangs on its way.
    """

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
    seat = models.PositiveSmallIntegerField(default=1)
    aed = models.ForeignKey(Defibrillator, null=True, on_delete=models.PROTECT, related_name="+")
    aed_id: UUID | None
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
                fields=["case", "seat"],
                condition=Q(state="waiting"),
                name="seat_offered_once_at_a_time",
            ),
        ]


OUT = ("accepted", "rolling", "on_scene", "secured")  # a unit is out on the response
GONE = ("recalled", "reassigned")  # it was taken off before it had left


class Response(TenantRow, FromFileRow):
    """A unit's answer to a case (*utryckning*), from acceptance to report, or a row of a file."""

    class State(models.TextChoices):
        """How far it has come."""

        ACCEPTED = "accepted"
        ROLLING = "rolling"
        ON_SCENE = "on_scene"
        SECURED = "secured"
        LEFT = "left"
        REPORTED = "reported"
        RECALLED = "recalled"
        REASSIGNED = "reassigned"  # its unit went to a graver case

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="responses")
    case_id: UUID
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation_id: UUID
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="responses")
    unit_id: UUID | None
    unit_as_stated = models.CharField(max_length=40, blank=True)
    offer = models.OneToOneField(
        Offer, null=True, on_delete=models.PROTECT, related_name="response"
    )
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    member_id: UUID | None
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACCEPTED)
    accepted_at = models.DateTimeField()
    owes_report = models.BooleanField(default=True)  # one of a case's units writes its report

    objects = FromFileQuerySet["Response"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(state__in=OUT),
                name="unit_on_one_response",
            ),
            models.UniqueConstraint(
                fields=["tenant", "row_key"], condition=~Q(row_key=""), name="response_row_once"
            ),
            models.CheckConstraint(
                condition=~Q(batch=None)
                | Q(unit__isnull=False, offer__isnull=False, member__isnull=False),
                name="response_of_a_unit_or_a_file",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "accepted_at"], name="response_month")]

    @property
    def sent_unit(self) -> Unit:
        """Return the unit that was sent; raises LookupError for a row of a file that names none."""
        if self.unit is None:
            raise LookupError(f"Response {self.pk} comes from a file and names no unit.")
        return self.unit

    @property
    def call_sign(self) -> str:
        """Return who went: the unit's call sign, or what the supplier's list calls it."""
        return self.unit.call_sign if self.unit else self.unit_as_stated


class ShownTimePoints(models.Manager["TimePoint"]):
    """The time points that are there for readers: not those of a file that is still coming in."""

    def get_queryset(self) -> models.QuerySet["TimePoint"]:
        """Return them."""
        shown = Q(batch=None) | Q(batch__published_at__isnull=False)
        return super().get_queryset().filter(shown)


class TimePoint(FromFileRow):
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
        CENTRE = "centre"  # by the alarm centre's journal
        STATED = "stated"  # by the supplier's own list

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="time_points")
    point = models.CharField(max_length=12)
    at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=Source.choices)
    event_position = models.BigIntegerField(null=True)

    objects = ShownTimePoints()
    everything = models.Manager["TimePoint"]()

    class Meta:
        constraints = [
            # The first saying of a point from a source stands; a better source may stand beside.
            models.UniqueConstraint(
                fields=["response", "point", "source"], name="time_point_once_per_source"
            ),
        ]
        indexes = [
            models.Index(fields=["row_key"], condition=~Q(row_key=""), name="time_point_row"),
        ]


class Escalation(TenantRow):
    """A case that nobody has answered yet: how far people were told of it.

    It runs while `ended_at` is null. `taken_by` said "I have it" at `taken_at`, last of all.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="escalation")
    case_id: UUID
    began_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(default=0)
    taken_by = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=20, blank=True)

    @property
    def came_back(self) -> bool:
        """Return whether it runs once more: who had it did not see to it in time."""
        return self.ended_at is None and bool(self.taken_by)


class Watch(TenantRow):
    """A unit whose signs of life are waited for (*ensamarbete*), while `ended_at` is null."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="watches")
    unit_id: UUID
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    member_id: UUID
    interval_s = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    due_at = models.DateTimeField()
    missed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    case_id: UUID | None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=Q(ended_at=None), name="unit_watched_once_at_a_time"
            ),
        ]
