"""The files' page as data. In: drafts of a viewer. Out: its context."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.core.table_spec import TableSpec
from narvaro.directory.models import FileDraft, Site
from narvaro.directory.queries import find_road_map, sites_seen_by
from narvaro.sharing.kinds import KINDS
from narvaro.sharing.queries import list_drafts, list_under_way
from narvaro.sharing.reading import list_missing, specs
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.web import first_report_words, labels, report_words
from narvaro.web.files_words import COLUMN, KIND, MISSING, PLACED_BY, STATE
from narvaro.web.labels import say
from narvaro.web.screens import Choice, Problem
from narvaro.web.screens.files import (
    Asking,
    ColumnRow,
    DoneRow,
    DraftCard,
    FilesPage,
    PlaceQuestion,
    RefusedLine,
    Running,
    WordQuestion,
)

State = FileDraft.State
SAMPLES = 3


def site_label(site: Site) -> str:
    """Return a site as people choose it from a list."""
    return f"{site.name} ({site.code})"


def title_of(draft: FileDraft) -> str:
    """Return a draft's file and sheet."""
    return f"{draft.file_name} – {draft.sheet}" if draft.sheet else draft.file_name


def page_of(viewer: Viewer, problems: tuple[Problem, ...]) -> FilesPage:
    """Return the page: what runs; while nothing runs, what is to be looked at and answered."""
    drafts = list_drafts(viewer, clock.now())
    running = list_under_way(drafts)
    known = specs(Tenant.objects.get(pk=viewer.tenant_id)) if not running else {}
    asking = tuple(_asking(one) for one in drafts if one.state == State.ASKS and not running)
    return FilesPage(
        has_map=find_road_map(viewer) is not None,
        running=tuple(
            Running(title_of(one), say(STATE, one.state), one.done_rows, one.all_rows)
            for one in running
        ),
        drafts=tuple(
            _card(one, known)
            for one in drafts
            if one.state in {State.READ, State.FAILED} and not running
        ),
        asking=asking,
        done=tuple(_done(one) for one in reversed(drafts) if one.state == State.DONE),
        sites=tuple(site_label(one) for one in sites_seen_by(viewer).order_by("name"))
        if asking
        else (),
        report_href="/report/" if any(one.state == State.DONE for one in drafts) else "",
        problems=problems,
    )


def _card(draft: FileDraft, known: Mapping[str, TableSpec]) -> DraftCard:
    spec = known.get(draft.kind)
    missing = list_missing(draft.kind, draft.mapping, spec)
    kinds = [Choice("", _("Leave it out"), draft.kind == "")]
    kinds += [Choice(one.code, say(KIND, one.code), one.code == draft.kind) for one in KINDS]
    if draft.kind == "roads":
        kinds = [Choice("roads", say(KIND, "roads"), chosen=True), kinds[0]]
    report = draft.report if draft.state == State.FAILED else {}
    return DraftCard(
        id=str(draft.pk), file_name=draft.file_name, sheet=draft.sheet, rows=draft.all_rows,
        kind=draft.kind, kind_choices=tuple(kinds), columns=_columns(draft, spec),
        missing=tuple(say(MISSING, one) for one in missing),
        passed=tuple(
            _("line %(line)s: %(text)s") % {"line": line, "text": text}
            for line, _code, text in draft.header.get("passed", [])
        ),
        unclear=not draft.kind or bool(missing), error=str(report.get("error", "")),
        refused=refused_lines(report), refused_count=int(report.get("refused_count", 0)),
    )  # fmt: skip


def _columns(draft: FileDraft, spec: TableSpec | None) -> tuple[ColumnRow, ...]:
    if spec is None:
        return ()
    headers, samples = draft.header.get("headers", []), draft.header.get("samples", [])
    named = [(number, one) for number, one in enumerate(headers) if one]
    rows = []
    for place, (number, header) in enumerate(named):
        found = draft.mapping.get(header, "")
        under = [row[number] for row in samples if number < len(row) and row[number]]
        choices = [Choice("", _("Not used"), found == "")]
        choices += [Choice(c.name, say(COLUMN, c.name), c.name == found) for c in spec.columns]
        rows.append(
            ColumnRow(
                f"col-{draft.pk}-{place}", header, " · ".join(under[:SAMPLES]), tuple(choices)
            )
        )
    return tuple(rows)


def refused_lines(report: Mapping[str, Any]) -> tuple[RefusedLine, ...]:
    """Return the refused rows that a report shows."""
    return tuple(
        RefusedLine(
            row["line"],
            tuple(
                f"{header}: “{value}” {why}; {todo}" if value else f"{header} {why}; {todo}".strip()
                for header, value, why, todo in row["reasons"]
            ),
        )
        for row in report.get("refused", [])
    )


def _asking(draft: FileDraft) -> Asking:
    report = draft.report
    return Asking(
        id=str(draft.pk),
        title=title_of(draft),
        places=tuple(
            _place_question(draft, number, one) for number, one in enumerate(report["unsure"])
        ),
        more_places=report["unsure_count"] - len(report["unsure"]),
        words=tuple(
            _word_question(draft, number, one) for number, one in enumerate(report["words"])
        ),
        refused=refused_lines(report),
        refused_count=report["refused_count"],
        kept=report["kept"],
    )


def _place_question(draft: FileDraft, number: int, one: Mapping[str, Any]) -> PlaceQuestion:
    offered = [
        Choice(key, words, chosen=rank == 0) for rank, (key, words) in enumerate(one["candidates"])
    ]
    none = Choice("", _("None of these: leave it without a place"), chosen=not offered)
    return PlaceQuestion(f"{draft.pk}-{number}", one["text"], one["rows"], (*offered, none))


_Table = Mapping[str, "str | Promise"]
_WORDS: Mapping[str, _Table] = {
    "category": labels.CATEGORY, "cause": first_report_words.CAUSE,
    "known_by": report_words.KNOWN_BY, "activity": first_report_words.ACTIVITY,
}  # fmt: skip
_KINDS: Mapping[str, _Table] = {
    "sites": labels.SITE_KIND, "damage": report_words.DAMAGE_KIND, "alarm-journal": labels.CASE_KIND,
    "responses": labels.CASE_KIND,
}  # fmt: skip


def optional_columns(draft: FileDraft) -> frozenset[str]:
    """Return the columns of a draft's kind whose cells may be empty."""
    spec = specs(draft.tenant).get(draft.kind)
    return frozenset(c.name for c in spec.columns if not c.required) if spec else frozenset()


def _word_question(draft: FileDraft, number: int, one: Mapping[str, Any]) -> WordQuestion:
    column = str(draft.mapping.get(one["header"], ""))
    by_kind: _Table = _KINDS.get(draft.kind, {})
    table = by_kind if column == "kind" else _WORDS.get(column, {})
    choices = (
        Choice(
            "",
            _("Leave it empty") if column in optional_columns(draft) else _("Leave these rows out"),
            chosen=True,
        ),
        *(Choice(code, str(words)) for code, words in table.items()),
    )
    return WordQuestion(
        f"{draft.pk}-{number}", say(COLUMN, column), one["value"], one["rows"], choices
    )


def _done(draft: FileDraft) -> DoneRow:
    report = draft.report
    placed = ", ".join(
        f"{number_format(count)} {say(PLACED_BY, how)}"
        for how, count in sorted(report.get("placed", {}).items(), key=lambda one: -one[1])
    )
    return DoneRow(
        title=title_of(draft), kind_label=say(KIND, draft.kind), kept=int(report.get("kept", 0)),
        known=int(report.get("known", 0)), refused=refused_lines(report),
        refused_count=int(report.get("refused_count", 0)), placed=placed,
        not_used=", ".join(report.get("unmapped", [])),
    )  # fmt: skip
