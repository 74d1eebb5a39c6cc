"""A case of silence on the desk and with the leader: who was told, which paths, whose sign of life."""

from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.directory.models import Contact, TransmissionPath
from narvaro.dispatch import checkin
from narvaro.dispatch.models import Escalation
from narvaro.dispatch.queries import list_duty_phones
from narvaro.intake.models import Outage, PathState
from narvaro.intake.supervision import Heard, note_heard
from narvaro.situation.models import Case
from narvaro.situation.paths import LostPath, open_or_join
from narvaro.spine import notifications
from narvaro.spine.models import Event, Notification
from narvaro.spine.notifications import NotSentError
from tests.conftest import Running
from tests.make import (
    NIGHT,
    World,
    make_contract,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    send_signal,
)
from tests.web.test_phone import browser_of, shown

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def desk(world: World) -> Client:
    return browser_of(make_member(world, Role.DISPATCHER))


@pytest.fixture
def leader(world: World) -> Client:
    return browser_of(make_member(world, Role.SHIFT_LEADER))


def make_contacts(world: World, *steps: int) -> None:
    for step in steps:
        Contact.objects.create(
            tenant=world.tenant, organisation=world.company, duty=f"Jour {step}", step=step,
            phone=f"+4670174060{step + 4}", mail=f"jour{step}@bolaget.example",
        )  # fmt: skip


@pytest.fixture
def case(world: World, running: Running) -> Case:
    """A break-in that nobody has answered; a person is to choose the unit."""
    make_contract(world)  # the supplier in force may know of each case
    make_contacts(world, 1, 2)
    site = make_site(world)
    make_plan(site, offer="person", priority=1)
    send_signal(make_transmitter(site), "BA")
    running.settle()
    return Case.objects.get()


def page_of(client: Client, case: Case) -> str:
    return shown(client, f"/console/cases/{case.pk}/", fragment=True)


def test_the_case_says_since_when_and_when_people_are_told(desk: Client, case: Case) -> None:
    page = page_of(desk, case)
    assert "Nobody has answered since 02:00:00." in page
    assert f'datetime="{(NIGHT + MINUTE).isoformat().replace("+00:00", ".000Z")}"' in page
    assert "I have it" in page


def test_each_notice_says_its_duty_its_way_and_whether_it_was_sent(
    desk: Client, case: Case, running: Running
) -> None:
    """Never the address; a way that is not set up is said in plain words."""
    running.at(NIGHT + MINUTE)
    page = page_of(desk, case)
    assert "Jour 1" in page
    assert "Not sent yet" in page
    notifications.send_due({})
    assert "Cannot be sent: text messages are not set up" in page_of(desk, case)
    running.at(NIGHT + 2 * MINUTE)
    notifications.send_due({"mail": lambda _notification: None})
    page = page_of(desk, case)
    assert "Cannot be sent" not in page
    sent, not_set_up = page.index("Sent by mail"), page.index("text messages are not set up")
    assert sent < not_set_up
    for one in Notification.objects.all():
        assert one.address not in page
    assert Notification.objects.get(channel="sms").sent_at is None


def test_a_failing_way_says_why_and_a_given_up_one_too(
    desk: Client, case: Case, running: Running
) -> None:
    def fails(_notification: Notification) -> None:
        raise NotSentError("gateway: 503")

    running.at(NIGHT + MINUTE)
    notifications.send_due({"sms": fails})
    assert "gateway: 503" in page_of(desk, case)
    Notification.objects.update(given_up_at=NIGHT + 2 * MINUTE)
    assert "Given up" in page_of(desk, case)


def test_old_steps_are_counted_and_a_contact_taken_away_is_said(
    desk: Client, case: Case, running: Running
) -> None:
    for minutes in range(1, 40):
        running.at(NIGHT + minutes * MINUTE)
    Contact.objects.filter(step=2).delete()
    page = page_of(desk, case)
    assert Escalation.objects.get().step > 5
    assert "times before that" in page
    assert "a contact that is no longer there" in page


def test_without_contacts_the_case_says_that_nobody_can_be_told(
    desk: Client, case: Case, running: Running
) -> None:
    Contact.objects.all().delete()
    assert "nobody to tell" not in page_of(desk, case)
    running.at(NIGHT + MINUTE)
    assert "There is nobody to tell" in page_of(desk, case)


def test_who_has_it_stands_on_the_case_and_nobody_more_is_told(
    desk: Client, leader: Client, world: World, case: Case, running: Running
) -> None:
    running.at(NIGHT + 30 * SECOND)
    assert "I have it" in shown(leader, "/night/")
    answer = leader.post(f"/cases/{case.pk}/have-it/")
    assert (answer.status_code, answer["Location"]) == (303, "/night/")
    last = Member.objects.get(role=Role.SHIFT_LEADER).service_number
    running.at(NIGHT + 10 * MINUTE)
    assert not Notification.objects.exists()
    for page in (
        page_of(desk, case),
        shown(desk, "/console/cases/", fragment=True),
        shown(leader, "/night/", fragment=True),
        shown(desk, "/console/new/", fragment=True),
    ):
        assert f"<span>{last} has it since 02:00:30</span>" in page
        assert "Needs a person" not in page
    for page in (page_of(desk, case), shown(leader, "/night/")):
        assert "has it since 02:00:30." in page
        assert "people are told in" in page
        assert last in page
        assert 'id="have-it-' not in page
    again = desk.post(f"/cases/{case.pk}/have-it/")
    assert (again.status_code, again["Location"]) == (303, f"/console/cases/{case.pk}/")
    assert last in page_of(desk, case)


def test_what_nobody_acted_on_is_said_anew_with_who_had_it(
    desk: Client, leader: Client, case: Case, running: Running
) -> None:
    running.at(NIGHT + 30 * SECOND)
    leader.post(f"/cases/{case.pk}/have-it/")
    last = Member.objects.get(role=Role.SHIFT_LEADER).service_number
    running.at(NIGHT + 10 * MINUTE + 30 * SECOND)
    assert Notification.objects.exists()
    for page in (
        shown(desk, "/console/cases/", fragment=True), shown(leader, "/night/", fragment=True)
    ):  # fmt: skip
        assert f"Needs a person again: {last} had it" in page
        assert f'id="back-{case.pk}"' in page
    assert "I have it" in page_of(desk, case)


def test_an_answer_ends_it_with_its_reason(
    desk: Client, world: World, case: Case, running: Running
) -> None:
    unit = make_unit(world).unit
    desk.post(f"/cases/{case.pk}/offer/{unit.pk}/")
    assert "Nobody has answered since" in page_of(desk, case)
    Case.objects.update(state="accepted")
    running.at(NIGHT + MINUTE)
    page = page_of(desk, case)
    assert "Nobody more is told since 02:01:00: Accepted." in page
    assert "I have it" not in page


def test_only_who_sees_the_case_and_may_handle_it_can_have_it(case: Case, world: World) -> None:
    buyer = browser_of(make_member(world, Role.COORDINATOR))
    guard = browser_of(make_unit(world, "V5").member)
    rival = Organisation.objects.create(
        tenant=world.tenant, name="rival", kind=OrganisationKind.GUARDING_COMPANY
    )
    other = browser_of(make_member(world, Role.SHIFT_LEADER, rival))
    for client in (buyer, guard, other):
        assert client.post(f"/cases/{case.pk}/have-it/").status_code == 404
    assert Escalation.objects.get().ended_at is None


def test_a_case_that_can_wait_has_no_such_part(
    desk: Client, world: World, running: Running
) -> None:
    send_signal(make_transmitter(make_site(world)), "AT")
    running.settle()
    page = page_of(desk, Case.objects.get())
    assert "Calling people" not in page
    assert "a panel" in page


def lose(world: World, name: str, carrier: str, at_s: int) -> Outage:
    """Let a path of a new site be lost."""
    panel = make_transmitter(make_site(world, name), carrier=carrier)
    heard = NIGHT - 5 * MINUTE
    at = NIGHT + at_s * SECOND
    case = open_or_join(lost=LostPath(panel.site, carrier, heard), by="test", at=at)
    return Outage.objects.create(
        tenant=world.tenant, path=TransmissionPath.objects.get(transmitter=panel), began_at=heard,
        flagged_at=at, case=case,
    )  # fmt: skip


def test_a_case_of_lost_paths_lists_them_with_what_came_back(
    desk: Client, leader: Client, world: World
) -> None:
    make_contract(world)
    first = lose(world, "Lärkan skola", "Nätbolaget", 0)
    second = lose(world, "Trasten skola", "Nätbolaget", 30)
    assert first.case == second.case
    assert first.case is not None
    page = page_of(desk, first.case)
    assert "2 of 2 still silent" in page
    assert "Call the carrier (Nätbolaget). No guard is needed." in page
    assert "Who can go" not in page
    sent = desk.post(f"/cases/{first.case.pk}/offer/{make_unit(world, 'V7').unit.pk}/")
    assert sent.status_code == 409
    assert "Nobody is sent to a carrier" in sent.content.decode()
    assert not first.case.offers.exists()
    for words in ("Lärkan skola", "Trasten skola", "Nätbolaget", "01:55:00", "02:00:30", "silence"):
        assert words in page
    first.ended_at = NIGHT + 7 * MINUTE
    first.save()
    page = shown(leader, "/night/")
    assert "1 of 2 still silent" in page
    assert "02:07:00" in page
    Outage.objects.update(ended_at=NIGHT + 8 * MINUTE)
    page = page_of(desk, first.case)
    assert "All heard again since 02:08:00." in page
    for words in ("Call the carrier", "Needs a person", "ends by itself"):
        assert words not in page


def test_a_carriers_fault_says_whose_at_how_many_sites_and_first_what_to_do(
    desk: Client, world: World
) -> None:
    lost = [lose(world, f"Skola {number}", "Nätbolaget", number) for number in range(3)]
    case = lost[-1].case
    assert case is not None
    row = shown(desk, "/console/cases/", fragment=True)
    assert "Line fault at Nätbolaget, 3 sites" in row  # as it is called out
    page = page_of(desk, case)
    assert "Line fault at Nätbolaget" in page
    assert page.index("Call the carrier (Nätbolaget)") < page.index("3 of 3 still silent")
    assert page.index("Call the carrier (Nätbolaget)") < page.index("Skola 0")
    assert "Heard before the loss" in page


def test_what_is_heard_again_needs_nobody_and_says_when_it_ends(
    desk: Client, leader: Client, world: World, running: Running
) -> None:
    """Until the case has ended by itself, ten minutes later."""
    make_contract(world)
    for number in range(3):
        lose(world, f"Skola {number}", "*", 0)
    assert "3 sites at once" in shown(desk, "/console/cases/", fragment=True)
    running.hands.move_to(NIGHT + 5 * MINUTE)
    for path in TransmissionPath.objects.all():
        PathState.objects.create(path=path, state="lost", since=NIGHT, heard_at=NIGHT - 5 * MINUTE)
    now = NIGHT + 6 * MINUTE
    paths = list(TransmissionPath.objects.all())
    before = Event.objects.count()
    note_heard(heard=[Heard(one, NIGHT + 5 * MINUTE) for one in paths], at=now)
    assert Event.objects.count() == before + 1, "the lists are told"
    case = Case.objects.get()
    for page in (
        page_of(desk, case), shown(desk, "/console/cases/", fragment=True), shown(leader, "/night/")
    ):  # fmt: skip
        assert "All heard again since 02:05:00" in page
        assert "Needs a person" not in page
        assert "data-ages-from" not in page
    assert "The case ends by itself at 02:16 unless a path is lost anew." in page_of(desk, case)
    running.at(now + 10 * MINUTE)
    assert Case.objects.get().state == "closed"


def test_very_many_lost_paths_are_counted(
    desk: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("narvaro.web.silence.PATHS_SHOWN", 2)
    lost = [lose(world, f"Skola {number}", "Nätbolaget", number) for number in range(5)]
    case = lost[-1].case
    assert case is not None
    page = page_of(desk, case)
    assert "and 3 paths more" in page
    assert page.count("Skola ") == 2


def test_a_missed_sign_of_life_says_whose_when_and_how_old_the_position_is(
    desk: Client, world: World, running: Running
) -> None:
    make_contacts(world, 1)
    crewed = make_unit(world, "V7")
    checkin.start_watch(
        unit=crewed.unit, member_id=crewed.member.pk, interval_s=900, by="test", at=NIGHT
    )
    running.at(NIGHT + 15 * MINUTE)
    case = Case.objects.get()
    assert "No sign of life" in shown(desk, "/console/units/")
    page = page_of(desk, case)
    assert "<b>V7</b> should have given a sign of life by 02:15:00." in page
    assert "None has come." in page
    assert f"watch begun by {crewed.member.service_number}" in page
    assert '<a href="tel:+46701740605" class="nowrap">+46701740605</a>' in page
    for one in (page, shown(desk, "/console/cases/", fragment=True)):
        assert "Missed sign of life" in one
        assert "V7 does not answer" in one
        assert "Staff assistance" not in one
    assert "the system noticed the silence" in page
    assert "old position" in page
    assert 'datetime="2026-11-24T00:59:00.000Z"' in page
    running.hands.advance(60)
    checkin.check_in(unit_id=crewed.unit.pk, by="test", at=NIGHT + 16 * MINUTE)
    assert "One came at 02:16:00." in page_of(desk, case)
    assert "No sign of life" not in shown(desk, "/console/units/")
    running.at(NIGHT + 31 * MINUTE)
    assert Case.objects.get() == case
    assert "should have given a sign of life by 02:31:00." in page_of(desk, case)
    assert "None has come." in page_of(desk, case)
    assert "once more: V7 does not answer" in shown(desk, "/console/cases/", fragment=True)
    checkin.end_watch(unit_id=crewed.unit.pk, by="test", at=NIGHT + 32 * MINUTE)
    assert "said at 02:32:00 that nobody is alone" in page_of(desk, case)


def test_the_telephone_of_a_duty_is_for_who_may_take_the_case(world: World, case: Case) -> None:
    """The buyer knows of the case; he takes none."""
    for role, phones in (
        (Role.DISPATCHER, [("Jour 1", "+46701740605"), ("Jour 2", "+46701740606")]),
        (Role.SHIFT_LEADER, [("Jour 1", "+46701740605"), ("Jour 2", "+46701740606")]),
        (Role.COORDINATOR, []),
    ):
        assert list_duty_phones(make_viewer(make_member(world, role)), case) == phones


def test_who_is_offered_to_look_for_a_guard_reads_that_he_does_not_answer(
    world: World, running: Running
) -> None:
    crewed, other = make_unit(world, "V7"), make_unit(world, "V8")
    checkin.start_watch(
        unit=crewed.unit, member_id=crewed.member.pk, interval_s=900, by="test", at=NIGHT
    )
    running.at(NIGHT + 15 * MINUTE)
    page = shown(browser_of(other.member), "/phone/")
    assert "Missed sign of life" in page
    assert "V7 does not answer" in page
