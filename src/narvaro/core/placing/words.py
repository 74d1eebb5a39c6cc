"""The words of place names: a text comes in; its words without accents, case and variants go out.

Å, ä and ö are compared as a and o, because systems lose them. Kinds of places have one word each,
whether abbreviated, in the definite form or at the end of a compound: Trastenskolan, Trastens sk.
and Skolan Trasten have the same two words.
"""

import re
import unicodedata
from functools import lru_cache


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


KINDS = {
    form: kind
    for kind, forms in {
        "skola": "skola skolan skolans sk grundskola grundskolan",
        "forskola": "forskola forskolan fsk fskola forsk dagis dagiset daghem daghemmet",
        "gymnasium": "gymnasium gymnasiet gymnasieskola gymnasieskolan gymn gy",
        "idrottshall": "idrottshall idrottshallen idrhall idrh sporthall sporthallen",
        "ip": "ip idrottsplats idrottsplatsen",
        "bibliotek": "bibliotek biblioteket bibl bib",
        "fritidsgard": "fritidsgard fritidsgarden fritidsg fg ungdomsgard ungdomsgarden",
        "simhall": "simhall simhallen badhus badhuset",
        "kulturhus": "kulturhus kulturhuset",
        "aldreboende": "aldreboende aldreboendet",
        "vardcentral": "vardcentral vardcentralen vc",
        "brandstation": "brandstation brandstationen",
        "station": "station stationen stn",
        "kyrka": "kyrka kyrkan",
        "torg": "torg torget",
        "park": "park parken",
        "kiosk": "kiosk kiosken",
        "camping": "camping campingen",
    }.items()
    for form in forms.split()
}
_PAIRS = {
    ("idr", "hall"): "idrottshall",
    ("for", "skola"): "forskola",
    ("for", "skolan"): "forskola",
}
_ENDINGS = sorted((form for form in KINDS if len(form) >= 4), key=len, reverse=True)
TELLING = _set(
    "norra sodra vastra ostra nya gamla stora lilla ovre nedre mellersta inre yttre norr soder "
    "vast ost n s v o f fd blivande tidigare"
)
"""Words that tell one place from another of nearly the same name."""
SIDE = _set(
    "vid pa i av till fran hos inne in ute utanfor bakom framfor framme bredvid intill innanfor "
    "baksida baksidan framsida framsidan kortsida langsida gavel gaveln fasad fasaden vagg vaggen "
    "utsida utsidan insida utvandigt invandigt den det en ett och samt norrsidan sodersidan "
    "skolgard skolgarden skolgardens innergard innergarden garden matsal matsalen gymnastiksal "
    "gympasal gympasalen parkering parkeringen parkeringsplats parkeringsplatsen pplats "
    "cykelstall cykelstallet entre entren ingang ingangen huvudentre huvudentren dorr dorren "
    "fonster fonstret tak taket lekplats lekplatsen korridor korridoren toalett toaletten sal "
    "aula aulan kok koket personalrum expedition expeditionen kv kvarteret fastighet fastigheten "
    "fast beteckning nr nummer adress gatuadress objekt objektet lokal lokalen huset byggnaden "
    "bv nb tr"
)
"""Words that say where at a place, not which."""
VAGUE = _set("mittemot mitt mellan nara narheten omradet omkring runt langs hojd korsningen")
"""Words that say that the place is somewhere about."""
_BESIDE = _set("vid pa bakom framfor framme bredvid intill utanfor innanfor inne ute hos mot")
_CAPITALISED = re.compile(r"[^\W\d_a-zåäö][^\W\d_]+(?: [^\W\d_]+)?")
_PARTS = _set(
    "hus byggnad byggn port entre ingang plan van vaning vaningen trappa trapphus lgh lagenhet rum "
    "sal uppgang flygel paviljong block blad tr"
)
_STOREYS = frozenset({"tr", "trappor", "van"})
_GARBLED = {
    "Ã¥": "å", "Ã¤": "ä", "Ã¶": "ö", "Ã…": "Å", "Ã„": "Ä", "Ã–": "Ö", "Ã©": "é", "Ã\x85": "Å",
    "Ã\x84": "Ä", "Ã\x96": "Ö", "Â ": " ",
}  # fmt: skip
_DOTLESS = str.maketrans("åäöæøéèüáàçñß", "aaoaoeeuaacns")
_WORD = re.compile(
    r"\d+\s?[-\u2013]\s?\d+(?![^\W\d])|(?:[^\W_]|(?<=[^\W_])[?\ufffd](?=[^\W_]))+(?::[^\W_]+)*"
)
_APART = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")


def mend(text: str) -> str:
    """Return a text with UTF-8 that was read as another encoding put right."""
    if "Ã" in text or "Â" in text:
        for wrong, right in _GARBLED.items():
            text = text.replace(wrong, right)
    return unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """Return a text in lower case without accents."""
    return text.casefold().translate(_DOTLESS)


def strict_words(text: str) -> frozenset[str]:
    """Return the words of a text in lower case, accents kept."""
    return frozenset(_WORD.findall(text.casefold()))


@lru_cache(maxsize=65_536)
def split_words(text: str) -> tuple[str, ...]:
    """Return the folded words and numbers of a text in their order; 12A becomes 12 and a."""
    words: list[str] = []
    for word in _WORD.findall(fold(mend(text))):
        if any(map(str.isdigit, word)) and not word.isdigit() and ":" not in word:
            words += _APART.sub(" ", "".join(word.split())).split()
        else:
            words.append(word)
    return tuple(words)


@lru_cache(maxsize=65_536)
def name_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a name with kinds in one form, compounds apart and genitives off."""
    found: list[str] = []
    for index, word in enumerate(words):
        pair = (words[index - 1], word) if index else None
        if pair in _PAIRS and found:
            found[-1] = _PAIRS[pair]
            continue
        found += _apart(word)
    if not any(word in _KIND_WORDS for word in found):
        return tuple(found)
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and word not in _KIND_WORDS else word
        for word in found
    )


_KIND_WORDS = frozenset(KINDS.values())


def is_kind(word: str) -> bool:
    """Return whether a word names a kind of place."""
    return word in _KIND_WORDS


def _apart(word: str) -> list[str]:
    if word in KINDS:
        return [KINDS[word]]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return [word[: -len(ending)], KINDS[ending]]
    return [word]


def without_parts(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without parts of a building: hus B, plan 2, tr 2, 2 tr, entré 4."""
    kept: list[str] = []
    at = 0
    while at < len(words):
        word, *after = words[at : at + 3]
        following = after[0] if after else ""
        inside = word in _PARTS and (len(following) == 1 or following.isdigit())
        storey = word.isdigit() and following in _STOREYS
        if inside or (storey and not (after[1:] and after[1].isdigit())):
            at += 2
        else:
            kept += [word] if word not in {"bv", "nb"} else []
            at += 1
    return tuple(kept)


def may_be_town(text: str, words: tuple[str, ...], towns: frozenset[str]) -> bool:
    """Return whether a part of a text, alone, may be a town that is none of ours."""
    return (
        bool(towns)
        and _CAPITALISED.fullmatch(text.strip()) is not None
        and not ((towns | SIDE | VAGUE) & set(words) or without_parts(words) != words)
    )


def is_beside(words: tuple[str, ...], unknown: frozenset[str]) -> bool:
    """Return whether the first unknown word stands behind one that says where at a place it was."""
    at = next((n for n, word in enumerate(words) if unknown & set(name_words((word,)))), len(words))
    return at == len(words) or bool(_BESIDE & set(words[:at]))
