"""Incidents from a file: what, when, where. In: rows. Out: incidents, hidden until published."""

from collections.abc import Sequence
from typing import Any

from narvaro.core import cells
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
from narvaro.directory.models import ImportBatch
from narvaro.situation.importing import words
from narvaro.situation.models import Category, Incident, KnownBy
from narvaro.situation.reports import worded
from narvaro.spine.models import Tenant


def spec(answers: Answers) -> TableSpec:
    """Return the columns of a file of incidents."""
    return TableSpec(
        "incidents",
        (
            REF,
            needed(word(
                "category", {**words.CATEGORIES, **{one: one for one in Category.values}},
                answers.words, "Kategori", "Händelsetyp", "Typ", "Brottstyp",
                "Typ av händelse", "Händelse", "Rubrik", "Brottsrubricering", "Händelsekategori",
            )),
            *times(), *PLACES,
            word("known_by", words.KNOWN_BY, answers.words, "Sett/hört", "Sett/hört/berättat", "Hur vet vi"),
            optional(
                "source", cells.text_up_to(60), "Rapporterat av", "Rapportör", "Rapporterande enhet",
                "Inrapporterat av", "Källa", "Anmält av verksamhet", "Verksamhetsområde",
            ),
            optional("by_patrol", cells.yes_no, "Upptäckt av väktare", "Vid rond", "På rond"),
            optional(
                "police_reference", cells.text_up_to(40), "Polisanmälan", "K-nummer", "K-nr", "Knr",
                "Polisens diarienummer", "Diarienummer polis", "Anmälningsnummer",
            ),
            optional(
                "text", cells.text_up_to(8000), "Beskrivning", "Händelseförlopp", "Fritext",
                "Kommentar", "Anteckning", "Notering", "Anm", "Anmärkning",
            ),
        ),
    )  # fmt: skip


class Incidents(RowsAlone):
    """What happened, as somebody's list has it."""

    kind = "incidents"
    model = Incident
    chunk = 2000
    corrected = ("police_reference",)

    def __init__(self, tenant: Tenant, answers: Answers) -> None:
        self.spec = spec(answers)
        self.reader = HistoryReader(tenant, answers)
        self.facts = self.reader.facts

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields, or why it is not taken."""
        span, reasons = self.reader.span(row)
        if span is None or reasons:
            return None, reasons
        values = row.values
        return {
            **self.reader.fields(row, span.begins), **worded(values.get("text") or ""),
            "category": values["category"],
            "known_by": values.get("known_by") or KnownBy.RECORDED,
            "occurred_from": span.begins, "occurred_until": span.ends,
            "source": mask_within(values.get("source") or "", 60),
            "by_patrol": bool(values.get("by_patrol")),
            "police_reference": mask_within(values.get("police_reference") or "", 40),
        }, ()  # fmt: skip

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[Incident]:
        """Return a chunk as rows."""
        return unsaved(
            Incident, checked, tenant_id=batch.tenant_id, batch=batch, reported_at=batch.started_at
        )
