"""Messages to people, over channels that may fail. In: a text and an address. Out: sent, or said why not.

A notification is written in the transaction of what it tells, so that neither can be without the other,
and sent after it by whoever takes its lease. Sent is at least once: a sender that dies between the
channel's yes and ours sends it again, under the same key.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from django.db.models import Q

from narvaro.spine import clock
from narvaro.spine.models import Notification

logger = logging.getLogger(__name__)

LEASE_S = 60
GIVEN_UP = timedelta(hours=2)
LONGEST_PAUSE_S = 300
WORDS = 200


class NotSentError(Exception):
    """A channel did not take a notification; says why, without its text."""


Channel: TypeAlias = Callable[[Notification], None]
"""Sends one notification, within seconds; raises NotSentError."""


def put(
    *,
    tenant_id: UUID,
    channel: str,
    address: str,
    title: str,
    text: str,
    key: str,
    subject: UUID | None,
    at: datetime,
) -> None:
    """Write a notification, in the caller's transaction; one with the same key is there already."""
    Notification.objects.get_or_create(
        key=key,
        defaults={
            "tenant_id": tenant_id, "channel": channel, "address": address, "title": title,
            "text": text, "subject": subject, "made_at": at, "not_before": at,
        },
    )  # fmt: skip


CHANNELS = ("mail", "sms")


def send_due(channels: Mapping[str, Channel], only: str = "", limit: int = 20) -> int:
    """Send what waits, or what waits for one channel; return how many. Never inside a transaction."""
    now = clock.now()
    waiting = Notification.objects.filter(
        _is_past("not_before", now, LONGEST_PAUSE_S), sent_at=None, given_up_at=None
    )
    if only:
        waiting = waiting.filter(channel=only)
    waiting = waiting.filter(Q(lease_until=None) | _is_past("lease_until", now, LEASE_S))
    return sum(_send(one, channels, now) for one in waiting.order_by("made_at")[:limit])


def _is_past(field: str, now: datetime, longest_s: int) -> Q:
    """Return what lies in the past, or further ahead than it was ever set: the clock was set back."""
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": now + timedelta(seconds=longest_s)})


def _send(notification: Notification, channels: Mapping[str, Channel], now: datetime) -> bool:
    free = Notification.objects.filter(
        pk=notification.pk, sent_at=None, lease_until=notification.lease_until
    )
    if not free.update(lease_until=now + timedelta(seconds=LEASE_S)):
        return False
    try:
        channels.get(notification.channel, _nowhere)(notification)
    except NotSentError as fault:
        _put_off(notification, str(fault), now)
        return False
    except Exception as fault:
        # Whatever a channel made of one notification, the others are sent.
        logger.exception("channel failed", extra={"notification": str(notification.pk)})
        _put_off(notification, type(fault).__name__, now)
        return False
    Notification.objects.filter(pk=notification.pk).update(
        sent_at=clock.now(), lease_until=None, last_error=""
    )
    logger.info(
        "notification sent",
        extra={"notification": str(notification.pk), "channel": notification.channel},
    )
    return True


def _nowhere(notification: Notification) -> None:
    raise NotSentError(f"no channel {notification.channel} is set up")


def _put_off(notification: Notification, why: str, now: datetime) -> None:
    failures = notification.failures + 1
    over = now - notification.made_at > GIVEN_UP
    pause_s = min(2 ** min(failures, 10), LONGEST_PAUSE_S)
    Notification.objects.filter(pk=notification.pk).update(
        failures=min(failures, 1000),
        last_error=why[:WORDS],
        lease_until=None,
        not_before=now + timedelta(seconds=pause_s),
        given_up_at=now if over else None,
    )
    logger.error(
        "notification given up" if over else "notification not sent",
        extra={
            "notification": str(notification.pk),
            "channel": notification.channel,
            "why": why[:WORDS],
        },
    )


def count_failing(older_than_s: float = 30.0) -> dict[str, int]:
    """Return by channel how many notifications wait although they should have been sent."""
    since = clock.now() - timedelta(seconds=older_than_s)
    waiting = Notification.objects.filter(sent_at=None, given_up_at=None, made_at__lt=since)
    found: dict[str, int] = {}
    for channel in waiting.values_list("channel", flat=True):
        found[channel] = found.get(channel, 0) + 1
    return found
