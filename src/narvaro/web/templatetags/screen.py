"""How values look on a screen. In: codes, seconds, money, times. Out: text and markup.

The looks of states and kinds are data here: a tone (colour, in the style sheet) and an icon; a code
that is not listed looks neutral, and its label is always shown beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from narvaro.spine import clock
from narvaro.web.screens import PeriodRow
from narvaro.web.values import written

register = template.Library()

STATE_LOOKS = {
    # code: (tone, icon); tones: ready, ask, go, there, done, rest, bad
    "offered": ("ask", "send"),
    "waiting": ("ask", "hourglass"),
    "accepted": ("go", "check"),
    "rolling": ("go", "car"),
    "on_scene": ("there", "pin"),
    "secured": ("there", "shield"),
    "left": ("done", "flag"),
    "reported": ("done", "document"),
    "cleared": ("done", "flag"),
    "closed": ("done", "check"),
    "available": ("ready", "check"),
    "busy": ("go", "dot"),
    "break": ("rest", "cup"),
    "off_duty": ("rest", "moon"),
    "declined": ("rest", "cross"),
    "recalled": ("bad", "flag"),
    "reassigned": ("rest", "flag"),
    "expired": ("bad", "clock"),
    "withdrawn": ("rest", "cross"),
    "current": ("ready", "check"),
    "agreed": ("go", "check"),
    "open": ("ask", "bell"),
    "ended": ("done", "flag"),
    "lapsed": ("rest", "cross"),
    "submitted": ("ask", "hourglass"),
    "in_picture": ("ready", "check"),
    "merged": ("done", "check"),
    "referred": ("go", "send"),
    "rejected": ("rest", "cross"),
    "ordered": ("go", "tool"),
    "restored": ("ready", "check"),
    "decided": ("ask", "flag"),
    "in_progress": ("go", "hourglass"),
    "done": ("ready", "check"),
    "planned": ("rest", "clock"),
    "started": ("there", "pin"),
    "short": ("ask", "clock"),
    "missed": ("bad", "cross"),
    "replaced": ("go", "bell"),
    "proposed": ("ask", "pencil"),
    "published": ("ready", "check"),
    "cancelled": ("rest", "cross"),
    "sent": ("ready", "check"),
    "given_up": ("bad", "cross"),
    "delivered": ("ready", "check"),
    "refused": ("bad", "cross"),
    "silent": ("bad", "alert"),
    "no_answer": ("bad", "clock"),
    "no_unit": ("bad", "alert"),
    "not_set_up": ("bad", "alert"),
    "taken": ("go", "hand"),
    "ready": ("ready", "check"),
    "shut": ("rest", "door"),
    "hours_unknown": ("rest", "clock"),
    "unverified": ("ask", "clock"),
    "broken": ("bad", "cross"),
}
KIND_ICONS = {
    "files": "files",
    "first-report": "report",
    "intruder": "door",
    "duress": "alert",
    "assistance": "hand",
    "fire": "flame",
    "medical": "heart",
    "tamper": "tool",
    "technical": "tool",
    "path": "unplug",
    "disturbance": "sound",
    "console": "grid",
    "cameras": "camera",
    "line_crossing": "door",
    "intrusion": "door",
    "loitering": "clock",
    "crowd": "users",
    "fire_smoke": "flame",
    "camera_lost": "unplug",
    "motion": "wave",
    "sound": "sound",
    "object_left": "alert",
    "object_removed": "alert",
    "phone": "phone",
    "night": "moon",
    "aids": "heart",
    "contract": "document",
    "reports": "pencil",
    "damage": "crack",
    "words": "words",
    "week": "calendar",
    "plan": "route",
    "effect": "trend",
    "what-if": "fork",
    "risk": "cells",
    "system": "pulse",
    "car": "car",
    "foot": "foot",
}
# seconds until a case that nobody has taken is marked, by priority: 60 s, 5, 15, 30 min
AGE_LIMITS_S = {1: 60, 2: 300, 3: 900, 4: 1800}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return one of the page's own icons, hidden from readers: text always stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>', name
    )


@register.simple_tag
def kind_icon(code: str) -> SafeString:
    """Return the icon of a kind of case, a room or a way to travel."""
    return icon(KIND_ICONS.get(code, "bell"))


@register.simple_tag
def state(code: str, label: str) -> SafeString:
    """Return a state as icon and words, with its tone."""
    tone, name = STATE_LOOKS.get(code, ("done", "dot"))
    return format_html(
        '<span class="state" data-tone="{}">{}<span>{}</span></span>', tone, icon(name), label
    )


@register.simple_tag
def step_icon(code: str) -> SafeString:
    """Return the icon of a step of a response."""
    return icon(STATE_LOOKS.get(code, ("done", "dot"))[1])


@register.filter
def iso(at: datetime) -> str:
    """Write an instant for programs, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@register.simple_tag
def server_now() -> str:
    """Write the server's time now for programs."""
    return iso(clock.now())


@register.filter
def minutes(seconds: float | None) -> str:
    """Write seconds as `6:43`, from an hour on as `1:06:43`; unknown as a dash."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    sign, whole = ("−", -whole) if whole < 0 else ("", whole)
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}"
    return f"{sign}{rest // 60}:{rest % 60:02}"


@register.filter
def distance(metres: float) -> str:
    """Write metres as `340 m`, from a kilometre on as `1,2 km` in the viewer's way."""
    if metres < 1000:
        return f"{round(metres)} m"
    return f"{number_format(metres / 1000, 1)} km"


@register.filter
def percent(share: float | None) -> str:
    """Write a share of 0–1 as percent; unknown as a dash."""
    if share is None:
        return "–"
    places = 0 if round(share * 1000) % 10 == 0 else 1
    return f"{number_format(round(share * 100, places), decimal_pos=places)} %"


@register.filter
def hundredths(share: float) -> str:
    """Write a share of 0–1 in hundredths for a drawing."""
    return f"{100 * share:.2f}"


@register.filter
def kronor(amount: Decimal) -> str:
    """Write Swedish kronor in the reader's language."""
    number = number_format(round(amount, 2), decimal_pos=2, use_l10n=True, force_grouping=True)
    return gettext("SEK %(amount)s") % {"amount": number}


@register.filter
def age_limit(priority: int) -> int:
    """Return after how many seconds a case of this priority should have been taken."""
    return AGE_LIMITS_S.get(priority, AGE_LIMITS_S[4])


@register.filter
def twice(number: int) -> int:
    """Return twice the number."""
    return 2 * number


@dataclass(frozen=True, slots=True)
class Bar:
    """One period on the time line, in hundredths of its length."""

    row: PeriodRow
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A contract's periods side by side, and where today is."""

    bars: tuple[Bar, ...]
    today: str


@register.simple_tag
def time_line(periods: Sequence[PeriodRow], today: date) -> TimeLine | None:
    """Return where each period and today lie between the first day and the last."""
    if not periods:
        return None
    first, last = periods[0].starts_on, max(row.ends_on for row in periods)
    whole = (last - first).days + 1

    def place(day: date) -> float:
        return max(0.0, min(100.0, 100 * (day - first).days / whole))

    bars = tuple(
        Bar(
            row,
            f"{place(row.starts_on):.2f}",
            f"{100 * ((row.ends_on - row.starts_on).days + 1) / whole - 0.4:.2f}",
        )
        for row in periods
    )
    return TimeLine(bars, f"{place(today):.2f}")


register.filter("written", written)
