"""The week of a situation picture: from Monday noon to Monday noon. In: a day, a zone. Out: times.

A picture is named by the Monday on which its collecting closes, at 12:00 local.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

CLOSING = time(12)
BEFORE = 4
"""How many weeks a week is compared with."""


def closing_of(monday: date, zone: ZoneInfo) -> datetime:
    """Return when a picture's collecting closes, UTC."""
    return datetime.combine(monday, CLOSING, zone).astimezone(UTC)


def collecting_at(at: datetime, zone: ZoneInfo) -> date:
    """Return the Monday of the picture that is being collected at `at`."""
    local = at.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    return monday if at < closing_of(monday, zone) else monday + timedelta(days=7)


def last_closed_at(at: datetime, zone: ZoneInfo) -> date:
    """Return the Monday of the newest picture whose collecting has closed at `at`."""
    return collecting_at(at, zone) - timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """A picture's week and those before it, half-open, UTC."""

    monday: date
    zone: ZoneInfo

    @cached_property
    def begins(self) -> datetime:
        """Return when the week begins."""
        return closing_of(self.monday - timedelta(days=7), self.zone)

    @cached_property
    def ends(self) -> datetime:
        """Return when the week ends: its collecting closes."""
        return closing_of(self.monday, self.zone)

    @property
    def baseline_begins(self) -> datetime:
        """Return when the first of the weeks before begins."""
        return closing_of(self.monday - timedelta(days=7 * (BEFORE + 1)), self.zone)

    @cached_property
    def _begins(self) -> tuple[datetime, ...]:
        return tuple(
            closing_of(self.monday - timedelta(days=7 * number), self.zone)
            for number in range(1, BEFORE + 2)
        )

    def weeks_before(self, at: datetime) -> int:
        """Return how many weeks before this one `at` lies: 0 in it, -1 after it, at most BEFORE + 1."""
        if at >= self.ends:
            return -1
        return next(
            (number for number, begins in enumerate(self._begins) if at >= begins), BEFORE + 1
        )
