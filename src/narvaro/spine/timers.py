"""Timers: rows with absolute deadlines. In: a kind, a subject, a deadline. Out: one call, once.

A deadline stands twice: as a time, and by the machine's uptime. As long as the machine runs that it
was set on, the uptime decides, so that a clock that steps fires nothing early and nothing late;
after a restart of the machine, and on another one, the time does.

A handler runs in the transaction that marks its timer fired: both happen or neither does. A
restart loses nothing, for the rows are the timers. A handler that raises is tried again later,
and said in the log.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q

from narvaro.spine import clock
from narvaro.spine.events import hold
from narvaro.spine.models import Timer

logger = logging.getLogger(__name__)

Handler = Callable[[Timer, datetime], None]
_handlers: dict[str, Handler] = {}

LONGEST_PAUSE_S = 60
OVERDUE_S = 5.0  # a timer that is later than this is a trouble


def fires(kind: str) -> Callable[[Handler], Handler]:
    """Name the function that runs when a timer of this kind is due."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def start(kind: str, *, tenant_id: UUID, subject: UUID, deadline: datetime) -> None:
    """Set a timer, in the caller's transaction."""
    if kind not in _handlers:
        raise LookupError(f"No handler is named for timers of kind {kind!r}.")
    uptime = clock.uptime()
    Timer.objects.create(
        tenant_id=tenant_id,
        kind=kind,
        subject=subject,
        deadline=deadline,
        boot=uptime.boot,
        boot_deadline_s=uptime.seconds + (deadline - clock.now()).total_seconds(),
    )


def set_to(kind: str, *, tenant_id: UUID, subject: UUID, deadline: datetime) -> None:
    """Move the waiting timer of this kind and subject, or set one, in the caller's transaction."""
    uptime = clock.uptime()
    waiting = Timer.objects.filter(kind=kind, subject=subject, fired_at=None, cancelled_at=None)
    moved = waiting.update(
        deadline=deadline,
        boot=uptime.boot,
        boot_deadline_s=uptime.seconds + (deadline - clock.now()).total_seconds(),
        not_before=None,
    )
    if not moved:
        start(kind, tenant_id=tenant_id, subject=subject, deadline=deadline)


def cancel(kind: str, *, subject: UUID, at: datetime) -> None:
    """Cancel the waiting timers of this kind and subject, in the caller's transaction."""
    waiting = Timer.objects.filter(kind=kind, subject=subject, fired_at=None, cancelled_at=None)
    waiting.update(cancelled_at=at)


def _is_due(late_by_s: float) -> Q:
    """Return what is due for longer than that: by the uptime where it was set on this machine."""
    now, uptime = clock.now(), clock.uptime()
    due = Q(boot=uptime.boot, boot_deadline_s__lte=uptime.seconds - late_by_s)
    return due | (~Q(boot=uptime.boot) & Q(deadline__lte=now - timedelta(seconds=late_by_s)))


def fire_due(limit: int = 100, late_by_s: float = 0.0) -> int:
    """Fire what is due, or due for longer than `late_by_s` seconds; return how many fired."""
    now, due = clock.now(), _is_due(late_by_s)
    # Another process may know kinds that this one does not: they are left to it.
    found = Timer.objects.filter(due, kind__in=list(_handlers), fired_at=None, cancelled_at=None)
    found = found.filter(Q(not_before=None) | Q(not_before__lte=now)).order_by("deadline")
    first = list(found.values_list("pk", "tenant_id")[:limit])
    return sum(_fire(pk, tenant_id, due, now) for pk, tenant_id in first)


def count_waiting() -> int:
    """Return how many timers wait for their deadline."""
    return Timer.objects.filter(fired_at=None, cancelled_at=None).count()


def list_deadlines(kind: str, subjects: Iterable[UUID]) -> dict[UUID, datetime]:
    """List, by subject, when the waiting timers of a kind are due."""
    waiting = Timer.objects.filter(kind=kind, subject__in=list(subjects), fired_at=None)
    return dict(waiting.filter(cancelled_at=None).values_list("subject", "deadline"))


def find_overdue() -> tuple[int, datetime | None]:
    """Return how many timers should have fired over `OVERDUE_S` ago, and the first deadline."""
    found = Timer.objects.filter(_is_due(OVERDUE_S), fired_at=None, cancelled_at=None)
    said = found.aggregate(count=Count("pk"), first=Min("deadline"))
    return said["count"], said["first"]


def _fire(pk: UUID, tenant_id: UUID, due: Q, now: datetime) -> bool:
    try:
        with transaction.atomic():
            hold(tenant_id)
            waiting = Timer.objects.select_for_update(no_key=True, skip_locked=True)
            # Due still: it may have been fired, cancelled or moved since it was found.
            timer = waiting.filter(due, pk=pk, fired_at=None, cancelled_at=None).first()
            if timer is None:
                return False
            timer.fired_at = now
            timer.save(update_fields=["fired_at"])
            _handlers[timer.kind](timer, now)
    except Exception:
        # One timer that fails must not hold up the others; it is tried again, and said.
        logger.exception("timer failed", extra={"timer": str(pk)})
        _put_off(pk, now)
        return False
    return True


def _put_off(pk: UUID, now: datetime) -> None:
    with transaction.atomic():
        timer = Timer.objects.select_for_update(no_key=True).get(pk=pk)
        timer.failures = min(timer.failures + 1, 1000)
        timer.not_before = now + timedelta(seconds=min(2**timer.failures, LONGEST_PAUSE_S))
        timer.save(update_fields=["failures", "not_before"])
