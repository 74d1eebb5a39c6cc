"""The municipality's list of objects: sites in, "Objektlista … (senaste).xlsx" out.

Title and logo rows, a two-line header, the district merged over its rows, kinds spelled as people
spell them, coordinates for a few only, and a footer with a sum.
"""

from datetime import date
from itertools import groupby
from pathlib import Path
from random import Random

from narvaro.core.geo import to_grid
from narvaro.demo.first_day.as_written import MONTHS, Spellings
from narvaro.demo.first_day.sheets import Book, Cell
from narvaro.demo.town import Town, TownSite

GROUPS = (("Objekt", 3), ("Läge", 5), ("Byggnad", 2), ("Larm", 2), ("Övrigt", 2))
HEADER = (
    "Obj.nr", "Benämning", "Verksamhet", "Fastighetsbeteckning", "Besöksadress", "Stadsdel",
    "N (SWEREF 99 TM)", "E (SWEREF 99 TM)", "BRA m²", "Byggår", "Larm J/N", "Larmklass",
    "Driftområde", "Anm.",
)  # fmt: skip
SHEET = "Objekt"
WIDTHS = (9, 30, 20, 24, 30, 18, 12, 12, 9, 8, 8, 9, 14, 34)
NOTES = ("Nytt lås 2025", "Modul på gården", "Renoveras", "Inhyrd", "Samlokaliserad med fritids")
AREA_M2 = {"school": 5200, "preschool": 950, "library": 800, "hall": 2600, "other": 1400}


def write_object_list(path: Path, town: Town, today: date, words: Spellings, rng: Random) -> None:
    """Write the list of objects."""
    alarmed = {a.site for a in town.accounts}
    sites = sorted(town.sites, key=lambda s: (s.district, s.name))
    updated = f"{today.day} {MONTHS[today.month - 1]} {today.year}"
    with Book(path, today) as book:
        sheet = book.sheet(SHEET, WIDTHS)
        sheet.across("ÄLVHAMRA KOMMUN", "band")
        sheet.across(f"Objektlista, bevakade objekt {today.year}", "title")
        sheet.across(f"Fastighetsenheten. Uppdaterad {updated}. Ändra inte i rubrikerna!", "note")
        sheet.skip()
        sheet.groups(GROUPS)
        sheet.header(HEADER)
        for district, of_district in groupby(sites, key=lambda s: s.district):
            first = sheet.line
            for site in of_district:
                alarm = site.code in alarmed
                sheet.row(_row(site, alarm=alarm, mapped=town.mapped, words=words, rng=rng))
            sheet.merge_down(HEADER.index("Stadsdel"), first, sheet.line - 1, district)
        sheet.skip()
        sheet.row(("Summa objekt", len(sites)), "sum")
        sheet.row(("varav med larm", len(alarmed)), "sum")
        sheet.across("Saknas något objekt? Hör av dig till fastighetsenheten.", "note")


def _row(
    site: TownSite, *, alarm: bool, mapped: bool, words: Spellings, rng: Random
) -> tuple[Cell, ...]:
    north = east = None
    if not mapped or rng.random() < 0.1:
        north, east = (round(float(m)) for m in to_grid(site.lat, site.lon))
    premises, address = _premises(site, rng), _address(site, rng)
    if rng.random() < 0.06:  # one of the two is missing, never both
        premises, address = (None, address) if rng.random() < 0.5 else (premises, None)
    return (
        site.code, _name(site, rng), words.spell(site.kind, rng), premises, address, None,
        north, east, round(AREA_M2[site.kind] * rng.uniform(0.6, 1.5), -1),
        rng.randrange(1952, 2022), "J" if alarm else "N",
        site.alarm_grade if alarm or rng.random() < 0.3 else None,
        f"Område {1 + int(site.code[2:]) % 4}", rng.choice(NOTES) if rng.random() < 0.12 else None,
    )  # fmt: skip


def _name(site: TownSite, rng: Random) -> str:
    forms = [site.name, site.name.upper(), f"{site.name} ", site.name.replace(" ", "  ")]
    return rng.choices(forms, [90, 4, 4, 2])[0]


def _premises(site: TownSite, rng: Random) -> Cell:
    forms = [site.premises, f"ÄLVHAMRA {site.premises.upper()}", f"Älvhamra {site.premises}"]
    return rng.choices(forms, [80, 12, 8])[0]


def _address(site: TownSite, rng: Random) -> Cell:
    short = site.address.replace("gatan ", "g. ").replace("vägen ", "v. ")
    return rng.choices([site.address, short, f"{site.address}, Älvhamra"], [82, 11, 7])[0]
