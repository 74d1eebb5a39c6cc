"""How people write places, words, times and sums: the right one in, one of theirs out."""

import re
from dataclasses import dataclass
from datetime import datetime
from random import Random

from narvaro.demo.first_day.sheets import Cell
from narvaro.demo.town import TownPlace, TownSite

MONTHS = (
    "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september",
    "oktober", "november", "december",
)  # fmt: skip
SHORT_KIND = {"school": "SK", "preschool": "FSK", "library": "BIBL", "hall": "", "other": ""}
OUR_KINDS = ("skola", "förskola", "bibliotek")
LONG_KIND = {"school": "skolan", "preschool": "Förskolan", "library": "Biblioteket"}


def first_word(name: str) -> str:
    """Give the part of a site's name that is its own: "Trasten" of "Trasten skola"."""
    head, _, last = name.rpartition(" ")
    return head if last in OUR_KINDS else name


def by_centre(site: TownSite) -> str:
    """Write a site as the alarm centre's old system has it: capitals and short words."""
    own = first_word(site.name)
    if site.kind == "preschool":
        return f"FSK {own.upper()}"
    if site.kind in {"school", "library"} and own != site.name:
        return f"{own.upper()} {SHORT_KIND[site.kind]}"
    text = site.name.upper()
    for long, short in (("FRITIDSGÅRD", "FRG"), ("ÄLDREBOENDE", "ÄB"), ("BIBLIOTEKET", "BIBL")):
        text = text.replace(long, short)
    return text


def by_centre_now(site: TownSite) -> str:
    """Write a site as the alarm centre's new system has it: shortened, now and then with its address."""
    own = first_word(site.name)
    text = f"{own} {SHORT_KIND[site.kind].lower()}" if own != site.name else site.name
    return f"{text}, {site.address}" if int(site.code[2:]) % 3 == 0 else text


def by_company(site: TownSite) -> str:
    """Write a site as the guards say it."""
    own = first_word(site.name)
    if own == site.name:
        return re.sub(r"^(\S+) fritidsgård$", r"Fritidsgården \1", site.name)
    return (
        f"{own}{LONG_KIND['school']}" if site.kind == "school" else f"{LONG_KIND[site.kind]} {own}"
    )


def by_reporter(place: TownPlace, site: TownSite | None, rng: Random) -> str:
    """Write a place as somebody does in a form: mostly its name, else what comes to mind."""
    if site is None:
        words = {
            "street": [place.name, place.name, f"vid {place.name}"],
            "square": [place.name, place.name, place.name.lower(), f"{place.name}, vid bänkarna"],
            "park": [place.name, place.name, f"{place.name}, {place.district}"],
            "station": [place.name, "Stationen", "Resecentrum"],
        }
        return rng.choice(words[place.kind])
    own = first_word(site.name)
    forms = [
        (60, site.name), (8, by_company(site)), (7, site.address), (5, site.premises),
        (5, f"{site.name}, baksidan"), (4, site.name.upper()), (4, f"{site.name} {site.address}"),
        (3, f" {site.name}  "), (2, f"Vid {site.name}"), (2, by_centre_now(site)),
    ]  # fmt: skip
    if own != site.name and site.kind == "school":
        forms.append((2, f"{own}s skola"))
    return rng.choices([f for _, f in forms], [w for w, _ in forms])[0]


def moment(at: datetime, rng: Random) -> Cell:
    """Write a time: mostly a real one, else one of the ways in which Swedes write it."""
    draw = rng.random()
    if draw < 0.66:
        return at
    month = MONTHS[at.month - 1]
    forms = (
        (0.80, f"{at:%Y-%m-%d %H:%M}"), (0.88, f"{at:%Y-%m-%d} kl {at:%H.%M}"),
        (0.94, f"{at.day} {month} {at:%Y %H:%M}"), (0.97, f"{at.day} {month[:3]} {at:%Y} kl {at:%H.%M}"),
        (1.01, f"{at.day}/{at.month} {at:%Y %H:%M}"),
    )  # fmt: skip
    return next(text for until, text in forms if draw < until)


def spaced(number: int) -> str:
    """Write a number with its thousands apart: 12 500."""
    return f"{number:,}".replace(",", " ")


def sum_of(sek: int | None, rng: Random) -> Cell:
    """Write a sum: 12 500:-, 12500,00, 12 500 kr, or a number."""
    if sek is None:
        return None
    forms: list[Cell] = [f"{spaced(sek)}:-", f"{sek},00", f"{spaced(sek)} kr", sek]
    return rng.choices(forms, [9, 3, 1, 3])[0]


def estimate_of(sek: int, rng: Random) -> Cell:
    """Write an estimate: a number, with decimals, or with "ca"."""
    forms: list[Cell] = [sek, f"{sek},00", f"ca {spaced(sek)}"]
    return rng.choices(forms, [12, 4, 1])[0]


@dataclass(frozen=True, slots=True)
class Spellings:
    """The spellings of words; the first is the usual one."""

    words: dict[str, list[str]]
    usual: float

    def spell(self, code: str, rng: Random) -> str:
        """Write a word."""
        forms = self.words[code]
        return forms[0] if rng.random() < self.usual else rng.choice(forms)
