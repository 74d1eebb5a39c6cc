"""Several units on one case: two wanted by a plan, support called in, who reports, when it is over."""

import pytest

from narvaro.directory.models import Unit
from narvaro.dispatch import responses
from narvaro.dispatch.actions import call_support, decline, offer_to
from narvaro.dispatch.models import Offer, Response
from narvaro.situation.models import Case, Category
from narvaro.spine.refusal import Refused
from tests.conftest import Running
from tests.dispatch.offered import SECOND, accept, asked, fresh, open_case
from tests.make import NIGHT, World, crew_of, make_unit
from tests.roads import LON, at_km

State = Response.State


def seats(case: Case) -> dict[str, int]:
    """Return by call sign the seats that units are asked for."""
    waiting = Offer.objects.filter(case=case, state=Offer.State.WAITING)
    return {one.unit.call_sign: one.seat for one in waiting}


def answer(case: Case, call_sign: str) -> Response:
    """Let a unit take the case."""
    return accept(Offer.objects.get(case=case, unit__call_sign=call_sign, state="waiting"))


def go(response: Response, *states: str) -> None:
    """Let a response come further, a minute for each step."""
    for number, state in enumerate(states, 1):
        responses.step(
            response=response, state=State(state), by="test", at=NIGHT + number * 60 * SECOND
        )


def send_report(response: Response) -> None:
    """Write the report of a response."""
    responses.report(
        response=response, incident_id=response.pk, category=Category.BREAK_IN, text="",
        police_reference="", member=crew_of(response.sent_unit), at=NIGHT + 600 * SECOND,
    )  # fmt: skip


@pytest.fixture
def two(street: World, running: Running) -> Case:
    """Return a case whose plan wants two units, put to the two nearest of three."""
    for call_sign, km in (("V1", 3), ("V2", 6), ("V3", 9)):
        make_unit(street, call_sign, lat=at_km(km), lon=LON)
    case = open_case(street, units=2)
    running.settle()
    return fresh(case)


def test_a_plan_that_wants_two_asks_the_two_nearest_at_once(two: Case) -> None:
    """The nearest leads, the next supports it."""
    assert two.units == 2
    assert seats(two) == {"V1": 1, "V2": 2}


def test_who_declines_is_replaced_on_its_own_seat(two: Case) -> None:
    """The other's seat is left alone."""
    decline(offer=Offer.objects.get(unit__call_sign="V1"), by="test", at=NIGHT)
    assert seats(two) == {"V3": 1, "V2": 2}


def test_a_case_is_on_scene_with_the_first_and_cleared_with_the_last(two: Case) -> None:
    """Who supports may come first; who leads writes the report, and the last to leave closes it."""
    leads, supports = answer(two, "V1"), answer(two, "V2")
    go(supports, "on_scene")
    assert fresh(two).state == Case.State.ON_SCENE
    go(leads, "on_scene", "left")
    assert fresh(two).state == Case.State.ON_SCENE
    send_report(leads)
    assert fresh(two).state == Case.State.ON_SCENE
    go(supports, "secured", "left")
    assert fresh(two).state == Case.State.CLOSED
    owing = Response.objects.filter(case=two, owes_report=True)
    assert [one.call_sign for one in owing] == ["V1"]


def test_an_offer_that_still_waits_ends_with_the_case(two: Case) -> None:
    """Nobody is sent to a scene that everybody has left."""
    leads = answer(two, "V1")
    go(leads, "on_scene", "left")
    assert fresh(two).state == Case.State.CLEARED
    assert ("V2", "withdrawn") in asked(two)


def test_a_person_who_did_not_see_that_it_was_taken_sends_nobody(two: Case) -> None:
    """Only who means support sends one more."""
    answer(two, "V1")
    answer(two, "V2")
    third = Unit.objects.get(call_sign="V3")
    with pytest.raises(Refused) as no:
        offer_to(case=fresh(two), unit_id=third.pk, by="test", at=NIGHT)
    assert no.value.code == "case_taken"
    offer = offer_to(case=fresh(two), unit_id=third.pk, by="test", at=NIGHT, support=True)
    assert (offer.seat, fresh(two).units) == (3, 3)


def test_who_is_on_scene_calls_in_one_more(street: World, running: Running) -> None:
    """The best is asked at once; the one that calls leads on."""
    make_unit(street, "V1", lat=at_km(3), lon=LON)
    make_unit(street, "V2", lat=at_km(6), lon=LON)
    case = open_case(street)
    running.settle()
    answer(case, "V1")
    call_support(case=fresh(case), wanted=2, by="test", at=NIGHT)
    assert seats(case) == {"V2": 2}
    assert fresh(case).state == Case.State.ACCEPTED


def test_support_comes_only_to_a_case_that_a_unit_has(street: World) -> None:
    """Before that, the case is offered."""
    case = open_case(street, offer="manual")
    with pytest.raises(Refused) as no:
        call_support(case=case, wanted=2, by="test", at=NIGHT)
    assert (no.value.code, fresh(case).units) == ("not_taken", 1)


def test_nobody_left_for_support_is_looked_for_again(two: Case, running: Running) -> None:
    """The case keeps the unit that it has; the open seat is tried again after a minute."""
    answer(two, "V1")
    for call_sign in ("V2", "V3"):
        decline(
            offer=Offer.objects.get(unit__call_sign=call_sign, state="waiting"), by="test", at=NIGHT
        )
    assert seats(two) == {}
    assert fresh(two).state == Case.State.ACCEPTED
    make_unit(running.world, "V4", lat=at_km(2), lon=LON)
    running.at(NIGHT + 61 * SECOND)
    assert seats(two) == {"V4": 2}
