"""What must not be written in a report. In: what a person typed. Out: the same, masked; and marks.

`mask` takes personnummer, samordningsnummer and phone numbers away; `mark` points at nicknames,
names and descriptions of persons and says what to write instead. Neither ever refuses a text.
`web/frontend/wording.ts` does the same on the phone before anything leaves it; the table
`tests/core/wording_cases.json` holds the two together.

**Masked as personnummer**: ten digits, or twelve with century 18–20, in a usual spelling, whose date
could be one (day + 60 in a samordningsnummer) and whose check digit is right. With a wrong check
digit, as a slip of the finger leaves it: YYMMDD-XXXX and YYYYMMDD-XXXX, also with `+` or a space;
twelve digits in a row from 19…; and whatever ten or twelve digits stand behind the word
personnummer. Not so behind a word as `ärende` or `order`, nor where the last four may be a clock time
behind a space or a written-out date. Other ten or twelve digits in a row with a date are marked.

**Not personnummer**: organisation numbers (their third digit is 2 or more, so they hold no month),
and `2026-07-15 02.13`, a day and a clock time. `2026-07-15 0213` is masked in one case of ten: it may
be a person's number, and the rule is on that person's side. A time is written 02:13.

**Masked as phone numbers**: mobile; area code with its number; +46, and other countries' with ten
digits or more. Numbers 020 and 077 belong to organisations and stay.

Not found, on purpose: digits spread over lines, digits spelt as words, numbers inside longer ones,
names in capitals throughout, a person's name alone.
"""

import re
from dataclasses import dataclass

from narvaro.core.folding import Folded, fold
from narvaro.core.wording_numbers import Hidden, Numbers
from narvaro.core.wording_rules import ADVICE, PARTS, RULES


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of the original text, and what was there."""

    start: int
    end: int
    code: Hidden


@dataclass(frozen=True, slots=True)
class Masked:
    """The text without what was masked, and where that stood in the original."""

    text: str
    masked: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Doubtful words at `start` to `end`; `advice` is the code of what to write instead."""

    start: int
    end: int
    code: str
    advice: str


# digits, and letters or signs beyond Latin 1, which may be digits of another script
_MAY_HOLD_DIGITS = re.compile("[0-9¹²³]|[^\x00-\xff–’”]")


def _merge(spans: list[Span]) -> list[Span]:
    """Join spans that overlap; what holds a personnummer is called one."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if not merged or span.start >= merged[-1].end:
            merged.append(span)
            continue
        last = merged.pop()
        both = {span.code, last.code}
        code = Hidden.PERSON_NUMBER if Hidden.PERSON_NUMBER in both else Hidden.PHONE_NUMBER
        merged.append(Span(last.start, max(last.end, span.end), code))
    return merged


def mask(text: str) -> Masked:
    """Replace personnummer and phone numbers by `[personnummer]` and `[telefonnummer]`."""
    if not _MAY_HOLD_DIGITS.search(text):
        return Masked(text, ())
    folded = fold(text)
    found = Numbers(folded.text).found
    spans = [Span(folded.starts[start], folded.ends[end - 1], what) for start, end, what in found]
    hidden = _merge(spans)
    pieces, at = [], 0
    for span in hidden:
        pieces += [text[at : span.start], f"[{span.code}]"]
        at = span.end
    return Masked("".join([*pieces, text[at:]]), tuple(hidden))


def mask_within(text: str, most: int) -> str:
    """Return a text masked, then cut to at most `most` characters: no half of a number is left."""
    return mask(text.strip()).text[:most]


def _compile(pattern: str, any_case: bool) -> re.Pattern[str]:
    for name, part in PARTS.items():
        pattern = pattern.replace(f"<{name}>", part)
    edge = "[A-Za-zÅÄÖåäö0-9]"
    return re.compile(f"(?<!{edge})(?:{pattern})(?!{edge})", re.IGNORECASE if any_case else 0)


_SEARCHES = tuple((code, _compile(pattern, any_case)) for code, any_case, pattern in RULES)


def _find_doubtful(folded: Folded) -> list[tuple[int, int, str]]:
    found = [(start, end, "number") for start, end in Numbers(folded.text).doubtful]
    for code, search in _SEARCHES:
        matches = search.finditer(folded.text)
        # the first group catches the exceptions
        found += [(*one.span(), code) for one in matches if not (search.groups and one[1])]
    return sorted(found, key=lambda one: (one[0], -one[1]))


def mark(text: str) -> tuple[Mark, ...]:
    """Point at words that may describe a person: in order, none upon another."""
    folded = fold(text)
    marks: list[Mark] = []
    for start, end, code in _find_doubtful(folded):
        begins, ends = folded.starts[start], folded.ends[end - 1]
        if not marks or begins >= marks[-1].end:
            marks.append(Mark(begins, ends, code, ADVICE[code]))
    return tuple(marks)
