"""The large register: sites. Staged in short transactions, shown in one.

A new site is written at once but stays hidden until its file is published; a changed one waits
beside its site. No transaction lasts longer than half a second, so alarms go through meanwhile.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

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
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant

CHUNK = 1000
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

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:
        """Stage one chunk: new sites hidden, changes beside their site."""
        codes = [one["code"] for one in checked]
        there = {
            one.code: one for one in Site.objects.filter(tenant_id=batch.tenant_id, code__in=codes)
        }
        fresh, changes = [], []
        for row in checked:
            site = there.get(row["code"])
            values = {name: _value(row, name, site) for name in FIELDS}
            if site is None:
                fresh.append(
                    Site(
                        id=uuid7(),
                        tenant_id=batch.tenant_id,
                        code=row["code"],
                        batch=batch,
                        **values,
                    )
                )
            elif any(getattr(site, name) != value for name, value in values.items()):
                changes.append(SiteChange(batch=batch, site=site, **values))
        Site.objects.bulk_create(fresh)
        SiteChange.objects.bulk_create(changes)


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


def _publish(batch: ImportBatch, *, by: str, at: datetime) -> None:
    with transaction.atomic():
        if SiteChange.objects.filter(batch=batch).exists():
            key = batch.pk.hex if connection.vendor == "sqlite" else batch.pk
            with connection.cursor() as cursor:
                cursor.execute(_APPLY, [key])
        publish(batch, by=by, at=at)
    with transaction.atomic():
        SiteChange.objects.filter(batch=batch).delete()


def discard_unpublished(tenant: Tenant) -> int:
    """Remove what an import that was interrupted left behind; return how many sites."""
    removed = 0
    for batch in ImportBatch.objects.filter(tenant=tenant, kind="sites", published_at=None):
        while True:
            with transaction.atomic():
                ids = list(Site.objects.filter(batch=batch).values_list("pk", flat=True)[:CHUNK])
                if not ids:
                    SiteChange.objects.filter(batch=batch).delete()
                    batch.delete()
                    break
                removed += Site.objects.filter(pk__in=ids).delete()[0]
    return removed


def import_sites(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import a file of sites, small or of hundreds of thousands of rows."""
    register = Sites()
    checked, refused, table = read_rows(register, source)
    written = bool(checked) and not is_held_back(refused, source)
    if written:
        discard_unpublished(tenant)
        with transaction.atomic():
            batch = open_batch(tenant, "sites", source, len(checked), len(refused), at)
        done = 0
        for chunk in _chunks(checked):
            with transaction.atomic():
                register.write(chunk, batch)
            done += len(chunk)
            source.progress(done, len(checked))
        _publish(batch, by=by, at=at)
    return ImportReport("sites", source.name, len(checked), tuple(refused), table.unmapped, written)
