"""Whose silence is late, and whose is a loss. In: what the receivers heard. Out: states, outages, cases.

Judged is only up to the moment to which every receiver has saved what it heard, so that no sign of
life that is on its way is overlooked; silence while a receiver was not listening is not counted.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from narvaro.core import supervision as rules
from narvaro.core.supervision import STABLE_S, TOGETHER_S, PathSilence, Terms, find_terms
from narvaro.directory.models import TransmissionPath
from narvaro.intake.models import Outage, PathState
from narvaro.situation.models import Case
from narvaro.situation.paths import (
    MANY,
    LostPath,
    close_restored,
    open_or_join,
    send_if_alone,
    tell_heard_again,
)
from narvaro.spine import clock, events, timers
from narvaro.spine.events import SYSTEM
from narvaro.spine.models import Timer

logger = logging.getLogger(__name__)

ALONE = "path.alone"
STABLE = "path.stable"
AT_ONCE = 100  # rows in one transaction
Row = TypeVar("Row")


@dataclass(frozen=True)
class Heard:
    """A path that was heard."""

    path: TransmissionPath
    at: datetime


def _portions(rows: Sequence[Row], size: int = AT_ONCE) -> Iterator[list[Row]]:
    rest = iter(rows)
    while portion := list(islice(rest, size)):
        yield portion


def _terms(path: TransmissionPath) -> Terms | None:
    return find_terms(path.category, path.poll_interval_s, alternative=path.alternative)


def _as_silence(row: PathState) -> PathSilence:
    return PathSilence(cast("rules.State", row.state), row.heard_at, row.late_at, row.lost_at)


def _as_row(path: TransmissionPath, silence: PathSilence) -> PathState:
    return PathState(
        path=path, since=silence.heard_at, heard_at=silence.heard_at, late_at=silence.late_at,
        lost_at=silence.lost_at,
    )  # fmt: skip


def note_heard(*, heard: Sequence[Heard], at: datetime) -> int:
    """Note when paths were last heard, and restore those that were silent; return how many."""
    newest = {one.path.pk: one for one in sorted(heard, key=lambda one: one.at)}
    for portion in _portions(list(newest.values())):
        with transaction.atomic():
            before = PathState.objects.in_bulk([one.path.pk for one in portion])
            fresh: list[Heard] = []
            rows: list[PathState] = []
            for one in portion:
                known = before.get(one.path.pk)
                was = _as_silence(known) if known is not None else None
                found = rules.hear(was, at=one.at, now=at, terms=_terms(one.path))
                if found is not None:
                    fresh.append(one)
                    rows.append(_as_row(one.path, found))
            PathState.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["path"],
                update_fields=["heard_at", "late_at", "lost_at"],
            )
        for one in fresh:
            known = before.get(one.path.pk)
            if known is not None and known.state != PathState.State.OK:
                _restore(one, at)
    return len(newest)


@transaction.atomic
def _restore(heard: Heard, at: datetime) -> None:
    events.hold(heard.path.tenant_id)
    PathState.objects.filter(path=heard.path).update(state=PathState.State.OK, since=heard.at)
    outage = Outage.objects.filter(path=heard.path, ended_at=None).first()
    if outage is None:
        return
    outage.ended_at = heard.at
    outage.save(update_fields=["ended_at"])
    if outage.case_id is not None and not _is_out(outage.case_id):
        timers.cancel(STABLE, subject=outage.case_id, at=at)
        timers.start(
            STABLE, tenant_id=heard.path.tenant_id, subject=outage.case_id,
            deadline=at + timedelta(seconds=STABLE_S),
        )  # fmt: skip
        tell_heard_again(case_id=outage.case_id, by=SYSTEM, at=at)


def _is_out(case_id: UUID) -> bool:
    return Outage.objects.filter(case_id=case_id, ended_at=None).exists()


def begin_anew(*, since: datetime) -> int:
    """Give every path its whole time again from `since`, when a receiver began to listen."""
    now = clock.now()
    behind = _due(PathState.State.OK, PathState.State.LATE).filter(
        Q(heard_at__lt=since) | Q(heard_at__gt=now)
    )
    changed: list[PathState] = []
    for row in behind.select_related("path"):
        found = rules.begin_anew(_as_silence(row), since=since, now=now, terms=_terms(row.path))
        if found is not None:
            row.state = PathState.State(found.state)
            row.late_at, row.lost_at = found.late_at, found.lost_at
            changed.append(row)
    for portion in _portions(changed):
        with transaction.atomic():
            PathState.objects.bulk_update(portion, ["late_at", "lost_at", "state"])
    return len(changed)


def judge_silence(*, until: datetime, at: datetime) -> int:
    """Mark the paths whose silence up to `until` is late or a loss; return how many are new."""
    late = _judged("late", _due(PathState.State.OK).filter(late_at__lte=until), until)
    marked = 0
    for few in _portions([one.pk for one in late]):
        marked += PathState.objects.filter(
            pk__in=few, state=PathState.State.OK, late_at__lte=until
        ).update(state=PathState.State.LATE, since=until)
    silent = _due(PathState.State.OK, PathState.State.LATE).filter(lost_at__lte=until)
    silent = silent.select_related("path__transmitter__site")
    lost = _judged("lost", silent.order_by("path__tenant_id", "lost_at"), until)
    many = rules.is_widespread(len(lost))
    for portion in _portions(lost):
        marked += _lose(portion, many=many, until=until, at=at)
    return marked


def _judged(state: rules.State, rows: QuerySet[PathState], until: datetime) -> list[PathState]:
    return [one for one in rows if rules.judge(_as_silence(one), until=until) == state]


def _due(*states: PathState.State) -> QuerySet[PathState]:
    return PathState.objects.filter(state__in=states)


@transaction.atomic
def _lose(rows: list[PathState], *, many: bool, until: datetime, at: datetime) -> int:
    """Flag losses that still are ones, in one transaction; return how many."""
    for tenant_id in sorted({one.path.tenant_id for one in rows}):
        events.hold(tenant_id)
    in_maintenance = {
        one.pk
        for one in rows
        if one.path.maintenance_until is not None and one.path.maintenance_until > at
    }
    still = PathState.objects.filter(pk__in=[one.pk for one in rows], lost_at__lte=until).exclude(
        state=PathState.State.LOST
    )
    now_lost = set(still.values_list("pk", flat=True))
    PathState.objects.filter(pk__in=now_lost).update(state=PathState.State.LOST, since=until)
    for one in rows:
        if one.pk not in now_lost:
            continue
        # What was heard before the clock was set back may lie ahead.
        one.heard_at = min(one.heard_at, until)
        case = None if one.pk in in_maintenance else _case_of(one, many=many, at=at)
        Outage.objects.create(
            tenant_id=one.path.tenant_id, path=one.path, began_at=one.heard_at, flagged_at=at,
            case=case,
        )  # fmt: skip
    return len(now_lost)


def _case_of(one: PathState, *, many: bool, at: datetime) -> Case:
    carrier = MANY if many and not one.path.carrier else one.path.carrier
    lost = LostPath(one.path.transmitter.site, carrier, one.heard_at)
    case = open_or_join(lost=lost, by=SYSTEM, at=at)
    timers.cancel(STABLE, subject=case.pk, at=at)
    if case.carrier and case.received_at == at:
        timers.start(
            ALONE, tenant_id=case.tenant_id, subject=case.pk,
            deadline=at + timedelta(seconds=TOGETHER_S),
        )  # fmt: skip
    return case


@timers.fires(ALONE)
def alone(timer: Timer, now: datetime) -> None:
    """Two minutes are over: where the path is still the only one, its site's rule may send somebody."""
    if _is_out(timer.subject):
        send_if_alone(case_id=timer.subject, by=SYSTEM, at=now)


@timers.fires(STABLE)
def stable(timer: Timer, now: datetime) -> None:
    """All paths of a case have spoken for ten minutes: it is over."""
    if not _is_out(timer.subject):
        close_restored(case_id=timer.subject, by=SYSTEM, at=now)
