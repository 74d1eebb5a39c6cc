"""The large register: sites. Staged in short transactions, shown in one.

A new site is written at once but stays hidden until its file is published; a changed one waits
beside its site. No transaction lasts longer than half a second, so alarms go through meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from narvaro.core.said import Said
from narvaro.core.tables import Refusal, Row
from narvaro.directory.importing import columns
from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.placing import SitePlacer, position_of
from narvaro.directory.importing.report import ImportReport, refuse, stands_twice
from narvaro.directory.importing.run import (
    Source,
    is_held_back,
    open_batch,
    passed_over,
    publish,
    read_rows,
)
from narvaro.directory.importing.staged import Gaps, chunks, drop
from narvaro.directory.models import ImportBatch, Site, SiteChange
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant

FIELDS = (
    "name", "kind", "premises", "address", "lat", "lon", "alarm_grade", "standing",
    "standing_decision",
)  # fmt: skip
STANDS = ("standing", "alarm_grade", "standing_decision")
EMPTY = frozenset({"premises", "address", "standing_decision"})  # texts: never null


class Sites:
    """Sites by their code."""

    kind = "sites"

    def __init__(self, tenant: Tenant, answers: Answers | None = None) -> None:
        answers = answers or Answers()
        self.tenant = tenant
        self.spec = columns.sites_spec(answers.words)
        self.places = SitePlacer(tenant, answers.places)
        self.seen: dict[str, int] = {}
        alone = Site.objects.published().filter(tenant=tenant, standing=Site.Standing.ALONE)
        self.alone = frozenset(alone.values_list("code", flat=True))

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row with its place, or why it is not taken."""
        reasons = []
        row.values["name"] = " ".join(row["name"].split())
        row.values["code"] = row.values.get("code") or row["name"][:40]
        first = self.seen.setdefault(row["code"], row.line)
        if first != row.line:
            reasons.append(stands_twice("code", row["code"], first))
        grade = row.values.get("alarm_grade")
        if grade is not None and grade > 4:
            reasons.append(
                refuse("alarm_grade", grade, Said("is not 1–4"), Said("write 1, 2, 3 or 4"))
            )
        if position := position_of(row.values):
            row.values["lat"], row.values["lon"] = position
        if (row.values.get("lat") is None) != (row.values.get("lon") is None):
            why, todo = Said("stands alone"), Said("write latitude and longitude, or none")
            reasons.append(refuse("lat", "", why, todo))
        reasons += self._decision_missing(row)
        if not reasons:
            self.places.place(row)
        return row, reasons

    def _decision_missing(self, row: Row) -> list[Refusal]:
        """Refuse a site with an alarm grade that would stand alone without a decision."""
        said = row.values.get("standing")
        if said != Site.Standing.ALONE and (said or row["code"] not in self.alone):
            return []
        known = Site.objects.published().filter(tenant=self.tenant, code=row["code"]).first()
        if not Site.lacks_decision(*(_value(row, name, known) for name in STANDS)):
            return []
        why = Said("is missing: the site has an alarm grade and would stand alone")
        todo = Said("write the reference of the decision, or let the site stand beside a centre")
        return [refuse("standing_decision", "", why, todo)]

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


def _value(row: Row, name: str, site: Site | None) -> Any:  # noqa: ANN401 - the column's parser fixes the type
    value = row.values.get(name)
    if site is not None and value is None and (name not in row.values or name in {"lat", "lon"}):
        return getattr(site, name)  # what the file does not say changes nothing
    if name == "kind":
        return value or (site.kind if site else Site.Kind.OTHER)
    if name == "standing":
        return value or (site.standing if site else Site.Standing.BESIDE)
    return "" if value is None and name in EMPTY else value


_APPLY = """
UPDATE directory_site SET name = c.name, kind = c.kind, premises = c.premises,
       address = c.address, lat = c.lat, lon = c.lon, alarm_grade = c.alarm_grade,
       standing = c.standing, standing_decision = c.standing_decision
  FROM directory_sitechange AS c
 WHERE c.site_id = directory_site.id AND c.batch_id = %s
"""


def _publish(batch: ImportBatch, gaps: Gaps, *, by: str, at: datetime) -> None:
    with gaps.write():
        if SiteChange.objects.filter(batch=batch).exists():
            key = batch.pk.hex if connection.vendor == "sqlite" else batch.pk
            with connection.cursor() as cursor:
                cursor.execute(_APPLY, [key])
        publish(batch, by=by, at=at)
    drop(SiteChange.objects.filter(batch=batch), gaps)


def discard_unpublished(tenant: Tenant, gaps: Gaps) -> int:
    """Remove what an import that was interrupted left behind; return how many sites."""
    removed = 0
    for batch in ImportBatch.objects.filter(tenant=tenant, kind="sites", published_at=None):
        drop(SiteChange.objects.filter(batch=batch), gaps)
        removed += drop(Site.objects.filter(batch=batch), gaps)
        with gaps.write():
            batch.delete()
    return removed


def import_sites(
    tenant: Tenant, source: Source, *, by: str, at: datetime, register: Sites | None = None
) -> ImportReport:
    """Import a file of sites, small or of hundreds of thousands of rows."""
    register = register or Sites(tenant)
    checked, refused, table = read_rows(register, source)
    unsure = register.places.list_unsure()
    written = bool(checked) and not is_held_back(refused, source, unsure)
    if written:
        gaps = Gaps()
        discard_unpublished(tenant, gaps)
        with gaps.write():
            batch = open_batch(tenant, "sites", source, len(checked), len(refused), at)
        done = 0
        for chunk in chunks(checked):
            rows = register.stage(chunk, batch)
            with gaps.write():
                register.write(rows, batch)
            done += len(chunk)
            source.progress(done, len(checked))
        _publish(batch, gaps, by=by, at=at)
    return ImportReport(
        "sites", source.name, len(checked), tuple(refused), table.unmapped, written,
        passed_over=passed_over(table), placed=dict(register.places.counts),
        unsure=unsure,
    )  # fmt: skip
