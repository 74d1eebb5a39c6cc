"""The case page on alarm centres: how the site stands, a button for each centre, what became of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from narvaro.access.models import Role
from narvaro.directory.models import Site
from narvaro.sharing.models import Forward
from narvaro.situation.models import Case
from tests.make import (
    NIGHT,
    World,
    make_centre,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_world,
    send_signal,
)
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def desk(world: World) -> Client:
    """A dispatcher before a break-in at a school."""
    site = make_site(world)
    make_plan(site, pass_on="Okänd central")
    send_signal(make_transmitter(site))
    return browser_of(make_member(world, Role.DISPATCHER))


def page(desk: Client) -> str:
    return shown(desk, f"/console/cases/{Case.objects.get().pk}/", fragment=True)


@pytest.mark.parametrize(
    ("standing", "decision", "says"),
    [
        ("beside", "", "this is a copy: the alarm centre handles the alarm."),
        ("behind", "", "The alarm centre has this alarm first"),
        ("alone", "KS 2026/14", "certificate may no longer hold"),
        ("alone", "KS 2026/14", "(decision KS 2026/14)"),
    ],
)
def test_the_page_says_how_the_site_stands(
    desk: Client, standing: str, decision: str, says: str
) -> None:
    Site.objects.update(standing=standing, standing_decision=decision)
    text = page(desk).replace("&#x27;", "'")
    assert says in text
    assert ("Okänd central, which is not set up" in text) == (standing == "alone")


def test_a_person_passes_the_alarm_on_and_sees_what_became_of_it(
    desk: Client, world: World
) -> None:
    centre = make_centre(world)
    where = reverse("pass_on", args=[Case.objects.get().pk, centre.pk])
    assert "Pass on to Larmcentralen now" in page(desk)
    answer = desk.post(where)
    assert (answer.status_code, answer["Location"]) == (
        303, f"/console/cases/{Case.objects.get().pk}/",
    )  # fmt: skip
    desk.post(where)
    forward = Forward.objects.get()
    assert forward.asked_by.startswith("member:")
    assert "On its way" in page(desk)
    assert where not in page(desk)
    Forward.objects.update(state="refused", status=4, last_error="127.0.0.1:9: 4 NOT_AUTHORIZED")
    said = page(desk)
    assert "The centre answered: “NOT_AUTHORIZED” (code 4)" in said
    assert "Call the centre." in said
    assert "127.0.0.1" not in said
    assert "NOT_AUTHORIZED" in page(desk)
    assert where in page(desk)  # it can be asked for again
    Forward.objects.update(state="delivered", delivered_at=NIGHT + timedelta(seconds=7))
    assert forward.pk.hex in page(desk)
    assert "02:00:07" in page(desk)


def test_a_closed_case_has_no_button_and_says_why_not(desk: Client, world: World) -> None:
    centre = make_centre(world)
    Case.objects.update(state=Case.State.CLOSED)
    where = reverse("pass_on", args=[Case.objects.get().pk, centre.pk])
    assert where not in page(desk)
    answer = desk.post(where)
    assert answer.status_code == 409
    assert "The case is closed" in answer.content.decode()


def test_another_towns_centre_is_not_there(desk: Client) -> None:
    centre = make_centre(make_world("Annanstad"))
    assert desk.post(
        reverse("pass_on", args=[Case.objects.get().pk, centre.pk])
    ).status_code == 404  # fmt: skip
    assert not Forward.objects.exists()


def test_of_a_call_typed_in_the_centre_knows_nothing(desk: Client) -> None:
    """Nobody may think that somebody else handles it."""
    Case.objects.update(born=Case.Born.TYPED)
    text = page(desk)
    assert "this case did not come from one" in text
    assert "a copy" not in text
