"""The police's public event feed. In: JSON as polisen.se serves it, a zone. Out: facts and refusals.

The feed is a list of {id, datetime, name, summary, url, type, location}. `datetime` is when the text
was published (its hour may lack the leading zero); when the thing happened stands in `name`, without
a year. `location.gps` is the middle of a municipality or a county, no place of anything: it is not
kept.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.core.json_file import JsonError, read_json
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, RefusedRow
from narvaro.core.written_dates import MONTHS
from narvaro.directory.importing.report import refuse

HOME = "https://polisen.se"
NOT_KEPT = ("location.gps",)
ANEW, OUT = Said("take the feed anew"), Said("leave the event out")
SOONEST = timedelta(hours=1)
"""How long after its own text a thing may have happened: clocks differ, and typing errors are more."""
OLDEST = timedelta(days=180)

_PUBLISHED = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{1,2}):(\d{2}:\d{2}) ([+-]\d{2}:\d{2})", re.ASCII)
_HAPPENED = re.compile(r"(\d{1,2}) ([a-zåäö]+) (\d{1,2})[.:](\d{2})\b", re.IGNORECASE)
_LONGEST = {"name": 300, "type": 120, "summary": 4000, "location.name": 120, "url": 380}
_LARGEST_ID = 2**63 - 1
_MOST = 5000


@dataclass(frozen=True)
class PoliceFacts:
    """One event as the police tell of it; `happened_at` is None where its name does not say."""

    police_id: int
    published_at: datetime
    happened_at: datetime | None
    kind: str
    name: str
    summary: str
    place: str
    address: str


class _Fault(Exception):  # noqa: N818 - a reason, collected by who asked
    def __init__(self, column: str, value: object, why: Said, todo: Said) -> None:
        super().__init__(why)
        self.reason = refuse(column, str(value)[:120], why, todo, code="bad_value")


def _text(item: Mapping[str, Any], column: str, *, empty: bool = False) -> str:
    """Return a text of an item, its white space made single; raises _Fault."""
    value: Any = item
    for name in column.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None and empty:
        return ""
    if not isinstance(value, str):
        raise _Fault(column, value, Said("is no text"), ANEW)
    said = " ".join(value.split())
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in said):
        raise _Fault(column, ascii(said), Said("holds control characters"), ANEW)
    if not (said or empty) or len(said) > _LONGEST[column]:
        why = Said("is empty or longer than %(most)s characters", most=_LONGEST[column])
        raise _Fault(column, said, why, OUT)
    return said


def _number(item: Mapping[str, Any]) -> int:
    value = item.get("id")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
        raise _Fault("id", value, Said("is no whole number above 0"), ANEW)
    return value


def _published(item: Mapping[str, Any]) -> datetime:
    value = item.get("datetime")
    match = _PUBLISHED.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is not None:
            day, hour, rest, offset = match.groups()
            return datetime.fromisoformat(f"{day}T{hour:0>2}:{rest}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # refused below, with the others that are no time
    raise _Fault("datetime", value, Said("is no time as 2026-01-02 9:15:00 +01:00"), ANEW)


def find_happened(name: str, published_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a thing happened by its name, in the year that fits its publication; or None.

    A time in the hour that autumn has twice is its first; one that lies after its own publication
    or half a year before it is a slip of somebody's, and None.
    """
    match = _HAPPENED.match(name)
    month = MONTHS.get(match[2].casefold()) if match is not None else None
    if match is None or month is None:
        return None
    year = published_at.astimezone(zone).year
    for one in (year, year - 1):
        try:
            local = datetime(one, month, int(match[1]), int(match[3]), int(match[4]), tzinfo=zone)
        except ValueError:
            continue
        if -SOONEST <= published_at - local.astimezone(UTC) <= OLDEST:
            return local.astimezone(UTC)
    return None


def _address(item: Mapping[str, Any]) -> str:
    """Return the police's own page of an event; no other address is kept."""
    said = _text(item, "url", empty=True)
    path = said.removeprefix(HOME)
    if said and (not path.startswith("/") or path.startswith("//")):
        raise _Fault("url", said, Said("is no page of %(home)s", home=HOME), OUT)
    return f"{HOME}{path}" if said else ""


def _read_item(item: object, zone: ZoneInfo) -> PoliceFacts:
    if not isinstance(item, Mapping):
        raise _Fault("", item, Said("is no event"), ANEW)
    published_at, name = _published(item), _text(item, "name")
    return PoliceFacts(
        police_id=_number(item),
        published_at=published_at,
        happened_at=find_happened(name, published_at, zone),
        kind=_text(item, "type"),
        name=name,
        summary=_text(item, "summary", empty=True),
        place=_text(item, "location.name"),
        address=_address(item),
    )


def _whole(why: Said) -> list[RefusedRow]:
    todo = Said("save the feed as JSON from the police's API")
    return [RefusedRow(1, (refuse("", "", why, todo, code="bad_file"),))]


def read_feed(data: bytes, zone: ZoneInfo) -> tuple[list[PoliceFacts], list[RefusedRow]]:
    """Read a feed: each event once, in its newest form, and each entry that is none, with its reason.

    `line` of a refusal counts the entries of the list from 1.
    """
    try:
        given = read_json(data)
    except JsonError as fault:
        return [], _whole(fault.why)
    if not isinstance(given, list):
        return [], _whole(Said("the file is no list of events"))
    if len(given) > _MOST:
        why = Said(
            "the file holds more than %(most)s events: take one municipality's alone", most=_MOST
        )
        return [], _whole(why)
    good: dict[int, PoliceFacts] = {}
    refused: list[RefusedRow] = []
    for number, item in enumerate(given, 1):
        try:
            read = _read_item(item, zone)
        except _Fault as fault:
            reasons: tuple[Refusal, ...] = (fault.reason,)
            refused.append(RefusedRow(number, reasons))
            continue
        there = good.get(read.police_id)
        if there is None or there.published_at <= read.published_at:
            good[read.police_id] = read
    return list(good.values()), refused
