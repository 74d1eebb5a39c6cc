"""The four files open in a reader that is not ours, and hold what the truth holds."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import python_calamine as calamine

from narvaro.demo.first_day import happened, journal, object_list, supplier
from narvaro.demo.first_day.as_written import by_centre, by_centre_now, by_company
from narvaro.demo.first_day.write import FirstDay, file_names, read_spellings, write_first_day
from narvaro.demo.history.made import History
from narvaro.demo.town import Town
from tests.demo.conftest import TODAY

# A personnummer, with or without its century: day of birth, then four digits. Days may be + 60.
PERSONNUMMER = re.compile(
    r"(?<!\d)(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])[-+ ]?\d{4}(?!\d)"
)
Row = dict[str, Any]


def _grid(file: Path, sheet: str) -> list[list[Any]]:
    book = calamine.load_workbook(str(file))
    return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def _rows(file: Path, sheet: str, header: tuple[str, ...]) -> list[Row]:
    """Return the rows below the header whose first and third cells, or second, hold something."""
    grid = _grid(file, sheet)
    start = grid.index(list(header))
    named = [dict(zip(header, row, strict=True)) for row in grid[start + 1 :]]
    return [row for row in named if sum(cell != "" for cell in row.values()) > 3]


def test_the_names_say_year_and_months(history: History) -> None:
    """As their senders name them."""
    assert file_names(history) == (
        "Objektlista 2026 (senaste).xlsx", "Larmjournal nov25-nov26.xlsx",
        "Händelser och skadegörelse.xlsx", "Väktarbolaget statistik.xlsx",
    )  # fmt: skip


def test_the_object_list_has_every_site_under_a_two_line_header(
    first_day: FirstDay, village: Town
) -> None:
    """Title rows above, merged groups over the header, a sum below; most without coordinates."""
    grid = _grid(first_day.object_list, object_list.SHEET)
    start = grid.index(list(object_list.HEADER))
    assert start >= 4
    assert grid[start - 1][0] == "Objekt"
    assert next(row for row in grid if row[0] == "Summa objekt")[1] == len(village.sites)
    rows = _rows(first_day.object_list, object_list.SHEET, object_list.HEADER)
    assert {r["Obj.nr"] for r in rows} == {s.code for s in village.sites}
    placed = [r for r in rows if r["N (SWEREF 99 TM)"] != ""]
    assert 0 < len(placed) < 0.25 * len(rows)
    assert all(6_480_000 < r["N (SWEREF 99 TM)"] < 6_520_000 for r in placed)
    by_code = {s.code: s for s in village.sites}
    for row in rows:
        site = by_code[row["Obj.nr"]]
        assert " ".join(row["Benämning"].split()).casefold() == site.name.casefold()
        assert row["Fastighetsbeteckning"] or row["Besöksadress"]
    assert len({r["Verksamhet"] for r in rows}) > 12


def test_the_list_gives_coordinates_where_the_map_has_no_such_address(
    village: Town, tmp_path: Path, history: History
) -> None:
    """On real streets, whose houses have other addresses."""
    files = write_first_day(tmp_path, replace(village, mapped=False), TODAY, history=history)
    rows = _rows(files.object_list, object_list.SHEET, object_list.HEADER)
    assert all(r["N (SWEREF 99 TM)"] for r in rows)


def test_the_journal_holds_every_alarm_in_two_ways(first_day: FirstDay, village: Town) -> None:
    """The old system's sheet has date and time apart, the new one's has them together as text."""
    history = first_day.history
    old = _rows(first_day.journal, journal.OLD_SHEET, journal.OLD)
    new = _rows(first_day.journal, journal.NEW_SHEET, journal.NEW)
    assert len(old) + len(new) == len(history.alarms)
    assert min(len(old), len(new)) > 700
    sites = {s.code: s for s in village.sites}
    for row, alarm in zip(old, history.alarms, strict=False):
        naive = alarm.received.replace(tzinfo=None)
        assert datetime.combine(row["Datum"], row["Tid"]) == naive
        assert row["Objekt"] == by_centre(sites[alarm.place.code])
        assert (row["Väktare på plats"] != "") == (alarm.on_scene is not None)
    for row, alarm in zip(new, history.alarms[len(old) :], strict=True):
        assert row["Larm inkom"] == f"{alarm.received:%Y-%m-%d %H:%M:%S}"
        assert row["Anläggning"] == by_centre_now(sites[alarm.place.code])


def test_causes_are_spelled_in_several_ways_that_are_known(first_day: FirstDay) -> None:
    """Each spelling belongs to one cause, and each cause has the truth's count."""
    words = read_spellings()["cause"].words
    code_of = {form: code for code, forms in words.items() for form in forms} | {"": "unknown"}
    assert len(code_of) == 1 + sum(len(forms) for forms in words.values())
    written = [
        row[column]
        for sheet, header, column in (
            (journal.OLD_SHEET, journal.OLD, "Orsak"),
            (journal.NEW_SHEET, journal.NEW, "Larmorsak"),
        )
        for row in _rows(first_day.journal, sheet, header)
    ]
    counted = Counter(code_of[w] for w in written)
    assert counted == Counter(a.cause for a in first_day.history.alarms)
    assert len(set(written)) > 12


def test_incidents_are_all_there_with_mixed_dates(first_day: FirstDay) -> None:
    """Real dates and four written styles; every incident's number once."""
    rows = _rows(first_day.happened, happened.INCIDENT_SHEET, happened.INCIDENTS)
    history = first_day.history
    assert [int(r["Nr"]) for r in rows] == [i.number for i in history.incidents]
    real = sum(isinstance(r["Från"], datetime | date) for r in rows) / len(rows)
    assert 0.55 < real < 0.75
    texts = [r["Från"] for r in rows if isinstance(r["Från"], str)]
    for style in (
        r"\d{4}-\d\d-\d\d \d\d:\d\d",
        r".* kl \d\d\.\d\d",
        r"\d+ [a-z]+ \d{4} .*",
        r"\d+/\d+ \d{4} .*",
    ):
        assert [t for t in texts if re.fullmatch(style, t)], style
    for row, incident in zip(rows, history.incidents, strict=True):
        assert row["K-nr"] == incident.police_reference
        if isinstance(row["Från"], datetime):
            assert row["Från"] == incident.since.replace(tzinfo=None)


def test_damages_are_all_there_under_merged_objects(first_day: FirstDay) -> None:
    """One merged cell over an object's rows; sums as people write them come back as the truth's."""
    grid = _grid(first_day.happened, happened.DAMAGE_SHEET)
    start = grid.index(list(happened.DAMAGES))
    damages = {d.number: d for d in first_day.history.damages}
    column = {name: n for n, name in enumerate(happened.DAMAGES)}
    here, seen = "", 0
    for row in grid[start + 1 : start + 1 + len(damages)]:
        here = row[0] or here
        damage = damages[int(row[column["Löpnr"]])]
        seen += 1
        assert here == damage.place.name
        assert _sek(row[column["Slutlig kostnad exkl moms"]]) == damage.final_sek
        assert _sek(row[column["Uppskattad kostnad"]]) == damage.estimate_sek
    assert seen == len(damages)
    book = calamine.load_workbook(str(first_day.happened))
    assert len(book.get_sheet_by_name(happened.DAMAGE_SHEET).merged_cell_ranges or ()) > 100


def _sek(cell: Any) -> int | None:
    if cell == "":
        return None
    text = str(cell).removeprefix("ca ").removesuffix(":-").removesuffix(" kr").replace(" ", "")
    return round(float(text.replace(",", ".")))


def test_the_companys_lists_hold_its_year(first_day: FirstDay, village: Town) -> None:
    """Responses, visits and hours, under the company's own names of the sites."""
    history = first_day.history
    responses = _rows(first_day.supplier, supplier.RESPONSE_SHEET, supplier.RESPONSES)
    visits = [
        r for r in _rows(first_day.supplier, supplier.VISIT_SHEET, supplier.VISITS) if r["Datum"]
    ]
    hours = _rows(first_day.supplier, supplier.HOUR_SHEET, supplier.HOURS)
    assert len(responses) == len(history.responses)
    assert len(visits) == len(history.visits)
    assert len(hours) == len(history.hours)
    sites = {s.code: s for s in village.sites}
    for row, response in zip(responses, history.responses, strict=True):
        assert row["Kundobjekt"] == by_company(sites[response.place.code])
        assert isinstance(row["På plats"], time)
        assert row["På plats"] == response.on_scene.time()
    total = sum(float(str(r["Tim"]).replace(",", ".")) for r in hours)
    assert total == pytest.approx(sum(h.hours for h in history.hours))


def test_no_two_sites_share_a_name_in_anybodys_words(village: Town) -> None:
    """Each of the three ways to write a site leads to one site."""
    for write in (by_centre, by_centre_now, by_company):
        written = Counter(write(s) for s in village.sites)
        assert max(written.values()) == 1, written.most_common(1)


def test_no_cell_looks_like_a_personnummer(first_day: FirstDay) -> None:
    """In no sheet of any file; the pattern itself finds one."""
    assert PERSONNUMMER.search("x 850613-1234")
    assert PERSONNUMMER.search("198506731234")
    for file in (first_day.object_list, first_day.journal, first_day.happened, first_day.supplier):
        book = calamine.load_workbook(str(file))
        for sheet in book.sheet_names:
            for row in book.get_sheet_by_name(sheet).to_python():
                for cell in row:
                    shown = f"{cell:.0f}" if isinstance(cell, float) else str(cell)
                    assert not PERSONNUMMER.search(shown), (file.name, sheet, cell)


def test_the_same_town_and_day_give_the_same_bytes(
    first_day: FirstDay, village: Town, tmp_path: Path, history: History
) -> None:
    """The files carry no clock of their own."""
    again = write_first_day(tmp_path, village, TODAY, history=history)
    for name in ("object_list", "journal", "happened", "supplier"):
        assert getattr(again, name).read_bytes() == getattr(first_day, name).read_bytes(), name
