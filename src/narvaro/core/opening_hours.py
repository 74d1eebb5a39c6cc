"""Opening hours as people write them: a cell's text comes in, weekdays with local hours go out.

`mån-fre 07:00-22:00, lör,sön 10-16`; `alla dagar 06-24`; `dygnet runt`. Hours without weekdays are
refused: nobody but the writer knows whether a Sunday is meant.
"""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta

from narvaro.core import cells
from narvaro.core.cell_error import CellError
from narvaro.core.choice import Opening
from narvaro.core.said import Said

_CLOCK = r"\d{1,2}(?:[:.]\d{2})?"
_PART = re.compile(
    rf"(?P<days>[^\d;|]*?)(?:kl\.?\s*)?"
    rf"(?:(?P<begin>{_CLOCK})\s*[-\u2013\u2014]\s*(?P<end>{_CLOCK})|(?P<whole>dygnet runt|24\s?h))"
    r"\s*(?:[;,|\n]|och\b|$)",
    re.ASCII | re.IGNORECASE,
)
_ALWAYS = frozenset({"dygnet runt", "alltid", "24/7", "24 h", "24h", "always"})
_EVERY_DAY = frozenset(range(7))
_MIDNIGHT = time()
LONGEST = 500  # characters of a cell
_LOOKS_AHEAD_D = 15  # a week of closed days, and the week after it


def opening_hours(cell: str) -> tuple[Opening, ...]:
    """Read opening hours in the order in which they are written; raise CellError."""
    text = cell.strip()
    if len(text) > LONGEST:
        why = Said("these are more than %(most)s characters", most=LONGEST)
        raise CellError("not_opening_hours", why, _todo())
    if text.casefold() in _ALWAYS:
        return (Opening(_EVERY_DAY, _MIDNIGHT, _MIDNIGHT),)
    found: list[Opening] = []
    place = 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            why = Said("“%(words)s” is not understood as opening hours", words=text[place:][:60])
            raise CellError("not_opening_hours", why, _todo())
        found.append(_opening(part))
        place = part.end()
    return tuple(found)


def _opening(part: re.Match[str]) -> Opening:
    days = part["days"].strip(" ,:.\t\n")
    if not days:
        why = Said("the weekdays of “%(words)s” are missing", words=part[0].strip(" ,;|\n"))
        raise CellError("no_weekdays", why, _todo())
    on = frozenset(cells.weekdays(days))
    if part["whole"]:
        return Opening(on, _MIDNIGHT, _MIDNIGHT)
    return Opening(on, cells.clock_time(part["begin"]), cells.clock_time(part["end"]))


def _todo() -> Said:
    return Said("write it like mån-fre 07:00-22:00, lör 10-16; or dygnet runt")


def days(cell: str) -> tuple[date, ...]:
    """Read days with commas between: 2026-12-24, 2026-12-25."""
    return cells.list_of(cells.day)(cell)


def next_opening(
    openings: Sequence[Opening], local: datetime, closed_on: Collection[date] = ()
) -> datetime | None:
    """Return the first local time after `local`, naive, at which hours begin; None within two weeks."""
    now = local.replace(tzinfo=None)
    begins = (
        datetime.combine(day, one.hours_from)
        for day in (now.date() + timedelta(days=ahead) for ahead in range(_LOOKS_AHEAD_D))
        if day not in closed_on
        for one in openings
        if day.weekday() in one.weekdays
    )
    return min((begin for begin in begins if begin > now), default=None)
