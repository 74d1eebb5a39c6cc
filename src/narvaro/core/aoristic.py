"""When events with an unknown moment may have happened. In: intervals. Out: shares per time slot.

Damage is found on Monday and happened since Friday: it counts in each slot of that interval with the
share of the interval that lies in the slot (aoristic weight, Ratcliffe 2000). The shares of one
event sum to one.

Hours are local wall-clock hours since Monday 1 January 2001, 00:00, so that hour 0 of each week is
a Monday's midnight. The doubled autumn hour falls on one hour, the missing spring hour stays empty.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from narvaro.core.jit import F64, I64

EPOCH = datetime(2001, 1, 1)  # noqa: DTZ001 - local wall-clock time on purpose; a Monday
WEEK_H = 168
SPREAD_CAP_H = 168.0
"""A longer interval is spread over the week around its middle: each hour of the week once, so that it
says nothing of the hour, and no more than `168 / slot` shares."""


def to_hours(moments: Iterable[datetime]) -> F64:
    """Return hours since the epoch of local wall-clock times (without zone), float64 [n]."""
    times = list(moments)
    if any(one.tzinfo is not None for one in times):
        raise ValueError("to_hours: give local wall-clock times without zone.")
    return np.array([(one - EPOCH) / timedelta(hours=1) for one in times], np.float64)


def from_hours(hours: float) -> datetime:
    """Return the local wall-clock time of hours since the epoch, without zone."""
    return EPOCH + timedelta(hours=float(hours))


@dataclass(frozen=True, slots=True)
class Slots:
    """Time cut into slots of `hours`; a slot begins each day at `first_h` o'clock."""

    hours: float = 1.0
    first_h: float = 0.0

    def __post_init__(self) -> None:
        """Refuse slots that do not fill a day evenly."""
        if self.hours <= 0 or abs(24 / self.hours - round(24 / self.hours)) > 1e-9:
            raise ValueError(f"Slots: 24 hours are no whole number of slots of {self.hours} h.")

    @property
    def per_week(self) -> int:
        """Count the slots of a week."""
        return round(WEEK_H / self.hours)

    def begins_h(self, slot: I64) -> F64:
        """Return when slots begin, in hours since the epoch."""
        return np.asarray(slot * self.hours + self.first_h, np.float64)

    def middle_h(self, slot: I64) -> F64:
        """Return the middle of slots, in hours since the epoch."""
        return np.asarray((slot + 0.5) * self.hours + self.first_h, np.float64)

    def of(self, hour: F64) -> I64:
        """Return the slot that each hour since the epoch lies in."""
        return np.floor((hour - self.first_h) / self.hours).astype(np.int64)

    def between(self, first_h: float, hours: float) -> I64:
        """Return the slots of a span, int64 [hours / slot]; raise ValueError off a slot's border."""
        start, count = (first_h - self.first_h) / self.hours, hours / self.hours
        if abs(start - round(start)) > 1e-6 or abs(count - round(count)) > 1e-6 or count < 1:
            raise ValueError(
                f"Slots: {first_h} h + {hours} h does not begin and end on slots of {self.hours} h "
                f"counted from {self.first_h} o'clock; round outwards first."
            )
        return np.arange(round(start), round(start) + round(count), dtype=np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class Spread:
    """Shares of events: `slot` int64 [m], `event` int64 [m] (ascending), `weight` float64 [m]."""

    slot: I64
    event: I64
    weight: F64


def spread(begins_h: F64, ends_h: F64, slots: Slots) -> Spread:
    """Spread events over the slots that their half-open intervals touch; equal ends: one moment."""
    begins, ends = np.asarray(begins_h, np.float64), np.asarray(ends_h, np.float64)
    if begins.shape != ends.shape or not (np.isfinite(begins) & (ends >= begins)).all():
        raise ValueError(
            "spread: each event needs a finite begin and an end that is not before it."
        )
    over = np.maximum(ends - begins - SPREAD_CAP_H, 0) / 2
    begins, ends = begins + over, ends - over
    first = slots.of(begins)
    last = np.maximum(first, slots.of(np.nextafter(ends, -np.inf)))
    count = last - first + 1
    event = np.repeat(np.arange(len(first)), count)
    slot = first[event] + np.arange(len(event)) - (np.cumsum(count) - count)[event]
    opens = slots.begins_h(slot)
    inside = np.minimum(ends[event], opens + slots.hours) - np.maximum(begins[event], opens)
    length = (ends - begins)[event]
    share = np.divide(np.maximum(inside, 0), length, out=np.ones(len(event)), where=length > 0)
    return Spread(slot, event, np.where(count[event] == 1, 1.0, share))
