"""The minutes of a week as a paper. In: a picture with its decisions. Out: what `week.typ` prints.

A paper of a published week is the same whenever it is fetched: the picture as it was frozen,
the decisions, and each measure as far as it had come when the week was published.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.situation.contents import Contents
from narvaro.situation.models import Measure, Picture
from narvaro.situation.queries import (
    list_decisions,
    list_follow_up,
    list_measures,
    sees_costs,
    states_at,
)
from narvaro.web import labels
from narvaro.web.screens import CountCell, DecisionRow, MeasureRow
from narvaro.web.week_page import (
    category_rows,
    count_cell,
    decision_rows,
    intake_lines,
    last_decision_rows,
    measure_row,
    police_rows,
    reporter_rows,
    title_of,
)
from narvaro.web.week_words import categories_text, kronor_text, unsaid_text, when_text

Block = dict[str, Any]


def _moment(viewer: Viewer, at: datetime) -> str:
    return date_format(at.astimezone(viewer.zone), "j F Y H:i")


def _table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int] = (),
    widest: int = 0,
) -> Block | None:
    """Return a table, or None without rows; `numbers` are columns that stand to the right."""
    made = {
        "heads": list(heads), "rows": [list(one) for one in rows], "numbers": list(numbers),
        "widest": widest,
    }  # fmt: skip
    return made if rows else None


def _section(
    heading: str, *, table: Block | None = None, lines: Sequence[str] = (), note: str = ""
) -> Block:
    return {"heading": heading, "table": table, "lines": list(lines), "note": note}


def _measures(heading: str, rows: Sequence[MeasureRow], states: bool, none: str) -> Block:
    heads = [_("Measure"), _("Who"), _("Done by")]
    if states:
        heads.append(_("State"))
    late = pgettext("measure", "Late").lower()
    lines = []
    for one in rows:
        said = f"{one.text} – {one.expected}" if one.expected else one.text
        state = f"{one.state_label}, {late}" if one.late else one.state_label
        line = [said, one.owner, one.due_on.isoformat(), state]
        lines.append(line if states else line[:3])
    return _section(heading, table=_table(heads, lines), note="" if lines else none)


def _decisions(heading: str, rows: Sequence[DecisionRow], none: str) -> Block:
    heads = [_("Place"), _("Focus"), _("When"), _("Why")]
    lines = [[f"{one.number}. {one.place}", one.focus_label, one.when, one.why] for one in rows]
    return _section(heading, table=_table(heads, lines), note="" if lines else none)


def _counts(cell: CountCell) -> list[str]:
    return [str(cell.now), cell.mean, cell.usual, cell.verdict_label]


def _places(contents: Contents) -> Block:
    heads = [
        _("Place"), _("This week"), _("Mean of four"), _("Usual"), _("Against usual"), _("Kinds"),
        _("Mostly"),
    ]  # fmt: skip
    rows = [
        [
            one.name, *_counts(count_cell(one.counted)),
            categories_text(one.categories, labels.CATEGORY), when_text(one.when),
        ]
        for one in contents.places
    ]  # fmt: skip
    note = _(
        "“Usual” is the range in which the week would be as the four before it, but for chance."
    )
    return _section(_("Places"), table=_table(heads, rows, (1, 2, 3)), note=note)


def _categories(contents: Contents, *, costs: bool) -> Block:
    heads = [_("Kind"), _("This week"), _("Mean of four"), _("Usual"), _("Against usual")]
    rows = [[one.label, *_counts(one.count)] for one in category_rows(contents)]
    rows.append([_("All kinds"), *_counts(count_cell(contents.total))])
    cost = _("Damage: %(n)s, %(sek)s without VAT so far.") % {
        "n": contents.damages, "sek": kronor_text(contents.damage_sek),
    }  # fmt: skip
    return _section(
        _("Kinds of report"),
        table=_table(heads, rows, (1, 2, 3)),
        lines=[cost] if costs and contents.damages else (),
    )


def _reporters(contents: Contents) -> list[Block]:
    reported, silent = reporter_rows(contents)
    missing = [
        f"{one.name} ({_('nor the week before')})" if one.again else one.name for one in silent
    ]
    lines = [f"{one.number} {one.label}" for one in intake_lines(contents.intake)]
    rows = [[one.name, str(one.count)] for one in reported]
    none = _("Nobody is set up to report yet.")
    return [
        _section(
            _("Who has not reported"), lines=missing,
            note="" if missing else _("Everybody has reported.") if rows else none,
        ),
        _section(
            _("Who has reported"), lines=lines,
            table=_table([_("Organisation"), _("Reports")], rows, (1,)),
        ),
    ]  # fmt: skip


def _police(viewer: Viewer, contents: Contents) -> Block:
    rows = [
        [_moment(viewer, one.at), one.kind, one.place, one.summary] for one in police_rows(contents)
    ]
    heads = [_("Time"), _("Kind"), _("Municipality"), _("Summary")]
    note = _("Context only: the place is the municipality, and no count uses these events.")
    return _section(_("The police's public events"), table=_table(heads, rows, widest=3), note=note)


def _measure_rows(
    viewer: Viewer, picture: Picture, measures: Sequence[Measure], at: datetime
) -> list[MeasureRow]:
    """Return measures as far as they had come when the week was published, or now."""
    known_at = picture.published_at or at
    states = states_at(measures, known_at)
    today = known_at.astimezone(viewer.zone).date()
    rows = []
    for one in measures:
        one.state = states[one.pk]
        rows.append(measure_row(one, today, writes=False))
    return rows


def paper_data(viewer: Viewer, picture: Picture, contents: Contents, at: datetime) -> Block:
    """Return what the paper of a frozen, decided or published week says."""
    begins, ends = datetime.fromisoformat(contents.begins), datetime.fromisoformat(contents.ends)
    span = f"{_moment(viewer, begins)} – {_moment(viewer, ends)}"
    facts = [_("The week: %(span)s") % {"span": span}]
    for words, moment in (
        (_("Frozen: %(at)s"), picture.frozen_at),
        (_("Decided: %(at)s"), picture.decided_at),
        (_("Published: %(at)s"), picture.published_at),
    ):
        if moment is not None:
            facts.append(words % {"at": _moment(viewer, moment)})
    decisions = decision_rows(list_decisions(viewer, picture), drops=False)
    earlier = _measure_rows(viewer, picture, list_follow_up(viewer, picture), at)
    fresh = _measure_rows(viewer, picture, list_measures(viewer, picture), at)
    open_still = picture.state == Picture.State.FROZEN
    none = _("None decided yet.") if open_still else _("None were decided.")
    return {
        "language": get_language() or "sv",
        "title": _("%(title)s: decisions") % {"title": title_of(picture.monday)},
        "about": f"{picture.tenant.name} · {title_of(picture.monday)}",
        "facts": facts,
        "draft": "" if picture.published_at else _("Draft: not published, for the meeting only."),
        "sections": [
            _measures(_("Follow-up of last week's measures"), earlier, True, _("There were none.")),
            _decisions(
                _("Last week's prioritised places"), last_decision_rows(contents),
                _("There were none."),
            ),
            _decisions(_("Prioritised places"), decisions, none),
            _measures(_("Measures"), fresh, False, none),
            _places(contents),
            _categories(contents, costs=sees_costs(viewer)),
            *_reporters(contents),
            _police(viewer, contents),
            _section(
                _("What the figures cannot say"),
                lines=[unsaid_text(one) for one in contents.unsaid],
            ),
        ],
    }  # fmt: skip
