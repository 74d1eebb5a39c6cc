"""The other units of the case that a guard is out on. In: a viewer, his response. Out: rows in words."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy as lazy_in

from narvaro.access.viewer import Viewer
from narvaro.dispatch.beside import OnCase, list_beside
from narvaro.dispatch.models import Offer, Response
from narvaro.web.labels import say
from narvaro.web.screens.phone import BesideRow, BesideView
from narvaro.web.sent import task_label
from narvaro.web.templatetags.screen import minutes

STATE: dict[str, str | Promise] = {
    "offered": lazy_in("beside", "asked"),
    "accepted": lazy_in("beside", "has accepted"),
    "rolling": lazy_in("beside", "on its way"),
    "on_scene": lazy_in("beside", "on the scene"),
    "secured": lazy_in("beside", "on the scene"),
}


def beside_view(viewer: Viewer, response: Response, at: datetime) -> BesideView:
    """Return who else is on the case, and how many more are wanted that nobody is asked for."""
    found = list_beside(viewer, response, at)
    out = tuple(_on_case(viewer, one) for one in found.out)
    return BesideView((*out, *(_asked(viewer, one) for one in found.asked)), found.short)


def _clock_text(viewer: Viewer, at: datetime) -> str:
    return f"{at.astimezone(viewer.zone):%H:%M}"


def _on_case(viewer: Viewer, one: OnCase) -> BesideRow:
    if one.came_at is not None:
        when = _("came %(at)s") % {"at": _clock_text(viewer, one.came_at)}
    elif one.expected_at is not None:
        when = _("expected %(at)s") % {"at": _clock_text(viewer, one.expected_at)}
    else:
        when = _("no way is known: when it comes cannot be told")
    made = one.response
    state = say(STATE, made.state)
    return BesideRow(made.call_sign, made.state, state, when, task_label(made.offer))


def _asked(viewer: Viewer, offer: Offer) -> BesideRow:
    when = _clock_text(viewer, offer.offered_at)
    if offer.travel_s is not None:
        away = {"at": when, "time": minutes(offer.travel_s)}
        when = _("%(at)s, then %(time)s away") % away
    return BesideRow(
        offer.unit.call_sign, "offered", say(STATE, "offered"), when, task_label(offer)
    )
