"""Guards who work alone and two schedulers, played on the product's rules. In: a course. Out: what was said.

The rules are `narvaro.core.watch`'s. The timers, which are rows and locks in the product, are played
here as `narvaro.spine.timers` has them: found by who looks, looked at again under a lock, fired in
the transaction that says so. A test plays the same on rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from random import Random

from narvaro.core import watch as rules
from narvaro.core.watch import WatchState
from tests.simulated_month.course import BEGIN, Course, find_span
from tests.simulated_month.shifts import Act

TURN_S = 0.5  # a look of a scheduler after the other
LATE_S = {"worker": 0.0, "standby": 1.0}
SLOW_S = {"worker": 1.2, "standby": 0.3}  # between finding a timer and taking it, at most
KILLED = 0.01  # how often a process ends inside of the transaction that fires
AWAY_S = (1.0, 20.0)


@dataclass
class Timer:
    """A deadline as it stands in a row."""

    at: datetime
    boot: int
    boot_s: float
    is_waiting: bool = True
    held_until_s: float = -1.0


@dataclass
class Watch:
    """A guard's watch, and what was said of it; times are true seconds."""

    guard: int
    waiting: WatchState
    timer: Timer
    acts: list[Act] = field(default_factory=list)
    raised_s: list[float] = field(default_factory=list)
    returned_s: list[float] = field(default_factory=list)
    is_case_open: bool = False
    is_running: bool = True


@dataclass
class Log:
    """All watches of the month, and who looked when: the same can be played on rows."""

    watches: list[Watch] = field(default_factory=list)
    check_ins: int = 0
    looks: list[tuple[float, str]] = field(default_factory=list)


class Server:
    """Takes what guards send and fires what is due; `mutated` names the rule that is broken here."""

    def __init__(self, course: Course, dice: Random, mutated: str = "") -> None:
        self.course = course
        self.dice = dice
        self.mutated = mutated
        self.log = Log()
        self._running: dict[int, Watch] = {}
        self._heap: list[tuple[float, int, str, object]] = []
        self._count = 0

    def play(self, guards: list[Iterator[Act]]) -> Log:
        """Play until nothing more happens."""
        for guard in guards:
            self._push_next(guard)
        for at_s in [at for at, _ in self.course.steps] + self.course.boots[1:]:
            self._push(at_s, "anew", None)
        doing = {"anew": self._anew, "due": self._due, "find": self._find, "take": self._take,
                 "commit": self._commit, "act": self._act}  # fmt: skip
        while self._heap:
            at_s, _, what, given = heappop(self._heap)
            doing[what](at_s, given)
        return self.log

    def _push(self, at_s: float, what: str, given: object) -> None:
        self._count += 1
        heappush(self._heap, (at_s, self._count, what, given))

    def _push_next(self, guard: Iterator[Act]) -> None:
        act = next(guard, None)
        if act is not None:
            self._push(act.at_s, "act", (act, guard))

    # -- what guards send -----------------------------------------------------------------------

    def _act(self, at_s: float, given: object) -> None:
        assert isinstance(given, tuple)
        act, guard = given
        watch = self._running.get(act.guard)
        if watch is not None and watch.timer.held_until_s > at_s:
            self._push(
                watch.timer.held_until_s, "act", (act.moved(watch.timer.held_until_s), guard)
            )
            return
        self._push_next(guard)
        if act.what == "start":
            self._start(watch, act)
        elif watch is not None:
            watch.acts.append(act)
            if act.what == "end":
                watch.is_running = watch.timer.is_waiting = False
                del self._running[act.guard]
            else:
                self._sign(watch, act)

    def _start(self, watch: Watch | None, act: Act) -> None:
        waiting = rules.begin(interval_s=act.interval_s, at=self.course.wall(act.at_s))
        if watch is None:
            watch = Watch(act.guard, waiting, self._timer(waiting.due_at, act.at_s))
            self._running[act.guard] = watch
            self.log.watches.append(watch)
            self._queue(watch, act.at_s)
        else:
            self._wait_on(watch, waiting, act.at_s)
        watch.acts.append(act)

    def _sign(self, watch: Watch, act: Act) -> None:
        self.log.check_ins += 1
        at = self.course.wall(act.at_s)
        given_at = None if act.given_s is None else self.course.wall(act.given_s)
        waiting = rules.take_sign(watch.waiting, at=at, given_at=given_at)
        if waiting is not None:
            self._wait_on(watch, waiting, act.at_s)

    def _wait_on(self, watch: Watch, waiting: WatchState, at_s: float) -> None:
        if watch.waiting.missed_at is not None:
            if self.mutated == "silent_return":
                watch.is_case_open = False
            else:
                watch.returned_s.append(at_s)
        watch.waiting = waiting
        watch.timer = self._timer(waiting.due_at, at_s)
        self._queue(watch, at_s)

    # -- the timers -----------------------------------------------------------------------------

    def _timer(self, due: datetime, at_s: float) -> Timer:
        boot = self.course.boot(at_s)
        left_s = (due - self.course.wall(at_s)).total_seconds()
        return Timer(due, boot, at_s - self.course.boots[boot] + left_s)

    def _due_s(self, timer: Timer, at_s: float) -> float:
        """Return when a timer is due, as far as is known now."""
        boot = self.course.boot(at_s)
        if timer.boot == boot and self.mutated != "wall":
            return self.course.boots[boot] + timer.boot_s
        if self.mutated == "forgotten_at_reboot" and timer.boot != boot:
            return float("inf")
        return (timer.at - BEGIN).total_seconds() - self.course.offset_s(at_s)

    def _is_due(self, timer: Timer, at_s: float, who: str) -> bool:
        return timer.is_waiting and self._due_s(timer, at_s) + LATE_S[who] <= at_s + 1e-6

    def _queue(self, watch: Watch, at_s: float) -> None:
        """Look at it when it is due; an entry of a timer that was moved since does nothing."""
        due_s = max(at_s, self._due_s(watch.timer, at_s))
        if due_s < float("inf"):
            self._push(due_s, "due", (watch, watch.timer))

    def _anew(self, at_s: float, _given: object) -> None:
        """The clock was set, or the machine started: what is due when is another matter now."""
        for watch in self._running.values():
            if watch.timer.is_waiting:
                self._queue(watch, at_s)

    def _due(self, at_s: float, given: object) -> None:
        watch, timer = self._same(given)
        if watch.timer is not timer or not self._is_due(timer, at_s, "worker"):
            return
        for who, late_s in LATE_S.items():
            if who == "standby" and self.mutated == "no_standby":
                continue
            self._look_again(who, at_s + late_s, (watch, timer))

    @staticmethod
    def _same(given: object) -> tuple[Watch, Timer]:
        assert isinstance(given, tuple)
        watch, timer = given[-2:]
        assert isinstance(watch, Watch)
        assert isinstance(timer, Timer)
        return watch, timer

    def _look_again(self, who: str, at_s: float, what: tuple[Watch, Timer]) -> None:
        """Let a scheduler look within a turn, or a turn after it is there again."""
        at_s += self.dice.uniform(0, TURN_S)
        away = find_span(self._away(who), at_s)
        if away is not None:
            at_s = away[1] + self.dice.uniform(0, TURN_S)
        self._push(at_s, "find", (who, *what))

    def _away(self, who: str) -> list[tuple[float, float]]:
        return self.course.worker if who == "worker" else self.course.standby

    def _find(self, at_s: float, given: object) -> None:
        assert isinstance(given, tuple)
        who = given[0]
        watch, timer = self._same(given)
        if watch.timer is not timer and self.mutated != "found_is_fired":
            return
        self.log.looks.append((at_s, who))
        if self._is_due(timer, at_s, who):
            is_slow = self.dice.random() < 0.2
            pause_s = self.dice.uniform(0.1, SLOW_S[who]) if is_slow else 0.005
            self._push(at_s + pause_s, "take", (not is_slow and self._is_killed(at_s, who), *given))

    def _is_killed(self, at_s: float, who: str) -> bool:
        """Draw whether the process ends inside of its transaction, while another one is there."""
        others = [find_span(self.course.standby, at_s + ahead_s) for ahead_s in (0, 3)]
        return who == "worker" and not any(others) and self.dice.random() < KILLED

    def _take(self, at_s: float, given: object) -> None:
        """Look at it again under its lock: moved, fired and cancelled ones are left alone."""
        assert isinstance(given, tuple)
        is_killed, who = given[:2]
        watch, timer = self._same(given)
        if find_span(self._away(who), at_s) is not None:
            self._look_again(who, at_s, (watch, timer))
            return
        if self.mutated not in ("no_lease", "found_is_fired"):
            if watch.timer is not timer or not self._is_due(timer, at_s, who):
                return
            if timer.held_until_s > at_s:
                self._look_again(who, timer.held_until_s, (watch, timer))
                return
        done_s = at_s + self.dice.uniform(0.002, 0.05)
        if self.mutated not in ("no_lease", "found_is_fired"):
            timer.held_until_s = done_s
        if is_killed:
            self._look_again(who, done_s + self.dice.uniform(*AWAY_S), (watch, timer))
            return
        self._push(done_s, "commit", (watch.waiting, watch, timer))

    def _commit(self, at_s: float, given: object) -> None:
        assert isinstance(given, tuple)
        waiting = given[0]
        watch, timer = self._same(given)
        timer.is_waiting = False
        missing = rules.note_missing(waiting, at=self.course.wall(at_s))
        if missing is not None and (watch.is_running or self.mutated == "found_is_fired"):
            watch.waiting = missing
            watch.raised_s.append(at_s)
            watch.is_case_open = True
