"""The files' page as data. In: drafts of a viewer. Out: its context."""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.core.table_spec import TableSpec
from narvaro.directory.queries import find_road_map
from narvaro.sharing.kinds import KINDS
from narvaro.sharing.models import FileDraft
from narvaro.sharing.queries import list_drafts, list_under_way
from narvaro.sharing.reading import list_missing, specs
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.web.files_questions import questions_of, refused_lines, title_of
from narvaro.web.files_words import COLUMN, KIND, MISSING, PASSED, PLACED_BY, STATE
from narvaro.web.labels import say
from narvaro.web.reasons import in_words
from narvaro.web.screens import Choice, Problem
from narvaro.web.screens.files import ColumnRow, DoneRow, DraftCard, FilesPage, Running

State = FileDraft.State
SAMPLES = 3


def page_of(viewer: Viewer, problems: tuple[Problem, ...]) -> FilesPage:
    """Return the page: what runs; while nothing runs, what is to be looked at and answered."""
    drafts = list_drafts(viewer, clock.now())
    running = list_under_way(drafts)
    known = specs(Tenant.objects.get(pk=viewer.tenant_id)) if not running else {}
    asking = [one for one in drafts if one.state == State.ASKS and not running]
    blocked = [one for one in drafts if one.state == State.QUEUED and one not in running]
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
        questions=questions_of(viewer, asking),
        waiting=tuple(title_of(one) for one in blocked),
        done=tuple(_done(one) for one in reversed(drafts) if one.state == State.DONE),
        report_href="/report/" if any(one.state == State.DONE for one in drafts) else "",
        problems=problems,
    )


def _card(draft: FileDraft, known: Mapping[str, TableSpec]) -> DraftCard:
    spec = known.get(draft.kind)
    missing = list_missing(draft.kind, draft.mapping, spec)
    kinds = [Choice("", _("Leave it out"), draft.kind == "")]
    kinds += [Choice(one.code, say(KIND, one.code), one.code == draft.kind) for one in KINDS]
    if not spec:  # what is no table is what it is
        kinds = [one for one in kinds if one.chosen or not one.value]
    report = draft.report if draft.state == State.FAILED else {}
    return DraftCard(
        id=str(draft.pk), file_name=draft.file_name, sheet=draft.sheet, rows=draft.all_rows,
        kind=draft.kind, kind_choices=tuple(kinds), columns=_columns(draft, spec),
        missing=tuple(say(MISSING, one) for one in missing),
        passed=tuple(
            _("line %(line)s, %(what)s: %(text)s")
            % {"line": line, "what": say(PASSED, code), "text": text}
            for line, code, text in draft.header.get("passed", [])
        ),
        unclear=not draft.kind or bool(missing), error=in_words(report.get("error", "")),
        refused=refused_lines(report, draft.mapping), refused_count=int(report.get("refused_count", 0)),
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


def _done(draft: FileDraft) -> DoneRow:
    report = draft.report
    placed = ", ".join(
        f"{number_format(count)} {say(PLACED_BY, how)}"
        for how, count in sorted(report.get("placed", {}).items(), key=lambda one: -one[1])
    )
    return DoneRow(
        title=title_of(draft), kind_label=say(KIND, draft.kind), kept=int(report.get("kept", 0)),
        known=int(report.get("known", 0)), refused=refused_lines(report, draft.mapping),
        refused_count=int(report.get("refused_count", 0)), placed=placed,
        not_used=", ".join(map(in_words, report.get("unmapped", []))),
    )  # fmt: skip
