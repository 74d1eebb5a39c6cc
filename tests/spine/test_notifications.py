"""Messages to people: put up once, sent at least once, tried again, given up in the end."""

from datetime import timedelta

import pytest
from django.db import transaction

from narvaro.spine import notifications
from narvaro.spine.clock import Hands, ruled_by
from narvaro.spine.models import Notification
from narvaro.spine.notifications import NotSentError
from tests.at_once import at_once
from tests.make import NIGHT, World, make_world


def put(world: World, key: str = "k", channel: str = "sms") -> None:
    with transaction.atomic():
        notifications.put(
            tenant_id=world.tenant.pk, channel=channel, address="+46000", title="t", text="words",
            key=key, subject=None, at=NIGHT,
        )  # fmt: skip


def refuse(_notification: Notification) -> None:
    raise NotSentError("the gateway says 503")


def test_a_notice_is_put_up_once_and_sent_once(world: World, hands: Hands) -> None:
    """The same key again is the same notification."""
    sent: list[str] = []
    put(world)
    put(world)
    channels = {"sms": lambda one: sent.append(one.text)}
    assert notifications.send_due(channels) == 1
    assert notifications.send_due(channels) == 0
    assert sent == ["words"]
    assert Notification.objects.get().sent_at == NIGHT


def test_a_channel_that_refuses_is_tried_again_and_given_up_after_two_hours(
    world: World, hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    """The reason stands on the notification and in the log, its text does not."""
    put(world)
    assert notifications.send_due({"sms": refuse}) == 0
    hands.advance(1)
    assert notifications.send_due({"sms": refuse}) == 0
    assert Notification.objects.get().failures == 1
    for _ in range(60):
        hands.advance(300)
        notifications.send_due({"sms": refuse})
    one = Notification.objects.get()
    assert one.given_up_at is not None
    assert one.last_error == "the gateway says 503"
    assert "words" not in caplog.text
    assert "+46000" not in caplog.text


def test_a_channel_that_is_not_set_up_is_said(world: World, hands: Hands) -> None:
    """A notification for it waits, and is counted as failing."""
    put(world, channel="mail")
    assert notifications.send_due({}) == 0
    assert "no channel mail" in Notification.objects.get().last_error
    hands.advance(31)
    assert notifications.count_failing() == {"mail": 1}


def test_a_channel_alone_sends_its_own_and_whatever_it_raises_holds_up_nobody(
    world: World, hands: Hands
) -> None:
    """Mail that hangs is another thread's; a channel that breaks is put off."""

    def breaks(notification: Notification) -> None:
        raise ValueError("a line feed in the address")

    put(world, "a", "mail")
    put(world, "b", "sms")
    put(world, "c", "sms")
    sent: list[str] = []
    channels = {"mail": breaks, "sms": lambda one: sent.append(one.key)}
    assert notifications.send_due(channels, "mail") == 0
    assert notifications.send_due(channels, "sms") == 2
    assert sorted(sent) == ["b", "c"]
    assert Notification.objects.get(key="a").last_error == "ValueError"


def test_a_clock_that_is_set_back_delays_no_second_try(world: World, hands: Hands) -> None:
    """A pause is never longer than the longest pause."""
    put(world)
    notifications.send_due({"sms": refuse})
    hands.jump(-3600)
    sent: list[str] = []
    assert notifications.send_due({"sms": lambda one: sent.append(one.key)}) == 1


def test_a_sender_that_died_gives_its_lease_up(world: World, hands: Hands) -> None:
    """What it had taken is sent by the next one."""
    put(world)
    Notification.objects.update(lease_until=NIGHT + timedelta(seconds=60))
    sent: list[str] = []
    channels = {"sms": lambda one: sent.append(one.key)}
    assert notifications.send_due(channels) == 0
    hands.advance(61)
    assert notifications.send_due(channels) == 1


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_notice_once() -> None:
    """Whoever takes the lease sends it."""
    with ruled_by(Hands(NIGHT)):
        world = make_world()
        for number in range(10):
            put(world, str(number))
        sent: list[str] = []
        channels = {"sms": lambda one: sent.append(one.key)}
        assert at_once(*[lambda: notifications.send_due(channels)] * 3) == []
    assert sorted(sent) == sorted(map(str, range(10)))
