"""The simulated month is the product's: what guards and paths do in it, done on rows, says the same."""

from random import Random

import pytest

from tests.simulated_month.course import ROUGH, make_course
from tests.simulated_month.on_rows import (
    RowPaths,
    cases_by_month,
    flagged_by_month,
    flagged_on_rows,
    play_guards_on_rows,
    said_by_month,
)
from tests.simulated_month.paths import Supervision, make_paths
from tests.simulated_month.play import ROUGH_TROUBLE, play_guards


def hold_guards(guards: int, days: float, seed: int) -> list[str]:
    """Hold the same signs through check-ins and timers in rows: the same events, to the microsecond."""
    course = make_course(days, Random("guards on rows"), ROUGH)
    log = play_guards(course, guards, seed, trouble=ROUGH_TROUBLE)
    said = said_by_month(log, course)
    assert play_guards_on_rows(log, guards, course) == said
    return [what for _, _, what in said]


def hold_paths(
    count: int, days: float, every_s: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, int]:
    """Hold the same polls through path states and outages in rows: return the losses, and the cases."""
    course = make_course(days, Random("paths on rows"), ROUGH)
    paths = make_paths(count, course, Random("paths on rows"), carriers=3)
    supervision = Supervision(course)
    losses = supervision.play(paths)
    changes = {one.flagged_s for one in losses} | {one.restored_s for one in losses}
    looks = {at_s for at_s in changes if at_s is not None}
    looks |= {at_s - 1 for at_s in looks if supervision.is_looking(at_s - 1)}
    looks |= {one.since_s + 5 for one in supervision.stretches}
    looks |= {
        float(at) for at in range(0, int(course.end_s), every_s) if supervision.is_looking(at)
    }
    RowPaths(supervision, paths).play(
        sorted(at_s for at_s in looks if at_s < course.end_s), monkeypatch
    )
    flagged, cases = flagged_on_rows()
    assert flagged == flagged_by_month(losses, course, course.end_s)
    assert cases == cases_by_month(losses)
    return len(losses), len(cases)


def test_on_rows_a_short_day_says_the_same_of_guards(db: None) -> None:
    """A bounded form of the long one, for the quick suite and for PostgreSQL."""
    said = hold_guards(2, 1, 3)
    assert {"started", "missed", "returned", "ended"} == set(said)


def test_on_rows_a_few_hours_lose_the_same_paths(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded form of the long one, for the quick suite and for PostgreSQL."""
    losses, cases = hold_paths(12, 0.25, 1800, monkeypatch)
    assert losses > cases > 1


@pytest.mark.slow
def test_on_rows_the_same_is_said_of_guards(db: None) -> None:
    """Eight guards on two rough days."""
    said = hold_guards(8, 2, 3)
    assert said.count("missed") > 10
    assert said.count("returned") > 5


@pytest.mark.slow
def test_on_rows_the_same_paths_are_lost(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty paths on a rough day."""
    losses, _cases = hold_paths(40, 1, 300, monkeypatch)
    assert losses > 20
