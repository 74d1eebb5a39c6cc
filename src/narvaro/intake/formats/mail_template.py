"""How one alarm centre writes its mails. In: a JSON text and a mail's lines. Out: the fields of an alarm.

The patterns are an administrator's and must not hang: they are read line by line, lines are cut,
and a pattern whose repeats could take long together is refused when it is entered.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo

GROUPS = ("account", "code", "text", "time", "zone", "area", "restore")
MAX_PATTERN = 300
MAX_PATTERNS = 20
MAX_LINE = 200
MAX_TEXT = 10_000
MAX_WORK = 8_000_000  # ways to place a pattern's repeats on one line; 60 ms at worst, measured
MAX_WORK_IN_ALL = 16_000_000
ZONE = "Europe/Stockholm"
FIELDS = ("patterns", "codes", "time_format", "time_zone")
_REPEAT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_GROUP = re.compile(r"\(\?(?!P<|:)")


class TemplateError(ValueError):
    """A template cannot be used; says which part, why and what to write instead."""


@dataclass(frozen=True)
class Template:
    """How to read the mails of one centre.

    Each of `patterns` is searched for in the subject and then in each line, without regard to
    case; its named groups are fields of the alarm, and the first find of a field counts. `codes`
    says which code the centre's own word stands for.
    """

    patterns: tuple[re.Pattern[str], ...]
    codes: tuple[tuple[str, str], ...] = ()
    time_format: str = ""
    time_zone: str = ZONE

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a template; raise TemplateError."""
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as fault:
            raise TemplateError(f"The template is not JSON: {fault}") from fault
        if not isinstance(given, dict):
            raise TemplateError("The template is not a JSON object.")
        unknown = sorted(set(given) - set(FIELDS))
        if unknown:
            raise TemplateError(f"The template has {unknown}; it may have {', '.join(FIELDS)}.")
        found = cls(
            patterns=_patterns_of(given.get("patterns")),
            codes=_codes_of(given.get("codes", {})),
            time_format=_time_format_of(given.get("time_format", "")),
            time_zone=_time_zone_of(given.get("time_zone", ZONE)),
        )
        named = {name for one in found.patterns for name in one.groupindex}
        if "account" not in named:
            raise TemplateError("No pattern has the group (?P<account>…): whose alarm would it be?")
        if "time" in named and not found.time_format:
            raise TemplateError('A pattern has the group time; add "time_format".')
        return found

    def read(self, lines: Iterable[str]) -> dict[str, str]:
        """Return the fields found in a mail's lines, the subject first; empty where none is."""
        fields: dict[str, str] = {}
        for line in _cut(lines):
            for pattern in self.patterns:
                match = pattern.search(line)
                for name, value in (match.groupdict() if match else {}).items():
                    if value and value.strip():
                        fields.setdefault(name, value.strip())
        return fields

    def find_code(self, word: str) -> str:
        """Return the code that the centre's word stands for, else the word itself."""
        return dict(self.codes).get(word.casefold(), word)

    def find_time(self, text: str) -> datetime | None:
        """Return a time as the centre writes it, in UTC; None where it is none."""
        try:
            at = datetime.strptime(text, self.time_format)  # noqa: DTZ007 - the zone is given below
            return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(self.time_zone))).astimezone(
                UTC
            )
        except (ValueError, OverflowError):
            return None


def _cut(lines: Iterable[str]) -> Iterable[str]:
    left = MAX_TEXT
    for line in lines:
        if left <= 0:
            return
        part = line[: min(MAX_LINE, left)]
        left -= len(part) + 1
        yield part


def _patterns_of(given: object) -> tuple[re.Pattern[str], ...]:
    match given:
        case [_, *_] if len(given) <= MAX_PATTERNS:
            found = tuple(_compile(one, f"patterns[{at}]") for at, one in enumerate(given))
        case _:
            found = ()
    if sum(work_of(one.pattern, "") for one in found) > MAX_WORK_IN_ALL:
        raise TemplateError("The patterns could take long together; begin each with ^.")
    if found:
        return found
    raise TemplateError(f'"patterns" is not a list of 1 to {MAX_PATTERNS} regular expressions.')


def _compile(pattern: object, where: str) -> re.Pattern[str]:
    if not isinstance(pattern, str):
        raise TemplateError(f"{where} is not a text.")
    if len(pattern) > MAX_PATTERN:
        raise TemplateError(f"{where} is {len(pattern)} signs long; {MAX_PATTERN} at most.")
    work = work_of(pattern, where)
    if work > MAX_WORK:
        raise TemplateError(
            f"{where} could take long: its repeats can fall in {work:.0e} ways on a line. Begin it "
            "with ^, and write {1,8} in place of + and {0,3} in place of * where that is enough."
        )
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as fault:
        raise TemplateError(f"{where} is not a regular expression: {fault}") from fault
    unknown = sorted(set(found.groupindex) - set(GROUPS))
    if unknown:
        raise TemplateError(f"{where} has the groups {unknown}; known are {', '.join(GROUPS)}.")
    return found


def work_of(pattern: str, where: str) -> float:
    """Return in how many ways a pattern's repeats can fall on one line; raise TemplateError.

    A bound from above: spans of all repeats and choices multiplied, and each place to begin at.
    """
    if _GROUP.search(pattern):
        raise TemplateError(f"{where}: of the groups with (? only (?P<name>…) and (?:…) are read.")
    ways = 1.0 if pattern.startswith("^") and "|" not in pattern else float(MAX_LINE)
    at, before = 0, ""
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            if pattern[at + 1 : at + 2].isdigit() and pattern[at + 1] != "0":
                raise TemplateError(f"{where} refers back to a group; write it out instead.")
            at, before = at + 2, "sign"
            continue
        if sign == "[":
            at, before = _end_of_class(pattern, at), "sign"
            continue
        span, length = _span_at(pattern, at, before)
        if not length:
            ways *= 2.0 if sign == "|" else 1.0
            at, before = at + 1, sign
            continue
        if before == ")" and span > 2:
            raise TemplateError(f"{where} repeats a group; a group may only be optional: (…)?")
        ways *= span if before != "repeat" else 1.0  # a second sign only says lazy or possessive
        at, before = at + length, "repeat"
    return ways


def _span_at(pattern: str, at: int, before: str) -> tuple[float, int]:
    """Return how many counts the repeat at a place allows, and its length; 0 where none is."""
    if pattern[at] in "*+":
        return float(MAX_LINE), 1
    if pattern[at] == "?" and before != "(":
        return 2.0, 1
    match = _REPEAT.match(pattern, at)
    if match is None or match[0] in ("{}", "{,}"):
        return (float(MAX_LINE), 3) if match and match[0] == "{,}" else (1.0, 0)
    least = int(match[1] or 0)
    most = (int(match[3]) if match[3] else MAX_LINE) if match[2] else least
    return float(max(min(most, MAX_LINE) - least + 1, 3 if most > 1 else 1)), len(match[0])


def _end_of_class(pattern: str, at: int) -> int:
    """Return where a set of signs ends; a ] right at its start belongs to it."""
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1


def _codes_of(given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise TemplateError('"codes" is not an object of the centre\'s word to a code.')
    return tuple((word.casefold(), code) for word, code in given.items())


def _time_format_of(given: object) -> str:
    if not isinstance(given, str):
        raise TemplateError('"time_format" is not a text.')
    try:
        if given:
            at = datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC)
            datetime.strptime(at.strftime(given), given)  # noqa: DTZ007 - only tried
    except (ValueError, re.error) as fault:
        raise TemplateError(f'"time_format" cannot be read back: {fault}') from fault
    return given


def _time_zone_of(given: object) -> str:
    try:
        return ZoneInfo(str(given)).key
    except (ValueError, OSError, KeyError) as fault:
        raise TemplateError(f'"time_zone" is no zone such as {ZONE}.') from fault
