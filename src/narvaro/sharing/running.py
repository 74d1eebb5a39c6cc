"""A draft's run: check it, ask where something is open, else bring it in. In: a draft. Out: its report."""

import logging
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.access.models import Member
from narvaro.core.cell_error import CellError
from narvaro.core.said import Said
from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.report import ImportReport, list_open_places
from narvaro.directory.importing.run import Source
from narvaro.sharing import actions
from narvaro.sharing.kinds import BY_CODE, FROM_FILE, import_file
from narvaro.sharing.models import FileDraft
from narvaro.sharing.reading import look_into, open_sheet
from narvaro.sharing.uploads import upload_file
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

REFUSED_SHOWN = 200
UNSURE_SHOWN = 400
EVERY_S = 0.5


class _Progress:
    """Notes progress on the draft, at most twice a second."""

    def __init__(self, draft: FileDraft) -> None:
        self.draft = draft
        self.noted_at = -EVERY_S

    def __call__(self, done: int, rows: int) -> None:
        now = clock.monotonic()
        if now - self.noted_at >= EVERY_S:
            self.noted_at = now
            actions.note_progress(draft=self.draft, done=done, rows=rows)


def run_waiting() -> int:
    """Run what waits in every tenant, until nothing does; return how many drafts ran."""
    actions.requeue_interrupted(at=clock.now())
    actions.drop_left_open(at=clock.now())
    actions.sweep_uploads(at=clock.now())
    done = 0
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        while draft := actions.take_next(tenant_id):
            run_draft(draft)
            done += 1
    return done


def run_draft(draft: FileDraft) -> None:
    """Run a draft that was taken in hand; what fails is kept on it, in words."""
    try:
        if draft.state == FileDraft.State.NEW:
            look(draft)
        else:
            _bring_in(draft)
    except (CellError, OSError, Refused) as no:
        actions.fail(draft=draft, report={"error": _why(no).to_json()}, at=clock.now())
    except Exception as fault:
        # A fault of ours: kept on the draft for the person, with its trace in the log.
        logger.exception("a file could not be brought in", extra={"draft": str(draft.pk)})
        why = Said(  # what the fault says may hold what the file holds: only its name is kept
            "a fault of the program itself stopped it (%(fault)s); tell those who run the program",
            fault=type(fault).__name__,
        )  # fmt: skip
        actions.fail(draft=draft, report={"error": why.to_json()}, at=clock.now())


def _why(no: CellError | OSError | Refused) -> Said:
    """Return why a file did not come in, and what to do."""
    if isinstance(no, CellError):
        return no.said
    if isinstance(no, Refused):
        return Said.of(no.detail)
    return Said("the disk failed (%(fault)s); try again", fault=no.strerror or type(no).__name__)


def look(draft: FileDraft) -> list[FileDraft]:
    """Look into a file and return a draft for each of its sheets."""
    found = look_into(draft.tenant, draft.file_name, upload_file(draft).read_bytes())
    return actions.split(draft=draft, found=found)


def _bring_in(draft: FileDraft) -> None:
    report = _run(draft, by=f"member:{_decider(draft).pk}")
    still_open = list_open_places(report.unsure, looked_at=draft.answered)
    if still_open or (report.refused and not draft.answered):
        actions.ask(draft=draft, report=describe(report))
    elif report.written:
        actions.finish(draft=draft, report=describe(report), at=clock.now())
    else:
        actions.fail(draft=draft, report=describe(report), at=clock.now())


def _decider(draft: FileDraft) -> Member:
    """Return who let a draft be brought in; raises Refused where he is no member any more."""
    today = clock.now().astimezone(ZoneInfo(draft.tenant.timezone)).date()
    who = draft.decided_by
    if who is None or not (who.user.is_active and who.is_valid_on(today)):
        said = Said("who let it be brought in is no member here any more; see to it, and let it in")
        raise Refused("decider_left", said)
    return who


def answers_of(draft: FileDraft) -> Answers:
    """Return what a person has said of a draft."""
    return Answers(draft.answers.get("places", {}), draft.answers.get("words", {}))


def _run(draft: FileDraft, *, by: str) -> ImportReport:
    file = upload_file(draft)
    data = b"" if draft.kind in FROM_FILE else file.read_bytes()
    table = BY_CODE[draft.kind].spec is not None
    source = Source(
        name=f"{draft.file_name} {draft.sheet}".strip(), data=data, file=file,
        sheet=open_sheet(draft.tenant, data, draft.sheet) if table else None,
        mapping=draft.mapping if table else {}, keep_good=draft.answered, ask_places=True,
        progress=_Progress(draft),
    )  # fmt: skip
    return import_file(draft.kind, draft.tenant, source, answers_of(draft), by=by, at=clock.now())


def unknown_words(report: ImportReport) -> list[dict[str, Any]]:
    """Return the words that no one knows, by column, with how many rows hold each."""
    counted: dict[tuple[str, str], int] = {}
    for row in report.refused:
        for one in row.reasons:
            if one.code == "unknown_word":
                counted[one.column, one.value] = counted.get((one.column, one.value), 0) + 1
    return [
        {"header": header, "value": value, "rows": rows}
        for (header, value), rows in sorted(counted.items(), key=lambda one: -one[1])
    ]


def describe(report: ImportReport) -> dict[str, Any]:
    """Return a report as JSON, shortened where it is long; counts are always whole."""
    return {
        "kept": report.kept,
        "known": report.known,
        "changed": report.changed,
        "refused_count": len(report.refused),
        "refused": [
            {"line": row.line,
             "reasons": [
                 [one.column, one.value, one.why.to_json(), one.todo.to_json()]
                 for one in row.reasons
             ]}
            for row in report.refused[:REFUSED_SHOWN]
        ],
        "unmapped": [
            one.to_json() if isinstance(one, Said) else one for one in report.unmapped
        ],
        "passed_over": [list(one) for one in report.passed_over[:50]],
        "placed": report.placed,
        "unsure_count": len(report.unsure),
        "unsure": [
            {"text": one.text, "rows": one.rows, "likely": one.likely,
             "candidates": [list(c) for c in one.candidates]}
            for one in report.unsure[:UNSURE_SHOWN]
        ],
        "words": unknown_words(report),
        "alone": report.alone,
    }  # fmt: skip
