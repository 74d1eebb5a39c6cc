"""Reads of rankings, offers and responses. The viewer first, nothing unscoped."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core.choice import choose
from narvaro.dispatch.loading import lines_of, load_field
from narvaro.dispatch.models import OUT, Offer, Ranking, Response
from narvaro.plan.queries import find_own_shift, find_own_unit
from narvaro.situation.models import Case, Signal
from narvaro.situation.queries import get_case
from narvaro.spine.refusal import Missing


def find_ranking(viewer: Viewer, case: Case) -> Ranking | None:
    """Return the newest ranking of a case, or None before the first."""
    viewer.require(Record.OFFER)
    return Ranking.objects.filter(case=get_case(viewer, case.pk)).order_by("-made_at").first()


def rank_now(viewer: Viewer, case: Case, at: datetime) -> Ranking:
    """Rank the units as they stand now for a person, who may ask any of them again; kept nowhere."""
    viewer.require(Record.OFFER)
    ground = load_field(get_case(viewer, case.pk), at)
    anyone = [replace(one, already_asked=False) for one in ground.candidates]
    choice = choose(anyone, frozenset(case.needs), place_known=ground.place_known)
    return Ranking(case=case, made_at=at, map_sha256=ground.map_sha256, lines=lines_of(choice))


def offers_seen_by(viewer: Viewer, at: datetime) -> QuerySet[Offer]:
    """Return the offers that the viewer may see: of shared cases, or to the unit that he crews."""
    seen = Offer.objects.filter(tenant_id=viewer.tenant_id).select_related("unit", "case__site")
    match viewer.scope(Record.OFFER):
        case Scope.SHARED:
            return seen.filter(case__shares__organisation_id=viewer.organisation_id)
        case Scope.OWN:
            unit = find_own_unit(viewer, at)
            return seen.filter(unit=unit) if unit else Offer.objects.none()
        case _:
            return Offer.objects.none()


def get_offer(viewer: Viewer, offer_id: UUID, at: datetime) -> Offer:
    """Return an offer; raises Missing where the viewer may not know of it."""
    found = offers_seen_by(viewer, at).filter(pk=offer_id).first()
    if found is None:
        raise Missing
    return found


def find_waiting_offer(viewer: Viewer, at: datetime) -> Offer | None:
    """Return the offer that waits for the viewer's own unit, or None."""
    unit = find_own_unit(viewer, at)
    if unit is None:
        return None
    waiting = offers_seen_by(viewer, at).filter(unit=unit, state=Offer.State.WAITING)
    return waiting.order_by("offered_at").first()


def _own_responses(viewer: Viewer, at: datetime) -> Q:
    """Match what the viewer accepted himself, also after his shift, and his crew's on this shift."""
    mine = Q(member_id=viewer.member_id)
    shift = find_own_shift(viewer, at)
    return mine | Q(unit=shift.unit, accepted_at__gte=shift.starts_at) if shift else mine


def responses_seen_by(viewer: Viewer, at: datetime) -> QuerySet[Response]:
    """Return the responses that the viewer may see."""
    seen = Response.objects.filter(tenant_id=viewer.tenant_id)
    seen = seen.select_related("unit", "case__site", "case__plan").prefetch_related("time_points")
    match viewer.scope(Record.RESPONSE):
        case Scope.SHARED:
            return seen.filter(case__shares__organisation_id=viewer.organisation_id)
        case Scope.OWN:
            return seen.filter(_own_responses(viewer, at))
        case _:
            return Response.objects.none()


def get_response(viewer: Viewer, response_id: UUID, at: datetime) -> Response:
    """Return a response; raises Missing where the viewer may not know of it."""
    found = responses_seen_by(viewer, at).filter(pk=response_id).first()
    if found is None:
        raise Missing
    return found


def find_own_response(viewer: Viewer, at: datetime) -> Response | None:
    """Return what the viewer is out on, also when his shift has ended meanwhile; or None."""
    out = responses_seen_by(viewer, at).filter(state__in=OUT)
    return out.order_by("-accepted_at").first()


def list_reports_due(viewer: Viewer, at: datetime) -> list[Response]:
    """List the responses that are left but not reported: of the own unit, or the organisation."""
    left = responses_seen_by(viewer, at).filter(state=Response.State.LEFT)
    return list(left.order_by("accepted_at"))


def _alarms(case_id: UUID) -> list[Signal]:
    return list(Signal.objects.filter(case_id=case_id, phase="alarm").order_by("received_at"))


def list_alarms_of(viewer: Viewer, response: Response, at: datetime) -> list[Signal]:
    """List what the panel said about the case of a response that the viewer may see."""
    return _alarms(get_response(viewer, response.pk, at).case_id)


def list_alarms_offered(viewer: Viewer, offer: Offer, at: datetime) -> list[Signal]:
    """List what the panel said about the case of an offer that the viewer may see."""
    return _alarms(get_offer(viewer, offer.pk, at).case_id)


def list_lapsed_offers(viewer: Viewer, since: datetime, at: datetime) -> list[Offer]:
    """List the offers that ended since a time without the unit's answer, newest first."""
    lapsed = offers_seen_by(viewer, at).filter(
        state__in=(Offer.State.EXPIRED, Offer.State.WITHDRAWN), answered_at__gte=since
    )
    return list(lapsed.order_by("-answered_at"))


def list_recalls(viewer: Viewer, since: datetime, at: datetime) -> list[Response]:
    """List the responses that were recalled as the desk ended their case since a time."""
    recalled = responses_seen_by(viewer, at).filter(state=Response.State.RECALLED)
    return list(recalled.filter(case__closed_at__gte=since).order_by("-case__closed_at"))
