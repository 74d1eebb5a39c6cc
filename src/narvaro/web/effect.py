"""Did it help? In: a request of the municipality's own. Out: counts, ranges, and what cannot be said."""

from datetime import date
from math import isfinite

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.core.effect import LEAST_COUNT, LEAST_WEEKS, Effect, Verdict, Why
from narvaro.followup.effect import CHANCE, PlaceEffect, list_effects
from narvaro.spine import clock
from narvaro.web.answers import viewer_of_request
from narvaro.web.labels import say
from narvaro.web.screens.effect import EffectPage, EffectRow, MeasureDone
from narvaro.web.week_words import FOCUS, MEASURE_STATE

VERDICT: dict[str, Promise] = {
    "fewer": lazy("Fewer than before. Whether the work did it cannot be told yet."),
    "more": lazy("More than before. Whether it would have been even more cannot be told yet."),
}
WHY: dict[str, Promise] = {
    "too_short": lazy(
        "Cannot tell yet: fewer than %(weeks)s weeks are known before or after."
    ),
    "too_few": lazy(
        "Cannot tell yet: %(count)s reports in all; a verdict needs at least %(least)s."
    ),
    "holds_one": lazy("Cannot tell yet: no change at all is among what these counts allow."),
}  # fmt: skip
LIMITS: tuple[Promise, ...] = (
    lazy(
        "Places are chosen after bad weeks, and bad weeks are often followed by calmer ones whatever "
        "anyone does. The five weeks that the meeting chose by are therefore left out; some of it may "
        "remain."
    ),
    lazy(
        "There are no comparison places yet: season, school terms, weather and changes in the whole "
        "town are not taken out."
    ),
    lazy(
        "A verdict is given 8, 16 and 26 weeks after, and stands until the next: looking every week "
        "would about double what chance alone gives. Over the three looks that is about 6 % of the places."
    ),
    lazy("Whether the harm moved to places nearby is not looked at yet."),
    lazy(
        "Reports come in clusters, which the range does not know of: it is somewhat too narrow. And "
        "a place where people began to report more looks worse than it is."
    ),
)


def _figure(value: float) -> str:
    return str(number_format(round(value, 2), 2))  # it cuts digits off, and rounds nothing


def _range(effect: Effect) -> str:
    if effect.low is None or effect.high is None:
        return "–"
    high = _figure(effect.high) if isfinite(effect.high) else _("no upper bound")
    return f"{_figure(effect.low)} – {high}"


def _day(day: date) -> str:
    return date_format(day, "Y-m-d")


def _verdict(one: PlaceEffect) -> str:
    """Write what may be said, and at which look it was said; the next one may say something else."""
    if one.looked is None:
        if one.next_look is None or one.effect.before.weeks < LEAST_WEEKS:
            return _said(one.effect)
        first = _("Cannot tell yet: the first look needs what is known until %(day)s.")
        return first % {"day": _day(one.next_look)}
    looked = _("Looked at with what was known until %(day)s.") % {"day": _day(one.looked)}
    said = f"{_said(one.effect)} {looked}"
    if one.next_look is None:
        return said
    return f"{said} {_('Next look: %(day)s.') % {'day': _day(one.next_look)}}"


def _said(effect: Effect) -> str:
    if effect.why is None:
        return say(VERDICT, effect.verdict)
    return str(WHY[effect.why]) % {
        "weeks": number_format(LEAST_WEEKS, 0),
        "count": effect.before.count + effect.after.count,
        "least": LEAST_COUNT,
    }


def _row(one: PlaceEffect) -> EffectRow:
    effect = one.effect
    return EffectRow(
        place=one.place.name,
        focus=", ".join(say(FOCUS, focus) for focus in one.focuses),
        since=one.since,
        weeks_named=one.weeks_named,
        before=effect.before.count,
        before_weeks=effect.before.weeks,
        after=effect.after.count,
        after_weeks=effect.after.weeks,
        ratio=_figure(effect.ratio) if effect.ratio is not None else "–",
        range=_range(effect),
        verdict=effect.verdict,
        verdict_label=_verdict(one),
        measures=tuple(
            MeasureDone(each.text, each.owner.name, say(MEASURE_STATE, each.state))
            for each in one.measures
        ),
    )


def effects(request: HttpRequest) -> HttpResponse:
    """Show for each prioritised place what happened before and after, and what may be said."""
    found = list_effects(viewer_of_request(request), clock.now())  # first: hidden is missing
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    judged = sum(one.effect.why in {None, Why.HOLDS_ONE} for one in found)
    page = EffectPage(
        rows=tuple(_row(one) for one in found),
        judged=judged,
        told=sum(one.effect.verdict != Verdict.CANNOT_TELL for one in found),
        by_chance=number_format(round(judged * CHANCE, 1), 1),
        limits=tuple(map(str, LIMITS)),
    )
    return render(request, "effect/page.html", {"page": page})
