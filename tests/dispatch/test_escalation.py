"""Who is told when nobody answers: each step once and in time, until somebody has it."""

from datetime import timedelta

import pytest

from narvaro.directory.models import Contact
from narvaro.dispatch import checkin, escalation, responses
from narvaro.dispatch.actions import offer_to
from narvaro.dispatch.following import DISPATCH
from narvaro.dispatch.models import Escalation, Offer
from narvaro.situation.models import Case
from narvaro.spine import clock, events, timers
from narvaro.spine.clock import Hands, ruled_by
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event, Notification, Tenant
from tests.at_once import at_once
from tests.make import (
    NIGHT,
    World,
    crew_of,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_world,
    send_signal,
)


def make_contacts(world: World) -> None:
    """A shift leader after a minute, the company's duty two minutes later."""
    for step, duty, after_s in ((1, "Arbetsledare", 60), (2, "Chef i beredskap", 120)):
        Contact.objects.create(
            tenant=world.tenant, organisation=world.company, duty=duty, step=step, after_s=after_s,
            phone=f"+4670000000{step}", mail=f"jour{step}@bolaget.example",
        )  # fmt: skip


@pytest.fixture
def night(world: World) -> World:
    Tenant.objects.filter(pk=world.tenant.pk).update(mode="manned")
    make_contacts(world)
    return world


def alarm(world: World) -> Case:
    """Let a panel of a new site send a break-in, seen by dispatch."""
    site = make_site(world)
    make_plan(site, offer="person", priority=1)
    send_signal(make_transmitter(site), "BA", at=clock.now())
    events.advance(DISPATCH, world.tenant.pk)
    return Case.objects.get(site=site)


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.order_by("made_at", "channel").values_list("channel", "address")
    return [(channel, address[-1] if channel == "sms" else address[4]) for channel, address in rows]


def test_each_step_tells_over_two_channels_at_its_time(night: World, hands: Hands) -> None:
    """The leader after 60 s, the duty 120 s later, and again every five minutes."""
    case = alarm(night)
    hands.advance(59)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1
    assert told() == [("mail", "1"), ("sms", "1")]
    hands.advance(119)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1
    assert told()[2:] == [("mail", "2"), ("sms", "2")]
    hands.advance(300)
    timers.fire_due()
    assert told()[4:] == [("mail", "2"), ("sms", "2")]
    said = Event.objects.filter(kind="case.escalated", subject=case.pk)
    assert said.count() == 3
    text = Notification.objects.first()
    assert text is not None
    assert str(case.number) in text.text
    assert case.place in text.text


def test_who_takes_the_case_ends_it(night: World, hands: Hands) -> None:
    """Accepted, or a person says that he has it: nobody else is called."""
    case = alarm(night)
    assert escalation.acknowledge(case=case, by="L201", at=clock.now())
    assert not escalation.acknowledge(case=case, by="L201", at=clock.now())
    hands.advance(599)
    timers.fire_due()
    assert told() == []
    assert Escalation.objects.get().why == "acknowledged"


def test_what_was_taken_and_not_acted_on_comes_back(night: World, hands: Hands) -> None:
    """After the time in which somebody should be there it waits for an answer, and can be taken anew."""
    case, taken_at = alarm(night), clock.now()
    escalation.acknowledge(case=case, by="L201", at=taken_at)
    hands.advance(600)
    timers.fire_due()
    assert told() == [("mail", "1"), ("sms", "1")]
    row = Escalation.objects.get()
    assert (row.came_back, row.taken_by, row.taken_at) == (True, "L201", taken_at)
    assert (row.ended_at, row.ended_by, row.why) == (None, "", "")
    assert escalation.acknowledge(case=case, by="L202", at=clock.now())
    hands.advance(599)
    timers.fire_due()
    assert len(told()) == 2
    hands.advance(1)
    timers.fire_due()
    assert told()[2:] == [("mail", "2"), ("sms", "2")]


@pytest.mark.parametrize("state", ["accepted", "closed"])
def test_what_was_taken_and_acted_on_does_not_come_back(
    night: World, hands: Hands, state: str
) -> None:
    case = alarm(night)
    escalation.acknowledge(case=case, by="L201", at=clock.now())
    Case.objects.update(state=state)
    hands.advance(3600)
    timers.fire_due()
    assert told() == []
    assert Escalation.objects.get().why == "acknowledged"


def test_a_silent_path_stays_with_who_took_it(night: World, hands: Hands) -> None:
    """A carrier's fault may last for hours, and nobody is to be there."""
    case = alarm(night)
    Case.objects.update(kind="path")
    case.refresh_from_db()
    escalation.acknowledge(case=case, by="L201", at=clock.now())
    hands.advance(3600)
    timers.fire_due()
    assert told() == []


def test_an_accepted_offer_ends_it_even_before_the_reader_comes(night: World, hands: Hands) -> None:
    """The step looks at the case itself, in its own transaction."""
    make_unit(night, "V1", lat=59.0)
    case = alarm(night)
    offer = offer_to(case=case, unit_id=make_unit(night, "V2").unit.pk, by="L201", at=clock.now())
    assert isinstance(offer, Offer)
    responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew_of(offer.unit).pk, by="V201",
        at=clock.now(),
    )  # fmt: skip
    hands.advance(60)
    timers.fire_due()
    assert told() == []
    assert Escalation.objects.get().why == "accepted"


def test_a_case_that_becomes_grave_is_escalated_from_then_on(night: World, hands: Hands) -> None:
    """A duress alarm that joins a tamper alarm is not lost among what can wait."""
    site = make_site(night)
    panel = make_transmitter(site)
    send_signal(panel, "TA", at=clock.now())
    events.advance(DISPATCH, night.tenant.pk)
    assert not Escalation.objects.exists()
    hands.advance(30)
    send_signal(panel, "HA", at=clock.now(), zone="9")
    events.advance(DISPATCH, night.tenant.pk)
    hands.advance(59)
    timers.fire_due()
    assert told() == []
    hands.advance(1)
    timers.fire_due()
    assert told() == [("mail", "1"), ("sms", "1")]


def test_without_contacts_it_is_said_that_nobody_can_be_told(world: World, hands: Hands) -> None:
    """It is an event that the case shows, and no silence."""
    Tenant.objects.filter(pk=world.tenant.pk).update(mode="manned")
    alarm(world)
    hands.advance(60)
    timers.fire_due()
    said = Event.objects.get(kind="case.escalated")
    assert "nobody_to_tell" in (said.payload or "")


def test_a_case_that_can_wait_is_not_escalated(night: World, hands: Hands) -> None:
    """Nobody is woken for a priority 3."""
    site = make_site(night)
    send_signal(make_transmitter(site), "AT", at=clock.now())
    events.advance(DISPATCH, night.tenant.pk)
    assert Case.objects.get(site=site).priority > escalation.URGENT
    assert not Escalation.objects.exists()


@pytest.mark.parametrize("jump_s", [-3600, 3600])
def test_a_clock_that_steps_moves_no_step(night: World, hands: Hands, jump_s: float) -> None:
    """N seconds are N seconds by the machine's uptime."""
    alarm(night)
    hands.advance(30)
    hands.jump(jump_s)
    hands.advance(29)
    assert timers.fire_due() == 0
    hands.advance(1)
    assert timers.fire_due() == 1
    assert len(told()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_tell_once() -> None:
    """Both fire; one step, one event, one notification for each channel."""
    hands = Hands(NIGHT)
    with ruled_by(hands):
        world = make_world()
        Tenant.objects.filter(pk=world.tenant.pk).update(mode="manned")
        make_contacts(world)
        alarm(world)
        hands.advance(60)
        assert at_once(*[timers.fire_due] * 4) == []
    assert told() == [("mail", "1"), ("sms", "1")]
    assert Event.objects.filter(kind="case.escalated").count() == 1


@pytest.mark.parametrize(
    ("after_s", "said"),
    [(0, "1 sekund"), (20, "20 sekunder"), (119, "119 sekunder"), (125, "2 minuter")],
)
def test_what_is_sent_says_the_case_once_and_for_how_long(
    night: World, hands: Hands, after_s: int, said: str
) -> None:
    case = alarm(night)
    title, text = escalation.words_of(case, clock.now() + timedelta(seconds=after_s))
    assert title == f"Närvaro: ärende {case.number}, {case.place}"
    assert text == (
        f"Ärende {case.number}, prio 1, {case.place}: ingen har svarat på {said}. "
        "Ta ärendet i Närvaro, eller ring operatörsplatsen."
    )


def test_what_is_sent_of_a_guard_alone_says_who_and_since_when(night: World, hands: Hands) -> None:
    """Who was heard after all is not said to be silent still."""
    crew = make_unit(night, "V5")
    checkin.start_watch(
        unit=crew.unit, member_id=crew.member.pk, interval_s=900, by="V5", at=clock.now()
    )
    hands.advance(900)
    timers.fire_due()
    timers.fire_due()
    case = Case.objects.get()
    text = Notification.objects.filter(channel="sms").get().text
    assert text == (
        f"Ärende {case.number}, prio 1: V5 arbetar ensam och har inte gett livstecken sedan 02:00. "
        "Ring väktaren. Ta ärendet i Närvaro, eller ring operatörsplatsen."
    )
    checkin.check_in(unit_id=crew.unit.pk, by="V5", at=clock.now())
    said = escalation.words_of(case, clock.now())[1]
    assert "svar från telefonen" in said
    assert "Tala med väktaren" in said
