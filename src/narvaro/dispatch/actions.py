"""Writes of dispatch: rank, offer, accept, decline, expire, withdraw (the response: `responses`).

Every write takes the tenant's lock first (`events.hold`): two taps cannot wait in a circle.
An offer waits for its unit until a deadline; silence, a no or a withdrawal moves the case on to
the next unit in a new ranking. When nobody is left, the case says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from narvaro.core.choice import LeftOut
from narvaro.directory.models import Defibrillator, Unit
from narvaro.dispatch.events import OfferAnswered, OfferMade
from narvaro.dispatch.fetching import Fetch
from narvaro.dispatch.models import FETCHING, OUT, Offer, Ranking
from narvaro.dispatch.seats import MOST_UNITS, lacks_aed, list_open, list_taken, propose
from narvaro.situation.actions import mark_case, move_case, share_case, want_units
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
HANDLED = (*SEEKING, Case.State.ACCEPTED, Case.State.ON_SCENE)  # units may be sent to it
OVERRULED = frozenset({LeftOut.ALREADY_ASKED})  # a person may ask the same unit again


def _locked(case: Case) -> Case:
    events.hold(case.tenant_id)
    return (
        Case.objects.select_for_update(no_key=True, of=("self",))
        .select_related("tenant")
        .get(pk=case.pk)
    )


@dataclass(frozen=True)
class _Ask:
    """Whom a case is put to: for which seat, how far it has, by way of which AED."""

    unit: UUID
    travel_s: float | None
    seat: int = 1
    aed: Defibrillator | None = None


def _fetching(fetch: Fetch) -> _Ask:
    return _Ask(fetch.unit, fetch.with_s, FETCHING, fetch.aed)


def _make_offer(case: Case, ranking: Ranking, ask: _Ask, *, by: str, at: datetime) -> Offer:
    unit = Unit.objects.get(pk=ask.unit)
    lesser = _withdraw_lesser(unit, case, by=by, at=at)
    offer = Offer.objects.create(
        tenant_id=case.tenant_id,
        case=case,
        unit=unit,
        ranking=ranking,
        seat=ask.seat,
        aed=ask.aed,
        offered_at=at,
        expires_at=at + timedelta(seconds=case.tenant.accept_within_s),
        by_rule=by == SYSTEM,
        travel_s=ask.travel_s,
    )
    share_case(case=case, organisation_id=unit.organisation_id)
    timers.start(ACCEPT, tenant_id=case.tenant_id, subject=offer.pk, deadline=offer.expires_at)
    events.append(
        OfferMade(case.pk, unit.pk, offer.pk, offer.expires_at, offer.by_rule),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case), by=by, at=at,
    )  # fmt: skip
    if case.state == Case.State.OPEN:
        move_case(case=case, state=Case.State.OFFERED, by=by, at=at, unit=unit.pk)
    for one in lesser:  # now that its unit counts as asked
        offer_next(case=one, by=SYSTEM, at=at)
    return offer


def _withdraw_lesser(unit: Unit, case: Case, *, by: str, at: datetime) -> list[Case]:
    """End what the unit was asked and has not answered: the rules gave it to this, graver case."""
    waiting = Offer.objects.filter(unit=unit, state=Offer.State.WAITING).exclude(case=case)
    lesser = list(waiting.select_related("case"))
    if any(one.case.priority <= case.priority for one in lesser):
        # The rules have said so already; this is the second line behind them.
        raise Refused("left_out.busy", str(lesser[0].case.number))
    for offer in lesser:
        _end(offer, Offer.State.WITHDRAWN, by=by, at=at)
    return [one.case for one in lesser]


@transaction.atomic
def offer_next(*, case: Case, by: str, at: datetime) -> Offer | None:
    """Offer each open seat of a case to the best unit that was not asked; return the first offer.

    None where no seat is open, or nobody is left for any: a case that nobody has says so.
    """
    case = _locked(case)
    if case.state not in HANDLED:
        return None
    if case.is_carrier_fault:
        _reopen(case, by, at)
        return None
    seats = list_open(case)
    if not seats and not lacks_aed(case):
        return None
    found = propose(case, at, seats)
    asks = [
        _Ask(one.candidate.unit, one.candidate.travel_s, seat, found.aed_of(one.candidate.unit))
        for seat, one in found.by_seat.items()
    ]
    if found.fetch is not None and not found.is_seated(found.fetch.unit):
        asks.append(_fetching(found.fetch))
    if asks or not case.rankings.exists():  # who looks again each minute for nobody keeps no list
        found.ranking.save()
    offers = [_make_offer(case, found.ranking, one, by=by, at=at) for one in asks]
    if len(found.by_seat) < len(seats):
        _say_short(case, by, at)
    return offers[0] if offers else None


def _say_short(case: Case, by: str, at: datetime) -> None:
    """Say that nobody is left for a seat, and look again where a rule offers the case.

    Who only brings a defibrillator does not lead: nobody has answered the case itself.
    """
    taken = list_taken(case)
    if not taken:
        _reopen(case, by, at)
    if taken <= {FETCHING}:
        mark_case(case=case, mark="unanswered", by=by, at=at)
    if case.offer_by_rule:
        again = at + timedelta(seconds=RETRY_S)
        timers.set_to(RETRY, tenant_id=case.tenant_id, subject=case.pk, deadline=again)


def _reopen(case: Case, by: str, at: datetime) -> None:
    if case.state == Case.State.OFFERED:
        move_case(case=case, state=Case.State.OPEN, by=by, at=at)


def reopen(case: Case, *, by: str, at: datetime) -> None:
    """Seek a unit anew for a case that lost one, in the caller's transaction."""
    case = _locked(case)
    if not list_taken(case) and case.state not in SEEKING:
        move_case(case=case, state=Case.State.OPEN, by=by, at=at)
    offer_next(case=case, by=by, at=at)


@transaction.atomic
def call_support(
    *, case: Case, wanted: int, by: str, at: datetime, unit: UUID | None = None
) -> None:  # fmt: skip
    """Want so many units on scene, and ask the best for who is missing; said twice, it counts once.

    `unit` is who calls, where a unit does. Raises Refused beyond five, and for a case that no unit has.
    """
    case = _locked(case)
    if case.units >= wanted:
        return
    if case.state not in HANDLED or case.state == Case.State.OPEN:
        raise Refused(
            "not_taken", f"No unit has case {case.number}; support comes to one that has it."
        )
    _want(case, wanted, by, at, unit)
    offer_next(case=case, by=by, at=at)


def _want(case: Case, units: int, by: str, at: datetime, unit: UUID | None = None) -> None:
    if units > MOST_UNITS:
        raise Refused("units_most", f"{MOST_UNITS} units are the most for case {case.number}.")
    want_units(case=case, units=units, by=by, at=at, unit=unit)


def _refuse_carrier_fault(case: Case) -> None:
    if case.is_carrier_fault:
        raise Refused(
            "carrier_fault", f"Case {case.number} is a fault of a carrier; nobody is sent."
        )


@transaction.atomic
def offer_to(*, case: Case, unit_id: UUID, by: str, at: datetime, support: bool = False) -> Offer:
    """Offer a case to the unit that a person chose; raises Refused with the rule that forbids it.

    To a case that a unit has it comes only as `support`: who did not see that it was taken sends
    nobody by mistake. While nobody has it, whoever is asked for the same seat is asked no more.
    """
    case = _locked(case)
    if case.state not in (HANDLED if support else SEEKING):
        raise Refused("case_taken", f"Case {case.number} is already being handled.")
    _refuse_carrier_fault(case)
    waiting = case.offers.filter(state=Offer.State.WAITING)
    same = waiting.filter(unit=unit_id).first()
    if same is not None and not (same.seat == FETCHING and 1 in list_open(case)):
        return same
    if same is not None:  # who was to fetch is chosen to lead, as nobody else does
        _end(same, Offer.State.WITHDRAWN, by=by, at=at)
    found = propose(case, at, list_open(case) or (1,))
    dropped = next((one for one in found.choice.left_out if one.candidate.unit == unit_id), None)
    if dropped is not None and dropped.why not in OVERRULED:
        raise Refused(f"left_out.{dropped.why}", dropped.detail)
    ranked = (one.candidate for one in found.choice.ranked)
    chosen = (
        dropped.candidate if dropped else next((one for one in ranked if one.unit == unit_id), None)
    )
    if chosen is None:
        raise Refused("left_out.off_duty", "")
    fetch = found.fetch
    if fetch is not None and fetch.unit == unit_id and list_taken(case):
        ask = _fetching(fetch)
    else:
        ask = _Ask(unit_id, chosen.travel_s, _seat_for(case, by, at), found.aed_of(unit_id))
    for offer in waiting.filter(seat=ask.seat):
        _end(offer, Offer.State.WITHDRAWN, by=by, at=at)
    found.ranking.save()
    return _make_offer(case, found.ranking, ask, by=by, at=at)


def _seat_for(case: Case, by: str, at: datetime) -> int:
    """Return the seat that a person's choice is for: an open one, the leading one, or one more."""
    seats = list_open(case)
    if seats:
        return seats[0]
    if case.state in SEEKING:
        return 1
    _want(case, case.units + 1, by, at)
    return case.units


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
    withdraw_all(case, by=by, at=at)
    move_case(case=case, state=Case.State.CLOSED, by=by, at=at)


def withdraw_all(case: Case, *, by: str, at: datetime) -> None:
    """End every offer of a case that waits, and the search for more, in the caller's transaction."""
    timers.cancel(RETRY, subject=case.pk, at=at)
    for offer in case.offers.filter(state=Offer.State.WAITING):
        _end(offer, Offer.State.WITHDRAWN, by=by, at=at)
