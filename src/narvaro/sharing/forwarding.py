"""Alarms on their way to another centre. In: a case, a centre. Out: one forward, tried until it is there.

A forward is written in the transaction of what asks for it, and sent after it by whoever takes its
lease. Sent is at least once: a sender that dies between the centre's yes and ours sends the same
alarm again, under the same reference, and the centre says that it has it.

One that ends without delivery is a trouble of the tenant, until a person asks for it anew, or ends the
case, or for half a day: the case tells of it for good.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import F, Q

from narvaro.intake.formats.sos_access_xml import DocumentError
from narvaro.sharing import sos_access
from narvaro.sharing.alarm_out import alarm_of, content_of
from narvaro.sharing.events import CasePassedOn
from narvaro.sharing.models import Centre, Forward
from narvaro.situation.models import Case
from narvaro.situation.signals import audience_of
from narvaro.situation.troubles import end_trouble, raise_trouble
from narvaro.spine import clock, events, timers
from narvaro.spine.models import Timer
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

State = Forward.State
LEASE_S = 60
WITHIN_S = 10.0  # for each of a centre's addresses
GIVEN_UP = timedelta(hours=1)
LONGEST_PAUSE_S = 60
WORDS = 200
NOT_PASSED_ON = "not_passed_on"
TROUBLE_STANDS = timedelta(hours=12)
TROUBLE_ENDS = "forward.trouble_ends"


@transaction.atomic
def ask(*, case: Case, centre: Centre, by: str, at: datetime) -> Forward:
    """Ask for a case to be passed on; asked again it is the same forward.

    One that was refused or given up begins anew where a person asks. Raises Refused for a case
    without a site, and for one that is closed.
    """
    events.hold(case.tenant_id)
    row = Case.objects.select_related("site").get(pk=case.pk)
    known = Forward.objects.select_for_update(no_key=True).filter(case=row, centre=centre).first()
    if known is not None and (
        known.state in {State.WAITING, State.DELIVERED} or by == events.SYSTEM
    ):
        return known
    if row.site is None:
        raise Refused("no_site", "Only a case at a known site can be passed on.", status=422)
    if row.state == Case.State.CLOSED:
        raise Refused("case_closed", "The case is closed; nothing is passed on any more.")
    if known is None:
        known = Forward(
            tenant_id=row.tenant_id, case=row, centre=centre, content=content_of(row)
        )  # fmt: skip
    known.state, known.asked_by, known.made_at, known.not_before = State.WAITING, by, at, at
    known.attempts, known.lease_until, known.last_error = 0, None, ""
    known.save()
    _end_trouble(known, at)
    _tell(known, "asked", by=by, at=at)
    return known


def send_due(limit: int = 20) -> int:
    """Send what waits; return how many came to an end. Never inside a transaction.

    A centre that does not answer is asked once: the alarms of others do not wait behind its own.
    """
    now = clock.now()
    waiting = Forward.objects.filter(state=State.WAITING, not_before__lte=now)
    waiting = waiting.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    found = waiting.select_related("centre", "case").order_by("attempts", "not_before")[:limit]
    silent: set[UUID] = set()
    done = 0
    for one in found:
        if one.centre_id not in silent:
            state = _send(one, now)
            done += state not in {None, State.WAITING}
            silent |= {one.centre_id} if state == State.WAITING else set()
    return done


def _send(forward: Forward, now: datetime) -> Forward.State | None:
    """Try one; return what became of it, None where another sender has it."""
    free = Forward.objects.filter(
        pk=forward.pk, state=State.WAITING, lease_until=forward.lease_until
    )
    lease = now + timedelta(seconds=LEASE_S)
    if not free.update(lease_until=lease, attempts=F("attempts") + 1):
        return None
    state, status, why = _try(forward)
    at = clock.now()
    if state == State.WAITING and at - forward.made_at > GIVEN_UP:
        state = State.GIVEN_UP
    _settle(forward, state, status, why, at)
    return state


def _try(forward: Forward) -> tuple[Forward.State, int | None, str]:
    """Return what the centre made of it, its answer, and words without the alarm's content."""
    try:
        found = sos_access.pass_on(
            alarm_of(forward), *_addresses(forward.centre), timeout_s=WITHIN_S
        )
    except DocumentError as no:
        return State.REFUSED, None, no.detail
    except InvalidToken:
        return State.REFUSED, None, "the centre's authentication cannot be opened with this key"
    if found.delivered:
        return State.DELIVERED, found.status, ""
    return State.REFUSED if found.refused else State.WAITING, found.status, found.info


def _addresses(centre: Centre) -> tuple[sos_access.Centre, sos_access.Centre | None]:
    def at(host: str, port: int) -> sos_access.Centre:
        ca_file = Path(centre.ca_file) if centre.ca_file else None
        return sos_access.Centre(f"{host}:{port}", host, port, tls=centre.tls, ca_file=ca_file)

    second = at(centre.second_host, centre.second_port) if centre.second_port else None
    return at(centre.host, centre.port), second


@transaction.atomic
def _settle(
    forward: Forward, state: Forward.State, status: int | None, why: str, at: datetime
) -> None:  # fmt: skip
    """Keep what became of a try, and tell where it ended; what another sender settled stands."""
    events.hold(forward.tenant_id)
    row = Forward.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "centre", "case"
    )
    now = row.get(pk=forward.pk)
    if now.state != State.WAITING:
        return
    now.state, now.status, now.last_error, now.lease_until = state, status, why[:WORDS], None
    said = {"forward": str(now.pk), "centre": now.centre.name, "status": status}
    if state == State.WAITING:
        now.not_before = at + timedelta(seconds=min(2**now.attempts, LONGEST_PAUSE_S))
        logger.warning("alarm not passed on yet", extra=said | {"why": now.last_error})
    elif state == State.DELIVERED:
        now.delivered_at = at
        logger.info("alarm passed on", extra=said)
    else:
        logger.error("alarm not passed on", extra=said | {"why": now.last_error})
    now.save()
    if state != State.WAITING:
        _tell(now, str(state), by=events.SYSTEM, at=at)
    if state in {State.REFUSED, State.GIVEN_UP}:
        _raise_trouble(now, at)


def _raise_trouble(forward: Forward, at: datetime) -> None:
    facts = {
        "case": forward.case.number,
        "centre": forward.centre.name,
        "outcome": str(forward.state),
        "status": forward.status,
        "why": forward.last_error,
    }
    raise_trouble(
        kind=NOT_PASSED_ON, about=forward.pk.hex, facts=facts, at=at, tenant_id=forward.tenant_id
    )
    timers.set_to(
        TROUBLE_ENDS,
        tenant_id=forward.tenant_id,
        subject=forward.pk,
        deadline=at + TROUBLE_STANDS,
    )


def _end_trouble(forward: Forward, at: datetime) -> None:
    end_trouble(kind=NOT_PASSED_ON, about=forward.pk.hex, at=at, tenant_id=forward.tenant_id)
    timers.cancel(TROUBLE_ENDS, subject=forward.pk, at=at)


@timers.fires(TROUBLE_ENDS)
def end_stale_trouble(timer: Timer, now: datetime) -> None:
    """End the trouble of a forward that was not delivered: it is no news any more."""
    _end_trouble(Forward.objects.get(pk=timer.subject), now)


def end_troubles(*, case: Case, at: datetime) -> None:
    """End what stands of a case's forwards, in the caller's transaction: somebody has ended it."""
    for one in Forward.objects.filter(case=case, state__in=[State.REFUSED, State.GIVEN_UP]):
        _end_trouble(one, at)


def _tell(forward: Forward, what: str, *, by: str, at: datetime) -> None:
    events.append(
        CasePassedOn(
            forward.case_id, what, forward.centre.name, forward.pk.hex, forward.status
        ),
        tenant_id=forward.tenant_id, subject=forward.case_id,
        audience=audience_of(forward.case), by=by, at=at,
    )  # fmt: skip
