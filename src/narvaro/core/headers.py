"""Headers in ugly sheets: a sheet and the kinds of table it may be come in; where the table is out.

Titles and notes stand above a header, which may take two lines; totals and notes stand below. What
is passed over is told with its line and why; a row that might be data is never passed over.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from narvaro.core.delimited import Record
from narvaro.core.sheets import Sheet
from narvaro.core.table_spec import TableSpec, clean_header, header_key, header_keys

LINES_SEARCHED = 60
_ROWS_WEIGHED = 1000
_TOTAL_WORD = (
    r"(?:del|slut)?summa(?:\s+totalt)?|sammanlagt|s:a|totalt|totalsumma|total|tot|sum|summering"
    r"|grand total|subtotal|genomsnitt|medelvärde|medeltal|medel|snitt|average|antal"
)
_TOTAL = re.compile(rf"(?:{_TOTAL_WORD})\b", re.IGNORECASE)
_TOTAL_ALONE = re.compile(
    rf"(?:{_TOTAL_WORD})\.?(?:\s+\d{{4}})?(?:\s*\([^)]*\))?\s*[:=]?", re.IGNORECASE
)
_NUMERIC = re.compile(
    r"[-+\u2212]?[\d\s.,:\u00a0\u202f]+\s*(?:%|kr|sek|tkr|st|h|tim|min|:-)?\.?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Passed:
    """A line that is no data: `code` is title, note, heading, total or header_again."""

    line: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """Where a table stands in a sheet.

    `spec` is the kind that fits best (None where no header is known) and `score` how well, 0 to 1;
    `ranked` holds every kind with its score, best first. `lines` are the header's own, `passed`
    what else is no data, `last_line` the last line of data (0 where there is none).
    """

    lines: tuple[int, ...]
    headers: tuple[str, ...]
    spec: TableSpec | None
    score: float
    ranked: tuple[tuple[str, float], ...]
    passed: tuple[Passed, ...]
    last_line: int

    @property
    def skipped(self) -> frozenset[int]:
        """Lines that are not rows of the table."""
        return frozenset({one.line for one in self.passed} | set(self.lines))


@dataclass(frozen=True, slots=True)
class _Guess:
    index: int
    lines: int
    headers: tuple[str, ...]
    known: frozenset[str]


def find_header(
    sheet: Sheet, specs: Sequence[TableSpec], mapping: Mapping[str, str] | None = None
) -> Header | None:
    """Return the header of a sheet, or None where no line looks like one.

    `mapping` holds headers as written that count as known, whatever the kind.
    """
    rows = sheet.rows[:LINES_SEARCHED]
    best: _Guess | None = None
    scores: dict[str, float] = {}
    chosen: TableSpec | None = None
    for spec in specs:
        guess = _best_guess(rows, spec, mapping or {})
        if guess is None:
            continue
        scores[spec.kind] = score = _score(guess, spec)
        if best is None or chosen is None or score > scores[chosen.kind]:
            best, chosen = guess, spec
    best = best or _unknown_guess(sheet.rows)
    if best is None:
        return None
    end = best.index + best.lines
    above = tuple(Passed(line, "title", _shown(cells)) for line, cells in sheet.rows[: best.index])
    below, last_line = _weigh(sheet.rows[end:], best.headers)
    return Header(
        lines=tuple(line for line, _ in sheet.rows[best.index : end]),
        headers=best.headers,
        spec=chosen,
        score=scores[chosen.kind] if chosen else 0.0,
        ranked=tuple(sorted(scores.items(), key=lambda one: -one[1])),
        passed=above + below,
        last_line=last_line,
    )


def _shown(cells: Sequence[str]) -> str:
    return " · ".join(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))[:120]


def _filled(cells: Sequence[str]) -> list[str]:
    return [stripped for cell in cells if (stripped := cell.strip())]


def _names(spec: TableSpec, mapping: Mapping[str, str]) -> dict[str, str]:
    return spec.keys() | {header_key(header): name for header, name in mapping.items()}


def _find_name(header: str, names: Mapping[str, str]) -> str | None:
    return next((names[key] for key in header_keys(header) if key in names), None)


def _best_guess(
    rows: Sequence[Record], spec: TableSpec, mapping: Mapping[str, str]
) -> _Guess | None:
    """Return the line, or pair of lines, in which most of a kind's headers stand."""
    names = _names(spec, mapping)
    found: list[_Guess] = []
    for index, (_, cells) in enumerate(rows):
        headers = tuple(map(clean_header, cells))
        known = frozenset(filter(None, (_find_name(one, names) for one in headers if one)))
        found.append(_Guess(index, 1, headers, known))
    singles = list(found)
    for upper, lower in pairwise(singles):
        headers = _joined(upper.headers, lower.headers, names)
        known = frozenset(filter(None, (_find_name(one, names) for one in headers if one)))
        if len(known) > max(len(upper.known), len(lower.known)):
            found.append(_Guess(upper.index, 2, headers, known))
    best = max(found, key=lambda one: (len(one.known), -one.lines, -one.index), default=None)
    if best is None or not best.known:
        return None
    enough = len(best.known) >= 2 or len(set(_filled(best.headers))) <= 2
    return best if enough else None


def _joined(
    upper: Sequence[str], lower: Sequence[str], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return each column's header of two lines: the lower, both, or the upper, as is known."""
    width = max(len(upper), len(lower))
    pairs = zip(
        [*upper, *[""] * (width - len(upper))], [*lower, *[""] * (width - len(lower))], strict=True
    )
    joined = []
    for above, below in pairs:
        both = f"{above} {below}".strip() if above != below else below
        options = [both, below, above] if below else [above]
        joined.append(next((one for one in options if _find_name(one, names)), both))
    return tuple(joined)


def _score(guess: _Guess, spec: TableSpec) -> float:
    """Return how well a line fits a kind: known of all headers, and required ones that are there."""
    required = [column.name for column in spec.columns if column.required]
    there = sum(name in guess.known for name in required) / len(required) if required else 1.0
    headers = len(_filled(guess.headers))
    return round(0.6 * len(guess.known) / max(headers, len(guess.known)) + 0.4 * there, 4)


def _unknown_guess(rows: Sequence[Record]) -> _Guess | None:
    """Return the first line that looks like headers of the lines below it."""
    for index, (_, cells) in enumerate(rows[:LINES_SEARCHED]):
        filled = _filled(cells)
        below = [len(_filled(other)) for _, other in rows[index + 1 : index + 21]]
        typical = median(below) if below else 0
        if (
            len(set(filled)) >= 2
            and len(filled) >= 0.6 * typical
            and len(set(filled)) > len(filled) / 2
            and not any(_NUMERIC.fullmatch(cell) for cell in filled)
        ):
            return _Guess(index, 1, tuple(map(clean_header, cells)), frozenset())
    return None


# --- below the header ---------------------------------------------------------------------------


def _weigh(rows: Sequence[Record], headers: Sequence[str]) -> tuple[tuple[Passed, ...], int]:
    """Return the lines that are no data, and the last line that is."""
    typical = median([len(_filled(cells)) for _, cells in rows[:_ROWS_WEIGHED]] or [0])
    passed: list[Passed] = []
    lone: list[Passed] = []
    last = 0
    for line, cells in rows:
        if all(cells) and cells[0] not in {cells[-1], headers[0]} and not _TOTAL.match(cells[0]):
            last = line  # a full row of data, the common case
            continue
        filled = _filled(cells)
        if not filled:
            continue
        if [*map(clean_header, cells)] == [*headers]:
            passed.append(Passed(line, "header_again", _shown(filled)))
        elif _is_total(filled, typical):
            passed.append(Passed(line, "total", _shown(filled)))
        elif typical >= 3 and len(set(filled)) == 1 and not any(map(str.isdigit, filled[0][:1])):
            lone.append(Passed(line, "heading", _shown(filled)))
        else:
            last = line
    lone = [Passed(one.line, "note", one.text) if one.line > last else one for one in lone]
    return tuple(sorted([*passed, *lone], key=lambda one: one.line)), last


def _is_total(filled: Sequence[str], typical: float) -> bool:
    """Return whether a row sums up others: a word for it, and nothing but numbers behind."""
    label, *rest = filled
    if not _TOTAL.match(label) or not all(map(_NUMERIC.fullmatch, rest)):
        return False
    if _TOTAL_ALONE.fullmatch(label):
        return True
    return len(filled) <= typical / 2
