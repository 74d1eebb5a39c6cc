"""What happens to the machines in a month. In: days, a seed. Out: when the clock was set and who was away.

Seconds are true ones since the month began. The clock's own time is `wall`: it is set wrong by up to
an hour now and then, and right again, and is followed at once: worse than the product's guarded one.

Assumed: the clock is not set in the hour before or after the machine starts anew, since nothing but
the time of day is left of a deadline then, until the next sign of life moves it; and of the two
schedulers one is there, unless the server is not.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeAlias

Span: TypeAlias = tuple[float, float]

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
HOUR_S, DAY_S = 3600, 86_400
PARTS = {  # of a hundred hours, how many hold what
    "step": 4, "reboot": 2, "standstill": 5, "worker": 14, "standby": 7, "receiver": 9,
}  # fmt: skip
ROUGH = {"step": 15, "reboot": 15, "standstill": 15, "worker": 25, "standby": 10, "receiver": 15}
"""For few guards: something happens in nearly each hour."""
LASTS_S = {
    "reboot": (40, 120), "standstill": (60, 60), "worker": (1, 45), "standby": (1, 45),
    "receiver": (2, 60),
}  # fmt: skip


@dataclass
class Course:
    """When what was away: half-open spans in order; `down` is the whole server."""

    end_s: float
    steps: list[tuple[float, float]] = field(default_factory=list)
    boots: list[float] = field(default_factory=lambda: [0.0])
    down: list[Span] = field(default_factory=list)
    worker: list[Span] = field(default_factory=list)
    standby: list[Span] = field(default_factory=list)
    receiver: list[Span] = field(default_factory=list)
    _step_s: list[float] = field(default_factory=list)
    _offset_s: list[float] = field(default_factory=lambda: [0.0])

    def offset_s(self, at_s: float) -> float:
        """Return by how much the clock is wrong."""
        return self._offset_s[bisect_right(self._step_s, at_s)]

    def wall(self, at_s: float) -> datetime:
        """Return what the clock shows."""
        return BEGIN + timedelta(seconds=at_s + self.offset_s(at_s))

    def boot(self, at_s: float) -> int:
        """Return which start of the machine it is."""
        return bisect_right(self.boots, at_s) - 1

    def is_step_in(self, after_s: float, until_s: float) -> bool:
        """Return whether the clock was set in the time given."""
        return bisect_right(self._step_s, until_s) > bisect_right(self._step_s, after_s)

    def set_clock(self, at_s: float, by_s: float) -> None:
        """Set the clock; later than each time before."""
        self.steps.append((at_s, by_s))
        self._step_s.append(at_s)
        self._offset_s.append(self._offset_s[-1] + by_s)


def find_span(spans: Sequence[Span], at_s: float) -> Span | None:
    """Return the span that holds a moment."""
    index = bisect_right(spans, (at_s, float("inf"))) - 1
    return spans[index] if index >= 0 and at_s < spans[index][1] else None


def make_course(days: float, dice: Random, parts: Mapping[str, int] = PARTS) -> Course:
    """Draw the month: one trouble at most begins in each hour, in its first half."""
    hours = int(days * 24)
    course = Course(days * DAY_S)
    kinds = _draw_kinds(hours, dice, parts)
    for hour, kind in enumerate(kinds):
        at_s = hour * HOUR_S + dice.uniform(60, HOUR_S / 2)
        if kind == "step":
            wrong_s = dice.choice((-1, 1)) * dice.uniform(0.9 * HOUR_S, HOUR_S)
            course.set_clock(at_s, -course.offset_s(at_s) or wrong_s)
        elif kind:
            _be_away(course, kind, (at_s, at_s + dice.uniform(*LASTS_S[kind])))
    return course


def _be_away(course: Course, kind: str, span: Span) -> None:
    if kind in ("reboot", "standstill"):
        for spans in (course.down, course.worker, course.standby, course.receiver):
            spans.append(span)
        if kind == "reboot":
            course.boots.append(span[1])
        return
    {"worker": course.worker, "standby": course.standby, "receiver": course.receiver}[kind].append(
        span
    )


def _draw_kinds(hours: int, dice: Random, parts: Mapping[str, int]) -> list[str]:
    kinds = [kind for kind, part in parts.items() for _ in range(max(1, hours * part // 100))]
    kinds += [""] * (hours - len(kinds))
    dice.shuffle(kinds)
    for hour in range(1, hours):
        if {kinds[hour - 1], kinds[hour]} == {"step", "reboot"}:
            kinds[hour - (kinds[hour] == "reboot")] = ""
    return kinds
