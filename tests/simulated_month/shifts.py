"""What guards do on their shifts. In: a course, a seed. Out: what reaches the server, and when it was given.

Most give their signs in time. Now and then a phone is dead, a net is gone and the signs come together
afterwards, a page was closed and the sign comes a little late, or a guard does not come back at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from tests.simulated_month.course import DAY_S, HOUR_S, Course, find_span

INTERVALS_S = ((900, 2), (1800, 3), (2700, 4), (3600, 1))
SHIFT_S = 8 * 3600
TROUBLE = 0.012


@dataclass(frozen=True, slots=True)
class Act:
    """What reaches the server `at_s`: start, sign or end; a sign says when it was given, or does not."""

    at_s: float
    guard: int
    what: str
    given_s: float | None = None
    interval_s: int = 0

    def moved(self, at_s: float) -> "Act":
        """Return the same, later."""
        return replace(self, at_s=at_s)


def list_acts(guard: int, course: Course, seed: int, trouble: float = TROUBLE) -> Iterator[Act]:
    """Yield what a guard sends in a month, one shift a day; `trouble` is the share of bad signs."""
    for day in range(max(1, int(course.end_s // DAY_S))):
        dice = Random(f"{seed} {guard} {day}")
        yield from _Shift(guard, course, dice, trouble).play(day * DAY_S)


class _Shift:
    def __init__(self, guard: int, course: Course, dice: Random, trouble: float) -> None:
        self.guard = guard
        self.trouble = trouble
        self.course = course
        self.dice = dice
        self.last_s = 0.0

    def play(self, day_s: float) -> Iterator[Act]:
        dice = self.dice
        lengths, weights = zip(*INTERVALS_S, strict=True)
        interval_s = dice.choices(lengths, weights)[0]
        at_s = day_s + dice.uniform(0, DAY_S - SHIFT_S - 3 * 3600)
        end_s = at_s + SHIFT_S
        yield self._reach(at_s, "start", interval_s)
        given_s = self.last_s
        while given_s + interval_s < end_s:
            due_s = given_s + interval_s
            if dice.random() < self.trouble:
                late = self._fail(due_s, interval_s)
                if late is None:
                    end_s = due_s + dice.uniform(60, 3600)
                    break
                yield from late
                given_s = self.last_s
                continue
            given_s = due_s - dice.uniform(1, min(600, interval_s / 3))
            if dice.random() < 0.005:
                yield self._reach(given_s, "start", interval_s)
            else:
                yield self._sign(given_s, given_s + dice.uniform(0.05, 1.0))
        yield self._reach(max(self.last_s + 1, end_s), "end")

    def _fail(self, due_s: float, interval_s: int) -> list[Act] | None:
        """Return the signs that come too late; None where none comes any more."""
        dice = self.dice
        match dice.choice(("phone", "net", "page", "page", "last moment", "gone")):
            case "phone":
                back_s = due_s + dice.uniform(1, 7200)
                is_begun_anew = dice.random() < 0.3
                return [self._reach(back_s, "start", interval_s) if is_begun_anew
                        else self._sign(back_s, back_s + 0.2)]  # fmt: skip
            case "page":
                back_s = due_s + dice.uniform(0, 90)
                return [self._sign(back_s, back_s + 0.2)]
            case "last moment":
                return [self._sign(due_s - 0.5, due_s + dice.uniform(-0.3, 1.5))]
            case "net":
                back_s = due_s + dice.uniform(-30, 5400)
                given = [due_s - 60.0]
                while given[-1] + interval_s - 60 < back_s:
                    given.append(given[-1] + interval_s - 60)
                return [self._sign(one, max(one + 0.1, back_s + 0.1 * n))
                        for n, one in enumerate(given)]  # fmt: skip
            case _:
                return None

    def _sign(self, given_s: float, at_s: float) -> Act:
        act = self._reach(at_s, "sign")
        # Where the clock was set since the sign before it, one that was kept is given anew: which
        # of the two was later, their times do not say.
        since_s = given_s if act.at_s - given_s < 2 else given_s - HOUR_S - 1
        crossed = self.course.is_step_in(since_s, act.at_s)
        return act if crossed or self.dice.random() < 0.1 else replace(act, given_s=given_s)

    def _reach(self, at_s: float, what: str, interval_s: int = 0) -> Act:
        """Reach the server, after what was sent before, and when it is there."""
        at_s = max(at_s, self.last_s + 0.01)
        down = find_span(self.course.down, at_s)
        if down is not None:
            at_s = down[1] + self.dice.uniform(1, 3)
        self.last_s = at_s
        return Act(at_s, self.guard, what, None, interval_s)
