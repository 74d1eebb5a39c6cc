"""Fixed words as people write them. In: word as written → code. Out: a cell parser, a guess to confirm."""

import re
from collections.abc import Mapping

from narvaro.core import cells
from narvaro.core.cells import CellError
from narvaro.core.wording import mask


class FixedWords:
    """A parser of fixed words that also reads them cut short: `obef.`, `tekn. fel`.

    A word that holds a number of a person is asked about masked, and so explained: it is looked up
    masked too. A cut word counts only where all words that it may stand for mean the same. Words of no meaning
    (code "") count only where there are no others.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self._whole = cells.one_of(known)

    def __call__(self, cell: str) -> str:
        """Return the code of a cell; raises CellError for a word that is not known."""
        try:
            return self._read_whole(cell)
        except CellError:
            if "." not in cell:
                raise
            meant = {code for word, code in self.known.items() if _stands_for(cell, word)}
            if len(meant) == 2:
                meant.discard("")
            if len(meant) != 1:
                raise
            return meant.pop()

    def _read_whole(self, cell: str) -> str:
        try:
            return self._whole(cell)
        except CellError:
            masked = mask(cell)
            if not masked.masked:
                raise
            return self._whole(masked.text)

    def likely(self, cell: str) -> str:
        """Return the code to which the known words in a text point: all of them, the first word too.

        "" where they point to several, or where an unknown word comes first: it may turn the meaning.
        """
        said = _parts(cell)
        found = {word: code for word, code in self.known.items() if code and _stands_in(said, word)}
        begins = any(said[: len(_parts(word))] == _parts(word) for word in found)
        meant = {*found.values()}
        return meant.pop() if begins and len(meant) == 1 else ""


def _stands_for(cell: str, word: str) -> bool:
    """Return whether each part of a cut text begins the same part of a word."""
    parts, whole = cell.casefold().replace(".", ". ").split(), word.casefold().split()
    return len(parts) <= len(whole) and all(
        full.startswith(part[:-1]) if part.endswith(".") else full == part
        for part, full in zip(parts, whole, strict=False)
    )


def _parts(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _stands_in(said: list[str], word: str) -> bool:
    """Return whether a word's parts stand in a text, one after the other."""
    parts = _parts(word)
    starts = range(len(said) - len(parts) + 1)
    return bool(parts) and any(said[at : at + len(parts)] == parts for at in starts)
