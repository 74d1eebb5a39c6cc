"""The list of months: the same counts as the statements, in three queries however long it has run."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract, Option
from narvaro.directory.models import ImportBatch
from narvaro.dispatch.models import Response, TimePoint
from narvaro.followup.months import list_months
from narvaro.followup.queries import get_statement
from narvaro.situation.models import Case, CaseShare
from narvaro.spine.refusal import Missing
from tests.followup.test_statement import make_response
from tests.make import NIGHT, World, make_contract, make_member, make_viewer

CHRISTMAS = date(2026, 12, 24)
LATE = {("received", "receiver"): 0, ("on_scene", "phone"): 1300}


@pytest.fixture
def contract(world: World) -> Contract:
    """Return the contract: 20 minutes from received to on scene."""
    return make_contract(world)


@pytest.fixture
def buyer(world: World) -> Viewer:
    """Return the municipality's contract manager."""
    return make_viewer(make_member(world, Role.CONTRACT_MANAGER, organisation=world.municipality))


def make_some(world: World) -> None:
    """Make responses of every kind of outcome over a year, and a case to which nobody came."""
    outcomes = (
        LATE, {**LATE, ("on_scene", "position"): 900}, {("received", "centre"): 0},
        {("received", "centre"): 0, ("on_scene", "stated"): 1300, ("on_scene", "centre"): 1100},
    )  # fmt: skip
    for number in range(24):
        made = make_response(
            world, outcomes[number % 4], at=NIGHT - timedelta(days=16 * number),
            kind="technical" if number % 7 == 6 else "intruder",
        )  # fmt: skip
        if number % 5 == 4:
            Response.objects.filter(pk=made.pk).update(state="recalled")
    unserved = make_response(world, at=NIGHT - timedelta(days=3))
    unserved.delete()
    case = Case.objects.get(pk=unserved.case_id)
    CaseShare.objects.create(case=case, organisation=world.company)


def test_this_month_always_and_earlier_ones_where_something_happened(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    make_response(world, LATE)
    make_response(world, at=NIGHT - timedelta(days=70))
    assert list_months(buyer, contract, CHRISTMAS) == [
        (date(2026, 12, 1), 0, 0), (date(2026, 11, 1), 1, 1), (date(2026, 9, 1), 1, 0),
    ]  # fmt: skip


def test_every_month_counts_what_its_statement_shows(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """Best proofs, recalled ones, kinds without a term, nobody came, days out of force."""
    make_some(world)
    Option.objects.filter(contract=contract).delete()
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 11, 20))
    found = Contract.objects.prefetch_related("options", "response_terms").get(pk=contract.pk)
    months = list_months(buyer, found, CHRISTMAS)
    assert len(months) > 10
    for month, responses, late in months:
        lines = get_statement(buyer, contract.pk, month).lines
        assert (responses, late) == (len(lines), sum(one.late for one in lines)), month
    assert sum(late for _month, _responses, late in months) > 3


def test_the_number_of_queries_does_not_grow(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    make_some(world)
    found = Contract.objects.prefetch_related("options", "response_terms").get(pk=contract.pk)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        list_months(buyer, found, CHRISTMAS)
    assert len(asked) == 3


def test_a_contract_that_begins_later_has_no_month(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    assert list_months(buyer, contract, date(2024, 8, 1)) == []


def test_who_reads_no_statement_gets_no_months(world: World, contract: Contract) -> None:
    with pytest.raises(Missing):
        list_months(make_viewer(make_member(world)), contract, CHRISTMAS)


def test_what_a_file_states_counts_when_the_file_is_shown(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """While it comes in, neither the list nor the statement knows of it."""
    made = make_response(world, {("received", "centre"): 0})
    coming = ImportBatch.objects.create(
        tenant=world.tenant, kind="responses", file_name="x", sha256="0" * 64, started_at=NIGHT
    )
    TimePoint.everything.create(
        response=made, point="on_scene", source="stated", at=NIGHT + timedelta(hours=1),
        batch=coming,
    )  # fmt: skip
    for shown, late in ((None, 0), (NIGHT, 1)):
        ImportBatch.objects.filter(pk=coming.pk).update(published_at=shown)
        [line] = get_statement(buyer, contract.pk, NIGHT.date()).lines
        assert list_months(buyer, contract, NIGHT.date()) == [(date(2026, 11, 1), 1, late)]
        assert line.late == bool(late)
