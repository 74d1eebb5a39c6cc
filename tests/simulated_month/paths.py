"""Ten thousand transmitters that poll, played on the product's rules. In: a course. Out: losses and cases.

The rules are `narvaro.core.supervision`'s. A poll that comes in time changes nothing that a loss
could follow from, so polls are counted, not played: each silence is played, and after each break
in our own listening the worst path of every class; where that one would be lost, all of them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from random import Random

from narvaro.core import supervision as rules
from narvaro.core.supervision import STABLE_S, PathSilence, Terms, find_terms
from tests.simulated_month.course import BEGIN, HOUR_S, Course, Span, find_span

SAVE_S = 4.0  # a receiver saves what it heard so often
UNDER_WAY_S = 1.0
LOOK_S = 1.0
CLASSES = (("SP4", 90, 30), ("", 90, 20), ("SP5", 30, 10), ("SP6", 10, 4), ("SP3", 300, 20),
           ("", 180, 10), ("SP2", 3600, 6))  # fmt: skip
CARRIERS = 24


@dataclass(frozen=True, slots=True)
class Path:
    """A transmitter's path: how it polls, and when it cannot."""

    number: int
    category: str
    interval_s: int
    phase_s: float
    carrier: str
    outages: tuple[Span, ...]

    @property
    def terms(self) -> Terms:
        """Return what the product agrees to for it."""
        found = find_terms(self.category, self.interval_s)
        assert found is not None
        return found


@dataclass
class Loss:
    """A silence that was flagged as a loss, and when the path was found to speak again."""

    path: Path
    flagged_s: float
    restored_s: float | None
    case: int = -1


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time through which a receiver listened without a break, by one setting of the clock."""

    since_s: float
    end_s: float

    def save_after(self, at_s: float) -> float:
        """Return when the receiver next saves."""
        return self.since_s + SAVE_S * max(1, ceil((at_s - self.since_s) / SAVE_S))


def make_paths(count: int, course: Course, dice: Random, carriers: int = CARRIERS) -> list[Path]:
    """Draw transmitters; each falls silent alone now and then, and all of one carrier together."""
    faults: dict[str, list[Span]] = {}
    for _ in range(max(2, int(course.end_s / HOUR_S / 18))):
        at_s = dice.uniform(HOUR_S, course.end_s)
        span = (at_s, at_s + dice.choice((120, 600, 3600, 10_800)) * dice.uniform(0.5, 1.5))
        faults.setdefault(f"carrier {dice.randrange(carriers)}", []).append(span)
    kinds, weights = [one[:2] for one in CLASSES], [one[2] for one in CLASSES]
    made: list[Path] = []
    for number in range(count):
        category, interval_s = dice.choices(kinds, weights)[0]
        carrier = f"carrier {number % carriers}" if number % 10 else ""
        spans = list(faults.get(carrier, []))
        for _ in range(dice.choice((0, 1, 1, 2))):
            at_s = dice.uniform(0, course.end_s)
            spans.append((at_s, at_s + interval_s * dice.choice((1, 2, 4, 60)) * dice.random()))
        phase_s = dice.uniform(0, interval_s)
        made.append(Path(number, category, interval_s, phase_s, carrier, tuple(_joined(spans))))
    return made


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


@dataclass
class Supervision:
    """Hears and judges."""

    course: Course
    stretches: list[Stretch] = field(default_factory=list)
    _since: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Cut the month where we do not listen, and where the clock is set."""
        cuts = sorted([*self.course.receiver, *((at, at) for at, _ in self.course.steps)])
        since_s = 0.0
        for begin, end in [*cuts, (self.course.end_s, self.course.end_s)]:
            self.stretches.append(Stretch(since_s, begin))
            since_s = end if end > begin else since_s + SAVE_S * ((begin - since_s) // SAVE_S + 1)
        self._since = [one.since_s for one in self.stretches]

    def play(self, paths: list[Path]) -> list[Loss]:
        """Return all losses, in the order in which they were flagged."""
        worst = self._list_worst(paths)
        losses = [
            loss
            for path in paths
            for last_s, next_s in self._silences(path, worst.get((path.category, path.interval_s)))
            if (loss := self._judge(path, last_s, next_s)) is not None
        ]
        losses.sort(key=lambda one: (one.flagged_s, one.path.number))
        _Cases(self.course).open_all(losses)
        return losses

    def _list_worst(self, paths: Iterable[Path]) -> dict[tuple[str, int], list[Span]]:
        """List, by class, the breaks over which even a path without an outage might be lost."""
        found: dict[tuple[str, int], list[Span]] = {}
        for path in {(one.category, one.interval_s): one for one in paths}.values():
            whole = replace(path, outages=())
            for before, after in pairwise(self.stretches):
                silence = (before.end_s - path.interval_s, after.since_s + path.interval_s)
                if silence[0] > 0 and self._judge(whole, *silence) is not None:
                    spans = found.setdefault((path.category, path.interval_s), [])
                    spans.append((before.end_s, after.since_s))
        return found

    def _silences(self, path: Path, breaks: list[Span] | None) -> Iterator[Span]:
        """Yield the last sign of life before each outage (or break), and the first one after it."""
        until_s = -1.0
        for begin, end in sorted([*path.outages, *(breaks or [])]):
            if begin < until_s:
                continue
            last_s = self.heard_before(path, begin)
            until_s = self._heard_after(path, end)
            if last_s is not None:
                yield last_s, until_s

    def heard_before(self, path: Path, at_s: float) -> float | None:
        """Return when a path was last heard before a moment; None where never."""
        poll = ceil((at_s - path.phase_s) / path.interval_s) - 1
        while poll >= 0:
            heard_s = path.phase_s + poll * path.interval_s
            missed = find_span(path.outages, heard_s) or find_span(self.course.receiver, heard_s)
            if missed is None:
                return heard_s
            poll = min(poll, ceil((missed[0] - path.phase_s) / path.interval_s)) - 1
        return None

    def _heard_after(self, path: Path, at_s: float) -> float:
        while True:
            poll = max(0, ceil((at_s - path.phase_s) / path.interval_s))
            heard_s = path.phase_s + poll * path.interval_s
            missed = find_span(path.outages, heard_s) or find_span(self.course.receiver, heard_s)
            if missed is None:
                return heard_s
            at_s = missed[1]

    # -- one silence ----------------------------------------------------------------------------

    def _judge(self, path: Path, last_s: float, next_s: float) -> Loss | None:
        """Play one silence: what is known at each look, until it is a loss or is over."""
        index = max(0, bisect_right(self._since, last_s) - 1)
        row = self._hear_last(path, index, last_s)
        flagged_s: float | None = None
        for number in range(index, len(self.stretches)):
            stretch = self.stretches[number]
            if stretch.since_s >= next_s:
                break
            if number > index:
                row = self._begin_anew(row, stretch.since_s, path.terms)
            if flagged_s is None:
                flagged_s = self._flag(row, number, (last_s, next_s))
                row = replace(row, state="lost") if flagged_s is not None else row
        if flagged_s is None or flagged_s > self.course.end_s:
            return None
        return Loss(path, flagged_s, self._restore(row, path.terms, next_s))

    def _hear_last(self, path: Path, index: int, last_s: float) -> PathSilence:
        """Return the row after the last sign: what was known before, and the first sign since then."""
        row: PathSilence | None = None
        since_s = self._since[index]
        if index > 0:
            row = self._hear(None, self.stretches[index - 1].end_s - 1e-3, path.terms)
            row = self._begin_anew(row, since_s, path.terms) if row else None
        for at_s in (min(last_s, self._heard_after(path, since_s)), last_s):
            row = self._hear(row, at_s, path.terms) or row
        assert row is not None
        return row

    def _hear(self, row: PathSilence | None, at_s: float, terms: Terms) -> PathSilence | None:
        at = self.course.wall(at_s)
        return rules.hear(row, at=at, now=at + timedelta(seconds=1), terms=terms)

    def _begin_anew(self, row: PathSilence, since_s: float, terms: Terms) -> PathSilence:
        since = self.course.wall(since_s)
        now = since + timedelta(seconds=1)
        return rules.begin_anew(row, since=since, now=now, terms=terms) or row

    def _flag(self, row: PathSilence, number: int, silence: Span) -> float | None:
        """Return when the first look finds a loss in a stretch; None where none does."""
        if row.lost_at is None:
            return None
        (last_s, next_s), stretch = silence, self.stretches[number]
        lost_s = self._elapsed(row.lost_at, stretch)
        save_s = stretch.save_after(max(stretch.since_s, last_s, lost_s + UNDER_WAY_S))
        look_s = self._look_after(save_s)
        heard_s = stretch.save_after(next_s) if next_s <= stretch.end_s else float("inf")
        following = self._since[number + 1 :][:1]
        if (
            save_s > stretch.end_s
            or heard_s <= look_s
            or look_s >= min(following, default=look_s + 1)
        ):
            return None
        until = self.course.wall(save_s) - timedelta(seconds=UNDER_WAY_S)
        return look_s if rules.judge(row, until=until) == "lost" else None

    def _elapsed(self, at: datetime, stretch: Stretch) -> float:
        return (at - BEGIN).total_seconds() - self.course.offset_s(stretch.since_s)

    def is_looking(self, at_s: float) -> bool:
        """Return whether the worker is there."""
        return find_span(self.course.worker, at_s) is None

    def _look_after(self, at_s: float) -> float:
        look_s = ceil(at_s / LOOK_S) * LOOK_S
        away = find_span(self.course.worker, look_s)
        return away[1] if away is not None else look_s

    def _restore(self, row: PathSilence, terms: Terms, next_s: float) -> float | None:
        if next_s > self.course.end_s or self._hear(row, next_s, terms) is None:
            return None
        index = max(0, bisect_right(self._since, next_s) - 1)
        return self._look_after(self.stretches[index].save_after(next_s))


@dataclass
class _Case:
    number: int
    carrier: str
    site: int | None
    last_at: datetime
    out: int = 0
    over_s: float = float("inf")


@dataclass
class _Cases:
    """Cases of silence, as `narvaro.situation.paths` joins them: by carrier first, else by site."""

    course: Course
    made: int = 0
    active: list[_Case] = field(default_factory=list)

    def open_all(self, losses: list[Loss]) -> None:
        """Give each loss its case, and close those whose paths all spoke for long enough."""
        restored = [(one.restored_s, one) for one in losses if one.restored_s is not None]
        steps = sorted([(one.flagged_s, 0, n) for n, one in enumerate(losses)]
                       + [(at, 1, n) for n, (at, _) in enumerate(restored)])  # fmt: skip
        cases: dict[int, _Case] = {}
        looks: dict[float, int] = {}
        for one in losses:
            looks[one.flagged_s] = looks.get(one.flagged_s, 0) + 1
        for at_s, is_back, n in steps:
            if is_back:
                case = cases[restored[n][1].case]
                case.out -= 1
                case.over_s = at_s + STABLE_S if case.out == 0 else float("inf")
                continue
            case = self._join(losses[n].path, at_s, is_many=rules.is_widespread(looks[at_s]))
            losses[n].case = case.number
            cases[case.number] = case

    def _join(self, path: Path, at_s: float, *, is_many: bool) -> _Case:
        at = self.course.wall(at_s)
        carrier = "*" if is_many and not path.carrier else path.carrier
        self.active = [one for one in self.active if one.over_s > at_s]
        case = self._find(path, carrier, at)
        if case is None:
            case = _Case(self.made, carrier, path.number, at)
            self.made += 1
            self.active.append(case)
        elif case.site != path.number:
            case.site = None
        case.last_at = max(case.last_at, at)
        case.out += 1
        case.over_s = float("inf")
        return case

    def _find(self, path: Path, carrier: str, at: datetime) -> _Case | None:
        if carrier:
            since = at - timedelta(seconds=rules.TOGETHER_S)
            together = [
                one for one in self.active if one.carrier == carrier and one.last_at >= since
            ]
            if together:
                return max(together, key=lambda one: one.last_at)
        own = [one for one in self.active if one.site == path.number]
        return max(own, key=lambda one: one.last_at, default=None)
