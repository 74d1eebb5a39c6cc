"""Who is told when nobody answers. In: a case that waits. Out: notifications, step after step, until somebody does.

Each step is a timer: it fires once, and in its transaction the notifications of the step, its event and
the timer of the next step are written. Every contact is told over each channel that he has.

Who says "I have it" has it for as long as somebody may take to be on scene: where then no unit has
it and nobody has ended it, it waits for an answer once more.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from narvaro.directory.models import Contact
from narvaro.dispatch.events import CaseEscalated
from narvaro.dispatch.models import Escalation, Watch
from narvaro.situation.models import Case
from narvaro.situation.signals import audience_of
from narvaro.spine import events, notifications, timers
from narvaro.spine.models import Timer

ESCALATE = "case.escalate"
WAITING = (Case.State.OPEN, Case.State.OFFERED)
AGAIN_S = 300
MINUTE_S = 60
MOST_ROUNDS = 12  # an hour of the last step, then it is red on the screens and no more
URGENT = 2  # cases of this priority and above are escalated
TAKEN = "acknowledged"


def begin(
    *, case: Case, after_s: float, at: datetime, since: datetime | None = None
) -> Escalation | None:
    """Begin to wait for an answer, in the caller's transaction; None where it was begun before.

    The first step comes `after_s` seconds after `since`, or after the case was received.
    """
    made, is_new = Escalation.objects.get_or_create(
        case=case, defaults={"tenant_id": case.tenant_id, "began_at": at}
    )
    if not is_new:
        return None
    deadline = (since or case.received_at) + timedelta(seconds=after_s)
    timers.start(ESCALATE, tenant_id=case.tenant_id, subject=made.pk, deadline=deadline)
    return made


def begin_anew(*, case: Case, at: datetime) -> None:
    """Tell people at once, in the caller's transaction, also where somebody had answered before.

    The steps go on from where they had come: nobody is told twice of one step.
    """
    if begin(case=case, after_s=0, at=at) is not None:
        return
    found = Escalation.objects.select_for_update(no_key=True).get(case=case)
    found.taken_at, found.taken_by = None, ""
    _run_on(found)
    timers.set_to(ESCALATE, tenant_id=case.tenant_id, subject=found.pk, deadline=at)


def _run_on(found: Escalation) -> None:
    found.ended_at, found.ended_by, found.why = None, "", ""
    found.save(update_fields=["taken_at", "taken_by", "ended_at", "ended_by", "why"])


def waits_since(case: Case) -> datetime:
    """Return since when a case waits for an answer: one that was missed once more, since then."""
    return case.last_signal_at if case.is_missed_sign else case.received_at


def end(*, case_id: UUID, why: str, by: str, at: datetime) -> bool:
    """End an escalation, in the caller's transaction: somebody answered. False where none runs."""
    found = (
        Escalation.objects.select_for_update(no_key=True)
        .filter(case_id=case_id, ended_at=None)
        .first()
    )
    if found is None:
        return False
    found.ended_at, found.ended_by, found.why = at, by, why
    found.save(update_fields=["ended_at", "ended_by", "why"])
    timers.cancel(ESCALATE, subject=found.pk, at=at)
    return True


@transaction.atomic
def acknowledge(*, case: Case, by: str, at: datetime) -> bool:
    """Say "I have it": a person takes care of the case, and nobody else is called meanwhile.

    That holds for as long as `red_after_s`; then `step_up` takes it up again. A silent path stays
    with who took it.
    """
    events.hold(case.tenant_id)
    done = end(case_id=case.pk, why=TAKEN, by=by, at=at)
    if done:
        Escalation.objects.filter(case=case).update(taken_by=by, taken_at=at)
        if case.kind != Case.Kind.PATH:
            deadline = at + timedelta(seconds=case.tenant.red_after_s)
            timers.start(
                ESCALATE, tenant_id=case.tenant_id, subject=case.escalation.pk, deadline=deadline
            )
        _tell(case, 0, TAKEN, by=by, at=at)
    return done


@timers.fires(ESCALATE)
def step_up(timer: Timer, now: datetime) -> None:
    """Tell the contacts of the next step, unless somebody has answered."""
    found = Escalation.objects.select_for_update(no_key=True).get(pk=timer.subject)
    case = Case.objects.select_related("tenant", "site").get(pk=found.case_id)
    if found.ended_at is not None and (found.why != TAKEN or case.state not in WAITING):
        return
    if found.ended_at is not None:
        _run_on(found)
    if case.state not in WAITING:
        end(case_id=case.pk, why=str(case.state), by=events.SYSTEM, at=now)
        return
    steps = _steps(case.tenant_id)
    found.step += 1
    found.save(update_fields=["step"])
    told = steps[min(found.step, len(steps)) - 1] if steps else []
    for contact in told:
        _tell_contact(case, found, contact, now)
    _tell(case, found.step, "told" if told else "nobody_to_tell", by=events.SYSTEM, at=now)
    if found.step < len(steps) + MOST_ROUNDS:
        following = steps[found.step][0].after_s if found.step < len(steps) else AGAIN_S
        timers.start(
            ESCALATE, tenant_id=case.tenant_id, subject=found.pk,
            deadline=now + timedelta(seconds=following),
        )  # fmt: skip


def _steps(tenant_id: UUID) -> list[list[Contact]]:
    """Return the contacts step by step."""
    found: dict[int, list[Contact]] = {}
    for contact in Contact.objects.filter(tenant_id=tenant_id).order_by("step", "duty"):
        found.setdefault(contact.step, []).append(contact)
    return [found[step] for step in sorted(found)]


def _tell_contact(case: Case, escalation: Escalation, contact: Contact, now: datetime) -> None:
    title, text = words_of(case, now)
    for channel, address in (("sms", contact.phone), ("mail", contact.mail)):
        if address:
            notifications.put(
                tenant_id=case.tenant_id,
                channel=channel,
                address=address,
                title=title,
                text=text,
                key=f"{escalation.pk}:{escalation.step}:{contact.pk}:{channel}",
                subject=case.pk,
                at=now,
            )


def words_of(case: Case, now: datetime) -> tuple[str, str]:
    """Return a notification's title and text in Swedish: what, where, since when; no names, no keys.

    The text stands alone: a text message has no title.
    """
    watch = _find_watch(case)
    facts = {
        "number": case.number,
        "priority": case.priority,
        "place": case.place,
        "at": _clock_time(watch.seen_at, case) if watch else "",
    }
    with translation.override("sv"):
        facts["time"] = _time_words((now - waits_since(case)).total_seconds())
        title = _("Närvaro: case %(number)s, %(place)s") % facts
        text = _what_is_wrong(watch) % facts
        ask = _("Take the case in Närvaro, or call the console.")
    return title, f"{text} {ask}"


def _what_is_wrong(watch: Watch | None) -> str:
    if watch is None:
        return _(
            "Case %(number)s, priority %(priority)s, %(place)s: nobody has answered in %(time)s."
        )
    if watch.missed_at is None or watch.ended_at is not None:
        return _(
            "Case %(number)s, priority %(priority)s: %(place)s works alone and was not heard in time. "
            "There has been an answer from the phone since. Speak with the guard."
        )
    return _(
        "Case %(number)s, priority %(priority)s: %(place)s works alone and has given no sign of life "
        "since %(at)s. Call the guard."
    )


def _find_watch(case: Case) -> Watch | None:
    """Return the watch that a case is about, where it is about one."""
    found = Watch.objects.filter(case=case) if case.is_missed_sign else Watch.objects.none()
    return found.order_by("-began_at").first()


def _clock_time(at: datetime, case: Case) -> str:
    return f"{at.astimezone(ZoneInfo(case.tenant.timezone)):%H:%M}"


def _time_words(seconds: float) -> str:
    """Return how long as it is spoken: seconds below two minutes, whole minutes from there on."""
    whole = max(1, round(seconds))
    if whole < 2 * MINUTE_S:
        return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": whole}
    minutes = whole // MINUTE_S
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def _tell(case: Case, step: int, what: str, *, by: str, at: datetime) -> None:
    events.append(
        CaseEscalated(case.pk, step, what),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case), by=by, at=at,
    )  # fmt: skip
