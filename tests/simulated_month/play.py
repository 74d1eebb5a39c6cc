"""The month and its oracle, held against each other. In: how many, a seed, a broken rule. Out: findings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from tests.simulated_month.breaking import broken
from tests.simulated_month.course import PARTS, ROUGH, Course, make_course
from tests.simulated_month.guards import Log, Server, Watch
from tests.simulated_month.oracle import (
    LOSS_WITHIN_S,
    SIGN_WITHIN_S,
    SLACK_S,
    TOGETHER_S,
    Expected,
    expect_losses,
    expect_missing,
)
from tests.simulated_month.paths import Loss, Path, Supervision, make_paths
from tests.simulated_month.shifts import TROUBLE, list_acts

ROUGH_TROUBLE = 0.3


@dataclass
class Tally:
    """What was to be raised, and what was."""

    truly: int = 0
    raised: int = 0
    never: int = 0
    falsely: int = 0
    twice: int = 0
    within_s: float = 0.0
    latest_s: float = 0.0

    @property
    def is_kept(self) -> bool:
        """Return whether all was raised in time, once, and nothing else."""
        broken = self.never + self.falsely + self.twice
        return broken == 0 and self.latest_s <= self.within_s and self.truly > 0

    def hold(self, expected: Sequence[Expected], raised_s: Sequence[float]) -> None:
        """Hold what was raised of one guard or path against what was to be."""
        left = sorted(raised_s)
        self.raised += len(left)
        bounds = [*(one.due_s for one in expected[1:]), float("inf")][: len(expected)]
        for one, next_s in zip(expected, bounds, strict=True):
            self.truly += one.must
            mine = [at for at in left if one.due_s - SLACK_S <= at < next_s - SLACK_S]
            left = [at for at in left if at not in mine]
            self.twice += max(0, len(mine) - 1)
            if mine:
                self.latest_s = max(self.latest_s, mine[0] - max(one.due_s, one.ready_s))
            elif one.must:
                self.never += 1
        self.falsely += len(left)


@dataclass
class Findings:
    """What became of the month."""

    check_ins: int = 0
    watches: int = 0
    missing: Tally = field(default_factory=lambda: Tally(within_s=SIGN_WITHIN_S))
    returns: int = 0
    returns_untold: int = 0
    cases_gone: int = 0
    losses: Tally = field(default_factory=lambda: Tally(within_s=LOSS_WITHIN_S))
    not_restored: int = 0
    faults: int = 0
    faults_split: int = 0
    mixed: int = 0

    @property
    def is_kept(self) -> bool:
        """Return whether every promise held, and was put to the test."""
        return self.is_kept_to_guards and self.is_kept_to_paths

    @property
    def is_kept_to_guards(self) -> bool:
        """Return whether who was missing was raised, and who came back was told of."""
        broken = self.returns_untold + self.cases_gone
        return self.missing.is_kept and broken == 0 and self.returns > 0

    @property
    def is_kept_to_paths(self) -> bool:
        """Return whether losses were flagged, restored, and one case for each fault."""
        broken = self.not_restored + self.faults_split + self.mixed
        return self.losses.is_kept and broken == 0 and self.faults > 0


def play_guards(
    course: Course, guards: int, seed: int, mutated: str = "", trouble: float = TROUBLE
) -> Log:
    """Play the month of so many guards."""
    dice = Random(f"{seed} schedulers")
    acts = [list_acts(guard, course, seed, trouble) for guard in range(guards)]
    return Server(course, dice, mutated).play(acts)


def judge_guards(log: Log, course: Course, findings: Findings) -> None:
    """Hold what was said of guards against what should have been."""
    findings.check_ins += log.check_ins
    findings.watches += len(log.watches)
    for watch in log.watches:
        expected, told = expect_missing(watch.acts, watch.raised_s, course)
        findings.missing.hold(expected, watch.raised_s)
        findings.returns += len(told)
        findings.returns_untold += _count_untold(watch, told)
        findings.cases_gone += bool(watch.raised_s) and not watch.is_case_open


def _count_untold(watch: Watch, told: Sequence[float]) -> int:
    wanted = {round(one, 3) for one in told}
    return len(wanted ^ {round(one, 3) for one in watch.returned_s})


def judge_losses(
    losses: Sequence[Loss], paths: Sequence[Path], course: Course, findings: Findings
) -> None:
    """Hold the losses and their cases against what should have been."""
    flagged: dict[int, list[float]] = {}
    for loss in losses:
        flagged.setdefault(loss.path.number, []).append(loss.flagged_s)
        findings.not_restored += loss.restored_s is None and loss.flagged_s < course.end_s / 2
    for path in paths:
        expected = expect_losses(
            category=path.category, interval_s=path.interval_s, phase_s=path.phase_s,
            outages=path.outages, course=course,
        )  # fmt: skip
        findings.losses.hold(expected, flagged.get(path.number, []))
    _judge_cases(losses, course, findings)


def _judge_cases(losses: Sequence[Loss], course: Course, findings: Findings) -> None:
    """One carrier's losses, none more than two minutes after the one before, are one case."""
    of_carrier: dict[str, list[Loss]] = {}
    for loss in sorted(losses, key=lambda one: one.flagged_s):
        of_carrier.setdefault(loss.path.carrier, []).append(loss)
    of_carrier.pop("", None)
    carriers_of: dict[int, set[str]] = {}
    for carrier, mine in of_carrier.items():
        groups = [[mine[0]]]
        carriers_of.setdefault(mine[0].case, set()).add(carrier)
        for before, after in pairwise(mine):
            carriers_of.setdefault(after.case, set()).add(carrier)
            apart = after.flagged_s - before.flagged_s > TOGETHER_S
            if apart or course.is_step_in(before.flagged_s, after.flagged_s):
                groups.append([])
            groups[-1].append(after)
        together = [one for one in groups if len(one) > 1]
        findings.faults += len(together)
        findings.faults_split += sum(len({one.case for one in group}) > 1 for group in together)
    findings.mixed += sum(len(one) > 1 for one in carriers_of.values())


def play_month(
    *, guards: int, transmitters: int, days: int, seed: int, mutated: str = "",
    is_rough: bool = False,
) -> Findings:  # fmt: skip
    """Play and judge a month; a rough one makes up for few days by many troubles."""
    course = make_course(days, Random(f"{seed} course"), ROUGH if is_rough else PARTS)
    findings = Findings()
    paths = make_paths(transmitters, course, Random(f"{seed} paths"))
    with broken(mutated):
        log = play_guards(course, guards, seed, mutated, ROUGH_TROUBLE if is_rough else TROUBLE)
        losses = Supervision(course).play(paths)
    judge_guards(log, course, findings)
    judge_losses(losses, paths, course, findings)
    return findings
