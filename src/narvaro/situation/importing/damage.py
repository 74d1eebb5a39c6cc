"""Damage from a file: what, where, when, what it cost. In: rows. Out: damage, hidden until published."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

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
    needed,
    optional,
    times,
    unsaved,
    word,
)
from narvaro.directory.importing.report import refuse
from narvaro.directory.importing.when import moment_or_day
from narvaro.directory.models import ImportBatch
from narvaro.situation.importing import words
from narvaro.situation.models import Damage
from narvaro.situation.reports import worded
from narvaro.spine.models import Tenant


def spec(answers: Answers) -> TableSpec:
    """Return the columns of a file of damage."""
    return TableSpec(
        "damage",
        (
            REF,
            needed(word(
                "kind", {**words.DAMAGES, **{one: one for one in Damage.Kind.values}}, answers.words,
                "Skadetyp", "Typ av skada", "Skada", "Kategori", "Skadekategori", "Typ", "Orsak",
            )),
            *times(), *PLACES,
            optional(
                "discovered", moment_or_day, "Upptäckt", "Upptäckt datum", "Upptäcktes",
                "Upptäcktsdatum", "Anmält", "Anmäld", "Anmälningsdatum", "Rapporterad",
            ),
            optional(
                "part", cells.text_up_to(120), "Objektdel", "Del", "Byggnadsdel", "Del av byggnad",
                "Hus", "Vad", "Vad är skadat",
            ),
            optional(
                "estimate_sek", cells.amount, "Uppskattad kostnad", "Uppskattning", "Beräknad kostnad",
                "Kostnad uppskattad", "Uppsk kostnad", "Prel kostnad", "Preliminär kostnad",
            ),
            optional(
                "final_sek", cells.money, "Kostnad", "Slutkostnad", "Slutlig kostnad", "Slutlig kostnad exkl moms", "Faktisk kostnad",
                "Verklig kostnad", "Belopp", "Summa exkl moms", "Faktura",
            ),
            optional(
                "police_reference", cells.text_up_to(40), "Polisanmälan", "K-nummer", "K-nr", "Knr",
                "Polisens diarienummer", "Polisens diarienr", "Anmälningsnummer",
            ),
            optional("work_order", cells.text_up_to(40), "Arbetsorder", "AO", "Arbetsordernr", "Felanmälan"),
            optional("by_patrol", cells.yes_no, "Upptäckt av väktare", "Vid rond", "På rond"),
            optional("cost_centre", cells.text_up_to(40), "Kostnadsställe", "Kst", "Ansvar"),
            optional(
                "text", cells.text_up_to(8000), "Beskrivning", "Kommentar", "Anteckning", "Notering", "Anm", "Anmärkning",
            ),
        ),
    )  # fmt: skip


class Damages(RowsAlone):
    """What was damaged, as a property company's list has it."""

    kind = "damage"
    model = Damage
    chunk = 2000
    corrected = (
        "estimate_sek", "final_sek", "police_reference", "work_order", "cost_centre", "state",
    )  # fmt: skip

    def __init__(self, tenant: Tenant, answers: Answers) -> None:
        self.spec = spec(answers)
        self.reader = HistoryReader(tenant, answers, repeats=True)
        self.facts = self.reader.facts

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields, or why it is not taken."""
        values = row.values
        discovered = values.get("discovered")
        if discovered is not None and not (values.get("occurred_from") or values.get("day")):
            row = Row(row.line, {**values, "occurred_from": discovered})
        span, reasons = self.reader.span(row)
        estimate = values.get("estimate_sek")
        values = {**values, "estimate_sek": estimate.sek if estimate else None}
        reasons += [
            refuse(name, values[name], Said("is below 0"), Said("write the cost without a sign"))
            for name in ("estimate_sek", "final_sek")
            if values.get(name) is not None and values[name] < 0
        ]
        if span is None or reasons:
            return None, reasons
        return {
            **self.reader.fields(row, span.begins), **worded(values.get("text") or ""),
            "kind": values["kind"], "premises": mask_within(values.get("premises") or "", 120),
            "part": mask_within(values.get("part") or "", 120),
            "occurred_from": span.begins, "occurred_until": span.ends,
            "discovered_at": self._moment(discovered),
            "estimate_sek": values.get("estimate_sek"), "final_sek": values.get("final_sek"),
            "police_reference": mask_within(values.get("police_reference") or "", 40),
            "work_order": mask_within(values.get("work_order") or "", 40),
            "cost_centre": mask_within(values.get("cost_centre") or "", 40),
            "by_patrol": bool(values.get("by_patrol")),
            "state": Damage.State.CLOSED if values.get("final_sek") is not None else Damage.State.REPORTED,
        }, ()  # fmt: skip

    def _moment(self, given: Any) -> datetime | None:  # noqa: ANN401 - a day or a moment
        if given is None:
            return None
        local = given if isinstance(given, datetime) else datetime.combine(given, time(12))
        return local.replace(tzinfo=self.reader.zone).astimezone(UTC)

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[Damage]:
        """Return a chunk as rows."""
        return unsaved(
            Damage, checked, tenant_id=batch.tenant_id, batch=batch, reported_at=batch.started_at
        )
