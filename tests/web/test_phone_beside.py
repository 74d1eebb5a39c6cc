"""On the phone: who else is on the case, and the travel time by the roads now."""

from datetime import timedelta

import pytest

from narvaro.directory.models import RoadClosure, Unit
from narvaro.directory.weights import set_road_condition
from narvaro.dispatch import responses
from narvaro.dispatch.actions import call_support, decline
from narvaro.dispatch.models import Offer, Response
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from tests.conftest import Running
from tests.dispatch.offered import accept, open_case
from tests.make import NIGHT, World, crew_of, make_closure, make_unit
from tests.roads import LON, at_km
from tests.web.test_phone import browser_of, shown

SECOND = timedelta(seconds=1)


@pytest.fixture
def taken(street: World, running: Running) -> Response:
    """Return V1's response to a case 3 km away; V2 is free, 6 km away."""
    make_unit(street, "V1", lat=at_km(3), lon=LON)
    case = open_case(street)
    running.settle()
    made = accept(Offer.objects.get(case=case))
    make_unit(street, "V2", lat=at_km(6), lon=LON)
    return made


def phone(call_sign: str) -> str:
    """Return what the refresh of a unit's phone gets."""
    return shown(
        browser_of(crew_of(Unit.objects.get(call_sign=call_sign))), "/phone/", fragment=True
    )


def call(case: Case) -> Offer:
    """Let V1 call in support; return what V2 is offered."""
    unit = Unit.objects.get(call_sign="V1")
    call_support(case=case, wanted=2, by="test", at=NIGHT, unit=unit.pk)
    return Offer.objects.get(unit__call_sign="V2", state="waiting")


def test_who_called_sees_who_is_asked_on_its_way_and_there(taken: Response) -> None:
    assert "Others on the case" not in phone("V1")
    offer = call(taken.case)
    page = phone("V1")
    assert "<b>V2</b>" in page
    assert "02:00, then 6:00 away" in page
    made = accept(offer)
    assert "expected 02:05" in phone("V1")  # its place is a minute old
    assert "<b>V1</b>" in phone("V2")
    there = NIGHT + 4 * timedelta(minutes=1)
    responses.step(response=made, state=Response.State.ON_SCENE, by="test", at=there)
    page = phone("V1")
    assert "on the scene" in page
    assert "came 02:04" in page
    assert "expected" not in page


def test_who_comes_without_a_known_way_is_given_no_time(street: World, taken: Response) -> None:
    accept(call(taken.case))
    make_closure(street, (at_km(5), 17.99), (at_km(5), 18.005))
    assert "no way is known: when it comes cannot be told" in phone("V1")


def test_that_nobody_could_be_asked_is_said(taken: Response) -> None:
    decline(offer=call(taken.case), by="test", at=NIGHT)
    page = phone("V1")
    assert "1 more unit is wanted, and nobody is asked." in page
    assert "<b>V2</b>" not in page


def test_who_is_off_the_case_is_told_nothing_of_it(taken: Response) -> None:
    made = accept(call(taken.case))
    responses.step(response=made, state=Response.State.ON_SCENE, by="test", at=NIGHT)
    responses.step(response=made, state=Response.State.LEFT, by="test", at=NIGHT)
    assert "<b>V1</b>" not in phone("V2")
    assert "<b>V2</b>" not in phone("V1")


def test_the_travel_time_is_that_of_the_roads_now(
    street: World, taken: Response, hands: Hands
) -> None:
    """Snow makes it longer, a closed road leaves it unknown; reckoned from the last position."""
    page = phone("V1")
    assert "<b>3:00</b>" in page
    assert "by the roads now, from where you were 01:59:00" in page
    make_closure(street, (at_km(1), 17.99), (at_km(1), 18.005))
    page = phone("V1")
    assert "<b>not known</b>" in page
    assert "from where you were" not in page
    RoadClosure.objects.update(opened_at=NIGHT)
    set_road_condition(
        tenant_id=street.tenant.pk, state="ice", until_at=None, number="PR009", by="test", at=NIGHT
    )
    assert "<b>4:03</b>" in phone("V1")
    responses.step(response=taken, state=Response.State.ON_SCENE, by="test", at=NIGHT)
    assert "from where you were" not in phone("V1")


def test_an_offer_that_waits_follows_the_roads_too(street: World, taken: Response) -> None:
    call(taken.case)
    assert "<b>6:00</b>" in phone("V2")
    make_closure(street, (at_km(5), 17.99), (at_km(5), 18.005))
    assert "<b>not known</b>" in phone("V2")
