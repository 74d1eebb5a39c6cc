"""When a silent path is late and lost: the categories, the story's clock times, our own restarts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.supervision import REPORTING_S, Terms, find_terms, judge

INTERVALS = st.integers(5, 90_000)


def test_two_polls_missed_are_late_and_three_lost() -> None:
    """Polls of 90 s, last heard 18:42:10: late at 18:45:10, lost at 18:47:10."""
    assert find_terms("", 90) == Terms(180, 300)
    assert find_terms("", None) is None


@pytest.mark.parametrize("category", REPORTING_S)
@pytest.mark.parametrize("interval_s", [None, 10, 3600])
def test_a_category_is_lost_at_its_reporting_time(category: str, interval_s: int | None) -> None:
    """Whatever the interval; and late comes before lost."""
    terms = find_terms(category, interval_s)
    assert terms is not None
    assert terms.lost_s == REPORTING_S[category]
    assert 0 < terms.late_s < terms.lost_s


@given(INTERVALS, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_silence_that_was_ours_is_never_a_loss(
    interval_s: int, heard_s: float, since_s: float, after_s: float
) -> None:
    """After a start each path gets its whole time again."""
    terms = find_terms("", interval_s)
    assert terms is not None
    state = judge(heard_s=heard_s, since_s=since_s, until_s=since_s + after_s, terms=terms)
    if after_s < terms.late_s:
        assert state == "ok"
    if after_s >= terms.lost_s and heard_s <= since_s:
        assert state == "lost"


@given(INTERVALS, st.floats(0, 60), st.floats(0, 1))
def test_a_path_that_polls_is_never_lost_over_a_restart(
    interval_s: int, down_s: float, phase: float
) -> None:
    """Polls that fell into a minute's restart are missed by us; the next one comes in time."""
    terms = find_terms("", interval_s)
    assert terms is not None
    down_from_s = 10.0 * interval_s
    up_s = down_from_s + down_s
    polls = [(count + phase) * interval_s for count in range(40)]
    heard = [at for at in polls if not down_from_s <= at < up_s]
    for before, after in pairwise(heard):
        since_s = up_s if after >= up_s else 0.0
        assert judge(heard_s=before, since_s=since_s, until_s=after, terms=terms) == "ok"


def test_a_path_that_was_never_heard_is_not_lost() -> None:
    """It is not in use yet."""
    assert judge(heard_s=None, since_s=0, until_s=1e9, terms=Terms(1, 2)) == "unheard"
