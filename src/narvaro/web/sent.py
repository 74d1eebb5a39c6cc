"""The units of one case. In: a viewer, a case, its responses. Out: who is on it, who could support, who called."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.dispatch.actions import HANDLED, SEEKING
from narvaro.dispatch.callers import SupportCall, list_support_calls
from narvaro.dispatch.models import FETCHING, Offer, Response
from narvaro.dispatch.queries import may_take, rank_now
from narvaro.dispatch.seats import MOST_UNITS, list_open
from narvaro.situation.models import Case
from narvaro.spine import clock
from narvaro.web import labels
from narvaro.web.case_state import still_on
from narvaro.web.labels import say
from narvaro.web.ranking_words import reasons_of
from narvaro.web.screens import CallRow, SentRow, SupportRow


def task_label(offer: Offer | None) -> str:
    """Return in words what a unit comes for besides the leading one; empty for who leads."""
    if offer is None or offer.seat == 1:
        return ""
    if offer.seat != FETCHING:
        return _("support")
    if offer.aed is None:
        return _("brings its defibrillator")
    return _("by way of the defibrillator at %(aed)s") % {"aed": offer.aed.name}


def sent_rows(responses: Sequence[Response]) -> tuple[SentRow, ...]:
    """Return the units on a case, where there are several."""
    found = still_on(responses)
    if len(found) < 2:
        return ()
    return tuple(
        SentRow(
            one.call_sign, one.state, say(labels.RESPONSE_STATE, one.state), task_label(one.offer)
        )
        for one in found
    )


def count_short(case: Case, offers: Sequence[Offer]) -> int:
    """Return how many more units are wanted that nobody is asked for; 0 while nobody has the case."""
    if case.state not in HANDLED or case.state in SEEKING:
        return 0
    return len(list_open(case)) if offers else 0


def call_rows(viewer: Viewer, case: Case) -> tuple[CallRow, ...]:
    """Return who called in support to a case, the first first."""
    return tuple(CallRow(one.at, _call_text(one)) for one in list_support_calls(viewer, case))


def _call_text(one: SupportCall) -> str:
    desk = f"{say(labels.ROLE, one.by.role)} {one.by.service_number}"
    who = one.unit.call_sign if one.unit else desk
    words = _("%(who)s called in support: %(n)s units wanted")
    return words % {"who": who, "n": one.units}


def support_rows(viewer: Viewer, case: Case) -> tuple[SupportRow, ...]:
    """Return who could be sent besides, best first, to a case that a unit has."""
    taken = case.state in HANDLED and case.state not in SEEKING
    if not taken or not may_take(viewer) or not viewer.may(Record.OFFER):
        return ()
    if case.units >= MOST_UNITS and not list_open(case):
        return ()
    ranking = rank_now(viewer, case, clock.now(), again=True)
    return tuple(_support_row(case, line) for line in ranking.lines if "rank" in line)


def _support_row(case: Case, line: dict[str, object]) -> SupportRow:
    travel = line["travel_s"]
    return SupportRow(
        unit_id=str(line["unit"]),
        call_sign=str(line["call_sign"]),
        travel_s=float(str(travel)) if travel is not None else None,
        reasons=reasons_of(line),
        offer_url=reverse("offer", args=[case.pk, UUID(str(line["unit"]))]),
    )
