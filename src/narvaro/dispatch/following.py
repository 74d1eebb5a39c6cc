"""What dispatch follows. In: the log and its own timers. Out: offers by standing rule, red cases.

Importing this file names the reader and the timers; the work process runs them.
"""

import json
from datetime import datetime, timedelta

from narvaro.dispatch import escalation
from narvaro.dispatch.actions import HANDLED, RETRY, offer_next
from narvaro.dispatch.models import TimePoint
from narvaro.situation.actions import mark_case
from narvaro.situation.models import Case
from narvaro.spine import clock, timers
from narvaro.spine.events import SYSTEM, Reader, get_subject
from narvaro.spine.models import Event, Tenant, Timer

RED = "case.red"


def _may_offer(case: Case) -> bool:
    """Return whether a standing rule sends the offer; in an unmanned night silence is said."""
    mode = case.tenant.mode
    if mode == Tenant.Mode.FOLLOW_UP:
        return False
    return case.offer_by_rule


def _what(event: Event) -> str:
    return str(json.loads(event.payload or "{}").get("what", ""))


def _is_urgent(case: Case, event: Event) -> bool:
    """Return whether people must be told when nobody answers: a grave case, or one that became so."""
    is_news = event.kind == "case.opened" or _what(event) == "raised"
    waits = case.state in escalation.WAITING and case.tenant.mode != Tenant.Mode.FOLLOW_UP
    return is_news and waits and case.priority <= escalation.URGENT


def _follow(event: Event) -> None:
    case = Case.objects.select_related("tenant").get(pk=get_subject(event))
    at = clock.now()
    if event.kind == "case.opened" and case.tenant.mode != Tenant.Mode.FOLLOW_UP:
        deadline = case.received_at + timedelta(seconds=case.tenant.red_after_s)
        if case.kind != Case.Kind.PATH:
            timers.start(RED, tenant_id=case.tenant_id, subject=case.pk, deadline=deadline)
    if _is_urgent(case, event):
        since = None if event.kind == "case.opened" else event.at
        escalation.begin(case=case, after_s=case.tenant.escalate_after_s, at=at, since=since)
    if case.state not in escalation.WAITING:
        escalation.end(case_id=case.pk, why=str(case.state), by=event.actor, at=at)
    is_news = event.kind == "case.opened" or _what(event) == "raised"
    if _may_offer(case) and is_news and case.state in HANDLED:
        offer_next(case=case, by=SYSTEM, at=at)
    elif (
        case.state == Case.State.OPEN
        and not _may_offer(case)
        and case.tenant.mode == Tenant.Mode.UNMANNED
    ):
        mark_case(case=case, mark="unanswered", by=SYSTEM, at=at)


DISPATCH = Reader("dispatch", frozenset({"case.opened", "case.changed"}), _follow)


@timers.fires(RETRY)
def try_again(timer: Timer, now: datetime) -> None:
    """Look again for units while a seat is open: one may have come free or on shift."""
    case = Case.objects.select_related("tenant").get(pk=timer.subject)
    if case.state in HANDLED and _may_offer(case):
        offer_next(case=case, by=SYSTEM, at=now)


@timers.fires(RED)
def turn_red(timer: Timer, now: datetime) -> None:
    """Mark a case red when nobody is on scene in time."""
    case = Case.objects.get(pk=timer.subject)
    there = TimePoint.objects.filter(response__case=case, point="on_scene").exists()
    if not there and case.state not in {Case.State.CLEARED, Case.State.CLOSED}:
        mark_case(case=case, mark="red", by=SYSTEM, at=now)
