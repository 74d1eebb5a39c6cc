"""The AEDs, and which of them one gets at now. In: requests. Out: a page."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in
from django.views.decorators.http import require_GET

from narvaro.access.viewer import Viewer
from narvaro.core.choice import Opening
from narvaro.core.opening_hours import next_opening
from narvaro.directory.models import Defibrillator
from narvaro.directory.queries import list_own_defibrillators
from narvaro.spine import clock
from narvaro.web.answers import viewer_of_request
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.screens.aids import AedRow, AidsPage

STATE = {
    "ready": lazy_in("aed", "Open now"),
    "shut": lazy_in("aed", "Closed now"),
    "hours_unknown": lazy_in("aed", "Hours not known"),
    "unverified": lazy_in("aed", "Not checked for half a year"),
    "broken": lazy_in("aed", "Out of service"),
}
EVERY_DAY = frozenset(range(7))
ROUND_THE_CLOCK = lazy("round the clock")


def state_of(one: Defibrillator, local: datetime) -> str:
    """Return how an AED stands at a local time; what keeps it from being proposed comes first."""
    if one.out_of_service:
        return "broken"
    if not one.is_verified_on(local.date()):
        return "unverified"
    if not one.openings:
        return "hours_unknown"
    return "ready" if one.is_open_at(local) else "shut"


def days_label(weekdays: frozenset[int]) -> str:
    """Return weekdays in words: Mon–Fri, Sun."""
    if weekdays == EVERY_DAY:
        return _("every day")
    runs: list[list[int]] = []
    for day in sorted(weekdays):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_run_label(run) for run in runs)


def _run_label(run: Sequence[int]) -> str:
    first, last = str(WEEKDAYS_ABBR[run[0]]), str(WEEKDAYS_ABBR[run[-1]])
    if len(run) == 1:
        return first
    return f"{first}, {last}" if len(run) == 2 else f"{first}–{last}"


def hours_label(one: Opening) -> str:
    """Return opening hours in words."""
    days = days_label(one.weekdays)
    if one.hours_from == one.hours_until and one.hours_from.hour == one.hours_from.minute == 0:
        return f"{days} {ROUND_THE_CLOCK}"
    return f"{days} {one.hours_from:%H:%M}–{one.hours_until:%H:%M}"


def opens_label(one: Defibrillator, local: datetime) -> str:
    """Return when an AED that is closed opens next, in words."""
    at = next_opening(one.hours, local, one.days_closed)
    if at is None:
        return ""
    ahead = (at.date() - local.date()).days
    facts = {"time": f"{at:%H:%M}", "day": date_format(at, "D j/n")}
    if ahead == 0:
        return _("opens at %(time)s") % facts
    return _("opens %(day)s at %(time)s") % facts


def aed_row(one: Defibrillator, local: datetime) -> AedRow:
    """Return an AED as a row at a local time."""
    state = state_of(one, local)
    return AedRow(
        id=str(one.pk),
        code=one.code,
        name=one.name,
        place=one.place,
        state=state,
        state_label=say(STATE, state),
        opens_label=opens_label(one, local) if state == "shut" else "",
        hours=tuple(hours_label(hours) for hours in one.hours),
        closed_on=tuple(sorted(day for day in one.days_closed if day >= local.date())),
        verified_on=one.verified_on,
        verified=one.is_verified_on(local.date()),
    )


def aed_rows(viewer: Viewer) -> tuple[AedRow, ...]:
    """Return the AEDs that the viewer may see, by name, as they stand now."""
    local = clock.now().astimezone(viewer.zone)
    return tuple(aed_row(one, local) for one in list_own_defibrillators(viewer))


@require_GET
def aids(request: HttpRequest) -> HttpResponse:
    """Show the AEDs, or their list alone for a refresh."""
    viewer = viewer_of_request(request)
    rows = aed_rows(viewer)
    page = AidsPage(position_now(viewer), rows, sum(one.state == "ready" for one in rows))
    template = "aids/_body.html" if request.headers.get("HX-Request") else "aids/page.html"
    return render(request, template, {"page": page})
