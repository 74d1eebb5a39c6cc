"""Winter on the roads, and how right travel times were. In: requests. Out: views, redirects."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in
from django.views.decorators.http import require_POST

from narvaro.access.viewer import Viewer
from narvaro.core.roads import ROAD_CLASSES
from narvaro.core.roads.calibration import (
    HOURS,
    LEAST_DRIVES,
    LEAST_IN_HOUR,
    Apart,
    Calibration,
    ErrorRow,
    Errors,
)
from narvaro.directory.models import RoadCalibration
from narvaro.directory.queries import find_calibration, find_condition, get_calibration
from narvaro.directory.weights import set_road_condition, stop_calibration, use_calibration
from narvaro.spine import clock
from narvaro.spine.refusal import Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.labels import say
from narvaro.web.screens import Choice
from narvaro.web.screens.road_times import (
    ErrorView,
    FactorView,
    ProfileView,
    TimesView,
    WinterView,
)
from narvaro.web.templatetags.screen import minutes

STATE = {
    "": lazy_in("winter", "As usual"),
    "snow": lazy_in("winter", "Snow"),
    "ice": lazy_in("winter", "Ice"),
}
UNTIL = {
    "6": lazy("for 6 hours"),
    "12": lazy("for 12 hours"),
    "24": lazy("for 24 hours"),
    "": lazy("until somebody says otherwise"),
}
PROFILE = {"car": lazy("By car"), "foot": lazy("On foot"), "cycle": lazy("By bicycle")}
CLASS = {
    "fast": lazy("Motorways and trunk roads"),
    "main": lazy("Main roads"),
    "collector": lazy("Larger streets"),
    "local": lazy("Local streets"),
    "service": lazy("Service roads and tracks"),
    "path": lazy("Paths"),
    "steps": lazy("Steps"),
    "waiting": lazy("Waiting at lights and signs"),
    "night": lazy("22–06"),
    "morning": lazy("06–09"),
    "day": lazy("09–15"),
    "afternoon": lazy("15–18"),
    "evening": lazy("18–22"),
}


def _clock_text(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j/n H:i")


def winter_note(viewer: Viewer, at: datetime | None) -> str:
    """Return in a sentence what winter lay on the roads at a time; "" where none did, or no time is given."""
    found = find_condition(viewer, at) if at else None
    if found is None:
        return ""
    said = {"state": say(STATE, found.state).lower(), "since": _clock_text(found.since_at)}
    return _("Winter roads (%(state)s) since %(since)s: times are longer.") % said


def winter_view(viewer: Viewer) -> WinterView:
    """Return the winter on the roads now, and the form."""
    found = find_condition(viewer, clock.now())
    state = found.state if found else ""
    now = winter_note(viewer, clock.now())
    if found is not None:
        end = {"until": _clock_text(found.until_at)} if found.until_at else None
        now += " " + (_("They end %(until)s.") % end if end else _("Nobody has set an end."))
        now += " " + _("Set by %(number)s.") % {"number": found.set_by}
    return WinterView(
        tuple(Choice(code, say(STATE, code), code == state) for code in STATE),
        tuple(Choice(code, say(UNTIL, code), code == "12") for code in UNTIL),
        now,
    )


@require_POST
def set_winter(request: HttpRequest) -> HttpResponse:
    """Let winter begin, change or end on all roads."""
    viewer, given, now = viewer_of_request(request), request.POST, clock.now()
    state, hours = given.get("state", "?"), given.get("until", "")
    if state not in STATE or hours not in UNTIL:
        raise Refused("invalid", _("Choose what lies on the roads, and for how long."), status=422)
    until_at = now + timedelta(hours=int(hours)) if hours and state else None
    set_road_condition(
        tenant_id=viewer.tenant_id, state=state, until_at=until_at,
        number=viewer.service_number, by=viewer.signature, at=now,
    )  # fmt: skip
    return done(request, reverse("closures"))


@require_POST
def use_times(request: HttpRequest, calibration_id: UUID) -> HttpResponse:
    """Let travel times follow what own drives say."""
    viewer = viewer_of_request(request)
    made = get_calibration(viewer, calibration_id)
    use_calibration(made=made, number=viewer.service_number, by=viewer.signature, at=clock.now())
    return done(request, reverse("closures"))


@require_POST
def stop_times(request: HttpRequest) -> HttpResponse:
    """Let travel times be the map's own again."""
    viewer = viewer_of_request(request)
    stop_calibration(
        tenant_id=viewer.tenant_id, number=viewer.service_number, by=viewer.signature,
        at=clock.now(),
    )  # fmt: skip
    return done(request, reverse("closures"))


def times_view(viewer: Viewer) -> TimesView:
    """Return how right the travel times were, as it was last looked at."""
    made, used = find_calibration(viewer), find_calibration(viewer, used=True)
    found = {
        profile: Calibration.from_plain(plain)
        for profile, plain in (made.found if made else {}).items()
    }
    fits = made is not None and any(one.by_class for one in found.values())
    return TimesView(
        made_at=made.made_at if made else None,
        told=_told_text(made),
        profiles=tuple(
            _profile(say(PROFILE, name), one, made.winter.get(name, {}) if made else {})
            for name, one in found.items()
        ),
        used=_used_text(used),
        can_use=str(made.pk) if made and fits and made != used else "",
    )


def _used_text(used: RoadCalibration | None) -> str:
    if used is None or used.used_from is None:
        return ""
    said = {"since": _clock_text(used.used_from), "number": used.used_by}
    return _("Travel times follow own drives since %(since)s, decided by %(number)s.") % said


def _told_text(made: RoadCalibration | None) -> str:
    """Return in a sentence how right what offers said was."""
    told = Errors.from_plain(made.told).overall if made and made.told else ErrorRow(0)
    if told.median_s is None:
        return _("What offers said: cannot tell yet, %(drives)s drives, %(needed)s needed.") % {
            "drives": told.drives, "needed": LEAST_IN_HOUR,
        }  # fmt: skip
    return _(
        "What offers said: half of %(drives)s drives were within %(median)s of it, 9 in 10 within %(most)s."
    ) % {"drives": told.drives, "median": minutes(told.median_s), "most": minutes(told.p90_s)}


def _figures(row: ErrorRow | None) -> tuple[float, float, float] | None:
    if row is None or row.median_s is None or row.p90_s is None or row.signed_s is None:
        return None
    return row.median_s, row.p90_s, row.signed_s


def _profile(label: str, found: Calibration, winter: dict[str, Any]) -> ProfileView:
    after = found.after
    rows = [ErrorView(
        _("All hours"), found.drives, _figures(found.before.overall),
        _figures(after.overall if after else None),
    )]  # fmt: skip
    for hour, before in enumerate(found.before.by_hour):
        if before.drives:
            new = _figures(after.by_hour[hour] if after else None)
            rows.append(ErrorView(f"{hour:02}", before.drives, _figures(before), new))
    for state, plain in winter.items():
        apart, said = Apart.from_plain(plain), {"state": say(STATE, state).lower()}
        rows.append(ErrorView(
            _("Winter roads: %(state)s") % said, apart.before.drives, _figures(apart.before),
            _figures(apart.after),
        ))  # fmt: skip
    named = (*ROAD_CLASSES, "waiting", *HOURS)
    factors = tuple(
        FactorView(say(CLASS, name), one.value, one.low, one.high)
        for name, one in zip(named, (*found.by_class, *found.by_hours), strict=False)
    )
    return ProfileView(label, _verdict(found), tuple(rows), factors)


def _verdict(found: Calibration) -> str:
    if found.after is None:
        return _("Cannot tell yet: %(drives)s drives, %(needed)s needed.") % {
            "drives": found.drives, "needed": LEAST_DRIVES,
        }  # fmt: skip
    before, after = found.before.overall.median_s, found.after.overall.median_s
    if before is not None and after is not None and after < before:
        return _("With own drives the times would be nearer to the truth.")
    return _("With own drives the times would be no nearer to the truth.")
