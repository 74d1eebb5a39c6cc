"""Where a row belongs: its texts and the known places come in, a placing goes out.

A placing is `sure` only where exact evidence points to one place, and nothing that is written
points elsewhere. Everything else is put up for confirmation, with the best candidates first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from narvaro.core.placing.coordinates import find_coordinates
from narvaro.core.placing.evidence import Evidence, Reading, read_texts
from narvaro.core.placing.gazetteer import RANKS, Entry, Gazetteer, metres_between
from narvaro.core.placing.words import fold

MOST = 5
WORTH_SHOWING, LIKELY = 45.0, 75.0
_TELLING_APART, _STRONG = 15.0, 80.0
_CONTRADICTS_M = 500.0
_MARGIN_DEGREES = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant, how it was recognised, and a score up to 100."""

    entry: Entry
    how: str
    score: float


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a row belongs.

    `how` is coordinate, code, name, alias, premises, address, street_only or none. Where it is
    not `sure`, `why` says what stands against it: contradiction, several, misspelt, twin,
    unknown_number, unknown_street, unknown_premises, number_first, other_street, other_town,
    other_words, other_name, vague, street_only, outside or nothing. `lat` and `lon` are those of the best candidate, or the
    coordinates that were written.
    """

    how: str
    sure: bool
    candidates: tuple[Candidate, ...] = ()
    lat: float | None = None
    lon: float | None = None
    why: str = ""

    @property
    def entry(self) -> Entry | None:
        """The best candidate."""
        return self.candidates[0].entry if self.candidates else None

    @property
    def is_likely(self) -> bool:
        """Whether a name, an address or a code itself points to the best candidate.

        Not where it only shares its first word or its street with what is written.
        """
        return bool(self.candidates) and self.candidates[0].score >= LIKELY


_NOWHERE = Placing("none", sure=False, why="nothing")


@dataclass(slots=True)
class Memory:
    """Placings of texts that were read before: the same texts give the same placing."""

    known: dict[tuple[str, ...], Placing] = field(default_factory=dict)
    most: int = 500_000


def place(
    places: Gazetteer,
    texts: Iterable[str],
    at: tuple[float, float] | None = None,
    memory: Memory | None = None,
) -> Placing:
    """Return where a row belongs by the texts that name its place, in any order.

    `at` is the row's own (lat, lon) where it has columns for them. With a `memory`, texts that
    repeat are read once.
    """
    given = tuple(text.strip() for text in texts if text and text.strip())
    if memory is None or at is not None:
        return _place(places, given, at)
    found = memory.known.get(given)
    if found is None:
        found = _place(places, given, None)
        if len(memory.known) < memory.most:
            memory.known[given] = found
    return found


def _place(places: Gazetteer, texts: tuple[str, ...], at: tuple[float, float] | None) -> Placing:
    words: list[str] = []
    for text in texts:
        found = find_coordinates(text) if any(map(str.isdigit, text)) else None
        if found is None:
            words.append(text)
        elif at is None:
            at = found
    if at is None and len(words) > 1:
        at = find_coordinates(" ".join(words)) if all(_is_bare(one) for one in words) else None
        words = [] if at else words
    reading = read_texts(places, words)
    if at is not None:
        return _at_coordinates(places, at, reading)
    return _decide(places, reading)


def _is_bare(text: str) -> bool:
    return not any(map(str.isalpha, fold(text))) and any(map(str.isdigit, text))


# --- by what is written -------------------------------------------------------------------------


def _decide(places: Gazetteer, reading: Reading) -> Placing:
    ranked = _rank(places, reading.evidence)
    if not ranked or ranked[0][1] < WORTH_SHOWING:
        return _NOWHERE
    top = ranked[0][0]
    why = _doubt(places, top, reading)
    candidates = tuple(
        Candidate(places.entries[index], _how(reading.evidence, index), round(score, 1))
        for index, score in _shown(places, ranked)
        if score >= WORTH_SHOWING
    )
    entry = places.entries[top]
    return Placing(candidates[0].how, not why, candidates, entry.lat, entry.lon, why)


def _support(places: Gazetteer, index: int, evidence: Evidence) -> float:
    """Return how much an evidence speaks for an entry: for itself, or for an address at its place.

    Two sites side by side are two; an address where another site stands speaks for that one.
    """
    direct = evidence.hits.get(index, 0.0)
    kind = places.entries[index].kind
    if kind == "site" and any(places.entries[hit].kind == "site" for hit in evidence.hits):
        return direct
    near = [
        score
        for hit, score in evidence.hits.items()
        if score > direct and places.entries[hit].kind != kind and places.is_same_place(hit, index)
    ]
    return max(direct, 0.95 * max(near, default=0.0))


def _rank(places: Gazetteer, evidence: list[Evidence]) -> list[tuple[int, float]]:
    """Return the entries with their scores, those that most evidence speaks for first."""
    found = {index for one in evidence for index in one.hits}
    weighed = []
    for index in found:
        supports = [_support(places, index, one) for one in evidence]
        firm = sum(one.firm and index in one.hits for one in evidence)
        rank = RANKS[places.entries[index].kind]
        weighed.append((-firm, -sum(supports), rank, -max(supports), index))
    return [(index, -score) for *_, score, index in sorted(weighed)]


def _shown(places: Gazetteer, ranked: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the first few, without addresses that stand for a place already shown."""
    shown: list[tuple[int, float]] = []
    for index, score in ranked:
        entry = places.entries[index]
        twice = entry.kind == "address" and any(
            places.entries[other].address == entry.address for other, _ in shown
        )
        if not twice:
            shown.append((index, score))
        if len(shown) == MOST:
            break
    return shown


_HOWS = ("code", "name", "alias", "premises", "address", "street_only")


def _how(evidence: list[Evidence], index: int) -> str:
    own = [(not one.firm, _HOWS.index(one.how), one.how) for one in evidence if index in one.hits]
    return min(own)[2] if own else "address"


def _doubt(places: Gazetteer, top: int, reading: Reading) -> str:
    """Return what stands against taking the best candidate, or nothing."""
    firm = [one for one in reading.evidence if one.firm]
    spoken = [_support(places, top, one) for one in reading.evidence]
    doubts = (
        (_is_contradicted(places, top, reading.evidence), "contradiction"),
        (bool(reading.doubts), min(reading.doubts, default="")),
        (not firm, "misspelt"),
        (bool(firm) and _has_rival(places, top, reading.evidence), "several"),
        (sum(one >= _STRONG for one in spoken) < 2 and bool(reading.twins - {top}), "twin"),
        (_has_other_name(places, top, reading), "other_name"),
    )
    return next((why for holds, why in doubts if holds), "")


def _is_contradicted(places: Gazetteer, top: int, evidence: list[Evidence]) -> bool:
    """Return whether something points strongly elsewhere, or exactly to a site beside this."""
    if any(
        not _support(places, top, one) and (one.firm or max(one.hits.values()) >= _STRONG)
        for one in evidence
    ):
        return True
    return places.entries[top].kind == "address" and any(
        one.firm and any(places.entries[hit].kind == "site" for hit in one.hits) for one in evidence
    )


def _has_rival(places: Gazetteer, top: int, evidence: list[Evidence]) -> bool:
    """Return whether another entry is meant as well by all firm evidence."""
    mine = places.entries[top]
    for index in set.intersection(*(set(one.hits) for one in evidence if one.firm)) - {top}:
        other = places.entries[index]
        if other.kind == "address" and (mine.kind != "address" or places.is_same_place(index, top)):
            continue
        if not any(
            one.hits.get(top, 0.0) - one.hits.get(index, 0.0) >= _TELLING_APART
            and one.hits.get(top, 0.0) >= _STRONG
            for one in evidence
            if not one.firm
        ):
            return True
    return False


def _has_other_name(places: Gazetteer, top: int, reading: Reading) -> bool:
    """Return whether a site is known by its address alone, beside a name that is unknown."""
    if places.entries[top].kind != "site" or not reading.unknown:
        return False
    return not any(one.how != "address" and _support(places, top, one) for one in reading.evidence)


# --- by coordinates -----------------------------------------------------------------------------


def _at_coordinates(places: Gazetteer, at: tuple[float, float], reading: Reading) -> Placing:
    """Place a row by its coordinates; what is named beside them must not be far away."""
    named = _decide(places, reading) if reading.evidence else _NOWHERE
    near = [
        Candidate(places.entries[index], "coordinate", round(100 - order, 1))
        for order, index in enumerate(places.near_sites(at)[:MOST])
    ]
    why = "" if _is_inside(places, at) else "outside"
    entry = named.entry
    if entry is not None and named.sure:
        near = [named.candidates[0], *(one for one in near if one.entry.id != entry.id)]
        if entry.lat is not None and entry.lon is not None:
            apart = metres_between(at, (entry.lat, entry.lon))
            why = why or ("contradiction" if apart > _CONTRADICTS_M else "")
    return Placing("coordinate", not why, tuple(near[:MOST]), *at, why=why)


def _is_inside(places: Gazetteer, at: tuple[float, float]) -> bool:
    if places.bounds is None:
        return True
    south, west, north, east = places.bounds
    margin = _MARGIN_DEGREES
    return south - margin <= at[0] <= north + margin and west - margin <= at[1] <= east + margin
