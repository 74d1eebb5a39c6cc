"""How a case stands in its row and on its page: nobody took it, nobody is there, who was told, its end."""

from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory.models import Contact
from narvaro.dispatch import checkin
from narvaro.dispatch.models import Offer
from narvaro.situation.models import Case
from narvaro.spine import notifications
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
from tests.web.test_phone import browser_of, shown

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def desk(world: World) -> Client:
    return browser_of(make_member(world, Role.DISPATCHER))


def alarm(world: World, running: Running, **plan: str) -> Case:
    site = make_site(world)
    make_plan(site, priority=1, confirmed_priority=1, **plan)
    send_signal(make_transmitter(site))
    running.settle()
    return Case.objects.get(site=site)


def row_of(desk: Client) -> str:
    return shown(desk, "/console/cases/", fragment=True)


def page_of(desk: Client, case: Case) -> str:
    return shown(desk, f"/console/cases/{case.pk}/", fragment=True)


def test_silence_of_the_last_unit_is_said_once_and_stands_in_the_row(
    world: World, desk: Client, running: Running
) -> None:
    make_contract(world)
    make_unit(world, "V1")
    case = alarm(world, running)
    assert f'id="needs-{case.pk}"' not in row_of(desk)
    running.at(NIGHT + timedelta(seconds=world.tenant.accept_within_s))
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    said = f'data-announce="Case 1 needs a person: no unit has answered, {case.place}"'
    for page in (row_of(desk), shown(leader, "/night/"), shown(desk, "/console/new/")):
        assert f'id="needs-{case.pk}" {said}' in page
    assert "<span>No answer</span>" in row_of(desk)
    assert "<span>New</span>" not in row_of(desk)


def test_a_no_is_not_called_silence(world: World, desk: Client, running: Running) -> None:
    make_unit(world, "V1")
    alarm(world, running)
    running.at(NIGHT + timedelta(seconds=world.tenant.accept_within_s))
    Offer.objects.update(state=Offer.State.DECLINED)
    row = row_of(desk)
    assert "<span>No unit</span>" in row
    assert "no unit has it" in row


def test_a_case_without_any_unit_to_ask_says_so(
    world: World, desk: Client, running: Running
) -> None:
    alarm(world, running)
    assert "<span>No unit</span>" in row_of(desk)


def test_a_case_for_a_person_is_new_until_somebody_was_asked(
    world: World, desk: Client, running: Running
) -> None:
    case = alarm(world, running, offer="person")
    row = row_of(desk)
    assert "<span>New</span>" in row
    assert f'id="needs-{case.pk}"' not in row


def test_who_was_told_last_stands_in_the_row_once_it_was_sent(
    world: World, desk: Client, running: Running
) -> None:
    for step, duty in ((1, "Arbetsledare"), (2, "Driftchef")):
        Contact.objects.create(
            tenant=world.tenant, organisation=world.company, duty=duty, step=step,
            phone=f"+4670174060{step + 4}",
        )  # fmt: skip
    alarm(world, running)
    running.at(NIGHT + MINUTE)
    assert "Arbetsledare" not in row_of(desk)
    running.at(NIGHT + MINUTE + 2 * SECOND)
    notifications.send_due({"sms": lambda _notification: None})
    assert "Arbetsledare told 02:01:02" in row_of(desk)
    running.at(NIGHT + 4 * MINUTE)
    notifications.send_due({"sms": lambda _notification: None})
    row = row_of(desk)
    assert "Driftchef told 02:04:00" in row
    assert "Arbetsledare" not in row


def test_late_is_said_only_once_the_time_is_out(
    world: World, desk: Client, running: Running
) -> None:
    """The contract gives 20 minutes; after ten without anybody it says only that nobody comes."""
    make_contract(world)
    case = alarm(world, running)
    target = page_of(desk, case)
    assert "on scene by" in target
    running.at(NIGHT + 10 * MINUTE)
    for page in (row_of(desk), page_of(desk, case)):
        assert "Nobody on the way" in page
        assert "Late" not in page
    running.at(NIGHT + 60 * MINUTE)
    for page in (row_of(desk), page_of(desk, case)):
        assert "Late" in page
        assert "Nobody on the way" not in page


def test_a_grave_case_without_a_unit_is_ended_by_a_second_press(
    world: World, desk: Client, running: Running
) -> None:
    case = alarm(world, running)
    page = page_of(desk, case)
    assert "End without a unit?" in page
    assert 'data-done="Case 1 is ended"' in page
    Case.objects.update(priority=3)
    page = page_of(desk, case)
    assert "End without a unit?" not in page
    assert 'data-done="Case 1 is ended"' in page


@pytest.fixture
def missing(world: World, running: Running) -> Crewed:
    """A guard alone who has not been heard; another unit has been asked."""
    make_contract(world)
    crew = make_unit(world, "V5")
    make_unit(world, "V1")
    checkin.start_watch(unit=crew.unit, member_id=crew.member.pk, interval_s=900, by="V5", at=NIGHT)
    running.at(NIGHT + 15 * MINUTE)
    return crew


def test_a_missing_guard_has_no_plan_and_no_signals_to_miss(
    world: World, desk: Client, missing: Crewed
) -> None:
    page = page_of(desk, Case.objects.get())
    assert "02:15:00 by the system, missed sign of life" in page
    for words in ("response plan", "No signals"):
        assert words not in page


def test_the_missing_guards_own_phone_does_not_call_him_available(missing: Crewed) -> None:
    phone = browser_of(missing.member)
    page = shown(phone, "/phone/", fragment=True)
    assert "<span>No sign of life</span>" in page
    for words in ("<span>Available</span>", "You are called here"):
        assert words not in page
    checkin.check_in(unit_id=missing.unit.pk, by="V5", at=NIGHT + 16 * MINUTE)
    assert "<span>Available</span>" in shown(phone, "/phone/", fragment=True)


def test_a_guard_who_is_heard_again_is_said_softly(desk: Client, missing: Crewed) -> None:
    assert "data-announce-softly" not in row_of(desk)
    checkin.check_in(unit_id=missing.unit.pk, by="V5", at=NIGHT + 16 * MINUTE)
    row = row_of(desk)
    assert 'data-announce-softly="V5 has given a sign of life"' in row
    assert "Sign of life given" in row
