"""Streets and house numbers: words come in, a street's key and numbers go out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_DEFINITE = (
    ("gatan", "gata"), ("vagen", "vag"), ("granden", "grand"), ("stigen", "stig"),
    ("torget", "torg"), ("planen", "plan"), ("platsen", "plats"), ("allen", "alle"),
    ("backen", "backe"), ("leden", "led"), ("promenaden", "promenad"), ("grand", "grand"),
    ("gata", "gata"), ("vag", "vag"), ("stig", "stig"), ("torg", "torg"), ("plan", "plan"),
    ("plats", "plats"), ("alle", "alle"), ("backe", "backe"), ("led", "led"),
    ("promenad", "promenad"),
)  # fmt: skip
_SHORT = (
    ("gat", "gata"), ("g", "gata"), ("v", "vag"), ("gr", "grand"), ("st", "stig"), ("pl", "plan"),
    ("pl", "plats"), ("prom", "promenad"), ("b", "backe"), ("all", "alle"),
)  # fmt: skip
_FIRST = {
    "n": ("norra",), "s": ("sodra",), "v": ("vastra",), "o": ("ostra",), "st": ("sankt", "stora"),
    "s:t": ("sankt",), "s:ta": ("sankta",), "l": ("lilla",), "l:a": ("lilla",), "n:a": ("norra",),
    "s:a": ("sodra",), "v:a": ("vastra",), "o:a": ("ostra",), "st:a": ("stora",), "g:a": ("gamla",),
}  # fmt: skip
_NUMBER = re.compile(r"(\d{1,4})(?:[-\u2013](\d{1,4}))?")
LETTERS = frozenset("abcdefghjkl")


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """A house number with its letter, or a span of them."""

    first: int
    letter: str = ""
    last: int = 0

    def spanned(self) -> Iterator[int]:
        """Yield the numbers it covers: of a span those on its side of the street."""
        last = self.last if self.first < self.last <= self.first + 60 else self.first
        step = 2 if (last - self.first) % 2 == 0 else 1
        yield from range(self.first, last + 1, step)


def read_number(words: Sequence[str], at: int) -> tuple[HouseNumber, int] | None:
    """Return the house number at a place in some words, and how many words it takes."""
    match = _NUMBER.fullmatch(words[at])
    if match is None or int(match[1]) == 0:
        return None
    letter = words[at + 1] if at + 1 < len(words) and words[at + 1] in LETTERS else ""
    return HouseNumber(int(match[1]), letter, int(match[2] or 0)), 1 + bool(letter)


def street_key(words: Iterable[str]) -> str:
    """Return what the ways to write one street have in common."""
    parts = list(words)
    for ending, bare in _DEFINITE:
        if parts and parts[-1].endswith(ending):
            parts[-1] = parts[-1].removesuffix(ending) + bare
            break
    return "".join(_FIRST.get(part, (part,))[0] for part in parts[:-1]) + "".join(parts[-1:])


def looks_like_street(word: str) -> bool:
    """Return whether a word ends as streets do."""
    return any(word.endswith(ending) and len(word) > len(ending) for ending, _ in _DEFINITE)


def street_keys(words: Sequence[str]) -> list[str]:
    """Return the keys that words may stand for: as written, and with abbreviations written out."""
    heads = [""]
    for part in words[:-1]:
        heads = [head + one for head in heads for one in _FIRST.get(part, (part,))][:8]
    last = words[-1]
    tails = [street_key([last])]
    for short, full in _SHORT:
        if last.endswith(short):
            tails.append(last.removesuffix(short) + full)
    return list(dict.fromkeys(head + tail for head in heads for tail in tails))
