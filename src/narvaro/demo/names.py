"""Names for streets, blocks and premises: word lists in, no name twice in the town."""

from random import Random
from typing import Any

from narvaro.demo.lattice import Cell, Edge, Lattice


class Names:
    """Hands out names from words.toml, each once."""

    def __init__(self, words: dict[str, Any], taken: set[str], rng: Random) -> None:
        """Start with the names that main roads have already taken."""
        self._words, self._taken, self._rng = words, set(taken), rng
        self._decks: dict[str, list[str]] = {}
        self._premises: dict[str, int] = {}
        self._parks: set[str] = set()

    def street(self, theme: str) -> str:
        """Give a street name of the theme that nobody has yet."""
        if theme not in self._decks:
            self._decks[theme] = self._shuffled(theme)
        deck = self._decks[theme]
        while deck:
            name = deck.pop()
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise ValueError(f"the theme {theme!r} of words.toml has no street name left; add words")

    def _shuffled(self, theme: str) -> list[str]:
        """List the theme's names, the one to take first last: plain ones, later with Lilla, Övre …"""
        out: list[str] = []
        for before in ["", *self._words["before"]]:
            for k in range(len(self._words["suffixes"])):
                words = list(self._words["theme"][theme]["words"])
                self._rng.shuffle(words)
                for n, word in enumerate(words):
                    suffix = self._words["suffixes"][(k + n) % len(self._words["suffixes"])]
                    out.append(before + (word.lower() if before else word) + suffix)
        return out[::-1]

    def site(self, theme: str, kind: str, title: str) -> tuple[str, str]:
        """Give a site its property designation and, where it has no title of its own, its name."""
        blocks = self._words["theme"][theme]["blocks"]
        used = self._premises.get(theme, 0)
        self._premises[theme] = used + 1
        block, number = blocks[used % len(blocks)], 1 + used // len(blocks)
        name = block + {"school": " skola", "preschool": " förskola"}.get(kind, "")
        return f"{block} {number}", title or (name if number == 1 else f"{name} {number}")

    def park(self, theme: str) -> str:
        """Give a park a name of the theme that no other park has."""
        words = self._words["theme"][theme]["words"]
        names = [_joined(w, what) for what in self._words["parks"] for w in words]
        name = next((n for n in names if n not in self._parks), None)
        if name is None:
            raise ValueError(f"the theme {theme!r} of words.toml has no park left; add words")
        self._parks.add(name)
        return name


def _joined(word: str, what: str) -> str:
    """Write two words as one; Swedish never writes a consonant three times."""
    return (word[:-1] if word.endswith(2 * what[0]) else word) + what


def name_streets(lattice: Lattice, names: Names) -> dict[Edge, str]:
    """Name each straight run of lattice edges; a run is one street."""
    out: dict[Edge, str] = {}
    for edge in sorted(lattice.edges):
        if edge in out:
            continue
        name = names.street(lattice.district.theme)
        step = (edge[1][0] - edge[0][0], edge[1][1] - edge[0][1])
        here: Edge | None = edge
        while here is not None and here in lattice.edges:
            out[here] = name
            here = _next(here, step)
    return out


def _next(edge: Edge, step: Cell) -> Edge:
    (_, (i, j)) = edge
    return (i, j), (i + step[0], j + step[1])
