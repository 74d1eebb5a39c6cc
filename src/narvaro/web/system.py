"""How the system itself is. In: requests. Out: a page, or its body alone."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core.clock_agreement import PANELS
from narvaro.intake.listening import SILENT_S
from narvaro.intake.models import PathState
from narvaro.intake.queries import (
    ReceiverNow,
    Unavailable,
    count_paths,
    count_without_carrier,
    list_receivers,
    list_silent_paths,
    list_unavailable,
)
from narvaro.intake.time_sources import SourceNow, list_sources
from narvaro.situation.queries import list_troubles
from narvaro.spine import clock
from narvaro.spine.heartbeat import STILL_S, find_beat
from narvaro.spine.kernel_clock import Sync, read_sync
from narvaro.spine.machine import MB, Certificate, Disk, read_certificate, read_disk
from narvaro.web.answers import viewer_of_request
from narvaro.web.console import position_now
from narvaro.web.screens.system import (
    Count,
    Fact,
    ReceiverRow,
    SilentPathRow,
    SystemPage,
    UnavailableMonth,
    UnavailableRow,
)
from narvaro.web.system_words import SOURCE_WHY, UNSOUND
from narvaro.web.troubles import list_lasting, trouble_row

MINUTE_S = 60
NEAR_S = 10.0
# Codes whose looks fit: ready, ask, bad, and none of them.
GOOD, LITTLE, BAD, NEUTRAL = "available", "short", "missed", ""


def _receiver(number: int, one: ReceiverNow) -> ReceiverRow:
    if one.fault:
        state, label = BAD, _("Its journal cannot be read")
    elif one.saved_at is None:
        state, label = LITTLE, _("Not begun yet")
    elif (clock.now() - one.saved_at).total_seconds() > SILENT_S:
        state, label = BAD, _("Silent")
    elif one.lags:
        state, label = BAD, _("Messages wait")
    else:
        state, label = GOOD, _("Listens")
    name = _("Receiver %(number)s") % {"number": number}
    return ReceiverRow(name, state, label, one.listening_since, one.saved_at, one.lag_s)


def _counts(found: dict[str, int]) -> tuple[Count, ...]:
    return (
        Count(found["ok"], ngettext("path heard", "paths heard", found["ok"])),
        Count(found["late"], ngettext("path late", "paths late", found["late"])),
        Count(found["lost"], ngettext("path lost", "paths lost", found["lost"])),
        Count(found["unheard"], ngettext("path never heard", "paths never heard", found["unheard"])),
    )  # fmt: skip


def _silent(one: PathState) -> SilentPathRow:
    lost = one.state == PathState.State.LOST
    return SilentPathRow(
        site=one.path.transmitter.site.name,
        path=one.path.name or _("the only one"),
        carrier=one.path.carrier,
        state=BAD if lost else LITTLE,
        state_label=_("Lost") if lost else pgettext("path", "Late"),
        heard_at=one.heard_at,
        since=one.since,
    )


def _months(viewer: Viewer) -> tuple[datetime, datetime, datetime]:
    """Return the beginnings of the last month and this one, in the viewer's zone, and now."""
    now = clock.now()
    this = now.astimezone(viewer.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = (this - timedelta(days=1)).replace(day=1)
    return last, this, now


def _unavailable(
    viewer: Viewer, last: datetime, this: datetime, now: datetime
) -> tuple[UnavailableRow, ...]:
    spans = ((this, now), (last, this))
    months = [{one.site: one for one in list_unavailable(viewer, *span)} for span in spans]
    found = [
        (site, [month.get(site, Unavailable(site, 0.0, 0)) for month in months])
        for site in months[0].keys() | months[1].keys()
    ]
    found.sort(key=lambda row: (*(-month.seconds for month in row[1]), row[0]))
    return tuple(UnavailableRow(site, tuple(map(_month, row))) for site, row in found)


def _month(one: Unavailable) -> UnavailableMonth:
    short = 0 < one.seconds < MINUTE_S
    return UnavailableMonth("< 1" if short else str(round(one.seconds / MINUTE_S)), one.losses)


def _clock(step_s: float, off_s: float | None, sync: Sync) -> tuple[Fact, ...]:
    stepped = _("stepped by %(seconds)s s, not followed") % {
        "seconds": formats.number_format(step_s, decimal_pos=1)
    }
    words = {
        "synchronised": (_("synchronised, says the machine"), GOOD, _("Good")),
        "unsynchronised": (
            _("not synchronised, says the machine. Whoever runs it starts its time service (NTP) and sees that it reaches a server."),
            LITTLE, _("Look at it"),
        ),
        "unknown": (_("the machine does not say whether it is synchronised"), LITTLE, _("Not known")),
    }  # fmt: skip
    text, state, label = words[sync]
    if step_s:
        text, state, label = stepped, BAD, _("Stepped")
    elif off_s is None:
        text, state, label = _("in doubt; by how much cannot be read"), BAD, _("In doubt")
    elif off_s:
        text, state, label = _("other clocks speak against it"), BAD, _("In doubt")
    return (Fact(_("Clock"), text, state, label),)


def _source(one: SourceNow) -> Fact:
    """Say what panels or a time server say of our time, and when that was."""
    label = (
        _("Panels' clocks")
        if one.kind == PANELS
        else _("Time server %(name)s") % {"name": one.about}
    )
    said = str(SOURCE_WHY.get(one.why, UNSOUND))
    state, state_label = (LITTLE if one.is_missed else NEUTRAL), _("Says nothing")
    if one.off_s is not None:
        said = _off(one.off_s)
        if one.is_out:
            state, state_label = LITTLE, _("Is off")
        elif one.differs:
            state, state_label = BAD, _("Differs")
        else:
            state, state_label = GOOD, pgettext("clock", "Agrees")
    facts = [said]
    if one.accounts:
        facts.append(
            ngettext("%(count)s panel", "%(count)s panels", one.accounts) % {"count": one.accounts}
        )
    if one.read_at:
        facts.append(
            _("read %(time)s") % {"time": f"{timezone.localtime(one.read_at):%Y-%m-%d %H:%M:%S}"}
        )
    return Fact(label, ", ".join(facts), state, state_label)


def _off(off_s: float) -> str:
    """Say by how much a source's time is ahead of ours or behind, in tenths where it is near."""
    places = 1 if abs(off_s) < NEAR_S else 0
    seconds = formats.number_format(round(abs(off_s), places), decimal_pos=places)
    if off_s < 0:
        return _("%(seconds)s s behind our clock") % {"seconds": seconds}
    return _("%(seconds)s s ahead of our clock") % {"seconds": seconds}


def _sources() -> tuple[Fact, ...]:
    home = settings.HOME
    servers = home.settings.time_servers
    found = list_sources(home.journals.values(), home.path, servers)
    facts = [_source(one) for one in found.rows]
    if not servers:
        facts.append(
            Fact(_("Time servers"), _("not asked: none is named"), NEUTRAL, _("Says nothing"))
        )
    return tuple(facts)


def _disk(disk: Disk) -> Fact:
    looks = {"": (GOOD, _("Good")), "little": (LITTLE, _("Little")), "critical": (BAD, _("Full"))}
    text = _("%(free)s GB of %(total)s GB are free") % {
        "free": formats.number_format(disk.free_bytes / (1000 * MB), decimal_pos=1),
        "total": formats.number_format(disk.total_bytes / (1000 * MB), decimal_pos=1),
    }
    return Fact(_("Disk"), text, *looks[disk.room])


def _certificate(one: Certificate) -> Fact:
    looks = {
        "": (GOOD, _("Good")), "soon": (LITTLE, _("Ends soon")), "urgent": (BAD, _("Ends soon")),
        "ended": (BAD, _("Has ended")), "unreadable": (BAD, _("Cannot be read")),
    }  # fmt: skip
    day = f"{timezone.localtime(one.ends_at):%Y-%m-%d}" if one.ends_at else "–"
    text = _("%(file)s holds until %(day)s") % {"file": one.file.name, "day": day}
    return Fact(_("Certificate"), text, *looks[one.ending])


def _worker() -> Fact:
    beat = find_beat(settings.HOME.path)
    age_s = beat.step_age_s if beat else None
    if age_s is None:
        return Fact(_("Handling"), _("has given no sign yet"), LITTLE, _("Not known"))
    text = _("last sign %(seconds)s s ago") % {"seconds": round(age_s)}
    still = age_s > STILL_S
    return Fact(_("Handling"), text, BAD if still else GOOD, _("Stands still") if still else _("Good"))  # fmt: skip


def _machine() -> tuple[Fact, ...]:
    home = settings.HOME
    return (
        _worker(),
        *_clock(clock.jump_s(), clock.suspected_s(), read_sync()),
        *_sources(),
        _disk(read_disk(home.path)),
        *(_certificate(read_certificate(file)) for file in home.certificates),
    )


def _page(viewer: Viewer) -> SystemPage:
    troubles = list_troubles(viewer)
    last, this, now = _months(viewer)
    return SystemPage(
        position=position_now(viewer),
        lasting=tuple(list_lasting(viewer)),
        over=tuple(trouble_row(one) for one in troubles if one.ended_at),
        receivers=tuple(
            _receiver(*one) for one in enumerate(list_receivers(viewer, settings.HOME.journals), 1)
        ),
        paths=_counts(count_paths(viewer)),
        no_carrier=count_without_carrier(viewer),
        silent=tuple(_silent(one) for one in list_silent_paths(viewer)),
        machine=_machine(),
        sees_sites=viewer.scope(Record.SITE) == Scope.TENANT,
        months=tuple(formats.date_format(one.date(), "F Y") for one in (this, last)),
        unavailable=_unavailable(viewer, last, this, now),
    )


@require_GET
def system(request: HttpRequest) -> HttpResponse:
    """Show how the system is, or the page's body alone for a refresh."""
    page = _page(viewer_of_request(request))
    template = "system/_body.html" if request.headers.get("HX-Request") else "system/page.html"
    return render(request, template, {"page": page})
