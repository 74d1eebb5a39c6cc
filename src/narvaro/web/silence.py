"""What a case of silence tells, and who was told of silence. In: a viewer, a case. Out: rows, a yes."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.core.choice import FRESH_S
from narvaro.dispatch import escalation
from narvaro.dispatch.models import Watch
from narvaro.dispatch.queries import (
    EscalationNow,
    Told,
    find_escalation,
    find_silence,
    list_duty_phones,
    may_take,
)
from narvaro.intake.queries import Losses, list_losses, list_outages_of
from narvaro.situation.models import Case
from narvaro.situation.paths import MANY
from narvaro.situation.queries import get_case
from narvaro.spine import clock
from narvaro.spine.models import Notification
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.labels import say
from narvaro.web.screens import (
    DutyPhone,
    EscalationView,
    LostPathRow,
    LostPaths,
    MissedSign,
    ToldRow,
    ToldWay,
)

STEPS_SHOWN = 4
PATHS_SHOWN = 40
NOT_SET_UP: dict[str, str | Promise] = {
    "sms": lazy("text messages are not set up"),
    "mail": lazy("mail is not set up"),
}
NONE_SENT: dict[str, str | Promise] = {
    "sms": lazy("Cannot be sent: text messages are not set up"),
    "mail": lazy("Cannot be sent: mail is not set up"),
}
SENT: dict[str, str | Promise] = {
    "sms": lazy("Sent by text message"),
    "mail": lazy("Sent by mail"),
}


def kind_label_of(case: Case) -> str:
    """Return what a case is about; a fault of a carrier names it."""
    if case.is_carrier_fault and case.carrier != MANY:
        return _("Line fault at %(carrier)s") % {"carrier": case.carrier}
    return labels.case_kind(case.kind, case.born)


def place_of(case: Case, silent: Watch | None, losses: Losses | None = None) -> str:
    """Return where a case is; one of a missing guard says so while he is missing."""
    if case.is_carrier_fault and losses is not None:
        sites = losses.sites
        if case.carrier == MANY:
            return _("%(count)s sites at once") % {"count": sites}
        return ngettext("%(count)s site", "%(count)s sites", sites) % {"count": sites}
    if case.carrier == MANY and case.site_id is None:
        return _("Many sites at once")
    return _("%(unit)s does not answer") % {"unit": case.place} if silent else case.place


def carrier_advice(case: Case) -> str:
    """Return what to do about a fault of a carrier; empty for a case that somebody is sent to."""
    if not case.is_carrier_fault:
        return ""
    if case.carrier == MANY:
        return _("Look at your own lines first: very many sites fell silent. No guard is needed.")
    return _("Call the carrier (%(carrier)s). No guard is needed.") % {"carrier": case.carrier}


def escalation_of(viewer: Viewer, case: Case) -> EscalationView | None:
    """Return who was told that nobody answers, and whether the viewer may say "I have it"."""
    now = find_escalation(viewer, case)
    if now is None:
        return None
    found = now.escalation
    waits = found.ended_at is None and case.state in escalation.WAITING
    return EscalationView(
        since=escalation.waits_since(case),
        rows=tuple(row for one in now.told[:STEPS_SHOWN] for row in _rows(one)),
        more_steps=max(0, len(now.told) - STEPS_SHOWN),
        next_at=now.next_at if waits or now.taken_by else None,
        have_it_url=reverse("have_it", args=[case.pk]) if waits and may_take(viewer) else "",
        taken_by=now.taken_by,
        ended_label="" if waits or now.taken_by else _why(case, now),
        ended_at=found.ended_at,
        nobody=found.step > 0 and not now.told,
    )


def _why(case: Case, now: EscalationNow) -> str:
    return say(labels.CASE_STATE, now.escalation.why or case.state)


def _rows(told: Told) -> list[ToldRow]:
    found: dict[str, list[Notification]] = {}
    for duty, notification in told.notifications:
        found.setdefault(duty or _("a contact that is no longer there"), []).append(notification)
    return [
        ToldRow(min(one.made_at for one in rows), duty, _ways(rows)) for duty, rows in found.items()
    ]


def _ways(rows: list[Notification]) -> tuple[ToldWay, ...]:
    """Return the ways, what was sent first; where one worked, the others are no alarm."""
    worked = any(one.sent_at for one in rows)
    return tuple(_way(one, worked) for one in sorted(rows, key=lambda one: one.sent_at is None))


def _way(notification: Notification, worked: bool) -> ToldWay:
    channel = notification.channel
    if notification.sent_at:
        return ToldWay("", "sent", say(SENT, channel), sent_at=notification.sent_at)
    if notification.last_error == f"no channel {channel} is set up":
        if worked:
            return ToldWay("", "", say(NOT_SET_UP, channel))
        return ToldWay("", "not_set_up", say(NONE_SENT, channel))
    state = "given_up" if notification.given_up_at else "waiting"
    return ToldWay(
        channel_label=say(labels.CHANNEL, channel),
        state="" if worked else state,
        state_label=say(labels.NOTIFICATION_STATE, state),
        why_not=notification.last_error,  # the channel's own words; no address and no text
    )


def lost_paths_of(viewer: Viewer, case: Case) -> LostPaths | None:
    """Return the paths whose silence a case is about; None for any other case."""
    if case.born != Case.Born.WATCH or case.kind != Case.Kind.PATH:
        return None
    found = list_outages_of(viewer, case)
    rows = tuple(
        LostPathRow(
            site=one.path.transmitter.site.name,
            path=one.path.name or one.path.transmitter.account,
            carrier=one.path.carrier,
            heard_at=one.began_at,
            lost_at=one.flagged_at,
            restored_at=one.ended_at,
        )
        for one in found[:PATHS_SHOWN]
    )
    losses = list_losses(viewer, [case.pk]).get(case.pk)
    return LostPaths(
        rows,
        len(found),
        sum(one.ended_at is None for one in found),
        advice=carrier_advice(case),
        restored_at=losses.restored_at if losses else None,
        ends_at=losses.ends_at if losses and case.state == Case.State.OPEN else None,
    )


def missed_sign_of(viewer: Viewer, case: Case, at: datetime) -> MissedSign | None:
    """Return whose sign of life did not come; None for any other case."""
    found = find_silence(viewer, case)
    if found is None:
        return None
    position_at = found.position.at if found.position else None
    return MissedSign(
        call_sign=found.unit.call_sign,
        due_at=found.due_at,
        is_silent=found.is_silent,
        began_by=found.began_by,
        phones=tuple(DutyPhone(*one) for one in list_duty_phones(viewer, case)),
        has_ended=found.has_ended,
        returned_at=found.returned_at,
        position_at=position_at,
        position_stale=position_at is None or (at - position_at).total_seconds() > FRESH_S,
    )


@require_POST
def have_it(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Take care of a case as a person: nobody else is called."""
    viewer = viewer_of_request(request)
    found = get_case(viewer, case_id)
    escalation.acknowledge(case=found, by=viewer.signature, at=clock.now())
    writes = viewer.may(Record.CASE, Verb.WRITE)
    return done(request, reverse("case", args=[found.pk]) if writes else reverse("night"))
