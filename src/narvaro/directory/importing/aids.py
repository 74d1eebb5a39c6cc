"""AEDs, agreements on support, keys: rows of a file against what is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from narvaro.core import cells
from narvaro.core.opening_hours import days, opening_hours
from narvaro.core.said import Said
from narvaro.core.tables import Column, Refusal, Row, TableSpec
from narvaro.core.terms import CASE_KINDS
from narvaro.directory.importing.registers import OfOrganisations, cover_of, named, refuse_cover
from narvaro.directory.importing.report import refuse
from narvaro.directory.models import (
    Defibrillator,
    ImportBatch,
    Key,
    Site,
    SupportAgreement,
    describe_openings,
)
from narvaro.spine.models import Tenant

CASES = {
    "inbrottslarm": "intruder", "inbrott": "intruder", "överfallslarm": "duress",
    "överfall": "duress", "bråklarm": "assistance",
    "brandlarm": "fire", "brand": "fire", "medicinskt larm": "medical", "hjärtstopp": "medical",
    "sabotagelarm": "tamper", "sabotage": "tamper", "driftlarm": "technical", "linjefel": "path",
    "ordningsstörning": "disturbance",
    "störning": "disturbance", "annat": "other",
}  # fmt: skip
ALL_KINDS = frozenset({"alla", "allt", "all"})


def case_kinds(cell: str) -> tuple[str, ...]:
    """Read kinds of case with commas between, or all of them; in the order of the core's list."""
    if cell.casefold() in ALL_KINDS:
        return CASE_KINDS
    found = cells.list_of(cells.one_of(CASES))(cell)
    return tuple(kind for kind in CASE_KINDS if kind in found)


def _optional(name: str, parse: object, *aliases: str) -> Column:
    return Column(name, parse, required=False, aliases=aliases)  # type: ignore[arg-type]  # a cell parser


AEDS = TableSpec(
    "aeds",
    (
        Column("aed", cells.text_up_to(40), aliases=("Hjärtstartare", "Hjärtstartarnummer", "AED")),
        Column("name", cells.text_up_to(160), aliases=("Namn", "Benämning")),
        _optional("place", cells.text_up_to(200), "Placering", "Plats"),
        Column("lat", cells.latitude, aliases=("Latitud", "Lat")),
        Column("lon", cells.longitude, aliases=("Longitud", "Long")),
        _optional("openings", opening_hours, "Öppettider", "Tillgänglig"),
        _optional("closed_on", days, "Stängt", "Stängda dagar"),
        _optional("verified_on", cells.day, "Kontrollerad", "Senast kontrollerad"),
        _optional("out_of_service", cells.yes_no, "Ur bruk"),
    ),
)
AGREEMENTS = TableSpec(
    "agreements",
    (
        Column("agreement_no", cells.text_up_to(60), aliases=("Stödavtal", "Avtalsnummer")),
        Column("organisation", cells.text, aliases=("Organisation", "Företag")),
        Column("case_kinds", case_kinds, aliases=("Ärenden", "Ärendetyper", "Larmtyper")),
        Column("area", cells.wkt_polygon, aliases=("Område",)),
        Column("valid_from", cells.day, aliases=("Giltigt från",)),
        Column("valid_until", cells.day, aliases=("Giltigt till",)),
        Column("weekdays", cells.weekdays, aliases=("Veckodagar",)),
        Column("hours_from", cells.clock_time, aliases=("Klockan från",)),
        Column("hours_until", cells.clock_time, aliases=("Klockan till",)),
    ),
)
KEYS = TableSpec(
    "keys",
    (
        Column("key_tag", cells.text_up_to(40), aliases=("Nyckelbricka", "Nyckel", "Bricka")),
        Column("sites", cells.list_of(cells.text), aliases=("Objektnummer", "Objekt", "Går till")),
        _optional("kept_at", cells.text_up_to(120), "Nyckelskåp", "Förvaras", "Förvaring"),
    ),
)


class Defibrillators(OfOrganisations):
    """AEDs by their number."""

    kind = "aeds"
    spec = AEDS

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row, or why it is not taken."""
        return row, self.twice("aed", row["aed"], row.line)

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the AEDs."""
        for row in checked:
            given: Row = row
            values = given.values
            Defibrillator.objects.update_or_create(
                tenant=self.tenant,
                code=given["aed"],
                defaults={
                    "name": given["name"],
                    "lat": float(given["lat"]),
                    "lon": float(given["lon"]),
                    **named(
                        given,
                        place=values.get("place") or "",
                        openings=describe_openings(values.get("openings") or ()),
                        closed_on=[one.isoformat() for one in values.get("closed_on") or ()],
                        verified_on=values.get("verified_on"),
                        out_of_service=bool(values.get("out_of_service")),
                    ),
                },
            )


class Agreements(OfOrganisations):
    """Agreements on support by their number."""

    kind = "agreements"
    spec = AGREEMENTS

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation beside it, or why it is not taken."""
        organisation, reasons = self.organisation(row)
        reasons += self.twice("agreement_no", row["agreement_no"], row.line)
        if not row["case_kinds"]:
            todo = Said("write kinds of case with commas between, or alla")
            reasons.append(refuse("case_kinds", "", Said("no kind of case is named"), todo))
        reasons += refuse_cover(row)
        return (organisation, row), reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the agreements."""
        for organisation, row in checked:
            SupportAgreement.objects.update_or_create(
                tenant=self.tenant,
                decision_no=row["agreement_no"],
                defaults={
                    "organisation": organisation,
                    "kinds": list(row["case_kinds"]),
                    **cover_of(row),
                },
            )


@dataclass(frozen=True)
class _Tagged:
    sites: tuple[Site, ...]
    row: Row


class Keys(OfOrganisations):
    """Keys by their tag; whether one is out, or missing, no file says."""

    kind = "keys"
    spec = KEYS

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.sites = {one.code: one for one in Site.objects.published().filter(tenant=tenant)}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's sites beside it, or why it is not taken."""
        reasons = self.twice("key_tag", row["key_tag"], row.line)
        unknown = [code for code in row["sites"] if code not in self.sites]
        todo = Said("bring in the sites first")
        reasons += [refuse("sites", code, Said("is no site here"), todo) for code in unknown]
        if not row["sites"]:
            why, todo = Said("no site is named"), Said("write the numbers of the sites it opens")
            reasons.append(refuse("sites", "", why, todo))
        sites = tuple(self.sites[code] for code in row["sites"] if code in self.sites)
        return _Tagged(sites, row), reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the keys."""
        for one in checked:
            row: Row = one.row
            kept_at = row.values.get("kept_at") or ""
            key, _ = Key.objects.update_or_create(
                tenant=self.tenant, code=row["key_tag"], defaults=named(row, kept_at=kept_at)
            )
            key.sites.set(one.sites)
