"""Reads of contracts. The viewer first; the suppliers in force are asked for by actions too."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract, ResponseTerm
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Missing


def contracts_shared_with(viewer: Viewer) -> QuerySet[Contract]:
    """Return the contracts in which the viewer's organisation is buyer or supplier."""
    if not viewer.may(Record.CONTRACT):
        return Contract.objects.none()
    mine = Q(buyer_id=viewer.organisation_id) | Q(supplier_id=viewer.organisation_id)
    seen = Contract.objects.filter(mine, tenant_id=viewer.tenant_id)
    return seen.select_related("buyer", "supplier").prefetch_related(
        "options", "response_terms", "prices"
    )


def list_contracts(viewer: Viewer) -> list[Contract]:
    """List the viewer's contracts, newest first."""
    return list(contracts_shared_with(viewer).order_by("-starts_on", "number"))


def get_contract(viewer: Viewer, contract_id: UUID) -> Contract:
    """Return a contract; raises Missing where the viewer is no party to it."""
    found = contracts_shared_with(viewer).filter(pk=contract_id).first()
    if found is None:
        raise Missing
    return found


def contracts_in_force(tenant_id: UUID, day: date) -> QuerySet[Contract]:
    """Return the contracts in force on a day of the tenant's zone: base period or exercised option."""
    running = Q(ends_on__gte=day) | Q(
        options__starts_on__lte=day, options__ends_on__gte=day, options__exercised_on__isnull=False
    )
    found = Contract.objects.filter(running, tenant_id=tenant_id, starts_on__lte=day)
    return found.distinct().order_by("starts_on", "id")


def _local_day(tenant_id: UUID, at: datetime) -> date:
    zone = ZoneInfo(Tenant.objects.values_list("timezone", flat=True).get(pk=tenant_id))
    return at.astimezone(zone).date()


def list_suppliers_in_force(tenant_id: UUID, at: datetime) -> list[UUID]:
    """List the suppliers of the contracts that are in force at a time (for audiences)."""
    found = contracts_in_force(tenant_id, _local_day(tenant_id, at))
    return list(dict.fromkeys(one.supplier_id for one in found))


class TermsInForce:
    """Which response term covers a kind of case, asked once per day for many cases."""

    def __init__(self, tenant_id: UUID, zone: ZoneInfo) -> None:
        self.tenant_id, self.zone = tenant_id, zone
        self._terms: dict[date, list[ResponseTerm]] = {}

    def find(self, case_kind: str, at: datetime) -> ResponseTerm | None:
        """Return the term in force for a kind of case at a time, or None where none was agreed."""
        day = at.astimezone(self.zone).date()
        if day not in self._terms:
            contracts = contracts_in_force(self.tenant_id, day)
            self._terms[day] = list(ResponseTerm.objects.filter(contract__in=contracts))
        return next((one for one in self._terms[day] if case_kind in one.case_kinds), None)

    def find_due(
        self, case_kind: str, *, triggered_at: datetime | None, received_at: datetime
    ) -> datetime | None:
        """Return by when a unit is to be on scene; None where the contract's clock says otherwise."""
        term = self.find_on_scene(case_kind, received_at)
        starts = {"triggered": triggered_at, "received": received_at}
        start = starts.get(term.start) if term is not None else None
        return start + timedelta(seconds=term.target_s) if term and start else None

    def find_on_scene(self, case_kind: str, at: datetime) -> ResponseTerm | None:
        """Return the term that says by when a unit is to be on scene; None where none does."""
        term = self.find(case_kind, at)
        return term if term is not None and term.stop == "on_scene" else None
