"""What an answer says first, and what each part of it is called. In: an answer. Out: words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite, nan

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in

from narvaro.core.replay import Difference
from narvaro.followup.replay.scenario import Answer, Asked, Scenario
from narvaro.followup.replay.words import FIGURES, name_of, said_of, told_in
from narvaro.web.reasons import in_words
from narvaro.web.screens.what_if import Told

STATE: dict[str, Promise] = {
    "waiting": lazy("Waits to be played"),
    "running": lazy("Is being played"),
    "done": lazy_in("what if", "Answered"),
    "failed": lazy("Could not be played"),
    "stopped": lazy("Was stopped"),
}
LOOK = {"running": "in_progress", "failed": "refused", "stopped": "cancelled"}
GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (lazy("Responses, all cases"), ("all_incidents", "all_mean_s", "all_p50_s", "all_p90_s",
                                    "all_late", "all_never", "queued")),
    (lazy("Responses, danger to life"), ("danger_p50_s", "danger_p90_s", "danger_late")),
    (lazy("Readiness"), ("readiness_share",)),
    (lazy("Visits and presence"), ("presence_share", "visits_done", "visits_broken",
                                   "visits_skipped")),
    (lazy("Kilometres"), ("km",)),
    (lazy("Hours"), ("idle_hours", "to_visits_hours", "visiting_hours", "to_alarms_hours",
                     "at_alarms_hours", "overtime_hours", "home_hours")),
)  # fmt: skip
WORK = ("idle_hours", "to_visits_hours", "visiting_hours", "to_alarms_hours", "at_alarms_hours")
"""What the units' shifts and overtime are made up of."""


@dataclass(frozen=True)
class _Main:
    """How a main figure is said: `%(a)s` and `%(b)s` in `what`, the way less and more are called."""

    what: Promise
    less: Promise
    more: Promise
    unit: Promise


_MIN, _POINTS = lazy("min"), lazy("percentage points")
_LESS, _MORE = lazy("%(by)s %(unit)s less"), lazy("%(by)s %(unit)s more")
_SOONER, _LATER = lazy("%(by)s %(unit)s sooner"), lazy("%(by)s %(unit)s later")
MAIN: Mapping[str, _Main] = {
    "all_p50_s": _Main(
        lazy("Half of the cases are reached within %(b)s min instead of %(a)s."),
        _SOONER, _LATER, _MIN,
    ),
    "all_p90_s": _Main(
        lazy("9 of 10 cases are reached within %(b)s min instead of %(a)s."), _SOONER, _LATER, _MIN
    ),
    "danger_p90_s": _Main(
        lazy("Where life is in danger 9 of 10 are reached within %(b)s min instead of %(a)s."),
        _SOONER, _LATER, _MIN,
    ),
    "all_late": _Main(
        lazy("%(b)s %% of the cases are reached later than the limit, instead of %(a)s %%."),
        _LESS, _MORE, _POINTS,
    ),
    "readiness_share": _Main(
        lazy("Readiness for the next case is %(b)s %% instead of %(a)s %%."),
        _LESS, _MORE, _POINTS,
    ),
    "presence_share": _Main(
        lazy("%(b)s %% of the planned time at visits is spent there instead of %(a)s %%."),
        _LESS, _MORE, _POINTS,
    ),
    "km": _Main(
        lazy("The units move %(b)s km instead of %(a)s."), _LESS, _MORE, lazy("km")
    ),
    "overtime_hours": _Main(
        lazy("Overtime is %(b)s hours instead of %(a)s."), _LESS, _MORE, lazy("hours")
    ),
}  # fmt: skip


def figure(value: float, digits: int = 2, *, sign: bool = False) -> str:
    """Return a number as people read it: a minus that is one, and never 0 for what is not."""
    if not isfinite(value):
        return _("never") if value > 0 else "–"
    usual = digits = 0 if abs(value) >= 1000 else digits
    while digits < 6 and value and not round(value, digits):
        digits += 1
    if not round(value, digits):
        return str(number_format(0, usual))
    told = str(number_format(abs(round(value, digits)), digits, force_grouping=True))
    return f"−{told}" if value < 0 else f"+{told}" if sign else told


def digits_of(name: str) -> int:
    """Return how many digits a figure is told with: minutes and shares two, what is counted one."""
    return 2 if name.endswith("_s") or told_in(name) == 100 else 1


def said_main(answer: Answer) -> tuple[Told, ...]:
    """Say the main differences, each with its interval; where it holds 0, that none can be told."""
    found = [_said(name, answer.row(name_of(name, answer))) for name in MAIN]
    return (*found, _said_work(answer))


def _said(name: str, row: Difference) -> Told:
    main = MAIN[name]
    by, digits = told_in(row.name), digits_of(row.name)
    facts = {"a": figure(row.a * by, digits), "b": figure(row.b * by, digits)}
    what, unit = str(main.what) % facts, str(main.unit)
    if not isfinite(row.difference):
        said = _(
            "How much that differs cannot be told: too often nobody came, or nothing is known."
        )
        return Told(f"{in_words(FIGURES[name])}:", said, "unknown")
    low, high = row.low * by, row.high * by
    if row.a == row.b and not row.low and not row.high:
        return Told(what, _("No difference: both are the same."), "none")
    if isfinite(low) and low <= 0 <= high:
        said = _(
            "No difference that can be told (interval of the draws %(low)s to %(high)s %(unit)s)."
        )
        return Told(what, said % {"low": figure(low, digits, sign=True), "high": figure(high, digits, sign=True), "unit": unit}, "none")  # fmt: skip
    is_less = row.difference < 0
    words = str(main.less if is_less else main.more)
    said = words % {"by": figure(abs(row.difference * by), digits), "unit": unit}
    if isfinite(low):
        ends = sorted((abs(low), abs(high)))
        between = _("interval of the draws %(low)s to %(high)s") % {
            "low": figure(ends[0], digits), "high": figure(ends[1], digits),
        }  # fmt: skip
    else:
        between = _("one run gives no interval: it may be chance")
    return Told(what, f"{said} ({between}).", "less" if is_less else "more")


def _said_work(answer: Answer) -> Told:
    """Say what it costs: the hours that are worked, which are laid out and not estimated."""
    a, b = (sum(getattr(answer.row(one), side) for one in WORK) for side in ("a", "b"))
    what = _("The units work %(b)s hours in all instead of %(a)s.")
    told = what % {"a": figure(a, 0), "b": figure(b, 0)}
    apart = b - a
    if abs(apart) < 1:
        return Told(told, _("No difference that counts."), "none")
    words = _LESS if apart < 0 else _MORE
    said = str(words) % {"by": figure(abs(apart), 0), "unit": _("hours")}
    return Told(told, f"{said}.", "less" if apart < 0 else "more")


def scenario_words(scenario: Scenario, names: Mapping[str, str]) -> str:
    """Return a scenario in words; a base by its site's name where the viewer may know it."""
    named = names.get(scenario.base, scenario.base) if scenario.base else None
    return in_words(said_of(replace(scenario, base=named)))


def played_words(asked: Asked) -> str:
    """Return what is played."""
    if asked.real:
        return _("the real cases of the last %(days)s days") % {"days": asked.days}
    return _("%(runs)s drawn runs of %(days)s days") % {"runs": asked.runs, "days": asked.days}


def means_words(answer: Answer) -> str:
    """Return what each figure is a mean of."""
    facts = {
        "runs": figure(answer.stands_on.get("runs", nan), 0), "days": answer.asked.days,
        "limit": figure(answer.limit_s / 60, 0),
    }  # fmt: skip
    if answer.asked.real:
        said = _("Each figure is a mean of %(runs)s real pieces of a week at most.")
    else:
        said = _("Each figure is a mean of %(runs)s runs of %(days)s days.")
    limit = _("The limit is %(limit)s min.")
    return f"{said % facts} {limit % facts}"
