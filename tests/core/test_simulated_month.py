"""A rough few days of the simulated month: kept as it stands, broken by each rule that is broken.

And the month is the product's: what guards and paths do in it, done on rows, says the same.
"""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.core.simulated_month.course import ROUGH, make_course
from tests.core.simulated_month.on_rows import (
    RowPaths,
    cases_by_month,
    flagged_by_month,
    flagged_on_rows,
    play_guards_on_rows,
    said_by_month,
)
from tests.core.simulated_month.paths import Supervision, make_paths
from tests.core.simulated_month.play import (
    GUARD_RULES,
    PATH_RULES,
    ROUGH_TROUBLE,
    play_guards,
    play_month,
)

ROOT = Path(__file__).resolve().parent.parent.parent
GUARDS = 8


@pytest.mark.parametrize("seed", [1, 2])
def test_every_promise_is_kept(seed: int) -> None:
    """Each missing sign and each lost path is raised in time, once, and nothing else is."""
    found = play_month(guards=30, transmitters=200, days=4, seed=seed, is_rough=True)
    assert found.is_kept, found
    assert found.missing.truly > 100
    assert found.losses.truly > 50


@pytest.mark.parametrize("rule", GUARD_RULES)
def test_a_broken_rule_of_the_watch_breaks_its_promise(rule: str) -> None:
    """The control: a month that cannot fail shows nothing."""
    found = play_month(
        guards=40, transmitters=1, days=4, seed=1, mutated=rule, is_rough=True
    )  # fmt: skip
    assert not found.is_kept_to_guards


@pytest.mark.parametrize("rule", PATH_RULES)
def test_a_broken_rule_of_supervision_breaks_its_promise(rule: str) -> None:
    """The control of the other half."""
    found = play_month(guards=1, transmitters=200, days=4, seed=1, mutated=rule, is_rough=True)
    assert not found.is_kept_to_paths


def test_the_oracle_knows_none_of_the_products_rules() -> None:
    """Else it would agree with them whatever they were."""
    asked = "import sys, tests.core.simulated_month.oracle as one; print('narvaro' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == "False\n"


@pytest.mark.slow
def test_on_rows_the_same_is_said_of_guards(db: None) -> None:
    """The same signs through check-ins and timers in rows: the same events, to the microsecond."""
    course = make_course(2, Random("guards on rows"), ROUGH)
    log = play_guards(course, GUARDS, 3, trouble=ROUGH_TROUBLE)
    said = said_by_month(log, course)
    assert sum(what == "missed" for _, _, what in said) > 10
    assert sum(what == "returned" for _, _, what in said) > 5
    assert play_guards_on_rows(log, GUARDS, course) == said


@pytest.mark.slow
def test_on_rows_the_same_paths_are_lost(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same polls through path states and outages in rows: the same losses, in the same cases."""
    course = make_course(1, Random("paths on rows"), ROUGH)
    paths = make_paths(40, course, Random("paths on rows"), carriers=3)
    supervision = Supervision(course)
    losses = supervision.play(paths)
    assert len(losses) > 20
    changes = {one.flagged_s for one in losses} | {one.restored_s for one in losses}
    looks = {at_s for at_s in changes if at_s is not None}
    looks |= {at_s - 1 for at_s in looks if supervision.is_looking(at_s - 1)}
    looks |= {one.since_s + 5 for one in supervision.stretches}
    looks |= {float(at) for at in range(0, 86_400, 300) if supervision.is_looking(at)}
    RowPaths(supervision, paths).play(
        sorted(at_s for at_s in looks if at_s < course.end_s), monkeypatch
    )
    flagged, cases = flagged_on_rows()
    assert flagged == flagged_by_month(losses, course, course.end_s)
    assert cases == cases_by_month(losses)
