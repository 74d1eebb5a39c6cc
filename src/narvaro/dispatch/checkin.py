"""Signs of life of a guard who works alone. In: check-ins. Out: a case when one does not come.

The server waits, not the phone: a phone that is dead, without network or without battery is just
what must be noticed. While a watch runs, its timer stands; each check-in moves it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from narvaro.core.watch import WatchState, begin, note_missing, take_sign
from narvaro.directory.models import Unit
from narvaro.dispatch import escalation
from narvaro.dispatch.events import WatchChanged
from narvaro.dispatch.models import Watch
from narvaro.situation.actions import share_case
from narvaro.situation.models import Case
from narvaro.situation.queries import newest_positions
from narvaro.situation.signals import (
    ACTIVE,
    next_case_number,
    share_by_default,
    tell_changed,
    tell_opened,
)
from narvaro.spine import events, timers
from narvaro.spine.models import Timer
from narvaro.spine.refusal import Refused

MISSED = "watch.missed"
INTERVALS_S = (15 * 60, 30 * 60, 45 * 60, 60 * 60)
LIFE = 1
KEPT = timedelta(days=90)


@transaction.atomic
def start_watch(*, unit: Unit, member_id: UUID, interval_s: int, by: str, at: datetime) -> Watch:
    """Begin to wait for a unit's signs of life; a running watch gets the new interval."""
    if interval_s not in INTERVALS_S:
        raise Refused("interval", "Choose one of the intervals.", status=422)
    events.hold(unit.tenant_id)
    watch = _find_running(unit.pk)
    if watch is None:
        watch = Watch(tenant_id=unit.tenant_id, unit=unit, member_id=member_id, began_at=at)
    returned = watch.missed_at is not None
    watch.interval_s = interval_s
    _wait_on(watch, begin(interval_s=interval_s, at=at))
    if returned:
        _tell(watch, "returned", by=by, at=at)
    _tell(watch, "started", by=by, at=at)
    return watch


@transaction.atomic
def check_in(
    *, unit_id: UUID, by: str, at: datetime, given_at: datetime | None = None
) -> Watch | None:
    """Note a sign of life; None where nobody waits for one. A missed one is answered with it too.

    One that the phone kept for want of a net counts from when it was given; where the next should
    have come since, it says nothing of now, and nothing changes.
    """
    watch = _find_running(unit_id)
    if watch is None:
        return None
    events.hold(watch.tenant_id)
    waiting = take_sign(_as_waiting(watch), at=at, given_at=given_at)
    if waiting is None:
        return watch
    returned = watch.missed_at is not None
    _wait_on(watch, waiting)
    if returned:
        _tell(watch, "returned", by=by, at=at)
    return watch


@transaction.atomic
def end_watch(*, unit_id: UUID, by: str, at: datetime) -> bool:
    """Stop waiting: the guard is no longer alone, or goes off duty. False where nobody waited."""
    watch = _find_running(unit_id)
    if watch is None:
        return False
    events.hold(watch.tenant_id)
    watch.ended_at = at
    watch.save(update_fields=["ended_at"])
    timers.cancel(MISSED, subject=watch.pk, at=at)
    _tell(watch, "ended", by=by, at=at)
    return True


def _find_running(unit_id: UUID) -> Watch | None:
    running = Watch.objects.select_for_update(no_key=True).filter(unit_id=unit_id, ended_at=None)
    return running.first()


def _as_waiting(watch: Watch) -> WatchState:
    return WatchState(watch.interval_s, watch.seen_at, watch.due_at, watch.missed_at)


def _wait_on(watch: Watch, waiting: WatchState) -> None:
    watch.seen_at, watch.due_at = waiting.seen_at, waiting.due_at
    watch.missed_at = waiting.missed_at
    watch.save()
    timers.set_to(MISSED, tenant_id=watch.tenant_id, subject=watch.pk, deadline=watch.due_at)


@timers.fires(MISSED)
def miss(timer: Timer, now: datetime) -> None:
    """Raise a case where the unit was last seen, and tell people at once.

    While the case of a miss before is active it is that case once more: who had it hears of it anew.
    """
    watch = (
        Watch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("unit")
        .get(pk=timer.subject)
    )
    missing = note_missing(_as_waiting(watch), at=now)
    if watch.ended_at is not None or missing is None:
        return
    watch.missed_at = missing.missed_at
    watch.case = _join_case(watch, now) or _open_case(watch, now)
    watch.save(update_fields=["missed_at", "case"])
    _tell(watch, "missed", by=events.SYSTEM, at=now)
    escalation.begin_anew(case=watch.case, at=now)


def _join_case(watch: Watch, now: datetime) -> Case | None:
    before = Watch.objects.filter(unit_id=watch.unit_id).exclude(case=None).values("case")
    active = Case.objects.select_for_update(no_key=True, of=("self",))
    case = active.filter(pk__in=before, state__in=ACTIVE).order_by("-number").first()
    if case is None:
        return None
    last = newest_positions([watch.unit_id]).get(watch.unit_id)
    if last is not None:
        case.lat, case.lon = last.lat, last.lon
    case.last_signal_at = now
    case.save(update_fields=["lat", "lon", "last_signal_at"])
    tell_changed(case, "raised", by=events.SYSTEM, at=now)
    return case


def _open_case(watch: Watch, now: datetime) -> Case:
    last = newest_positions([watch.unit_id]).get(watch.unit_id)
    case = Case.objects.create(
        tenant_id=watch.tenant_id,
        number=next_case_number(watch.tenant_id),
        kind=Case.Kind.ASSISTANCE,
        born=Case.Born.WATCH,
        priority=LIFE,
        place=watch.unit.call_sign,
        lat=last.lat if last else None,
        lon=last.lon if last else None,
        needs=[],
        offer_by_rule=True,
        triggered_at=watch.due_at,
        received_at=now,
        last_signal_at=now,
    )
    audience = share_by_default(case, now)
    if watch.unit.organisation_id not in audience:
        share_case(case=case, organisation_id=watch.unit.organisation_id)
        audience.append(watch.unit.organisation_id)
    tell_opened(case, audience, by=events.SYSTEM, at=now)
    return case


def _tell(watch: Watch, what: str, *, by: str, at: datetime) -> None:
    events.append(
        WatchChanged(watch.unit_id, watch.pk, what, watch.due_at, watch.case_id),
        tenant_id=watch.tenant_id,
        subject=watch.unit_id,
        audience=[watch.unit.organisation_id],
        by=by,
        at=at,
    )


@transaction.atomic
def drop_old_watches(*, at: datetime) -> int:
    """Delete the watches that ended long ago; return how many."""
    count, _ = Watch.objects.filter(ended_at__lt=at - KEPT).delete()
    return count


def list_silent(unit_ids: list[UUID]) -> set[UUID]:
    """List the units whose sign of life is missing: none of them is asked to go anywhere."""
    missing = Watch.objects.filter(unit_id__in=unit_ids, ended_at=None).exclude(missed_at=None)
    return set(missing.values_list("unit_id", flat=True))


def silent_watches(case_ids: list[UUID]) -> dict[UUID, Watch]:
    """Return, by case, the watch whose sign of life is still missing."""
    missing = Watch.objects.filter(case_id__in=case_ids, ended_at=None).exclude(missed_at=None)
    return {one.case_id: one for one in missing if one.case_id is not None}


def list_heard(case_ids: list[UUID]) -> set[UUID]:
    """List the cases whose guard was missing and has been heard since."""
    heard = Watch.objects.filter(case_id__in=case_ids, ended_at=None, missed_at=None)
    return set(heard.values_list("case_id", flat=True))


def list_missed_in(case_id: UUID) -> set[UUID]:
    """List the units that a case is about: none is sent to look for itself, also come back."""
    return set(Watch.objects.filter(case_id=case_id).values_list("unit_id", flat=True))
