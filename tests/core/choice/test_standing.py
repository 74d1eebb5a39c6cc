"""Where idle units stand: the posts that cover most, and moves that pay for their drive."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from narvaro.core.choice import Standing, choose_posts, move_idle

LINE = np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0))) * 300.0
EVEN = np.full(5, 0.2)
HOW = Standing(limit_s=300.0, busy=0.1, next_case_s=1800.0, drive_cost=0.05)


def test_the_first_post_covers_most_and_the_second_what_is_left() -> None:
    """Each reaches its neighbours; ties go to the lower place."""
    assert choose_posts(LINE, EVEN, 2, limit_s=300.0, busy=0.1).tolist() == [1, 3]
    assert choose_posts(LINE, np.array([0, 0, 0, 0, 1.0]), 1, limit_s=0.0, busy=0.1).tolist() == [4]
    assert choose_posts(LINE, EVEN, 0, limit_s=300.0, busy=0.1).tolist() == []


def test_a_unit_that_nobody_needs_where_it_is_moves_and_a_good_one_stays() -> None:
    """Two at the same place: one drives to the uncovered end."""
    goals = move_idle(LINE, EVEN, LINE[[1, 1]], [1, 1], HOW)
    assert sorted(goals.tolist()) == [1, 3]
    assert move_idle(LINE, EVEN, LINE[[1, 3]], [1, 3], HOW).tolist() == [1, 3]


def test_a_drive_that_gains_too_little_is_not_made() -> None:
    """When an hour of driving must gain more than there is."""
    dear = Standing(300.0, 0.1, 1800.0, drive_cost=50.0)
    assert move_idle(LINE, EVEN, LINE[[1, 1]], [1, 1], dear).tolist() == [1, 1]


def test_nobody_idle_is_an_answer() -> None:
    """An empty list of goals."""
    assert move_idle(LINE, EVEN, np.zeros((0, 5)), np.zeros(0, np.int32), HOW).tolist() == []


def test_what_is_found_is_no_worse_than_any_single_other_goal() -> None:
    """Counted anew with plain loops: no unit alone would do better elsewhere."""
    draw = np.random.default_rng(2)
    here_s = draw.uniform(0, 900, (3, 5))
    goals = move_idle(LINE, EVEN, here_s, [0, 0, 0], HOW).tolist()

    def worth(tried: list[int]) -> float:
        total = 0.0
        moments = [0.0, 120.0, 300.0, 600.0, 900.0, 1500.0, np.inf]
        for m, p in product(range(6), range(5)):
            chance = np.exp(-moments[m] / 1800.0) - np.exp(-moments[m + 1] / 1800.0)
            helpers = 0
            for k, goal in enumerate(tried):
                part = min(1.0, moments[m] / here_s[k, goal])
                helpers += (1 - part) * here_s[k, p] + part * LINE[goal, p] <= 300.0
            total += chance * 0.2 * (1 - 0.1**helpers)
        driven_s = sum(here_s[k, goal] for k, goal in enumerate(tried))
        return float(total - 0.05 / 3600.0 * driven_s)

    others = [[*goals[:k], goal, *goals[k + 1 :]] for k in range(3) for goal in range(5)]
    assert worth(goals) >= max(worth(one) for one in others) - 1e-9


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Standing(0.0, 0.1, 900.0), "limit_s"),
        (lambda: Standing(480.0, 1.0, 900.0), "busy"),
        (lambda: choose_posts(LINE, EVEN, -1, limit_s=300.0, busy=0.1), "choose_posts"),
        (lambda: move_idle(LINE, EVEN, LINE[[1]], [1, 2], HOW), "move_idle"),
        (lambda: move_idle(LINE, EVEN, LINE[[1]], [5], HOW), "move_idle"),
    ],
)
def test_what_cannot_be_is_refused_in_words(make: Any, says: str) -> None:
    """Before a kernel reads past its end."""
    with pytest.raises(ValueError, match=says):
        make()
