"""Rows of the contract. In: what `actions` write from a contract file. Out: rows."""

from uuid import UUID

from django.db import models

from narvaro.access.models import Organisation
from narvaro.spine.models import TenantRow


class Contract(TenantRow):
    """An agreement between a buyer and a supplier; buyer and supplier see the same page."""

    number = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="bought")
    buyer_id: UUID
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="supplied")
    supplier_id: UUID
    starts_on = models.DateField()
    ends_on = models.DateField()
    notice_months = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="contract_number_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="contract_starts_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Option(models.Model):
    """A pre-agreed right to extend."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="options")
    starts_on = models.DateField()
    ends_on = models.DateField()
    exercised_on = models.DateField(null=True)

    class Meta:
        ordering = ["starts_on"]


class ResponseTerm(TenantRow):
    """A response time (*inställelsetid*) with its own start and stop."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="response_terms")
    name = models.CharField(max_length=120)
    case_kinds = models.JSONField(default=list)
    start = models.CharField(max_length=20)
    stop = models.CharField(max_length=20)
    target_s = models.PositiveIntegerField()
    share = models.DecimalField(max_digits=5, decimal_places=4)
    penalty_sek = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        ordering = [
            "id"
        ]  # as they stand in the contract's file: the first that covers a case holds


class Price(models.Model):
    """A line of the price list, in SEK without VAT."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="prices")
    service = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=8)
    price_sek = models.DecimalField(max_digits=12, decimal_places=2)
