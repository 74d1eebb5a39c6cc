"""May this visit stand in the plan? In: a visit with what surrounds it. Out: every rule it breaks.

A rule is one small function; `RULES` is the one list of them. The planner's compiled search keeps
the same rules; each plan is judged here before it leaves the core, and so is each change by hand.
All times are seconds after the plan's start; intervals are half-open.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite
from typing import NamedTuple


class Interval(NamedTuple):
    """From (included) until (not included), in seconds after the plan's start."""

    from_s: int
    until_s: int


class Break(NamedTuple):
    """A break that must begin between two times and lasts so long; equal times fix it."""

    earliest_s: int
    latest_s: int
    length_s: int


class Broken(StrEnum):
    """The rule that a visit breaks."""

    NO_PERMIT = "no_permit"
    NO_ROAD = "no_road"
    OUTSIDE_SHIFT = "outside_shift"
    PAST_SHIFT_END = "past_shift_end"
    BREAK_MISSING = "break_missing"
    ON_BREAK = "on_break"
    NOT_THERE_YET = "not_there_yet"
    OUTSIDE_WINDOW = "outside_window"
    OTHER_UNIT = "other_unit"
    TOO_SOON_AGAIN = "too_soon_again"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


PREFERENCES = frozenset({Broken.TOO_SOON_AGAIN, Broken.TOO_SHORT, Broken.TOO_LONG})
"""Rules that the planner keeps and a shift leader may set aside."""


@dataclass(frozen=True, slots=True)
class Step:
    """One visit as the rules see it.

    `travel_s` runs from the place before (or the base) and is inf without a road; `home_s` is when
    the unit is back at base if it drives home from here, None where another visit follows.
    `allowed` is None for units that need no permit. `window` is an appointment's, which the visit
    must lie inside. `apart_s` is the time to the nearest other visit at the place, by any unit.
    """

    shift: Interval
    left_s: int
    travel_s: float
    visit: Interval
    home_s: float | None = None
    allowed: tuple[Interval, ...] | None = None
    breaks: tuple[Break, ...] = ()
    rests: tuple[Interval, ...] = ()
    window: Interval | None = None
    its_unit: bool = True
    apart_s: float = inf
    spacing_s: int = 0
    least_dwell_s: int = 0
    most_dwell_s: float = inf


Rule = Callable[[Step], Broken | None]


def no_permit(one: Step) -> Broken | None:
    """Refuse a visit that no allowed interval holds from arrival to leaving."""
    if one.allowed is None or any(_holds(free, one.visit) for free in one.allowed):
        return None
    return Broken.NO_PERMIT


def no_road(one: Step) -> Broken | None:
    """Refuse a place that no road leads to, or home from."""
    home_s = 0.0 if one.home_s is None else one.home_s
    return None if isfinite(one.travel_s) and isfinite(home_s) else Broken.NO_ROAD


def outside_shift(one: Step) -> Broken | None:
    """Refuse a visit that is not inside the unit's shift."""
    return None if _holds(one.shift, one.visit) else Broken.OUTSIDE_SHIFT


def past_shift_end(one: Step) -> Broken | None:
    """Refuse a last visit from which the unit is not back at base when its shift ends."""
    late = one.home_s is not None and isfinite(one.home_s) and one.home_s > one.shift.until_s
    return Broken.PAST_SHIFT_END if late else None


def break_missing(one: Step) -> Broken | None:
    """Refuse a shift whose breaks are not all taken, in their time and in full."""
    kept = len(one.rests) == len(one.breaks) and all(
        due.earliest_s <= rest.from_s <= due.latest_s
        and rest.until_s - rest.from_s >= due.length_s
        and _holds(one.shift, rest)
        for due, rest in zip(one.breaks, one.rests, strict=True)
    )
    return None if kept else Broken.BREAK_MISSING


def on_break(one: Step) -> Broken | None:
    """Refuse a visit during a break."""
    return Broken.ON_BREAK if any(_shared_s(rest, one.visit) for rest in one.rests) else None


def not_there_yet(one: Step) -> Broken | None:
    """Refuse a visit before the unit can have driven there, breaks not driven through."""
    between = Interval(one.left_s, one.visit.from_s)
    driving_s = between.until_s - between.from_s - sum(_shared_s(r, between) for r in one.rests)
    too_early = isfinite(one.travel_s) and driving_s < one.travel_s
    return Broken.NOT_THERE_YET if too_early else None


def outside_window(one: Step) -> Broken | None:
    """Refuse an appointment kept outside its window."""
    kept = one.window is None or _holds(one.window, one.visit)
    return None if kept else Broken.OUTSIDE_WINDOW


def other_unit(one: Step) -> Broken | None:
    """Refuse an appointment kept by another unit than the one it was promised."""
    return None if one.its_unit else Broken.OTHER_UNIT


def too_soon_again(one: Step) -> Broken | None:
    """Refuse a visit too near in time to another at the same place; spacing 0: no such rule."""
    return Broken.TOO_SOON_AGAIN if one.apart_s < one.spacing_s != 0 else None


def too_short(one: Step) -> Broken | None:
    """Refuse a visit shorter than a visit is."""
    short = one.visit.until_s - one.visit.from_s < one.least_dwell_s
    return Broken.TOO_SHORT if short else None


def too_long(one: Step) -> Broken | None:
    """Refuse a visit longer than a visit is."""
    long = one.visit.until_s - one.visit.from_s > one.most_dwell_s
    return Broken.TOO_LONG if long else None


RULES: tuple[Rule, ...] = (
    no_permit, no_road, outside_shift, past_shift_end, break_missing, on_break, not_there_yet,
    outside_window, other_unit, too_soon_again, too_short, too_long,
)  # fmt: skip


def list_broken(one: Step, rules: Iterable[Rule] = RULES) -> tuple[Broken, ...]:
    """List the rules that a visit breaks, those that nobody may set aside first."""
    return tuple(broken for broken in (rule(one) for rule in rules) if broken is not None)


def _holds(outer: Interval, inner: Interval) -> bool:
    return outer.from_s <= inner.from_s and inner.until_s <= outer.until_s


def _shared_s(one: Interval, other: Interval) -> int:
    return max(0, min(one.until_s, other.until_s) - max(one.from_s, other.from_s))
