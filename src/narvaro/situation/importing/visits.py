"""Visits from the supplier's list: presence that is stated. In: rows. Out: presence of grade D."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from narvaro.core import cells
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, Row, TableSpec
from narvaro.core.wording import mask
from narvaro.directory.importing.history import (
    PLACES,
    REF,
    Answers,
    HistoryReader,
    RowsAlone,
    made,
    optional,
    times,
)
from narvaro.directory.importing.report import refuse
from narvaro.directory.importing.suppliers import Suppliers
from narvaro.directory.importing.when import Span
from narvaro.directory.models import ImportBatch, Unit
from narvaro.situation.models import Presence
from narvaro.spine.models import Tenant


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
        self.seen: set[tuple[Any, Any, Any]] = set()

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields, or why it is not taken."""
        span, reasons = self.reader.span(row)
        supplier, no = self.suppliers.find(row.values.get("supplier"))
        reasons += no
        if span is not None and not _says_when(row):
            why = Said("no time of day is said: a visit that was not made, or was not timed")
            reasons.append(refuse("clock", "", why, Said("write from when, or leave the row out")))
        minutes = row.values.get("minutes")
        if span is not None and span.begins == span.ends and minutes:
            span = Span(span.begins, span.begins + minutes)
        if span is not None and span.begins >= span.ends:
            todo = Said("write until when, for each visit")
            reasons.append(refuse("occurred_until", "", Said("no end is said"), todo))
        if span is None or reasons or supplier is None:
            return None, reasons
        fields = self.reader.fields(row, span.begins)
        unit = self.units.get(row.values.get("unit") or "")
        if unit is not None and self._is_twice((unit.pk, fields["site_id"], span.begins)):
            why = Said("the unit came here twice at the same time")
            todo = Said("leave one of the two rows out")
            return None, [refuse("occurred_from", "", why, todo)]
        return {
            **fields, "organisation": supplier,
            "unit": unit, "starts_at": span.begins,
            "ends_at": span.ends, "grade": Presence.Grade.STATED,
            "note": mask(row.values.get("note") or "").text,
        }, ()  # fmt: skip

    def _is_twice(self, visit: tuple[Any, Any, Any]) -> bool:
        twice = visit in self.seen and visit[1] is not None
        self.seen.add(visit)
        return twice

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[Presence]:
        """Return a chunk as rows."""
        return made(Presence, checked, tenant_id=batch.tenant_id, batch=batch)


def _says_when(row: Row) -> bool:
    """Return whether a row tells a time of day, not a date alone."""
    clock, moment = row.values.get("clock"), row.values.get("occurred_from")
    return clock is not None or isinstance(moment, datetime)
