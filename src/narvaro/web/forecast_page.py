"""Expected harm as a page. In: what the forecast room found. Out: the page's context."""

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log10

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.forecast.models import Forecast
from narvaro.forecast.places import Period, PlaceRisk, RiskView, Span
from narvaro.forecast.queries import is_in_plans
from narvaro.forecast.scores import (
    LEAST_FOR_VERDICT,
    LEAST_WEEKS,
    WEEKS,
    History,
    Result,
    Verdict,
)
from narvaro.situation.queries import sees_costs
from narvaro.web import forecast_words as words
from narvaro.web import labels
from narvaro.web.labels import say
from narvaro.web.screens.forecast import (
    CountRow,
    HourCell,
    PartRow,
    PeriodRow,
    RiskPage,
    RiskPlace,
    ScoreRow,
    ScoreView,
    SpanCell,
    UseSwitch,
)

LISTED, MORE = 12, 28
MUCH = 0.25  # of what could count: so much without a place is said above the numbers
STANDS_OUT = 1.5  # times the mean: worth saying
STRIP, BAR = 20, 10  # a strip's height, and a bar with its gap
FEW = 0.5  # under so many expected, a rate in plain words says more than the number


def risk_page(viewer: Viewer, found: RiskView | None, history: History) -> RiskPage:
    """Return the page of a forecast; without one, what is known of earlier ones and why."""
    costs = sees_costs(viewer)
    switch = UseSwitch(
        is_in_plans(viewer.tenant_id),
        reverse("risk_use") if viewer.may(Record.FORECAST, Verb.WRITE) else "",
    )
    score = _score(history)
    if found is None:
        return RiskPage(
            periods=(), places=(), more=(), hours=(), context=(),
            made_at=None, until=None, used=(), left_out=(), cannot_say=(), score=score,
            switch=switch, shows_costs=costs,
            why_none=_(
                "There is no forecast yet. It is made each day at noon, and when files come in, from "
                "damage, confirmed alarms and reported incidents that have a place."
            ),
        )  # fmt: skip
    top = max((max(one.per_hour, default=0) for one in found.places[:LISTED]), default=0)
    places = [
        _place(number, one, found, costs=costs, top=top)
        for number, one in enumerate(found.places[: LISTED + MORE], 1)
    ]
    return RiskPage(
        periods=tuple(_rows(found, costs=costs)),
        places=tuple(places[:LISTED]),
        more=tuple(places[LISTED:]),
        hours=_hours(found, found.per_hour, max(found.per_hour, default=0)),
        context=_context(found, costs=costs),
        made_at=found.row.made_at,
        until=found.row.until,
        used=_used(found.row),
        left_out=_left_out(found.row),
        cannot_say=tuple(map(str, words.CANNOT_SAY)),
        score=score,
        switch=switch,
        shows_costs=costs,
        blind=_blind(found.row),
    )


def _rows(found: RiskView, *, costs: bool) -> Iterator[PeriodRow]:
    for period, whole, elsewhere in zip(found.periods, found.whole, found.elsewhere, strict=True):
        cells = (_cell(period, one, costs=costs) for one in (whole, elsewhere))
        yield PeriodRow(period.begins, period.ends, *cells)


def short(value: float) -> str:
    """Write an expected number with two digits that mean something."""
    if value and value < 0.005:
        return _("under %(number)s") % {"number": number_format(0.01, 2)}
    places = 1 if value >= 1 else 2
    return str(
        number_format(round(value, 0 if value >= 10 else places), 0 if value >= 10 else places)
    )


def _often(expected: float) -> str:
    if not 0 < expected < FEW:
        return ""
    number = 1 / expected
    step = 10 ** max(0, int(log10(number)) - 1)
    return _("about one such night in %(number)s") % {
        "number": number_format(round(number / step) * step, 0)
    }


def _range(low: float, high: float) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _kronor(value: float) -> str:
    step = 10 ** max(0, int(log10(max(value, 1))) - 1)
    return f"{number_format(round(value / step) * step, 0, force_grouping=True)}"


def _cell(period: Period, span: Span, *, costs: bool, often: bool = False) -> SpanCell:
    cost = cost_range = ""
    if costs and span.cost_sek is not None:
        cost = _("%(sek)s kr") % {"sek": _kronor(span.cost_sek)}
        ends = (_kronor(span.cost_low_sek or 0), _kronor(span.cost_high_sek or 0))
        cost_range = _("%(sek)s kr") % {"sek": "–".join(dict.fromkeys(ends))}
    return SpanCell(
        say(words.PERIOD, period.code), short(span.expected), _range(span.low, span.high),
        _often(span.expected) if often else "", cost, cost_range,
    )  # fmt: skip


def _hours(found: RiskView, values: Sequence[float], top: float) -> tuple[HourCell, ...]:
    return tuple(
        HourCell(at, short(value), n * BAR, round(STRIP - height, 1), height)
        for n, (at, value) in enumerate(zip(found.hours, values, strict=True))
        for height in [round(max(1.0, STRIP * value / top), 1) if top else 1.0]
    )


def _place(number: int, one: PlaceRisk, found: RiskView, *, costs: bool, top: float) -> RiskPlace:
    peak = max(range(len(one.per_hour)), key=lambda n: one.per_hour[n])
    others = one.shared_by - 1
    return RiskPlace(
        number=number,
        name=one.name,
        kind_label=say({**labels.SITE_KIND, **words.AREA_KIND}, one.kind),
        spans=tuple(
            _cell(period, span, costs=costs, often=period is found.periods[0])
            for period, span in zip(found.periods, one.spans, strict=True)
        ),
        hours=_hours(found, one.per_hour, top),
        peak=found.hours[peak],
        why=_why(one),
        parts=tuple(
            PartRow(say(words.GROUP, code), round(share, 2))
            for code, share in sorted(one.parts.items(), key=lambda pair: -pair[1])
        ),
        shared=ngettext(
            "Shares its square of 250 m with %(count)s other place, half each.",
            "Shares its square of 250 m with %(count)s other places, evenly.",
            others,
        ) % {"count": others} if others else "",
    )  # fmt: skip


def _why(one: PlaceRisk) -> tuple[str, ...]:
    alone = len(one.speaks) == 1  # beside other reasons it is none that little is known
    said = [say(words.SPEAKS, code) for code in one.speaks if alone or code != "floor"]
    if one.times_usual >= STANDS_OUT:
        times = {
            "times": number_format(
                round(one.times_usual, 0 if one.times_usual >= 3 else 1),
                0 if one.times_usual >= 3 else 1,
            )
        }
        said.insert(0, _("%(times)s times the mean of all places") % times)
    return tuple(said)


def _context(found: RiskView, *, costs: bool) -> tuple[str, ...]:
    said = []
    if abs(found.season - 1) >= 0.03:
        change = number_format(round(abs(found.season - 1) * 100), 0)
        text = (
            _("The time of the year: %(percent)s %% more than the year's mean.")
            if found.season > 1
            else _("The time of the year: %(percent)s %% less than the year's mean.")
        )
        said.append(text % {"percent": change})
    else:
        said.append(
            _("The time of the year makes no difference that two years of data would show.")
        )
    if costs:
        said.append(str(words.COST_NOTE))
    return tuple(said)


def _used(row: Forecast) -> tuple[CountRow, ...]:
    used: Mapping[str, int] = row.made_of["used"]
    return tuple(
        CountRow(say(words.INPUT, name), number_format(count, 0, force_grouping=True))
        for name, count in sorted(used.items(), key=lambda pair: -pair[1])
    )


def _left_out(row: Forecast) -> tuple[CountRow, ...]:
    left_out: Mapping[str, int] = row.made_of["left_out"]
    rows = []
    for name, count in sorted(left_out.items(), key=lambda pair: -pair[1]):
        label, why = words.LEFT_OUT.get(name, (name, ""))
        rows.append(CountRow(str(label), number_format(count, 0, force_grouping=True), str(why)))
    return tuple(rows)


def _blind(row: Forecast) -> str:
    """Return a warning where much of what is known has no place on the map, and so counts nowhere."""
    used: Mapping[str, int] = row.made_of["used"]
    left_out: Mapping[str, int] = row.made_of["left_out"]
    nowhere, seen = left_out.get("no_position", 0), sum(used.values())
    if nowhere < MUCH * (nowhere + seen):
        return ""
    return _(
        "%(nowhere)s of %(all)s rows that could count have no place on the map and are in no number "
        "below. Bring in the municipality's streets, or the positions of its sites: until then this "
        "says far too little."
    ) % {
        "nowhere": number_format(nowhere, 0, force_grouping=True),
        "all": number_format(nowhere + seen, 0, force_grouping=True),
    }  # fmt: skip


def _score(history: History) -> ScoreView:
    return ScoreView(
        code=history.verdict,
        verdict=_verdict(history),
        rows=tuple(_score_row(one) for one in history.weeks),
    )


def _verdict(history: History) -> str:
    together = history.together
    inside = number_format(floor(together.events) if together else 0, 0)
    if history.verdict == Verdict.TOO_FEW or together is None or history.gain is None:
        return _(
            "Too little has been scored to say whether the forecast is better than last year's map: "
            "%(count)s events in its squares in %(weeks)s weeks; %(least)s in %(least_weeks)s weeks are "
            "needed."
        ) % {
            "count": inside, "least": LEAST_FOR_VERDICT,
            "weeks": sum(one.events > 0 for one in history.weeks), "least_weeks": LEAST_WEEKS,
        }  # fmt: skip
    low, high = history.gain
    facts = {
        "weeks": min(len(history.weeks), WEEKS), "count": number_format(round(together.happened), 0),
        "low": _signed(low), "high": _signed(high),
        "ours": _share(together.share(together.hits_5)),
        "naive": _share(together.share(together.naive_hits_5)),
    }  # fmt: skip
    if history.verdict == Verdict.BETTER:
        return (
            _(
                "Over %(weeks)s weeks and %(count)s events the forecast was better than last year's map: "
                "%(ours)s of what happened lay in its top 5 %% of squares, %(naive)s in the map's, and "
                "it was %(low)s to %(high)s nats per event ahead (95 %% range over weeks)."
            )
            % facts
        )
    if history.verdict == Verdict.MIXED:
        return (
            _(
                "Over %(weeks)s weeks and %(count)s events neither was clearly better: the forecast was "
                "%(low)s to %(high)s nats per event ahead (95 %% range over weeks), and %(ours)s of what "
                "happened lay in its top 5 %% of squares, %(naive)s in those of last year's map."
            )
            % facts
        )
    return (
        _(
            "Over %(weeks)s weeks and %(count)s events the forecast did not beat last year's map "
            "(%(low)s to %(high)s nats per event ahead, 95 %% range over weeks; %(ours)s in the top 5 %% "
            "of squares, the map %(naive)s). Plans do as well without it: it can be turned off."
        )
        % facts
    )


def _signed(gain: float) -> str:
    sign = "+" if gain > 0 else "−" if gain < 0 else ""
    return f"{sign}{number_format(round(abs(gain), 2), 2)}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{number_format(share * 100, 0)} %"


def _score_row(one: Result) -> ScoreRow:
    gain = one.gain_nats
    notes = [] if one.final else [_("provisional: late reports may come")]
    if gain is None:
        notes.append(_("too few for shares"))
    return ScoreRow(
        label=_("Week %(number)s") % {"number": one.monday.isocalendar().week},
        happened=number_format(one.happened, 0),
        expected=number_format(one.expected, 0),
        hits_1=_share(one.share(one.hits_1)),
        naive_hits_1=_share(one.share(one.naive_hits_1)),
        hits_5=_share(one.share(one.hits_5)),
        naive_hits_5=_share(one.share(one.naive_hits_5)),
        gain="–" if gain is None else _signed(gain),
        note="; ".join(notes),
    )
