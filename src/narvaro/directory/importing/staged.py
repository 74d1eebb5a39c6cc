"""Large registers: staged in short transactions, shown in one. In: checked rows. Out: a batch.

New rows are written at once but stay hidden until their file is published. No transaction lasts
longer than half a second and the lock is free in between, so alarms go through meanwhile.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, models, transaction
from django.db.models import QuerySet

from narvaro.core.tables import Row
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
from narvaro.spine import clock
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


class RowKeys:
    """Keys by which rows of overlapping files are known again.

    A row's own number with its time, where the file has one (next year's list counts from 1 anew);
    else a digest of when, where and what, counted where a file says the same several times.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def key(self, row: Row, when: str) -> str:
        """Return the key of a row that happened at `when`."""
        own = row.values.get("ref")
        if own:
            return f"r:{hashlib.sha256(f'{own} {when}'.encode()).hexdigest()[:40]}"
        values = row.values.items()
        said = repr(sorted((name, str(v)) for name, v in values if v and name in IDENTITY))
        digest = hashlib.sha256(said.encode()).hexdigest()[:40]
        self._seen[digest] += 1
        return f"h:{digest}:{self._seen[digest]}"


class HistoryRegister(Register, Protocol):
    """A register of things that happened: its rows wait hidden under their batch."""

    model: type[models.Model]
    chunk: int
    corrected: tuple[str, ...]  # fields that a later file may correct
    known: int  # rows that `rows` left out because they are there

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> Sequence[models.Model]:
        """Return a chunk as rows that are not there yet, each with its batch and row key."""
        ...

    def before(self, fresh: Sequence[Any]) -> None:
        """Do what must stand before the rows, in their transaction."""
        ...

    def finish(self, fresh: Sequence[Any]) -> None:
        """Do what hangs on the rows, in their transaction."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what the report says besides: `placed`, `unsure` and the like."""
        ...


def manager_of(model: type[models.Model]) -> FromFileQuerySet[Any]:
    """Return all rows of a model whose rows files bring, hidden ones too."""
    found: FromFileQuerySet[Any] = model._default_manager.all()  # type: ignore[assignment]  # noqa: SLF001 - Django's documented name
    return found


def _correct(
    register: HistoryRegister, tenant: Tenant, rows: Sequence[Any]
) -> tuple[list[Any], int]:
    """Return the rows that are not there yet; correct those that are, in the caller's transaction."""
    there = {
        one.row_key: one
        for one in manager_of(register.model).filter(
            tenant=tenant, row_key__in=[one.row_key for one in rows]
        )
    }
    changed = []
    for row in rows:
        known = there.get(row.row_key)
        if known is None or all(getattr(known, f) == getattr(row, f) for f in register.corrected):
            continue
        for name in register.corrected:
            setattr(known, name, getattr(row, name))
        changed.append(known)
    if changed:
        manager_of(register.model).bulk_update(changed, register.corrected)
    return [one for one in rows if one.row_key not in there], len(changed)


def _discard_unpublished(register: HistoryRegister, tenant: Tenant, gaps: Gaps) -> None:
    """Remove what an import that was interrupted left behind."""
    for batch in ImportBatch.objects.filter(tenant=tenant, kind=register.kind, published_at=None):
        drop(manager_of(register.model).filter(batch=batch), gaps)
        with gaps.write():
            batch.delete()


def import_history(
    register: HistoryRegister, tenant: Tenant, source: Source, *, by: str, at: datetime
) -> ImportReport:
    """Import a file of things that happened, small or of hundreds of thousands of rows."""
    checked, refused, table = read_rows(register, source)
    facts = register.facts()
    held = is_held_back(refused, source, facts["unsure"])
    written, known, changed = bool(checked) and not held, 0, 0
    if written:
        gaps = Gaps()
        _discard_unpublished(register, tenant, gaps)
        with gaps.write():
            batch = open_batch(tenant, register.kind, source, len(checked), len(refused), at)
        done = 0
        for chunk in chunks(checked, register.chunk):
            rows = register.rows(chunk, batch)
            with gaps.write():
                hold(tenant.pk)
                fresh, corrected = _correct(register, tenant, rows)
                register.before(fresh)
                manager_of(register.model).bulk_create(fresh)
                register.finish(fresh)
            known += len(rows) - len(fresh)
            changed += corrected
            done += len(chunk)
            source.progress(done, len(checked))
        with gaps.write():
            publish(batch, by=by, at=at)
        known += register.known
    return ImportReport(
        register.kind, source.name, len(checked) - known, tuple(refused), table.unmapped, written,
        known=known, changed=changed, passed_over=passed_over(table), **register.facts(),
    )  # fmt: skip
