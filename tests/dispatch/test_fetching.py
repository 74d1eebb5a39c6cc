"""A cardiac arrest: the nearest goes straight, another brings a defibrillator by the way that is soonest."""

from datetime import timedelta

import pytest

from narvaro.directory.models import Defibrillator, Unit
from narvaro.dispatch.actions import decline, offer_to
from narvaro.dispatch.models import FETCHING, Offer
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case
from narvaro.spine.ids import uuid7
from narvaro.web.ranking_words import reasons_of
from tests.conftest import Running
from tests.dispatch.offered import accept, fresh
from tests.make import NIGHT, World, make_unit
from tests.roads import LON, at_km

ALWAYS = [{"weekdays": list(range(7)), "from": "00:00", "until": "00:00"}]


def aed(world: World, code: str, km: float, **given: object) -> Defibrillator:
    """Hang an AED beside the street, verified a month ago and open around the clock."""
    facts = {"openings": ALWAYS, "verified_on": (NIGHT - timedelta(days=30)).date()} | given
    return Defibrillator.objects.create(
        tenant=world.tenant, code=code, name=f"AED {code}", lat=at_km(km), lon=LON, **facts
    )


def arrest(world: World) -> Case:
    """Type in a call at the beginning of the street, offered by rule."""
    typed = Typed(Case.Kind.MEDICAL, 1, "", place="Stortorget", lat=at_km(0), lon=LON)
    case = type_in_case(
        case_id=uuid7(), tenant_id=world.tenant.pk, typed=typed, by="test", at=NIGHT
    )
    Case.objects.filter(pk=case.pk).update(offer_by_rule=True)
    return fresh(case)


def asked(case: Case) -> dict[str, tuple[int, str]]:
    """Return by call sign the seat and the AED of who is asked."""
    found = Offer.objects.filter(case=case, state=Offer.State.WAITING)
    return {one.unit.call_sign: (one.seat, one.aed.code if one.aed else "") for one in found}


def kit(call_sign: str, *kit: str) -> None:
    """Put something into a unit's car."""
    Unit.objects.filter(call_sign=call_sign).update(kit=list(kit))


@pytest.fixture
def cars(street: World) -> World:
    """Put V1 2 km away, V2 3 km and V3 6 km up the street."""
    for call_sign, km in (("V1", 2), ("V2", 3), ("V3", 6)):
        make_unit(street, call_sign, lat=at_km(km), lon=LON)
    return street


def test_the_nearest_goes_straight_and_the_next_fetches(cars: World, running: Running) -> None:
    """The AED at 1 km lies on V2's way, 3 minutes; the one at 5 km would take it 7."""
    aed(cars, "A", 5)
    aed(cars, "B", 1)
    case = arrest(cars)
    running.settle()
    assert asked(case) == {"V1": (1, ""), "V2": (FETCHING, "B")}
    offer = Offer.objects.get(unit__call_sign="V2")
    assert offer.travel_s == pytest.approx(180, abs=3)
    line = next(one for one in offer.ranking.lines if one["call_sign"] == "V2")
    assert "AED B" in reasons_of(line)[0]


@pytest.mark.parametrize(
    "why",
    [
        {"openings": []},
        {"closed_on": [NIGHT.date().isoformat()]},
        {"out_of_service": True},
        {"verified_on": (NIGHT - timedelta(days=184)).date()},
        {"verified_on": None},
        {"verified_on": (NIGHT + timedelta(days=400)).date()},
    ],
    ids=[
        "no hours",
        "closed today",
        "out of service",
        "not verified since",
        "never verified",
        "verified some day",
    ],
)
def test_an_aed_that_may_not_be_there_is_not_fetched(
    cars: World, running: Running, why: dict[str, object]
) -> None:
    """Nobody is sent round by a locked door."""
    aed(cars, "A", 1, **why)
    case = arrest(cars)
    running.settle()
    assert asked(case) == {"V1": (1, "")}


def test_who_carries_one_brings_it(cars: World, running: Running) -> None:
    """The nearest's own is there first; then nobody fetches."""
    aed(cars, "A", 1)
    kit("V1", "aed")
    case = arrest(cars)
    running.settle()
    assert asked(case) == {"V1": (1, "")}


def test_another_that_carries_one_comes_besides(cars: World, running: Running) -> None:
    """V3 has its own, 6 minutes away; by way of the wall it would be later for all."""
    kit("V3", "aed")
    case = arrest(cars)
    running.settle()
    assert asked(case) == {"V1": (1, ""), "V3": (FETCHING, "")}


def test_who_declines_to_fetch_is_replaced(cars: World, running: Running) -> None:
    """Also when the first is on its way already."""
    aed(cars, "A", 1)
    case = arrest(cars)
    running.settle()
    accept(Offer.objects.get(unit__call_sign="V1"))
    decline(offer=Offer.objects.get(unit__call_sign="V2"), by="test", at=NIGHT)
    assert asked(case) == {"V3": (FETCHING, "A")}


def test_no_other_kind_of_case_seeks_an_aed(cars: World, running: Running) -> None:
    """A fire is no cardiac arrest."""
    aed(cars, "A", 1)
    case = arrest(cars)
    Case.objects.filter(pk=case.pk).update(kind=Case.Kind.FIRE)
    running.settle()
    assert asked(case) == {"V1": (1, "")}


def test_a_person_sends_who_fetches_without_taking_back_who_goes_straight(cars: World) -> None:
    """The second press is for the other seat, and wants no third unit."""
    aed(cars, "A", 1)
    case = arrest(cars)
    for call_sign in ("V1", "V2"):
        unit = Unit.objects.get(call_sign=call_sign)
        offer_to(case=case, unit_id=unit.pk, by="member:test", at=NIGHT)
    assert asked(case) == {"V1": (1, ""), "V2": (FETCHING, "A")}
    assert fresh(case).units == 1


def test_an_aed_that_comes_too_late_binds_nobody(street: World, running: Running) -> None:
    """Sixteen minutes there and back."""
    for call_sign, km in (("V1", 2), ("V2", 3)):
        make_unit(street, call_sign, lat=at_km(km), lon=LON)
    aed(street, "A", 10)
    case = arrest(street)
    running.settle()
    assert asked(case) == {"V1": (1, "")}


def test_who_goes_straight_takes_the_one_that_hangs_there(street: World, running: Running) -> None:
    """At the place itself: no second car is bound, and the phone of who leads says where it hangs."""
    for call_sign, km in (("V1", 2), ("V2", 3)):
        make_unit(street, call_sign, lat=at_km(km), lon=LON)
    aed(street, "A", 0)
    case = arrest(street)
    running.settle()
    assert asked(case) == {"V1": (1, "A")}
    decline(offer=Offer.objects.get(unit__call_sign="V1"), by="test", at=NIGHT)
    assert asked(case) == {"V2": (1, "A")}
