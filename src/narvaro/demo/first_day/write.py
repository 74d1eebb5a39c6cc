"""Write the four files of the first day: a town and its history in, a folder of .xlsx out."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from narvaro.demo.first_day.as_written import MONTHS, Spellings
from narvaro.demo.first_day.happened import write_happened
from narvaro.demo.first_day.journal import write_journal
from narvaro.demo.first_day.object_list import write_object_list
from narvaro.demo.first_day.supplier import write_supplier
from narvaro.demo.history.made import History, make_history
from narvaro.demo.town import Town

HERE = Path(__file__).parent
# How often a word is spelled in its usual way.
USUAL = {
    "kind": 0.55, "cause": 0.6, "company_cause": 0.7, "measure": 0.5, "category": 0.8,
    "damage": 0.8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FirstDay:
    """The four files, in the order in which a person brings them in, and what they are made from."""

    object_list: Path
    journal: Path
    happened: Path
    supplier: Path
    history: History


def write_first_day(
    folder: Path, town: Town, today: date, *, history: History | None = None
) -> FirstDay:
    """Write the four files to `folder`; the same town and day give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    history = make_history(town, today) if history is None else history
    names = file_names(history)
    listed, journal, happened, supplier = (folder / name for name in names)
    files = FirstDay(listed, journal, happened, supplier, history)
    words = read_spellings()
    rngs = [Random(f"{name} {town.seed}") for name in names]
    write_object_list(files.object_list, town, today, words["kind"], rngs[0])
    write_journal(files.journal, town, history, words, rngs[1])
    write_happened(files.happened, town, history, words, rngs[2])
    write_supplier(files.supplier, town, history, words, rngs[3])
    return files


def file_names(history: History) -> tuple[str, str, str, str]:
    """Name the four files as their senders do."""
    first, last = history.year_from, history.today
    span = "-".join(f"{MONTHS[d.month - 1][:3]}{d:%y}" for d in (first, last))
    return (
        f"Objektlista {last.year} (senaste).xlsx",
        f"Larmjournal {span}.xlsx",
        "Händelser och skadegörelse.xlsx",
        "Väktarbolaget statistik.xlsx",
    )


def read_spellings() -> dict[str, Spellings]:
    """Read words.toml."""
    rows = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    return {name: Spellings(rows[name], usual) for name, usual in USUAL.items()}
