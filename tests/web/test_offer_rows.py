"""Who asked whom, what became of it, who called in support, and where a key is: the case panel's words."""

from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory.models import Unit
from narvaro.dispatch import responses
from narvaro.dispatch.models import Offer, Response
from narvaro.plan import keys
from narvaro.situation.models import Case
from tests.aids import make_desk, make_key
from tests.conftest import Running
from tests.dispatch.offered import accept, open_case, take_case
from tests.make import NIGHT, World, crew_of, make_member, make_unit
from tests.roads import LON, at_km
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def desk(street: World) -> Client:
    """Return the dispatcher's browser."""
    return browser_of(make_member(street, Role.DISPATCHER))


@pytest.fixture
def taken(street: World, running: Running) -> Case:
    """Return a case that V1 has taken, asked by the response plan; V2 is free."""
    return take_case(street, running)


def panel(desk: Client, case: Case) -> str:
    """Return the panel of a case."""
    return shown(desk, f"/console/cases/{case.pk}/", fragment=True)


def test_the_panel_says_that_a_unit_called_in_support(taken: Case, desk: Client) -> None:
    guard = browser_of(crew_of(Unit.objects.get(call_sign="V1")))
    guard.post(f"/phone/cases/{taken.pk}/support/", {"wanted": "2"})
    page = panel(desk, taken)
    assert "02:00:00 V1 called in support: 2 units wanted" in page
    assert "02:00:00 by V1, calling in support" in page
    assert "02:00:00 by the response plan" in page


@pytest.mark.parametrize(
    ("role", "label"), [(Role.DISPATCHER, "Dispatcher"), (Role.SHIFT_LEADER, "Shift leader")]
)
def test_the_panel_says_who_of_the_desk_called_it_in(
    street: World, taken: Case, role: Role, label: str
) -> None:
    caller = make_member(street, role)
    browser, unit = browser_of(caller), Unit.objects.get(call_sign="V2")
    browser.post(f"/cases/{taken.pk}/offer/{unit.pk}/", {"support": "1"})
    who = f"{label} {caller.service_number}"
    page = shown(browser, "/night/") if role == Role.SHIFT_LEADER else panel(browser, taken)
    assert f"{who} called in support: 2 units wanted" in page
    assert f"02:00:00 by {label.lower()} {caller.service_number}" in page


def test_a_unit_taken_for_a_graver_case_is_said_to_be(
    street: World, taken: Case, desk: Client, running: Running
) -> None:
    Unit.objects.get(call_sign="V2").shifts.all().delete()
    Case.objects.filter(pk=taken.pk).update(priority=4)
    assert "went to a graver case" not in panel(desk, taken)
    grave = open_case(street, priority=1)
    running.settle()
    accept(Offer.objects.get(case=grave))
    assert "Taken off it: went to a graver case 02:00:" in panel(desk, taken)


def test_a_unit_that_has_left_is_said_to_have_left(taken: Case, desk: Client) -> None:
    response = Response.objects.get(case=taken)
    for state in (Response.State.ON_SCENE, Response.State.LEFT):
        responses.step(response=response, state=state, by="test", at=NIGHT)
    assert "Has left 02:00:00" in panel(desk, taken)


def test_a_unit_that_was_recalled_is_said_when(taken: Case, desk: Client) -> None:
    responses.end_case(case=taken, by="test", at=NIGHT + timedelta(minutes=4))
    assert "Recalled: the desk ended the case 02:04:00" in panel(desk, taken)


def test_a_refusal_for_a_key_says_where_each_key_is(
    street: World, desk: Client, running: Running
) -> None:
    """On the panel's list of who is left out, and as the answer to who asks all the same."""
    case = open_case(street, offer="manual")
    running.settle()
    assert case.plan is not None
    case.plan.key_must = True
    case.plan.save()
    unit = make_unit(street, "V1", lat=at_km(3), lon=LON).unit
    make_key(street, "N-7", case.site)
    held, lost = make_key(street, "N-8", case.site), make_key(street, "N-9", case.site)
    other = make_unit(street, "V2", lat=at_km(6), lon=LON).unit
    handing = make_desk(street)
    keys.hand_out(handing, held.pk, other, NIGHT)
    keys.report_lost(handing, lost.pk, NIGHT)
    said = "N-7 is in Skåp 2. N-8 is with V2. N-9 is missing."
    assert said in panel(desk, case)
    answer = desk.post(
        f"/cases/{case.pk}/offer/{unit.pk}/", headers={"Accept": "application/json"}
    )  # fmt: skip
    assert answer.status_code == 409
    assert said in answer.json()["detail"]
    other.organisation = street.municipality
    other.save()
    leader = browser_of(make_member(street, Role.SHIFT_LEADER))
    assert "N-8 is with" not in shown(leader, "/night/")  # another company's
