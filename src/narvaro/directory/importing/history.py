"""What files of things that happened share: columns of time and place, reading a row of them.

In: rows of a table. Out: fields of a row with its time, its place and its key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from narvaro.core import cells
from narvaro.core.cells import CellError
from narvaro.core.tables import Column, Refusal, Row
from narvaro.directory.importing.fixed_words import FixedWords
from narvaro.directory.importing.placing import Placer
from narvaro.directory.importing.staged import Gaps, RowKeys, drop, manager_of
from narvaro.directory.importing.when import (
    Span,
    clock_after,
    clock_or_moment,
    moment_or_day,
    read_span,
    tells_clock,
)
from narvaro.directory.models import ImportBatch
from narvaro.spine.models import Tenant

Words = Mapping[str, Mapping[str, str]]
WHEN = ("occurred_from", "day", "clock", "occurred_until", "day_until", "clock_until")
LONGEST_RESPONSE = timedelta(hours=12)


@dataclass(frozen=True)
class Answers:
    """What a person said of a file: `places` text → "site:id", "area:id" or ""; `words` by column."""

    places: Mapping[str, str] = field(default_factory=dict)
    words: Words = field(default_factory=dict)


def optional(name: str, parse: object, *aliases: str) -> Column:
    """Return a column that may be missing and whose cells may be empty."""
    return Column(name, parse, required=False, aliases=aliases)  # type: ignore[arg-type]  # a cell parser


def word(name: str, known: Mapping[str, str], words: Words, *aliases: str) -> Column:
    """Return a column of fixed words, with those that a person has explained."""
    return optional(name, FixedWords({**known, **words.get(name, {})}), *aliases)


def needed(column: Column) -> Column:
    """Return the column as one that must be there, with a value on each row."""
    return replace(column, required=True)


REF = optional(
    "ref", cells.text_up_to(120), "Ärende", "Ärendenummer", "Ärendenr", "Ärende nr", "Löpnr",
    "Löpnummer", "Händelsenummer", "Händelse-ID", "Händelsenr", "Id", "ID-nr", "Nr", "Larmnummer",
    "Larm-ID", "Skadenummer", "Skadenr", "Ordernummer", "Ordernr", "Uppdragsnr", "Uppdragsnummer",
)  # fmt: skip
PLACES = (
    optional(
        "site", cells.text_up_to(200), "Objekt", "Objektnamn", "Objektsnamn", "Anläggning",
        "Larmobjekt", "Kund/objekt", "Kundobjekt", "Objekt/plats", "Byggnad", "Skola", "Kund",
    ),
    optional("site_code", cells.text_up_to(60), "Objektnummer", "Objektnr", "Objekt nr", "Objekt-id"),
    optional("place", cells.text_up_to(200), "Plats", "Var", "Område", "Platsbeskrivning", "Ort/plats"),
    optional(
        "premises", cells.text_up_to(120), "Fastighetsbeteckning", "Fastighet", "Fastighetsbet",
        "Fastighetsnamn",
    ),
    optional("address", cells.text_up_to(200), "Adress", "Gatuadress", "Besöksadress"),
    optional("lat", cells.latitude, "Latitud", "Lat", "Latitude", "Y"),
    optional("lon", cells.longitude, "Longitud", "Long", "Lng", "Lon", "Longitude", "X"),
    optional("north_m", cells.decimal, "N", "Nord", "N-koordinat", "Northing"),
    optional("east_m", cells.decimal, "E", "Ost", "E-koordinat", "Easting"),
)  # fmt: skip


def times(first: tuple[str, ...] = (), last: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Return the columns of when; `first` and `last` are a kind's own headers of begin and end."""
    return (
        optional(
            "occurred_from", moment_or_day, "Tidpunkt", "Datum och tid", "Datum/tid", "Inträffat",
            "Händelsetid", "Händelsedatum", "Inträffat från", "Inträffat tidigast", "Från och med",
            "Brottstid från", "Tidpunkt från", "Skadetid från", "Skett tidigast", "Tidigast",
        ),
        optional(
            "occurred_until", moment_or_day, "Inträffat till", "Inträffat senast", "Till och med",
            "Brottstid till", "Tidpunkt till", "Skadetid till", "Skett senast", "Senast",
        ),
        optional("day", cells.day, "Datum", "Dag", "Skadedatum", "Larmdatum"),
        optional(
            "clock", clock_or_moment, "Tid", "Klockslag", "Kl", "Klockan", "Tid från", "Från kl",
            "Kl. från", "Från", "Start", *first,
        ),
        optional("day_until", cells.day, "Datum till", "Till datum"),
        optional(
            "clock_until", clock_or_moment, "Tid till", "Till kl", "Kl. till", "Till", "Slut", *last
        ),
    )  # fmt: skip


class RowsAlone:
    """A register whose rows stand alone: nothing is written before, after or beside them."""

    model: type[models.Model]
    stands_alone = True
    corrected: tuple[str, ...] = ()
    known = 0

    def before(self, fresh: Sequence[Any]) -> None:
        """Do nothing before the rows."""

    def finish(self, fresh: Sequence[Any]) -> None:
        """Do nothing after them."""

    def show(self) -> None:
        """Show nothing but the rows."""

    def discard(self, batch: ImportBatch, gaps: Gaps) -> None:
        """Remove the rows."""
        drop(manager_of(self.model).filter(batch=batch), gaps)


class HistoryReader:
    """Reads when and where of rows, and gives them their keys; `repeats` as in `RowKeys`."""

    def __init__(self, tenant: Tenant, answers: Answers, *, repeats: bool = False) -> None:
        self.tenant = tenant
        self.zone = ZoneInfo(tenant.timezone)
        self.places = Placer(tenant, answers.places)
        self.keys = RowKeys(repeats=repeats)

    def span(self, row: Row) -> tuple[Span | None, list[Refusal]]:
        """Return when a row was, or why that cannot be said."""
        try:
            return read_span(row.values, self.zone), []
        except CellError as no:
            said = {
                name: str(row.values[name]) for name in WHEN if row.values.get(name) is not None
            }
            return None, [Refusal.of(no, next(iter(said), WHEN[0]), " ".join(said.values()))]

    def points(
        self, values: Mapping[str, Any], begins: datetime, names: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, datetime], list[Refusal]]:
        """Return the times after `begins` that a row tells, by time point; `names`: (point, column).

        A clock passes midnight where it must; what lies more than twelve hours on is left out. Of a
        day without its clock `begins` is no time of anything: the first time told stands for it.
        """
        told = {"received": begins} if tells_clock(values) else {}
        first, last = told.get("received"), begins
        for point, column in names:
            try:
                at = clock_after(last, values.get(column), self.zone)
            except CellError as no:
                return told, [Refusal.of(no, column, str(values.get(column)))]
            if at is None:
                continue
            first = at if first is None else first
            if at - first <= LONGEST_RESPONSE:
                told[point] = last = at
        return told, []

    def fields(self, row: Row, when: date | datetime) -> dict[str, Any]:
        """Return the fields of a row's place and key."""
        return {**self.places.place(row.values), "row_key": self.keys.key(row, str(when))}

    def ask(self, values: Mapping[str, Any]) -> None:
        """Put up the place of a row that waits for the meaning of its words."""
        self.places.ask(values)

    def facts(self) -> dict[str, Any]:
        """Return what the report says of places."""
        return {"placed": dict(self.places.counts), "unsure": self.places.list_unsure()}


def unsaved(model: Any, checked: Sequence[Mapping[str, Any]], **same: Any) -> list[Any]:  # noqa: ANN401 - any model
    """Return rows of a model, not saved."""
    return [model(**one, **same) for one in checked]


def with_received(row: Row) -> Row:
    """Return a row whose time, where it names none itself, is when its alarm came or was ordered."""
    values = dict(row.values)
    clock = values.get("received") or values.get("ordered")
    if values.get("clock") is None and clock is not None:
        values["clock"] = clock
    return Row(row.line, values)
