"""The guarding company's own figures: responses, visits and hours in, "Väktarbolaget statistik.xlsx" out."""

from datetime import timedelta
from pathlib import Path
from random import Random

from narvaro.demo.first_day.as_written import Spellings, by_company
from narvaro.demo.first_day.sheets import Book, Cell, Sheet
from narvaro.demo.history.alarms import ResponseRecord
from narvaro.demo.history.deliveries import HoursRecord, VisitRecord
from narvaro.demo.history.made import History
from narvaro.demo.town import Town, TownPlace, TownSite

RESPONSES = (
    "Uppdragsnr", "Datum", "Larmtid", "Ordertid", "På plats", "Lämnat", "Kundobjekt", "Patrull",
    "Orsak", "Rapportnr",
)  # fmt: skip
VISITS = ("Datum", "Objekt/plats", "Ankomst", "Avgång", "Patrull", "Anm.")
HOURS = ("Datum", "Tjänst", "Plats", "Kl. från", "Kl. till", "Tim", "Prisgrupp")
RESPONSE_SHEET, VISIT_SHEET, HOUR_SHEET = "Utryckningar", "Ronder", "Timmar"


def write_supplier(
    path: Path, town: Town, history: History, words: dict[str, Spellings], rng: Random
) -> None:
    """Write the three sheets."""
    sites = {s.code: s for s in town.sites}
    last = history.today - timedelta(days=1)
    period = f"Period: {history.year_from} – {last}"
    with Book(path, history.today) as book:
        sheet = book.sheet(RESPONSE_SHEET, (12, 11, 8, 8, 8, 8, 28, 8, 18, 12))
        sheet.across("Ekvakt i Älvhamra AB", "band")
        sheet.across(f"Larmutryckningar Älvhamra kommun. {period}", "title")
        sheet.skip()
        sheet.header(RESPONSES)
        for response in history.responses:
            sheet.row(_response(response, sites, words["company_cause"], rng))
        sheet.skip()
        sheet.row(("Totalt", len(history.responses)), "sum")
        _visits(book.sheet(VISIT_SHEET, (11, 30, 9, 9, 8, 30)), history, sites, period, rng)
        _hours(book.sheet(HOUR_SHEET, (11, 28, 22, 9, 9, 8, 12)), history, period, rng)


def _response(
    one: ResponseRecord, sites: dict[str, TownSite], words: Spellings, rng: Random
) -> tuple[Cell, ...]:
    unit = one.unit if rng.random() < 0.96 else f"{one.unit} "
    return (
        f"U{one.ordered:%y}{one.number:05d}", one.alarmed.date(), one.alarmed.time(),
        one.ordered.time(), one.on_scene.time(), one.left.time(), _place(one.place, sites), unit,
        words.spell(one.cause, rng), f"R-{one.number + 20_000}" if rng.random() < 0.97 else None,
    )  # fmt: skip


def _place(place: TownPlace, sites: dict[str, TownSite]) -> str:
    site = sites.get(place.code)
    return place.name if site is None else by_company(site)


def _visits(
    sheet: Sheet, history: History, sites: dict[str, TownSite], period: str, rng: Random
) -> None:
    sheet.across(f"Utförda ronder. {period}", "title")
    sheet.skip()
    sheet.header(VISITS)
    for visit in history.visits:
        sheet.row(_visit(visit, sites, rng))


def _visit(one: VisitRecord, sites: dict[str, TownSite], rng: Random) -> tuple[Cell, ...]:
    arrived = one.arrived.time() if one.arrived else None
    left = one.left.time() if one.left else None
    day = one.arrived.date() if one.arrived else one.night
    note = one.note if one.note or rng.random() > 0.02 else "OK"
    return day, _place(one.place, sites), arrived, left, one.unit, note


def _hours(sheet: Sheet, history: History, period: str, rng: Random) -> None:
    sheet.across(f"Levererade timmar. {period}", "title")
    sheet.skip()
    sheet.header(HOURS)
    for line in history.hours:
        sheet.row(_line(line, rng))
    sheet.skip()
    total = sum(line.hours for line in history.hours)
    sheet.row(("Summa", None, None, None, None, total), "sum")


def _line(one: HoursRecord, rng: Random) -> tuple[Cell, ...]:
    written = f"{one.hours:.2f}".replace(".", ",") if rng.random() < 0.15 else one.hours
    return one.day, one.service, one.where, one.since, one.until, written, one.group
