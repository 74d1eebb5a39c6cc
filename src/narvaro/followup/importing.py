"""Hours from the supplier's list. In: rows. Out: delivered hours by activity, as stated."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from narvaro.core import cells
from narvaro.core.cells import CellError
from narvaro.core.said import Said
from narvaro.core.tables import Column, Refusal, Row, TableSpec
from narvaro.directory.importing.history import (
    PLACES,
    REF,
    Answers,
    HistoryReader,
    RowsAlone,
    needed,
    optional,
    unsaved,
    word,
)
from narvaro.directory.importing.report import refuse
from narvaro.directory.importing.suppliers import Suppliers
from narvaro.directory.importing.when import DAY, in_utc, moment_or_day
from narvaro.directory.models import ImportBatch
from narvaro.followup.models import DeliveredHours
from narvaro.spine.models import Tenant

ACTIVITIES = {
    "rondering": "patrol", "rondering natt": "patrol", "rondering dag": "patrol",
    "utryckningsbil": "response", "rond": "patrol", "ronder": "patrol", "rondbil": "patrol",
    "områdesbevakning": "patrol", "mobil bevakning": "patrol", "larmutryckning": "response",
    "utryckning": "response", "åtgärdsjour": "response", "larm": "response",
    "stationär bevakning": "stationary", "stationärt": "stationary", "reception": "stationary",
    "fast bevakning": "stationary", "trygghetsskapande": "youth", "ungdomsarbete": "youth",
    "förebyggande": "youth", "trygghetsvärd": "youth", "kamera": "camera", "kamerabevakning": "camera",
    "ordningsvakt": "public_order", "ov": "public_order", "ordningsvakter": "public_order",
    "arbetsledning": "leading", "gruppledare": "leading", "annat": "other", "övrigt": "other",
    "extra": "other",
}  # fmt: skip
ROUNDING = Decimal("0.01")


def spec(answers: Answers) -> TableSpec:
    """Return the columns of a supplier's list of hours."""
    return TableSpec(
        "hours",
        (
            REF,
            Column("day", moment_or_day, aliases=( "Datum", "Dag", "Arbetsdag")),
            needed(word(
                "activity", {**ACTIVITIES, **{one: one for one in DeliveredHours.Activity.values}},
                answers.words, "Tjänst", "Aktivitet", "Uppdrag", "Uppdragstyp", "Typ av tjänst",
                "Tjänstetyp", "Artikel", "Benämning",
            )),
            optional("from", cells.clock_time, "Från", "Kl. från", "Start", "Starttid", "Tid från"),
            optional("until", cells.clock_time, "Till", "Kl. till", "Slut", "Sluttid", "Tid till"),
            optional("hours", cells.duration("h"), "Timmar", "Antal timmar", "Tim", "Antal tim", "Antal"),
            optional("supplier", cells.text, "Företag", "Leverantör", "Bevakningsföretag", "Bolag"),
            *PLACES,
        ),
    )  # fmt: skip


class Hours(RowsAlone):
    """How many hours of what the supplier says that it delivered."""

    kind = "hours"
    model = DeliveredHours
    chunk = 2000

    def __init__(self, tenant: Tenant, answers: Answers) -> None:
        self.spec = spec(answers)
        self.reader = HistoryReader(tenant, answers, repeats=True)
        self.facts = self.reader.facts
        self.suppliers = Suppliers(tenant)

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields, or why it is not taken."""
        values = row.values
        supplier, reasons = self.suppliers.find(values.get("supplier"))
        length, no = self._length(values)
        reasons += no
        hours = None if length is None else _hours(length)
        if hours is None and not no:
            todo = Said("write how many hours, or from and until")
            reasons.append(refuse("hours", "", Said("the cell is empty"), todo, code="empty_cell"))
        if hours is not None and not 0 < hours <= 1000:
            why = Said("is not between 0 and 1,000")
            reasons.append(refuse("hours", hours, why, Said("correct it")))
        if reasons:
            return None, reasons
        return {
            **self.reader.fields(row, _day(values["day"])), "organisation": supplier, "activity": values["activity"],
            "day": _day(values["day"]), "hours": hours,
        }, ()  # fmt: skip

    def _length(self, values: Mapping[str, Any]) -> tuple[timedelta | None, list[Refusal]]:
        """Return how long a row says that it was; a night of the clock change as it really was."""
        begin, end = values.get("from"), values.get("until")
        if values.get("hours") is not None or begin is None or end is None:
            return values.get("hours"), []
        first = _day(values["day"])
        last = first if begin < end else first + DAY
        moments, reasons = [], []
        for column, day in (("from", first), ("until", last)):
            try:
                moments.append(
                    in_utc(datetime.combine(day, values[column]), self.reader.zone).begins
                )
            except CellError as no:
                reasons.append(Refusal.of(no, column, str(values[column])))
        return (None if reasons else moments[1] - moments[0]), reasons

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[DeliveredHours]:
        """Return a chunk as rows."""
        return unsaved(DeliveredHours, checked, tenant_id=batch.tenant_id, batch=batch)


def _day(given: date | datetime) -> date:
    return given.date() if isinstance(given, datetime) else given


def _hours(length: timedelta) -> Decimal:
    return (Decimal(length.total_seconds()) / 3600).quantize(ROUNDING)
