"""Reading text as people see it. In: any text. Out: plain letters, digits and signs, and where each stood.

The plain alphabet is ASCII and å, ä, ö. Digits of every script become 0–9, dashes become `-`, quotes
`"` or `'`, spaces one space, letters lose their accents; what is not seen (soft hyphens, zero-width
signs, marks upon letters) is left out. Letters outside the alphabet become `X` or `x`, signs `~`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_RINGS = {"a\u030a": "å", "a\u0308": "ä", "o\u0308": "ö", "A\u030a": "Å", "A\u0308": "Ä", "O\u0308": "Ö"}  # fmt: skip
_OWN = frozenset("åäöÅÄÖ")
_DOUBLE, _SINGLE = frozenset("«»“”„‟″"), frozenset("‘’‚‛′´")
_MINUS = "\u2212"
_KNOWN = {"\t": " ", "\n": "\n", "\r": "", "`": "'"}
_UNSEEN = {"Zs": " ", "Zl": "\n", "Zp": "\n", "Cc": "", "Cf": "", "Mn": "", "Me": ""}
_PLAIN_ALREADY = re.compile("(?: ?[!-_a-~\nåäöÅÄÖ])* ?")


@dataclass(frozen=True, slots=True)
class Folded:
    """Plain text; its character i stood at `starts[i]` to `ends[i]` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def _letter(char: str) -> str:
    own = unicodedata.normalize("NFKC", char)
    if own in _OWN:
        return own
    base = unicodedata.normalize("NFKD", char)[0]
    if base.isascii() and base.isalpha():
        return base
    return "X" if unicodedata.category(char) in {"Lu", "Lt"} else "x"


def _sign(char: str, category: str) -> str:
    if category == "Pd" or char == _MINUS:
        return "-"
    if char in _DOUBLE or char in _SINGLE:
        return '"' if char in _DOUBLE else "'"
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 and "!" <= plain <= "~" else "~"


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """Return what a character reads as; nothing for what is not seen."""
    if char in _KNOWN:
        return _KNOWN[char]
    if "!" <= char <= "~" or char in _OWN:
        return char
    category = unicodedata.category(char)
    if category in _UNSEEN:
        return _UNSEEN[category]
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return _letter(char) if category.startswith("L") else _sign(char, category)


def fold(text: str) -> Folded:
    """Read a text; spaces in a row become one, and a mark upon a, o joins it to å, ä, ö."""
    if _PLAIN_ALREADY.fullmatch(text):
        return Folded(text, range(len(text)), range(1, len(text) + 1))
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, char in enumerate(text):
        plain = _plain(char)
        if plain and not (plain == " " and chars and chars[-1] == " "):
            chars.append(plain)
            starts.append(at)
            ends.append(at + 1)
        elif char in "\u0308\u030a" and chars and ends[-1] == at:
            chars[-1] = _RINGS.get(chars[-1] + char, chars[-1])
            ends[-1] = at + 1
    return Folded("".join(chars), starts, ends)
