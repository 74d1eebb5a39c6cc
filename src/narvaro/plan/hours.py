"""A night in hours. In: days, local hours, permits. Out: UTC periods, and seconds after the start.

Hours that end at or before they begin run past midnight and belong to the day they begin. Where the
clock goes back or forward, a permit covers only what it covers by both readings of the clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from shapely import Point

from narvaro.core.permits import read_area
from narvaro.core.rules import Break, Interval
from narvaro.directory.models import Permit

BEGINS, ENDS = time(18), time(7)  # of a night, local
PROPOSED_AT = time(15)
BREAK_S = 30 * 60
WORK_S = 4.5 * 3600  # between two breaks on average; never more than 5 h (ATL 15 §)
BREAK_SLACK_S = 30 * 60


@dataclass(frozen=True, slots=True)
class Period:
    """From (included) until (not included), aware."""

    starts_at: datetime
    ends_at: datetime

    @property
    def whole(self) -> Interval:
        """Return the period in its own seconds."""
        return Interval(0, self.seconds(self.ends_at))

    def seconds(self, at: datetime) -> int:
        """Return whole seconds after the start."""
        return round((at - self.starts_at).total_seconds())

    def at(self, seconds: int) -> datetime:
        """Return the time so many seconds after the start."""
        return self.starts_at + timedelta(seconds=seconds)

    def clip(self, starts_at: datetime, ends_at: datetime) -> Interval | None:
        """Return what lies in the period, in seconds; None where nothing does."""
        from_s = max(0, self.seconds(starts_at))
        until_s = min(self.whole.until_s, self.seconds(ends_at))
        return Interval(from_s, until_s) if from_s < until_s else None


@dataclass(frozen=True, slots=True)
class Tonight:
    """A night as it is loaded: when, where, by which seed; `notes` is what is to be said of it."""

    period: Period
    zone: ZoneInfo
    seed: int
    notes: list[dict[str, object]] = field(default_factory=list)

    @property
    def day(self) -> date:
        """Return the day on which it begins."""
        return self.period.starts_at.astimezone(self.zone).date()

    @property
    def days(self) -> tuple[date, ...]:
        """Return the days on which hours may begin that reach into it."""
        return tuple(self.day + timedelta(days=number) for number in (-1, 0, 1))

    def note(self, code: str, **facts: object) -> None:
        """Note something that is to be said of the plan."""
        self.notes.append({"code": code, **facts})


def _both(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both readings of a local time; they differ only where the clock is changed."""
    local = datetime.combine(day, clock, tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def hours_on(day: date, hours_from: time, hours_until: time, zone: ZoneInfo) -> Period:
    """Return the hours that begin on `day`, by the narrower reading of the clock."""
    last = day + timedelta(days=1) if hours_until <= hours_from else day
    return Period(max(_both(day, hours_from, zone)), min(_both(last, hours_until, zone)))


def night_of(day: date, zone: ZoneInfo, begins: time = BEGINS, ends: time = ENDS) -> Period:
    """Return the night that begins on `day`."""
    return hours_on(day, begins, ends, zone)


def night_at(at: datetime, zone: ZoneInfo, ends: time = ENDS) -> date:
    """Return the day of the night that runs or comes next: until it ends, last evening's."""
    local = at.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() < ends else local.date()


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return intervals sorted, with those that touch made one."""
    merged: list[Interval] = []
    for one in sorted(intervals):
        if merged and one.from_s <= merged[-1].until_s:
            merged[-1] = Interval(merged[-1].from_s, max(merged[-1].until_s, one.until_s))
        else:
            merged.append(one)
    return tuple(merged)


def without(intervals: Iterable[Interval], gaps: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return intervals with the gaps cut out."""
    left = list(intervals)
    for gap in gaps:
        parts = (
            part
            for one in left
            for part in (
                Interval(one.from_s, min(one.until_s, gap.from_s)),
                Interval(max(one.from_s, gap.until_s), one.until_s),
            )
        )
        left = [one for one in parts if one.from_s < one.until_s]
    return tuple(sorted(left))


def permit_hours(permit: Permit, tonight: Tonight) -> tuple[Interval, ...]:
    """Return when a permit holds during a night, wherever that is."""
    held = (
        hours_on(day, permit.hours_from, permit.hours_until, tonight.zone)
        for day in tonight.days
        if permit.valid_from <= day <= permit.valid_until and day.weekday() in permit.weekdays
    )
    clipped = (tonight.period.clip(one.starts_at, one.ends_at) for one in held)
    return merge(one for one in clipped if one is not None)


def covered(
    permits: Sequence[Permit], places: Sequence[tuple[float, float]], tonight: Tonight
) -> tuple[tuple[Interval, ...], ...]:
    """Return when any permit covers each place (lat, lon) during a night."""
    found: list[list[Interval]] = [[] for _ in places]
    for permit in permits:
        hours = permit_hours(permit, tonight)
        area = read_area(permit.area_wkt) if hours else None
        for number, (lat, lon) in enumerate(places):
            if area is not None and area.covers(Point(lon, lat)):
                found[number] += hours
    return tuple(merge(one) for one in found)


def breaks_of(starts_s: int, ends_s: int, length_s: int = BREAK_S) -> tuple[Break, ...]:
    """Return a shift's breaks, spread evenly; each may begin half an hour earlier or later."""
    count = max(0, ceil((ends_s - starts_s) / WORK_S) - 1) if length_s > 0 else 0
    middles = (starts_s + (ends_s - starts_s) * n // (count + 1) for n in range(1, count + 1))
    return tuple(
        Break(one - length_s // 2 - BREAK_SLACK_S, one - length_s // 2 + BREAK_SLACK_S, length_s)
        for one in middles
    )


def breaks_within(breaks: Iterable[Break], work: Interval) -> tuple[Break, ...]:
    """Keep the breaks that can still be taken whole in a part of the shift."""
    clipped = (one._replace(earliest_s=max(one.earliest_s, work.from_s)) for one in breaks)
    return tuple(
        one
        for one in clipped
        if one.earliest_s <= one.latest_s and one.latest_s + one.length_s <= work.until_s
    )
