"""The statement: measured by the contract's own clock, in the tenant's months, for its parties."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import transaction

from narvaro.access.actions import add_organisation
from narvaro.access.models import Organisation, OrganisationKind, Role
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract, ResponseTerm
from narvaro.directory.models import Unit
from narvaro.dispatch.models import Offer, Ranking, Response, TimePoint
from narvaro.followup.queries import (
    FirstThere,
    Statement,
    get_line,
    get_statement,
    list_events_of,
)
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.events import CaseChanged
from narvaro.situation.models import Case, Incident
from narvaro.spine import events
from narvaro.spine.ids import uuid7
from narvaro.spine.refusal import Missing
from tests.make import NIGHT, World, make_contract, make_member, make_viewer, make_world

NOVEMBER = date(2026, 11, 1)
_numbers = count(1000)  # apart from the numbers that cases get by themselves
Points = Mapping[tuple[str, str], int]
PLAIN: Points = {("received", "receiver"): 0, ("accepted", "phone"): 60, ("on_scene", "phone"): 600}


@pytest.fixture
def contract(world: World) -> Contract:
    """Return the contract: 20 minutes from received to on scene, 1,500 SEK for each late one."""
    return make_contract(world)


@pytest.fixture
def buyer(world: World) -> Viewer:
    """Return the municipality's contract manager."""
    return make_viewer(make_member(world, Role.CONTRACT_MANAGER, organisation=world.municipality))


def make_response(
    world: World, points: Points = PLAIN, *, at: datetime = NIGHT, kind: str = "intruder",
    company: Organisation | None = None,
) -> Response:  # fmt: skip
    """Make a response with time points, in seconds after the case was received."""
    number = next(_numbers)
    case = Case.objects.create(
        tenant=world.tenant, number=number, kind=kind, born="panel", priority=2, place="Trasten",
        received_at=at, last_signal_at=at, state="closed",
    )  # fmt: skip
    unit = Unit.objects.create(
        tenant=world.tenant, organisation=company or world.company, call_sign=f"R{number}",
        role="guard", travel="car",
    )  # fmt: skip
    ranking = Ranking.objects.create(tenant=world.tenant, case=case, made_at=at)
    offer = Offer.objects.create(
        tenant=world.tenant, case=case, unit=unit, ranking=ranking, state="accepted",
        offered_at=at, expires_at=at, by_rule=True,
    )  # fmt: skip
    response = Response.objects.create(
        tenant=world.tenant, case=case, unit=unit, organisation=unit.organisation, offer=offer, state="reported",
        accepted_at=at,
        member=make_member(world),
    )  # fmt: skip
    for (point, source), seconds in points.items():
        TimePoint.objects.create(
            response=response, point=point, source=source, at=at + timedelta(seconds=seconds)
        )
    return response


def statement(buyer: Viewer, contract: Contract, month: date = NOVEMBER) -> Statement:
    """Return the month's statement."""
    return get_statement(buyer, contract.pk, month)


@pytest.mark.parametrize(
    ("term", "seconds"),
    [
        (("received", "on_scene"), 600),
        (("accepted", "on_scene"), 540),
        (("triggered", "accepted"), 65),
        (("offered", "on_scene"), None),
        (("received", "left"), None),
    ],
)
def test_the_contract_says_where_the_clock_starts_and_stops(
    world: World, contract: Contract, buyer: Viewer, term: tuple[str, str], seconds: int | None
) -> None:
    """The same night is 10:00 or 9:00 by another start; what is missing is never guessed."""
    ResponseTerm.objects.update(start=term[0], stop=term[1])
    make_response(world, {**PLAIN, ("triggered", "panel"): -5})
    [line] = statement(buyer, contract).lines
    assert line.measurement is not None
    assert line.measurement.seconds == seconds
    [summary] = statement(buyer, contract).summaries
    assert (summary.count, summary.measured) == (1, 0 if seconds is None else 1)


def test_a_missing_point_is_unmeasured_with_its_name_and_costs_nothing(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """Nobody tapped "on scene": neither within the target nor late, and the page says why."""
    make_response(world, {("received", "receiver"): 0, ("accepted", "phone"): 60})
    found = statement(buyer, contract)
    [line] = found.lines
    assert line.measurement is not None
    assert line.measurement.missing == ("on_scene",)
    assert (line.late, line.penalty_sek, found.penalty_sum_sek) == (False, Decimal(0), Decimal(0))
    [summary] = found.summaries
    assert (summary.share, summary.is_share_met, len(summary.unmeasured)) == (None, None, 1)


def test_a_point_before_its_start_is_reversed_not_negative(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """A phone whose clock was wrong gives no time below zero."""
    make_response(world, {("received", "receiver"): 0, ("on_scene", "phone"): -30})
    [line] = statement(buyer, contract).lines
    assert line.measurement is not None
    assert (line.measurement.seconds, line.measurement.is_reversed) == (None, True)


def test_late_is_after_the_target_and_has_its_penalty(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """1200 s is in time, 1201 s is late; prices and penalties add up."""
    for seconds in (600, 1200, 1201):
        make_response(world, {("received", "receiver"): 0, ("on_scene", "phone"): seconds})
    found = statement(buyer, contract)
    assert [one.late for one in found.lines] == [False, False, True]
    assert found.penalty_sum_sek == Decimal(1500)
    assert found.price_sum_sek == 3 * Decimal("640.00")
    [summary] = found.summaries
    assert (summary.within, summary.is_share_met, summary.penalty_sek) == (2, False, Decimal(1500))


def test_the_best_proof_of_a_point_counts(world: World, contract: Contract, buyer: Viewer) -> None:
    """The position said 19 minutes, the tap 21: the position holds; typed afterwards holds least."""
    make_response(
        world,
        {
            ("received", "typed"): -600,
            ("received", "receiver"): 0,
            ("on_scene", "typed"): 300,
            ("on_scene", "phone"): 1260,
            ("on_scene", "position"): 1140,
        },
    )
    [line] = statement(buyer, contract).lines
    assert line.measurement is not None
    assert line.measurement.seconds == 1140


@pytest.mark.parametrize(
    ("told", "late"),
    [
        ((600, "centre", 1500), True),  # stated in time, the journal says late: it costs
        ((1500, "centre", 600), False),  # and the other way round
        ((600, "position", 1500), True),
        ((1500, "phone", 600), False),
        ((1500, "", 0), True),
        ((600, "", 0), False),
    ],
)
def test_a_better_proof_replaces_a_stated_one_and_the_penalty_follows(
    world: World, contract: Contract, buyer: Viewer, told: tuple[int, str, int], late: bool
) -> None:
    """What the supplier states holds only until somebody else has said it, to whoever's gain."""
    stated_s, better, better_s = told
    made = make_response(world, {("received", "centre"): 0, ("on_scene", "stated"): stated_s})
    first = statement(buyer, contract)
    assert first.lines[0].proof == "stated"
    assert first.lines[0].late == (stated_s > 1200)
    [summary] = first.summaries
    assert first.proofs_of(summary.term)["stated"] == 1
    if better:
        TimePoint.objects.create(
            response=made, point="on_scene", source=better, at=NIGHT + timedelta(seconds=better_s)
        )
    found = statement(buyer, contract)
    [line], [summary] = found.lines, found.summaries
    assert line.measurement is not None
    assert line.measurement.seconds == (better_s if better else stated_s)
    assert (line.proof, line.late) == (better or "stated", late)
    assert found.penalty_sum_sek == summary.penalty_sek == (Decimal(1500) if late else Decimal(0))
    assert found.proofs_of(summary.term)["stated"] == (0 if better else 1)


def test_a_response_of_a_file_is_a_line_that_opens(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """It has no unit, no offer and no member; who went is what the list calls it."""
    case = Case.objects.create(
        tenant=world.tenant, number=next(_numbers), kind="intruder", born="file", priority=2,
        place="Trasten", received_at=NIGHT, last_signal_at=NIGHT, state="closed", batch=world.batch,
    )  # fmt: skip
    made = Response.objects.create(
        tenant=world.tenant, case=case, organisation=world.company, unit_as_stated="Bil 4",
        state="left", accepted_at=NIGHT, batch=world.batch,
    )  # fmt: skip
    TimePoint.objects.create(response=made, point="received", source="centre", at=NIGHT)
    line = get_line(buyer, contract.pk, NOVEMBER, made.pk)
    assert line.response is not None
    assert (line.response.call_sign, line.proof) == ("Bil 4", "")
    assert line.measurement is not None
    assert line.measurement.missing == ("on_scene",)
    assert list_events_of(buyer, line) == []


def others_came(world: World, response: Response, seconds: int) -> None:
    """Note when ambulance or rescue service came, in seconds after the case was received."""
    case = response.case
    Incident.objects.create(
        tenant=world.tenant, case=case, category="fire", occurred_from=case.received_at,
        occurred_until=case.received_at, reported_at=case.received_at,
        others_arrived_at=case.received_at + timedelta(seconds=seconds),
    )  # fmt: skip


def test_first_on_scene_is_counted_per_case_in_minutes_of_the_clock(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """Ahead by 7 and by 2, once in the same minute, once behind; unknown where nobody noted it."""
    for seconds in (600 + 7 * 60, 600 + 2 * 60 + 30, 600 + 30, 300):
        others_came(world, make_response(world, kind="fire"), seconds)
    second_car = make_response(world, kind="fire")
    others_came(world, second_car, 600 + 4 * 60)
    twin = make_response(world, {**PLAIN, ("on_scene", "phone"): 900}, kind="fire")
    Response.objects.filter(pk=twin.pk).update(case=second_car.case)
    make_response(world, kind="fire")
    found = statement(buyer, contract)
    ahead = sorted(one.minutes_ahead for one in found.lines if one.minutes_ahead is not None)
    assert ahead == [-5, -1, 0, 2, 4, 7]
    assert found.first_there == FirstThere(known=5, first=3, median_min=4)


def test_a_month_without_first_responses_says_nothing_of_them(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """No case tells both times."""
    make_response(world)
    assert statement(buyer, contract).first_there == FirstThere(0, 0, None)


@pytest.mark.parametrize(
    ("received", "month"),
    [
        ("2026-10-31T22:59:59", date(2026, 10, 1)),  # 23:59:59 in Stockholm, winter time
        ("2026-10-31T23:00:00", NOVEMBER),
        ("2026-11-30T22:59:59", NOVEMBER),
        ("2026-11-30T23:30:00", date(2026, 12, 1)),
        ("2026-06-30T21:59:59", date(2026, 6, 1)),  # summer time
        ("2026-06-30T22:00:00", date(2026, 7, 1)),
    ],
)
def test_months_are_the_tenants_own(
    world: World, contract: Contract, buyer: Viewer, received: str, month: date
) -> None:
    """An alarm at half past midnight on 1 December is December's, whatever UTC says."""
    made = make_response(world, at=datetime.fromisoformat(received).replace(tzinfo=UTC))
    around = [date(2026, number, 1) for number in range(5, 13)]
    found = [one for one in around if statement(buyer, contract, one).lines]
    assert found == [month]
    [line] = statement(buyer, contract, month.replace(day=28)).lines
    assert line.response == made


def test_another_companys_units_are_not_in_it(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """Two suppliers in one town: each contract has its own responses."""
    other = add_organisation(
        tenant=world.tenant, name="Andra bevakning", kind=OrganisationKind.GUARDING_COMPANY,
        by="test", at=NIGHT,
    )  # fmt: skip
    theirs = make_response(world, company=other)
    ours = make_response(world)
    assert [one.response for one in statement(buyer, contract).lines] == [ours]
    with pytest.raises(Missing):
        get_line(buyer, contract.pk, NOVEMBER, theirs.pk)


def test_responses_outside_the_contracts_periods_are_not_in_it(world: World, buyer: Viewer) -> None:
    """The same supplier's old and new contract: a response is paid for once."""
    old, new = make_contract(world), make_contract(world)
    for one in (old, new):
        one.options.all().delete()
    Contract.objects.filter(pk=old.pk).update(ends_on=date(2026, 11, 15))
    Contract.objects.filter(pk=new.pk).update(
        starts_on=date(2026, 11, 16), ends_on=date(2028, 11, 15)
    )
    last = make_response(world, at=datetime(2026, 11, 15, 22, 59, 59, tzinfo=UTC))
    first = make_response(world, at=datetime(2026, 11, 15, 23, 0, tzinfo=UTC))
    assert [one.response for one in statement(buyer, old).lines] == [last]
    assert [one.response for one in statement(buyer, new).lines] == [first]
    [summary] = statement(buyer, old).summaries
    assert summary.count == 1


def test_a_kind_without_a_term_is_listed_and_not_measured(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """A technical alarm was driven to and is paid for; no response time was agreed for it."""
    make_response(world, kind="technical")
    found = statement(buyer, contract)
    [line] = found.lines
    assert (line.term, line.measurement, line.late) == (None, None, False)
    assert [one.count for one in found.summaries] == [0]


def test_buyer_and_supplier_read_the_same_and_nobody_else_reads_any(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """A guard, another town's manager and a company that is no party are told that there is none."""
    made = make_response(world)
    supplier = make_viewer(make_member(world, Role.CONTRACT_MANAGER, organisation=world.company))
    assert statement(supplier, contract).lines == statement(buyer, contract).lines
    other = add_organisation(
        tenant=world.tenant, name="Andra bevakning", kind=OrganisationKind.GUARDING_COMPANY,
        by="test", at=NIGHT,
    )  # fmt: skip
    rival = make_viewer(make_member(world, Role.CONTRACT_MANAGER, organisation=other))
    guard = make_viewer(make_member(world, Role.GUARD))
    stranger = make_viewer(make_member(make_world("Annanstad"), Role.COORDINATOR))
    for viewer in (rival, guard, stranger):
        with pytest.raises(Missing):
            statement(viewer, contract)
        with pytest.raises(Missing):
            get_line(viewer, contract.pk, NOVEMBER, made.pk)


def test_a_line_opens_to_the_events_that_the_organisation_may_know(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """The log's lines about the case, in order; without those that were not for its ears."""
    typed = Typed(kind=Case.Kind.INTRUDER, priority=2, text="", place="Torget")
    case = type_in_case(
        case_id=uuid7(), tenant_id=world.tenant.pk, typed=typed, by="member:test", at=NIGHT
    )
    made = make_response(world)
    Response.objects.filter(pk=made.pk).update(case=case)
    with transaction.atomic():
        events.append(
            CaseChanged(case.pk, "noted", case.state, case.priority), tenant_id=world.tenant.pk,
            subject=case.pk, audience=[world.municipality.pk], by="member:test", at=NIGHT,
        )  # fmt: skip
    supplier = make_viewer(make_member(world, Role.CONTRACT_MANAGER, organisation=world.company))
    told = {
        viewer.organisation_name: [
            one.kind
            for one in list_events_of(viewer, get_line(viewer, contract.pk, NOVEMBER, made.pk))
        ]
        for viewer in (buyer, supplier)
    }
    assert told == {
        "Provköping kommun": ["case.opened", "case.changed"],
        "Provköping bevakning": ["case.opened"],
    }
