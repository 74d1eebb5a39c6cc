"""When somebody is at a place to see what happened: place and time in, occurrence interval out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from narvaro.demo.history.school_year import is_school_day, is_working_day

LONGEST_DAYS = 20
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which local times something happened, and when it was discovered."""

    since: datetime
    until: datetime
    discovered: datetime


def attended(kind: str, day: date) -> tuple[time, time] | None:
    """Give the hours of a day when somebody looks after a kind of place, or None."""
    if kind == "hall":
        return time(8), time(22)
    if kind == "library" and day.weekday() == SATURDAY and is_working_day(day - timedelta(days=1)):
        return time(11), time(15)
    if not is_working_day(day):
        return None
    if kind == "school":
        return (time(7), time(17)) if is_school_day(day) else (time(8), time(15))
    hours = {"preschool": (time(6, 30), time(17, 30)), "library": (time(10), time(19))}
    return hours.get(kind, (time(7, 30), time(16)))


def noticed(kind: str, at: datetime, rng: Random) -> Interval:
    """Tell what can be said of an event at a local time: since the place was left, until it was opened."""
    opened = attended(kind, at.date())
    if opened and opened[0] <= at.time() < opened[1]:
        seen = at + timedelta(minutes=rng.randrange(5, 90))
        since = at - timedelta(minutes=rng.randrange(10, 100))
        return _existing(_five(since), _five(seen), _five(seen))
    since, until = _left(kind, at), _opened(kind, at)
    return _existing(since, until, until + timedelta(minutes=5 * rng.randrange(10)))


def _left(kind: str, at: datetime) -> datetime:
    """Give the last time before `at` when the place was left."""
    for back in range(LONGEST_DAYS):
        day = at.date() - timedelta(days=back)
        hours = attended(kind, day)
        if hours and (left := _at(day, hours[1], at)) <= at:
            return left
    return at - timedelta(days=LONGEST_DAYS)


def _opened(kind: str, at: datetime) -> datetime:
    """Give the first time after `at` when the place is opened."""
    for ahead in range(LONGEST_DAYS):
        day = at.date() + timedelta(days=ahead)
        hours = attended(kind, day)
        if hours and (opened := _at(day, hours[0], at)) > at:
            return opened
    return at + timedelta(days=LONGEST_DAYS)


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, like.tzinfo)


def _five(at: datetime) -> datetime:
    """Round down to five minutes, as people write."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def later(at: datetime, gap: timedelta) -> datetime:
    """Give the local time so much later as clocks show it, a change of the clocks included."""
    return (at.astimezone(UTC) + gap).astimezone(at.tzinfo)


def about(at: datetime, hours: float, rng: Random) -> Interval:
    """Tell the time of what was seen as it happened and went on for some hours."""
    since = _five(at)
    until = since + timedelta(minutes=5 * max(1, round(12 * hours * rng.uniform(0.5, 1.5))))
    return _existing(since, until, since)


def away(at: datetime, rng: Random) -> Interval:
    """Tell what somebody says who was away from home."""
    since = _five(at - timedelta(minutes=rng.randrange(30, 600)))
    until = _five(at + timedelta(minutes=rng.randrange(30, 480)))
    return _existing(since, until, until)


def found_on_patrol(kind: str, at: datetime, rng: Random) -> Interval:
    """Tell what a patrol says that comes by some hours later, and came by some hours before."""
    seen = _five(at + timedelta(minutes=rng.randrange(15, 240)))
    before = _five(at - timedelta(minutes=rng.randrange(20, 360)))
    return _existing(max(before, _left(kind, at)), seen, seen)


def found_after(kind: str, at: datetime, hours: float) -> Interval:
    """Tell what somebody says who comes by so many hours later."""
    seen = _five(at + timedelta(hours=hours))
    return _existing(_left(kind, at), seen, seen)


def _existing(since: datetime, until: datetime, discovered: datetime) -> Interval:
    """Move times out of the hour that the clock change skips; nothing ends before it begins."""
    since, until, discovered = (
        t.astimezone(UTC).astimezone(t.tzinfo) for t in (since, until, discovered)
    )
    return Interval(since, max(since, until), max(since, discovered))
