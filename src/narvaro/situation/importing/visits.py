"""Visits from the supplier's list: presence that is stated. In: rows. Out: presence of grade D."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from narvaro.core import cells
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, Row, TableSpec
from narvaro.core.wording import mask_within
from narvaro.directory.importing.history import (
    PLACES,
    REF,
    Answers,
    HistoryReader,
    RowsAlone,
    optional,
    times,
    unsaved,
)
from narvaro.directory.importing.report import refuse
from narvaro.directory.importing.suppliers import Suppliers
from narvaro.directory.importing.when import Span, tells_clock
from narvaro.directory.models import ImportBatch, Unit
from narvaro.situation.models import Presence
from narvaro.spine.models import Tenant

ENDS = ("occurred_until", "day_until", "clock_until")


def spec(_answers: Answers) -> TableSpec:
    """Return the columns of a file of visits."""
    return TableSpec(
        "visits",
        (
            REF, *times(first=("Ankomst",), last=("Avgång", "Avfärd")), *PLACES,
            optional("supplier", cells.text, "Företag", "Leverantör", "Bevakningsföretag", "Bolag"),
            optional("unit", cells.text_up_to(40), "Enhet", "Patrull", "Bil", "Anropssignal", "Utförd av enhet"),
            optional("minutes", cells.duration("min"), "Minuter", "Antal minuter", "Tid på plats", "Min"),
            optional("note", cells.text_up_to(200), "Anmärkning", "Anm", "Notering", "Kommentar", "Status", "Avvikelse"),
        ),
    )  # fmt: skip


_Visit = tuple[UUID | None, UUID | None, datetime]
"""Unit, site and begin: no unit is at one place twice at once."""


class Visits(RowsAlone):
    """Where the supplier says that its units were."""

    kind = "visits"
    model = Presence
    chunk = 2000

    def __init__(self, tenant: Tenant, answers: Answers) -> None:
        self.spec = spec(answers)
        self.reader = HistoryReader(tenant, answers)
        self.facts = self.reader.facts
        self.units = {one.call_sign: one for one in Unit.objects.filter(tenant=tenant)}
        self.suppliers = Suppliers(tenant)
        self._seen: dict[_Visit, str] = {}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields, or why it is not taken."""
        span, reasons = self._span(row)
        supplier, no = self.suppliers.find(row.values.get("supplier"))
        reasons += no
        if span is None or reasons or supplier is None:
            return None, reasons
        fields = self.reader.fields(row, span.begins)
        unit = self.units.get(row.values.get("unit") or "")
        given = {
            **fields, "organisation": supplier, "unit": unit, "starts_at": span.begins,
            "ends_at": span.ends, "grade": Presence.Grade.STATED,
            "note": mask_within(row.values.get("note") or "", 200),
        }  # fmt: skip
        key, visit = fields["row_key"], _visit_of(given)
        if visit is not None and self._seen.setdefault(visit, key) != key:
            local = f"{span.begins.astimezone(self.reader.zone):%Y-%m-%d %H:%M}"
            why = Said("the unit came here twice at the same time")
            todo = Said("leave one of the two rows out")
            return None, [refuse("occurred_from", local, why, todo)]
        return given, ()

    def _span(self, row: Row) -> tuple[Span | None, list[Refusal]]:
        """Return from when until when a visit was; its end, or how many minutes it took, is told."""
        values = row.values
        span, reasons = self.reader.span(row)
        if span is None:
            return None, reasons
        if not tells_clock(values):
            why = Said("no time of day is said: a visit that was not made, or was not timed")
            return None, [refuse("clock", "", why, Said("write from when, or leave the row out"))]
        if all(values.get(one) is None for one in ENDS):
            span = Span(span.begins, span.begins + (values.get("minutes") or timedelta()))
        if span.begins >= span.ends:
            todo = Said("write until when, for each visit")
            return None, [refuse("occurred_until", "", Said("no end is said"), todo)]
        return span, []

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[Presence]:
        """Return a chunk as rows, without visits that an earlier list tells in other words."""
        told = Presence.objects.filter(
            unit__in=self.units.values(), grade=Presence.Grade.STATED,
            starts_at__in={one["starts_at"] for one in checked},
        )  # fmt: skip
        key_of: dict[_Visit | None, str] = {
            (one.unit_id, one.site_id, one.starts_at): one.row_key for one in told
        }
        fresh = [
            one for one in checked if key_of.get(_visit_of(one), one["row_key"]) == one["row_key"]
        ]
        self.known += len(checked) - len(fresh)
        return unsaved(Presence, fresh, tenant_id=batch.tenant_id, batch=batch)


def _visit_of(given: Mapping[str, Any]) -> _Visit | None:
    """Return a row's visit; None of an unknown unit or site: nobody can say whether it is another."""
    unit, site_id = given["unit"], given["site_id"]
    return (unit.pk, site_id, given["starts_at"]) if unit and site_id else None
