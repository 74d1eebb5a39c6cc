"""The course of an import, the same for every kind. In: bytes and a kind. Out: a report.

Rows are read and checked against what is there; then either everything is written, or nothing,
or (asked for) the good rows. Writing is one short transaction for the small registers; the large
one (sites) stages rows in short transactions and shows them in one.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.db import transaction

from narvaro.access.policy import Record
from narvaro.access.queries import list_all_organisation_ids
from narvaro.core.sheets import Sheet
from narvaro.core.tables import Refusal, RefusedRow, Row, Table, TableSpec
from narvaro.core.wording import mask
from narvaro.directory.importing.report import ImportReport, UnsurePlace, list_open_places
from narvaro.directory.models import ImportBatch
from narvaro.spine import events
from narvaro.spine.models import Tenant

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class FileImported(events.Happening):
    """One file came in: one event for the whole of it."""

    kind: ClassVar[str] = "file.imported"
    record_class: ClassVar[str] = Record.IMPORT
    import_kind: str
    file_name: str
    sha256: str
    kept: int
    refused: int


@dataclass(frozen=True)
class Source:
    """A file and how it is to be read."""

    name: str
    data: bytes
    file: Path | None = None  # where it lies, for what is not read whole into memory
    sheet: Sheet | None = None  # of a workbook, where it was opened before
    mapping: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    keep_good: bool = False
    ask_places: bool = False  # hold back while a place is open
    progress: Progress = silent


class Register(Protocol):
    """One kind of register: checks a row against what is there, writes the checked ones."""

    kind: str
    spec: TableSpec

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return what is to be written, or the reasons why not."""
        ...

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:
        """Write everything, inside the caller's transaction."""
        ...


def _nothing(values: Mapping[str, Any]) -> None:
    """Ask nothing of a row that waits."""


def read_rows(
    register: Register,
    source: Source,
    waiting: Callable[[Mapping[str, Any]], None] = _nothing,
) -> tuple[list[Any], list[RefusedRow], Table]:
    """Read and check every row; nothing is dropped without a refusal.

    A row that waits for the meaning of its words alone goes to `waiting`: what else is to be asked
    of it is asked at once.
    """
    table = Table(source.sheet or source.data, register.spec, source.mapping)
    checked: list[Any] = []
    refused: list[RefusedRow] = []
    for number, row in enumerate(table, 1):
        if number % 1000 == 0:
            source.progress(number, table.line_count)
        if isinstance(row, RefusedRow):
            refused.append(_tellable(row.line, row.reasons))
            if row.waits_for_words:
                waiting(row.values)
            continue
        good, reasons = register.check(row)
        if reasons:
            refused.append(_tellable(row.line, reasons))
        else:
            checked.append(good)
    source.progress(table.line_count, table.line_count)
    return checked, refused, table


def _tellable(line: int, reasons: Sequence[Refusal]) -> RefusedRow:
    """Return a refusal as a report may keep it: its values are words of a file, and masked."""
    masked = (replace(one, value=mask(one.value).text) for one in reasons)
    return RefusedRow(line, tuple(masked))


def open_batch(  # noqa: PLR0917 - one call, one place
    tenant: Tenant, kind: str, source: Source, kept: int, refused: int, at: datetime
) -> ImportBatch:
    """Note a file that is being written, in the caller's transaction."""
    return ImportBatch.objects.create(
        tenant=tenant, kind=kind, file_name=source.name[:200],
        sha256=hashlib.sha256(source.data).hexdigest(), started_at=at, kept=kept, refused=refused,
    )  # fmt: skip


def publish(batch: ImportBatch, *, by: str, at: datetime) -> None:
    """Make a file's rows visible and tell the log, in the caller's transaction."""
    batch.published_at = at
    batch.save(update_fields=["published_at"])
    events.append(
        FileImported(batch.kind, batch.file_name, batch.sha256, batch.kept, batch.refused),
        tenant_id=batch.tenant_id,
        subject=batch.pk,
        audience=list_all_organisation_ids(batch.tenant_id),
        by=by,
        at=at,
    )


def passed_over(table: Table) -> tuple[tuple[int, str], ...]:
    """Return the lines that were taken for no rows, with what they say."""
    return tuple((one.line, mask(f"{one.code}: {one.text}").text) for one in table.passed)


def is_held_back(
    refused: Sequence[RefusedRow], source: Source, unsure: Sequence[UnsurePlace] = ()
) -> bool:
    """Return whether nothing is to be written: a dry run, refusals without leave, open places."""
    still_open = list_open_places(unsure, looked_at=source.keep_good)
    if source.dry_run or (still_open and source.ask_places):
        return True
    return bool(refused and not source.keep_good)


def import_table(
    register: Register, tenant: Tenant, source: Source, *, by: str, at: datetime
) -> ImportReport:
    """Import one file of a small register."""
    checked, refused, table = read_rows(register, source)
    written = bool(checked) and not is_held_back(refused, source)
    if written:
        with transaction.atomic():
            events.hold(tenant.pk)
            batch = open_batch(tenant, register.kind, source, len(checked), len(refused), at)
            register.write(checked, batch)
            publish(batch, by=by, at=at)
    return ImportReport(
        register.kind, source.name, len(checked), tuple(refused), table.unmapped, written,
        passed_over=passed_over(table),
    )  # fmt: skip
