"""The alarm centre's journal (*larmjournal*). In: rows. Out: closed cases, and who came when.

Cases of a file are history: nobody is offered one. What the centre says of a guard's arrival becomes
a response with the centre as its source.
"""

from collections.abc import Sequence
from typing import Any

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.core import cells
from narvaro.core.tables import Refusal, Row, TableSpec
from narvaro.core.wording import mask
from narvaro.directory.importing.history import (
    PLACES,
    REF,
    Answers,
    HistoryReader,
    optional,
    times,
    with_received,
    word,
)
from narvaro.directory.importing.staged import Gaps, drop
from narvaro.directory.importing.suppliers import Suppliers
from narvaro.directory.importing.when import clock_or_moment
from narvaro.directory.models import ImportBatch
from narvaro.dispatch.models import Response, TimePoint
from narvaro.situation.correlation import LOWEST_OF_CALLS, PRIORITY_OF_KIND
from narvaro.situation.importing import words
from narvaro.situation.models import Case, CaseShare
from narvaro.situation.signals import take_case_numbers
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant

POINTS = (("offered", "ordered"), ("on_scene", "on_scene"), ("left", "left"))


def spec(answers: Answers) -> TableSpec:
    """Return the columns of an alarm centre's journal."""
    return TableSpec(
        "alarm-journal",
        (
            REF,
            word(
                "kind", {**words.ALARMS, **{one: one for one in Case.Kind.values}}, answers.words,
                "Larmtyp", "Typ av larm", "Larmslag", "Händelse", "Typ", "Larm",
            ),
            *times(), *PLACES,
            optional("event", cells.text_up_to(400), "Larmtext", "Händelsetext", "Text", "Larmpunkt"),
            word(
                "cause", {**words.CAUSES, **{one: one for one in Case.Cause.values}}, answers.words,
                "Orsak", "Larmorsak", "Utfall", "Resultat", "Bedömning", "Befogat/obefogat",
            ),
            optional("received", clock_or_moment, "Larm inkom", "Inkommet", "Larmtid", "Larm kl"),
            optional("ordered", clock_or_moment, "Beställd", "Väktare beställd", "Väktare larmad",
                     "Väktare utlarmad", "Vkt larmad", "Utlarmat"),
            optional(
                "on_scene", clock_or_moment, "Väktare på plats", "På plats", "Ankomst", "Framme",
                "Ankomsttid", "Väktare framme",
            ),
            optional("left", clock_or_moment, "Lämnat", "Avslutat", "Klar", "Väktare klar", "Åter"),
        ),
    )  # fmt: skip


class AlarmJournal:
    """Past alarms as the alarm centre noted them."""

    kind = "alarm-journal"
    model = Case
    chunk = 500
    stands_alone = False
    corrected = ("cause",)
    known = 0

    def __init__(self, tenant: Tenant, answers: Answers) -> None:
        self.tenant = tenant
        self.spec = spec(answers)
        self.reader = HistoryReader(tenant, answers)
        self.facts = self.reader.facts
        suppliers = Suppliers(tenant).known
        self.supplier: Organisation | None = (
            next(iter(suppliers.values())) if len(suppliers) == 1 else None
        )
        self._came: dict[str, dict[str, Any]] = {}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields and who came when, or why it is not taken."""
        row = with_received(row)
        span, reasons = self.reader.span(row)
        if span is None or reasons:
            return None, reasons
        values, kind = row.values, row.values.get("kind") or Case.Kind.OTHER
        points, reasons = self.reader.points(values, span.begins, POINTS)
        if reasons:
            return None, reasons
        found = self.reader.fields(row, span.begins)
        self._came[found["row_key"]] = points
        return {
            **{name: found[name] for name in ("site_id", "lat", "lon", "row_key")},
            "place": found["place"] or "–", "kind": kind, "cause": values.get("cause") or "",
            "priority": PRIORITY_OF_KIND.get(kind, LOWEST_OF_CALLS),
            "text": mask(values.get("event") or "").text, "received_at": span.begins, "last_signal_at": span.begins,
            "closed_at": max(points.values(), default=span.begins),
        }, ()  # fmt: skip

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[Case]:
        """Return a chunk as rows; their numbers come when they are written."""
        return [
            Case(id=uuid7(), tenant_id=batch.tenant_id, batch=batch, state=Case.State.CLOSED,
                 born=Case.Born.FILE, number=0, **one)
            for one in checked
        ]  # fmt: skip

    def before(self, fresh: Sequence[Case]) -> None:
        """Number the cases, in the transaction that writes them."""
        if fresh:
            last = take_case_numbers(self.tenant.pk, len(fresh))
            for number, case in enumerate(fresh, last - len(fresh) + 1):
                case.number = number

    def finish(self, fresh: Sequence[Case]) -> None:
        """Share the cases, and write the responses that the centre tells of."""
        who = list_organisation_ids(
            self.tenant.pk, OrganisationKind.MUNICIPALITY, OrganisationKind.ALARM_CENTRE
        )
        who += [self.supplier.pk] if self.supplier else []
        CaseShare.objects.bulk_create(
            CaseShare(case=case, organisation_id=one) for case in fresh for one in who
        )
        came = [one for one in fresh if "on_scene" in self._came[one.row_key]]
        if self.supplier is None or not came:
            return
        responses = [
            Response(id=uuid7(), tenant_id=self.tenant.pk, case=one, organisation=self.supplier,
                     state=Response.State.LEFT, batch_id=one.batch_id, row_key=f"j:{one.row_key}"[:64],
                     accepted_at=self._came[one.row_key].get("offered", one.received_at))
            for one in came
        ]  # fmt: skip
        Response.objects.bulk_create(responses)
        TimePoint.objects.bulk_create(
            TimePoint(response=one, point=point, at=at, source=TimePoint.Source.CENTRE)
            for one in responses
            for point, at in self._came[one.case.row_key].items()
        )

    def show(self) -> None:
        """Show nothing but the cases and their responses."""

    def discard(self, batch: ImportBatch, gaps: Gaps) -> None:
        """Remove the responses, and then the cases that they answer."""
        drop(Response.objects.filter(batch=batch), gaps)
        drop(Case.objects.filter(batch=batch), gaps)
