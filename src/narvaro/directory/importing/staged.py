"""Large registers: staged in short transactions, shown in one. In: checked rows. Out: a batch.

New rows are written at once but stay hidden until their file is published. No transaction lasts
longer than half a second and the lock is free in between, so alarms go through meanwhile.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, models, transaction
from django.db.models import QuerySet

from narvaro.core.tables import Row
from narvaro.directory.importing.insert import make_ready
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.run import (
    Register,
    Source,
    is_held_back,
    open_batch,
    passed_over,
    publish,
    read_rows,
)
from narvaro.directory.models import FromFileQuerySet, ImportBatch
from narvaro.spine import clock, events
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant

CHUNK = 1000
FREE_S = 0.12


class Gaps:
    """Gaps between writes, in which alarms get in.

    A connection that waits for SQLite's write lock looks again only every 0.1 s: an importer that
    takes the lock back at once keeps the others out until it is done.
    """

    def __init__(self) -> None:
        self.freed_at = -FREE_S

    @contextmanager
    def write(self) -> Iterator[None]:
        """Open a transaction when the lock has been free for long enough."""
        if connection.vendor == "sqlite":
            time.sleep(max(0.0, self.freed_at + FREE_S - clock.monotonic()))
        with transaction.atomic():
            yield
        self.freed_at = clock.monotonic()


def chunks(rows: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """Yield rows a chunk at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def drop(rows: QuerySet[Any], gaps: Gaps) -> int:
    """Delete rows a chunk at a time; return how many."""
    dropped = 0
    while ids := list(rows.values_list("pk", flat=True)[:CHUNK]):
        with gaps.write():
            rows.filter(pk__in=ids).delete()
        dropped += len(ids)
    return dropped


IDENTITY = frozenset(
    {"occurred_from", "occurred_until", "day", "clock", "day_until", "clock_until", "received",
     "ordered", "discovered", "from", "until", "site", "site_code", "place", "premises", "address",
     "lat", "lon", "category", "kind", "part", "unit", "activity", "event", "source", "supplier"}
)  # fmt: skip
"""Columns that say which thing a row is about; the others may be corrected in a later file."""
WHERE_NAMES = frozenset({"site", "site_code", "place", "premises", "address", "lat", "lon"})


class RowKeys:
    """Keys by which rows of overlapping files are known again.

    A row's own number with its time and place, where the file has one (next year's list counts from
    1 anew, and another source's number 1 is another row); else a digest of when, where and what. Rows
    that say the same several times in one file are counted: each is a thing of its own. Only where a
    line with its own number stands again, whole, it is the same thing; not so if the number may be of
    something that `repeats`, as an order's with two panes or two guards.
    """

    def __init__(self, *, repeats: bool = False) -> None:
        self.repeats = repeats
        self._seen: Counter[str] = Counter()
        self._lines: dict[int, str] = {}  # a whole line's hash → its key

    def key(self, row: Row, when: str) -> str:
        """Return the key of a row that happened at `when`."""
        own, values = row.values.get("ref"), row.values
        names = sorted(WHERE_NAMES & values.keys()) if own else sorted(IDENTITY & values.keys())
        said = repr([own, when, *((name, str(values[name])) for name in names if values[name])])
        digest = hashlib.sha256(said.encode()).hexdigest()[:40]
        line = hash((digest, *values.values())) if own and not self.repeats else 0
        if line and line in self._lines:
            return self._lines[line]
        self._seen[digest] += 1
        self._lines[line] = f"{'r' if own else 'h'}:{digest}:{self._seen[digest]}"
        return self._lines[line]


class Asking(Protocol):
    """What puts up questions of rows that cannot come in yet."""

    def ask(self, values: Mapping[str, Any]) -> None:
        """Put up what is not certain of a row with these values."""
        ...


class HistoryRegister(Register, Protocol):
    """A register of things that happened: its rows wait hidden under their batch."""

    model: type[models.Model]
    chunk: int
    stands_alone: bool  # `before` and `finish` do nothing
    corrected: tuple[str, ...]  # fields that a later file may correct
    known: int  # rows that `rows` left out because they are there

    @property
    def reader(self) -> Asking:
        """What reads the rows' times and places."""
        ...

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> Sequence[models.Model]:
        """Return a chunk as rows that are not there yet, each with its batch and row key."""
        ...

    def before(self, fresh: Sequence[Any]) -> None:
        """Do what must stand before the rows, in their transaction."""
        ...

    def finish(self, fresh: Sequence[Any]) -> None:
        """Do what hangs on the rows, in their transaction."""
        ...

    def show(self) -> None:
        """Do what shows together with the file, in the transaction that shows it."""
        ...

    def discard(self, batch: ImportBatch, gaps: Gaps) -> None:
        """Remove everything that a file which was cut off left behind."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what the report says besides: `placed`, `unsure` and the like."""
        ...


def manager_of(model: type[models.Model]) -> FromFileQuerySet[Any]:
    """Return all rows of a model whose rows files bring, hidden ones too."""
    found: FromFileQuerySet[Any] = model._default_manager.all()  # type: ignore[assignment]  # noqa: SLF001 - Django's documented name
    return found


@dataclass
class _Corrections:
    """What a file corrects of rows that are there; applied when the file shows."""

    fields: tuple[str, ...]
    rows: list[Any] = field(default_factory=list)

    def note(self, known: Any, said: Any) -> None:  # noqa: ANN401 - rows of any model
        """Note what a row says anew: an empty cell, which is as in a new row, corrects nothing."""
        anew = {
            name: value
            for name in self.fields
            if (value := getattr(said, name)) != said._meta.get_field(name).get_default()  # noqa: SLF001 - Django's documented name
            and getattr(known, name) != value
        }
        for name, value in anew.items():
            setattr(known, name, value)
        if anew:
            self.rows.append(known)

    def apply(self, model: type[models.Model], tenant: Tenant, gaps: Gaps) -> int:
        """Write them; what a person has changed since stays as he left it. Return how many."""
        changed = 0
        for chunk in chunks(self.rows, 500):
            with gaps.write():
                hold(tenant.pk)
                theirs = events.list_subjects(tenant.pk, [one.pk for one in chunk])
                free = [one for one in chunk if one.pk not in theirs]
                manager_of(model).bulk_update(free, self.fields)
            changed += len(free)
        return changed


def _fresh(
    register: HistoryRegister, tenant: Tenant, rows: Sequence[Any], corrections: _Corrections
) -> list[Any]:
    """Return the rows that are not there yet, each once; note what the others correct."""
    there = {
        one.row_key: one
        for one in manager_of(register.model).filter(
            tenant=tenant, row_key__in=[one.row_key for one in rows]
        )
    }
    for row in rows if corrections.fields else ():
        if row.row_key in there:
            corrections.note(there[row.row_key], row)
    return [*{one.row_key: one for one in rows if one.row_key not in there}.values()]


def _discard_unpublished(register: HistoryRegister, tenant: Tenant, gaps: Gaps) -> None:
    """Remove what an import that was interrupted left behind."""
    for batch in ImportBatch.objects.filter(tenant=tenant, kind=register.kind, published_at=None):
        register.discard(batch, gaps)
        with gaps.write():
            batch.delete()


def _is_in_already(batch: ImportBatch) -> bool:
    """Return whether the same file was shown before, as where a cut came right after that."""
    same = ImportBatch.objects.filter(
        tenant_id=batch.tenant_id, kind=batch.kind, file_name=batch.file_name, sha256=batch.sha256
    )
    return same.exclude(published_at=None).exists()


def import_history(
    register: HistoryRegister, tenant: Tenant, source: Source, *, by: str, at: datetime
) -> ImportReport:
    """Import a file of things that happened, small or of hundreds of thousands of rows."""
    checked, refused, table = read_rows(register, source, register.reader.ask)
    facts = register.facts()
    held = is_held_back(refused, source, facts["unsure"])
    written, known, changed = bool(checked) and not held, 0, 0
    corrections = _Corrections(register.corrected)
    if written:
        gaps = Gaps()
        _discard_unpublished(register, tenant, gaps)
        with gaps.write():
            batch = open_batch(tenant, register.kind, source, len(checked), len(refused), at)
        done = 0
        for chunk in chunks(checked, register.chunk):
            rows = register.rows(chunk, batch)
            fresh = _fresh(register, tenant, rows, corrections)
            insert = make_ready(fresh) if register.stands_alone else None
            with gaps.write():
                hold(tenant.pk)
                register.before(fresh)
                (insert or make_ready(fresh))()
                register.finish(fresh)
            known += len(rows) - len(fresh)
            done += len(chunk)
            source.progress(done, len(checked))
        known += register.known
        if known == len(checked) and not corrections.rows and _is_in_already(batch):
            register.discard(batch, gaps)
            with gaps.write():
                batch.delete()
        else:
            with gaps.write():
                hold(tenant.pk)
                register.show()
                publish(batch, by=by, at=at)
            changed = corrections.apply(register.model, tenant, gaps)
    return ImportReport(
        register.kind, source.name, len(checked) - known, tuple(refused), table.unmapped, written,
        known=known, changed=changed, passed_over=passed_over(table), **register.facts(),
    )  # fmt: skip
