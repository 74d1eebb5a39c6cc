"""Troubles in words. In: a kind and its facts. Out: what it is, what is known, what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.spine.silent import Silent

Facts: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class _Words:
    title: Promise | Callable[[str, Facts], str]
    what: Callable[[str, Facts], str]
    what_to_do: Promise
    is_grave: bool = False  # alarms are lost or not seen while it lasts


def _time(text: object) -> str:
    """Write an instant of the facts in the reader's zone; a dash where it is not there."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return "–"
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _step(facts: Facts) -> str:
    """Write by how much a clock stepped, as the reader writes numbers."""
    step_s = facts.get("step_s")
    return number_format(step_s, decimal_pos=1) if isinstance(step_s, int | float) else "?"


def _lag(about: str, facts: Facts) -> str:
    return _("Receiver %(name)s: the oldest message has waited for %(seconds)s s.") % {
        "name": about, "seconds": facts.get("lag_s", "?"),
    }  # fmt: skip


def _silent_title(about: str, facts: Facts) -> str:
    if facts.get("receivers") == 1:
        return _("No alarms are received: the receiver is silent")
    return _("Receiver %(name)s is silent: no alarms come in there") % {"name": about}


def _silent(about: str, facts: Facts) -> str:
    if not facts.get("saved_at"):
        return _("Receiver %(name)s has not begun to listen.") % {"name": about}
    return _("Receiver %(name)s last said at %(time)s that it listens.") % {
        "name": about, "time": _time(facts["saved_at"]),
    }  # fmt: skip


def _unreadable(about: str, _facts: Facts) -> str:
    return _("The journal of receiver %(name)s cannot be read.") % {"name": about}


def _clock(_about: str, facts: Facts) -> str:
    said = _("The machine's clock stepped by %(seconds)s s and is not followed.") % {
        "seconds": _step(facts)
    }
    if "accepted_by" not in facts:
        return said
    return _("The machine's clock stepped by %(seconds)s s; accepted by %(by)s at %(time)s.") % {
        "seconds": _step(facts),
        "by": _("the kernel") if facts["accepted_by"] == "kernel" else facts["accepted_by"],
        "time": _time(facts.get("accepted_at")),
    }  # fmt: skip


def _doubt(_about: str, facts: Facts) -> str:
    off_s = facts.get("off_s")
    if not isinstance(off_s, int | float):
        return _("By how much cannot be read. Alarms are marked: the time is not verified.")
    said = (
        _(
            "Other clocks are %(seconds)s s behind ours. Alarms are marked: the time is not verified."
        )
        if off_s < 0
        else _(
            "Other clocks are %(seconds)s s ahead of ours. Alarms are marked: the time is not verified."
        )
    )
    return said % {"seconds": number_format(round(abs(off_s), 1), decimal_pos=1)}


def _disk(_about: str, facts: Facts) -> str:
    if facts.get("room") == "critical":
        return _("Only %(free)s MB are free: soon no alarm can be acknowledged.") % {
            "free": facts.get("free_mb", "?")
        }
    return _("%(free)s MB are free.") % {"free": facts.get("free_mb", "?")}


def _certificate(about: str, facts: Facts) -> str:
    given = {"file": about, "time": _time(facts.get("ends_at"))}
    match facts.get("ending"):
        case "ended":
            return _("%(file)s ended %(time)s.") % given
        case "unreadable":
            return _("%(file)s cannot be read.") % given
        case _nearer:
            return _("%(file)s ends %(time)s.") % given


def _timers(_about: str, facts: Facts) -> str:
    return _("%(count)s timers have not fired; the first was due at %(time)s.") % {
        "count": facts.get("count", "?"), "time": _time(facts.get("since")),
    }  # fmt: skip


def _jobs(about: str, facts: Facts) -> str:
    return _("%(job)s has failed %(count)s times in a row (%(fault)s).") % {
        "job": about, "count": facts.get("failures", "?"), "fault": facts.get("fault", "?"),
    }  # fmt: skip


def _still(_about: str, facts: Facts) -> str:
    return _("The process that handles what comes in has not moved for %(seconds)s s.") % {
        "seconds": facts.get("age_s", "?")
    }


def _notifications_title(about: str, facts: Facts) -> str:
    said = _NOT_SET_UP if facts.get("is_set_up") is False else _NOT_SENT
    return str(said.get(about, _("Messages to people are not sent")))


def _notifications(about: str, facts: Facts) -> str:
    return _("Messages that wait to be sent by %(channel)s: %(count)s.") % {
        "count": facts.get("count", "?"), "channel": CHANNEL.get(about, about),
    }  # fmt: skip


CHANNEL: dict[str, Promise] = {"mail": lazy("e-mail"), "sms": lazy("text message")}
_NOT_SENT: dict[str, Promise] = {
    "mail": lazy("E-mail is not sent"),
    "sms": lazy("Text messages are not sent"),
}
_NOT_SET_UP: dict[str, Promise] = {
    "mail": lazy("E-mail is not set up"),
    "sms": lazy("Text messages are not set up"),
}


def centre_said(status: int | None, why: str) -> str:
    """Return what a centre answered, from the words of the last try; those themselves where none did."""
    _name, found, words = why.rpartition("; ")[2].partition(f": {status} ")
    if not found:
        return why
    return _("The centre answered: “%(words)s” (code %(status)s)") % {
        "words": words, "status": status,
    }  # fmt: skip


def _not_passed_on_title(_about: str, facts: Facts) -> str:
    if "case" not in facts:
        return _("An alarm has not reached the alarm centre")
    return _("The alarm of case %(case)s has not reached the alarm centre") % {
        "case": facts["case"]
    }


def _not_passed_on(_about: str, facts: Facts) -> str:
    status = facts.get("status")
    given = {
        "case": facts.get("case", "?"), "centre": facts.get("centre", "?"),
        "why": centre_said(status, facts.get("why") or "?"),
    }  # fmt: skip
    if facts.get("outcome") == "given_up":
        return (
            _("Case %(case)s to %(centre)s: nobody took it within an hour. Last: %(why)s") % given
        )
    if status is None:
        return _("Case %(case)s to %(centre)s was not sent: %(why)s") % given
    return _("Case %(case)s to %(centre)s was refused. %(why)s") % given


_TELL_WHO_RUNS = lazy("Tell those who run the system; they find what to do in its log.")
_BY_OTHER_WAYS = lazy(
    "Take alarms by other ways until it is over, and tell those who run the system."
)
WORDS: dict[str, _Words] = {
    "receiver_silent": _Words(_silent_title, _silent, _BY_OTHER_WAYS, is_grave=True),
    "worker_still": _Words(
        lazy("No alarms are shown: the system stands still"), _still, _BY_OTHER_WAYS, is_grave=True
    ),
    "journal_unreadable": _Words(
        lazy("Alarms are taken but not shown: a journal cannot be read"), _unreadable,
        lazy("Take alarms by other ways until it is over, and tell those who run the system at once."),
        is_grave=True,
    ),
    "promotion_lag": _Words(lazy("Alarms wait to be shown"), _lag, _BY_OTHER_WAYS, is_grave=True),
    "not_passed_on": _Words(
        _not_passed_on_title, _not_passed_on,
        lazy("Call the centre and tell it of the alarm. Then pass it on again from the case, or end the case."),
        is_grave=True,
    ),
    "timers_overdue": _Words(
        lazy("Deadlines pass without being seen"), _timers,
        lazy("Watch offers and check-ins by hand, and tell those who run the system."), is_grave=True,
    ),
    "disk_space": _Words(
        lazy("The disk is nearly full"), _disk,
        lazy("Tell those who run the system to make room: a full disk acknowledges no alarm."),
    ),
    "clock_step": _Words(
        lazy("The machine's clock stepped"), _clock,
        lazy("Compare with another clock. If the machine is right, whoever runs it writes: narvaro clock accept"),
    ),
    "clock_doubt": _Words(
        lazy("Our time is in doubt: other clocks speak against it"), _doubt,
        lazy("Compare with another clock, and tell those who run the system if ours is wrong."),
    ),
    "notifications_unsent": _Words(
        _notifications_title, _notifications,
        lazy("Call those who should have been told, and tell those who run the system."),
    ),
    "certificate": _Words(
        lazy("A certificate ends"), _certificate,
        lazy("Tell those who run the system to renew it before that day."),
    ),
    "jobs_failing": _Words(lazy("Repeated work fails"), _jobs, _TELL_WHO_RUNS),
}  # fmt: skip
"""The gravest kind first. A trouble of another kind is shown by its code, last; its words are one more line here."""


SOURCE_WHY: dict[str, Promise] = {
    Silent.FEW: lazy("fewer than five of them stamped their time within 15 minutes"),
    Silent.AT_ONCE: lazy("what they stamped came all at once"),
    Silent.APART: lazy("they do not agree with each other"),
    Silent.NOT_ASKED: lazy("not asked yet"),
    Silent.OLD: lazy("what it said is too old"),
    Silent.NO_ANSWER: lazy("it does not answer"),
    Silent.UNREACHABLE: lazy("it cannot be reached"),
    Silent.UNWELCOME: lazy("it does not want to be asked"),
    Silent.UNSYNCHRONISED: lazy("it does not know the time itself"),
}
"""Why a source of time says nothing."""
UNSOUND = lazy("its answer is not sound")


def words_of(kind: str, about: str, facts: Facts) -> tuple[str, str, str]:
    """Return a trouble's title, what is known of it, and what to do."""
    words = WORDS.get(kind)
    if words is None:
        return kind, about, str(_TELL_WHO_RUNS)
    title = words.title(about, facts) if callable(words.title) else str(words.title)
    return title, words.what(about, facts), str(words.what_to_do)


def is_grave(kind: str, facts: Facts) -> bool:
    """Return whether alarms are lost or not seen while a trouble lasts, or soon will be."""
    words = WORDS.get(kind)
    return (words is not None and words.is_grave) or facts.get("room") == "critical"


def gravity_of(kind: str, facts: Facts) -> tuple[bool, int]:
    """Return what troubles are sorted by, the gravest lowest."""
    place = [*WORDS].index(kind) if kind in WORDS else len(WORDS)
    return not is_grave(kind, facts), place
