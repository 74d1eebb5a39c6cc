"""The large register: sites. Staged in short transactions, shown in one.

A new site is written at once but stays hidden until its file is published; a changed one waits
beside its site. No transaction lasts longer than half a second, so alarms go through meanwhile.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from narvaro.core.tables import Refusal, Row
from narvaro.directory.importing import columns
from narvaro.directory.importing.report import ImportReport, refuse
from narvaro.directory.importing.run import (
    Source,
    is_held_back,
    open_batch,
    publish,
    read_rows,
)
from narvaro.directory.models import ImportBatch, Site, SiteChange
from narvaro.spine import clock
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant

CHUNK = 1000
FREE_S = 0.12
FIELDS = ("name", "kind", "premises", "address", "lat", "lon", "alarm_grade")


class Sites:
    """Sites by their code."""

    kind = "sites"
    spec = columns.SITES

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row, or why it is not taken."""
        reasons = []
        first = self.seen.setdefault(row["code"], row.line)
        if first != row.line:
            why = f"stands on line {first} too"
            reasons.append(refuse("code", row["code"], why, "keep one of the lines"))
        grade = row.values.get("alarm_grade")
        if grade is not None and grade > 4:
            reasons.append(refuse("alarm_grade", grade, "is not 1–4", "write 1, 2, 3 or 4"))
        return row, reasons

    def stage(self, checked: Sequence[Any], batch: ImportBatch) -> list[Site | SiteChange]:
        """Return one chunk as rows: new sites, and changes beside their site."""
        codes = [one["code"] for one in checked]
        there = {
            one.code: one for one in Site.objects.filter(tenant_id=batch.tenant_id, code__in=codes)
        }
        rows: list[Site | SiteChange] = []
        for row in checked:
            site = there.get(row["code"])
            values = {name: _value(row, name, site) for name in FIELDS}
            if site is None:
                rows.append(
                    Site(
                        id=uuid7(),
                        tenant_id=batch.tenant_id,
                        code=row["code"],
                        batch=batch,
                        **values,
                    )
                )
            elif any(getattr(site, name) != value for name, value in values.items()):
                rows.append(SiteChange(batch=batch, site=site, **values))
        return rows

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Write staged rows: new sites hidden, changes waiting."""
        Site.objects.bulk_create(one for one in checked if isinstance(one, Site))
        SiteChange.objects.bulk_create(one for one in checked if isinstance(one, SiteChange))


class _Gaps:
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


def _value(row: Row, name: str, site: Site | None) -> Any:  # noqa: ANN401 - the column's parser fixes the type
    if site is not None and name not in row.values:
        return getattr(site, name)  # a column that the file has not changes nothing
    value = row.values.get(name)
    return "" if value is None and name in {"premises", "address"} else value


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


_APPLY = """
UPDATE directory_site SET name = c.name, kind = c.kind, premises = c.premises,
       address = c.address, lat = c.lat, lon = c.lon, alarm_grade = c.alarm_grade
  FROM directory_sitechange AS c
 WHERE c.site_id = directory_site.id AND c.batch_id = %s
"""


def _publish(batch: ImportBatch, gaps: _Gaps, *, by: str, at: datetime) -> None:
    with gaps.write():
        if SiteChange.objects.filter(batch=batch).exists():
            key = batch.pk.hex if connection.vendor == "sqlite" else batch.pk
            with connection.cursor() as cursor:
                cursor.execute(_APPLY, [key])
        publish(batch, by=by, at=at)
    _drop(SiteChange.objects.filter(batch=batch), gaps)


def _drop(rows: QuerySet[Any], gaps: _Gaps) -> int:
    """Delete rows a chunk at a time; return how many."""
    dropped = 0
    while ids := list(rows.values_list("pk", flat=True)[:CHUNK]):
        with gaps.write():
            rows.filter(pk__in=ids).delete()
        dropped += len(ids)
    return dropped


def discard_unpublished(tenant: Tenant, gaps: _Gaps) -> int:
    """Remove what an import that was interrupted left behind; return how many sites."""
    removed = 0
    for batch in ImportBatch.objects.filter(tenant=tenant, kind="sites", published_at=None):
        _drop(SiteChange.objects.filter(batch=batch), gaps)
        removed += _drop(Site.objects.filter(batch=batch), gaps)
        with gaps.write():
            batch.delete()
    return removed


def import_sites(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import a file of sites, small or of hundreds of thousands of rows."""
    register = Sites()
    checked, refused, table = read_rows(register, source)
    written = bool(checked) and not is_held_back(refused, source)
    if written:
        gaps = _Gaps()
        discard_unpublished(tenant, gaps)
        with gaps.write():
            batch = open_batch(tenant, "sites", source, len(checked), len(refused), at)
        done = 0
        for chunk in _chunks(checked):
            rows = register.stage(chunk, batch)
            with gaps.write():
                register.write(rows, batch)
            done += len(chunk)
            source.progress(done, len(checked))
        _publish(batch, gaps, by=by, at=at)
    return ImportReport("sites", source.name, len(checked), tuple(refused), table.unmapped, written)
