"""Passing an alarm on to another centre, from the case's page. In: requests. Out: rows, a redirect."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in
from django.views.decorators.http import require_POST

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Site
from narvaro.sharing.forwarding import ask
from narvaro.sharing.models import Forward
from narvaro.sharing.queries import get_centre, list_centres, list_forwards, list_named_centres
from narvaro.situation.models import Case
from narvaro.situation.queries import get_case
from narvaro.spine import clock
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.labels import say
from narvaro.web.screens.passing import CentreChoice, ForwardRow, StandingView
from narvaro.web.system_words import centre_said

STANDING: dict[str, "str | Promise"] = {
    "beside": lazy("Beside an alarm centre: a copy comes here"),
    "behind": lazy("Behind an alarm centre: it sends on what it wants done"),
    "alone": lazy("Alone: no alarm centre has its alarms"),
}
STATE: dict[str, "str | Promise"] = {
    "waiting": lazy_in("forward", "On its way"),
    "delivered": lazy_in("forward", "Delivered"),
    "refused": lazy_in("forward", "Refused"),
    "given_up": lazy_in("forward", "Nobody answered"),
}
DONE = (Forward.State.WAITING, Forward.State.DELIVERED)


@require_POST
def pass_on(request: HttpRequest, case_id: UUID, centre_id: UUID) -> HttpResponse:
    """Ask for a case's alarm to be passed on to a centre."""
    viewer = viewer_of_request(request)
    found = get_case(viewer, case_id)
    centre = get_centre(viewer, centre_id)
    made = ask(case=found, centre=centre, by=viewer.signature, at=clock.now())
    return done(request, reverse("case", args=[found.pk]), forward=str(made.pk))


def standing_view(viewer: Viewer, case: Case) -> StandingView:
    """Return how the case's site stands, where its alarm went, and where it could go."""
    if case.site is None:
        return StandingView()
    forwards = list_forwards(viewer, case)
    centres = list_centres(viewer)
    taken = {one.centre_id for one in forwards if one.state in DONE}
    may = case.state != Case.State.CLOSED
    known = {one.name for one in centres}
    alone = case.site.standing == Site.Standing.ALONE
    named = list_named_centres(case) if alone and viewer.may(Record.CASE, Verb.WRITE) else []
    return StandingView(
        standing=case.site.standing,
        text=standing_text(case, case.site),
        forwards=tuple(_row(one) for one in forwards),
        centres=tuple(
            CentreChoice(one.name, reverse("pass_on", args=[case.pk, one.pk]))
            for one in centres
            if may and one.pk not in taken
        ),
        not_set_up=tuple(one for one in named if one not in known),
    )


def standing_text(case: Case, site: Site) -> str:
    """Return in one sentence what a site's standing means for who reads its case.

    Only an alarm has gone to the centre too: of a call typed in it knows nothing.
    """
    if case.born != Case.Born.PANEL and site.standing != Site.Standing.ALONE:
        return _("An alarm centre has the site's alarms, but this case did not come from one.")
    match site.standing:
        case Site.Standing.BEHIND:
            return _("The alarm centre has this alarm first; here is what it sent on.")
        case Site.Standing.ALONE if site.standing_decision:
            return _(
                "No alarm centre has this alarm (decision %(decision)s): the alarm system's certificate"
                " may no longer hold, and the insurance may pay less, or nothing."
            ) % {"decision": site.standing_decision}
        case Site.Standing.ALONE:
            return _(
                "No alarm centre has this alarm: the alarm system's certificate may no longer hold,"
                " and the insurance may pay less, or nothing."
            )
        case _:
            return _("By the list of sites this is a copy: the alarm centre handles the alarm.")


def _row(one: Forward) -> ForwardRow:
    delivered = one.delivered_at is not None and one.state == Forward.State.DELIVERED
    return ForwardRow(
        centre=one.centre.name,
        state=one.state,
        state_label=say(STATE, one.state),
        at=one.delivered_at if delivered and one.delivered_at else one.made_at,
        reference=one.pk.hex if delivered else "",
        why="" if delivered else centre_said(one.status, one.last_error),
    )
