"""When something was, as people write it. In: cells of a row. Out: half-open intervals in UTC.

A date may stand apart from its clock; an end before its begin is the day after; a date alone is
that whole day. An hour that the autumn's clock change doubles becomes the interval of both, unless
its distance from UTC is written too (2026-10-25 02:30+01:00).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.core import cells
from narvaro.core.cells import CellError
from narvaro.core.said import Said
from narvaro.core.written_times import skipped_hour

DAY = timedelta(days=1)
WITH_OFFSET = re.compile(
    r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?) ?(Z|[+-]\d\d:?\d\d)", re.ASCII
)


@dataclass(frozen=True)
class Span:
    """From (inclusive) until (exclusive, or equal where the moment is known), aware UTC."""

    begins: datetime
    ends: datetime


def _moment(cell: str) -> datetime:
    """Read a local date-time, or one whose distance from UTC is written, which is aware."""
    if found := WITH_OFFSET.fullmatch(cell.strip()):
        try:
            return datetime.fromisoformat(found[1] + found[2])
        except ValueError:
            pass  # 25:00 or the like: the common reader says what is wrong
    return cells.local_datetime(cell)


def moment_or_day(cell: str) -> datetime | date:
    """Read a date-time, or a date alone."""
    try:
        return _moment(cell)
    except CellError:
        return cells.day(cell)


def in_utc(local: datetime, zone: ZoneInfo) -> Span:
    """Return when a local time was; raise CellError for an hour that never was. Aware: as it says."""
    if local.tzinfo is not None:
        return Span(local.astimezone(UTC), local.astimezone(UTC))
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != local:
        raise skipped_hour()
    return Span(first, second)


def _local(day: Any, clock: Any, given: datetime | date | None) -> tuple[datetime, bool] | None:  # noqa: ANN401 - cells
    """Return the time and whether its clock is known."""
    if isinstance(clock, datetime):
        return clock, True
    if given is None and day is not None:
        given = day
    if given is None:
        return None
    if isinstance(given, datetime):
        if clock is not None and given.time() == time():
            return datetime.combine(given.date(), clock), True
        return given, True
    if clock is not None:
        return datetime.combine(given, clock), True
    return datetime.combine(given, time()), False


def tells_clock(values: Mapping[str, Any]) -> bool:
    """Return whether a row tells a time of day, not a date alone."""
    return values.get("clock") is not None or isinstance(values.get("occurred_from"), datetime)


def read_span(values: Mapping[str, Any], zone: ZoneInfo) -> Span:
    """Return when a row's event was, from `occurred_from`, `occurred_until` or day and clocks.

    Raises CellError where no time is given, it never was, or it ends before it begins.
    """
    begin = _local(values.get("day"), values.get("clock"), values.get("occurred_from"))
    if begin is None:
        todo = Said("write when it was: a date, or a date with a time")
        raise CellError("no_time", Said("no time is given"), todo)
    start, start_known = begin
    end = _local(values.get("day_until"), values.get("clock_until"), values.get("occurred_until"))
    clock_until = values.get("clock_until")
    if (
        isinstance(clock_until, time)
        and values.get("day_until") is None
        and values.get("occurred_until") is None
    ):
        end = datetime.combine(start.date(), clock_until, start.tzinfo), True
        if end[0] < start:
            end = end[0] + DAY, True
    if end is None:
        if start_known:
            return in_utc(start, zone)
        return Span(in_utc(start, zone).begins, in_utc(start + DAY, zone).ends)
    stop = end[0] if end[1] else end[0] + DAY
    first, last = in_utc(start, zone), in_utc(stop, zone)
    if last.ends < first.begins:
        why = Said(
            "it ends (%(last)s) before it begins (%(first)s)",
            last=f"{stop:%Y-%m-%d %H:%M}", first=f"{start:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        raise CellError("backwards", why, Said("correct one of them"))
    return Span(first.begins, last.ends)


def clock_after(moment: datetime, clock: time | datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return the first time after `moment` (UTC) at which the local clock shows `clock`.

    A full date-time is taken as it stands. Up to a minute before `moment` counts as `moment`:
    lists round.
    """
    if clock is None:
        return None
    if isinstance(clock, datetime):
        return in_utc(clock, zone).begins
    local = moment.astimezone(zone)
    found = in_utc(datetime.combine(local.date(), clock), zone).begins
    if found < moment - timedelta(minutes=1):
        found = in_utc(datetime.combine(local.date() + DAY, clock), zone).begins
    return max(found, moment)


def clock_or_moment(cell: str) -> time | datetime:
    """Read a clock time, or a date-time."""
    try:
        return cells.clock_time(cell)
    except CellError:
        return _moment(cell)
