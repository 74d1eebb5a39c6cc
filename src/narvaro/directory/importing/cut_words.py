"""Fixed words as people cut them short. In: word as written → code. Out: a cell parser."""

from collections.abc import Callable, Mapping

from narvaro.core import cells
from narvaro.core.cells import CellError


def abbreviated(known: Mapping[str, str]) -> Callable[[str], str]:
    """Make a parser of words that also reads them cut short: `obef.`, `tekn. fel`.

    A cut word counts only where all words that it may stand for mean the same.
    """
    whole = cells.one_of(known)

    def parse(cell: str) -> str:
        try:
            return whole(cell)
        except CellError:
            meant = {
                code for word, code in known.items() if "." in cell and _stands_for(cell, word)
            }
            if len(meant) == 1:
                return meant.pop()
            raise

    return parse


def _stands_for(cell: str, word: str) -> bool:
    """Return whether each part of a cut text begins the same part of a word."""
    parts, whole = cell.casefold().replace(".", ". ").split(), word.casefold().split()
    return len(parts) <= len(whole) and all(
        full.startswith(part[:-1]) if part.endswith(".") else full == part
        for part, full in zip(parts, whole, strict=False)
    )
