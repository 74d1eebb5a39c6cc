"""What a text says of a place: a text comes in; hits among the known places, and doubts, go out.

An evidence is firm where it is exact after normalisation and nothing beside it tells otherwise. A
misspelling is never firm, nor is a house number that is not known.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from narvaro.core.placing.gazetteer import Gazetteer, Name, code_key, prefer_strict
from narvaro.core.placing.streets import (
    HouseNumber,
    looks_like_street,
    read_number,
    street_key,
    street_keys,
)
from narvaro.core.placing.words import (
    SIDE,
    TELLING,
    VAGUE,
    is_beside,
    is_kind,
    may_be_town,
    mend,
    name_words,
    split_words,
    without_parts,
)

EXACT, ALIAS, DESIGNATED, ADDRESSED, CORRECTED, STEM, OTHER_KIND = 100, 98, 97, 96, 84, 76, 62
WITH_MORE, NEAR_NUMBER, STREET_ONLY, BLOCK = 86, 66, 58, 64
_LIKE, _STREET_LIKE = 0.62, 0.72
_FEW = 5
_AREA_LESS = 5.0  # an address is nearer than the square it lies at
_POSTED = re.compile(r"\b(?:SE?-)?\d{3}\s?\d{2}\b(?=\s+[^\W\d])", re.IGNORECASE)
_SEGMENTS = re.compile(r"[,;()\[\]\n\r|/]|\s[-\u2013\u2014]\s")
_MARKS = frozenset({"kv", "kvarteret", "fastighet", "fastigheten"})
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one part of a text points to: entry → score up to 100, firm or not."""

    how: str
    hits: dict[int, float]
    firm: bool


@dataclass(slots=True)
class Reading:
    """Everything that a row's texts say."""

    evidence: list[Evidence] = field(default_factory=list)
    doubts: set[str] = field(default_factory=set)
    twins: set[int] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def add(self, how: str, hits: dict[int, float], *, firm: bool = False) -> None:
        """Note an evidence, if it points to anything."""
        if hits:
            self.evidence.append(Evidence(how, hits, firm))


def read_texts(places: Gazetteer, texts: Iterable[str]) -> Reading:
    """Read the texts of a row, part by part.

    An address is put up where any other part may be a town that is none of ours, a name where such a
    part follows it.
    """
    reading, addressed, elsewhere = Reading(), False, False
    for text in texts:
        mended = mend(text).strip()
        if not mended:
            continue
        found = places.codes.get(code_key(mended)) if len(mended) <= 40 else None
        if found:
            reading.add("code", dict.fromkeys(found, float(EXACT)), firm=True)
            continue
        named = False
        for segment in _SEGMENTS.split(_POSTED.sub(",", mended)):
            words = split_words(segment)
            if not words:
                continue
            before = len(reading.evidence)
            _read_segment(places, segment, words, reading)
            said = reading.evidence[before:]
            if not said and may_be_town(segment, words, places.towns):
                elsewhere = True
                if named:
                    reading.doubts.add("other_town")
            if named and said and not any(one.firm for one in said) and set(words) - places.towns:
                reading.doubts.add("other_words")  # Trasten skola/Lärkans: half a name of another?
            named |= any(one.firm for one in said)
            addressed |= any(one.how == "address" for one in said)
    if addressed and elsewhere:
        reading.doubts.add("other_town")
    return reading


def _read_segment(places: Gazetteer, segment: str, words: Words, reading: Reading) -> None:
    if VAGUE & set(words):
        reading.doubts.add("vague")
    before = len(reading.evidence)
    words = _read_code(places, words, reading)
    words = _read_premises(places, words, reading)
    words = _read_address(places, segment, words, reading)
    if len(reading.evidence) > before and any(word[0].isdigit() for word in without_parts(words)):
        reading.doubts.add("other_words")  # several numbers, or a date: which one is meant?
    if any(one.how == "address" for one in reading.evidence[before:]) and any(
        looks_like_street(word) for word in without_parts(words)
    ):
        reading.doubts.add("other_street")
    rest = set(without_parts(words)) - SIDE - VAGUE - places.towns
    if rest or (set(words) - SIDE and len(reading.evidence) == before):
        _read_name(places, segment, words, reading, alone=len(reading.evidence) == before)


def _read_code(places: Gazetteer, words: Words, reading: Reading) -> Words:
    """Take a code of letters and digits from the start of some words."""
    for length in (2, 1):
        key = "".join(words[:length])
        if len(words) >= length and key in places.codes and not key.isdigit() and not key.isalpha():
            reading.add("code", dict.fromkeys(places.codes[key], float(EXACT)), firm=True)
            return words[length:]
    return words


# --- designations -------------------------------------------------------------------------------


def _read_premises(places: Gazetteer, words: Words, reading: Reading) -> Words:
    for at in range(1, len(words)):
        if not words[at][0].isdigit():
            continue
        for start in range(max(0, at - 4), at):
            found = places.premises.get(" ".join(words[start : at + 1]))
            if found:
                reading.add("premises", dict.fromkeys(found, float(DESIGNATED)), firm=True)
                return words[:start] + words[at + 1 :]
        for start in range(max(0, at - 4), at):
            found = places.blocks.get("".join(words[start:at]))
            if found:  # the block is known, the number in it is not
                reading.doubts.add("unknown_premises")
                reading.add("premises", dict.fromkeys(found, float(BLOCK)))
                return words[:start] + words[at + 1 :]
    for at in range(len(words) - 1):
        if words[at] in _MARKS:
            block = places.blocks.get("".join(words[at + 1 :]), [])
            if block:
                reading.add("premises", dict.fromkeys(block, float(BLOCK)))
            else:
                reading.doubts.add("unknown_premises")
    return words


# --- addresses ----------------------------------------------------------------------------------


def _read_address(places: Gazetteer, segment: str, words: Words, reading: Reading) -> Words:
    kept = without_parts(words)
    for at in range(1, len(kept)):
        number = read_number(kept, at)
        if number is None:
            continue
        street_end = at - 1 if kept[at - 1] in {"nr", "nummer"} and at > 1 else at
        for start in range(max(0, street_end - 4), street_end):
            keys = [key for key in street_keys(kept[start:street_end]) if key in places.streets]
            if keys:
                if start and _tells_apart(places, kept[:start]):
                    reading.doubts.add("other_street")
                    _read_near_street(places, kept, street_end, number[0], reading)
                else:
                    _add_houses(places, segment, keys, number[0], reading)
                return kept[:start] + kept[at + number[1] :]
        near = _read_near_street(places, kept, street_end, number[0], reading)
        if near is not None:
            return kept[:near] + kept[at + number[1] :]
    swapped = _swapped(places, kept)
    if swapped is not None:
        reading.doubts.add("number_first")
        return _read_address(places, segment, swapped, reading)
    return _read_street_only(places, words, reading)


def _swapped(places: Gazetteer, words: Words) -> Words | None:
    """Return words that start with a house number with it behind the street: 12 A Skolgatan."""
    number = read_number(words, 0) if words else None
    if number is None or any(word[0].isdigit() for word in words[number[1] :]):
        return None
    for end in range(len(words), number[1], -1):
        if any(key in places.streets for key in street_keys(words[number[1] : end])):
            return words[number[1] : end] + words[: number[1]] + words[end:]
    return None


def _tells_apart(places: Gazetteer, before: Words) -> bool:
    """Return whether the word before a street may make another street of it."""
    word, part = before[-1], name_words(before)[-1]
    known = word in SIDE or word in places.towns or word in places.codes or word.isdigit()
    return word in TELLING or not (known or part in places.vocabulary or is_kind(part))


def _add_houses(
    places: Gazetteer,
    segment: str,
    keys: Sequence[str],
    number: HouseNumber,
    reading: Reading,
) -> None:
    """Note the entries at a house number of a street that is known."""
    hits: list[tuple[str, int]] = []
    for key in keys:
        found = _at_number(places, key, number)
        if number.last:
            end = places.streets[key].get((number.last, number.letter), [])
            found = [index for index in found if index in end]
        hits += [(places.entries[index].address, index) for index in found]
        for twin in places.twin_streets(key):
            reading.twins.update(_at_number(places, twin, number))
    if not hits:
        reading.doubts.add("unknown_number")
        near = {i: s for key in keys for i, s in _near_numbers(places, key, number).items()}
        reading.add("street_only", near)
        return
    entries = _in_locality(places, segment, prefer_strict(segment, hits))
    reading.add("address", dict.fromkeys(entries, float(ADDRESSED)), firm=True)


def _at_number(places: Gazetteer, key: str, number: HouseNumber) -> list[int]:
    """Return the entries at a number: those of a span only where none has it alone."""
    found = places.streets[key].get((number.first, number.letter), [])
    alone = [index for index in found if (index in places.spans) == bool(number.last)]
    return alone or found


def _in_locality(places: Gazetteer, segment: str, entries: list[int]) -> list[int]:
    """Keep the entries of the locality that is written, where it is written."""
    words = set(split_words(segment))
    there = [i for i in entries if places.entries[i].locality]
    named = [i for i in there if set(split_words(places.entries[i].locality)) <= words]
    return named or entries


def _near_numbers(places: Gazetteer, key: str, number: HouseNumber) -> dict[int, float]:
    """Return the entries nearest to a house number that is not known, same side first."""

    def away(known: tuple[int, str]) -> tuple[float, bool]:
        gap = abs(known[0] - number.first)
        return gap + 0.5 * (gap % 2), known[1] != number.letter

    numbers = sorted(places.streets[key], key=away)[:5]
    return {
        index: float(NEAR_NUMBER - order)
        for order, known in enumerate(numbers)
        for index in places.streets[key][known]
    }


def _read_near_street(
    places: Gazetteer, words: Words, end: int, number: HouseNumber, reading: Reading
) -> int | None:
    """Note the streets that a misspelt one may be; return where its words start."""
    likes: dict[str, tuple[float, int]] = {}
    for start in range(max(0, end - 3), end):
        for key in {"".join(words[start:end]), street_key(words[start:end])}:
            for street, like in places.near_streets(key, _STREET_LIKE):
                likes[street] = max((like, start), likes.get(street, (0.0, start)))
    if not likes:
        if looks_like_street(words[end - 1]):
            reading.doubts.add("unknown_street")
            return end - 1
        return None
    best = max(likes, key=lambda street: likes[street])
    hits: dict[int, float] = {}
    for street, (like, _) in likes.items():
        exact = _at_number(places, street, number)
        near = {i: 0.8 * s * like for i, s in _near_numbers(places, street, number).items()}
        _merge(hits, near)
        _merge(hits, dict.fromkeys(exact, 90 * like))
        if street == best and not exact:
            reading.doubts.add("unknown_number")
    reading.add("address", hits)
    return likes[best][1]


def _read_street_only(places: Gazetteer, words: Words, reading: Reading) -> Words:
    """Note a street without a number: the middle of it, never firm."""
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - 4), end):
            key = street_key(words[start:end])
            if key in places.streets and (end - start > 1 or looks_like_street(words[start])):
                numbers = sorted(places.streets[key])
                middle = HouseNumber(numbers[len(numbers) // 2][0])
                near = _near_numbers(places, key, middle)
                reading.doubts.add("street_only")
                low = {i: s + STREET_ONLY - NEAR_NUMBER for i, s in near.items()}
                reading.add("street_only", low)
                return words[:start] + words[end:]
    return words


# --- names --------------------------------------------------------------------------------------


def _read_name(
    places: Gazetteer, segment: str, words: Words, reading: Reading, *, alone: bool
) -> None:
    """Note what a name may mean; `alone` where nothing else of its segment was understood."""
    every, kept = name_words(words), name_words(without_parts(words))
    wanted = frozenset(kept) - SIDE - VAGUE
    names = _largest(places.names_within(frozenset(every)))
    extra = wanted - frozenset(word for name in names for word in name.words) - places.towns
    if names and not extra:
        entries = prefer_strict(segment, [(name.text, name.entry) for name in names])
        for name in names:
            reading.twins.update(places.twins(name))
        is_alias = all(name.is_alias for name in names)
        how, score = ("alias", ALIAS) if is_alias else ("name", EXACT)
        ranks = {i: score - _AREA_LESS * (places.entries[i].kind == "area") for i in entries}
        reading.add(how, ranks, firm=True)
        return
    hits = {name.entry: max(WITH_MORE - 4.0 * len(extra), 60.0) for name in names}
    if names:
        reading.doubts.add("other_words")
    _merge(hits, _by_stem(places, wanted))
    _merge(hits, _corrected(places, wanted))
    _merge(hits, _of_kind(places, wanted))
    for name, like in places.near_names("".join(w for w in kept if w in wanted), _LIKE):
        _merge(hits, {name.entry: 88 * like})
    best = dict(sorted(hits.items(), key=lambda one: -one[1])[:8])
    reading.add("name", best)
    if not best or max(best.values()) < STEM:
        _note_unknown(places, wanted, reading, alone=alone)
        if not alone and not is_beside(words, wanted - places.towns):
            reading.doubts.add("other_words")  # a town, another place: not that which was read


def _merge(hits: dict[int, float], more: dict[int, float]) -> None:
    for index, score in more.items():
        hits[index] = max(score, hits.get(index, 0.0))


def _largest(names: Iterable[Name]) -> list[Name]:
    found = list(names)
    most = max((len(name.words) for name in found), default=0)
    return [name for name in found if len(name.words) == most]


def _by_stem(places: Gazetteer, wanted: frozenset[str]) -> dict[int, float]:
    """Return the entries whose name is there but for its kind, or with another kind."""
    kinds = {word for word in wanted if is_kind(word)}
    hits: dict[int, float] = {}
    for name in places.stems_within(wanted):
        more = len(wanted - name.words - kinds - places.towns)
        score = (OTHER_KIND if kinds - name.words else STEM) - 3.0 * more
        _merge(hits, {name.entry: score})
    return hits


def _of_kind(places: Gazetteer, wanted: frozenset[str]) -> dict[int, float]:
    """Return the few entries of a kind where nothing but the kind is written."""
    if not wanted or not all(is_kind(word) for word in wanted):
        return {}
    found = {name.entry for name in places.names if wanted <= name.words}
    return dict.fromkeys(found, float(OTHER_KIND)) if len(found) <= _FEW else {}


def _corrected(places: Gazetteer, wanted: frozenset[str]) -> dict[int, float]:
    """Return the entries that are named when misspelt words are put right."""
    words: set[str] = set()
    for word in wanted:
        known = word in places.vocabulary or len(word) < 4 or word.isdigit()
        words.update([word] if known else (places.near_words(word) or [word]))
    if words == wanted:
        return {}
    names = _largest(places.names_within(frozenset(name_words(tuple(words))) | words))
    return {name.entry: float(CORRECTED) for name in names}


def _note_unknown(
    places: Gazetteer, wanted: frozenset[str], reading: Reading, *, alone: bool
) -> None:
    unknown = wanted - places.towns
    reading.unknown |= unknown
    if alone and any(is_kind(w) or w in TELLING or w[0].isdigit() for w in unknown):
        reading.doubts.add("other_words")
