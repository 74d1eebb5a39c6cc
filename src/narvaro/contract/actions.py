"""Writes of contracts, from a contract file or the same table typed in a form."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.contract.models import Contract, Option, Price, ResponseTerm
from narvaro.core import contract_file
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, RefusedRow
from narvaro.core.terms import TermsError
from narvaro.directory.importing.report import ImportReport, refuse
from narvaro.directory.importing.response_plans import read_toml
from narvaro.directory.importing.run import Source, is_held_back, open_batch, publish
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant


def _parties(
    tenant: Tenant, given: contract_file.Contract
) -> tuple[dict[str, Organisation], list[Refusal]]:
    found: dict[str, Organisation] = {}
    reasons = []
    buyers = {OrganisationKind.MUNICIPALITY, OrganisationKind.HOUSING_COMPANY}
    no_buyer = Said("is neither a municipality nor a housing company")
    no_supplier = Said("is no guarding company")
    for side, name, kinds, no in (
        ("buyer", given.buyer, buyers, no_buyer),
        ("supplier", given.supplier, {OrganisationKind.GUARDING_COMPANY}, no_supplier),
    ):
        organisation = Organisation.objects.filter(tenant=tenant, name=name).first()
        if organisation is None:
            todo = Said("add it to the installation")
            reasons.append(refuse(side, name, Said("is not known here"), todo))
        elif organisation.kind not in kinds:
            reasons.append(refuse(side, name, no, Said("name the party of the contract")))
        else:
            found[side] = organisation
    return found, reasons


def _term_faults(given: contract_file.Contract) -> list[Refusal]:
    """Refuse two terms for one kind: a response is followed up under one of them."""
    seen: dict[str, int] = {}
    faults = []
    for number, term in enumerate(given.terms.response_terms, 1):
        for kind in term.case_kinds:
            first = seen.setdefault(kind, number)
            if first != number:
                why = Said("stands in response_term[%(number)s] too", number=first)
                todo = Said("keep the kind in one term; a response counts under one")
                faults.append(refuse(f"response_term[{number}].case_kinds", kind, why, todo))
    return faults


def _rival_faults(
    tenant: Tenant, given: contract_file.Contract, parties: dict[str, Organisation]
) -> list[Refusal]:
    """Refuse a second contract with a supplier on the same days: a response belongs to one."""
    last = max([given.terms.ends_on, *(one.ends_on for one in given.terms.options)])
    others = Contract.objects.filter(tenant=tenant, supplier=parties["supplier"])
    for other in others.exclude(number=given.number).prefetch_related("options"):
        other_last = max([other.ends_on, *(one.ends_on for one in other.options.all())])
        if other.starts_on <= last and given.terms.starts_on <= other_last:
            why = Said(
                "runs beside %(number)s with the same supplier until %(last)s",
                number=other.number, last=str(other_last),
            )  # fmt: skip
            todo = Said("let one end before the other starts; two at once cannot be told apart yet")
            return [refuse("starts_on", given.terms.starts_on, why, todo, code="rival")]
    return []


def _write(tenant: Tenant, given: contract_file.Contract, parties: dict[str, Organisation]) -> None:
    contract, _ = Contract.objects.update_or_create(
        tenant=tenant,
        number=given.number,
        defaults={
            "title": given.title,
            "starts_on": given.terms.starts_on,
            "ends_on": given.terms.ends_on,
            "notice_months": given.terms.notice_months,
            **parties,
        },
    )
    contract.options.all().delete()
    contract.response_terms.all().delete()
    contract.prices.all().delete()
    Option.objects.bulk_create(
        Option(
            contract=contract, starts_on=one.starts_on, ends_on=one.ends_on,
            exercised_on=one.exercised_on,
        )
        for one in given.terms.options
    )  # fmt: skip
    for term in given.terms.response_terms:
        ResponseTerm.objects.create(
            tenant=tenant, contract=contract, name=term.name, case_kinds=list(term.case_kinds),
            start=term.start, stop=term.stop, target_s=term.target_s, share=term.share,
            penalty_sek=term.penalty_sek,
        )  # fmt: skip
    Price.objects.bulk_create(
        Price(
            contract=contract, service=one.service, name=one.name, unit=one.unit,
            price_sek=one.price_sek,
        )
        for one in given.prices
    )  # fmt: skip


def _known_faults(tenant: Tenant, given: contract_file.Contract) -> list[Refusal]:
    if not Contract.objects.filter(tenant=tenant, number=given.number).exists():
        return []
    todo = Said("give the new contract its own number; bring in its file to change it")
    return [refuse("number", given.number, Said("is here already"), todo, code="known")]


def put_contract(
    tenant: Tenant, given: Mapping[str, object], source: Source, *, by: str, at: datetime,
    only_new: bool = False,
) -> ImportReport:  # fmt: skip
    """Write the contract that a table states, whole, or nothing with every fault by its path.

    `only_new` refuses a number that is here already instead of changing that contract.
    """
    contract: contract_file.Contract | None = None
    parties: dict[str, Organisation] = {}
    try:
        contract = contract_file.parse_contract(given)
    except TermsError as fault:
        reasons = [refuse(one.where, "", one.what, one.todo) for one in fault.problems]
    else:
        parties, reasons = _parties(tenant, contract)
        reasons += _term_faults(contract)
        reasons += _known_faults(tenant, contract) if only_new else []
        if not reasons:
            reasons += _rival_faults(tenant, contract, parties)
    refused = (RefusedRow(1, tuple(reasons)),) if reasons else ()
    written = not reasons and contract is not None and not is_held_back(refused, source)
    if written and contract is not None:
        with transaction.atomic():
            hold(tenant.pk)
            batch = open_batch(tenant, "contract", source, 1, 0, at)
            _write(tenant, contract, parties)
            publish(batch, by=by, at=at)
    return ImportReport("contract", source.name, 0 if reasons else 1, refused, (), written)


def import_contract(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import a contract file: the whole contract, or nothing with every fault by its path."""
    given = read_toml(source.data)
    if isinstance(given, Refusal):
        return ImportReport(
            "contract", source.name, 0, (RefusedRow(1, (given,)),), (), written=False
        )
    return put_contract(tenant, given, source, by=by, at=at)
