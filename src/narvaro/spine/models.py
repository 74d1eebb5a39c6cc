"""Rows of the spine: tenants, the event log with its head, readers' places, timers, jobs.

In: what `events`, `timers` and `jobs` write. Out: rows; nothing outside the spine saves them.
"""

from uuid import UUID

from django.db import models

from narvaro.spine.ids import uuid7


class Tenant(models.Model):
    """One municipality and those it works with."""

    class Mode(models.TextChoices):
        """How cases are handled (design: follow-up, unmanned, manned)."""

        FOLLOW_UP = "follow_up"
        UNMANNED = "unmanned"
        MANNED = "manned"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120, unique=True)
    timezone = models.CharField(max_length=40, default="Europe/Stockholm")
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.FOLLOW_UP)
    accept_within_s = models.PositiveIntegerField(default=60)
    red_after_s = models.PositiveIntegerField(default=600)
    escalate_after_s = models.PositiveIntegerField(default=60)
    looks_ahead = models.BooleanField(default=False)  # readiness decides among those in time
    positions_purpose = models.TextField(blank=True, default="")
    positions_negotiated_on = models.DateField(null=True)
    last_case_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mode__in=["follow_up", "unmanned", "manned"]),
                name="tenant_mode_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def positions_allowed(self) -> bool:
        """Return whether purpose and union negotiation are noted (no position before that)."""
        return bool(self.positions_purpose) and self.positions_negotiated_on is not None


class TenantRow(models.Model):
    """What every row carries: an id of its own and its tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    tenant_id: UUID

    class Meta:
        abstract = True


class Head(models.Model):
    """The end of a tenant's event chain; its row is the lock under which positions are given."""

    tenant = models.OneToOneField(
        Tenant, primary_key=True, on_delete=models.PROTECT, related_name="head"
    )
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")


class Event(models.Model):
    """One line of the append-only log. A purge empties `payload` and `salt`, never the rest."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    tenant_id: UUID
    position = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    record_class = models.CharField(max_length=30)
    subject = models.UUIDField(null=True)
    actor = models.CharField(max_length=60)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    audience = models.TextField()
    salt = models.CharField(max_length=32, null=True)
    payload = models.TextField(null=True)
    payload_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "position"], name="event_position_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "subject", "position"], name="event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind}"


class Bookmark(models.Model):
    """How far a named reader has come in a tenant's log."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    reader = models.CharField(max_length=60)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "reader"], name="bookmark_once")]


class Timer(TenantRow):
    """A deadline: fired once, in the transaction that writes the next step.

    `boot_deadline_s` is the same deadline by the uptime of the machine that was started as `boot`
    says: as long as it runs, no step of its clock moves the deadline.
    """

    kind = models.CharField(max_length=60)
    subject = models.UUIDField()
    deadline = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    boot = models.CharField(max_length=36, blank=True)
    boot_deadline_s = models.FloatField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["deadline"],
                condition=models.Q(fired_at=None, cancelled_at=None),
                name="timer_waiting",
            ),
            models.Index(
                fields=["boot", "boot_deadline_s"],
                condition=models.Q(fired_at=None, cancelled_at=None),
                name="timer_by_uptime",
            ),
            models.Index(fields=["subject", "kind"], name="timer_subject"),
        ]


class Notification(TenantRow):
    """A message to people, written in the transaction of what it tells, and sent after it.

    `key` is the same for the same message over the same channel: it is put up once.
    """

    channel = models.CharField(max_length=8)
    address = models.CharField(max_length=200)
    subject = models.UUIDField(null=True)
    title = models.CharField(max_length=120)
    text = models.TextField()
    key = models.CharField(max_length=120, unique=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(sent_at=None, given_up_at=None),
                name="notification_waiting",
            ),
            models.Index(fields=["subject"], name="notification_subject"),
        ]


class Trouble(models.Model):
    """Something that people must know of while it lasts.

    Of the installation itself; with a tenant of that one's own alarm. `facts` are for words alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.CASCADE, related_name="+")
    tenant_id: UUID | None
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # two, for SQLite takes no two NULLs for the same (`nulls_distinct`)
            models.UniqueConstraint(
                fields=["kind", "about"],
                condition=models.Q(ended_at=None, tenant=None),
                name="trouble_once_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["tenant", "kind", "about"],
                condition=models.Q(ended_at=None),
                name="tenants_trouble_once_at_a_time",
            ),
        ]


class Job(models.Model):
    """Work outside a transaction: leased by one worker at a time, tried again when it fails."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    run_at = models.DateTimeField()
    every_s = models.PositiveIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["run_at"], condition=models.Q(done_at=None), name="job_waiting"),
        ]
