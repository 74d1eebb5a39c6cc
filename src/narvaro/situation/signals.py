"""Signals become cases. In: one promoted signal. Out: a signal row, at most one case, events.

A repeat (the panel missed the acknowledgement) changes nothing. A restore ends a zone, never a
case. A test is kept and opens nothing. A cancel code is noted and cancels nothing: a person
decides, and over a duress alarm not even a person by code.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from narvaro.access.models import OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.contract.queries import list_suppliers_in_force
from narvaro.directory.models import ResponsePlan, Transmitter
from narvaro.situation.codes import AlarmCode, find_code
from narvaro.situation.correlation import (
    WINDOW,
    combined,
    graver,
    handling_of,
    is_confirmed,
    list_related,
)
from narvaro.situation.events import CaseChanged, CaseOpened, SignalAdded
from narvaro.situation.models import Case, CaseShare, Signal
from narvaro.spine import events
from narvaro.spine.models import Tenant

# "Disarmed after alarm", "alarm cancelled by user": such codes do not say which alarm they end.
OF_ANY_ALARM = frozenset({"arming", "other"})
ALARMS = frozenset({"intruder", "tamper", "duress", "assistance", "fire", "medical", "other"})
AGAIN = timedelta(seconds=60)
LOWEST = 4
CONFIRMING = 8  # different sources that are looked at; two confirm
ACTIVE = (Case.State.OPEN, Case.State.OFFERED, Case.State.ACCEPTED, Case.State.ON_SCENE)


@dataclass(frozen=True)
class SignalFacts:
    """One decoded signal with its place in the journal; times are aware."""

    receiver_id: str
    journal_id: int
    part: int
    account: str
    token: str
    sequence: str
    code: str
    qualifier: str
    zone: str
    area: str
    text: str
    occurred_at: datetime | None
    received_at: datetime
    time_verified: bool
    fingerprint: str = ""
    lat: float | None = None
    lon: float | None = None

    @property
    def content_key(self) -> str:
        """Return what a repeat shares with its first sending (SHA-256, hex)."""
        said = (
            self.account, self.token, self.sequence, self.code, self.qualifier, self.zone,
            self.area, self.text, self.part,
        )  # fmt: skip
        return hashlib.sha256(repr(said).encode()).hexdigest()


def _is_repeat(tenant_id: UUID, facts: SignalFacts) -> bool:
    """Return whether the panel only sent this again.

    It is the same content with the panel's same time, or within a minute; never after its case was
    closed: a dialler that starts its numbers anew may have a new alarm with the old number. What
    the panel stamped with its time is one message, under whatever number and whenever it comes.
    """
    if facts.fingerprint:
        stamped = Signal.objects.filter(tenant_id=tenant_id, fingerprint=facts.fingerprint)
        if stamped.filter(part=facts.part).exists():
            return True
    alike = Signal.objects.filter(
        tenant_id=tenant_id,
        content_key=facts.content_key,
        received_at__gte=facts.received_at - WINDOW,
        received_at__lte=facts.received_at + WINDOW,
    )
    soon = Q(received_at__gte=facts.received_at - AGAIN, received_at__lte=facts.received_at + AGAIN)
    if facts.occurred_at is not None:
        soon |= Q(occurred_at=facts.occurred_at)
    return alike.filter(soon).exclude(case__state=Case.State.CLOSED).exists()


def find_plan(site_id: UUID) -> ResponsePlan | None:
    """Return the newest version of a site's response plan."""
    return ResponsePlan.objects.filter(site_id=site_id).order_by("-version").first()


def _find_related(transmitter: Transmitter, kind: str, at: datetime) -> Case | None:
    related = Case.objects.select_for_update(no_key=True).filter(
        site_id=transmitter.site_id,
        kind__in=list_related(kind),
        state__in=ACTIVE,
        last_signal_at__gte=at - WINDOW,
        last_signal_at__lte=at + WINDOW,
    )
    return related.order_by("-last_signal_at").first()


def _find_answered(transmitter: Transmitter, code: AlarmCode) -> Case | None:
    """Return the case that a restore or a cancel code speaks of, or None."""
    kinds = list_related(code.kind)
    if code.phase == "cancel" and code.kind in OF_ANY_ALARM:
        kinds = ALARMS
    cases = Case.objects.filter(site_id=transmitter.site_id, kind__in=kinds)
    return cases.exclude(state=Case.State.CLOSED).order_by("-last_signal_at").first()


def _keep(
    tenant_id: UUID,
    transmitter: Transmitter | None,
    facts: SignalFacts,
    code: AlarmCode,
    case: Case | None,
) -> Signal:
    return Signal.objects.create(
        tenant_id=tenant_id,
        content_key=facts.content_key,
        fingerprint=facts.fingerprint,
        transmitter=transmitter,
        case=case,
        receiver_id=facts.receiver_id,
        journal_id=facts.journal_id,
        part=facts.part,
        account=facts.account[:32],
        token=facts.token[:16],
        code=facts.code[:32],
        qualifier=facts.qualifier[:8],
        zone=facts.zone[:16],
        area=facts.area[:16],
        text=facts.text[:400],
        phase=code.phase,
        kind=code.kind,
        occurred_at=facts.occurred_at,
        received_at=facts.received_at,
        time_verified=facts.time_verified,
    )


def take_case_numbers(tenant_id: UUID, count: int) -> int:
    """Take the tenant's next `count` case numbers, in the caller's transaction; return the last."""
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
    tenant.last_case_number += count
    tenant.save(update_fields=["last_case_number"])
    return tenant.last_case_number


def next_case_number(tenant_id: UUID) -> int:
    """Take the tenant's next case number, in the caller's transaction."""
    return take_case_numbers(tenant_id, 1)


def list_concerned(tenant_id: UUID, at: datetime) -> list[UUID]:
    """List the municipality, its alarm centre and the suppliers in force (for audiences)."""
    who = list_organisation_ids(
        tenant_id, OrganisationKind.MUNICIPALITY, OrganisationKind.ALARM_CENTRE
    )
    return who + [one for one in list_suppliers_in_force(tenant_id, at) if one not in who]


def share_by_default(case: Case, at: datetime) -> list[UUID]:
    """Share a new case with the municipality, its alarm centre and the suppliers in force."""
    who = list_concerned(case.tenant_id, at)
    CaseShare.objects.bulk_create(CaseShare(case=case, organisation_id=one) for one in who)
    return who


def audience_of(case: Case) -> list[UUID]:
    """List the organisations that may know of a case."""
    return list(CaseShare.objects.filter(case=case).values_list("organisation_id", flat=True))


def _open(
    transmitter: Transmitter, facts: SignalFacts, code: AlarmCode, by: str, at: datetime
) -> Case:
    site = transmitter.site
    plan = find_plan(site.pk)
    handling = handling_of(
        code.kind,
        code_priority=code.priority or 4,
        confirmed=False,
        rules=plan.rules if plan else (),
    )
    case = Case.objects.create(
        tenant_id=transmitter.tenant_id,
        number=next_case_number(transmitter.tenant_id),
        kind=code.kind,
        born=Case.Born.PANEL,
        priority=handling.priority,
        site=site,
        place=site.name,
        lat=site.lat if facts.lat is None else facts.lat,
        lon=site.lon if facts.lon is None else facts.lon,
        plan=plan,
        needs=list(handling.needs),
        units=handling.units,
        offer_by_rule=handling.offer_by_rule,
        triggered_at=facts.occurred_at if facts.time_verified else None,
        received_at=facts.received_at,
        last_signal_at=facts.received_at,
    )
    tell_opened(case, share_by_default(case, at), by=by, at=at)
    return case


def tell_opened(case: Case, audience: list[UUID], *, by: str, at: datetime) -> None:
    """Append the birth of a case to the log, in the caller's transaction."""
    events.append(
        CaseOpened(case.pk, case.number, case.kind, case.born, case.priority, case.site_id),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience, by=by, at=at,
    )  # fmt: skip


def _raise(case: Case, code: AlarmCode, by: str, at: datetime) -> None:
    """Recompute kind, confirmation and handling after one more alarm; tell what changed."""
    before = _handled(case)
    case.kind = graver(case.kind, code.kind)
    if case.kind == Case.Kind.DURESS:
        case.cancel_code_at = None  # a code that came before was forced
    alarms = Signal.objects.filter(case=case, phase="alarm").values_list("kind", "zone")
    sources = list(alarms.distinct()[:CONFIRMING])
    case.confirmed = case.confirmed or is_confirmed(sources)
    rules = case.plan.rules if case.plan else ()
    said = Signal.objects.filter(case=case).values_list("token", "code", "qualifier").distinct()
    by_code = min(find_code(*one).priority or LOWEST for one in said[:CONFIRMING])
    handling = combined(
        [
            handling_of(kind, code_priority=by_code, confirmed=case.confirmed, rules=rules)
            for kind in {case.kind, code.kind, *(kind for kind, _zone in sources)}
        ]
    )
    case.priority = min(case.priority, handling.priority)
    case.needs = sorted({*case.needs, *handling.needs})
    case.units = max(case.units, handling.units)
    case.offer_by_rule = case.offer_by_rule or handling.offer_by_rule
    case.save()
    if _handled(case) != before:
        tell_changed(case, "raised", by=by, at=at)


def _handled(case: Case) -> tuple[object, ...]:
    return case.kind, case.confirmed, case.priority, case.units, case.offer_by_rule


def tell_changed(
    case: Case, what: str, *, by: str, at: datetime, unit: UUID | None = None,
    units: int | None = None,
) -> events.Appended:  # fmt: skip
    """Append a change of a case to the log, in the caller's transaction."""
    return events.append(
        CaseChanged(case.pk, what, case.state, case.priority, unit, units),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case), by=by, at=at,
    )  # fmt: skip


def _join(case: Case, signal: Signal, code: AlarmCode, by: str, at: datetime) -> None:
    case.last_signal_at = max(case.last_signal_at, signal.received_at)
    may_end = code.cancellable and case.kind != Case.Kind.DURESS
    if code.phase == "cancel" and case.cancel_code_at is None and may_end:
        case.cancel_code_at = signal.received_at
    case.save()
    events.append(
        SignalAdded(case.pk, signal.pk, signal.code, signal.phase),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case), by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def receive_signal(
    *, transmitter: Transmitter, facts: SignalFacts, code: AlarmCode, by: str, at: datetime
) -> Signal | None:
    """Keep a signal and put it to its case, opening one where it must; None for a repeat."""
    events.hold(transmitter.tenant_id)
    if _is_repeat(transmitter.tenant_id, facts):
        return None
    if not code.opens_case:
        case = None
        if code.phase in {"restore", "cancel"}:
            case = _find_answered(transmitter, code)
        signal = _keep(transmitter.tenant_id, transmitter, facts, code, case)
        if case is not None:
            _join(case, signal, code, by, at)
        return signal
    case = _find_related(transmitter, code.kind, facts.received_at)
    born = case is None
    if case is None:
        case = _open(transmitter, facts, code, by, at)
    signal = _keep(transmitter.tenant_id, transmitter, facts, code, case)
    _join(case, signal, code, by, at)
    if not born:
        _raise(case, code, by, at)
    return signal


@transaction.atomic
def receive_unplaced(
    *, tenant_id: UUID, facts: SignalFacts, code: AlarmCode, by: str, at: datetime
) -> Signal | None:
    """Keep a signal whose account nobody knows, and show it as a case: somebody must look.

    It comes from a sender that was proven (an alarm centre's mail, a webhook), so it is no junk.
    None for a repeat; a test or a restore opens nothing.
    """
    events.hold(tenant_id)
    if _is_repeat(tenant_id, facts):
        return None
    case = _find_unplaced(tenant_id, facts) if code.opens_case else None
    if code.opens_case and case is None:
        case = Case.objects.create(
            tenant_id=tenant_id,
            number=next_case_number(tenant_id),
            kind=code.kind,
            born=Case.Born.PANEL,
            priority=code.priority or LOWEST,
            place=facts.account or facts.text[:200],
            lat=facts.lat,
            lon=facts.lon,
            text=facts.text,
            triggered_at=facts.occurred_at if facts.time_verified else None,
            received_at=facts.received_at,
            last_signal_at=facts.received_at,
        )
        tell_opened(case, share_by_default(case, at), by=by, at=at)
    signal = _keep(tenant_id, None, facts, code, case)
    if case is not None:
        _join(case, signal, code, by, at)
    return signal


def _find_unplaced(tenant_id: UUID, facts: SignalFacts) -> Case | None:
    """Find the active case of the same unknown account within the window."""
    if not facts.account:
        return None
    alike = Signal.objects.filter(
        tenant_id=tenant_id, transmitter=None, account=facts.account[:32], case__site=None,
        case__state__in=ACTIVE, case__last_signal_at__gte=facts.received_at - WINDOW,
    )  # fmt: skip
    found = alike.order_by("-received_at").values_list("case_id", flat=True).first()
    return None if found is None else Case.objects.select_for_update(no_key=True).get(pk=found)
