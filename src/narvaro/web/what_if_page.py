"""What-ifs → pages. In: rows, answers. Out: contexts."""

from collections.abc import Iterator, Mapping
from functools import partial
from math import isfinite

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from narvaro.core.replay import Difference
from narvaro.followup.models import WhatIf
from narvaro.followup.replay.plot import Words, draw
from narvaro.followup.replay.queries import UNDER_WAY
from narvaro.followup.replay.scenario import Answer, Asked
from narvaro.followup.replay.words import DRAWN, FIGURES, name_of, note_said, told_in
from narvaro.web.labels import say
from narvaro.web.reasons import in_words
from narvaro.web.screens.what_if import (
    FigureGroup,
    FigureRow,
    RealRow,
    WhatIfAnswer,
    WhatIfPage,
    WhatIfRow,
)
from narvaro.web.what_if_words import (
    GROUPS,
    LOOK,
    STATE,
    digits_of,
    figure,
    means_words,
    played_words,
    said_main,
    scenario_words,
)

Names = Mapping[str, str]


def row_of(one: WhatIf, names: Names) -> WhatIfRow:
    """Return one as the list shows it."""
    asked = Asked.of(one.asked)
    return WhatIfRow(
        one.pk, scenario_words(asked.a, names), scenario_words(asked.b, names), played_words(asked),
        one.asked_by.service_number, one.asked_at, LOOK.get(one.state, one.state),
        say(STATE, one.state),
    )  # fmt: skip


def page_of(one: WhatIf, names: Names) -> WhatIfPage:
    """Return the page of one."""
    answer = Answer.of(one.answer) if one.answer else None
    row = row_of(one, names)
    return WhatIfPage(
        row=row,
        under_way=one.state in UNDER_WAY,
        percent=int(one.progress * 100),
        why=in_words(one.why) if one.state == WhatIf.State.FAILED else "",
        answer=_answer(answer, row) if answer else None,
    )


def _answer(answer: Answer, row: WhatIfRow) -> WhatIfAnswer:
    return WhatIfAnswer(
        told=said_main(answer),
        groups=tuple(
            FigureGroup(str(title), tuple(_figure(one, answer) for one in figures))
            for title, figures in GROUPS
        ),
        # `draw` escapes every word that it is given
        drawing=mark_safe(draw(answer, _words(answer, row))),  # noqa: S308
        means=means_words(answer),
        stands_on=tuple(_stands_on(answer)),
        notes=tuple(in_words(note_said(one)) for one in answer.notes),
        real=_real(answer) if answer.asked.real else None,
    )


def _figure(name: str, answer: Answer) -> FigureRow:
    row: Difference = answer.row(name_of(name, answer))
    by, digits = told_in(row.name), digits_of(row.name)
    low, high = row.low * by, row.high * by
    ends = (
        f"{figure(low, digits, sign=True)} … {figure(high, digits, sign=True)}"
        if isfinite(low)
        else "–"
    )
    all_runs = int(answer.stands_on["runs"])
    few = _("compared in %(runs)s of %(all)s runs") % {"runs": row.runs, "all": all_runs}
    return FigureRow(
        label=in_words(FIGURES[name]),
        a=figure(row.a * by, digits),
        b=figure(row.b * by, digits),
        difference=figure(row.difference * by, digits, sign=True),
        interval=ends,
        runs=few if row.runs < all_runs else "",
    )


def _stands_on(answer: Answer) -> Iterator[str]:
    on = {name: figure(value, 0) for name, value in answer.stands_on.items()}
    yield _("%(cases)s cases of %(days_known)s days") % on
    yield _("%(units)s units with %(shifts)s shifts") % on
    yield _("%(places)s places") % on
    yield _("%(visits_of_a_run)s visits in a run") % on
    if answer.stands_on.get("cases_off_map"):
        yield _("%(cases_off_map)s cases lie off the map and are left out") % on


def _real(answer: Answer) -> tuple[RealRow, ...]:
    real = answer.calibration
    if real is None:
        return ()
    rows = [
        (_("Real, from received to on scene"), real.cases, real.received_p50_s, real.received_p90_s),
        (_("Real, from accepted to on scene"), real.accepted, real.accepted_p50_s, real.accepted_p90_s),
        (_("Played as today, sent at once"), real.cases, real.played_p50_s, real.played_p90_s),
    ]  # fmt: skip
    return tuple(
        RealRow(label, figure(cases, 0), figure(half / 60, 1), figure(tenths / 60, 1))
        for label, cases, half, tenths in rows
        if cases
    )


def _words(answer: Answer, row: WhatIfRow) -> Words:
    half, tenths = (answer.row(f"all_{name}_s") for name in ("p50", "p90"))
    facts = {
        "a": row.a, "b": row.b, "a_half": figure(half.a / 60), "a_tenths": figure(tenths.a / 60),
        "b_half": figure(half.b / 60), "b_tenths": figure(tenths.b / 60),
    }  # fmt: skip
    told = _(
        "A, %(a)s: half of the cases within %(a_half)s min, 9 of 10 within %(a_tenths)s. "
        "B, %(b)s: %(b_half)s and %(b_tenths)s."
    )
    return Words(
        title=_("When somebody is there, in A and in B"), description=told % facts,
        a=f"A: {row.a}", b=f"B: {row.b}", minutes=_("minutes until somebody is there"),
        share=_("share of the cases"), limit=_("limit %(min)s min"),
        differences=_("B − A, with the interval of the draws"), less=_("less in B"), more=_("more in B"),
        figures={name_of(one, answer): in_words(FIGURES[one]) for one in DRAWN},
        number=partial(figure, sign=True),
    )  # fmt: skip
