"""What devices sent. In: what `actions` write from the journal. Out: rows."""

from uuid import UUID

from django.db import models

from narvaro.directory.models import Transmitter
from narvaro.situation.models.cases import Case
from narvaro.spine.models import TenantRow


class Signal(TenantRow):
    """One message from a device, as promoted from the journal; the raw bytes stay there."""

    content_key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64, blank=True)
    transmitter = models.ForeignKey(
        Transmitter, null=True, on_delete=models.PROTECT, related_name="signals"
    )
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="signals")
    case_id: UUID | None
    receiver_id = models.CharField(max_length=40)
    journal_id = models.BigIntegerField()
    part = models.PositiveSmallIntegerField(default=0)
    account = models.CharField(max_length=32, blank=True)
    token = models.CharField(max_length=16)
    code = models.CharField(max_length=32)
    qualifier = models.CharField(max_length=8, blank=True)
    zone = models.CharField(max_length=16, blank=True)
    area = models.CharField(max_length=16, blank=True)
    text = models.CharField(max_length=400, blank=True)
    phase = models.CharField(max_length=10)
    kind = models.CharField(max_length=12)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    time_verified = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["receiver_id", "journal_id", "part"], name="signal_promoted_once"
            ),
        ]
        indexes = [
            models.Index(fields=["case", "received_at"], name="signal_case"),
            models.Index(fields=["tenant", "content_key", "received_at"], name="signal_repeat"),
            models.Index(
                fields=["tenant", "fingerprint"],
                condition=~models.Q(fingerprint=""),
                name="signal_fingerprint",
            ),
        ]


class RefusedIntake(models.Model):
    """A frame that was kept but not handled: malformed, unknown account, plaintext for a key."""

    receiver_id = models.CharField(max_length=40)
    journal_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    account = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    tenant = models.ForeignKey(
        "spine.Tenant", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receiver_id", "journal_id"], name="refused_once"),
        ]
