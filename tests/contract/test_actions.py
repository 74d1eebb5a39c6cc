"""A contract's file: the whole of it, or nothing with every fault by its path."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from narvaro.access.models import Role
from narvaro.config.cli_import import import_file
from narvaro.contract.models import Contract
from narvaro.contract.queries import get_contract, list_contracts, list_suppliers_in_force
from narvaro.directory.importing.report import ImportReport
from narvaro.spine.refusal import Missing
from tests.make import NIGHT, World, make_member, make_viewer, make_world

CONTRACT = """
number = "KS 2024/117"
title = "Bevakningstjänster"
buyer = "Provköping kommun"
supplier = "Provköping bevakning"
starts_on = 2024-10-01
ends_on = 2026-09-30
notice_months = 6
[[option]]
starts_on = 2026-10-01
ends_on = 2027-09-30
exercised_on = 2026-03-12
[[option]]
starts_on = 2027-10-01
ends_on = 2028-09-30
[[response_term]]
name = "Larmutryckning tätort"
case_kinds = ["intruder", "duress"]
start = "received"
stop = "on_scene"
target_minutes = 20
share = 0.90
penalty_sek = 1500
[[price]]
service = "alarm_response"
name = "Larmutryckning"
unit = "each"
price_sek = "640.00"
"""


def import_contract(world: World, tmp_path: Path, text: str) -> ImportReport:
    """Import a contract's file."""
    file = tmp_path / "contract.toml"
    file.write_text(text)
    return import_file("contract", file, world.tenant)


def test_a_contract_comes_in_whole_and_again_in_its_new_form(world: World, tmp_path: Path) -> None:
    """The file is the contract: what is no longer in it is gone, its id stays."""
    assert import_contract(world, tmp_path, CONTRACT).written
    first = Contract.objects.get()
    assert (first.options.count(), first.prices.get().price_sek) == (2, Decimal("640.00"))
    term = first.response_terms.get()
    assert (term.target_s, term.share, term.penalty_sek) == (1200, Decimal("0.9"), Decimal(1500))
    shorter = CONTRACT[: CONTRACT.index("[[option]]\nstarts_on = 2027")]
    assert import_contract(world, tmp_path, shorter).written
    again = Contract.objects.get()
    assert again.pk == first.pk
    assert (again.options.count(), again.prices.count()) == (1, 0)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("starts_on = 2027-10-01", "starts_on = 2027-09-01", "option[2]"),
        ("ends_on = 2028-09-30", "ends_on = 2027-08-30", "option[2]"),
        ("starts_on = 2026-10-01\n", "starts_on = 2026-09-01\n", "option[1]"),
        ('buyer = "Provköping kommun"', 'buyer = "Annanstad kommun"', "buyer"),
        ('supplier = "Provköping bevakning"', 'supplier = "Provköping kommun"', "supplier"),
        ('stop = "on_scene"', 'stop = "framme"', "response_term[1]"),
        ("share = 0.90", "share = 90", "response_term[1]"),
        ('price_sek = "640.00"', 'price_sek = "gratis"', "price[1].price_sek"),
        ("notice_months = 6", "notice = 6", "notice_months"),
    ],
)
def test_a_faulty_contract_is_refused_whole(
    world: World, tmp_path: Path, old: str, new: str, where: str
) -> None:
    """Overlapping options and unknown parties leave the contract that is there as it was."""
    import_contract(world, tmp_path, CONTRACT)
    assert old in CONTRACT
    report = import_contract(world, tmp_path, CONTRACT.replace(old, new, 1).replace("1500", "9"))
    assert not report.written
    assert [one.column for one in report.refused[0].reasons if one.column.startswith(where)]
    assert Contract.objects.get().response_terms.get().penalty_sek == 1500


def test_a_supplier_is_in_force_on_the_days_that_were_bought(world: World, tmp_path: Path) -> None:
    """Base period and exercised options count, an open option does not."""
    import_contract(world, tmp_path, CONTRACT)

    def on(day: date) -> bool:
        at = NIGHT.replace(year=day.year, month=day.month, day=day.day)
        return world.company.pk in list_suppliers_in_force(world.tenant.pk, at)

    days = [date(2024, 9, 30), date(2024, 10, 1), date(2026, 9, 30), date(2027, 9, 30),
            date(2027, 10, 1)]  # fmt: skip
    assert [on(day) for day in days] == [False, True, True, True, False]


def test_only_the_parties_know_of_a_contract(world: World, tmp_path: Path) -> None:
    """Buyer and supplier see the same; anybody else is told that there is none."""
    import_contract(world, tmp_path, CONTRACT)
    contract = Contract.objects.get()
    for role, organisation in (
        (Role.CONTRACT_MANAGER, world.municipality),
        (Role.CONTRACT_MANAGER, world.company),
    ):
        viewer = make_viewer(make_member(world, role, organisation=organisation))
        assert list_contracts(viewer) == [get_contract(viewer, contract.pk)] == [contract]
    other = make_world("Annanstad")
    stranger = make_viewer(make_member(other, Role.CONTRACT_MANAGER))
    guard = make_viewer(make_member(world, Role.GUARD))
    for viewer in (stranger, guard):
        assert list_contracts(viewer) == []
        with pytest.raises(Missing):
            get_contract(viewer, contract.pk)


def test_two_terms_for_one_kind_and_two_contracts_at_once_are_refused(
    world: World, tmp_path: Path
) -> None:
    """A response counts under one term of one contract; the file says so instead of the invoice."""
    term = CONTRACT[CONTRACT.index("[[response_term]]") : CONTRACT.index("[[price]]")]
    twice = import_contract(world, tmp_path, CONTRACT + term.replace("tätort", "landsbygd"))
    [row] = twice.refused
    assert not twice.written
    assert {one.value for one in row.reasons} == {"intruder", "duress"}
    assert import_contract(world, tmp_path, CONTRACT).written
    beside = import_contract(world, tmp_path, CONTRACT.replace("KS 2024/117", "KS 2024/118"))
    [row] = beside.refused
    assert "KS 2024/117" in row.reasons[0].why
    assert Contract.objects.count() == 1
