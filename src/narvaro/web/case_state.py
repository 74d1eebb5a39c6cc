"""How a case stands, for its row. In: a case, its offers and responses. Out: codes and words."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy as lazy_in

from narvaro.dispatch.models import GONE, OUT, Offer, Response
from narvaro.dispatch.responses import ORDER
from narvaro.situation.models import Case
from narvaro.web import labels
from narvaro.web.labels import say

UNTAKEN: dict[str, str | Promise] = {
    "no_answer": lazy_in("case", "No answer"),
    "no_unit": lazy_in("case", "No unit"),
}
REACHED = frozenset({"rolling", "on_scene", "secured"})
ASKED_AGAIN = 2  # cases of this priority and above
_HOW_FAR = {state: place for place, state in enumerate(ORDER)}
AFTER_RED = frozenset({Case.State.CLEARED, Case.State.CLOSED})


def state_of(
    case: Case, offers: Sequence[Offer], responses: Sequence[Response], *, needs_person: bool
) -> str:
    """Return the case's state; how far its unit has come, or that no unit took it."""
    leads = leading(responses)
    latest = leads.state if leads else ""
    if case.state in {Case.State.ACCEPTED, Case.State.ON_SCENE} and latest in REACHED:
        return latest
    asked = [one.state for one in offers if one.state != Offer.State.WITHDRAWN]
    if needs_person and asked:
        silent = all(one == Offer.State.EXPIRED for one in asked)
        return "no_answer" if silent else "no_unit"
    if needs_person and case.unanswered_at is not None and case.offer_by_rule:
        return "no_unit"
    return case.state


def still_on(responses: Sequence[Response]) -> tuple[Response, ...]:
    """Return the responses that were not taken off the case; the last one where all were."""
    return tuple(one for one in responses if one.state not in GONE) or tuple(responses[-1:])


def leading(responses: Sequence[Response]) -> Response | None:
    """Return the response that has come furthest, the first of several; None before any."""
    found = still_on(responses)
    return max(found, key=lambda one: _HOW_FAR.get(one.state, -1), default=None)


def state_label(state: str) -> str:
    """Return the words for a state of `state_of`."""
    return say(UNTAKEN if state in UNTAKEN else labels.CASE_STATE, state)


def arrived_at(responses: Sequence[Response]) -> datetime | None:
    """Return when the first unit was on scene; None before."""
    points = (point for one in responses for point in one.time_points.all())
    return min((one.at for one in points if one.point == "on_scene"), default=None)


def is_late(
    case: Case, target_at: datetime | None, responses: Sequence[Response], now: datetime
) -> bool:
    """Return whether the time by which a unit was to be on scene passed before one was."""
    if target_at is None or case.state == Case.State.CLOSED:
        return False
    return (arrived_at(responses) or now) > target_at


def absence_of(case: Case, responses: Sequence[Response]) -> str:
    """Return the words for a case that is red because nobody is on scene; empty for any other."""
    if case.red_at is None or case.state in AFTER_RED or arrived_at(responses) is not None:
        return ""
    on_the_way = any(one.state in OUT for one in responses)
    return _("Nobody there yet") if on_the_way else _("Nobody on the way")


def ends_without_unit(case: Case, responses: Sequence[Response]) -> bool:
    """Return whether to ask once more before a grave case is ended: no unit has been on it."""
    gone = all(one.state in GONE for one in responses)
    return case.priority <= ASKED_AGAIN and gone and not case.is_carrier_fault
