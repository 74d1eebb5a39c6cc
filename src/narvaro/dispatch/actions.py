"""Writes of dispatch: rank, offer, accept, decline, expire, withdraw (the response: `responses`).

Every write takes the tenant's lock first (`events.hold`): two taps cannot wait in a circle.
An offer waits for its unit until a deadline; silence, a no or a withdrawal moves the case on to
the next unit in a new ranking. When nobody is left, the case says so.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from narvaro.core.choice import Choice, LeftOut, choose
from narvaro.directory.models import Unit
from narvaro.dispatch.events import OfferAnswered, OfferMade
from narvaro.dispatch.loading import lines_of, load_field
from narvaro.dispatch.models import OUT, Offer, Ranking
from narvaro.situation.actions import mark_case, move_case, share_case
from narvaro.situation.models import Case
from narvaro.situation.signals import audience_of
from narvaro.spine import events, timers
from narvaro.spine.events import SYSTEM
from narvaro.spine.models import Timer
from narvaro.spine.refusal import Refused

ACCEPT = "offer.accept"
RETRY = "case.retry"
RETRY_S = 60
SEEKING = (Case.State.OPEN, Case.State.OFFERED)
OVERRULED = frozenset({LeftOut.ALREADY_ASKED})  # a person may ask the same unit again


def rank_case(case: Case, at: datetime) -> tuple[Ranking, Choice]:
    """Rank the units on duty for a case and keep the ranking, in the caller's transaction."""
    ground = load_field(case, at)
    choice = choose(ground.candidates, ground.demand, place_known=ground.place_known)
    ranking = Ranking.objects.create(
        tenant_id=case.tenant_id,
        case=case,
        made_at=at,
        map_sha256=ground.map_sha256,
        lines=lines_of(choice, ground.longer_s),
    )
    return ranking, choice


def _locked(case: Case) -> Case:
    events.hold(case.tenant_id)
    return (
        Case.objects.select_for_update(no_key=True, of=("self",))
        .select_related("tenant")
        .get(pk=case.pk)
    )


def _make_offer(
    case: Case, ranking: Ranking, unit: Unit, travel_s: float | None, *, by: str, at: datetime
) -> Offer:
    offer = Offer.objects.create(
        tenant_id=case.tenant_id,
        case=case,
        unit=unit,
        ranking=ranking,
        offered_at=at,
        expires_at=at + timedelta(seconds=case.tenant.accept_within_s),
        by_rule=by == SYSTEM,
        travel_s=travel_s,
    )
    share_case(case=case, organisation_id=unit.organisation_id)
    timers.start(ACCEPT, tenant_id=case.tenant_id, subject=offer.pk, deadline=offer.expires_at)
    events.append(
        OfferMade(case.pk, unit.pk, offer.pk, offer.expires_at, offer.by_rule),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case), by=by, at=at,
    )  # fmt: skip
    if case.state != Case.State.OFFERED:
        move_case(case=case, state=Case.State.OFFERED, by=by, at=at, unit=unit.pk)
    return offer


@transaction.atomic
def offer_next(*, case: Case, by: str, at: datetime) -> Offer | None:
    """Offer a case to the best unit that was not asked; None when nobody is left, which is said."""
    case = _locked(case)
    if case.state not in SEEKING or case.offers.filter(state=Offer.State.WAITING).exists():
        return None
    if case.is_carrier_fault:
        _reopen(case, by, at)
        return None
    ranking, choice = rank_case(case, at)
    if not choice.ranked:
        _reopen(case, by, at)
        mark_case(case=case, mark="unanswered", by=by, at=at)
        if case.offer_by_rule:
            again = at + timedelta(seconds=RETRY_S)
            timers.start(RETRY, tenant_id=case.tenant_id, subject=case.pk, deadline=again)
        return None
    best = choice.ranked[0].candidate
    return _make_offer(case, ranking, Unit.objects.get(pk=best.unit), best.travel_s, by=by, at=at)


def _reopen(case: Case, by: str, at: datetime) -> None:
    if case.state != Case.State.OPEN:
        move_case(case=case, state=Case.State.OPEN, by=by, at=at)


def _refuse_carrier_fault(case: Case) -> None:
    if case.is_carrier_fault:
        raise Refused(
            "carrier_fault", f"Case {case.number} is a fault of a carrier; nobody is sent."
        )


@transaction.atomic
def offer_to(*, case: Case, unit_id: UUID, by: str, at: datetime) -> Offer:
    """Offer a case to the unit that a person chose; raises Refused with the rule that forbids it."""
    case = _locked(case)
    if case.state not in SEEKING:
        raise Refused("case_taken", f"Case {case.number} is already being handled.")
    _refuse_carrier_fault(case)
    waiting = case.offers.filter(state=Offer.State.WAITING).first()
    if waiting is not None and waiting.unit_id == unit_id:
        return waiting
    ranking, choice = rank_case(case, at)
    dropped = next((one for one in choice.left_out if one.candidate.unit == unit_id), None)
    if dropped is not None and dropped.why not in OVERRULED:
        raise Refused(f"left_out.{dropped.why}", dropped.detail)
    chosen = next((one.candidate for one in choice.ranked if one.candidate.unit == unit_id), None)
    chosen = chosen or (dropped.candidate if dropped else None)
    if chosen is None:
        raise Refused("left_out.off_duty", "")
    if waiting is not None:
        _end(waiting, Offer.State.WITHDRAWN, by=by, at=at)
    return _make_offer(case, ranking, Unit.objects.get(pk=unit_id), chosen.travel_s, by=by, at=at)


def _end(offer: Offer, state: Offer.State, *, by: str, at: datetime) -> events.Appended:
    offer.state, offer.answered_at = state, at
    offer.save(update_fields=["state", "answered_at"])
    timers.cancel(ACCEPT, subject=offer.pk, at=at)
    return events.append(
        OfferAnswered(offer.case_id, offer.unit_id, offer.pk, state),
        tenant_id=offer.tenant_id, subject=offer.case_id, audience=audience_of(offer.case),
        by=by, at=at,
    )  # fmt: skip


def take(offer: Offer, *, by: str, at: datetime) -> events.Appended:
    """Mark an offer accepted, in the caller's transaction; raises Refused when it is too late."""
    case = _locked(offer.case)
    row = Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
    if row.state != Offer.State.WAITING:
        raise Refused("offer_over", "The offer is over: it was withdrawn or went to another unit.")
    _refuse_carrier_fault(case)
    return _end(row, Offer.State.ACCEPTED, by=by, at=at)


@transaction.atomic
def decline(*, offer: Offer, by: str, at: datetime) -> None:
    """Say no to an offer; the case moves on to the next unit."""
    case = _locked(offer.case)
    row = Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
    if row.state == Offer.State.DECLINED:
        return
    if row.state != Offer.State.WAITING:
        raise Refused("offer_over", "The offer is over: it was withdrawn or went to another unit.")
    _end(row, Offer.State.DECLINED, by=by, at=at)
    offer_next(case=case, by=SYSTEM, at=at)


@timers.fires(ACCEPT)
def expire(timer: Timer, now: datetime) -> None:
    """Silence: the offer ends and the case moves on to the next unit."""
    _locked(Case.objects.get(offers=timer.subject))
    offer = Offer.objects.select_for_update(no_key=True).get(pk=timer.subject)
    if offer.state != Offer.State.WAITING:
        return
    _end(offer, Offer.State.EXPIRED, by=SYSTEM, at=now)
    offer_next(case=offer.case, by=SYSTEM, at=now)


@transaction.atomic
def close_case(*, case: Case, by: str, at: datetime) -> None:
    """Close a case that nobody is out on; waiting offers are withdrawn. A person decides it."""
    case = _locked(case)
    if case.state == Case.State.CLOSED:
        return
    if case.responses.filter(state__in=OUT).exists():
        raise Refused("unit_out", f"A unit is out on case {case.number}; it clears it first.")
    for offer in case.offers.filter(state=Offer.State.WAITING):
        _end(offer, Offer.State.WITHDRAWN, by=by, at=at)
    move_case(case=case, state=Case.State.CLOSED, by=by, at=at)
