"""Several units on a case, as the desk and the phones show them."""

from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory.models import Defibrillator, Unit
from narvaro.dispatch.models import Offer, Response
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case
from narvaro.spine.ids import uuid7
from tests.conftest import Running
from tests.dispatch.offered import accept, open_case, take_case
from tests.make import NIGHT, World, crew_of, make_member, make_unit
from tests.roads import LON, at_km
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def desk(street: World) -> Client:
    """Return the dispatcher's browser."""
    return browser_of(make_member(street, Role.DISPATCHER))


def phone_of(call_sign: str) -> Client:
    """Return the browser of a unit's guard."""
    return browser_of(crew_of(Unit.objects.get(call_sign=call_sign)))


@pytest.fixture
def taken(street: World, running: Running) -> Case:
    """Return a case that V1 has taken; V2 is free."""
    return take_case(street, running)


def test_the_desk_calls_in_support_and_sees_both(taken: Case, desk: Client) -> None:
    """The button sends `support`; the page then tells which unit comes for what."""
    page = shown(desk, f"/console/cases/{taken.pk}/", fragment=True)
    assert "Send V2 as support" in page
    other = Unit.objects.get(call_sign="V2")
    stale = desk.post(
        f"/cases/{taken.pk}/offer/{other.pk}/", headers={"Accept": "application/json"}
    )
    assert stale.status_code == 409
    desk.post(f"/cases/{taken.pk}/offer/{other.pk}/", {"support": "1"})
    accept(Offer.objects.get(unit=other, state="waiting"))
    page = shown(desk, f"/console/cases/{taken.pk}/", fragment=True)
    assert "Units on the case" in page
    assert "V1, V2" in page
    assert "<b>V2</b>" in page


def test_the_guard_calls_in_one_more_and_the_desk_sees_that_it_is_short(
    taken: Case, desk: Client
) -> None:
    """With nobody left to ask, the desk is told that one is wanted."""
    phone = phone_of("V1")
    assert "One more unit, now" in shown(phone, "/phone/")
    phone.post(f"/phone/cases/{taken.pk}/support/", {"wanted": "2"})
    assert "Support" in shown(phone_of("V2"), "/phone/")
    offer = Offer.objects.get(unit__call_sign="V2", state="waiting")
    phone_of("V2").post(f"/phone/offers/{offer.pk}/decline/")
    page = shown(desk, f"/console/cases/{taken.pk}/", fragment=True)
    assert "1 more unit is wanted, and nobody is asked." in page


def test_the_shift_leader_can_call_in_support_too(taken: Case, street: World) -> None:
    """In an unmanned night nobody else could."""
    night = shown(browser_of(make_member(street, Role.SHIFT_LEADER)), "/night/")
    assert "Send V2 as support" in night


def test_a_guard_calls_support_to_his_own_case_alone(taken: Case) -> None:
    """Whoever is not out on it knows nothing of it."""
    answer = phone_of("V2").post(f"/phone/cases/{taken.pk}/support/", {"wanted": "2"})
    assert answer.status_code == 404


def test_the_phone_says_which_case_would_be_left(
    street: World, taken: Case, running: Running
) -> None:
    """Before the guard says yes."""
    Unit.objects.get(call_sign="V2").shifts.all().delete()
    Case.objects.filter(pk=taken.pk).update(priority=4)
    open_case(street, at=NIGHT + timedelta(seconds=1), priority=1)
    running.at(NIGHT + timedelta(seconds=1))
    page = shown(phone_of("V1"), "/phone/")
    assert f"You are on case {taken.number}." in page


def test_the_phone_says_which_defibrillator_to_fetch(street: World, running: Running) -> None:
    """On the offer, and on the way; not once there."""
    for call_sign, km in (("V1", 2), ("V2", 3)):
        make_unit(street, call_sign, lat=at_km(km), lon=LON)
    Defibrillator.objects.create(
        tenant=street.tenant, code="B-1", name="Biblioteket", place="Innanför entrén",
        lat=at_km(1), lon=LON, verified_on=NIGHT.date(),
        openings=[{"weekdays": list(range(7)), "from": "00:00", "until": "00:00"}],
    )  # fmt: skip
    typed = Typed(Case.Kind.MEDICAL, 1, "", place="Torget", lat=at_km(0), lon=LON)
    case = type_in_case(
        case_id=uuid7(), tenant_id=street.tenant.pk, typed=typed, by="test", at=NIGHT
    )
    Case.objects.filter(pk=case.pk).update(offer_by_rule=True)
    running.settle()
    phone = phone_of("V2")
    assert "Fetch the defibrillator at Biblioteket" in shown(phone, "/phone/")
    made = accept(Offer.objects.get(unit__call_sign="V2"))
    assert "Innanför entrén" in shown(phone, "/phone/")
    phone.post(f"/phone/responses/{made.pk}/on_scene/")
    assert Response.objects.get(pk=made.pk).state == Response.State.ON_SCENE
    assert "Innanför entrén" not in shown(phone, "/phone/")


@pytest.mark.parametrize(
    ("kind", "shown_step", "hidden"),
    [
        ("intruder", "Kontrollera in- och utvändigt", "Start CPR"),
        ("medical", "Start CPR", "Kontrollera in- och utvändigt"),
        ("technical", "not written for such a case", "Kontrollera in- och utvändigt"),
    ],
)
def test_a_plan_is_shown_for_the_kinds_that_it_is_written_for(
    taken: Case, desk: Client, kind: str, shown_step: str, hidden: str
) -> None:
    """A break-in's steps must not stop who comes to an arrest."""
    Case.objects.filter(pk=taken.pk).update(kind=kind)
    for page in (
        shown(desk, f"/console/cases/{taken.pk}/", fragment=True),
        shown(phone_of("V1"), "/phone/"),
    ):
        assert shown_step in page
        assert hidden not in page
