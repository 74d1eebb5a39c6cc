"""More than usual: against scipy's exact binomial test, and never by chance more often than promised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.change import TAIL, Verdict, judge, usual_range


@given(now=st.integers(0, 60), before=st.integers(0, 200), weeks=st.integers(1, 4))
def test_the_verdict_is_that_of_the_exact_conditional_test(
    now: int, before: int, weeks: int
) -> None:
    from scipy import stats  # half a second, which only who runs this test should wait

    found = judge(now, before, weeks)
    share = 1 / (1 + weeks)
    more = fewer = 1.0
    if now + before:
        more = stats.binomtest(now, now + before, share, alternative="greater").pvalue
        fewer = stats.binomtest(now, now + before, share, alternative="less").pvalue
    if min(abs(more - TAIL), abs(fewer - TAIL)) < 1e-9:
        return
    expected = Verdict.MORE if more < TAIL else Verdict.FEWER if fewer < TAIL else Verdict.USUAL
    assert found.verdict == expected
    assert found.mean == before / weeks


@given(now=st.integers(0, 60), before=st.integers(0, 200), weeks=st.integers(1, 4))
def test_of_a_week_that_is_not_over_only_more_is_said(now: int, before: int, weeks: int) -> None:
    whole, part = judge(now, before, weeks), judge(now, before, weeks, over=False)
    assert (part.low, part.high, part.mean) == (whole.low, whole.high, whole.mean)
    is_more = whole.verdict == Verdict.MORE
    assert part.verdict == (Verdict.MORE if is_more else Verdict.NOT_OVER)


@given(before=st.integers(0, 5000), weeks=st.integers(1, 4))
def test_the_mean_is_always_as_usual(before: int, weeks: int) -> None:
    low, high = usual_range(before, weeks)
    assert low <= before / weeks <= high


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (2, 0, "usual"),
        (3, 0, "more"),
        (0, 4, "usual"),
        (0, 17, "fewer"),
        (8, 10, "more"),
        (7, 10, "usual"),
    ],
)
def test_what_a_meeting_is_told(now: int, before: int, verdict: str) -> None:
    assert judge(now, before, 4).verdict == verdict


def test_without_weeks_nothing_is_said() -> None:
    found = judge(9, 0, 0)
    assert (found.verdict, found.mean, found.low, found.high) == ("unknown", None, None, None)
    with pytest.raises(ValueError, match="nothing to compare"):
        usual_range(3, 0)


def test_where_nothing_has_changed_it_is_called_more_in_at_most_one_week_of_forty() -> None:
    """4,000 steady places of each size; seed fixed, three standard errors of room."""
    draws = np.random.default_rng(7)
    for rate in (0.5, 2.0, 8.0):
        now, before = draws.poisson(rate, 4000), draws.poisson(4 * rate, 4000)
        called = [judge(int(a), int(b), 4).verdict for a, b in zip(now, before, strict=True)]
        room = 3 * (TAIL * (1 - TAIL) / 4000) ** 0.5
        assert called.count(Verdict.MORE) / 4000 <= TAIL + room
        assert called.count(Verdict.FEWER) / 4000 <= TAIL + room
