"""The alarm centre's journal of a year: alarms in, "Larmjournal ….xlsx" out.

Two sheets, one from the centre's old system and one from its new: other headers, other names of
the same sites, date and time in two columns or in one.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from narvaro.demo.first_day.as_written import Spellings, by_centre, by_centre_now
from narvaro.demo.first_day.sheets import Book, Cell
from narvaro.demo.history.alarms import AlarmRecord
from narvaro.demo.history.made import History
from narvaro.demo.history.words import ALARM
from narvaro.demo.town import Town, TownSite

OLD = (
    "Löpnr", "Datum", "Tid", "Anl.nr", "Objekt", "Larmtyp", "Sektion", "Händelsetext", "Åtgärd",
    "Vkt larmad", "Väktare på plats", "Orsak", "Op.",
)  # fmt: skip
NEW = (
    "Larm-ID", "Larm inkom", "Anläggning", "Typ av larm", "Sekt.", "Text", "Vidtagen åtgärd",
    "Väktare utlarmad", "Väktare på plats", "Larmorsak", "Signatur",
)  # fmt: skip
OLD_SHEET, NEW_SHEET = "Gamla systemet", "Nya systemet"
TITLE = "LARMJOURNAL, utdrag per kund: ÄLVHAMRA KOMMUN"


def new_from(history: History) -> date:
    """Give the day when the centre took its new system into use."""
    return history.year_from + (history.today - history.year_from) // 2


def write_journal(
    path: Path, town: Town, history: History, words: dict[str, Spellings], rng: Random
) -> None:
    """Write the journal."""
    sites = {s.code: s for s in town.sites}
    accounts = {a.site: a.account for a in town.accounts}
    change = new_from(history)
    old = [a for a in history.alarms if a.received.date() < change]
    new = [a for a in history.alarms if a.received.date() >= change]
    last = history.today - timedelta(days=1)
    with Book(path, history.today) as book:
        sheet = book.sheet(OLD_SHEET, (9, 11, 8, 8, 24, 12, 8, 26, 42, 11, 14, 24, 6))
        sheet.across(TITLE, "title")
        sheet.across(f"Period {history.year_from} -- {change - timedelta(days=1)}", "note")
        sheet.skip()
        sheet.header(OLD)
        for alarm in old:
            sheet.row(_old(alarm, sites[alarm.place.code], accounts, words, rng))
        sheet.skip()
        sheet.row(("Antal larm:", len(old)), "sum")
        sheet = book.sheet(NEW_SHEET, (12, 18, 36, 14, 7, 26, 42, 18, 18, 24, 10))
        sheet.across(f"Larmhändelser {change} till {last}", "title")
        sheet.across("Kund: Älvhamra kommun (samtliga anläggningar)", "note")
        sheet.header(NEW)
        for alarm in new:
            sheet.row(_new(alarm, sites[alarm.place.code], words, rng))


def _old(
    alarm: AlarmRecord, site: TownSite, accounts: dict[str, str], words: dict[str, Spellings],
    rng: Random,
) -> tuple[Cell, ...]:  # fmt: skip
    cause = words["cause"].spell(alarm.cause, rng)
    return (
        alarm.number, alarm.received.date(), alarm.received.time(), accounts.get(site.code),
        by_centre(site), ALARM[alarm.kind].upper(), alarm.zone, _text(alarm),
        words["measure"].spell(alarm.cause, rng), _clock(alarm.ordered), _clock(alarm.on_scene),
        cause, alarm.operator,
    )  # fmt: skip


def _new(
    alarm: AlarmRecord, site: TownSite, words: dict[str, Spellings], rng: Random
) -> tuple[Cell, ...]:
    cause = words["cause"].spell(alarm.cause, rng) if alarm.cause != "unknown" else ""
    return (
        f"LC{alarm.received:%y}-{alarm.number:05d}", _written(alarm.received), by_centre_now(site),
        ALARM[alarm.kind], str(alarm.zone), _text(alarm), words["measure"].spell(alarm.cause, rng),
        _written(alarm.ordered), _written(alarm.on_scene), cause, alarm.operator,
    )  # fmt: skip


def _text(alarm: AlarmRecord) -> str:
    return f"{alarm.text} {alarm.zone}" if alarm.text.endswith("sektion") else alarm.text


def _clock(at: datetime | None) -> Cell:
    return None if at is None else at.time()


def _written(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
