"""Whose numbers a text holds. In: plain text (`folding`). Out: personnummer, phone numbers, doubtful ones.

A number is a row of groups of digits. Groups are decided once, from the left; what is masked counts
as gone for the groups behind it, so that reading the masked text finds nothing more.
"""

import re
from collections.abc import Iterator
from enum import StrEnum


class Hidden(StrEnum):
    """What is masked; in brackets it is the text that stands there instead."""

    PERSON_NUMBER = "personnummer"
    PHONE_NUMBER = "telefonnummer"


_DIGITS = re.compile("[0-9]+")
_BETWEEN = re.compile(" ?[-+./_]\n? ?| ")  # between the groups of a personnummer
_BETWEEN_PHONE = re.compile("[ ()]{0,2}[-/. ()][ ()]{0,2}")
_LONGEST_BETWEEN = 5
_LOOK_BACK = 32
_CALLED_PERSON = (
    r"(?<![a-zåäö])(?:pers(?:on)?[ .-]?n(?:umme)?r|p\.?-?nr|sam(?:ordnings)?[ .-]?n(?:umme)?r)"
    r"[ .:=\n]{0,3}\Z"
)
_CALLED_PHONE = (
    r"(?<![a-zåäö])(?:tel(?:efon)?|tfn|mob(?:il)?|phone)[ .-]?(?:n(?:umme)?r)?[ .:=\n]{0,3}\Z"
)
_CALLED_REFERENCE = (
    "(?:(?:ärende|order|rapport|händelse|diarie|faktura|larm|objekt|jobb|konto|serie|case|ticket)"
    r"[a-zåäö]{0,12}|(?<![a-zåäö])(?:nr|nummer|no|ao|dnr|ref|org\.?nr))[ .:=#]{0,3}\Z"
)
_PERSON, _PHONE, _REFERENCE = (
    re.compile(one, re.IGNORECASE) for one in (_CALLED_PERSON, _CALLED_PHONE, _CALLED_REFERENCE)
)
_MOBILE = re.compile("07[02369][0-9]{7}")
_MOBILE_ABROAD = re.compile("467[02369][0-9]{7}")
_ORGANISATIONS = ("020", "077")
_CITY = "0(?:1[013689]|2[136]|3[1356]|4[0246]|54|6[03]|90)"
_AREA = re.compile(f"08|{_CITY}|(?!{_CITY}|020)0[1-69][0-9]{{2}}")
_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_checked(ten: str) -> bool:
    """Return whether the tenth digit is the check digit of the nine before it."""
    doubled = (int(one) * (2 - at % 2) for at, one in enumerate(ten))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_clock(four: str) -> bool:
    return four[:2] < "24" and four[2:] < "60"


def _is_dated(digits: str) -> bool:
    century, ten = digits[:-10], digits[-10:]
    month, day = int(ten[2:4]), int(ten[4:6])
    if century not in {"", "18", "19", "20"} or not 1 <= month <= 12:
        return False
    return 1 <= (day - 60 if day > 60 else day) <= _DAYS[month]


def _is_spelt(parts: list[str], century: int) -> bool:
    """Return whether groups end where a writer pauses: after year, month, day, and in the last four."""
    lengths = [len(part) for part in parts]
    if len(parts) == 1 or set(lengths) == {1} or lengths == [2, 10]:
        return True
    ends = {sum(lengths[: at + 1]) - century for at in range(len(parts) - 1)}
    return 6 in ends and all(end > 6 or end % 2 == 0 for end in ends)


def _is_foreign(digits: str) -> bool:
    """Return whether digits behind + or 00 are a number: Sweden's by its length, others by ten digits."""
    if digits.startswith("46"):
        return 7 <= len(digits[2:].removeprefix("0")) <= 9
    return digits[:1] != "0" and 10 <= len(digits) <= 13


def _is_mobile(parts: list[str]) -> bool:
    lengths = [len(part) for part in parts]
    if len(parts) == 1 or set(lengths) == {1}:
        return True
    if min(lengths) < 2 or lengths[0] < 3:
        return False
    return lengths[0] != 4 or lengths == [4, 6] or max(lengths[1:]) < 4


class Numbers:
    """The numbers of a plain text: `found` as (start, end, what), `doubtful` as (start, end).

    Each group of digits is decided once and looks at no more than the fourteen behind it.
    """

    def __init__(self, plain: str) -> None:
        self.found: list[tuple[int, int, Hidden]] = []
        self.doubtful: list[tuple[int, int]] = []
        self._plain = plain
        self._groups = [one.span() for one in _DIGITS.finditer(plain)]
        between = ["", *map(self._between, range(1, len(self._groups)))]
        # whether a group may go on the one before it
        self._goes_on_person = [_BETWEEN.fullmatch(one) is not None for one in between]
        self._goes_on_phone = [_BETWEEN_PHONE.fullmatch(one) is not None for one in between]
        self._masked_until = -1  # the last group that is masked
        for first in range(len(self._groups)):
            self._hide(first, self._find_person_number(first), Hidden.PERSON_NUMBER)
            self._hide(first, self._find_phone_number(first), Hidden.PHONE_NUMBER)

    def _hide(self, first: int, last: int | None, what: Hidden) -> None:
        if last is None:
            return
        start = self._groups[first][0]
        if what is Hidden.PHONE_NUMBER and self._is_behind_plus(first):
            start -= 1
        self.found.append((start, self._groups[last][1], what))
        self._masked_until = max(self._masked_until, last)

    def _parts(self, first: int, last: int) -> list[str]:
        return [self._plain[start:end] for start, end in self._groups[first : last + 1]]

    def _between(self, group: int) -> str:
        """Return what stands between a group and the one before it, cut where it is long."""
        start = self._groups[group - 1][1]
        return self._plain[start : min(self._groups[group][0], start + _LONGEST_BETWEEN + 1)]

    def _is_called(self, group: int, name: re.Pattern[str]) -> bool:
        start = self._groups[group][0]
        return name.search(self._plain[max(0, start - _LOOK_BACK) : start]) is not None

    def _is_reference(self, group: int) -> bool:
        """Return whether a word as `ärende` stands before a group, and none as `tel nr`."""
        return self._is_called(group, _REFERENCE) and not self._is_called(group, _PHONE)

    def _is_joined(self, group: int, signs: str) -> bool:
        """Return whether one of the signs alone joins a group to one before it that is not masked."""
        if group == 0 or group - 1 <= self._masked_until:
            return False
        between = self._between(group)
        return len(between) == 1 and between in signs

    def _is_behind_plus(self, group: int) -> bool:
        start = self._groups[group][0]
        return start > 0 and self._plain[start - 1] == "+"

    def _windows(self, first: int, goes_on: list[bool], most: int) -> Iterator[tuple[int, int]]:
        """Yield each last group and the count of digits up to it, as long as they stand together."""
        count = 0
        for last in range(first, len(self._groups)):
            start, end = self._groups[last]
            count += end - start
            if count > most or (last > first and not goes_on[last]):
                return
            yield last, count

    def _find_person_number(self, first: int) -> int | None:
        """Return the last group of a personnummer that begins with group `first`."""
        lasts = [
            last
            for last, count in self._windows(first, self._goes_on_person, 12)
            if count in {10, 12}
        ]
        if not lasts:
            return None
        called = self._is_called(first, _PERSON)
        likely = [last for last in lasts if self._is_likely(first, last)]
        hidden = [last for last in likely if called or self._is_persons(first, last)]
        if hidden:
            return hidden[-1]
        if called:
            return lasts[0]
        if first in likely and self._is_doubtful(first):
            self.doubtful.append(self._groups[first])
        return None

    def _is_likely(self, first: int, last: int) -> bool:
        """Return whether groups hold a date and four digits, and are no day with its clock time."""
        parts = self._parts(first, last)
        digits = "".join(parts)
        if not _is_dated(digits) or not _is_spelt(parts, len(digits) - 10):
            return False
        dotted = len(parts[-1]) == 2 and self._between(last).strip() == "."
        return not (dotted and _is_clock(digits[-4:]))

    def _is_persons(self, first: int, last: int) -> bool:
        """Return whether a likely number is taken for a person's: by its check digit or its look."""
        parts = self._parts(first, last)
        digits = "".join(parts)
        joint = self._between(last).strip() if last > first else ""
        short = len(parts) == 2 and len(parts[1]) == 4 and joint in {"-", "+"}
        if not short and self._is_decimals(first):
            return False
        if is_checked(digits[-10:]):
            return True
        if self._is_reference(first):
            return False
        if len(parts) == 1:
            return len(digits) == 12 and digits.startswith("19")
        looks_so = len(parts[-1]) == 4 and joint in {"-", "+", ""}
        return looks_so and (short or not _is_clock(parts[-1]))

    def _is_decimals(self, first: int) -> bool:
        """Return whether a group stands behind the point of a coordinate or a price."""
        return self._is_joined(first, ".,:") and len(self._parts(first - 1, first - 1)[0]) < 4

    def _is_doubtful(self, first: int) -> bool:
        """Return whether one group alone looks like a personnummer with a wrong check digit."""
        digits = self._parts(first, first)[0]
        told = self._is_decimals(first) or self._is_reference(first)
        return not (told or _is_clock(digits[-4:]) or _MOBILE.fullmatch(digits))

    def _find_phone_number(self, first: int) -> int | None:
        """Return the last group of the longest phone number that begins with group `first`."""
        start = self._groups[first][0]
        plus = self._is_behind_plus(first)
        if not plus and (self._plain[start] not in "04" or self._is_joined(first, "-/.:,")):
            return None
        found = None
        for last, count in self._windows(first, self._goes_on_phone, 15):
            if count > 7 and not self._is_cut(last) and self._is_phone(first, last, count, plus):
                found = last
        return found

    def _is_cut(self, last: int) -> bool:
        """Return whether group `last` is followed by the minutes of a clock time."""
        if last + 1 == len(self._groups) or self._between(last + 1) not in {":", "."}:
            return False
        start, end = self._groups[last + 1]
        return end - start == 2

    def _is_phone(self, first: int, last: int, count: int, plus: bool) -> bool:
        parts = self._parts(first, last)
        digits = "".join(parts)
        if plus:
            return _is_foreign(digits)
        if digits.startswith("00"):
            return (len(parts) > 1 or digits[2:4] == "46") and _is_foreign(digits[2:])
        if digits.startswith(_ORGANISATIONS):
            return False
        if _MOBILE.fullmatch(digits):
            return _is_mobile(parts)
        if len(parts) == 1:
            called = 8 <= count <= 10 and digits[0] == "0" and self._is_called(first, _PHONE)
            return called or _MOBILE_ABROAD.fullmatch(digits) is not None
        return 8 <= count <= 10 and self._is_landline(first, parts)

    def _is_landline(self, first: int, parts: list[str]) -> bool:
        if not _AREA.fullmatch(parts[0]) or self._is_reference(first):
            return False
        apart = self._between(first + 1).strip(" ()")
        if len(parts) == 2 and len(parts[1]) > 3:
            return apart in {"-", "/"} and len(parts[1]) > 4
        shortest = 2 if apart in {"-", "/"} or len(parts[0]) == 4 else 3
        rest = range(first + 2, first + len(parts))
        return (
            apart in {"-", "/", ""}
            and len(parts[1]) >= shortest
            and all(2 <= len(part) <= 3 for part in parts[1:])
            and all(self._between(group) == " " for group in rest)
        )
