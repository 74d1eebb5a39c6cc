"""What places there are: entries come in; look-ups by code, name, premises, street and number.

Everything is looked up by folded words (`words`); how near a misspelling is, by edit distance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from math import cos, hypot, radians

from rapidfuzz import process
from rapidfuzz.distance import OSA

from narvaro.core.geo import METRES_PER_DEGREE
from narvaro.core.placing.streets import HouseNumber, read_number, street_key
from narvaro.core.placing.words import fold, is_kind, mend, name_words, split_words, strict_words

SAME_PLACE_M = 150.0
SAME_THING_M = 300.0
RANKS = {"site": 0, "area": 1, "address": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """A place: `kind` is site, area or address; degrees (WGS 84) where they are known."""

    id: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    code: str = ""
    premises: str = ""
    address: str = ""
    locality: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """One of an entry's names as words; `stem` are those that name no kind of place."""

    entry: int
    text: str
    words: frozenset[str]
    stem: frozenset[str]
    joined: str
    is_alias: bool


class Gazetteer:
    """The places of a municipality. Make one with `build`; it does not change."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.names: list[Name] = []
        self.towns: frozenset[str] = frozenset()
        self.codes: dict[str, list[int]] = defaultdict(list)
        self.premises: dict[str, list[int]] = defaultdict(list)
        self.blocks: dict[str, list[int]] = defaultdict(list)
        self.streets: dict[str, dict[tuple[int, str], list[int]]] = {}
        self.spans: set[int] = set()  # entries whose address is a span of numbers
        self.vocabulary: dict[str, int] = {}
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._joined: list[str] = []
        self._street_keys: list[str] = []
        self._written: set[tuple[str, str]] = set()
        self._spellings: list[str] = []
        self._spelt: list[str] = []
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._twins: dict[tuple[int, str], tuple[int, ...]] = {}
        self._twin_streets: dict[str, list[str]] = {}
        self.bounds: tuple[float, float, float, float] | None = None

    @classmethod
    def build(cls, entries: Iterable[Entry], towns: Iterable[str] = ()) -> "Gazetteer":
        """Build it; `towns` are names of the localities, which say little of a place.

        A site without coordinates takes those of its address. An area that stands for a site (same
        name, close by) is left out, and so is an address that is there already.
        """
        made = cls()
        given = sorted(entries, key=lambda one: -RANKS[one.kind])  # addresses first, then sites
        made.towns = frozenset(word for town in towns for word in split_words(town))
        made.towns |= _common_towns(given)
        for entry in given:
            made._add(entry)
        made._index_names()
        made._street_keys = list(made.streets)
        spelt = {(key, key) for key in made.streets} | made._written
        made._spellings, made._spelt = (
            map(list, zip(*sorted(spelt), strict=True)) if spelt else ([], [])
        )
        made._find_bounds()
        return made

    # --- look-ups ---

    def distance_m(self, one: int, other: int) -> float | None:
        """Return the metres between two entries, or None where one has no coordinates."""
        a, b = self.entries[one], self.entries[other]
        if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
            return None
        return metres_between((a.lat, a.lon), (b.lat, b.lon))

    def is_same_place(self, one: int, other: int, within_m: float = SAME_PLACE_M) -> bool:
        """Return whether two entries stand for one place."""
        if one == other:
            return True
        distance = self.distance_m(one, other)
        return distance is not None and distance <= within_m

    def names_within(self, words: frozenset[str]) -> Iterator[Name]:
        """Yield the names all of whose words are among some words."""
        for word in words:
            for index in self._by_word.get(word, ()):
                if self.names[index].words <= words:
                    yield self.names[index]

    def stems_within(self, words: frozenset[str]) -> Iterator[Name]:
        """Yield the names whose words other than their kind are among some words."""
        for word in words:
            for index in self._by_stem.get(word, ()):
                if self.names[index].stem <= words:
                    yield self.names[index]

    def near_names(self, joined: str, cutoff: float) -> list[tuple[Name, float]]:
        """Return names that are spelled much as some joined words, with a likeness up to 1."""
        found = process.extract(
            joined, self._joined, scorer=OSA.normalized_similarity, score_cutoff=cutoff, limit=8
        )
        return [(self.names[index], score) for _, score, index in found]

    def near_streets(self, key: str, cutoff: float) -> list[tuple[str, float]]:
        """Return keys of streets that are spelled much as one, with a likeness up to 1."""
        found = process.extract(
            key, self._spellings, scorer=OSA.normalized_similarity, score_cutoff=cutoff, limit=6
        )
        best: dict[str, float] = {}
        for _, score, index in found:
            street = self._spelt[index]
            best[street] = max(score, best.get(street, 0.0))
        return list(best.items())

    def near_words(self, word: str) -> list[str]:
        """Return known words of names one or, for long ones, two slips of the pen away."""
        slips = 1 if len(word) < 8 else 2
        found = process.extract(
            word, self.vocabulary.keys(), scorer=OSA.distance, score_cutoff=slips, limit=3
        )
        return [near for near, _, _ in found]

    def twins(self, name: Name) -> tuple[int, ...]:
        """Return other entries whose name one slip of the pen may turn into this one."""
        key = name.entry, name.joined
        if key not in self._twins:
            found = process.extract(
                name.joined, self._joined, scorer=OSA.distance, score_cutoff=1, limit=None
            )
            others = {self.names[index].entry for _, _, index in found} - {name.entry}
            self._twins[key] = tuple(sorted(others))
        return self._twins[key]

    def twin_streets(self, key: str) -> list[str]:
        """Return the streets whose name one slip of the pen may turn into this one."""
        if key not in self._twin_streets:
            found = process.extract(
                key, self._street_keys, scorer=OSA.distance, score_cutoff=1, limit=None
            )
            self._twin_streets[key] = [street for street, slips, _ in found if slips]
        return self._twin_streets[key]

    def near_sites(self, at: tuple[float, float], within_m: float = SAME_PLACE_M) -> list[int]:
        """Return the sites and areas close to a position, nearest first."""
        row, column = _cell(*at)
        close = [
            (metres_between(at, (entry.lat, entry.lon)), index)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            for index in self._cells.get((row + down, column + right), ())
            if (entry := self.entries[index]).lat is not None and entry.lon is not None
        ]
        return [index for metres, index in sorted(close) if metres <= within_m]

    # --- building ---

    def _add(self, entry: Entry) -> None:
        houses = list(_read_address(entry.address)) if entry.address else []
        numbers = [
            self.streets.setdefault(key, {}).setdefault((number, house.letter), [])
            for key, _, house in houses
            for number in house.spanned()
        ]
        self._written.update((written, key) for key, written, _ in houses)
        at_numbers = [index for entries in numbers for index in entries if index not in self.spans]
        is_span = any(house.last for _, _, house in houses)
        repeats = any(self._repeats(entry, index) for index in at_numbers)
        if entry.kind == "address" and repeats and not is_span:
            return
        if entry.lat is None:
            known = [self.entries[index] for index in at_numbers]
            located = [one for one in known if one.lat is not None]
            if len({one.locality for one in located}) == 1:
                entry = replace(entry, lat=located[0].lat, lon=located[0].lon)
        index = len(self.entries)
        self.entries.append(entry)
        if is_span:
            self.spans.add(index)
        for entries in numbers:
            entries.append(index)
        if entry.code:
            self.codes[code_key(entry.code)].append(index)
        self._add_premises(entry, index)
        if entry.kind != "address" and entry.lat is not None and entry.lon is not None:
            self._cells[_cell(entry.lat, entry.lon)].append(index)
        for text in (entry.name, *entry.aliases):
            words = name_words(split_words(text))
            if words:
                stem = frozenset(word for word in words if not is_kind(word)) or frozenset(words)
                joined = "".join(words)
                is_alias = text is not entry.name
                self.names.append(Name(index, text, frozenset(words), stem, joined, is_alias))

    def _repeats(self, entry: Entry, index: int) -> bool:
        other = self.entries[index]
        if other.kind != "address" or entry.lat is None or other.lat is None:
            return other.kind == "address" and entry.lat is None
        assert entry.lon is not None
        assert other.lon is not None
        return metres_between((entry.lat, entry.lon), (other.lat, other.lon)) <= SAME_PLACE_M

    def _add_premises(self, entry: Entry, index: int) -> None:
        for one in entry.premises.replace(";", ",").split(","):
            words = [word for word in split_words(one) if word not in _PREMISES_WORDS]
            if len(words) >= 2 and words[-1][0].isdigit():
                for start in range(len(words) - 1):
                    if start and not self.towns >= set(words[:start]):
                        break
                    self.premises[" ".join(words[start:])].append(index)
                    self.blocks["".join(words[start:-1])].append(index)

    def _index_names(self) -> None:
        """Index each name by its rarest word; leave out areas that stand for a site."""
        sites = defaultdict(list)
        for name in self.names:
            if self.entries[name.entry].kind == "site":
                sites[name.words].append(name.entry)
        self.names = [
            name
            for name in self.names
            if self.entries[name.entry].kind == "site"
            or not any(
                self.is_same_place(name.entry, site, SAME_THING_M) for site in sites[name.words]
            )
        ]
        seen: dict[str, int] = defaultdict(int)
        for name in self.names:
            for word in name.words:
                seen[word] += 1
        self.vocabulary = {word: times for word, times in seen.items() if len(word) >= 4}
        for index, name in zip(count(), self.names, strict=False):
            self._by_word[min(name.words, key=lambda word: (seen[word], word))].append(index)
            self._by_stem[min(name.stem, key=lambda word: (seen[word], word))].append(index)
        self._joined = [name.joined for name in self.names]

    def _find_bounds(self) -> None:
        lats = [entry.lat for entry in self.entries if entry.lat is not None]
        lons = [entry.lon for entry in self.entries if entry.lon is not None]
        if lats and lons:
            self.bounds = min(lats), min(lons), max(lats), max(lons)


_PREMISES_WORDS = frozenset({"kv", "kvarteret", "fastighet", "fastigheten", "fast"})
_CELL_DEGREES = 0.003


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return int(lat // _CELL_DEGREES), int(lon // (2 * _CELL_DEGREES))


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return metres on a plane between two positions in degrees."""
    across = (other[1] - one[1]) * cos(radians((one[0] + other[0]) / 2))
    return METRES_PER_DEGREE * hypot(other[0] - one[0], across)


def code_key(code: str) -> str:
    """Return what the ways to write one code have in common."""
    return "".join(split_words(code.replace("-", " ").replace(".", " "))) or fold(code)


def _common_towns(entries: Iterable[Entry]) -> frozenset[str]:
    """Return localities that are named, and words that stand before many designations."""
    towns = {word for one in entries if one.locality for word in split_words(one.locality)}
    before: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        words = [word for word in split_words(entry.premises) if word not in _PREMISES_WORDS]
        if len(words) >= 3:
            before[words[0]].add(words[1])
    return frozenset(towns | {word for word, blocks in before.items() if len(blocks) >= 3})


def _read_address(address: str) -> Iterator[tuple[str, str, HouseNumber]]:
    """Yield each street's key, its joined words and number of an entry's own address."""
    for one in mend(address).replace(";", ",").split(","):
        words = split_words(one)
        for at in range(1, len(words)):
            found = read_number(words, at)
            if found is not None and not any(word[0].isdigit() for word in words[:at]):
                yield street_key(words[:at]), "".join(words[:at]), found[0]
                break


def prefer_strict(written: str, names: Iterable[tuple[str, int]]) -> list[int]:
    """Return the entries whose text keeps the very accents that are written, or else all.

    A text without any accents may have lost them: it tells nothing.
    """
    names = list(names)
    words = strict_words(written) if not written.isascii() else frozenset()
    same = [entry for text, entry in names if strict_words(text) <= words]
    return list(dict.fromkeys(same or [entry for _, entry in names]))
