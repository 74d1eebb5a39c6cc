"""Visits against the plan, presence and hours: what both parties see of a month, and nobody else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import Organisation, OrganisationKind, Role
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract, Option
from narvaro.directory.models import Site, Unit
from narvaro.followup.models import DeliveredHours
from narvaro.followup.presence import MonthOfPresence, PlaceLine, get_presence
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.situation.models import Presence
from narvaro.spine.refusal import Missing
from tests.make import NIGHT, World, make_contract, make_member, make_site, make_unit, make_viewer

NOVEMBER = date(2026, 11, 1)
MINUTE = timedelta(minutes=1)
LATER = NIGHT + timedelta(days=2)
_nights = count()


@pytest.fixture
def contract(world: World) -> Contract:
    """Return the contract."""
    return make_contract(world)


@pytest.fixture
def buyer(world: World) -> Viewer:
    """Return the municipality's contract manager."""
    return make_viewer(make_member(world, Role.CONTRACT_MANAGER, organisation=world.municipality))


@pytest.fixture
def unit(world: World) -> Unit:
    """Return the unit that is planned for."""
    return make_unit(world).unit


@pytest.fixture
def school(world: World) -> Site:
    """Return the place that is visited."""
    return make_site(world)


def make_visit(
    unit: Unit, site: Site, state: str = "planned", *, at: datetime = NIGHT, cause: str = "",
    plan: str = "published", kept: str = "position",
) -> Visit:  # fmt: skip
    """Make a visit of ten minutes in a plan of its own, with presence of a grade unless empty."""
    starts = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=next(_nights))
    made = PatrolPlan.objects.create(
        tenant=unit.tenant, organisation=unit.organisation, starts_at=starts, ends_at=LATER,
        state=plan, made_at=NIGHT, seed=1,
    )  # fmt: skip
    came = state in {"done", "short"}
    visit = Visit.objects.create(
        tenant=unit.tenant, plan=made, unit=unit, site=site, window_from=at - 20 * MINUTE,
        window_until=at + 20 * MINUTE, arrive_at=at, dwell_s=600, state=state, cause=cause,
        arrived_at=at if came else None, left_at=at + 10 * MINUTE if came else None,
    )  # fmt: skip
    if came and kept:
        stay(unit.organisation, site, kept, at=at, unit=unit)
    return visit


def stay(
    company: Organisation, site: Site, grade: str = "stated", *, at: datetime = NIGHT,
    minutes: float = 10, unit: Unit | None = None,
) -> Presence:  # fmt: skip
    """Make presence at a place."""
    return Presence.objects.create(
        tenant=company.tenant, organisation=company, unit=unit, site=site, place=site.name,
        starts_at=at, ends_at=at + minutes * MINUTE, grade=grade,
    )  # fmt: skip


def month(viewer: Viewer, contract: Contract, now: datetime = LATER) -> MonthOfPresence:
    """Return November."""
    return get_presence(viewer, contract.pk, NOVEMBER, now)


def test_every_planned_visit_whose_time_is_over_stands_in_one_state(
    unit: Unit, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """Also those of which nobody said anything, and those that no stay bears out."""
    told = (
        ("done", ""), ("done", ""), ("short", "alarm"), ("missed", "weather"),
        ("missed", "weather"), ("replaced", "alarm"), ("planned", ""), ("started", ""),
    )  # fmt: skip
    for number, (state, cause) in enumerate(told):
        make_visit(unit, school, state, cause=cause, at=NIGHT + number * timedelta(hours=1))
    make_visit(unit, school, "done", at=NIGHT - timedelta(hours=5), kept="")
    make_visit(unit, school, at=LATER + timedelta(hours=1))
    found = month(buyer, contract)
    assert dict(found.states) == {
        "done": 2, "short": 1, "missed": 2, "replaced": 1, "unverified": 3
    }  # fmt: skip
    assert (found.planned, found.coming) == (9, 1)
    assert set(found.reasons) == {
        ("short", "alarm", 1), ("missed", "weather", 2), ("replaced", "alarm", 1),
        ("unverified", "unsaid", 2), ("unverified", "elsewhere", 1),
    }  # fmt: skip
    assert [(one.planned, one.kept) for one in found.places] == [(9, 3)]


def test_only_what_was_published_was_planned(
    unit: Unit, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """A proposal binds nobody; of a replaced plan, what had begun stands."""
    make_visit(unit, school, plan="proposed")
    make_visit(unit, school, plan="superseded")
    make_visit(unit, school, "done", plan="superseded", at=NIGHT + timedelta(hours=2))
    assert dict(month(buyer, contract).states)["done"] == month(buyer, contract).planned == 1


def test_without_a_plan_there_is_nothing_to_compare_with(
    world: World, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """No zeros that look like a result."""
    stay(world.company, school)
    assert month(buyer, contract).states == ()


def test_what_is_stated_stands_beside_what_is_proven_and_is_not_added(
    world: World, unit: Unit, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """Two stated visits, one borne out; a scan within a tapped stay counts its time once."""
    stay(world.company, school, "tap", unit=unit, minutes=10)
    stay(world.company, school, "scan", unit=unit, at=NIGHT + 2 * MINUTE, minutes=12)
    stay(world.company, school, at=NIGHT + 20 * MINUTE)
    stay(world.company, school, at=NIGHT + timedelta(hours=6), minutes=30)
    found = month(buyer, contract)
    assert found.places == (PlaceLine(school.name, 0, 0, 1, 14 * 60.0, 2, 40 * 60.0, borne_out=1),)
    assert found.grades == (("scan", 1, 720.0), ("tap", 1, 600.0), ("stated", 2, 2400.0))


def test_two_units_at_once_are_two_stays(
    world: World, unit: Unit, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """Presence is counted per unit and shown per place."""
    stay(world.company, school, "tap", unit=unit)
    stay(world.company, school, "tap", unit=make_unit(world, "V2").unit)
    [line] = month(buyer, contract).places
    assert (line.proven, line.proven_s) == (2, 1200.0)


def test_a_stated_row_without_a_time_of_day_is_no_visit_of_a_whole_day(
    world: World, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """Lists write the visits that were not made as a date alone; local midnight to midnight."""
    midnight = datetime(2026, 11, 9, 23, 0, tzinfo=UTC)
    stay(world.company, school, at=midnight, minutes=24 * 60)
    found = month(buyer, contract)
    assert (found.untimed, found.places, found.grades) == (1, (), ())


def test_hours_are_summed_by_activity_within_the_contract(
    world: World, contract: Contract, buyer: Viewer
) -> None:
    """Days outside the month, of another company or out of force are not in it."""
    other = add_organisation(
        tenant=world.tenant,
        name="Andra",
        kind=OrganisationKind.GUARDING_COMPANY,
        by="test",
        at=NIGHT,
    )
    Option.objects.all().delete()
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 11, 20))
    for company, activity, day, hours in (
        (world.company, "patrol", date(2026, 11, 1), "7.5"),
        (world.company, "patrol", date(2026, 11, 20), "2.25"),
        (world.company, "youth", date(2026, 11, 5), "12"),
        (world.company, "youth", date(2026, 11, 21), "100"),
        (world.company, "youth", date(2026, 10, 31), "100"),
        (other, "youth", date(2026, 11, 5), "100"),
    ):
        DeliveredHours.objects.create(
            tenant=world.tenant, organisation=company, activity=activity, day=day,
            hours=Decimal(hours), batch=world.batch,
        )  # fmt: skip
    assert month(buyer, contract).hours == (("youth", Decimal(12)), ("patrol", Decimal("9.75")))


def test_the_parties_read_the_same_and_nobody_else_any(
    world: World, unit: Unit, school: Site, contract: Contract, buyer: Viewer
) -> None:
    """A shift leader sees presence, and is no reader of statements."""
    make_visit(unit, school, "done")
    stay(world.company, school)
    office = make_viewer(make_member(world, Role.CONTRACT_MANAGER))
    assert month(office, contract) == month(buyer, contract)
    rival = add_organisation(
        tenant=world.tenant,
        name="Andra",
        kind=OrganisationKind.GUARDING_COMPANY,
        by="test",
        at=NIGHT,
    )
    for role, organisation in (
        (Role.CONTRACT_MANAGER, rival), (Role.SHIFT_LEADER, world.company), (Role.GUARD, world.company),
    ):  # fmt: skip
        with pytest.raises(Missing):
            month(make_viewer(make_member(world, role, organisation)), contract)
