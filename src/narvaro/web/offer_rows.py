"""Offers as the case panel shows them. In: offers of a case, what came of them. Out: rows in words."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.access.models import Member
from narvaro.access.viewer import Viewer
from narvaro.dispatch.callers import list_askers, list_taken_off
from narvaro.dispatch.models import GONE, Offer, Response
from narvaro.situation.models import Case
from narvaro.web import labels
from narvaro.web.labels import say
from narvaro.web.screens import OfferRow

SINCE: dict[str, str | Promise] = {
    "left": lazy("Has left"),
    "reported": lazy("Has left"),
    "recalled": lazy("Recalled: the desk ended the case"),
    "reassigned": lazy("Taken off it: went to a graver case"),
}


def offer_row(
    offer: Offer, response: Response | None = None, by_label: str = "", off_at: datetime | None = None
) -> OfferRow:  # fmt: skip
    """Return an offer as a row, with what became of the response that it led to; `off_at`: taken off."""
    over = response if response is not None and response.state in SINCE else None
    return OfferRow(
        id=str(offer.pk),
        call_sign=offer.unit.call_sign,
        state=offer.state,
        state_label=say(labels.OFFER_STATE, offer.state),
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
        answered_at=offer.answered_at,
        by_label=by_label or asked_by(offer),
        since_label=say(SINCE, over.state) if over else "",
        since_at=(off_at or _left_at(over)) if over else None,
    )


def _left_at(response: Response) -> datetime | None:
    points = (one.at for one in response.time_points.all() if one.point == "left")
    return min(points, default=None)


def offer_rows(
    viewer: Viewer, case: Case, offers: Sequence[Offer], responses: Sequence[Response]
) -> tuple[OfferRow, ...]:
    """Return the offers of a case, each with who made it and what became of it, and when."""
    made = {one.offer_id: one for one in responses}
    askers = list_askers(viewer, case) if offers else {}
    gone = any(one.state in GONE for one in responses)
    off = list_taken_off(viewer, case) if gone else {}

    def row(one: Offer) -> OfferRow:
        response = made.get(one.pk)
        off_at = off.get(response.pk) if response else None
        return offer_row(one, response, _person(askers.get(one.pk), responses), off_at)

    return tuple(row(one) for one in offers)


def _person(asker: Member | None, responses: Sequence[Response]) -> str:
    """Return who made an offer; of a unit on the case its call sign, for it called in support."""
    if asker is None:
        return ""
    unit = next((one.call_sign for one in responses if one.member_id == asker.pk), "")
    if unit:
        return _("%(unit)s, calling in support") % {"unit": unit}
    return f"{say(labels.ROLE, asker.role).lower()} {asker.service_number}"


def asked_by(offer: Offer) -> str:
    """Return by what an offer was made."""
    case = offer.case
    if not offer.by_rule:
        return _("a person")
    if case.is_missed_sign:
        return _("the system, missed sign of life")
    return _("the response plan") if case.plan_id and case.offer_by_rule else _("the system")
