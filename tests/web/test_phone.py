"""The guard's phone: what is known before the answer, what ended meanwhile, the report's receipt."""

from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.entry import MEMBER_KEY
from narvaro.access.models import Member, Role
from narvaro.dispatch import responses
from narvaro.dispatch.models import Offer, Response
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from tests.conftest import Running
from tests.make import (
    NIGHT,
    Crewed,
    World,
    make_contract,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    send_signal,
)

SECOND = timedelta(seconds=1)
WORDS = "Ytterdörren på glänt, okänt fordon utanför."
DOUBTFUL = "Ytterdörren på glänt, en kille från Ronna sprang."


def browser_of(member: Member) -> Client:
    """Return a browser that reads English and is signed in as a member."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(member.user)
    session = client.session
    session[MEMBER_KEY] = str(member.pk)
    session.save()
    return client


def shown(client: Client, address: str, *, fragment: bool = False) -> str:
    """Return a page's text, or what its refresh gets."""
    answer = client.get(address, headers={"HX-Request": "true"} if fragment else {})
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.fixture
def crew(world: World) -> Crewed:
    """Return the one unit on duty."""
    return make_unit(world)


@pytest.fixture
def offer(world: World, crew: Crewed, running: Running) -> Offer:
    """Return what the unit is offered: a school's alarm from two zones."""
    site = make_site(world)
    make_plan(site)
    panel = make_transmitter(site)
    send_signal(panel, zone="17")
    send_signal(panel, zone="23")
    running.at(NIGHT + SECOND)
    return Offer.objects.get(state="waiting")


def accepted(offer: Offer, crew: Crewed) -> Response:
    """Take the offer."""
    return responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew.member.pk, by="test", at=NIGHT + 2 * SECOND
    )


def left(offer: Offer, crew: Crewed) -> Response:
    """Take the offer, arrive and clear."""
    made = accepted(offer, crew)
    for state in (Response.State.ON_SCENE, Response.State.LEFT):
        made = responses.step(response=made, state=state, by="test", at=NIGHT + 3 * SECOND)
    return made


def test_an_offer_says_which_zones_gave_alarm(offer: Offer, crew: Crewed) -> None:
    page = shown(browser_of(crew.member), "/phone/")
    assert f'data-offer="{offer.pk}"' in page
    assert "zone 17" in page
    assert "zone 23" in page


def test_an_offer_says_what_the_caller_said(world: World, crew: Crewed, running: Running) -> None:
    site = make_site(world)
    make_plan(site)
    typed = Typed(kind=Case.Kind.INTRUDER, priority=None, text=WORDS, site=site, place="")
    type_in_case(case_id=uuid7(), tenant_id=world.tenant.pk, typed=typed, by="test", at=NIGHT)
    running.at(NIGHT + SECOND)
    assert Offer.objects.filter(state="waiting").exists()
    assert WORDS in shown(browser_of(crew.member), "/phone/")


def test_a_recalled_guard_is_told_for_a_quarter_of_an_hour(
    offer: Offer, crew: Crewed, hands: Hands
) -> None:
    response = accepted(offer, crew)
    ended = NIGHT + timedelta(minutes=2, seconds=10)
    responses.end_case(case=response.case, by="test", at=ended)
    hands.move_to(ended + SECOND)
    client = browser_of(crew.member)
    body = shown(client, "/phone/", fragment=True)
    assert "Case 1 was ended by the desk 02:02:10." in body
    assert "You are free." in body
    hands.move_to(ended + timedelta(minutes=16))
    assert "ended by the desk" not in shown(client, "/phone/", fragment=True)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("expired", "The offer of case 1 ended 02:05:51: no answer in time."),
        ("withdrawn", "The offer of case 1 was withdrawn 02:05:51."),
    ],
)
def test_a_guard_is_told_of_an_offer_that_lapsed(
    state: str, said: str, offer: Offer, crew: Crewed, running: Running
) -> None:
    ended = NIGHT + timedelta(minutes=5, seconds=51)
    Offer.objects.filter(pk=offer.pk).update(state=state, answered_at=ended)
    running.hands.move_to(ended + SECOND)
    assert said in shown(browser_of(crew.member), "/phone/")
    assert said not in shown(browser_of(make_unit(running.world, "V2").member), "/phone/")


def test_a_report_sent_is_acknowledged_with_its_time(
    offer: Offer, crew: Crewed, world: World, hands: Hands
) -> None:
    response = left(offer, crew)
    hands.move_to(NIGHT + timedelta(minutes=14))
    client = browser_of(crew.member)
    address = f"/phone/responses/{response.pk}/report/"
    answer = client.post(address, {"finding": "break_in", "text": WORDS})
    assert (answer.status_code, answer["Location"]) == (303, f"/phone/?sent={response.pk}")
    page = shown(client, answer["Location"])
    assert "Report 1 sent 02:14" in page
    assert f'data-sent="{response.pk}"' in page
    other = browser_of(make_unit(world, "V2").member)
    for who, sent in ((other, str(response.pk)), (client, "7"), (client, str(uuid7()))):
        assert "receipt" not in shown(who, f"/phone/?sent={sent}")


def test_a_refused_report_gives_every_word_back(offer: Offer, crew: Crewed) -> None:
    response = left(offer, crew)
    given = {"finding": "", "text": WORDS, "police_reference": "5000-K1"}
    answer = browser_of(crew.member).post(f"/phone/responses/{response.pk}/report/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "data-refused" in page
    assert WORDS in page
    assert 'value="5000-K1"' in page


def test_an_offer_is_seen_while_a_report_is_written(
    offer: Offer, crew: Crewed, world: World, running: Running
) -> None:
    response = left(offer, crew)
    client, address = browser_of(crew.member), f"/phone/responses/{response.pk}/report/"
    page = shown(client, address)
    assert "data-live-after" in page
    assert "data-offer" not in page
    site = make_site(world, "Trasten förskola")
    make_plan(site)
    send_signal(make_transmitter(site), at=NIGHT + timedelta(minutes=1))
    running.at(NIGHT + timedelta(minutes=1, seconds=1))
    waiting = Offer.objects.get(state="waiting")
    bar = shown(client, address, fragment=True)
    assert f'data-offer="{waiting.pk}"' in bar
    assert 'href="/phone/"' in bar
    assert "<form" not in bar


def test_the_finding_is_shown_to_who_may_know_it_and_its_words_to_fewer(
    offer: Offer, crew: Crewed, world: World
) -> None:
    contract, response = make_contract(world), left(offer, crew)
    desk = browser_of(make_member(world, Role.DISPATCHER))
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    night = shown(leader, "/night/")
    assert "Reports missing" in night
    assert "<b>1</b> V1, Trasten skola" in night
    sent = {"finding": "break_in", "text": DOUBTFUL}
    browser_of(crew.member).post(f"/phone/responses/{response.pk}/report/", sent)
    month = f"/contract/{contract.pk}/statement/2026-11/{response.pk}/"
    panel = f"/console/cases/{response.case_id}/"
    buyer = browser_of(make_member(world, Role.COORDINATOR))
    supplier = browser_of(make_member(world, Role.CONTRACT_MANAGER, world.company))
    seen = [
        (desk, panel, False), (buyer, month, False), (supplier, month, True),
    ]  # fmt: skip
    for client, address, with_words in seen:
        page = shown(client, address)
        assert "Break-in" in page
        assert (DOUBTFUL in page) == with_words, address
    assert "Reports missing" not in shown(leader, "/night/")
