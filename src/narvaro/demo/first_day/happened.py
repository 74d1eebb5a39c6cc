"""The municipality's own file: incidents and damage in, "Händelser och skadegörelse.xlsx" out.

Times in several Swedish styles, sums as people write them, and in the damage sheet the object
merged over all of its rows.
"""

from itertools import groupby
from pathlib import Path
from random import Random

from narvaro.demo.first_day import as_written
from narvaro.demo.first_day.as_written import Spellings
from narvaro.demo.first_day.sheets import Book, Cell, Sheet
from narvaro.demo.history.made import History
from narvaro.demo.history.records import DamageRecord, IncidentRecord
from narvaro.demo.history.words import AGES, COUNT, KNOWN_BY
from narvaro.demo.town import Town, TownSite

INCIDENTS = (
    "Nr", "Typ av händelse", "Från", "Till", "Var nånstans", "Inrapporterat av", "Sett/hört/berättat",
    "Allvar 1-3", "Hur många", "Ålder", "Polisanm. J/N", "K-nr", "Vad hände",
)  # fmt: skip
DAMAGES = (
    "Objekt", "Fastighet", "Löpnr", "Del av byggnad", "Typ av skada", "Upptäckt", "Inträffat tidigast",
    "Inträffat senast", "Uppskattad kostnad", "Slutlig kostnad exkl moms", "Polisens diarienr",
    "Arbetsorder", "Åtgärdat", "Kommentar",
)  # fmt: skip
INCIDENT_SHEET, DAMAGE_SHEET = "Händelser", "Skadegörelse"
VAGUE = ("Centrum", "Okänd plats", "Gångvägen", "Bakom affären")


def write_happened(
    path: Path, town: Town, history: History, words: dict[str, Spellings], rng: Random
) -> None:
    """Write both sheets."""
    sites = {s.code: s for s in town.sites}
    with Book(path, history.today) as book:
        sheet = book.sheet(INCIDENT_SHEET, (6, 24, 18, 18, 34, 24, 12, 8, 9, 9, 9, 18, 50))
        sheet.across("Händelser och iakttagelser – samlad lista för lägesbilden", "title")
        sheet.across("En rad per händelse. Inga namn eller personuppgifter!", "note")
        sheet.skip()
        sheet.header(INCIDENTS)
        for incident in history.incidents:
            sheet.row(_incident(incident, sites, words["category"], rng))
        sheet = book.sheet(DAMAGE_SHEET, (30, 20, 8, 22, 24, 20, 20, 20, 16, 16, 18, 12, 12, 50))
        sheet.across("SKADEGÖRELSE PÅ KOMMUNENS FASTIGHETER", "title")
        sheet.across("Sorterad per objekt. Kostnad i kronor exkl. moms.", "note")
        sheet.header(DAMAGES)
        _damages(sheet, history, sites, words["damage"], rng)


def _incident(
    one: IncidentRecord, sites: dict[str, TownSite], words: Spellings, rng: Random
) -> tuple[Cell, ...]:
    where = as_written.by_reporter(one.place, sites.get(one.place.code), rng)
    if rng.random() < 0.012:
        where = rng.choice(VAGUE)
    told = "J" if one.police_reference or rng.random() < 0.02 else "N"
    return (
        one.number, words.spell(one.category, rng), as_written.moment(one.since, rng),
        as_written.moment(one.until, rng) if one.until != one.since else None, where,
        one.reporter, KNOWN_BY[one.known_by], one.severity, COUNT[one.count], AGES[one.ages],
        told, one.police_reference, one.text,
    )  # fmt: skip


def _damages(
    sheet: Sheet, history: History, sites: dict[str, TownSite], words: Spellings, rng: Random
) -> None:
    rows = sorted(history.damages, key=lambda d: (d.place.name, d.number))
    for _, of_object in groupby(rows, key=lambda d: d.place):
        first = sheet.line
        some = list(of_object)
        for damage in some:
            sheet.row(_damage(damage, words, rng))
        site = sites.get(some[0].place.code)
        sheet.merge_down(0, first, sheet.line - 1, some[0].place.name)
        sheet.merge_down(1, first, sheet.line - 1, site.premises if site else "")
    known = sum(d.final_sek or 0 for d in history.damages)
    sheet.skip()
    sheet.row(("Summa", None, len(rows), None, None, None, None, None, None, known), "sum")


def _damage(one: DamageRecord, words: Spellings, rng: Random) -> tuple[Cell, ...]:
    comment = f"{one.text} Kränkande." if one.offensive else one.text
    return (
        None, None, one.number, one.part, words.spell(one.kind, rng),
        as_written.moment(one.discovered, rng), as_written.moment(one.since, rng),
        as_written.moment(one.until, rng), as_written.estimate_of(one.estimate_sek, rng),
        as_written.sum_of(one.final_sek, rng), one.police_reference, one.work_order, one.restored,
        comment,
    )  # fmt: skip
